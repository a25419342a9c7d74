"""Every case below this folder: specs and a tenant in, the exact plan out. Adding a case is adding a file.

A case has `spec` (documents), `live` (collection key to objects, each `like` one of objects.yaml), `names`, and
`expect`: `changes` with action, reason (a part of it) and fields (exactly), `requests` in order (exactly, with bodies),
`diagnostics` (exactly: rule and path). `consent` is what whoever runs the tool agreed to, as plan files have it. What
is left out of `expect` has to be empty. Every case also has to converge: after its requests have been carried out, a
second plan is empty.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.decide import Planned
from reconciler.diagnostics import has_errors
from reconciler.kinds import REGISTRY
from reconciler.model import ABSENT, Address
from reconciler.plan import Action, Change, Plan
from reconciler.spec.schema import check_value

from .service import Service
from .world import plan_of, specs_of, world_of

HERE = Path(__file__).parent
OBJECTS = yaml.safe_load((HERE / "objects.yaml").read_text(encoding="utf-8"))
FILES = sorted(HERE.glob("*/*.yaml"))
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""By libyaml where there is one: cases are many."""
ENOUGH = 8
MEMBERS = {"about", "spec", "live", "names", "unread", "previousOwners", "consent", "expect"}
NOT_AGREED = {"PLAN103", "PLAN104", "PLAN110"}
"""Changes that are shown and that apply refuses."""
EXPECTED = {"changes", "requests", "diagnostics", "orphaned", "unmanaged", "waived", "complete"}


def read(file: Path) -> dict[str, Any]:
    """A case with its objects filled in."""
    case = yaml.load(file.read_text(encoding="utf-8"), Loader=LOADER)
    assert case.keys() <= MEMBERS, f"unknown members {case.keys() - MEMBERS}"
    assert case["expect"].keys() <= EXPECTED, f"unknown members {case['expect'].keys() - EXPECTED}"
    live = {key: [filled(each) for each in objects] for key, objects in (case.get("live") or {}).items()}
    return {**case, "live": live}


def filled(given: dict[str, Any]) -> dict[str, Any]:
    """A live object after its model; members that the case gives replace the model's."""
    members = {key: value for key, value in given.items() if key != "like"}
    return {**copy.deepcopy(OBJECTS[given["like"]]), **members} if "like" in given else members


def planned_for(case: dict[str, Any], live: dict[str, Any]) -> Planned:
    specs = specs_of(case["spec"])
    released = frozenset(map(Address.parse, (case.get("consent") or {}).get("release", ())))
    return plan_of(
        specs,
        world_of(
            specs,
            live,
            case.get("names") or {},
            previous_owners=tuple(case.get("previousOwners") or ()),
            unread=case.get("unread"),
            consent=case.get("consent"),
        ),
        released or None,
    )


@pytest.fixture(params=FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def case(request: pytest.FixtureRequest) -> dict[str, Any]:
    return read(request.param)


@pytest.mark.parametrize("kind", REGISTRY)
def test_every_kind_has_cases(kind: str) -> None:
    assert len([file for file in FILES if file.parent.name == kind]) >= ENOUGH


def test_case(case: dict[str, Any]) -> None:
    before = copy.deepcopy(case["live"])
    plan = planned_for(case, case["live"]).plan
    assert case["live"] == before, "planning changed its input"
    assert check_value("plan", plan.to_json()) == []
    expected = case["expect"]
    assert told(plan) == (expected.get("diagnostics") or [])
    assert requests(plan) == (expected.get("requests") or [])
    assert_changes(plan, expected["changes"])
    assert shown(plan.orphaned) == (expected.get("orphaned") or [])
    assert shown(plan.unmanaged) == (expected.get("unmanaged") or [])
    assert [each["path"] for each in plan.waived] == (expected.get("waived") or [])
    assert plan.complete == expected.get("complete", True)


def test_case_converges(case: dict[str, Any]) -> None:
    """What the specs' own errors block is not carried out; a refused change leaves the others as they are."""
    planned = planned_for(case, case["live"])
    service = Service(case["live"])
    unwanted = any(d.rule in NOT_AGREED for d in planned.plan.diagnostics)
    if specs_of(case["spec"]).valid and not unwanted:
        service.carry_out(planned.plan)
        consent = {name: given for name, given in (case.get("consent") or {}).items() if name != "release"}
        again = planned_for({**case, "consent": consent}, service.tenant).plan
        assert [(str(c.address), [f.to_json() for f in c.fields]) for c in again.pending] == []
        assert has_errors(again.diagnostics) == has_errors([d for d in planned.plan.diagnostics if d.rule != "PLAN106"])
    else:
        assert planned.plan.blocked


def told(plan: Plan) -> list[dict[str, Any]]:
    return [{"rule": d.rule, "path": d.path} for d in plan.diagnostics]


def requests(plan: Plan) -> list[dict[str, Any]]:
    found = []
    for change, step in plan.steps():
        operation = step.operation
        request = {"address": str(change.address), "method": operation.method, "path": operation.path}
        found.append(request if operation.body is ABSENT else {**request, "body": operation.body})
    return found


def shown(objects: Any) -> list[Any]:
    return [o.get("address") or f"{o['kind']} {o['displayName']}" for o in objects]


def assert_changes(plan: Plan, expected: list[dict[str, Any]]) -> None:
    by_address = {str(change.address): change for change in plan.changes}
    assert sorted(each["address"] for each in expected) == sorted(by_address)
    for each in expected:
        assert_change(by_address[each["address"]], each)


def assert_change(change: Change, expected: dict[str, Any]) -> None:
    assert expected.keys() <= {
        "address",
        "action",
        "reason",
        "fields",
        "refused",
        "adopts",
        "liveId",
        "mayNeed",
        "strays",
    }
    assert str(change.action) == expected["action"]
    assert expected.get("reason", "") in change.reason
    assert change.refused == expected.get("refused", False)
    assert change.adopts == expected.get("adopts", False)
    if "liveId" in expected:
        assert change.live_id == expected["liveId"]
    if "mayNeed" in expected:
        assert change.may_need == expected["mayNeed"]
    if "fields" in expected:
        assert [{"path": f.path, "before": f.before, "after": f.after} for f in change.fields] == expected["fields"]
    elif change.action is Action.NO_OP and not change.refused:
        assert change.fields == ()

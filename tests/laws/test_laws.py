"""Laws of whole runs, whatever the specs and whatever the tenant: they converge, and touch nothing that is not theirs.

The first law goes over HTTP, through the SDK; the others are on the wire (`tests.e2e.wire`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from reconciler.emulator import Fault
from reconciler.run import Outcome, Status
from tests.e2e.harness import Rehearsal, pending, sent, told
from tests.e2e.scenario import APPS, CONFIGURATIONS, PROFILES, marker, profile, to

from .tenants import COMPLIANCE, Case, cases, document, text

Rehearse = Callable[..., Rehearsal]
FEW = settings(
    deadline=None,
    max_examples=15,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),  # shrinking over HTTP takes minutes, and the cases are small as they are
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
COLLECTIONS = (CONFIGURATIONS, PROFILES, APPS, COMPLIANCE)
SERVICES_OWN = frozenset({"priority", "lastModifiedDateTime", "version", "isAssigned"})
"""What the service changes of an object that nobody wrote to, or by any write at all."""


def stored(stage: Rehearsal) -> dict[str, dict[str, Any]]:
    """All objects by id."""
    tenant = stage.tenant()
    return {item["id"]: item for name in COLLECTIONS for item in tenant.get(name, [])}


def others(objects: dict[str, dict[str, Any]], case: Case) -> dict[str, dict[str, Any]]:
    """The objects that no spec of the case can stand for."""
    theirs = {
        key: item
        for key, item in objects.items()
        if key in {i["id"] for c in COLLECTIONS for i in case.seed["collections"][c]}
    }
    return {
        key: {name: value for name, value in item.items() if name not in SERVICES_OWN}
        for key, item in theirs.items()
        if key not in case.ours
    }


def unmanaged(item: dict[str, Any], case: Case) -> dict[str, Any]:
    """What of a live object no spec mentions."""
    spec = next(
        (d["spec"] for d in case.documents if d["spec"].get("displayName") == item["displayName"]), {"assignments": ()}
    )
    kept: dict[str, Any] = {"displayName": item["displayName"]}
    if item["displayName"].startswith("Policy"):
        extension = item["iosSingleSignOnExtension"]
        kept["mode"] = extension["enableSharedDeviceMode"]
        if "scopeTags" not in spec:
            kept["tags"] = item["roleScopeTagIds"]
        if "appBundleIds" not in spec:
            kept["bundles"] = extension["bundleIdAccessControlList"]
        if "additionalConfiguration" not in spec:
            kept["pairs"] = [pair for pair in extension["configurations"] if pair["key"] == "whatever"]
    if item["displayName"].startswith("Clip"):
        fields = {"publisher": "publisher", "useManagedBrowser": "useManagedBrowser", "scopeTags": "roleScopeTagIds"}
        kept |= {name: item[name] for field, name in fields.items() if field not in spec}
        kept["notes"] = "\n".join(line for line in item["notes"].split("\n") if "[reconciler owner" not in line)
    if item["displayName"] == "iOS baseline":
        own = {"description", "assignments", *SERVICES_OWN}
        kept |= {name: value for name, value in item.items() if name not in own}
    if item["displayName"] not in ("Microsoft Authenticator", "Microsoft Teams"):
        if "description" not in spec:
            kept["text"] = "\n".join(
                line for line in item["description"].split("\n") if "[reconciler owner" not in line
            )
        if "assignments" not in spec:
            kept["targets"] = sorted(str(a["target"]) for a in item["assignments"])
    return kept


@FEW
@given(case=cases())
def test_invariant_01_a_run_converges_and_touches_nothing_else(rehearse: Rehearse, case: Case) -> None:
    with rehearse(case.specs, seed=case.seed) as stage:
        before = stored(stage)
        planned = stage.plan()
        assert {r.method for r in stage.emulator.log if not r.path.endswith("$batch")} <= {"GET"}
        assume(not planned.plan.blocked)
        ran = stage.apply(planned)
        assert set(ran.statuses().values()) <= {Status.DONE}, [(r.address, r.error) for r in ran.results if r.error]
        after = stored(stage)
        assert others(after, case) == others(before, case)
        for key in case.ours & before.keys():
            assert unmanaged(after[key], case) == unmanaged(before[key], case)
        again = stage.plan()
        assert pending(again.plan) == {}
        assert not again.plan.blocked, told(again.plan)
        assert stage.apply(again).writes == ()


@FEW
@given(
    names=st.permutations(["a", "b", "c", "x", "y"]),
    order=st.permutations(["a", "b", "c"]),
    unlisted=st.sampled_from(["last", "first", "keep"]),
    service=st.sampled_from(["insert", "insert-shift", "swap", "refuse-gap"]),
    start=st.sampled_from([0, 1]),
)
def test_invariant_27_any_order_is_reached(
    rehearse: Rehearse, names: list[str], order: list[str], unlisted: str, service: str, start: int
) -> None:
    profiles = []
    for rank, name in enumerate(names):
        mark = marker("EnrollmentProfile", name) if name in order else "theirs"
        object_id = f"4000000{rank}-1111-4222-8333-00000000000{rank}"
        profiles.append({**profile(object_id, name, mark, rank + start), "assignments": [to()]})
    specs = [document("EnrollmentProfile", name, {"displayName": name}) for name in order]
    specs.append(document("EnrollmentPriority", "ios", {"order": order, "unlisted": unlisted}))
    seed = {"formatVersion": 1, "collections": {PROFILES: profiles}}
    knobs = {"set_priority": service, "numbering_start": start}
    with rehearse(text(specs), seed=seed, knobs=knobs, wired=True) as stage:
        planned = stage.plan()
        ran = stage.apply(planned)
        assert ran.outcome in (Outcome.APPLIED, Outcome.NOTHING_TO_DO), [r.error for r in ran.results]
        listed = [name for name in stage.ladder() if name in order]
        assert listed == order
        ladder = "".join(stage.ladder())
        if unlisted != "keep":
            assert ladder.startswith("".join(order)) if unlisted == "last" else ladder.endswith("".join(order))
            assert [n for n in ladder if n in "xy"] == [n for n in names if n in "xy"]
        assert {stage.emulator.object(PROFILES, w.path.split("/")[4])["displayName"] for w in ran.writes} <= set(order)  # type: ignore[index]
        allowed = sum(len(c.steps) + c.may_need for c in planned.plan.pending)
        assert len(ran.writes) <= allowed
        assert pending(stage.plan().plan) == {}


FAULTS = st.builds(
    Fault,
    kind=st.sampled_from(
        ["status", "status-after-commit", "drop-before", "drop-after-commit", "truncate", "html", "null"]
    ),
    path=st.just("/device(App)?Management/"),
    method=st.sampled_from(["GET", "POST", "PATCH", "DELETE", None]),
    after=st.integers(0, 25),
    times=st.integers(1, 7),
    status=st.sampled_from([400, 403, 404, 409, 429, 500, 503, 504]),
)


@FEW
@given(case=cases(), faults=st.lists(FAULTS, min_size=1, max_size=3))
def test_whatever_fails_the_report_is_true_and_the_next_runs_converge(
    rehearse: Rehearse, case: Case, faults: list[Fault]
) -> None:
    with rehearse(case.specs, seed=case.seed, wired=True) as stage:
        before = stored(stage)
        planned = stage.plan()
        assume(planned.plan.pending and not planned.plan.blocked)
        stage.emulator.fail(*faults)
        ran = stage.apply(planned)
        stage.emulator.heal()
        assert len(ran.writes) <= 40 + 8 * len(planned.plan.steps())
        reported = [(s.method, s.path) for r in ran.results for s in r.requests]
        assert set(sent(ran.writes)) <= set(reported)
        assert all((r.error is None) == (r.status is Status.DONE) for r in ran.results)
        assert others(stored(stage), case) == others(before, case)
        for _ in range(2):
            if not stage.plan().plan.blocked:
                stage.apply()
        final = stage.plan().plan
        assert pending(final) == {}, told(final)
        after = stored(stage)
        names = [(item["displayName"], item.get("@odata.type")) for item in after.values()]
        assert len(set(names)) == len(names), "an object was made twice"
        assert others(after, case) == others(before, case)


@FEW
@given(case=cases(), seed=st.randoms(use_true_random=False), files=st.integers(1, 4))
def test_invariant_11_a_plan_does_not_depend_on_files(rehearse: Rehearse, case: Case, seed: Any, files: int) -> None:
    """Documents in any order, in any number of files: the same plan, but for the digests of the files."""
    shuffled = list(case.documents)
    seed.shuffle(shuffled)
    spread = {f"{n}.yaml": text(shuffled[n::files]) for n in range(files) if shuffled[n::files]}
    with rehearse(case.specs, seed=case.seed, wired=True) as stage:
        one = plan_document(stage)
        stage.declare(spread)
        assert plan_document(stage) == one


def plan_document(stage: Rehearsal) -> dict[str, Any]:
    """A plan without what names files."""
    document = stage.plan().plan.to_json()
    findings = document["diagnostics"]
    assert isinstance(findings, list)
    told_ = sorted((d["rule"], d["message"], d["address"], d["path"]) for d in findings if isinstance(d, dict))
    return {**document, "diagnostics": told_, "specDigest": "", "digest": ""}  # type: ignore[dict-item]

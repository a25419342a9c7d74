"""Laws of the service, whatever is asked of it and however its knobs stand; without sockets, so that it is fast."""

from __future__ import annotations

import ast
import json
import threading
from pathlib import Path
from typing import Any, get_args, get_type_hints

from hypothesis import given, settings
from hypothesis import strategies as st

import reconciler.emulator
from reconciler.emulator import Knobs, SteppingClock
from reconciler.emulator.exchange import Reply, Request, split_path
from reconciler.emulator.service import Service
from reconciler.emulator.tenant import Tenant
from reconciler.model import Json, JsonObject

from . import bodies
from .bodies import APPS, COMPLIANCE, CONFIGURATIONS, FILTERS, PROFILES, to
from .conftest import START, Graph, Serve

FEATURES = "#microsoft.graph.iosDeviceFeaturesConfiguration"
TARGETS = [to("group", bodies.GROUP), to("exclusionGroup", bodies.GROUP), to("allLicensedUsers"), to("allDevices")]
CREATES: list[tuple[str, JsonObject]] = [
    (CONFIGURATIONS, bodies.sso()),
    (CONFIGURATIONS, bodies.sso(colour=1)),
    (COMPLIANCE, bodies.compliance()),
    (APPS, bodies.store_app()),
    (PROFILES, bodies.profile()),
    (PROFILES, bodies.profile(priority=1)),
    (FILTERS, bodies.assignment_filter()),
]
PATCHES: list[JsonObject] = [
    {"displayName": "renamed"},
    {"@odata.type": FEATURES, "description": None},
    {"@odata.type": FEATURES, "iosSingleSignOnExtension": None},
    {"@odata.type": "#microsoft.graph.iosStoreApp", "notes": "x"},
    {"priority": 2},
    {},
]
QUERIES = ["", "$expand=assignments", "$top=1", "$select=id", "$filter=displayName ne 'x'", "$orderby=displayName desc"]
COLLECTIONS = [CONFIGURATIONS, COMPLIANCE, APPS, PROFILES, FILTERS]


def knob_sets() -> st.SearchStrategy[Knobs]:
    """Every combination of the knobs that are a choice."""
    hints = get_type_hints(Knobs)
    choices = {
        name: get_args(hint) for name, hint in hints.items() if get_args(hint) and not {int, str} & set(get_args(hint))
    }
    flags = [name for name, hint in hints.items() if hint is bool and name != "refuse_writes"]
    values = {name: st.sampled_from(_literals(options)) for name, options in choices.items()}
    return st.builds(Knobs, **values, **dict.fromkeys(flags, st.booleans()), stale_reads=st.integers(0, 2))  # fmt: skip


def _literals(options: tuple[Any, ...]) -> list[Any]:
    return [one for option in options for one in (get_args(option) or ([None] if option is type(None) else [option]))]


class Play:
    """A service, and requests whose ids are picked from what it holds."""

    def __init__(self, knobs: Knobs) -> None:
        self.service = Service(Tenant({}), knobs, SteppingClock(START), check=True)
        self.service.settle()

    def send(self, method: str, path: str, body: Json = None, **more: str) -> Reply:
        path, _, query = path.partition("?")
        headers = {"authorization": "Bearer x", **{name.replace("_", "-"): value for name, value in more.items()}}
        return self.service.answer(
            Request(method, "beta", split_path(path), query, headers, body), "http://127.0.0.1:1"
        )

    def key(self, path: str, pick: int) -> str:
        held = [entry.id for entry in self.service.tenant.collection(path[1:])]
        return held[pick % len(held)] if held else "nothing"

    def step(self, data: st.DataObject) -> tuple[str, Reply]:
        path = data.draw(st.sampled_from(COLLECTIONS))
        one = f"{path}/{self.key(path, data.draw(st.integers(0, 3)))}"
        targets = data.draw(st.lists(st.sampled_from(TARGETS), max_size=3))
        name = "mobileAppAssignments" if path == APPS else "assignments"
        intent: JsonObject = {"intent": "Required"} if path == APPS else {}
        requests: list[tuple[str, str, Json]] = [
            ("POST", *data.draw(st.sampled_from(CREATES))),
            ("PATCH", one, data.draw(st.sampled_from(PATCHES))),
            ("DELETE", one, None),
            ("POST", f"{one}/assign", {name: [{**intent, "target": target} for target in targets]}),
            ("POST", f"{one}/assignments", {**intent, "target": data.draw(st.sampled_from(TARGETS))}),
            ("POST", f"{one}/setPriority", {"priority": data.draw(st.integers(0, 5))}),
            ("GET", f"{path}?{data.draw(st.sampled_from(QUERIES))}", None),
            ("GET", one, None),
            ("GET", f"{one}/assignments", None),
        ]
        method, where, body = data.draw(st.sampled_from(requests))
        why = {"x_msft_approval_justification": "d2h5"} if data.draw(st.booleans()) else {}
        reply = self.send(method, where, body, **why)
        if (code := reply.headers.get("x-msft-approval-code")) and data.draw(st.booleans()):
            self.service.decide(code, "approved", None, "")
            reply = self.send(method, where, body, x_msft_approval_code=code)
            assert reply.status not in (202, 412)
        return method, reply


def content(service: Service) -> Json:
    """The tenant without its counter of changes."""
    return service.tenant.export()["collections"]


@settings(max_examples=25, deadline=None)
@given(knob_sets(), st.data())
def test_answers_keep_the_contract_and_refusals_change_nothing(knobs: Knobs, data: st.DataObject) -> None:
    play = Play(knobs)
    for path, body in CREATES:
        play.send("POST", path, body)
    for _ in range(8):
        before = content(play.service)
        method, reply = play.step(data)
        assert reply.status in (200, 201, 204, 400, 404, 405, 409) or (
            knobs.multi_admin_approval != "off" and reply.status in (202, 403, 412)
        )
        if reply.status >= 400 or reply.status == 202 or method == "GET":
            assert content(play.service) == before
        if reply.body:
            json.loads(reply.body)
    assert play.service.violations == []


@settings(max_examples=25, deadline=None)
@given(knob_sets(), st.data())
def test_any_tenant_can_be_saved_and_loaded(knobs: Knobs, data: st.DataObject) -> None:
    play = Play(knobs)
    for _ in range(12):
        play.step(data)
    saved = play.service.tenant.export()
    assert Tenant(json.loads(json.dumps(saved))).export() == saved


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(TARGETS), max_size=6))
def test_assign_is_idempotent_and_keeps_each_target_once(targets: list[JsonObject]) -> None:
    play = Play(Knobs())
    play.send("POST", CONFIGURATIONS, bodies.sso())
    one = f"{CONFIGURATIONS}/{play.key(CONFIGURATIONS, 0)}"
    sent: JsonObject = {"assignments": [{"target": target} for target in targets]}
    first, second = (json.loads(play.send("POST", f"{one}/assign", sent).body)["value"] for _ in range(2))
    assert first == second
    kinds = [(item["target"]["@odata.type"], item["target"].get("groupId")) for item in first]
    assert len(set(kinds)) == len(kinds)
    assert set(kinds) == {(target["@odata.type"], target.get("groupId")) for target in targets}


def test_parallel_clients_lose_nothing(serve: Serve) -> None:
    graph = serve()
    clients = [Graph(graph.emulator) for _ in range(4)]
    failed: list[int] = []

    def work(client: Graph) -> None:
        answers = [client.send("POST", PROFILES, bodies.profile(str(number))).status_code for number in range(10)]
        failed.extend(status for status in answers if status != 201)

    threads = [threading.Thread(target=work, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for client in clients:
        client.close()
    assert failed == []
    assert sorted(item["priority"] for item in graph.values(PROFILES)) == list(range(1, 41))
    assert [request.number for request in graph.emulator.log] == list(range(41))


def test_the_emulator_shares_no_code_with_what_it_judges() -> None:
    folder = Path(reconciler.emulator.__file__).parent
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level > len(path.relative_to(folder).parts):
                raise AssertionError(f"{path.name} reaches out of the emulator: {ast.unparse(node)}")
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            ours = {name for name in names if name.startswith("reconciler")}
            assert ours <= {"reconciler.model"}, path.name

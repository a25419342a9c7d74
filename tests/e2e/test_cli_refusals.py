"""What goes wrong before anything is written: one clear message each, the right exit code, and not a single write."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from reconciler.emulator import Emulator, Fault

from . import scenario
from .command import WORKSPACE, Folder, Said
from .harness import CANARY

Arrange = Callable[[Folder, Emulator], None]


def _nothing(folder: Folder, graph: Emulator) -> None:
    """The scenario as it is."""


@dataclass(frozen=True)
class Case:
    """A command that has to end early. `says` must stand in its message."""

    name: str
    command: str
    code: int
    says: str
    arrange: Arrange = _nothing


def _write(name: str, content: str | bytes) -> Arrange:
    return lambda folder, _: (folder.write(name, content), None)[1]


def _specs(*changes: tuple[str, str]) -> Arrange:
    def arrange(folder: Folder, _: Emulator) -> None:
        text = scenario.SPECS
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        folder.write("specs/all.yaml", text)

    return arrange


def _workspace(old: str, new: str) -> Arrange:
    assert old in WORKSPACE
    return _write("reconciler.yaml", WORKSPACE.replace(old, new))


def _remove(name: str) -> Arrange:
    return lambda folder, _: (folder.path / name).unlink()


def _fault(**fault: object) -> Arrange:
    return lambda _, graph: graph.fail(Fault(**{"times": 99, **fault}))  # type: ignore[arg-type]


def _environment(name: str, value: str | None) -> Arrange:
    def arrange(folder: Folder, _: Emulator) -> None:
        if value is None:
            folder.environment.delenv(name)
        else:
            folder.environment.setenv(name, value)

    return arrange


def _several(*arrangements: Arrange) -> Arrange:
    def arrange(folder: Folder, graph: Emulator) -> None:
        for each in arrangements:
            each(folder, graph)

    return arrange


def _saved(after: Arrange) -> Arrange:
    """A plan is saved to p.json, then something happens."""

    def arrange(folder: Folder, graph: Emulator) -> None:
        assert folder("plan", "--out", "p.json").code == 0
        after(folder, graph)

    return arrange


def _edit(change: Callable[[str], str]) -> Arrange:
    """The saved plan, changed by hand."""

    def arrange(folder: Folder, _: Emulator) -> None:
        text = (folder.path / "p.json").read_text(encoding="ascii")
        changed = change(text)
        assert changed != text
        folder.write("p.json", changed)

    return arrange


def _admin(collection: str, key: str, **members: object) -> Arrange:
    """Somebody edits an object in the portal."""

    def arrange(_: Folder, graph: Emulator) -> None:
        held = graph.object(collection, key)
        assert held is not None
        graph.put(collection, {**held, **members})  # type: ignore[dict-item]

    return arrange


REAL_TENANT = """
apiVersion: intune.reconciler/v1
kind: Workspace
owner: contoso
specs: [specs]
defaultTenant: production
tenants:
  production: {tenantId: 5e5c2b6f-6a3e-4a8f-9d53-2c3c0f8f4f10, auth: {method: token}}
"""
FROZEN = '.json}\n    freeze: {until: "2999-12-31T00:00:00Z", reason: year-end}'
TWO_TENANTS = WORKSPACE.replace("limits:", "  other: {graph: emulator}\nlimits:")
PROFILE = scenario.PROFILES
PLAN = _saved(_nothing)

CASES = [
    # -- usage
    Case("no command", "", 64, "COMMAND"),
    Case("unknown command", "aply", 64, "aply"),
    Case("unknown option", "plan --frobnicate", 64, "frobnicate"),
    Case("unknown format", "plan --format yaml", 64, "yaml"),
    Case("bad expectation", "plan --expect everything=1", 64, "adoptions"),
    Case("negative expectation", "plan --expect adoptions=-1", 64, "adoptions=-1"),
    Case("bad selector", "plan --selector ring", 64, "ring"),
    Case("show without a file", "show", 64, "FILE"),
    # -- the workspace
    Case("no workspace", "plan", 3, "no reconciler.yaml", _remove("reconciler.yaml")),
    Case("named workspace is missing", "plan --workspace other.yaml", 3, "other.yaml"),
    Case("workspace is a folder", "plan --workspace specs", 3, "specs"),
    Case("workspace is not YAML", "plan", 3, "reconciler.yaml", _write("reconciler.yaml", "a: [")),
    Case("workspace is not UTF-8", "plan", 3, "UTF-8", _write("reconciler.yaml", b"owner: \xff\xfe\xff")),
    Case("workspace has an unknown key", "plan", 3, "ownr", _workspace("owner", "ownr")),
    Case("unknown tenant", "plan --tenant sandbx", 3, "sandbox"),
    Case("default tenant is none", "plan", 3, "sandbx", _workspace("defaultTenant: sandbox", "defaultTenant: sandbx")),
    # -- the specs
    Case("no spec folder", "plan", 3, "nothing", _workspace("specs: [specs]", "specs: [nothing]")),
    Case("empty spec folder", "apply --yes", 3, "no spec files", _remove("specs/all.yaml")),
    Case("empty spec file", "apply --yes", 3, "declare nothing", _write("specs/all.yaml", "")),
    Case("only comments", "apply --yes", 3, "declare nothing", _write("specs/all.yaml", "# all gone\n---\n# really\n")),
    Case("invalid spec", "apply --yes", 3, "specs/all.yaml", _specs(("unlisted: last", "unlisted: lst"))),
    Case("path without specs", "plan tenant.json/..", 3, "no spec files", _remove("specs/all.yaml")),
    Case("path that is not there", "plan specs/none.yaml", 3, "specs/none.yaml"),
    # -- names in the tenant
    Case("missing group", "plan", 4, "iOS pilots", _specs(("{group: iOS pilots}", "{group: iOS pilot}"))),
    Case("missing group, applied", "apply --yes", 4, "no group", _specs(("{group: iOS pilots}", "{group: Nobody}"))),
    Case("missing scope tag", "apply --yes", 4, "Defaul", _specs(("scopeTags: [Default]", "scopeTags: [Defaul]"))),
    Case("missing VPP token", "apply --yes", 4, "Other ABM", _specs(("token: Example ABM", "token: Other ABM"))),
    # -- signing in and the network
    Case("no token", "plan", 1, "RECONCILER_ACCESS_TOKEN", _several(_write("reconciler.yaml", REAL_TENANT), _environment("RECONCILER_ACCESS_TOKEN", None))),
    Case("another tenant", "plan", 4, "tenant", _write("reconciler.yaml", REAL_TENANT)),
    Case("closed port", "plan", 1, "127.0.0.1:9", _environment("RECONCILER_GRAPH_URL", "http://127.0.0.1:9")),
    Case("foreign host", "plan", 4, "graph.example", _environment("RECONCILER_GRAPH_URL", "https://graph.example")),
    Case("plain http", "plan", 4, "http", _environment("RECONCILER_GRAPH_URL", "http://graph.microsoft.com")),
    Case("not an address", "plan", 4, "nonsense", _environment("RECONCILER_GRAPH_URL", "nonsense")),
    Case("no permission to read", "plan", 4, "could not be read", _fault(status=403, path="deviceConfigurations")),
    Case("no permission, applied", "apply --yes", 4, "could not be read", _fault(status=403, path="deviceConfigurations")),
    Case("a page that is no JSON", "apply --yes", 4, "could not be read", _fault(kind="html", path="mobileApps")),
    Case("an empty answer", "apply --yes", 4, "could not be read", _fault(kind="empty", path="EnrollmentProfiles$")),
    Case("a null answer", "apply --yes", 4, "could not be read", _fault(kind="null", path="deviceConfigurations$")),
    Case("a list without its list", "apply --yes", 4, "could not be read", _fault(kind="body", path="mobileApps$", body={"value": None})),
    Case("groups cannot be read", "apply --yes", 4, "groups", _fault(status=403, path="^/v1.0/groups")),
    # -- approval and limits
    Case("nobody to approve", "apply", 4, "--yes"),
    Case("too many adoptions", "apply --yes", 4, "adoptions", _workspace("adoptions: 1", "adoptions: 0")),
    Case("too many removals", "apply --yes", 4, "assignmentRemovals", _workspace("{adoptions: 1}", "{adoptions: 1, assignmentRemovals: 1}")),
    Case("not the expected number", "apply --yes --expect deletes=1", 4, "deletes"),
    Case("frozen", "apply --yes", 4, "year-end", _workspace(".json}", FROZEN.replace(".json}", ".json, ") .replace("\n    freeze:", "freeze:") + "}")),
    Case("two tenants, none named", "apply --yes", 4, "--tenant", _write("reconciler.yaml", TWO_TENANTS)),
    Case("affected people", "apply --yes", 4, "affectedPeople", _workspace("{adoptions: 1}", "{adoptions: 1, affectedPeople: 10}")),
    # -- plan files
    Case("no plan file", "apply --plan p.json --yes", 3, "p.json"),
    Case("plan file is a folder", "show specs", 3, "specs"),
    Case("plan file is no plan", "apply --plan tenant.json --yes", 3, "not a plan file"),
    Case("plan file is binary", "show p.json", 3, "not a plan file", _write("p.json", b"\x00\xff")),
    Case("edited plan", "apply --plan p.json --yes", 4, "changed after", _saved(_edit(lambda t: t.replace('"value":"com.apple.', '"value":"com.apply.', 1)))),
    Case("edited plan, shown", "show p.json", 4, "changed after", _saved(_edit(lambda t: t.replace("no-op", "create", 1).replace("sandbox", "sandbux", 1)))),
    Case("cut plan", "apply --plan p.json --yes", 3, "not a plan file", _saved(_edit(lambda t: t[: len(t) // 2]))),
    Case("doubled key", "apply --plan p.json --yes", 3, "not a plan file", _saved(_edit(lambda t: t.replace('{"', '{"digest":"x","', 1)))),
    Case("plan of another version", "apply --plan p.json --yes", 3, "another version", _saved(_edit(lambda t: t.replace('"formatVersion":1', '"formatVersion":2', 1)))),
    Case("plan for other specs", "apply --plan p.json --yes", 4, "specs changed", _saved(_specs(("For everybody", "For every body")))),
    Case("plan for another Graph", "apply --plan p.json --yes", 4, "tenant", _saved(_environment("RECONCILER_GRAPH_URL", None))),
    Case("stale plan: edited", "apply --plan p.json --yes", 4, "JitSsoPolicy/jit:", _saved(_admin(scenario.CONFIGURATIONS, scenario.POLICY, displayName="Hand made"))),
    Case("stale plan: gone", "apply --plan p.json --yes", 4, "EnrollmentProfile/executives", _saved(lambda _, graph: graph.remove(PROFILE, scenario.EXECUTIVES))),
    Case("stale plan: ladder", "apply --plan p.json --yes", 4, "EnrollmentPriority/ios", _saved(_admin(PROFILE, scenario.KIOSK, priority=9))),
    # -- lists
    Case("unknown schema", "schema Nothing", 3, "Nothing"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_is_refused(case: Case, folder: Folder, graph: Emulator) -> None:
    case.arrange(folder, graph)
    before = folder.files()
    said = folder(*case.command.split())
    assert said.code == case.code, said
    assert case.says in said.err + said.out
    assert graph.writes == []
    assert folder.files() == before
    if said.code not in (0, 2):
        assert _message(said)


def _message(said: Said) -> bool:
    """A failure names itself on stderr, or in a plan that shows what blocks it."""
    return said.err.startswith(("reconciler: ", "usage: ", "ERROR", "error")) or "reconciler: " in said.err or bool(said.out)


def test_a_failure_as_json(folder: Folder, graph: Emulator) -> None:
    said = folder("plan", "--tenant", "none", "--format", "json")
    assert said.code == 3
    document = json.loads(said.out)
    assert document["error"]["exitCode"] == 3
    assert "none" in document["error"]["message"]


def test_an_unchanged_neighbour_does_not_make_a_plan_stale(folder: Folder, graph: Emulator) -> None:
    folder("plan", "--out", "p.json")
    _admin(scenario.APPS, scenario.TEAMS, notes="seen")(folder, graph)
    assert folder("apply", "--plan", "p.json", "--yes").code == 0


def test_an_applied_plan_is_not_applied_again(folder: Folder, graph: Emulator) -> None:
    folder("plan", "--out", "p.json")
    assert folder("apply", "--plan", "p.json", "--yes").code == 0
    graph.clear_log()
    said = folder("apply", "--plan", "p.json", "--yes")
    assert said.code == 4
    assert graph.writes == []


def test_a_refused_write_is_told_with_its_request(folder: Folder, graph: Emulator) -> None:
    graph.fail(Fault(method="POST", path="deviceConfigurations$", status=403))
    said = folder("apply", "--yes", "--except", "Enrollment*/*", "--format", "json")
    document = said.valid("run")
    assert (said.code, document["outcome"]) == (5, "partly-applied")
    [failed] = [result for result in document["results"] if result["status"] == "failed"]
    assert failed["address"] == "JitSsoPolicy/jit-pilot"
    assert failed["requests"][-1]["status"] == 403
    assert failed["requests"][-1]["requestId"]


def test_nothing_of_the_only_change_done_exits_with_1(folder: Folder, graph: Emulator) -> None:
    graph.fail(Fault(method="POST", path="deviceConfigurations$", status=403))
    said = folder("apply", "--yes", "--only", "JitSsoPolicy/jit-pilot", "--format", "json")
    assert (said.code, said.valid("run")["outcome"]) == (1, "failed")


@pytest.fixture
def unwritable(folder: Folder) -> Iterator[str]:
    """A path at which no file can be made, whoever runs the test."""
    folder.write("blocked", "a file, so that nothing can be below it")
    yield "blocked/run.json"


def test_without_a_record_nothing_is_written(folder: Folder, graph: Emulator, unwritable: str) -> None:
    said = folder("apply", "--yes", "--record", unwritable)
    assert said.code == 1
    assert "blocked" in said.err
    assert graph.writes == []


def test_a_plan_that_cannot_be_saved(folder: Folder, graph: Emulator, unwritable: str) -> None:
    said = folder("plan", "--out", unwritable)
    assert said.code == 1
    assert "blocked" in said.err


def test_the_token_is_not_in_the_message_that_refuses_it(folder: Folder, graph: Emulator) -> None:
    folder.environment.setenv("RECONCILER_ACCESS_TOKEN", f"{CANARY}\r\nX-Other: 1")
    assert folder("plan", "--log-level", "debug").code == 1
    assert graph.log == []

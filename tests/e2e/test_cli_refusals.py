"""What goes wrong before anything is written: one clear message each, the right exit code, and not a single write."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from reconciler.emulator import Emulator, Fault

from . import scenario
from .command import WORKSPACE, Folder
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


def _specs(old: str, new: str) -> Arrange:
    assert old in scenario.SPECS
    return _write("specs/all.yaml", scenario.SPECS.replace(old, new))


def _workspace(old: str, new: str) -> Arrange:
    assert old in WORKSPACE
    return _write("reconciler.yaml", WORKSPACE.replace(old, new))


def _remove(name: str) -> Arrange:
    return lambda folder, _: (folder.path / name).unlink()


def _fault(**fault: object) -> Arrange:
    return lambda _, graph: graph.fail(Fault(**{"times": 99, **fault}))  # type: ignore[arg-type]


def _set(name: str, value: str | None) -> Arrange:
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


def _edit(old: str, new: str) -> Arrange:
    """The saved plan, changed by hand in one place."""

    def arrange(folder: Folder, _: Emulator) -> None:
        text = (folder.path / "p.json").read_text(encoding="ascii")
        assert old in text
        folder.write("p.json", text.replace(old, new, 1))

    return arrange


def _wait(**time: float) -> Arrange:
    def arrange(folder: Folder, _: Emulator) -> None:
        folder.time.seconds += timedelta(**time).total_seconds()

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
TWO_TENANTS = WORKSPACE.replace("limits:", "  other: {graph: emulator}\nlimits:")
FROZEN = WORKSPACE.replace(".json}", '.json, freeze: {until: "2999-12-31T00:00:00Z", reason: year-end}}')

REAL = _write("reconciler.yaml", REAL_TENANT)
NO_SPECS = _remove("specs/all.yaml")
NO_TOKEN = _several(REAL, _set("RECONCILER_ACCESS_TOKEN", None))
NO_REMOVALS = _workspace("{adoptions: 1}", "{adoptions: 1, assignmentRemovals: 1}")
FEW_PEOPLE = _several(
    _workspace("{adoptions: 1}", "{adoptions: 1, affectedPeople: 10}"), _fault(status=403, path="users/.count")
)
FORBIDDEN = _fault(status=403, path="deviceConfigurations")
NO_LIST = _fault(kind="body", path="mobileApps$", body={"value": None})

EDITED = _saved(_edit('"value":"com.apple.', '"value":"com.apply.'))
RETARGETED = _saved(_edit('"name":"sandbox"', '"name":"sandbux"'))
CUT = _saved(_edit('"fields":', ""))
DOUBLED = _saved(_edit('{"', '{"digest":"x","'))
NEWER = _saved(_edit('"formatVersion":1', '"formatVersion":2'))
OTHER_SPECS = _saved(_specs("For everybody", "For every body"))
OTHER_GRAPH = _saved(_set("RECONCILER_GRAPH_URL", None))
EXPIRED = _saved(_wait(hours=25))
RENAMED = _saved(_admin(scenario.CONFIGURATIONS, scenario.POLICY, displayName="Hand made"))
GONE = _saved(lambda _, graph: graph.remove(scenario.PROFILES, scenario.EXECUTIVES))
RERANKED = _saved(_admin(scenario.PROFILES, scenario.KIOSK, priority=9))

CASES = [
    # -- usage
    Case("no command", "", 64, "COMMAND"),
    Case("unknown command", "aply", 64, "aply"),
    Case("unknown option", "plan --frobnicate", 64, "frobnicate"),
    Case("unknown format", "plan --format yaml", 64, "yaml"),
    Case("bad expectation", "plan --expect everything=1", 64, "adoptions"),
    Case("negative expectation", "plan --expect adoptions=-1", 64, "adoptions=-1"),
    Case("unknown expectation", "plan --expect deletes=unknown", 64, "deletes=unknown"),
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
    Case("default tenant is none", "plan", 3, "sandbx", _workspace("Tenant: sandbox", "Tenant: sandbx")),
    # -- the specs
    Case("no spec folder", "plan", 3, "nothing", _workspace("specs: [specs]", "specs: [nothing]")),
    Case("empty spec folder", "apply --yes", 3, "no spec files", NO_SPECS),
    Case("empty spec file", "apply --yes", 3, "declare nothing", _write("specs/all.yaml", "")),
    Case("only comments", "apply --yes", 3, "declare nothing", _write("specs/all.yaml", "# gone\n---\n# really\n")),
    Case("invalid spec", "apply --yes", 3, "specs/all.yaml", _specs("unlisted: last", "unlisted: lst")),
    Case("path without specs", "plan specs", 3, "no spec files", NO_SPECS),
    Case("path that is not there", "plan specs/none.yaml", 3, "specs/none.yaml"),
    # -- names in the tenant
    Case("missing group", "plan", 4, "iOS pilots", _specs("{group: iOS pilots}", "{group: iOS pilot}")),
    Case("missing group, applied", "apply --yes", 4, "no group", _specs("{group: iOS pilots}", "{group: Nobody}")),
    Case("missing scope tag", "apply --yes", 4, "Defaul", _specs("scopeTags: [Default]", "scopeTags: [Defaul]")),
    Case("missing VPP token", "apply --yes", 4, "Other ABM", _specs("token: Example ABM", "token: Other ABM")),
    # -- signing in and the network
    Case("no token", "plan", 1, "RECONCILER_ACCESS_TOKEN", NO_TOKEN),
    Case("another tenant", "plan", 4, "tenant", REAL),
    Case("closed port", "plan", 1, "127.0.0.1:9", _set("RECONCILER_GRAPH_URL", "http://127.0.0.1:9")),
    Case("foreign host", "plan", 4, "graph.example", _set("RECONCILER_GRAPH_URL", "https://graph.example")),
    Case("plain http", "plan", 4, "http", _set("RECONCILER_GRAPH_URL", "http://graph.microsoft.com")),
    Case("not an address", "plan", 4, "nonsense", _set("RECONCILER_GRAPH_URL", "nonsense")),
    Case("no permission to read", "plan", 4, "could not be read", FORBIDDEN),
    Case("no permission, applied", "apply --yes", 4, "could not be read", FORBIDDEN),
    Case("a page that is no JSON", "apply --yes", 4, "could not be read", _fault(kind="html", path="mobileApps")),
    Case("an empty answer", "apply --yes", 4, "could not be read", _fault(kind="empty", path="EnrollmentProfiles$")),
    Case("a null answer", "apply --yes", 4, "could not be read", _fault(kind="null", path="deviceConfigurations$")),
    Case("a list without its list", "apply --yes", 4, "could not be read", NO_LIST),
    Case("groups cannot be read", "apply --yes", 4, "groups", _fault(status=403, path="^/v1.0/groups")),
    # -- approval and limits
    Case("nobody to approve", "apply", 4, "--yes"),
    Case("too many adoptions", "apply --yes", 4, "adoptions", _workspace("adoptions: 1", "adoptions: 0")),
    Case("too many removals", "apply --yes", 4, "assignmentRemovals", NO_REMOVALS),
    Case("not the expected number", "apply --yes --expect deletes=1", 4, "deletes"),
    Case("frozen", "apply --yes", 4, "year-end", _write("reconciler.yaml", FROZEN)),
    Case("frozen, in a plan", "plan", 0, "warning[GUARD103]", _write("reconciler.yaml", FROZEN)),
    Case("record over a file", "apply --yes --record specs/all.yaml", 4, "exists already"),
    Case("plan over a spec", "plan --out specs/all.yaml", 64, "is not a plan"),
    Case("negative number", "plan --expect-deletes -1", 64, "write 0 or more"),
    Case("nothing selected", "plan --only Nothing/*", 0, "7 not selected"),
    Case("two tenants, none named", "apply --yes", 4, "--tenant", _write("reconciler.yaml", TWO_TENANTS)),
    Case("people that cannot be counted", "apply --yes", 4, "affectedPeople", FEW_PEOPLE),
    # -- plan files
    Case("no plan file", "apply --plan p.json --yes", 3, "p.json"),
    Case("plan file is a folder", "show specs", 3, "specs"),
    Case("plan file is no plan", "apply --plan tenant.json --yes", 3, "not a plan file"),
    Case("plan file is binary", "show p.json", 3, "not a plan file", _write("p.json", b"\x00\xff")),
    Case("edited plan", "apply --plan p.json --yes", 4, "changed after", EDITED),
    Case("edited plan, shown", "show p.json", 4, "changed after", RETARGETED),
    Case("cut plan", "apply --plan p.json --yes", 3, "not a plan file", CUT),
    Case("doubled key", "apply --plan p.json --yes", 3, "not a plan file", DOUBLED),
    Case("plan of another version", "apply --plan p.json --yes", 3, "another version", NEWER),
    Case("plan for other specs", "apply --plan p.json --yes", 4, "specs changed", OTHER_SPECS),
    Case("plan for another Graph", "apply --plan p.json --yes", 4, "was made against", OTHER_GRAPH),
    Case("expired plan", "apply --plan p.json --yes", 4, "expired", EXPIRED),
    Case("stale plan: edited", "apply --plan p.json --yes", 4, "JitSsoPolicy/jit:", RENAMED),
    Case("stale plan: gone", "apply --plan p.json --yes", 4, "EnrollmentProfile/executives", GONE),
    Case("stale plan: ladder", "apply --plan p.json --yes", 4, "EnrollmentPriority/ios", RERANKED),
    # -- lists
    Case("unknown schema", "schema Nothing", 64, "Nothing"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_is_refused(case: Case, folder: Folder, graph: Emulator) -> None:
    case.arrange(folder, graph)
    before = folder.files()
    said = folder(*case.command.split())
    assert said.code == case.code, said
    assert case.says in said.err + said.out
    assert graph.writes == []
    assert folder.files() == before
    assert said.err.count("reconciler: ") <= 1


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
    [failed] = [result for result in document["results"] if result["address"] == "JitSsoPolicy/jit-pilot"]
    assert failed["status"] == "failed"
    assert failed["requests"][-1]["status"] == 403
    assert failed["requests"][-1]["requestId"]


def test_nothing_of_the_only_change_done_exits_with_1(folder: Folder, graph: Emulator) -> None:
    graph.fail(Fault(method="POST", path="deviceConfigurations$", status=403))
    said = folder("apply", "--yes", "--only", "JitSsoPolicy/jit-pilot", "--format", "json")
    assert (said.code, said.valid("run")["outcome"]) == (1, "failed")


@pytest.fixture
def unwritable(folder: Folder) -> str:
    """A path at which no file can be made, whoever runs the test."""
    folder.write("blocked", "a file, so that nothing can be below it")
    return "blocked/run.json"


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

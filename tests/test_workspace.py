"""The workspace file: what it means, what is refused, and how a tenant is chosen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler import workspace as workspaces
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.workspace import Freeze, Limits, Names, Provided, RuleSetting, Tenant, Workspace, load_workspace, tenant

FILE = Path("/repository/reconciler.yaml")
ROOT = FILE.parent

FULL = """\
apiVersion: intune.reconciler/v1
kind: Workspace
owner: adatum-workplace
previousOwners: [adatum-it]
specs: [specs]
defaultTenant: trial
support: {name: Help line, email: help@adatum.example, url: "https://help.adatum.example/phones", phone: "+49 30 1"}
tenants:
  trial: {graph: emulator, state: .reconciler/trial.json, seed: specs/seed.json, limits: {adoptions: 1}}
  live:
    tenantId: 0B6F54C4-52C8-4E43-9D0A-8A1DE8AB54AA
    cloud: usgov
    auth: {method: workload-identity, clientId: 1b6f54c4-52c8-4e43-9d0a-8a1de8ab54aa}
    specs: [specs, specs/live]
    names: {groups: {Pilots: SG-Pilots}, filters: {Own: F-Own}, scopeTags: {Sales: ST-Sales}, apps: {Mail: Mail 2}}
    limits: {affectedPeople: null, deletes: 2, unassignedProfiles: 3, lastProfile: 1}
    provided: [{part: authenticator, by: workplace team, reason: part of the baseline}]
    freeze: {until: "2027-01-02T03:04:05+01:00", reason: year-end}
  other:
    tenantId: 2b6f54c4-52c8-4e43-9d0a-8a1de8ab54aa
    auth:
      plan: {method: azure-cli}
      apply: {method: certificate, clientId: 1b6f54c4-52c8-4e43-9d0a-8a1de8ab54aa, certificatePath: /run/app.pem}
limits: {assignmentRemovals: 9, affectedPeople: 5000}
rules:
  JIT522: {severity: none, reason: our first app is Outlook}
  JIT401: {severity: warning}
"""


def loaded(text: str) -> Workspace:
    workspace, findings = load_workspace(FILE, text.encode())
    assert findings == []
    assert workspace is not None
    return workspace


def findings(text: str) -> list[Diagnostic]:
    return load_workspace(FILE, text.encode())[1]


def minimal(extra: str = "", tenants: str = "{a: {graph: emulator}}") -> str:
    return f"apiVersion: intune.reconciler/v1\nkind: Workspace\nowner: adatum\ntenants: {tenants}\n{extra}\n"


def test_everything_that_a_workspace_can_say() -> None:
    workspace = loaded(FULL)
    assert (workspace.path, workspace.root, workspace.owner) == (FILE, ROOT, "adatum-workplace")
    assert workspace.previous_owners == ("adatum-it",)
    assert workspace.specs == (ROOT / "specs",)
    assert workspace.default_tenant == "trial"
    assert workspace.support["email"] == "help@adatum.example"
    assert workspace.limits == Limits(assignment_removals=9, affected_people=5000)
    assert workspace.rules == {
        "JIT522": RuleSetting(None, "our first app is Outlook"),
        "JIT401": RuleSetting(Severity.WARNING),
    }
    assert list(workspace.tenants) == ["trial", "live", "other"]


def test_an_emulated_tenant() -> None:
    trial = loaded(FULL).tenants["trial"]
    assert trial == Tenant(
        name="trial",
        tenant_id="c0ffee00-1a2b-4c3d-8e4f-5a6b7c8d9e0f",
        cloud="global",
        graph="emulator",
        state=ROOT / ".reconciler/trial.json",
        seed=ROOT / "specs/seed.json",
        auth={},
        specs=(ROOT / "specs",),
        names=Names(),
        limits=Limits(assignment_removals=9, adoptions=1, affected_people=5000),
        provided=(),
        freeze=None,
    )
    assert trial.emulated


def test_a_real_tenant() -> None:
    live = loaded(FULL).tenants["live"]
    credential = {"method": "workload-identity", "clientId": "1b6f54c4-52c8-4e43-9d0a-8a1de8ab54aa"}
    assert live == Tenant(
        name="live",
        tenant_id="0b6f54c4-52c8-4e43-9d0a-8a1de8ab54aa",
        cloud="usgov",
        graph="graph",
        state=None,
        seed=None,
        auth={"plan": credential, "apply": credential},
        specs=(ROOT / "specs", ROOT / "specs/live"),
        names=Names({"Pilots": "SG-Pilots"}, {"Own": "F-Own"}, {"Sales": "ST-Sales"}, {"Mail": "Mail 2"}),
        limits=Limits(2, 9, affected_people=None, unassigned_profiles=3, last_profile=1),  # null lifts the limit
        provided=(Provided("authenticator", "workplace team", "part of the baseline"),),
        freeze=Freeze(datetime(2027, 1, 2, 2, 4, 5, tzinfo=UTC), "year-end"),
    )
    assert not live.emulated


def test_two_identities() -> None:
    auth = loaded(FULL).tenants["other"].auth
    assert {purpose: credential["method"] for purpose, credential in auth.items()} == {
        "plan": "azure-cli",
        "apply": "certificate",
    }


def test_defaults() -> None:
    workspace = loaded(minimal())
    assert workspace.specs == workspace.tenants["a"].specs == (ROOT / "specs",)
    assert workspace.limits == workspace.tenants["a"].limits == Limits(0, 5, 0, None, 0, 0)
    assert (workspace.default_tenant, workspace.rules, workspace.support) == (None, {}, {})


@pytest.mark.parametrize(
    "method",
    [
        "workload-identity",
        "managed-identity",
        "certificate",
        "client-secret",
        "azure-cli",
        "device-code",
        "browser",
        "token",
    ],
)
def test_what_a_method_needs_may_come_from_the_environment(method: str) -> None:
    guid = "0b6f54c4-52c8-4e43-9d0a-8a1de8ab54aa"
    workspace = loaded(minimal(tenants=f"{{a: {{tenantId: {guid}, auth: {{method: {method}}}}}}}"))
    assert workspace.tenants["a"].auth["apply"] == {"method": method}


MISTAKES = [
    ("owner", minimal().replace("adatum", "Adatum IT"), "SCHEMA108", "/owner", "is not a name"),
    ("no owner", minimal().replace("owner: adatum\n", ""), "SCHEMA104", "/owner", "`owner` is required here"),
    ("no tenants", minimal(tenants="{}"), "SCHEMA110", "/tenants", "`tenants` names no tenant"),
    (
        "tenant name",
        minimal(tenants="{a/b: {graph: emulator}}"),
        "SCHEMA108",
        "/tenants/a~1b",
        "is not a name for a tenant",
    ),
    ("unknown field", minimal("spec: [specs]"), "SCHEMA105", "/spec", "`spec` is not known here"),
    ("specs as text", minimal("specs: specs"), "SCHEMA106", "/specs", "a list is wanted here"),
    ("negative limit", minimal("limits: {deletes: -1}"), "SCHEMA109", "/limits/deletes", "at least 0"),
    (
        "limit as text",
        minimal('limits: {adoptions: "1"}'),
        "SCHEMA106",
        "/limits/adoptions",
        "a whole number is wanted",
    ),
    ("no default for a limit", minimal("limits: {deletes: null}"), "SCHEMA106", "/limits/deletes", "this is null"),
    ("severity", minimal("rules: {JIT1: {severity: off2}}"), "SCHEMA107", "/rules/JIT1/severity", "is not one of"),
    (
        "no reason",
        minimal("rules: {JIT1: {severity: none}}"),
        "SCHEMA104",
        "/rules/JIT1/reason",
        "`reason` is required",
    ),
    ("rule as a word", minimal("rules: {JIT1: none}"), "SCHEMA106", "/rules/JIT1", "a mapping is wanted here"),
    ("rule id", minimal("rules: {jit1: {severity: info}}"), "SCHEMA108", "/rules/jit1", "is not the id of a rule"),
    ("page", minimal('support: {url: "http://x"}'), "SCHEMA108", "/support/url", "is not a web address"),
    ("e-mail", minimal("support: {email: help}"), "SCHEMA108", "/support/email", "is not an e-mail address"),
    ("default", minimal("defaultTenant: b"), "WORKSPACE102", "/defaultTenant", "no tenant is called b"),
    (
        "kind",
        minimal().replace("kind: Workspace", "kind: JitSsoPolicy"),
        "SCHEMA107",
        "/kind",
        "`Workspace` is wanted here",
    ),
    (
        "two tenants, one file name",
        minimal(tenants="{a: {graph: emulator}, A: {graph: emulator}}"),
        "WORKSPACE104",
        "/tenants/A",
        "differ by upper and lower case alone",
    ),
]


@pytest.mark.parametrize(("text", "rule", "path", "says"), [pytest.param(*case[1:], id=case[0]) for case in MISTAKES])
def test_mistakes(text: str, rule: str, path: str, says: str) -> None:
    workspace, (found,) = load_workspace(FILE, text.encode())
    assert workspace is None
    assert (found.rule, found.path, found.severity) == (rule, path, Severity.ERROR)
    assert says in found.message
    assert found.position is not None
    assert found.position.file == str(FILE)


GUID = "0b6f54c4-52c8-4e43-9d0a-8a1de8ab54aa"
TENANT_MISTAKES = [
    ("{graph: emulator, tenantId: x}", "SCHEMA112", "/tenantId", "a tenant id of its own"),
    ("{graph: emulator, auth: token}", "SCHEMA112", "/auth", "needs no sign-in"),
    ("{tenantId: %s, state: x}", "SCHEMA112", "/state", "`graph: emulator` only"),
    ("{tenantId: %s, seed: x}", "SCHEMA112", "/seed", "`graph: emulator` only"),
    ("{tenantId: contoso.onmicrosoft.com}", "SCHEMA108", "/tenantId", "8-4-4-4-12"),
    ("{tenantId: %s, cloud: gov}", "SCHEMA107", "/cloud", "usgov"),
    ("{tenantId: %s, graph: emulated}", "SCHEMA107", "/graph", "did you mean `emulator`?"),
    ("{tenantId: %s, auth: browser}", "SCHEMA106", "/auth", "write {method: browser}"),
    ("{tenantId: %s, auth: {method: token, token: x}}", "SCHEMA112", "/auth/token", "RECONCILER_ACCESS_TOKEN"),
    (
        "{tenantId: %s, auth: {method: browser, clientSecret: x}}",
        "SCHEMA112",
        "/auth/clientSecret",
        "never stands in a file",
    ),
    (
        "{tenantId: %s, auth: {method: browser, certificatePath: x}}",
        "SCHEMA112",
        "/auth/certificatePath",
        "certificate",
    ),
    ("{tenantId: %s, auth: {plan: {method: browser}}}", "SCHEMA104", "/auth/apply", "commands that write"),
    ("{tenantId: %s, auth: {plan: {method: x}, apply: {method: browser}}}", "SCHEMA107", "/auth/plan/method", ""),
    (
        "{tenantId: %s, provided: [{part: authenticatr, by: a, reason: b}]}",
        "SCHEMA107",
        "/provided/0/part",
        "authenticator",
    ),
    ("{tenantId: %s, provided: [{part: compliance, by: a}]}", "SCHEMA104", "/provided/0/reason", ""),
    ('{tenantId: %s, freeze: {until: "2026-12-31"}}', "SCHEMA108", "/freeze/until", "2026-12-31T00:00:00Z"),
    ('{tenantId: %s, freeze: {until: "2026-12-31T00:00:00"}}', "SCHEMA108", "/freeze/until", "2026-12-31T00:00:00Z"),
    ('{tenantId: %s, freeze: {until: "2026-13-31T00:00:00Z"}}', "SCHEMA108", "/freeze/until", ""),
    ('{tenantId: %s, freeze: {until: "2026-12-31 00:00:00Z"}}', "SCHEMA108", "/freeze/until", ""),
    ('{tenantId: %s, freeze: {until: "20261231T000000Z"}}', "SCHEMA108", "/freeze/until", ""),
    ('{tenantId: %s, freeze: "2026-12-31T00:00:00Z"}', "SCHEMA106", "/freeze", "{until: "),
    ("{tenantId: %s, names: {group: {A: B}}}", "SCHEMA105", "/names/group", "did you mean `groups`?"),
    ("{tenantId: %s, names: {groups: {A: 1}}}", "SCHEMA106", "/names/groups/A", 'quote it: "1"'),
]


@pytest.mark.parametrize(("entry", "rule", "path", "detail"), TENANT_MISTAKES)
def test_mistakes_about_a_tenant(entry: str, rule: str, path: str, detail: str) -> None:
    (found,) = findings(minimal(tenants=f"{{a: {entry.replace('%s', GUID)}}}"))
    assert (found.rule, found.path) == (rule, f"/tenants/a{path}")
    assert detail in (found.detail or "")


@pytest.mark.parametrize(
    "path", ["/etc", "../specs", "a/../../b", "~/specs", "C:/specs", "c:specs", "a\\b", "//host/a", ".."]
)
def test_paths_stay_below_the_workspace(path: str) -> None:
    quoted = path.replace("\\", "\\\\")
    text = minimal(f'specs: [specs, "{quoted}"]', f'{{a: {{graph: emulator, state: "{quoted}", specs: ["{quoted}"]}}}}')
    assert {(d.rule, d.path) for d in findings(text)} == {
        ("WORKSPACE103", "/specs/1"),
        ("WORKSPACE103", "/tenants/a/specs/0"),
        ("WORKSPACE103", "/tenants/a/state"),
    }


@pytest.mark.parametrize(
    "path", ["specs", "a/b/c", "./specs", "a/../specs", "..a", "a..b", "specs with spaces", "größe"]
)
def test_paths_below_the_workspace(path: str) -> None:
    assert loaded(minimal(f'specs: ["{path}"]')).specs == (ROOT / path,)


def test_a_real_tenant_without_its_id_is_a_warning() -> None:
    workspace, (found,) = load_workspace(FILE, minimal(tenants="{a: {auth: {method: browser}}}").encode())
    assert workspace is not None
    assert workspace.tenants["a"].tenant_id is None
    assert (found.severity, found.rule, found.path) == (Severity.WARNING, "WORKSPACE105", "/tenants/a")


ONE = f"tenantId: {GUID}, auth: {{method: browser}}"
TWO = f"tenantId: {GUID[:-1]}b, auth: {{method: browser}}"
STATE = "graph: emulator, state: a.json"
OVERLAPPING = {
    "one directory": (f"{{{ONE}, specs: [a]}}", f"{{{ONE}, specs: [b]}}", "tenantId"),
    "one directory, in capitals": (f"{{{ONE}}}", f"{{tenantId: {GUID.upper()}, specs: [b]}}", "tenantId"),
    "one folder more": (f"{{{ONE}}}", f"{{{ONE}, specs: [specs, more]}}", "tenantId"),
    "one state of an emulator": (f"{{{STATE}, specs: [a]}}", "{graph: emulator, state: ./a.json}", "state"),
    "the same specs": (f"{{{ONE}, specs: [specs, a/../b]}}", f"{{{ONE}, specs: [./b, specs/]}}", None),
    "two directories": (f"{{{ONE}, specs: [a]}}", f"{{{TWO}, specs: [b]}}", None),
    "two emulators": (f"{{{STATE}, specs: [a]}}", "{graph: emulator, state: b.json, specs: [b]}", None),
    "emulators that keep nothing": ("{graph: emulator, specs: [a]}", "{graph: emulator, specs: [b]}", None),
    "an emulator beside a directory": (f"{{{STATE}, specs: [a]}}", f"{{{ONE}, specs: [b]}}", None),
}


@pytest.mark.parametrize("case", OVERLAPPING)
def test_two_tenants_that_are_one_have_the_same_specs(case: str) -> None:
    one, other, same = OVERLAPPING[case]
    workspace, found = load_workspace(FILE, minimal(tenants=f"{{a: {one}, b: {other}}}").encode())
    if same is None:
        assert (workspace is None, found) == (False, [])
        return
    (found_one,) = found
    assert workspace is None
    assert (found_one.rule, found_one.path, found_one.severity) == ("WORKSPACE107", "/tenants/b", Severity.ERROR)
    assert f"the tenants a and b have the same `{same}` and different specs" in found_one.message


def test_a_third_tenant_of_one_directory_is_told_too() -> None:
    tenants = f"{{a: {{{ONE}, specs: [a]}}, b: {{{ONE}, specs: [b]}}, c: {{{ONE}, specs: [a]}}, d: {{{ONE}}}}}"
    assert [(d.rule, d.path) for d in findings(minimal(tenants=tenants))] == [
        ("WORKSPACE107", "/tenants/b"),
        ("WORKSPACE107", "/tenants/d"),
    ]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "WORKSPACE101"),
        ("# nothing yet\n", "WORKSPACE101"),
        (f"{minimal()}---\n{minimal()}", "WORKSPACE101"),
        ("owner: a\nowner: b\n", "YAML"),
        ("- a\n", "YAML"),
        ("owner: [", "YAML"),
    ],
)
def test_files_that_are_no_workspace(text: str, rule: str) -> None:
    workspace, found = load_workspace(FILE, text.encode())
    assert workspace is None
    assert found[0].rule.startswith(rule)


def test_all_mistakes_at_once() -> None:
    text = minimal("defaultTenant: b\nspecs: [../x]", "{a: {}, A: {graph: emulator}}")
    assert {d.rule for d in findings(text)} == {"WORKSPACE102", "WORKSPACE103", "WORKSPACE104", "WORKSPACE105"}


def test_every_rule_is_a_rule_of_the_table() -> None:
    twice = f"{{a: {{{ONE}}}, b: {{{ONE}, specs: [b]}}}}"
    texts = [minimal("defaultTenant: b\nspecs: [../x]", "{a: {}, A: {graph: emulator}}"), "", minimal(tenants=twice)]
    told = {d.rule for text in texts for d in findings(text)} | {no_tenant(loaded(FULL), "x").rule}
    assert told == set(workspaces.RULES)


# Which tenant


def no_tenant(workspace: Workspace, name: str | None) -> Diagnostic:
    found = tenant(workspace, name)
    assert isinstance(found, Diagnostic)
    return found


def chosen(workspace: Workspace, name: str | None) -> str:
    found = tenant(workspace, name)
    assert isinstance(found, Tenant)
    return found.name


def test_the_named_tenant_or_the_default() -> None:
    assert chosen(loaded(FULL), "live") == "live"
    assert chosen(loaded(FULL), None) == "trial"


def test_the_only_tenant() -> None:
    assert chosen(loaded(minimal()), None) == "a"


def test_no_tenant_is_guessed() -> None:
    several = loaded(minimal(tenants="{a: {graph: emulator}, b: {graph: emulator}}"))
    found = no_tenant(several, None)
    assert (found.rule, found.severity) == ("WORKSPACE106", Severity.ERROR)
    assert "--tenant" in (found.detail or "")
    assert "a, b" in (found.detail or "")


@pytest.mark.parametrize("name", ["Live", "lives", "production"])
def test_unknown_tenants(name: str) -> None:
    found = no_tenant(loaded(FULL), name)
    assert name in found.message
    assert "trial, live, other" in (found.detail or "")


# Where it is


def test_the_file_is_found_from_below(tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").write_text(minimal(), encoding="utf-8")
    deep = tmp_path / "specs" / "ios"
    deep.mkdir(parents=True)
    assert workspaces.find_workspace(deep) == workspaces.find_workspace(tmp_path) == tmp_path / "reconciler.yaml"


def test_the_nearest_file_is_taken(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    for folder in (tmp_path, inner):
        (folder / "reconciler.yaml").write_text(minimal(), encoding="utf-8")
    assert workspaces.find_workspace(inner) == inner / "reconciler.yaml"


def test_a_folder_of_that_name_is_no_workspace(tmp_path: Path) -> None:
    (tmp_path / "a" / "reconciler.yaml").mkdir(parents=True)
    (tmp_path / "reconciler.yaml").write_text(minimal(), encoding="utf-8")
    assert workspaces.find_workspace(tmp_path / "a") == tmp_path / "reconciler.yaml"


# Law


def lines() -> Iterator[str]:
    yield from FULL.splitlines()
    yield from (
        "specs: [/]",
        "tenants: []",
        "  trial: null",
        "limits: {deletes: null}",
        "rules: {JIT1: 1}",
        "---",
        "a: &a",
    )


@settings(deadline=None, max_examples=35)
@given(st.lists(st.sampled_from(list(lines())), max_size=25) | st.permutations(FULL.splitlines()))
def test_any_lines_give_a_workspace_or_errors(chosen_lines: list[str]) -> None:
    workspace, found = load_workspace(FILE, "\n".join(chosen_lines).encode())
    assert (workspace is None) == any(d.severity is Severity.ERROR for d in found)
    known: dict[str, Any] = dict(workspaces.RULES)
    assert all(d.rule in known or d.rule.startswith(("YAML", "SCHEMA")) for d in found)

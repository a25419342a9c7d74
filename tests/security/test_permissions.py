"""What specs need: declared by every kind, enough for the emulator's own table of permissions, and not one too many."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator

import pytest

from reconciler.emulator import Emulator, Knobs
from reconciler.kinds import REGISTRY
from reconciler.permissions import DANGEROUS, GROUPS, Need, excess, least, missing, needs, writes
from tests.e2e import scenario
from tests.e2e.command import WORKSPACE, Folder
from tests.e2e.harness import load_specs
from tests.graph.harness import jwt

POLICY = """
apiVersion: intune.reconciler/v1
kind: JitSsoPolicy
metadata: {name: a}
spec: {displayName: A, assignments: {include: [%s]}}
"""
FILTER = "{all: users, filter: {include: Personal}}"
READ, WRITE = "DeviceManagementConfiguration.Read.All", "DeviceManagementConfiguration.ReadWrite.All"
APPS = "DeviceManagementApps.Read.All"

Serve = Callable[[Iterable[str]], Emulator]


@pytest.fixture
def serve(folder: Folder) -> Iterator[Serve]:
    """Point the folder's commands at a Graph that grants these permissions and no others."""
    started: list[Emulator] = []

    def make(granted: Iterable[str]) -> Emulator:
        emulator = Emulator(seed=scenario.seed(), knobs=Knobs(granted=",".join(granted)))
        started.append(emulator)
        emulator.start()
        folder.serve(emulator)
        return emulator

    yield make
    for emulator in started:
        emulator.stop()


def granted_by(folder: Folder, purpose: str) -> list[str]:
    found: list[str] = folder("permissions", "--format", "json").document[purpose]
    return found


# -- the declarations --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", REGISTRY.values(), ids=lambda kind: kind.name)
def test_every_kind_says_what_it_needs(kind: object) -> None:
    for collection in kind.collections:  # type: ignore[attr-defined]
        reads, changes = collection.read_permissions, collection.write_permissions
        assert re.fullmatch(r"\w+\.Read\.All", reads[0])
        assert re.fullmatch(r"\w+\.ReadWrite\.All", changes[0])
        assert set(changes) <= set(reads), "who may write may read"


def test_nothing_that_is_recommended_is_dangerous() -> None:
    every = needs(load_specs(scenario.SPECS).desired.values(), REGISTRY, writing=True)
    assert {need.permission for need in every} & DANGEROUS.keys() == set()


@pytest.mark.parametrize(
    ("target", "optional"),
    [
        ("allUsers", {"looks groups up by name and id", "looks assignment filters up"}),
        ("{group: Staff}", {"looks assignment filters up"}),
        (FILTER, {"looks groups up by name and id"}),
    ],
)
def test_names_are_needed_where_specs_have_them(target: str, optional: set[str]) -> None:
    found = needs(load_specs(POLICY % target).desired.values(), REGISTRY, writing=False)
    assert {need.why for need in found if need.only_if and need.why.startswith("looks")} == optional


def test_only_kinds_with_a_spec_are_written() -> None:
    found = needs(load_specs(POLICY % "allUsers").desired.values(), REGISTRY, writing=True)
    assert [p for p in least(found) if "ReadWrite" in p] == [WRITE]
    pruned = {need.permission for need in found if need.only_if and "--prune" in need.only_if}
    assert pruned >= {need.permission for need in writes(REGISTRY, REGISTRY)} - {WRITE}


# -- pure answers ------------------------------------------------------------------------------------------------------


def test_the_least_has_no_read_beside_its_write() -> None:
    wanted = [Need((READ, WRITE), "reads"), Need((WRITE,), "writes"), Need((APPS,), "reads"), Need(GROUPS, "", "if")]
    assert least(wanted) == (APPS, WRITE)


@pytest.mark.parametrize(
    ("granted", "lacking"),
    [
        (None, []),
        (frozenset({READ, APPS}), []),
        (frozenset({WRITE, APPS}), []),
        (frozenset({READ}), [APPS]),
        (frozenset(), [READ, APPS]),
        (frozenset({READ.lower(), APPS}), [READ]),
    ],
)
def test_what_is_missing(granted: frozenset[str] | None, lacking: list[str]) -> None:
    wanted = [Need((READ, WRITE), "a"), Need((APPS,), "b"), Need(GROUPS, "c", only_if="sometimes")]
    assert [need.permission for need in missing(granted, wanted)] == lacking


def test_what_is_too_much() -> None:
    held = frozenset({"Directory.ReadWrite.All", READ, "RoleManagement.ReadWrite.Directory"})
    assert [told.partition(":")[0] for told in excess(held)] == sorted(held - {READ})
    assert excess(None) == ()
    assert excess(held, [Need(("Directory.ReadWrite.All",), "")]) == excess(held - {"Directory.ReadWrite.All"})


# -- the command -------------------------------------------------------------------------------------------------------


def test_what_it_prints_is_enough_to_plan_and_to_apply(folder: Folder, serve: Serve) -> None:
    serve(granted_by(folder, "plan"))
    assert folder("plan").code == 0
    assert folder("drift").code == 2
    serve(granted_by(folder, "apply"))
    assert folder("apply", "--yes").code == 0
    assert folder("plan", "--detailed-exitcode").code == 0


def indispensable(folder: Folder, purpose: str) -> list[str]:
    """What is printed, without that for which another printed one may do as well: pages of Microsoft differ there."""
    why = folder("permissions", "--format", "json").document["why"]
    always = [set(need["anyOf"]) for need in why if purpose in need["for"] and not need["onlyIf"]]
    printed = granted_by(folder, purpose)
    return [name for name in printed if any(need & set(printed) == {name} for need in always)]


def test_no_permission_is_printed_that_planning_can_do_without(folder: Folder, serve: Serve) -> None:
    printed = granted_by(folder, "plan")
    assert set(printed) - set(indispensable(folder, "plan")) == {"DeviceManagementServiceConfig.Read.All"}
    for name in indispensable(folder, "plan"):
        serve(set(printed) - {name})
        assert folder("plan").code == 4, name


def test_no_permission_is_printed_that_applying_can_do_without(folder: Folder, serve: Serve) -> None:
    printed = granted_by(folder, "apply")
    for name in (name for name in indispensable(folder, "apply") if "ReadWrite" in name):
        serve({*printed, name.replace("ReadWrite", "Read")} - {name})
        assert folder("apply", "--yes").code not in (0, 2), name


def test_people_are_counted_where_their_number_is_limited(folder: Folder) -> None:
    assert "User.Read.All" not in granted_by(folder, "plan")
    folder.write("reconciler.yaml", WORKSPACE.replace("{adoptions: 1}", "{affectedPeople: 5}"))
    assert "User.Read.All" in granted_by(folder, "plan")


def test_as_text_it_says_what_each_is_for(folder: Folder) -> None:
    said = " ".join(folder("permissions").out.split())
    for purpose in ("plan", "apply"):
        for name in granted_by(folder, purpose):
            assert name in said
    assert "To plan" in said
    assert "deviceConfigurations (JitSsoPolicy)" in said
    assert "AuditLog.Read.All" in said


def test_it_needs_no_network_and_no_sign_in(folder: Folder) -> None:
    folder.environment.setenv("RECONCILER_GRAPH_URL", "http://127.0.0.1:9")
    before = folder.files()
    assert folder("permissions").code == 0
    assert folder.files() == before


@pytest.mark.parametrize("purpose", ["plan", "apply"])
def test_the_script_grants_just_that(folder: Folder, purpose: str) -> None:
    script = folder("permissions", "--az", purpose).out
    assert re.findall(r"^grant (\S+)$", script, re.MULTILINE) == granted_by(folder, purpose)
    assert "https://graph.microsoft.com/v1.0/servicePrincipals/$principal/appRoleAssignments" in script


def test_the_script_speaks_to_the_cloud_of_the_tenant(folder: Folder) -> None:
    tenant = "{tenantId: 5e5c2b6f-6a3e-4a8f-9d53-2c3c0f8f4f10, cloud: usgov}"
    folder.write("reconciler.yaml", WORKSPACE.replace("sandbox: {graph", f"gov: {tenant}\n  sandbox: {{graph"))
    assert "https://graph.microsoft.us/v1.0/" in folder("permissions", "--tenant", "gov", "--az", "plan").out


FAKE_AZ = """#!/bin/sh
echo "$*" | tr '\\n' ' ' >> "$CALLS"; echo >> "$CALLS"
case "$*" in
  *appRoles*) printf 'role-of-%s\\n' "$(echo "$*" | sed "s/.*value=='\\([A-Za-z.]*\\)'.*/\\1/")" ;;
  *00000003*) echo graph-principal ;;
  *"ad sp show"*) echo our-principal ;;
  *"--method GET"*) case "$*" in *GroupMember*) echo held ;; esac ;;
esac
"""


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no POSIX shell")
def test_the_script_runs_in_a_shell(folder: Folder) -> None:
    """With something in the place of the Azure CLI that notes what it was called with."""
    folder.write("script.sh", folder("permissions", "--az", "plan").out)
    folder.write("bin/az", FAKE_AZ).chmod(0o755)
    environ = {"PATH": f"{folder.path / 'bin'}:/usr/bin:/bin", "CALLS": str(folder.path / "calls")}
    without = subprocess.run(["sh", "script.sh"], cwd=folder.path, env=environ, capture_output=True, check=False)
    assert without.returncode != 0
    assert b"CLIENT_ID: set it" in without.stderr
    environ["CLIENT_ID"] = "client"
    done = subprocess.run(["sh", "script.sh"], cwd=folder.path, env=environ, capture_output=True, text=True, check=True)
    bodies = re.findall(r"--method POST .*--body (\{.*\})", (folder.path / "calls").read_text("utf-8"))
    assigned = [json.loads(body) for body in bodies]
    names = [name for name in granted_by(folder, "plan") if not name.startswith("GroupMember")]
    assert [each["appRoleId"] for each in assigned] == [f"role-of-{name}" for name in names]
    assert {(each["principalId"], each["resourceId"]) for each in assigned} == {("our-principal", "graph-principal")}
    assert "GroupMember.Read.All is granted already" in done.stdout


# -- tokens that hold too much -----------------------------------------------------------------------------------------

TENANT = "c0ffee00-1a2b-4c3d-8e4f-5a6b7c8d9e0f"


def token(**claims: object) -> str:
    return jwt(tid=TENANT, **claims)


def test_an_application_with_too_much_is_told(folder: Folder, serve: Serve) -> None:
    serve(granted_by(folder, "plan"))
    folder.environment.setenv("RECONCILER_ACCESS_TOKEN", token(roles=["Directory.ReadWrite.All", READ]))
    said = folder("plan")
    assert said.code == 0
    assert "warning: more than is ever needed is granted: Directory.ReadWrite.All" in said.err
    assert READ not in said.err


def test_a_person_with_too_much_is_told_on_request(folder: Folder, serve: Serve) -> None:
    serve(granted_by(folder, "plan"))
    person = token(scp="User.ReadWrite.All", upn="alex@contoso.example")
    folder.environment.setenv("RECONCILER_ACCESS_TOKEN", person)
    assert "User.ReadWrite.All" not in folder("plan").err
    assert "User.ReadWrite.All" in folder("plan", "--log-level", "info").err

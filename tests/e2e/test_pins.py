"""Pins over HTTP: written, kept, and held against a tenant that other people rename things in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reconciler.emulator import Emulator, Fault
from reconciler.engine.refresh import refresh
from reconciler.graph.auth import Auth
from reconciler.graph.connect import Endpoint, connect
from reconciler.kinds import REGISTRY
from reconciler.live import Names
from reconciler.pins import Pins, load

from . import scenario
from .command import WORKSPACE, Folder
from .harness import CANARY, TENANT, load_specs
from .scenario import BYOD, CONFIGURATIONS, GROUPS, POLICY, PROFILES

FILE = "pins/sandbox.yaml"
FILTERS = "deviceManagement/assignmentFilters"
TAGS = "deviceManagement/roleScopeTags"
PERSONAL, OTHER = "f1000000-1111-4222-8333-000000000001", "f2000000-1111-4222-8333-000000000002"
PILOTS = GROUPS["iOS pilots"]
NEW = "0ee00000-1111-4222-8333-000000000005"
PERSONAL_ONLY = '(device.deviceOwnership -eq "Personal")'
PILOT_POLICY = """
  assignments: {include: [{group: iOS pilots}]}
---
apiVersion: intune.reconciler/v1
kind: AuthenticatorAssignment
"""
MORE_NAMES = PILOT_POLICY.replace(
    "  assignments: {include: [{group: iOS pilots}]}",
    "  scopeTags: [Default, North]\n  assignments: {include: [{group: iOS pilots, filter: {include: Personal}}]}",
)
SPECS = scenario.SPECS.replace(PILOT_POLICY, MORE_NAMES)
"""The scenario, which then names a filter and another scope tag too."""
assert "Personal" in SPECS

Edit = Callable[[Folder, Emulator], None]


def _group(group_id: str, name: str) -> dict[str, Any]:
    return {"id": group_id, "displayName": name, "securityEnabled": True}


def _filter(filter_id: str, name: str) -> dict[str, Any]:
    return {"id": filter_id, "displayName": name, "platform": "iOS", "rule": PERSONAL_ONLY}


def _put(collection: str, value: dict[str, Any]) -> Edit:
    return lambda _, graph: (graph.put(collection, value), None)[1]


def _remove(collection: str, key: str) -> Edit:
    return lambda _, graph: graph.remove(collection, key)


def _change(collection: str, key: str, **members: Any) -> Edit:
    def edit(_: Folder, graph: Emulator) -> None:
        graph.put(collection, {**(graph.object(collection, key) or {}), **members})

    return edit


def _both(*edits: Edit) -> Edit:
    def edit(folder: Folder, graph: Emulator) -> None:
        for each in edits:
            each(folder, graph)

    return edit


@pytest.fixture
def pinned(folder: Folder, graph: Emulator) -> Emulator:
    """A tenant in which the specs are applied, and pins that were written after that."""
    graph.put(FILTERS, _filter(PERSONAL, "Personal"))
    graph.put(TAGS, {"id": "7", "displayName": "North", "isBuiltIn": False})
    folder.write("specs/all.yaml", SPECS)
    assert folder("apply", "--yes").code == 0
    assert folder("pin").code == 0
    graph.clear_log()
    return graph


def test_pin_then_check_is_clean_and_plans_are_the_same(folder: Folder, graph: Emulator) -> None:
    before = folder("plan", "--format", "json").valid("plan")
    said = folder("pin")
    assert (said.code, graph.writes) == (0, [])
    assert said.out.splitlines()[0].startswith("Tenant sandbox")
    assert said.out.splitlines()[-1] == f"Wrote {FILE}: 6 added, 0 removed, 0 changed."
    file = folder.path / FILE
    assert (file.stat().st_mode & 0o777, b"\r" in file.read_bytes()) == (0o644, False)
    written = file.stat()
    for command in (("pin",), ("pin", "--check")):
        again = folder(*command)
        assert (again.code, again.out.splitlines()[-1]) == (0, f"Nothing to do. {FILE} is up to date.")
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (written.st_ino, written.st_mtime_ns)
    assert folder("plan", "--format", "json").valid("plan") == before


def test_what_apply_makes_is_pinned_next_time(folder: Folder, graph: Emulator) -> None:
    folder("pin")
    assert folder("apply", "--yes").code == 0
    check = folder("pin", "--check", "--format", "json")
    assert (check.code, check.document["outcome"]) == (2, "would-change")
    assert {c["name"]: c["change"] for c in check.document["changes"]} == {
        "EnrollmentProfile/executives": "added",
        "EnrollmentProfile/pilots": "added",
        "JitSsoPolicy/jit-pilot": "added",
    }
    assert folder("pin").code == 0
    assert folder("drift").code == 0


def test_names_are_those_of_the_specs_also_where_the_tenant_has_others(folder: Folder, pinned: Emulator) -> None:
    text = WORKSPACE.replace("tenant.json}", "tenant.json, names: {groups: {iOS pilots: PRD pilots}}}")
    folder.write("reconciler.yaml", text)
    pinned.put("groups", _group(PILOTS, "PRD pilots"))
    assert folder("pin", "--check").code == 0
    assert folder("plan", "--detailed-exitcode").code == 0


def _names(graph: Emulator, pins: Pins | None) -> tuple[Names, int]:
    """What reading the tenant says of names, and with how many requests."""

    async def read() -> Names:
        auth = Auth.from_workspace({"method": "token"}, {"RECONCILER_ACCESS_TOKEN": CANARY})
        async with await connect(Endpoint(graph.url, "global", TENANT.tenant_id), auth) as connection:
            desired = load_specs(SPECS).desired
            world = await refresh(connection, REGISTRY, desired, owner="contoso", tenant="sandbox", pins=pins)
            return world.names

    graph.clear_log()
    return asyncio.run(read()), len(graph.log)


def test_what_a_plan_rests_on_is_read(pinned: Emulator, folder: Folder) -> None:
    """The rules that say who is in a group or a filter; and a pin that holds costs no request."""
    rule = '(user.department -eq "IT")'
    pinned.put("groups", {**_group(PILOTS, "iOS pilots"), "groupTypes": ["DynamicMembership"], "membershipRule": rule})
    pins, _ = load((folder.path / FILE).name, (folder.path / FILE).read_bytes(), tenant="sandbox")
    without, requests = _names(pinned, None)
    with_pins, as_many = _names(pinned, pins)
    assert (with_pins.groups_by_id[PILOTS].rule, with_pins.filter_rules) == (rule, {PERSONAL: PERSONAL_ONLY})
    assert with_pins.groups_by_id == without.groups_by_id
    assert with_pins.pinned.filters == {"Personal": PERSONAL}
    assert as_many == requests


# What others do to the tenant


@dataclass(frozen=True)
class Row:
    """What happened after pinning, what `plan` says of it, and what `pin` makes of it."""

    name: str
    edit: Edit
    rule: str
    says: tuple[str, ...]
    plan: int = 4
    check: int = 4
    accept: str | None = None
    """What has to be accepted, if `pin` can mend it."""


OLD_AND_NEW = (PILOTS, NEW)
ROWS = [
    Row(
        "a group is renamed, and another gets its name",
        _both(_put("groups", _group(PILOTS, "Old pilots")), _put("groups", _group(NEW, "iOS pilots"))),
        "NAME103",
        (*OLD_AND_NEW, "'Old pilots'"),
        accept="iOS pilots",
    ),
    Row(
        "a group is deleted, and made anew",
        _both(_remove("groups", PILOTS), _put("groups", _group(NEW, "iOS pilots"))),
        "NAME103",
        (*OLD_AND_NEW, "does not exist any more"),
        accept="iOS*",
    ),
    Row("a group is renamed", _put("groups", _group(PILOTS, "Pilots")), "NAME104", ("'iOS pilots'", "'Pilots' now")),
    Row("a group is deleted", _remove("groups", PILOTS), "NAME101", (PILOTS, "does not exist any more")),
    Row(
        "a group gets a namesake",
        _put("groups", _group(NEW, "iOS pilots")),
        "NAME106",
        OLD_AND_NEW,
        plan=0,
        check=0,
    ),
    Row(
        "a filter is made anew",
        _both(_remove(FILTERS, PERSONAL), _put(FILTERS, _filter(OTHER, "Personal"))),
        "NAME103",
        (PERSONAL, OTHER),
        accept="Personal",
    ),
    Row("a filter is renamed", _put(FILTERS, _filter(PERSONAL, "BYOD")), "NAME104", ("'Personal'", "'BYOD' now")),
    Row("a filter gets a namesake", _put(FILTERS, _filter(OTHER, "Personal")), "NAME106", (OTHER,), plan=0, check=0),
    Row("a scope tag is renamed", _change(TAGS, "7", displayName="South"), "NAME104", ("'North'", "'South' now")),
    Row(
        "a scope tag gets a namesake",
        _put(TAGS, {"id": "8", "displayName": "North", "isBuiltIn": False}),
        "NAME106",
        ("7", "8"),
        plan=0,
        check=0,
    ),
    Row(
        "a marker is removed, and the object is renamed",
        _change(CONFIGURATIONS, POLICY, description="For everybody", displayName="SSO"),
        "IDENT111",
        (POLICY, "'SSO'", "owner=contoso kind=JitSsoPolicy name=jit", "--expect adoptions"),
        plan=2,
        check=0,
    ),
    Row("an object is deleted", _remove(PROFILES, BYOD), "IDENT113", (BYOD,), plan=2, check=2),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_others_did_is_told(row: Row, folder: Folder, pinned: Emulator) -> None:
    row.edit(folder, pinned)
    kept = (folder.path / FILE).read_bytes()
    said = folder("plan", "--detailed-exitcode", "--format", "json")
    assert said.code == row.plan
    found = [d for d in said.valid("plan")["diagnostics"] if d["rule"] == row.rule]
    assert found
    assert all(d["file"] == "specs/all.yaml" and d["line"] for d in found)
    text = "; ".join(f"{d['message']}; {d['detail']}" for d in found)
    assert [part for part in row.says if part not in text] == []
    if row.plan == 4:
        assert folder("apply", "--yes").code == folder("drift").code == 4
    assert folder("pin", "--check").code == row.check
    assert (folder.path / FILE).read_bytes() == kept
    assert pinned.writes == []


@pytest.mark.parametrize("row", [row for row in ROWS if row.accept], ids=lambda row: row.name)
def test_what_is_accepted_is_planned(row: Row, folder: Folder, pinned: Emulator) -> None:
    row.edit(folder, pinned)
    kept = (folder.path / FILE).read_bytes()
    refused = folder("pin")
    assert (refused.code, (folder.path / FILE).read_bytes()) == (4, kept)
    assert "Refused: " in refused.out
    assert refused.out.splitlines()[-1] == f"Did not write {FILE}: 0 added, 0 removed, 1 changed."
    assert folder("pin", "--accept", "another").code == 4
    accepted = folder("pin", "--accept", str(row.accept), "--format", "json")
    assert (accepted.code, accepted.document["outcome"]) == (0, "written")
    assert folder("plan", "--detailed-exitcode").code == 2
    assert folder("apply", "--yes").code == 0
    assert folder("plan", "--detailed-exitcode").code == 0


def test_another_filter_of_the_pinned_name_is_a_difference(folder: Folder, pinned: Emulator) -> None:
    """Of two filters with one name the pins say which is meant; that the policy uses the other must not look right."""
    pinned.put(FILTERS, _filter(OTHER, "Personal"))
    [policy] = [o for o in pinned.objects(CONFIGURATIONS) if PERSONAL in str(o["assignments"])]
    pinned.put(CONFIGURATIONS, json.loads(json.dumps(policy).replace(PERSONAL, OTHER)))
    said = folder("plan", "--detailed-exitcode")
    assert said.code == 2
    assert f'filter include "Personal ({OTHER})" -> include "Personal ({PERSONAL})"' in " ".join(said.out.split())
    assert folder("apply", "--yes").code == 0
    assert PERSONAL in str((pinned.object(CONFIGURATIONS, str(policy["id"])) or {})["assignments"])
    assert folder("plan", "--detailed-exitcode").code == 0


def test_a_lost_marker_comes_back_with_consent_only(folder: Folder, pinned: Emulator) -> None:
    folder.write("reconciler.yaml", WORKSPACE.replace("adoptions: 1", "adoptions: 0"))
    pinned.put(CONFIGURATIONS, {**(pinned.object(CONFIGURATIONS, POLICY) or {}), "description": "For everybody"})
    said = folder("apply", "--yes")
    assert (said.code, pinned.writes) == (4, [])
    assert "its marker was removed" in said.out
    assert folder("apply", "--yes", "--expect", "adoptions=1").code == 0
    assert "name=jit]" in str((pinned.object(CONFIGURATIONS, POLICY) or {})["description"])
    assert folder("plan", "--detailed-exitcode").code == folder("pin", "--check").code == 0


def test_all_is_written_or_nothing(folder: Folder, pinned: Emulator) -> None:
    """A name that is new would be pinned; one that is contested keeps the whole file as it is."""
    folder.write("specs/all.yaml", SPECS.replace("{group: Executives}", "{group: Staff}"))
    _both(_remove("groups", PILOTS), _put("groups", _group(NEW, "iOS pilots")))(folder, pinned)
    kept = (folder.path / FILE).read_bytes()
    said = folder("pin", "--format", "json")
    assert (said.code, said.document["outcome"]) == (4, "refused")
    assert [(c["name"], c["change"], c["refused"]) for c in said.document["changes"]] == [
        ("Executives", "removed", False),
        ("Staff", "added", False),
        ("iOS pilots", "changed", True),
    ]
    assert said.document["summary"] == {"added": 1, "removed": 1, "changed": 1}
    assert (folder.path / FILE).read_bytes() == kept
    assert folder("pin", "--accept", "iOS pilots").code == 0
    text = (folder.path / FILE).read_text("utf-8")
    assert ("Executives" in text, GROUPS["Staff"] in text, NEW in text) == (False, True, True)


def test_an_id_in_the_spec_that_contradicts_a_pin_is_refused(folder: Folder, pinned: Emulator) -> None:
    pinned.put("groups", _group(NEW, "New pilots"))
    given = SPECS.replace("include: [{group: iOS pilots}]", f"include: [{{group: iOS pilots, id: {NEW}}}]")
    folder.write("specs/all.yaml", given)
    said = folder("plan", "--format", "json")
    assert said.code == 4
    [finding] = [d for d in said.document["diagnostics"] if d["rule"] == "NAME105"]
    assert (PILOTS in finding["message"], NEW in finding["message"]) == (True, True)
    refused = folder("pin")  # another spec still leaves the name to be resolved
    assert (refused.code, "NAME105" in refused.err) == (4, True)
    everywhere = SPECS.replace("{group: iOS pilots", f"{{group: iOS pilots, id: {NEW}")
    folder.write("specs/all.yaml", everywhere)
    assert folder("pin").code == 0
    assert "iOS pilots" not in (folder.path / FILE).read_text("utf-8")
    assert folder("plan", "--detailed-exitcode").code == 2


# What is wrong with the file, or with the reading


OF_ANOTHER = (
    "apiVersion: intune.reconciler/v1\nkind: Pins\ntenant: sandbox\ntenantId: 5e5c2b6f-6a3e-4a8f-9d53-2c3c0f8f4f10\n"
)
BROKEN = {
    "not YAML": ("a: [", 3, FILE),
    "of another tenant": (OF_ANOTHER.replace("sandbox", "production"), 3, "production"),
    "of another directory": (OF_ANOTHER, 4, "5e5c2b6f-6a3e-4a8f-9d53-2c3c0f8f4f10"),
    "too large": ("#" * (2**20 + 1), 3, "bytes"),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("command", ["plan", "pin", "apply --yes"])
def test_a_file_that_cannot_be_used_is_refused(name: str, command: str, folder: Folder, graph: Emulator) -> None:
    text, code, says = BROKEN[name]
    file = folder.write(FILE, text)
    said = folder(*command.split())
    assert said.code == code
    assert says in said.err
    assert file.read_text("utf-8") == text
    assert graph.writes == []


def test_validate_looks_at_pins_too(folder: Folder) -> None:
    folder.write(FILE, "apiVersion: intune.reconciler/v1\nkind: Pins\ntenant: sandbx\n")
    said = folder("validate", "--format", "json")
    assert said.code == 3
    [finding] = [d for d in said.valid("diagnostics")["diagnostics"] if d["severity"] == "error"]
    assert (finding["rule"], finding["file"], finding["line"]) == ("PINS102", FILE, 3)


@pytest.mark.parametrize("command", ["plan", "pin"])
def test_a_link_out_of_the_workspace_is_not_followed(
    command: str, folder: Folder, graph: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    Path(folder.path, "pins").symlink_to(outside, target_is_directory=True)
    said = folder(command)
    assert (said.code, "leads out of" in said.err) == (3, True)
    assert [*outside.iterdir()] == []


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 403, "path": "^/v1.0/groups"},
        {"status": 403, "path": "roleScopeTags"},
        {"kind": "empty", "path": "EnrollmentProfiles$"},
        {"kind": "html", "path": "deviceConfigurations"},
    ],
    ids=lambda fault: str(fault["path"]),
)
def test_what_cannot_be_read_is_not_unpinned(fault: dict[str, Any], folder: Folder, pinned: Emulator) -> None:
    kept = (folder.path / FILE).read_bytes()
    pinned.fail(Fault(**{"times": 99, **fault}))
    said = folder("pin")
    assert (said.code, "could not be read" in said.err) == (4, True)
    assert (folder.path / FILE).read_bytes() == kept


def test_a_file_that_cannot_be_written_is_told(folder: Folder, graph: Emulator) -> None:
    folder.write("pins", "a file, so that nothing can be below it")
    said = folder("pin")
    assert (said.code, "cannot be written" in said.err) == (1, True)


def test_pins_are_not_taken_for_specs(folder: Folder) -> None:
    folder.write("specs/sandbox.yaml", "apiVersion: intune.reconciler/v1\nkind: Pins\ntenant: sandbox\n")
    said = folder("validate")
    assert (said.code, "pins are not a spec" in said.out) == (3, True)

"""`import` as a user meets it: the first command of a new repository, and what keeps it from doing harm."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.emulator import Emulator, Fault

from . import scenario
from .command import Folder, Said

SANDBOX = json.loads((Path(__file__).parents[2] / "specs" / "sandbox-tenant.json").read_text(encoding="utf-8"))
HOSTILE = "x\x1b[31m\u202e ##[error] ../../y: {a} #b"
GROUP = scenario.GROUPS["Staff"]


@pytest.fixture
def empty(folder: Folder) -> Folder:
    """A workspace without specs, for the repository's own sandbox tenant."""
    (folder.path / "specs" / "all.yaml").unlink()
    folder.write("tenant.json", SANDBOX)
    owned_by(folder, "woodgrove-endpoint")
    return folder


def owned_by(folder: Folder, owner: str) -> None:
    workspace = (folder.path / "reconciler.yaml").read_text(encoding="utf-8")
    folder.write("reconciler.yaml", re.sub("owner: .*", f"owner: {owner}", workspace))


def specs(folder: Folder) -> dict[str, bytes]:
    return {name: data for name, data in folder.files().items() if name.endswith(".yaml") and "/" in name}


def statuses(said: Said) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in said.valid("import")["objects"]:
        found.setdefault(each["status"], []).append(each["address"] or each["displayName"])
    return found


def fields(said: Said) -> dict[str, list[str]]:
    return {c["address"]: [f["path"] for f in c["fields"]] for c in said.document["changes"] if c["fields"]}


def test_the_sandbox_into_an_empty_folder_and_again(empty: Folder) -> None:
    said = empty("import", "--format", "json")
    assert said.code == 0
    assert statuses(said) == {
        "written": [
            "AssignmentFilter/company-iphones-and-ipads",
            "AuthenticatorAssignment/authenticator-woodgrove-business-manager",
            "EnrollmentProfile/company-portal-before-web-based",
            "EnrollmentPriority/ios",
        ],
        "invalid": ["JitSsoPolicy/ios-jit", "EnrollmentProfile/byod-web-based", "EnrollmentProfile/executives"],
    }
    alone = {each["address"]: each["sound"] for each in said.document["objects"] if each["status"] == "invalid"}
    assert [address for address, sound in alone.items() if not sound] == ["JitSsoPolicy/ios-jit"]
    written = specs(empty)
    assert said.document["next"] == ["reconciler plan --expect adoptions=2"]
    plan = empty("plan", "--expect", "adoptions=2", "--format", "json")
    assert {path for paths in fields(plan).values() for path in paths} == {"/marker"}
    assert not any(found["severity"] == "error" for found in plan.document["diagnostics"])
    again = empty("import", "--format", "json")
    assert again.code == 0
    assert {*statuses(again)} == {"declared", "invalid"}
    assert again.document["next"] == ["reconciler plan --expect adoptions=2"]
    assert specs(empty) == written


def test_what_is_invalid_is_written_on_demand_and_said_by_validate(empty: Folder) -> None:
    said = empty("import", "--even-if-invalid")
    assert said.code == 0
    assert "JIT115" in said.out
    assert said.out.endswith("Next: reconciler validate\n      reconciler plan --expect adoptions=3\n")
    found = empty("validate", "--format", "json").document["diagnostics"]
    assert {"JIT115", "JIT206"} <= {each["rule"] for each in found if each["severity"] == "error"}
    before = specs(empty)
    assert {*statuses(empty("import", "--format", "json"))} == {"declared"}
    assert specs(empty) == before


def test_what_lacks_something_is_written_once_others_provide_it(empty: Folder) -> None:
    said = empty("import", "--dry-run")
    assert "Not to be written, they break a rule (1)" in said.out
    assert "Not to be written, each lacks something beside it (2)" in said.out
    assert max(map(len, said.out.splitlines())) <= 100
    parts = ", ".join(f"{{part: {part}, by: us, reason: theirs}}" for part in ("sso-policy", "authenticator"))
    workspace = (empty.path / "reconciler.yaml").read_text(encoding="utf-8")
    empty.write("reconciler.yaml", workspace.replace("tenant.json}", f"tenant.json, provided: [{parts}]}}"))
    said = empty("import", "--format", "json")
    assert statuses(said)["invalid"] == ["JitSsoPolicy/ios-jit"]
    plan = empty("plan", *said.document["next"][0].split()[2:], "--format", "json")
    assert {path for paths in fields(plan).values() for path in paths} == {"/marker"}


def test_what_was_not_asked_for_may_be_what_is_missing(empty: Folder) -> None:
    said = empty("import", "--kind", "EnrollmentProfile", "--format", "json")
    invalid = [each for each in said.document["objects"] if each["status"] == "invalid"]
    assert [each["reason"] for each in invalid] == ["what it lacks may be among what was not asked for"] * 2
    assert all(each["sound"] and "(and 2 more profiles)" in each["findings"][0]["message"] for each in invalid)


def test_kinds_that_are_others_only_if_named(empty: Folder) -> None:
    said = empty("import", "--kind", "AppAssignment", "--kind", "CompliancePolicyAssignment", "--format", "json")
    assert statuses(said) == {
        "written": [
            *(f"AppAssignment/{name}" for name in ("box", "microsoft-teams", "salesforce", "workday")),
            "CompliancePolicyAssignment/ios-baseline",
        ]
    }
    plan = empty("plan", "--format", "json")
    assert {path for paths in fields(plan).values() for path in paths} == {"/marker"}
    one = empty("import", "--only", "Enrollment*", "--dry-run", "--even-if-invalid", "--format", "json")
    assert {address.partition("/")[0] for address in statuses(one)["written"]} == {
        "EnrollmentProfile", "EnrollmentPriority",
    }  # fmt: skip


def test_what_has_another_form_or_is_withdrawn(empty: Folder) -> None:
    tenants = Path(__file__).parents[1] / "doctor" / "tenants"
    empty.write("tenant.json", (tenants / "broken.json").read_bytes())
    owned_by(empty, "contoso")
    said = empty("import", "--format", "json")
    assert statuses(said)["inexpressible"] == ["Enterprise SSO (settings catalog)"]
    pinned = [each["address"] for each in said.document["objects"] if each["pinned"]]
    assert pinned == ["EnrollmentProfile/ipads-by-hand"]  # of a withdrawn type: only a pin lets it be
    plan = empty("plan", *said.document["next"][0].split()[2:], "--format", "json")
    assert plan.code == 0
    assert {path for paths in fields(plan).values() for path in paths} == {"/marker"}


def test_a_dry_run_writes_nothing_and_says_what_would_be(empty: Folder) -> None:
    said = empty("import", "--dry-run")
    assert (said.code, specs(empty)) == (0, {})
    assert "Would be written (4)" in said.out
    assert "Would write 4 specs to specs" in said.out
    assert "Next:" not in said.out


def test_files_of_people_are_not_written_over(empty: Folder) -> None:
    theirs = "specs/enrollment-priority/ios.yaml"
    empty.write("reconciler.yaml", (empty.path / "reconciler.yaml").read_text().replace("[specs]", "[other]"))
    empty.write(theirs, "# mine\n")
    said = empty("import", "--out", "specs", "--format", "json")
    assert statuses(said)["in-the-way"] == ["EnrollmentPriority/ios"]
    assert specs(empty)[theirs] == b"# mine\n"
    assert said.document["next"] == []  # no spec folder of the tenant
    again = empty("import", "--out", "specs", "--overwrite", "--format", "json")
    assert (statuses(again)["written"], len(statuses(again)["unchanged"])) == (["EnrollmentPriority/ios"], 3)
    assert b"order:" in specs(empty)[theirs]


def test_editors_find_the_schema_where_the_workspace_has_it(empty: Folder) -> None:
    empty.write("schemas/v1/spec.json", "{}")
    empty("import", "--kind", "AssignmentFilter")
    (text,) = specs(empty).values()
    assert text.startswith(b"# yaml-language-server: $schema=../../schemas/v1/spec.json\napiVersion: ")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--kind", "JitSsoPolice"], 64, "did you mean JitSsoPolicy?"),
        (["--kind", "Audience"], 64, "the tenant has no objects of this kind"),
        (["--out", "tenant.json"], 64, "is not a folder"),
    ],
)
def test_wrong_usage(empty: Folder, arguments: list[str], code: int, said: str) -> None:
    done = empty("import", *arguments)
    assert (done.code, said in done.err) == (code, True)


def test_specs_that_cannot_be_read_are_not_doubled(empty: Folder) -> None:
    empty.write("specs/broken.yaml", "kind: EnrollmentProfile\n")
    said = empty("import")
    assert (said.code, [*specs(empty)]) == (3, ["specs/broken.yaml"])
    assert "there are specs that cannot be read" in said.err


def test_what_was_invalid_before_is_for_validate(empty: Folder) -> None:
    waiver = 'spec: {address: WebClip/gone, rule: JIT530, owner: us, reason: old, expires: "2027-01-01"}\n'
    empty.write("specs/waiver.yaml", "apiVersion: intune.reconciler/v1\nkind: Waiver\nmetadata: {name: w}\n" + waiver)
    said = empty("import", "--kind", "AssignmentFilter", "--format", "json")
    assert (said.code, said.document["summary"]["written"]) == (0, 1)
    assert said.document["next"] == ["reconciler validate", "reconciler plan --expect adoptions=1"]


@pytest.mark.parametrize("link", ["linked", "linked/assignment-filter"])
def test_a_link_that_leads_out_is_refused(empty: Folder, tmp_path_factory: pytest.TempPathFactory, link: str) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (empty.path / link).parent.mkdir(exist_ok=True)
    (empty.path / link).symlink_to(outside)
    assert empty("import", "--out", "linked").code == 3
    assert [*outside.iterdir()] == []
    assert specs(empty) == {}


def test_a_write_that_fails_says_how_far_it_came(empty: Folder) -> None:
    empty.write("specs/enrollment-profile", "a file where a folder has to be")
    said = empty("import")
    assert (said.code, len(specs(empty))) == (1, 2)
    assert "2 of 4 specs were written; another import goes on with the rest" in said.err


def test_specs_that_other_tenants_have_too(empty: Folder) -> None:
    workspace = (empty.path / "reconciler.yaml").read_text(encoding="utf-8")
    more = (
        "\n  other: {graph: emulator, state: o.json}\n  third: {graph: emulator, state: t.json, specs: [third]}\nlimits"
    )
    empty.write("reconciler.yaml", workspace.replace("\nlimits", more))
    advice = empty("import", "--dry-run", "--format", "json").document["advice"]
    assert len(advice) == 1
    assert "specs has the specs of 1 tenant more (other)" in advice[0]
    assert empty("import", "--dry-run", "--out", "mine", "--format", "json").document["advice"] == []


def test_nothing_is_not_said_of_what_could_not_be_read(empty: Folder) -> None:
    said = empty("import", "--only", "WebClip/*")
    assert "nothing that was asked for" in said.out
    with Emulator(seed=SANDBOX) as emulator:
        empty.serve(emulator)
        emulator.fail(Fault(kind="status", path="deviceConfigurations", status=403, times=99))
        assert "nothing that was asked for" not in empty("import", "--kind", "JitSsoPolicy").out
        said = empty("import", "--format", "json")
    byod = next(each for each in said.document["objects"] if each["address"] == "EnrollmentProfile/byod-web-based")
    assert (said.code, byod["reason"]) == (4, "what it lacks may be among what could not be read")
    assert "JIT110" in [found["rule"] for found in byod["findings"]]


@pytest.fixture
def served(empty: Folder) -> Iterator[Emulator]:
    """A tenant with a hostile name, served beside the command."""
    policy = scenario.policy(scenario.POLICY, HOSTILE, "a", configurations=[])
    kept = scenario.policy(scenario.FOREIGN_POLICY, "Staff", "b", configurations=registered())
    seed: Any = {
        "formatVersion": 1,
        "collections": {
            "groups": [{"id": GROUP, "displayName": "Staff", "securityEnabled": True}],
            scenario.CONFIGURATIONS: [policy, {**kept, "assignments": [scenario.to("Staff")]}],
            scenario.PROFILES: [scenario.profile(scenario.BYOD, "BYOD", "", 1, "device")],
        },
    }
    with Emulator(seed=seed) as emulator:
        empty.serve(emulator)
        yield emulator


def registered() -> list[dict[str, Any]]:
    return [scenario.pair("device_registration", "{{DEVICEREGISTRATION}}")]


def test_what_cannot_be_read_is_told_and_nothing_of_its_kind_is_written(empty: Folder, served: Emulator) -> None:
    served.fail(Fault(kind="status", path="appleUserInitiatedEnrollmentProfiles", status=403, times=99))
    said = empty("import", "--format", "json")
    assert (said.code, said.document["complete"]) == (4, False)
    assert "appleUserInitiatedEnrollmentProfiles" in said.document["problems"][0]
    assert statuses(said)["written"] == ["JitSsoPolicy/staff"]
    served.fail(Fault(kind="status", path=r"v1\.0/groups", status=403, times=99))
    (empty.path / "specs" / "jit-sso-policy" / "staff.yaml").unlink()
    said = empty("import", "--kind", "JitSsoPolicy", "--format", "json")
    reason = next(o["reason"] for o in said.document["objects"] if o["displayName"] == "Staff")
    assert (said.code, specs(empty)) == (4, {})
    assert "could not be read" in reason


def test_hostile_names_stay_text(empty: Folder, served: Emulator) -> None:
    said = empty("import")
    assert "\x1b" not in said.out + said.err
    assert "\u202e" not in said.out + said.err
    assert "##[error]" not in said.out
    assert [*specs(empty)] == [
        "specs/enrollment-priority/ios.yaml", "specs/enrollment-profile/byod.yaml", "specs/jit-sso-policy/staff.yaml",
    ]  # fmt: skip
    assert not [write for write in served.writes if write.path != "/$batch"]

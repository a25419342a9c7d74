"""`drift` as people meet it: which side moved and who moved it, whatever is at hand; specs that follow the tenant."""

from __future__ import annotations

import copy
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from reconciler import records
from reconciler.emulator import Emulator, Fault
from tests.e2e.judge import Bodies
from tests.review.repositories import begin, commit, git

from .command import Folder
from .scenario import CONFIGURATIONS, GROUPS, PROFILES, to

POLICY = """\
# why this policy is here
apiVersion: intune.reconciler/v1
kind: JitSsoPolicy
metadata: {name: jit}
spec:
  displayName: SSO - everyone  # as the portal shows it
  description: For everybody
  appBundleIds:
    - com.example.crm  # sales
    - com.example.mail
  assignments: {include: [allUsers]}
"""
PROFILE = """\
apiVersion: intune.reconciler/v1
kind: EnrollmentProfile
metadata: {name: byod}
spec:
  displayName: BYOD
  description: Own devices
  enrollmentType: webBasedDeviceEnrollment
  assignments: {include: [allUsers]}
---
apiVersion: intune.reconciler/v1
kind: EnrollmentProfile
metadata: {name: staff}
spec:
  displayName: Staff
  enrollmentType: accountDrivenUserEnrollment
  assignments: {include: [{group: Staff}]}
---
apiVersion: intune.reconciler/v1
kind: EnrollmentPriority
metadata: {name: ios}
spec: {order: [staff, byod]}
"""
ADMIN = "eve@contoso.example"
WORKSPACE = """
apiVersion: intune.reconciler/v1
kind: Workspace
owner: contoso
specs: [specs]
defaultTenant: sandbox
tenants:
  sandbox:
    graph: emulator
    state: .reconciler/sandbox.json
    provided:
      - {part: authenticator, by: another team, reason: CHG-1}
      - {part: sso-policy, by: another team, reason: CHG-1}
      - {part: web-clip, by: another team, reason: CHG-1}
"""


@dataclass(frozen=True)
class Applied:
    """A repository whose specs were applied, and the tenant after that run."""

    folder: Path
    tenant: Any
    seconds: float


_APPLIED: list[Applied] = []
"""Made once: the run is the same for every test."""


@pytest.fixture
def tenant(folder: Folder, bodies: Bodies, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """Specs in a repository, applied to the tenant an hour ago by a run that left its record."""
    (folder.path / "specs" / "all.yaml").unlink()
    if not _APPLIED:
        _APPLIED.append(prepared(folder, bodies, tmp_path_factory.mktemp("applied") / "folder"))
    (before,) = _APPLIED
    shutil.copytree(before.folder, folder.path, dirs_exist_ok=True)
    folder.time.seconds = before.seconds + 3600
    with Emulator(seed=copy.deepcopy(before.tenant), clock=folder.time.service) as emulator:
        folder.serve(emulator)
        where: Any = {"name": "sandbox", "tenantId": emulator.tenant_id, "graphUrl": emulator.url}
        altered(folder, tenant=where)  # it is another port than that of the run
        yield emulator


def prepared(folder: Folder, bodies: Bodies, keep: Path) -> Applied:
    """Apply the specs of a new repository, and keep all of it."""
    groups = [{"id": key, "displayName": name, "securityEnabled": True} for name, key in GROUPS.items()]
    begin(folder.path)
    files = {"specs/policy.yaml": POLICY, "specs/profiles.yaml": PROFILE, "reconciler.yaml": WORKSPACE}
    commit(folder.path, {**files, ".gitignore": ".reconciler/\n*.json\n"})
    seed: Any = {"formatVersion": 1, "collections": {"groups": groups}}
    with Emulator(seed=seed, clock=folder.time.service) as emulator:
        folder.serve(emulator)
        applied(folder)
        bodies.keep_log(emulator.log)
        shutil.copytree(folder.path, keep)
        return Applied(keep, emulator.export(), folder.time.seconds)


def applied(folder: Folder) -> None:
    said = folder("apply", "--yes", "--quiet")
    assert said.code == 0, said.out + said.err


def edit(folder: Folder, name: str, old: str, new: str) -> None:
    """Another text in a spec file."""
    before = (folder.path / name).read_text(encoding="utf-8")
    assert before.count(old) == 1
    folder.write(name, before.replace(old, new))


def policy_of(tenant: Emulator) -> Any:
    (found,) = tenant.objects(CONFIGURATIONS)
    return found


def called(tenant: Emulator, name: str) -> Any:
    return next(p for p in tenant.objects(PROFILES) if p["displayName"] == name)


def without_apps(tenant: Emulator) -> None:
    """Somebody takes an app off the policy, in the portal."""
    body = policy_of(tenant)
    body["iosSingleSignOnExtension"]["bundleIdAccessControlList"] = ["com.example.mail"]
    tenant.put(CONFIGURATIONS, body, by=ADMIN)


def described(tenant: Emulator, text: str) -> None:
    """Somebody writes another description into the policy; our marker stays."""
    body = policy_of(tenant)
    _, line, marker = body["description"].rpartition("\n")
    tenant.put(CONFIGURATIONS, {**body, "description": text + line + marker}, by=ADMIN)


def drift(folder: Folder, *options: str, code: int = 2) -> Any:
    said = folder("drift", "--format", "json", *options)
    assert said.code == code, said.out + said.err
    return said.valid("drift")


def directions(document: Any) -> dict[str, str]:
    return {f"{f['address']} {f['path']}": f["direction"] for f in document["findings"]}


# -- which side moved --------------------------------------------------------------------------------------------------


def test_each_direction_since_and_by_whom(folder: Folder, tenant: Emulator) -> None:
    without_apps(tenant)
    described(tenant, "For all of us")
    edit(folder, "specs/policy.yaml", "For everybody", "For nobody")
    edit(folder, "specs/profiles.yaml", "accountDrivenUserEnrollment", "webBasedDeviceEnrollment")
    document = drift(folder)
    assert directions(document) == {
        "JitSsoPolicy/jit /description": "both",
        "JitSsoPolicy/jit /appBundleIds": "tenant",
        "EnrollmentProfile/staff /enrollmentType": "repository",
    }
    both, apps, staff = document["findings"]
    assert (both["applied"], both["specified"], both["live"]) == ("For everybody", "For nobody", "For all of us")
    assert [f["severity"] for f in document["findings"]] == ["info", "error", "error"]
    assert (apps["file"], apps["line"], apps["knownFrom"]["source"]) == ("specs/policy.yaml", 9, "record")
    assert [(event["by"], event["actor"]) for event in apps["changed"]["by"]] == [(ADMIN, "person")] * 2
    assert apps["changed"]["count"] == 2, "what our own run did is no departure"
    assert staff["changed"]["state"] == "not-asked", "nobody changed the tenant there"
    assert document["plan"]["digest"] == folder("plan", "--format", "json").document["digest"]


def test_people_are_named_where_one_person_reads(folder: Folder, tenant: Emulator) -> None:
    without_apps(tenant)
    text = folder("drift")
    assert ADMIN in text.out
    assert text.out.splitlines()[-1] == "Drift: 1 departure in 1 object; 1 error; tenant ahead 1."
    for page in ("markdown", "html"):
        assert ADMIN not in folder("drift", "--format", page).out
        assert "eve" in folder("drift", "--format", page, "--with-actors").out
    first = folder("drift", "--format", "markdown").out.splitlines()[0]
    assert first == f"**{text.out.splitlines()[-1]}** <!-- reconciler drift owner=contoso tenant=sandbox -->"


def test_what_looks_like_a_secret_is_shown_in_no_format(folder: Folder, tenant: Emulator) -> None:
    more = "  additionalConfiguration: [{key: other, type: string, value: plain}]\n  assignments"
    edit(folder, "specs/policy.yaml", "  assignments", more)
    body = policy_of(tenant)
    pairs = body["iosSingleSignOnExtension"]["configurations"]
    kind = "#microsoft.graph.keyStringValuePair"
    pairs += [{"@odata.type": kind, "key": "client_secret", "value": "hidden-words"}]
    tenant.put(CONFIGURATIONS, body, by=ADMIN)
    for form in ("text", "json", "markdown", "html"):
        said = folder("drift", "--format", form)
        assert "client_secret" in said.out
        assert "hidden-words" not in said.out + said.err, form
    (found,) = (f for f in drift(folder)["findings"] if f["path"] == "/additionalConfiguration")
    assert [each["key"] for each in found["live"]] == ["client_secret"]
    assert found["live"][0]["value"].keys() == {"masked"}
    assert "hidden-words" not in folder("drift", "--accept", "JitSsoPolicy/jit", "--force").out


def test_objects_that_are_gone_or_left_over(folder: Folder, tenant: Emulator) -> None:
    tenant.remove(PROFILES, called(tenant, "Staff")["id"], by=ADMIN)
    (folder.path / "specs" / "policy.yaml").unlink()
    document = drift(folder)
    shown = {f["address"]: (f["what"], f["direction"]) for f in document["findings"]}
    assert shown == {
        "EnrollmentProfile/staff": ("missing", "tenant"),
        "EnrollmentPriority/ios": ("field", "tenant"),
        "JitSsoPolicy/jit": ("orphaned", "repository"),
    }
    gone, order, _ = document["findings"]
    assert [e["activity"].split()[0] for e in gone["changed"]["by"]] == ["Delete"]
    assert [e["activity"].split()[0] for e in order["changed"]["by"]] == ["Delete"]


def test_an_order_that_was_changed_on_either_side(folder: Folder, tenant: Emulator) -> None:
    edit(folder, "specs/profiles.yaml", "[staff, byod]", "[byod, staff]")
    assert directions(drift(folder)) == {"EnrollmentPriority/ios /order": "repository"}
    edit(folder, "specs/profiles.yaml", "[byod, staff]", "[staff, byod]")
    one, other = called(tenant, "Staff"), called(tenant, "BYOD")
    tenant.put(PROFILES, {**one, "priority": other["priority"]}, by=ADMIN)
    tenant.put(PROFILES, {**other, "priority": one["priority"]}, by=ADMIN)
    assert directions(drift(folder)) == {"EnrollmentPriority/ios /order": "tenant"}


# -- what is at hand ---------------------------------------------------------------------------------------------------


def test_a_run_that_found_a_spec_applied_vouches_for_the_specs_of_its_commit(folder: Folder, tenant: Emulator) -> None:
    """The policy was written by the first run; the second left it as it is, and was made from another commit."""
    described(tenant, "For all")
    edit(folder, "specs/policy.yaml", "For everybody", "For all")
    edit(folder, "specs/profiles.yaml", "Own devices", "Their own")
    commit(folder.path, {})
    applied(folder)
    folder.time.seconds += 60
    edit(folder, "specs/policy.yaml", "For all", "For us")
    commit(folder.path, {"specs/new.yaml": POLICY.replace("name: jit", "name: new").replace("everyone", "new")})
    document = drift(folder)
    assert directions(document) == {
        "JitSsoPolicy/jit /description": "repository",
        "JitSsoPolicy/new None": "repository",
    }
    assert {f["knownFrom"]["source"] for f in document["findings"]} == {"git"}
    (folder.path / ".git").rename(folder.path / "elsewhere")
    document = drift(folder)
    unknown = {"JitSsoPolicy/jit /description": "unknown", "JitSsoPolicy/new None": "unknown"}
    assert directions(document) == unknown, "the first record is not what the second run agreed with"
    assert document["history"]["problems"] == ["there is no Git history of the specs"]


def test_without_records_only_what_earlier_specs_prove(folder: Folder, tenant: Emulator) -> None:
    runs = folder.path / ".reconciler" / "runs"
    runs.rename(folder.path / "runs")
    without_apps(tenant)
    edit(folder, "specs/policy.yaml", "For everybody", "For nobody")
    tenant.remove(PROFILES, called(tenant, "Staff")["id"])
    found = drift(folder)
    assert directions(found) == {
        "JitSsoPolicy/jit /description": "repository",
        "JitSsoPolicy/jit /appBundleIds": "tenant",
        "EnrollmentProfile/staff None": "unknown",
        "EnrollmentPriority/ios /order": "tenant",
    }
    commit(folder.path, {})
    clone = folder.path / "clone"
    git(folder.path, "clone", "--quiet", "--depth=1", folder.path.as_uri(), str(clone))
    shallow = drift(folder, "--workspace", str(clone / "reconciler.yaml"))
    assert set(directions(shallow).values()) == {"unknown"}
    assert "fetch-depth: 0" in " ".join(shallow["history"]["problems"])
    record = str(next((folder.path / "runs").iterdir()))
    named = drift(folder, "--workspace", str(clone / "reconciler.yaml"), "--record", record)
    assert directions(named) == {
        "JitSsoPolicy/jit /description": "repository",
        "JitSsoPolicy/jit /appBundleIds": "tenant",
        "EnrollmentProfile/staff None": "tenant",
        "EnrollmentPriority/ios /order": "unknown",  # the run had nothing to send for it, so it left no state of it
    }


def altered(folder: Folder, **members: Any) -> Path:
    """The record of the run, with other members, under its own digest."""
    (file,) = (folder.path / ".reconciler" / "runs").iterdir()
    record, _ = records.from_bytes(file.read_bytes())
    assert record is not None
    file.write_bytes(records.to_bytes(records.sealed({**record, **members})))
    return file


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"owner": "fabrikam"}, "the record is of the owner fabrikam, this is contoso"),
        (
            {"tenant": {"name": "sandbox", "tenantId": "11111111-1111-4111-8111-111111111111", "graphUrl": "emulator"}},
            "the record is of tenant 11111111-1111-4111-8111-111111111111",
        ),
        (None, "the record was changed after it was written"),
        ("", "this is not a run record"),
    ],
    ids=["owner", "tenant", "edited", "damaged"],
)
def test_a_record_that_is_not_to_be_trusted_is_told_and_not_used(
    folder: Folder, tenant: Emulator, members: Any, said: str
) -> None:
    (folder.path / ".git").rename(folder.path / "elsewhere")
    without_apps(tenant)
    file = altered(folder, **(members or {}))
    if members is None:
        file.write_bytes(file.read_bytes().replace(b'"actor"', b'"actOr"'))
    elif members == "":
        file.write_bytes(b"\x00")
    document = drift(folder)
    assert directions(document) == {"JitSsoPolicy/jit /appBundleIds": "unknown"}
    assert said in " ".join(document["history"]["problems"])
    assert document["history"]["newest"] is None


def test_after_a_gap_in_the_records_the_older_ones_say_nothing(folder: Folder, tenant: Emulator) -> None:
    (folder.path / ".git").rename(folder.path / "elsewhere")
    for text in ("Their own", "Theirs"):
        edit(folder, "specs/profiles.yaml", "Own devices" if text == "Their own" else "Their own", text)
        applied(folder)
        folder.time.seconds += 60
    without_apps(tenant)
    assert directions(drift(folder)) == {"JitSsoPolicy/jit /appBundleIds": "tenant"}
    sorted((folder.path / ".reconciler" / "runs").iterdir())[1].unlink()
    document = drift(folder)
    assert directions(document) == {"JitSsoPolicy/jit /appBundleIds": "unknown"}
    assert "the record after it is missing" in " ".join(document["history"]["problems"])


def test_a_file_that_was_renamed_with_its_last_change_hides_no_earlier_value(folder: Folder, tenant: Emulator) -> None:
    """Git has one version under today's name, and the tenant has what an earlier one said."""
    shutil.rmtree(folder.path / ".reconciler" / "runs")
    moved = POLICY.replace("For everybody", "For nobody").replace("    - com.example.mail\n", "")
    commit(folder.path, {"specs/policy.yaml": None, "specs/ios.yaml": moved})
    fields = ("/description", "/appBundleIds")
    assert directions(drift(folder)) == {f"JitSsoPolicy/jit {field}": "unknown" for field in fields}


def test_a_spec_that_stood_elsewhere_at_the_last_run_is_not_new(folder: Folder, tenant: Emulator) -> None:
    """The record has its address, and today's spec folders at that commit have no such spec."""
    elsewhere = commit(folder.path, {"specs/policy.yaml": None, "old/policy.yaml": POLICY})
    (file,) = (folder.path / ".reconciler" / "runs").iterdir()
    record, _ = records.from_bytes(file.read_bytes())
    results: Any = record and record["results"]
    others = [each for each in results if each["address"] != "JitSsoPolicy/jit"]
    altered(folder, results=others, unchanged=["JitSsoPolicy/jit"], commit=elsewhere)
    commit(folder.path, {"old/policy.yaml": None, "specs/policy.yaml": POLICY})
    tenant.remove(CONFIGURATIONS, policy_of(tenant)["id"])
    assert directions(drift(folder)) == {"JitSsoPolicy/jit None": "unknown"}
    altered(folder, results=others, unchanged=[], commit=elsewhere)
    assert directions(drift(folder)) == {"JitSsoPolicy/jit None": "repository"}, "the run did not know it"


@pytest.mark.parametrize(("name", "at", "newer"), [
    ("nightly.json", "2030-01-01T00:00:00Z", True),
    ("19990101T000000Z-sandbox.json", "1999-01-01T00:00:00Z", True),
    ("notes.json", None, False),
], ids=["a name of its own", "a clock that was set back", "no record"])  # fmt: skip
def test_the_newest_record_counts_whatever_it_is_called(
    folder: Folder, tenant: Emulator, name: str, at: Any, newer: bool
) -> None:
    (file,) = (folder.path / ".reconciler" / "runs").iterdir()
    record, _ = records.from_bytes(file.read_bytes())
    assert record is not None
    after = records.sealed({**record, "previousRecord": record["digest"], "startedAt": at, "finishedAt": at})
    file.with_name(name).write_bytes(records.to_bytes(after) if at else b"{}")
    without_apps(tenant)
    newest = drift(folder)["history"]
    assert newest["newest"]["record"] == (after if newer else record)["digest"]
    assert newest["problems"] == []


@pytest.mark.parametrize(("log", "state"), [("403", "not-readable"), ("empty", "not-in-log")])
def test_a_log_that_says_nothing_is_told_as_such(folder: Folder, tenant: Emulator, log: Any, state: str) -> None:
    without_apps(tenant)
    tenant.knobs = replace(tenant.knobs, audit_log=log)
    (found,) = drift(folder)["findings"]
    assert found["changed"] == {"state": state, "first": None, "last": None, "count": 0, "by": []}
    assert re.search("could not be read|no change of it, or not yet", folder("drift").out)


def test_a_log_with_more_events_than_are_looked_at_is_not_said_to_have_none(folder: Folder, tenant: Emulator) -> None:
    without_apps(tenant)
    for _ in range(200):
        tenant.put(PROFILES, called(tenant, "BYOD"), by=ADMIN)
    (found,) = drift(folder)["findings"]
    assert (found["path"], found["changed"]["state"]) == ("/appBundleIds", "not-in-newest")
    assert "older ones were not looked at" in " ".join(folder("drift").out.split())


def test_it_costs_a_plan_and_one_question_to_the_log(folder: Folder, tenant: Emulator) -> None:
    counts = []
    for line in ("plan", "drift"):
        for departs in (False, True):
            if departs:
                without_apps(tenant)
            tenant.clear_log()
            folder(line)
            counts.append(len(tenant.log))
        described(tenant, "For everybody")
        body = policy_of(tenant)
        body["iosSingleSignOnExtension"]["bundleIdAccessControlList"] = ["com.example.crm", "com.example.mail"]
        tenant.put(CONFIGURATIONS, body)
    plan, changed, drift_, departing = counts
    assert (drift_, departing) == (plan, changed + 1)


def test_what_could_not_be_read_is_not_known(folder: Folder, tenant: Emulator) -> None:
    tenant.fail(Fault(path=f"/beta/{PROFILES}", status=403, times=99))
    document = drift(folder, code=4)
    assert not document["complete"]
    assert {f["what"] for f in document["findings"]} == {"refused"}
    assert folder("drift").out.splitlines()[-1].startswith("Not known: part of the tenant could not be read")
    assert folder("drift", "--accept", "*").code == 4


# -- specs that follow -------------------------------------------------------------------------------------------------


def test_a_spec_follows_with_the_smallest_difference(folder: Folder, tenant: Emulator) -> None:
    body = policy_of(tenant)
    body["iosSingleSignOnExtension"]["bundleIdAccessControlList"] = ["com.example.crm", "com.example.new"]
    tenant.put(CONFIGURATIONS, {**body, "assignments": [*body["assignments"], to("Staff")]})
    before, sent = folder.files(), len(tenant.writes)
    shown = drift(folder, "--accept", "JitSsoPolicy/*", "--dry-run", code=0)
    assert folder.files() == before
    accepted = drift(folder, "--accept", "JitSsoPolicy/*", code=0)
    (one,), (other,) = accepted["accepted"], shown["accepted"]
    assert (one["state"], other["state"], one["diff"]) == ("accepted", "would-accept", other["diff"])
    assert (folder.path / "specs" / "policy.yaml").read_text(encoding="utf-8") == POLICY.replace(
        "    - com.example.mail\n", "    - com.example.new\n"
    ).replace("[allUsers]", "[allUsers, {group: Staff}]")
    assert drift(folder, code=0)["findings"] == []
    assert len(tenant.writes) == sent
    assert folder("drift", "--accept", "JitSsoPolicy/jit").out.endswith("Accepted: 1 as specified already.\n")


def test_an_order_follows(folder: Folder, tenant: Emulator) -> None:
    one, other = called(tenant, "Staff"), called(tenant, "BYOD")
    tenant.put(PROFILES, {**one, "priority": other["priority"]})
    tenant.put(PROFILES, {**other, "priority": one["priority"]})
    drift(folder, "--accept", "EnrollmentPriority/ios", code=0)
    assert "order: [byod, staff]" in (folder.path / "specs" / "profiles.yaml").read_text(encoding="utf-8")
    assert drift(folder, code=0)["findings"] == []


def test_targets_of_an_audience_follow_only_where_that_is_asked_for(folder: Folder, tenant: Emulator) -> None:
    audience = "apiVersion: intune.reconciler/v1\nkind: Audience\nmetadata: {name: all}\nspec: {include: [allUsers]}\n"
    edit(folder, "specs/policy.yaml", "{include: [allUsers]}", "{audience: all}")
    commit(folder.path, {"specs/audience.yaml": audience})
    body = policy_of(tenant)
    tenant.put(CONFIGURATIONS, {**body, "assignments": [to("Staff")]})
    (refused,) = drift(folder, "--accept", "*/jit", code=4)["accepted"]
    assert "those of the audience all" in refused["reason"]
    drift(folder, "--accept", "*/jit", "--inline", code=0)
    assert "assignments: {include: [{group: Staff}]}" in (folder.path / "specs/policy.yaml").read_text(encoding="utf-8")
    assert drift(folder, code=0)["findings"] == []


def test_changes_that_git_does_not_have_yet_are_not_mixed_with_ours(folder: Folder, tenant: Emulator) -> None:
    without_apps(tenant)
    described(tenant, "For all")
    edit(folder, "specs/policy.yaml", "sales", "everybody who sells")
    edit(folder, "specs/profiles.yaml", "Own devices", "Their own")
    before = folder.files()
    (refused,) = drift(folder, "--accept", "JitSsoPolicy/jit", code=4)["accepted"]
    assert "specs/policy.yaml has changes that are not committed" in refused["reason"]
    assert folder.files() == before
    commit(folder.path, {"specs/profiles.yaml": PROFILE})
    edit(folder, "specs/profiles.yaml", "Own devices", "Their own")
    drift(folder, "--accept", "JitSsoPolicy/jit", code=0)
    edit(folder, "specs/policy.yaml", "For all", "For us")
    drift(folder, "--accept", "JitSsoPolicy/jit", "--force", code=0)


def test_a_file_keeps_its_mode_its_line_ends_and_its_link(folder: Folder, tenant: Emulator) -> None:
    without_apps(tenant)
    link = folder.path / "specs" / "policy.yaml"
    real = folder.write("specs/.kept", POLICY.replace("\n", "\r\n"))
    real.chmod(0o640)
    link.unlink()
    link.symlink_to(real.name)
    commit(folder.path, {})
    real.write_bytes(real.read_bytes().replace(b"sales", b"Sales"))
    (refused,) = drift(folder, "--accept", "JitSsoPolicy/jit", code=4)["accepted"]
    assert "has changes that are not committed" in refused["reason"], "what the link leads to was changed"
    commit(folder.path, {})
    drift(folder, "--accept", "JitSsoPolicy/jit", code=0)
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert real.read_bytes() == (POLICY.replace("    - com.example.crm  # sales\n", "").replace("\n", "\r\n").encode())


def test_a_file_that_nobody_may_write_stays(folder: Folder, tenant: Emulator) -> None:
    without_apps(tenant)
    file = folder.path / "specs" / "policy.yaml"
    file.chmod(0o444)
    said = folder("drift", "--accept", "JitSsoPolicy/jit")
    assert (said.code, "it is read-only" in said.err) == (1, True)
    assert file.read_text(encoding="utf-8") == POLICY


def test_where_git_cannot_say_what_is_committed_nothing_is_accepted(folder: Folder, tenant: Emulator) -> None:
    without_apps(tenant)
    (folder.path / ".git" / "HEAD").write_text("nothing", encoding="utf-8")
    (refused,) = drift(folder, "--accept", "JitSsoPolicy/jit", code=4)["accepted"]
    assert "cannot be told" in refused["reason"]
    drift(folder, "--accept", "JitSsoPolicy/jit", "--force", code=0)


def test_what_the_rules_refuse_is_not_accepted(folder: Folder, tenant: Emulator) -> None:
    """One that is refused does not keep the others back, and its file stays as it is."""
    body = policy_of(tenant)
    body["iosSingleSignOnExtension"]["configurations"] = []
    tenant.put(CONFIGURATIONS, body)
    staff = called(tenant, "Staff")
    tenant.put(PROFILES, {**staff, "displayName": "Everybody else"})
    accepted = drift(folder, "--accept", "*", code=4)["accepted"]
    assert [(each["address"], each["state"]) for each in accepted] == [
        ("EnrollmentProfile/staff", "accepted"),
        ("JitSsoPolicy/jit", "refused"),
    ]
    assert "with it the specs would be refused" in accepted[1]["reason"]
    assert (folder.path / "specs" / "policy.yaml").read_text(encoding="utf-8") == POLICY


def test_what_cannot_follow_is_told_with_the_way_on(folder: Folder, tenant: Emulator) -> None:
    tenant.remove(PROFILES, called(tenant, "Staff")["id"])
    (folder.path / "specs" / "policy.yaml").unlink()
    accepted = drift(folder, "--accept", "*", code=4)["accepted"]
    reasons = {each["address"]: each["reason"] for each in accepted}
    assert "remove its spec" in reasons["EnrollmentProfile/staff"]
    assert "EnrollmentProfile/staff is listed and is not in the tenant" in reasons["EnrollmentPriority/ios"]
    assert "reconciler import" in reasons["JitSsoPolicy/jit"]
    assert folder("drift", "--accept", "JitSsoPolicy/nobody").code == 64
    assert folder("drift", "--force").code == 64


def test_an_exception_that_has_run_out_fails_even_where_nothing_departs(folder: Folder, tenant: Emulator) -> None:
    waiver = (
        "apiVersion: intune.reconciler/v1\nkind: Waiver\nmetadata: {name: text}\nspec:\n  address: JitSsoPolicy/jit\n"
        "  path: /description\n  value: For all\n  owner: a team\n  reason: CHG-1\n  expires: '%s'\n"
    )
    described(tenant, "For all")
    folder.write("specs/waiver.yaml", waiver % "2026-12-31")
    document = drift(folder, code=0)
    assert (document["findings"], document["summary"]["waived"]) == ([], 1)
    described(tenant, "For everybody")
    folder.write("specs/waiver.yaml", waiver % "2026-01-31")
    document = drift(folder)
    assert document["findings"] == []
    assert "WAIVER101" in {d["rule"] for d in document["diagnostics"]}
    assert folder("drift").out.splitlines()[-1] == "No departure, but 1 waiver has expired: see the errors above."

"""A tenant of six people in nested groups, the specs of a whole chain for them, and what commands say about both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from reconciler.emulator import Emulator
from tests.e2e.judge import Bodies

from .command import Folder
from .scenario import CONFIGURATIONS, PROFILES, pair, policy, profile

GROUPS = {
    "Staff": "a1a00000-1111-4222-8333-000000000001",
    "Sales EMEA": "a2a00000-1111-4222-8333-000000000002",
    "Field": "a3a00000-1111-4222-8333-000000000003",
    "Kiosk devices": "a4a00000-1111-4222-8333-000000000004",
}
PEOPLE = {
    name: f"9ba00000-1111-4222-8333-00000000000{n}" for n, name in enumerate(["ann", "bob", "cyd", "dan", "eve", "fay"])
}
MEMBERS = {"Staff": ["ann", "bob"], "Field": ["cyd", "dan"], "Sales EMEA": ["eve"]}
OLD = "2dd00000-1111-4222-8333-000000000009"
KIOSK = "1bb00000-1111-4222-8333-0000000000aa"
VPP = "3ba00000-1111-4222-8333-000000000001"
FILTER = "f1a00000-1111-4222-8333-000000000001"
FILTERS = "deviceManagement/assignmentFilters"
MEMBERSHIP = "transitiveMembers"
EVERYBODY = ("Staff", "Sales EMEA")
WEB = "enrollmentType: webBasedDeviceEnrollment, onboarding: {compliance: none}"
ALL_USERS = "{include: [allUsers]}"
_TARGET = "#microsoft.graph."


# The tenant


def member(object_id: str, kind: str = "user") -> dict[str, str]:
    return {"@odata.type": f"{_TARGET}{kind}", "id": object_id}


def group(name: str, *people: str, **more: Any) -> dict[str, Any]:
    """A group whose members are these people."""
    return {"id": GROUPS[name], "displayName": name, "members": [member(PEOPLE[p]) for p in people], **more}


def seed() -> dict[str, Any]:
    """`Sales EMEA` holds `Field`: three people. `Company Portal` is what everybody enrolls with today."""
    groups = [group(name, *MEMBERS.get(name, ())) for name in GROUPS]
    groups[1]["members"].append(member(GROUPS["Field"], "group"))
    groups[3]["members"].append(member("9ff00000-1111-4222-8333-00000000000a", "device"))
    users = [
        {
            "id": i, "displayName": name.title(), "userPrincipalName": f"{name}@contoso.example", "userType": "Member",
            "accountEnabled": True, "assignedLicenses": [{"skuId": "061f9ace-7d42-4136-88ac-31dc755f143f"}],
        }
        for name, i in PEOPLE.items()
    ]  # fmt: skip
    users[5] |= {"userType": "Guest", "assignedLicenses": []}
    return {
        "formatVersion": 1,
        "tenantId": "c0ffee00-1a2b-4c3d-8e4f-5a6b7c8d9e0f",
        "collections": {"users": users, "groups": groups, PROFILES: [company_portal(1, to_all())]},
    }


def to_all(who: str = "allLicensedUsers") -> dict[str, Any]:
    """A live assignment to all users, or to `allDevices`."""
    return {"target": {"@odata.type": f"{_TARGET}{who}AssignmentTarget"}}


def to_group(name: str, *, exclude: bool = False, **more: Any) -> dict[str, Any]:
    """A live assignment to a group, or one that leaves it out."""
    kind = "exclusionGroupAssignmentTarget" if exclude else "groupAssignmentTarget"
    return {"target": {"@odata.type": f"{_TARGET}{kind}", "groupId": GROUPS[name]}, **more}


def company_portal(priority: int, *assignments: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The profile that no spec names."""
    return {**profile(OLD, "Company Portal", "", priority, "device"), "assignments": [*assignments], **more}


def live_policy(tenant: Emulator) -> dict[str, Any]:
    """The only policy of the tenant."""
    [found] = tenant.objects(CONFIGURATIONS)
    return {**found}


def kiosk_policy(*assignments: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A policy that no spec names and that does its work."""
    made = policy(KIOSK, "Kiosk SSO", "", configurations=[pair("device_registration", "{{DEVICEREGISTRATION}}")])
    return {**made, "assignments": [*assignments], **more}


def bought_authenticator(*assignments: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Authenticator as a volume-purchase token brings it."""
    return {
        "@odata.type": f"{_TARGET}iosVppApp", "id": VPP, "displayName": "Microsoft Authenticator",
        "bundleId": "com.microsoft.azureauthenticator", "publishingState": "published", "vppTokenDisplayName": "ABM",
        "appStoreUrl": "https://apps.apple.com/us/app/microsoft-authenticator/id983156458",
        "assignments": [*assignments], **more,
    }  # fmt: skip


def device_filter(name: str, rule: str, **more: Any) -> dict[str, Any]:
    """An assignment filter for iOS devices."""
    return {"id": FILTER, "displayName": name, "platform": "iOS", "rule": rule, **more}


# The specs


def spec(kind: str, name: str, fields: str) -> str:
    return f"{{apiVersion: intune.reconciler/v1, kind: {kind}, metadata: {{name: {name}}}, spec: {{{fields}}}}}"


def join(*documents: str) -> str:
    return "\n---\n".join(documents)


def to(*groups: str, out: tuple[str, ...] = ()) -> str:
    """The assignments of a spec: these groups but for those."""
    sides = [", ".join(f"{{group: {name}}}" for name in names) for names in (groups, out)]
    return f"{{include: [{sides[0]}], exclude: [{sides[1]}]}}" if out else f"{{include: [{sides[0]}]}}"


def all_but(*groups: str) -> str:
    """The assignments of a spec: everybody but these groups."""
    return to(out=groups).replace("include: []", "include: [allUsers]")


def byod(assignments: str, fields: str = WEB) -> str:
    """The profile of everybody."""
    return spec("EnrollmentProfile", "byod", f"displayName: BYOD, {fields}, assignments: {assignments}")


def jit(assignments: str, name: str = "jit", title: str = "JIT") -> str:
    """The SSO policy, or another one."""
    return spec("JitSsoPolicy", name, f"displayName: {title}, assignments: {assignments}")


def authenticator_for(assignments: str, app: str = "{source: store, createIfMissing: true}") -> str:
    return spec("AuthenticatorAssignment", "auth", f"app: {app}, assignments: {assignments}")


def specs(
    *,
    authenticator: str | tuple[str, ...] = EVERYBODY,
    policy: str | tuple[str, ...] = EVERYBODY,
    order: str | None = "field, byod",
    unlisted: str = "last",
    enrollment: str = WEB,
    more: str = "",
) -> str:
    """Field people and all others enroll web based; the rest of the chain is for groups, or assigned as given."""
    documents = [
        byod(to(*EVERYBODY), enrollment),
        spec("EnrollmentProfile", "field", f"displayName: Field, {enrollment}, assignments: {to('Field')}"),
        spec("EnrollmentPriority", "ios", f"order: [{order}], unlisted: {unlisted}") if order else "",
        jit(_assigned(policy)),
        authenticator_for(_assigned(authenticator)),
        more,
    ]
    return join(*filter(None, documents))


def _assigned(whom: str | tuple[str, ...]) -> str:
    return whom if isinstance(whom, str) else to(*whom)


# Commands


def applied(folder: Folder, text: str) -> None:
    """Make these specs the tenant's state, gaps and all."""
    workspace = (folder.path / "reconciler.yaml").read_text(encoding="utf-8")
    rules = "".join(f"  {rule}: {{severity: warning, reason: moving}}\n" for rule in ("JIT401", "JIT503"))
    folder.write("reconciler.yaml", f"{workspace}\nrules:\n{rules}")
    folder.write("specs/all.yaml", text)
    said = folder("apply", "--yes")
    assert said.code == 0, said.out + said.err
    folder.write("reconciler.yaml", workspace)


def planned(folder: Folder, text: str, *arguments: str) -> Any:
    """The plan of these specs."""
    folder.write("specs/all.yaml", text)
    return folder("plan", *arguments, "--format", "json").valid("plan")


@contextmanager
def served(folder: Folder, bodies: Bodies) -> Iterator[Emulator]:
    """The tenant behind a folder with the whole chain; compliance is another team's."""
    with Emulator(seed=seed()) as emulator:
        folder.serve(emulator)
        provided = "provided: [{part: compliance, by: security, reason: theirs}]"
        text = (folder.path / "reconciler.yaml").read_text(encoding="utf-8")
        folder.write("reconciler.yaml", text.replace("seed: tenant.json}", f"seed: tenant.json, {provided}}}"))
        folder.write("specs/all.yaml", specs())
        yield emulator
        bodies.keep_log(emulator.log)


def findings(document: Any, *rules: str) -> list[tuple[str, str]]:
    return [(d["rule"], d["severity"]) for d in document["diagnostics"] if d["rule"] in rules]


def explained(folder: Folder, *arguments: str, partly: bool = False) -> Any:
    """An explanation; `partly`, where something that it needs could not be read."""
    said = folder("explain", *arguments, "--format", "json")
    assert said.code == (4 if partly else 0), said.out + said.err
    document = said.valid("explain")
    assert bool(document["partial"]) is partly
    return document


def verdicts(side: Any) -> dict[str, str]:
    return {rung["profile"]["displayName"]: rung["verdict"] for rung in side["ladder"]}

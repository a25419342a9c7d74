"""Who gets what in a large directory: everybody's profile and chain, with memberships read over HTTP.

`explain` asks for everybody: both sides of the plan, all groups that are assigned anything. Groups are nested as a
tree, so that the people of the inner ones are listed again for each group above them.
"""

from __future__ import annotations

import json
from pathlib import Path

from reconciler.model import Json, JsonObject

from .estate import OWNER, TENANT, identifier
from .processes import COMMAND, emulator, least, requests

FAN_OUT = 8
REPEATS = 2

Row = tuple[str, ...]


def coverage(folder: Path, people: int, groups: int, latency: float) -> Row:
    """A whole `explain` command over this many people, all of whose groups are assigned a profile."""
    write(folder, people, groups)
    with emulator(folder, latency=latency) as (env, log):
        cost = least((*COMMAND, "explain", "--format", "json"), cwd=folder, times=REPEATS, env=env)
    seen = requests(log)
    return (
        f"{people:,}",
        f"{groups:,}",
        f"{latency * 1000:.0f} ms",
        f"{cost.wall:.2f} s",
        f"{cost.cpu:.2f} s",
        str(len(seen) // REPEATS),
        f"{cost.memory:.0f} MiB",
    )


def write(folder: Path, people: int, groups: int) -> None:
    """The workspace, its specs and the tenant."""
    (folder / "specs").mkdir()
    (folder / "reconciler.yaml").write_text(
        f"apiVersion: intune.reconciler/v1\nkind: Workspace\nowner: {OWNER}\n"
        f"tenants:\n  big: {{tenantId: {TENANT}, auth: {{method: token}}}}\n",
        encoding="utf-8",
    )
    (folder / "specs" / "all.yaml").write_text("---\n".join(_specs(groups)), encoding="utf-8")
    (folder / "seed.json").write_text(json.dumps(_tenant(people, groups)), encoding="utf-8")


def _specs(groups: int) -> list[str]:
    """Two profiles that have half of the groups each, and policies that are cut otherwise."""
    half, third = groups // 2, groups // 3
    web = "displayName: Web, enrollmentType: webBasedDeviceEnrollment"
    portal = "displayName: Portal, enrollmentType: deviceEnrollmentWithCompanyPortal"
    return [
        _spec("EnrollmentProfile", "web", web, range(half)),
        _spec("EnrollmentProfile", "portal", portal, range(half, groups)),
        _spec("JitSsoPolicy", "one", "displayName: One", range(third)),
        _spec("JitSsoPolicy", "two", "displayName: Two", range(third, groups)),
        _spec("AuthenticatorAssignment", "store", "app: {source: store, createIfMissing: true}", range(groups)),
    ]


def _spec(kind: str, name: str, fields: str, groups: range) -> str:
    listed = ", ".join(f"{{group: Group {each}}}" for each in groups)
    head = f"apiVersion: intune.reconciler/v1, kind: {kind}, metadata: {{name: {name}}}"
    return f"{{{head}, spec: {{{fields}, assignments: {{include: [{listed}]}}}}}}\n"


def _tenant(people: int, groups: int) -> JsonObject:
    members: list[list[Json]] = [[] for _ in range(groups)]
    users: list[Json] = []
    for index in range(people):
        own = identifier(f"person {index}")
        users.append({"id": own, "displayName": f"Person {index}", "userPrincipalName": f"p{index}@bench.example"})
        members[index % groups].append({"@odata.type": "#microsoft.graph.user", "id": own})
    for index in range(1, groups):
        inner: JsonObject = {"@odata.type": "#microsoft.graph.group", "id": identifier(f"Group {index}")}
        members[(index - 1) // FAN_OUT].append(inner)
    held: list[Json] = [
        {"id": identifier(f"Group {n}"), "displayName": f"Group {n}", "members": found}
        for n, found in enumerate(members)
    ]
    return {"formatVersion": 1, "tenantId": TENANT, "collections": {"users": users, "groups": held}}

"""Reads what `doctor --user` asks about one person and their devices: read-only requests, each of them once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..assignments import Target
from ..doctor import person
from ..doctor.apps import authenticators
from ..doctor.checks import WIDE
from ..doctor.model import Answer, Evidence, NotRead, targets
from ..doctor.person import EVENTS, MEMBERSHIPS, OWN_DEVICES, USER
from ..doctor.sources import (
    CATALOG,
    DEVICE_POLICIES,
    DEVICES,
    DIRECTORY_DEVICES,
    FEATURES,
    GROUPS_OF_PERSON,
    PEOPLE,
    PROFILES,
    QUOTA,
    RESTRICTIONS,
    STORE_APPS,
    VPP_APPS,
)
from ..graph.client import Graph
from ..graph.errors import GraphError, NotFound
from ..kind import Kind
from ..live import quote_id
from ..model import JsonObject
from .answers import problem_of, read_entity, read_list, read_lists
from .examine import DEVICE_FIELDS, read_into, relevant, sources_of, with_names
from .examine_devices import POLICIES, app_states
from .people import read_census

_FIELDS = "id,displayName,userPrincipalName,userType,accountEnabled,assignedPlans"
_OF_TENANT = (PROFILES, FEATURES, CATALOG, STORE_APPS, VPP_APPS, RESTRICTIONS.key, QUOTA.key, *WIDE)
_COMPLIANCE = "/beta/deviceManagement/managedDevices/{}/deviceCompliancePolicyStates"
_ENTRA = "/v1.0/devices?$filter=deviceId%20eq%20%27{}%27&$select=id,deviceId,displayName,trustType,isCompliant"


async def examine_person(graph: Graph, kinds: Mapping[str, Kind], evidence: Evidence, upn: str) -> Evidence:
    """The evidence about one person, by user principal name or object id. Raises `GraphError`."""
    user = await _user(graph, upn)
    evidence = _with(evidence, {USER: user})
    if user.problem or user.body is None:
        return evidence
    sources = sources_of(kinds)
    evidence = await read_into(graph, kinds, evidence, {key: sources.get(key) for key in _OF_TENANT})
    evidence = _with(evidence, await _of_user(graph, quote_id(str(user.body["id"]))))
    try:
        devices = person.ios_devices(evidence)
    except NotRead:
        devices = []
    evidence = _with(evidence, await _of_devices(graph, devices))
    evidence = _with(evidence, {person.APP_STATES: await _apps(graph, evidence, devices)})
    evidence = await with_names(graph, evidence)
    return replace(evidence, census=await read_census(graph, _others(evidence), evidence.names))


def _others(evidence: Evidence) -> set[Target]:
    """The groups that the person is not in, and that decide over them all the same where they hold their device."""
    member, devices = evidence.answers[MEMBERSHIPS], evidence.answers[OWN_DEVICES]
    if member.problem or not devices.objects:
        return set()
    own = {live.id.casefold() for live in member.objects}
    assigned = [live for key in (FEATURES, CATALOG, STORE_APPS, VPP_APPS) for live in relevant(evidence, key)]
    return {t for live in assigned for t in targets(live) if t.who == "group" and t.group not in own}


def _with(evidence: Evidence, answers: Mapping[str, Answer]) -> Evidence:
    return replace(evidence, answers={**evidence.answers, **answers})


async def _user(graph: Graph, upn: str) -> Answer:
    try:
        return Answer(body=await read_entity(graph, f"/v1.0/users/{quote_id(upn)}?$select={_FIELDS}"))
    except NotFound:
        return Answer()
    except GraphError as error:
        return Answer(problem=problem_of(error, PEOPLE))


async def _of_user(graph: Graph, segment: str) -> dict[str, Answer]:
    """Groups, devices and failed enrollments of the person, as the Graph reference lists them below a user."""
    paths = {
        MEMBERSHIPS: (f"/v1.0/users/{segment}/transitiveMemberOf?$select=id&$top=999", GROUPS_OF_PERSON),
        OWN_DEVICES: (f"/beta/users/{segment}/managedDevices?$select={DEVICE_FIELDS}", DEVICES.read_permissions),
        EVENTS: (f"/beta/users/{segment}/deviceManagementTroubleshootingEvents", DEVICES.read_permissions),
    }
    answers = await asyncio.gather(*(read_list(graph, path, needed) for path, needed in paths.values()))
    return dict(zip(paths, answers, strict=True))


async def _apps(graph: Graph, evidence: Evidence, devices: Sequence[JsonObject]) -> Answer:
    """The states of apps on all these devices."""
    try:
        copies = frozenset(live.id.casefold() for live in authenticators(evidence))
    except NotRead as why:
        return Answer(problem=why.problem)
    found = await app_states(graph, devices, copies)
    problem = next((answer.problem for answer in found.values() if answer.problem), None)
    return Answer(
        tuple({live.id: live for answer in found.values() for live in answer.objects}.values()), problem=problem
    )


async def _of_devices(graph: Graph, devices: Sequence[JsonObject]) -> dict[str, Answer]:
    """What is on each device, and whether Entra has it: one round of batches."""
    asked: dict[str, tuple[str, tuple[str, ...]]] = {}
    for device in devices:
        segment = quote_id(str(device.get("id")))
        asked[person.policies_key(device)] = (POLICIES.format(segment), DEVICE_POLICIES)
        asked[person.compliance_key(device)] = (_COMPLIANCE.format(segment), DEVICE_POLICIES)
        if registered := person.directory_id(device):
            asked[person.directory_key(device)] = (_ENTRA.format(quote_id(registered)), DIRECTORY_DEVICES)
    return dict(zip(asked, await read_lists(graph, [*asked.values()]), strict=True))

"""Reads what `doctor` asks of a tenant: read-only requests, and only for the checks that apply.

Called by `cli.doctor`. What could not be read is in the evidence as such, with the permission that would let it be
read; only what ends every request (signing in, network, throttling beyond all waiting) is raised.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Container, Iterable, Mapping
from dataclasses import replace
from datetime import date
from urllib.parse import quote

from ..assignments import Target
from ..doctor.checks import CHECKS
from ..doctor.discovery import is_asked
from ..doctor.model import Answer, Evidence, Fetched, Problem, Scope, Single, Source, targets, types_of
from ..doctor.restrictions import restrictions
from ..doctor.sources import (
    CATALOG,
    COMPLIANCE,
    DEVICES,
    FEATURES,
    PROFILES,
    PROTECTION,
    RESTRICTIONS,
    SOURCES,
    STORE_APPS,
    VPP_APPS,
)
from ..facts import JIT_CAPABLE, App, Fact, Profile, SsoPolicy
from ..graph.client import Graph
from ..graph.discovery import NotFetched, Page
from ..graph.errors import GraphError, NotFound, OutcomeUnknown, Refused
from ..kind import Kind
from ..live import Collection, Live, Names
from .answers import problem_of
from .chain import with_filters
from .names import name_ids
from .people import read_census
from .refresh import objects_of

DEVICE_FIELDS = (
    "id,deviceName,userId,userPrincipalName,operatingSystem,osVersion,enrolledDateTime,lastSyncDateTime,"
    "deviceEnrollmentType,enrolledByUserPrincipalName,managedDeviceOwnerType,complianceState,azureADRegistered,"
    "azureADDeviceId,deviceRegistrationState,model"
)
_BAD_REQUEST = 400
_ASSIGNED = (PROFILES, COMPLIANCE.key, FEATURES, CATALOG, PROTECTION.key)


async def examine(graph: Graph, kinds: Mapping[str, Kind], evidence: Evidence, *, since: date) -> Evidence:
    """The evidence with everything that the checks which apply rest on. Raises `GraphError`.

    `evidence` comes with what is known without reading: the time, the scope by specs, the permissions that lack.
    """
    sources = sources_of(kinds)
    profiles = await answer_of(graph, sources[PROFILES])
    evidence = _with(evidence, kinds, {PROFILES: profiles})
    evidence = replace(evidence, scope=_widened(evidence))
    wanted = {key for check in CHECKS if check.relevant(evidence.scope) for key in check.reads} - {PROFILES}
    wanted -= {DEVICES.key}
    evidence = await read_into(graph, kinds, evidence, {key: sources.get(key) for key in sorted(wanted)})
    evidence = _with(evidence, kinds, {DEVICES.key: await _enrolled(graph, since)})
    return await with_people(graph, evidence)


async def read_into(
    graph: Graph, kinds: Mapping[str, Kind], evidence: Evidence, sources: Mapping[str, Source | None]
) -> Evidence:
    """The evidence with the answers of these sources. Raises `GraphError`."""
    keys = [*sources]
    answers = await asyncio.gather(*(answer_of(graph, sources[key], key) for key in keys))
    return _with(evidence, kinds, dict(zip(keys, answers, strict=True)))


def sources_of(kinds: Mapping[str, Kind]) -> dict[str, Source]:
    """Everything that can be read, by key: the collections of the kinds, and what `doctor` reads beside them."""
    of_kinds = {c.key: c for kind in kinds.values() for c in (*kind.collections, *kind.also_reads)}
    return {**of_kinds, **{source.key: source for source in SOURCES}}


def enrolled_since(since: date, *, systems: bool = True) -> Collection:
    """The devices that were enrolled from this day on; those with iOS and iPadOS, or, without `systems`, all."""
    enrolled = f"enrolledDateTime ge {since.isoformat()}T00:00:00Z"
    ours = " and (operatingSystem eq 'iOS' or operatingSystem eq 'iPadOS')" if systems else ""
    return replace(DEVICES, query=f"$filter={quote(enrolled + ours)}&$select={DEVICE_FIELDS}")


async def _enrolled(graph: Graph, since: date) -> Answer:
    """The devices since a date. Which filters the list takes is not documented: where it refuses ours, a lesser one is
    tried, and `counts` leaves out what is not asked for in any case.
    """
    try:
        return Answer(objects=await objects_of(graph, enrolled_since(since)))
    except Refused as refused:
        if refused.status != _BAD_REQUEST:
            return Answer(problem=problem_of(refused, DEVICES.read_permissions))
    except GraphError as error:
        return Answer(problem=problem_of(error, DEVICES.read_permissions))
    return await answer_of(graph, enrolled_since(since, systems=False))


async def answer_of(graph: Graph, source: Source | None, key: str = "") -> Answer:
    """What reading one source gives. Raises the errors of `GraphError` that end all reading."""
    if source is None:
        return Answer(problem=Problem(f"this version cannot read {key}"))
    try:
        if isinstance(source, Single):
            return await _single(graph, source)
        return Answer(objects=await objects_of(graph, source))
    except GraphError as error:
        return Answer(problem=problem_of(error, source.read_permissions))


async def _single(graph: Graph, source: Single) -> Answer:
    try:
        body = await graph.get(source.path)
    except NotFound:
        return Answer()
    if source.listed:
        listed = body.get("value") if isinstance(body, dict) else None
        body = listed[0] if isinstance(listed, list) and listed else None
    if not isinstance(body, dict):
        raise OutcomeUnknown(f"{source.path} answered with something that is not what it is for")
    return Answer(body=body)


def _with(evidence: Evidence, kinds: Mapping[str, Kind], answers: Mapping[str, Answer]) -> Evidence:
    facts = {key: facts_of(kinds, answer.objects) for key, answer in answers.items()}
    return replace(evidence, answers={**evidence.answers, **answers}, facts={**evidence.facts, **facts})


def facts_of(kinds: Mapping[str, Kind], objects: Iterable[Live]) -> tuple[tuple[Live, Fact], ...]:
    """What the kinds of a collection say that its objects are."""
    found: list[tuple[Live, Fact]] = []
    for live in objects:
        own = [k for k in kinds.values() if any(c.key == live.collection.key for c in (*k.collections, *k.also_reads))]
        fact = next((fact for kind in own if (fact := kind.shows(live)) is not None), None)
        if fact is not None:
            found.append((live, fact))
    return tuple(found)


def _widened(evidence: Evidence) -> Scope:
    """The scope with what the live profiles add."""
    scope = evidence.scope
    if evidence.answers[PROFILES].problem:
        return replace(scope, known=False)
    found = [(live, p) for live, p in evidence.facts[PROFILES] if isinstance(p, Profile)]
    types = {each for _, profile in found for each in types_of(profile)}
    sent = [t for live, p in found if types_of(p) & JIT_CAPABLE for t in targets(live) if t.who in ("users", "group")]
    return replace(scope, types=scope.types | types, enrolling=tuple(sent) or scope.enrolling)


async def with_people(graph: Graph, evidence: Evidence) -> Evidence:
    """The evidence with the names and the people of every group that matters. Raises `GraphError`."""
    evidence = await with_names(graph, evidence)
    asked = _asked(evidence) | {Target("users")}
    return replace(evidence, census=await read_census(graph, asked, evidence.names))


async def with_names(graph: Graph, evidence: Evidence) -> Evidence:
    """The evidence with the names of these groups. Raises `GraphError`."""
    groups = frozenset(t.group for t in _asked(evidence) if t.who == "group")
    names = await name_ids(graph, Names(), (), groups, filters=False)
    return replace(evidence, names=await with_filters(graph, names, _asked(evidence)))


def _asked(evidence: Evidence) -> set[Target]:
    """The targets whose people matter."""
    assigned = [live for key in (*_ASSIGNED, STORE_APPS, VPP_APPS) for live in relevant(evidence, key)]
    asked = {t for live in assigned for t in targets(live) if t.who in ("users", "group")}
    limiting = restrictions(evidence.answers[RESTRICTIONS.key].objects) if RESTRICTIONS.key in evidence.answers else []
    asked |= {t for each in limiting if each.stops is not False for t in each.targets}
    return asked | {*evidence.scope.enrolling}


def relevant(evidence: Evidence, key: str) -> list[Live]:
    """The objects of a collection whose people matter: of apps, Authenticator and those that people open first."""
    if key not in (STORE_APPS, VPP_APPS, FEATURES, CATALOG):
        return [*evidence.answers[key].objects] if key in evidence.answers else []
    shown = evidence.facts.get(key, ())
    first = {str(o.first_app.value).casefold() for o in evidence.scope.first_apps.values() if o.first_app}
    return [live for live, f in shown if isinstance(f, SsoPolicy) or (isinstance(f, App) and _is_asked(f, first))]


def _is_asked(app: App, first: Container[str]) -> bool:
    return app.authenticator or (app.bundle_id or "").casefold() in first


# -- discovery ---------------------------------------------------------------------------------------------------------


async def discover(evidence: Evidence, fetch: Callable[[str], Awaitable[Page]]) -> Evidence:
    """The evidence with what each domain answers when it is asked for its discovery file.

    Nothing is asked where the check does not apply.
    """
    if not is_asked(evidence.scope):
        return evidence
    found = await asyncio.gather(*(_discovered(domain, fetch) for domain in evidence.scope.domains))
    return replace(evidence, discovered=tuple(found))


async def _discovered(domain: str, fetch: Callable[[str], Awaitable[Page]]) -> Fetched:
    try:
        page = await fetch(domain)
    except NotFetched as why:
        return Fetched(domain, problem=str(why))
    return Fetched(domain, page.status, page.content_type, page.body)

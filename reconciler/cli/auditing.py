"""Reads the events of runs from the tenant's audit log, for `evidence --audit`. Sends nothing but reads."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from ..attributed import SLACK, Window, attributed, window
from ..audited import RETENTION, moment
from ..engine.events import Log, read_log
from ..model import JsonObject
from ..workspace import Tenant
from .arguments import Arguments
from .failure import Code, Failure
from .online import connected
from .output import Output
from .project import open_project


def events_of(arguments: Arguments, records: Sequence[JsonObject], output: Output) -> list[JsonObject]:
    """For each run the events of its time that are its own, or of its objects. Raises `Failure` (4) for a log that
    cannot be read, or does not reach so far.
    """
    return asyncio.run(_events_of(arguments, records, output))


async def _events_of(arguments: Arguments, records: Sequence[JsonObject], output: Output) -> list[JsonObject]:
    tenant: Any = records[0]["tenant"]
    project = open_project(replace(arguments, tenant=str(tenant["name"])))
    _must_be_there([window(each) for each in records], arguments.clock.now())
    async with connected(project, "plan", output, arguments.clock) as connection:
        if not is_of(records[0], connection.tenant.tenant_id):
            message = f"the records are of tenant {tenant['tenantId']}, and {project.tenant.name} is another one now"
            raise Failure(Code.REFUSED, message, "name the workspace file of that time with --workspace")
        asked = [(each, await read_log(connection.graph, *_period(window(each)))) for each in records]
    applications = applying(project.tenant)
    return [_document(record, log, applications, named=arguments.with_actors) for record, log in asked]


def is_of(record: JsonObject, tenant_id: str | None) -> bool:
    """Whether a record is of this tenant, by its id: a name may have been given to another one since."""
    named: Any = record["tenant"]
    recorded = named["tenantId"]
    return recorded is None or tenant_id is None or str(recorded).casefold() == tenant_id.casefold()


def _must_be_there(windows: Sequence[Window], now: datetime) -> None:
    """Raises `Failure` (4) for runs that the log knows nothing of any more, or not yet everything."""
    first = min(each.begins for each in windows)
    if first < now - RETENTION:
        message = f"the audit log no longer has the events of the run of {moment(first)}: Intune keeps them for a year"
        raise Failure(Code.REFUSED, message, "make the bundle without --audit")


def _period(of: Window) -> tuple[datetime, datetime]:
    return of.begins - SLACK, of.ends + SLACK


def applying(tenant: Tenant) -> frozenset[str]:
    """The ids, in lower case, of the applications that the workspace applies with, where it names them."""
    client = tenant.auth.get("apply", {}).get("clientId")
    return frozenset({client.casefold()} if isinstance(client, str) else ())


def _document(record: JsonObject, log: Log, applications: frozenset[str], *, named: bool) -> JsonObject:
    """The file `events.json` of a run."""
    if log.why:
        raise Failure(Code.REFUSED, f"the audit log could not be read: {log.why}", "make the bundle without --audit")
    of = window(record)
    begin, end = _period(of)
    found = attributed(log.events, [of], of.ids, applications)
    return {
        "formatVersion": 1,
        "from": moment(begin),
        "until": moment(end),
        "events": [
            {**each.event.to_json(named=named), "match": each.verdict} for each in found if each.verdict != "unnamed"
        ],
        "withoutObject": sum(each.verdict == "unnamed" for each in found),
    }

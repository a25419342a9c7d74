"""`report`: what is managed, unmanaged, waived and covered; what was made outside of runs. Sends nothing but reads."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from .. import waivers
from ..attributed import attributed, ids_of, window
from ..audited import RETENTION, is_fresh
from ..decide import Planned, incomplete, plan
from ..engine.events import read_log
from ..evidence.chain import in_order
from ..kinds import REGISTRY
from ..model import JsonObject
from ..render import json as as_json
from ..reporting.document import report
from ..reporting.model import Facts, Period
from ..spec.load import SpecSet
from . import history, logs
from .arguments import Arguments
from .auditing import applying, is_of
from .failure import Code, Failure
from .files import read_regular, write_private
from .online import Connection, connected
from .output import Output
from .planning import read_world, weighed
from .project import Project, load_specs, open_project
from .provenance import provenance
from .recording import runs_folder
from .who import answered

_BEGINNING = 8192
_SIGNS = (b"Report on tenant ", b'\n  "unknown": [')
"""One of them stands at the beginning of every report: of text, Markdown and HTML; of JSON."""


def call(arguments: Arguments) -> int:
    """0; 4 where something that belongs into the report is not known: it says what."""
    _check(arguments)
    with logs.started(arguments):
        document = asyncio.run(_document(arguments))
    output = Output(arguments)
    text = _rendered(document, output)
    if arguments.out:
        write_private(arguments.out, text.encode())
        output.remark(f"{arguments.out} is written")
    else:
        output.text(text)
    return Code.DONE if document["complete"] else Code.REFUSED


def _check(arguments: Arguments) -> None:
    """Raises `Failure` (64)."""
    today = arguments.clock.today()
    if arguments.until and not arguments.since:
        raise Failure(Code.USAGE, "--until goes with --since", "name the first day of the period")
    if arguments.since and arguments.since > min(arguments.until or today, today):
        hint = f"it is {today} in UTC" if arguments.since > today else "swap the days"
        raise Failure(Code.USAGE, f"--since {arguments.since}: the period is over before it begins", hint)
    if arguments.out:
        _must_be_free(Path(arguments.out))


def _must_be_free(path: Path) -> None:
    """A report is written over an older report, and over nothing else. Raises `Failure` (64)."""
    if not (path.is_symlink() or path.exists()):
        return
    try:
        begin = read_regular(path, _BEGINNING, whole=False)
    except OSError as error:
        raise Failure(Code.USAGE, f"--out {path}: {error.strerror}", "name another file") from error
    if begin and not any(sign in begin for sign in _SIGNS):
        raise Failure(Code.USAGE, f"--out {path}: the file exists, and is not a report", "name another file")


def _rendered(document: JsonObject, output: Output) -> str:
    if output.json:
        return as_json.document(document)
    if output.format == "html":
        from ..render import report_html

        return report_html.report(document)
    if output.format == "markdown":
        from ..render import report_markdown

        return report_markdown.report(document)
    from ..render import report_text

    return report_text.report(document, style=output.style)


async def _document(arguments: Arguments) -> JsonObject:
    output = Output(arguments)
    project = open_project(arguments)
    specs = load_specs(project)
    records, problems = _records(arguments, project)
    async with connected(project, "plan", output, arguments.clock) as connection:
        records = [each for each in records if is_of(each, connection.tenant.tenant_id)]
        planned, answer = await _planned(arguments, project, specs, connection)
        document = planned.plan.to_json()
        period = await _period(arguments, project, connection, document, records) if arguments.since else None
    places = [project.workspace.path, *project.tenant.specs]
    origin = provenance(project.workspace.root, places)
    return report(
        Facts(
            document,
            answer,
            tuple(records),
            waivers.read(specs),
            project.workspace,
            project.tenant,
            arguments.clock.instant(),
            tuple(problems),
            commit=origin.commit,
            dirty=origin.dirty,
            period=period,
            named=arguments.with_actors,
        )
    )


async def _planned(
    arguments: Arguments, project: Project, specs: SpecSet, connection: Connection
) -> tuple[Planned, JsonObject | None]:
    """The plan, and what is to be said of people; None where the tenant could not be read to its end."""
    world = await read_world(project, specs, connection, pins=project.pins)
    planned = plan(REGISTRY, specs, world, tenant=connection.tenant, now=arguments.clock.instant())
    if incomplete(world):
        return weighed(arguments, project, specs, connection, planned, [], []), None
    return await answered(arguments, project, specs, connection, planned)


def _records(arguments: Arguments, project: Project) -> tuple[list[JsonObject], list[str]]:
    """The records of this tenant in the order of their chain, and why a file is none. Raises `Failure` (3)."""
    folder = Path(arguments.runs) if arguments.runs else runs_folder(project)
    if arguments.runs and not folder.is_dir():
        raise Failure(Code.INVALID, f"--runs {folder}: there is no such folder")
    found, broken = history.read_folder(folder)
    name = project.tenant.name
    ours = [each for each in found.values() if _is_of(each, name, project.workspace.owner)]
    return in_order(ours), [f"{file.name} is no whole run record: {why}" for file, why in broken.items()]


def _is_of(record: JsonObject, tenant: str, owner: str) -> bool:
    named: Any = record["tenant"]
    return named["name"] == tenant and record["owner"] == owner


async def _period(
    arguments: Arguments,
    project: Project,
    connection: Connection,
    document: JsonObject,
    records: Sequence[JsonObject],
) -> Period:
    """The events of the period, matched with runs."""
    now = arguments.clock.now()
    assert arguments.since is not None
    since = datetime.combine(arguments.since, time(), UTC)
    end = datetime.combine(arguments.until, time(), UTC) + timedelta(days=1) if arguments.until else now
    until = min(end, now)
    log = await read_log(connection.graph, since, until)
    managed = {*_managed(document), *(each for record in records for each in _written(record))}
    found = attributed(log.events, [window(each) for each in records], managed, applying(project.tenant))
    gone = "Intune keeps events for a year, and the period begins before that" if since < now - RETENTION else None
    return Period(since, until, tuple(found), log.why or gone, fresh=is_fresh(until, now))


def _managed(document: JsonObject) -> set[str]:
    """The ids, in lower case, of objects that specs stand for, or that are orphaned."""
    listed: Any = [*_objects(document, "changes"), *_objects(document, "orphaned")]
    return {str(each["liveId"]).casefold() for each in listed if each["liveId"]}


def _written(record: JsonObject) -> set[str]:
    """The ids of objects that a run wrote: not those that only stand in an order with them."""
    results: Any = record["results"]
    own = [each for each in results if each["requests"] and not _is_order(each)]
    return {each for result in own for each in ids_of(result)}


def _is_order(result: Any) -> bool:
    return any("ladder" in (result.get(side) or {}) for side in ("before", "after"))


def _objects(document: JsonObject, name: str) -> list[Any]:
    listed = document[name]
    return [*listed] if isinstance(listed, list) else []

"""A bundle from its content: the manifest, which names every file with its digest, and the bytes of all of it.

Equal content has equal bytes: nothing in a bundle says when or where it was made. The digest of the manifest is that of
the bundle, since it covers every other file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .. import __version__, planfile
from ..canonical import digest
from ..model import Json, JsonObject
from ..spec.load import files_digest
from . import chain, derived
from .archive import Member, packed
from .content import MANIFEST, Content, RunParts, Sources, members

FORMAT_VERSION = 1
_WHY: Mapping[str, str] = {
    "change": "neither the pipeline nor --change-ref named a change request",
    "pipeline": "the run was not started by a pipeline that names itself",
    "approvals": "the host told the run of no approval; it keeps its own records",
    "plan": "the plan was made in the run, and not saved",
    "specs": "the record names no commit",
    "previous": "the record before it does not lie beside this one",
    "end": "the record was never completed: the run was cut off",
}
"""What a run may lack, and the usual reason."""
_SAVED = "the saved plan does not lie beside the record: name it with --plan"
Reasons = Mapping[tuple[str, str], str]
"""Why something is missing, by the digest of the record and what it is; else the usual reason."""


def bundle(content: Content, *, change_ref: str | None = None, reasons: Reasons | None = None) -> bytes:
    """The bytes. Raises `ValueError` for content that does not fit into one."""
    return packed([Member(MANIFEST, manifest_bytes(manifest(content, change_ref, reasons or {}))), *members(content)])


def manifest_bytes(shown: JsonObject) -> bytes:
    """A manifest as it stands in a bundle."""
    return derived.readable(shown)


def manifest(content: Content, change_ref: str | None, reasons: Reasons) -> JsonObject:
    """The document of `schemas/v1/evidence.json`, sealed with its digest."""
    first = content.runs[0].record
    shown: JsonObject = {
        "formatVersion": FORMAT_VERSION,
        "tool": {"name": "reconciler", "version": __version__},
        "tenant": first["tenant"],
        "owner": first["owner"],
        "changeRef": change_ref,
        **connections(content),
        "missing": [
            {"run": folder, "what": what, "why": reasons.get((str(run.record["digest"]), what)) or _why(what, run)}
            for folder, what, run in lacking(content, change_ref)
        ],
        "files": [file_entry(each) for each in members(content)],
    }
    return sealed(shown)


def _why(what: str, run: RunParts) -> str:
    return _SAVED if what == "plan" and run.record.get("savedPlan") else _WHY[what]


def sealed(shown: JsonObject) -> JsonObject:
    """The manifest with its digest, over the canonical form of all other members."""
    return {**shown, "digest": digest({key: value for key, value in shown.items() if key != "digest"})}


def connections(content: Content) -> dict[str, Json]:
    """How the parts of the content belong together: what `check` works out anew."""
    everything, known = chain.in_order(recorded(content)), digests(content)
    return {
        "runs": [_run(folder, run, content, known) for folder, run in content.folders()],
        "links": [_link(each, known) for each in content.links],
        "breaks": [{"record": b.record, "why": b.why, "names": b.names} for b in chain.breaks(everything)],
    }


def _run(folder: str, run: RunParts, content: Content, known: Iterable[str]) -> JsonObject:
    record = run.record
    results: Any = record["results"]
    same = ("startedAt", "finishedAt", "outcome", "summary", "commit", "dirty", "changeRef", "runUrl", "approvals")
    return {
        "folder": folder,
        "record": record["digest"],
        **{name: record.get(name) for name in same},
        "previous": {"digest": chain.previous(record), "state": chain.state(record, known)},
        "plan": {"digest": plan_digest(record), "included": run.plan is not None},
        "specs": _specs(run, content),
        "requests": sum(len(result["requests"]) for result in results),
        "events": None if run.events is None else _count(run.events),
    }


def _count(events: JsonObject) -> int:
    listed = events.get("events")
    return len(listed) if isinstance(listed, list) else 0


def _specs(run: RunParts, content: Content) -> JsonObject:
    """`ofPlan`: whether the plan was made from these very specs; null where that cannot be told."""
    sources = content.sources.get(str(run.record.get("commit")))
    found = files_digest(sources.specs) if sources else None
    return {"included": sources is not None, "digest": found, "ofPlan": _of_plan(run, sources)}


def _of_plan(run: RunParts, sources: Sources | None) -> bool | None:
    if sources is None or run.plan is None or is_way_back(run):
        return None
    return run.plan["specDigest"] in _digests(sources)


def _digests(sources: Sources) -> set[str]:
    """What a plan from these specs says: with line ends as they were committed, or as Git writes them on Windows."""
    windows = [(name, data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")) for name, data in sources.specs]
    return {files_digest(sources.specs), files_digest(windows)}


def is_way_back(run: RunParts) -> bool:
    """Whether the plan goes back to what a run found: it comes from that record, and from no spec."""
    return run.plan is not None and planfile.source_record(run.plan) is not None


def plan_digest(record: JsonObject) -> str | None:
    """The digest of the plan that a run applied: of the saved one, where there was one."""
    if isinstance(saved := record.get("savedPlan"), str):
        return saved
    plan = record.get("plan")
    return str(plan["digest"]) if isinstance(plan, dict) else None


def recorded(content: Content) -> list[JsonObject]:
    """Every record: of the runs that were asked for, and of those between and before."""
    return [*(run.record for run in content.runs), *content.links]


def digests(content: Content) -> set[str]:
    """The digests of all records."""
    return {str(each["digest"]) for each in recorded(content)}


def lacking(content: Content, change_ref: str | None) -> Iterator[tuple[str, str, RunParts]]:
    """What an auditor may look for and does not find: folder, what, and the run."""
    known = digests(content)
    for folder, run in content.folders():
        yield from ((folder, what, run) for what in _missing(run, content, change_ref, known))


def _missing(run: RunParts, content: Content, change_ref: str | None, known: Iterable[str]) -> Iterator[str]:
    record = run.record
    if not (change_ref or record.get("changeRef")):
        yield "change"
    if not record.get("runUrl"):
        yield "pipeline"
    if not record.get("approvals"):
        yield "approvals"
    if run.plan is None:
        yield "plan"
    if str(record.get("commit")) not in content.sources and not is_way_back(run):
        yield "specs"
    if chain.state(record, known) == "missing":
        yield "previous"
    if record["finishedAt"] is None:
        yield "end"


def _link(record: JsonObject, known: Iterable[str]) -> JsonObject:
    return {
        "record": record["digest"],
        "startedAt": record["startedAt"],
        "outcome": record["outcome"],
        "previous": {"digest": chain.previous(record), "state": chain.state(record, known)},
    }


def file_entry(member: Member) -> JsonObject:
    """A file as the manifest names it."""
    return {
        "name": member.name,
        "size": len(member.data),
        "digest": f"sha256:{hashlib.sha256(member.data).hexdigest()}",
    }

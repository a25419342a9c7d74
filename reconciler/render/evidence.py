"""Evidence bundles as text: the runs of a manifest, and what each lacks. Used by `evidence` and `verify`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..model import JsonObject
from .members import member, number, objects, raw, text
from .style import plural, wrap


def lines(manifest: JsonObject) -> Iterator[str]:
    """The digest, and every run with what is missing of it."""
    yield f"  {text(manifest, 'digest')}"
    for run in objects(manifest, "runs"):
        yield f"  {_run(run, text(manifest, 'changeRef'))}"
        for each in objects(manifest, "missing"):
            if raw(each, "run") == raw(run, "folder"):
                yield f"    without {text(each, 'what')}: {text(each, 'why')}"


def counted(manifest: JsonObject) -> str:
    """`2 runs and 1 more of the chain, 31 files`."""
    links = len(objects(manifest, "links"))
    beside = f" and {links} more of the chain" if links else ""
    return f"{plural(len(objects(manifest, 'runs')), 'run')}{beside}, {plural(len(objects(manifest, 'files')), 'file')}"


def folded(lines: Iterable[str], *, width: int) -> Iterator[str]:
    """The lines, none longer than `width` columns where that is possible; what goes on is set in further."""
    for line in lines:
        begins = " " * (len(line) - len(line.lstrip(" ")))
        yield from wrap(line.lstrip(" "), width=width, first=begins, rest=f"{begins}  ")


def _run(run: JsonObject, given: str) -> str:
    parts = [f"{text(run, 'startedAt')} {text(run, 'outcome')}", plural(number(run, "requests"), "request")]
    if run.get("events") is not None:
        parts.append(f"{plural(number(run, 'events'), 'event')} of the audit log")
    if commit := text(run, "commit"):
        parts.append(f"commit {commit[:12]}" + (" with changes that were not committed" if run.get("dirty") else ""))
    parts += [
        name
        for name, there in (("plan", member(run, "plan")), ("specs", member(run, "specs")))
        if there.get("included")
    ]
    if change := text(run, "changeRef") or given:
        parts.append(change)
    return f"{text(run, 'folder')}: {', '.join(parts)}"

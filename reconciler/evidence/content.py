"""What a bundle holds, as values, and the files that they are: one place each, so that nothing else can be in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from urllib.parse import quote, unquote_to_bytes

from .. import planfile, records
from ..canonical import parsed
from ..diagnostics import Diagnostic, Severity
from ..model import JsonObject
from . import derived
from .archive import Member
from .chain import in_order

MANIFEST: Final = "manifest.json"
COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_RUN = re.compile(r"(runs/\d{4,6})/(record|plan|events)\.json")
_FOLLOWS = re.compile(r"(runs/\d{4,6})/(requests\.json|objects/.+)")
_LINK = re.compile(r"chain/([0-9a-f]{64})\.json")
_SOURCE = re.compile(rf"(specs|workspace)/({COMMIT.pattern})/(.+)")

Files: TypeAlias = tuple[tuple[str, bytes], ...]
"""Names, relative to the workspace, and bytes; sorted."""


@dataclass(frozen=True, slots=True)
class RunParts:
    """One run: its record, the plan that it applied, and the events of the audit log. None for what is not there."""

    record: JsonObject
    plan: JsonObject | None = None
    events: JsonObject | None = None


@dataclass(frozen=True, slots=True)
class Sources:
    """Files as they were at a commit: the specs that the tenant's plans are made from, and what surrounds them."""

    specs: Files
    workspace: Files = ()


@dataclass(frozen=True, slots=True)
class Content:
    """What a bundle holds beside its manifest. `runs` and `links` are in the order of their chain."""

    runs: tuple[RunParts, ...]
    links: tuple[JsonObject, ...] = ()
    """Records of runs that were not asked for: those between, and the one before the first."""
    sources: Mapping[str, Sources] = field(default_factory=dict)
    """By commit."""

    def folders(self) -> Iterator[tuple[str, RunParts]]:
        """Each run with its folder."""
        return ((f"runs/{number:04}", run) for number, run in enumerate(self.runs, 1))


def members(content: Content) -> list[Member]:
    """The files of a bundle without its manifest, sorted by name."""
    found: dict[str, bytes] = {}
    for folder, run in content.folders():
        found[f"{folder}/record.json"] = records.to_bytes(run.record)
        found |= {f"{folder}/{name}": data for name, data in derived.files(run.record).items()}
        if run.plan is not None:
            found[f"{folder}/plan.json"] = planfile.to_bytes(run.plan)
        if run.events is not None:
            found[f"{folder}/events.json"] = derived.readable(run.events)
    for link in content.links:
        found[f"chain/{str(link['digest']).removeprefix('sha256:')}.json"] = records.to_bytes(link)
    for commit, sources in content.sources.items():
        found |= {each.name: each.data for each in of_commit(commit, sources)}
    return [Member(name, found[name]) for name in sorted(found)]


def of_commit(commit: str, sources: Sources) -> Iterator[Member]:
    """The files that a bundle has of a commit."""
    for top, files in (("specs", sources.specs), ("workspace", sources.workspace)):
        yield from (Member(f"{top}/{commit}/{_quoted(name)}", data) for name, data in files)


def _quoted(name: str) -> str:
    return quote(name.encode("utf-8", "surrogateescape"), safe="/")


def _unquoted(name: str) -> str:
    return unquote_to_bytes(name).decode("utf-8", "surrogateescape")


def read(files: Sequence[Member]) -> tuple[Content, list[tuple[str, str]]]:
    """The content that these files are; and what is wrong, as names of files with a sentence.

    What is wrong is left out of the content, so `members` of it are not these files then.
    """
    wrong: list[tuple[str, str]] = []
    runs: dict[str, dict[str, JsonObject]] = {}
    links: list[JsonObject] = []
    sources: dict[str, dict[str, list[tuple[str, bytes]]]] = {}
    for each in files:
        if found := _RUN.fullmatch(each.name):
            value = _document(each, found[2], wrong)
            runs.setdefault(found[1], {}).update({found[2]: value} if value is not None else {})
        elif _LINK.fullmatch(each.name):
            links += [value] if (value := _document(each, "record", wrong)) is not None else []
        elif found := _SOURCE.fullmatch(each.name):
            commit = sources.setdefault(found[2], {"specs": [], "workspace": []})
            commit[found[1]].append((_unquoted(found[3]), each.data))
        elif not _FOLLOWS.fullmatch(each.name):
            wrong.append((each.name, "no bundle has such a file"))
    ordered = [parts for _, parts in sorted(runs.items(), key=_by_number) if "record" in parts]
    at_commit = {commit: Sources(*(tuple(sorted(sides[top])) for top in sides)) for commit, sides in sources.items()}
    listed = tuple(RunParts(each["record"], each.get("plan"), each.get("events")) for each in ordered)
    return Content(listed, tuple(in_order(links)), at_commit), wrong


def _by_number(run: tuple[str, object]) -> tuple[int, str]:
    """`runs/9999` comes before `runs/10000`."""
    return len(run[0]), run[0]


def _document(file: Member, what: str, wrong: list[tuple[str, str]]) -> JsonObject | None:
    value, problems = _READERS[what](file.data)
    wrong += [(file.name, problem.message) for problem in problems]
    return value


def _events(data: bytes) -> tuple[JsonObject | None, list[Diagnostic]]:
    """Events as they are laid out. That they were not changed says the manifest."""
    with suppress(ValueError, RecursionError):
        value = parsed(data)
        if isinstance(value, dict) and derived.readable(value) == data:
            return value, []
    return None, [Diagnostic(Severity.ERROR, "EVIDENCE102", "it is not in the form of a bundle")]


Reader: TypeAlias = "Callable[[bytes], tuple[JsonObject | None, list[Diagnostic]]]"
_READERS: Final[Mapping[str, Reader]] = {"record": records.from_bytes, "plan": planfile.from_bytes, "events": _events}


def commits(runs: Iterable[RunParts]) -> list[str]:
    """The commits whose specs the runs were made from, each once."""
    named = (str(run.record.get("commit") or "") for run in runs)
    return list(dict.fromkeys(each for each in named if COMMIT.fullmatch(each)))

"""Whether a bundle is whole and unchanged, and its parts belong together. Offline, and nothing is unpacked to a disk.

The manifest has to have its digest, every file the digest and size that the manifest says, and there is no other file;
the bytes have to be those that these files have in a bundle, so nothing hides between them. Then what the manifest says
of runs, plans, specs and their chain is worked out anew from the files. A digest shows a change and not its author:
whoever can write the file can make another bundle that is whole. Against that stands a signature, made by other tools.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..canonical import parsed
from ..diagnostics import Diagnostic, Severity
from ..model import Json, JsonObject
from ..spec.schema import check_value
from . import chain
from .archive import Damaged, Member, difference, unpacked
from .bundle import (
    FORMAT_VERSION,
    connections,
    file_entry,
    lacking,
    manifest_bytes,
    plan_digest,
    recorded,
    sealed,
)
from .content import COMMIT, MANIFEST, Content, members, read

RULES = {
    "EVIDENCE101": "The file is not an evidence bundle.",
    "EVIDENCE102": "The bundle was changed after it was made.",
    "EVIDENCE103": "The bundle is of a format that this version does not know.",
    "EVIDENCE104": "Parts of the bundle do not belong together.",
    "EVIDENCE105": "Runs of the bundle do not follow each other: a run is missing.",
    "EVIDENCE106": "The specs of the commit are not those that the plan was made from.",
}
_ANOTHER = "look for another copy"
_BEGINNING = b"PK\x03\x04"
_NAME_AT = 30


@dataclass(frozen=True, slots=True)
class Checked:
    """What a bundle turned out to be. `manifest` is None where it could not be read."""

    manifest: JsonObject | None
    findings: tuple[Diagnostic, ...]


def is_bundle(data: bytes) -> bool:
    """Whether the bytes want to be a bundle, damaged or not."""
    return data.startswith(_BEGINNING) or data[_NAME_AT:].startswith(MANIFEST.encode("ascii"))


def check(data: bytes) -> Checked:
    """All that is wrong with a bundle, each with the part that it is about."""
    try:
        first, *files = unpacked(data) or (Member("", b""),)
    except Damaged as damaged:
        return _refused(None, [str(damaged)])
    if first.name != MANIFEST:
        message = f"its first file is not {MANIFEST}"
        return Checked(None, (_error("EVIDENCE101", message, "bundles are made by `reconciler evidence`"),))
    shown, problem = _manifest(first.data)
    if shown is None:
        return Checked(None, (problem,) if problem else ())
    if wrong := [*_differing(shown, files)]:
        return _refused(shown, wrong)
    if where := difference(data, [first, *files]):
        return _refused(shown, [where])
    content, strange = read(files)
    if strange or members(content) != files:
        told = [f"{name}: {why}" for name, why in strange] or [*_strays(content, files)]
        return Checked(shown, tuple(_apart(each) for each in told))
    return Checked(shown, tuple(_connected(shown, content)))


def _manifest(data: bytes) -> tuple[JsonObject | None, Diagnostic | None]:
    try:
        shown = parsed(data)
        whole = isinstance(shown, dict) and sealed(shown) == shown and manifest_bytes(shown) == data
    except (ValueError, RecursionError):  # what can be read may still be too deep to be written again
        return None, _error("EVIDENCE102", f"{MANIFEST} was changed: it is not JSON", _ANOTHER)
    if not whole:
        return None, _error("EVIDENCE102", f"{MANIFEST} was changed: its digest is another", _ANOTHER)
    if (version := shown.get("formatVersion")) != FORMAT_VERSION:
        message = f"the bundle is of format {str(version)[:40]}, this version knows {FORMAT_VERSION}"
        return None, _error("EVIDENCE103", message, "use the version that wrote it")
    if problems := check_value("evidence", shown):
        path, message = problems[0]
        return None, _error("EVIDENCE101", f"{MANIFEST} is damaged at {path or '/'}: {message}", _ANOTHER)
    return shown, None


def _differing(shown: JsonObject, files: Sequence[Member]) -> Iterator[str]:
    """Files that are not as the manifest says."""
    listed: Any = shown["files"]
    said = {each["name"]: each for each in listed}
    there = {each.name: file_entry(each) for each in files}
    if listed == [*there.values()]:
        return
    yield from (f"{name} is missing" for name in said if name not in there)
    yield from (f"{name} is not named by the manifest" for name in there if name not in said)
    changed = [name for name in said if name in there and said[name] != there[name]]
    yield from (f"{name} was changed" for name in changed)
    if not changed and said.keys() == there.keys():
        yield "the files are in another order than the manifest names them, or it names one twice"


def _strays(content: Content, files: Sequence[Member]) -> Iterator[str]:
    """Files that do not follow from the others as they should."""
    right = {each.name: each.data for each in members(content)}
    there = {each.name: each.data for each in files}
    yield from (f"{name} does not belong to a run of the bundle" for name in there if name not in right)
    yield from (f"{name} is missing: its record has it" for name in right if name not in there)
    yield from (f"{n} does not say what its record says" for n, d in right.items() if n in there and there[n] != d)
    if [*right] != [*there] and right == there:
        yield "the files are not in their order"


def _connected(shown: JsonObject, content: Content) -> Iterator[Diagnostic]:
    """What the parts say of each other."""
    if not content.runs:
        yield _apart("there is no run in it")
        return
    right = connections(content)
    for name, value in right.items():
        if shown[name] != value:
            yield _apart(f"`{name}` of the manifest is not what follows from the files")
    asked_for = [run.record for run in content.runs]
    if chain.in_order(asked_for) != asked_for:
        yield _apart("the runs are not in the order of their chain")
    yield from _of_one_tenant(shown, content)
    yield from _plans(content)
    yield from _unused(content)
    change_ref: Any = shown["changeRef"]
    told: Any = shown["missing"]
    if [(folder, what) for folder, what, _ in lacking(content, change_ref)] != [(e["run"], e["what"]) for e in told]:
        yield _apart("`missing` of the manifest is not what follows from the files")
    yield from chain_findings(right["breaks"])
    yield from spec_findings(right["runs"])


def _of_one_tenant(shown: JsonObject, content: Content) -> Iterator[Diagnostic]:
    for record in recorded(content):
        if (record["tenant"], record["owner"]) != (shown["tenant"], shown["owner"]):
            yield _apart(f"the record {record['digest']} is of another tenant or owner than the manifest says")


def _plans(content: Content) -> Iterator[Diagnostic]:
    for folder, run in content.folders():
        if run.plan is not None and run.plan["digest"] != plan_digest(run.record):
            yield _apart(f"{folder}/plan.json is not the plan that the record names")


def _unused(content: Content) -> Iterator[Diagnostic]:
    named = {str(run.record.get("commit")) for run in content.runs}
    for commit in content.sources.keys() - named:
        yield _apart(f"specs/{commit} is of a commit that no run names")
    assert all(COMMIT.fullmatch(commit) for commit in content.sources), "the names of files say so"


def chain_findings(breaks: Json) -> Iterator[Diagnostic]:
    """Warnings for a chain that is not whole: the bundle is as it was made, and does not tell of every run."""
    words: Mapping[str, str] = {
        "missing": "the run before the one of {record} is not in the bundle: its record is {names}",
        "began-anew": "the run of {record} names none before it, and it is not the first",
        "forked": "two runs follow the same one, {names}: one of them is {record}",
    }
    listed: Any = breaks
    for each in listed:
        detail = "look for the record where runs keep them; add it to `reconciler evidence`"
        yield Diagnostic(Severity.WARNING, "EVIDENCE105", words[each["why"]].format(**each), detail)


def spec_findings(runs: Json) -> Iterator[Diagnostic]:
    """Runs whose plan was not made from the specs of their commit: known where the work tree had changes."""
    listed: Any = runs
    for each in listed:
        if each["specs"]["ofPlan"] is False:
            message = f"the plan of {each['folder']} was not made from the specs of commit {str(each['commit'])[:12]}"
            known = "the record says that the work tree had changes that were not committed"
            if each["dirty"]:
                yield Diagnostic(Severity.WARNING, "EVIDENCE106", message, known)
            else:
                yield _error("EVIDENCE106", message, "find out which specs were applied: the plan has their digest")


def _refused(shown: JsonObject | None, parts: Sequence[str]) -> Checked:
    return Checked(shown, tuple(_error("EVIDENCE102", part, _ANOTHER) for part in parts))


def _apart(message: str) -> Diagnostic:
    return _error("EVIDENCE104", message, "it was not made by `reconciler evidence`, or was made up since")


def _error(rule: str, message: str, detail: str) -> Diagnostic:
    return Diagnostic(Severity.ERROR, rule, message, detail)

"""`drift --accept`: spec files that follow the tenant. Each is changed in memory, judged as a whole, and written whole.

A spec that cannot say what the tenant has, or that would be refused with it, stays as it is, and so does its file.
Nothing is sent.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from ..decide import Planned
from ..diagnostics import Severity
from ..drift.accept import Declined, Proposal, proposed
from ..drift.direction import Case
from ..drift.model import Finding, What
from ..model import Address, Json, JsonObject
from ..spec.edit import EditError, edited
from ..spec.load import SpecSet
from .arguments import Arguments
from .failure import Code, Failure
from .files import rewrite
from .git import Repository
from .project import Project, check, judge, read_specs

_NO_SPEC = "no spec has this address: `reconciler import` writes one for the object"


@dataclass(frozen=True, slots=True)
class _Edit:
    """A change of one spec, and the text of its file before and after."""

    proposal: Proposal
    before: str
    after: str

    def diff(self) -> str:
        """As `diff -u` shows it."""
        name = self.proposal.file
        old, new = self.before.splitlines(keepends=True), self.after.splitlines(keepends=True)
        lines = difflib.unified_diff(old, new, f"a/{name}", f"b/{name}")
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


@dataclass(slots=True)
class Accepting:
    """One call. `files` are the spec files by name, as they are to be."""

    arguments: Arguments
    project: Project
    files: dict[str, bytes]
    before: frozenset[str]
    """What the rules have against the specs as they are."""
    edits: list[_Edit] = field(default_factory=list)
    declined: list[Declined] = field(default_factory=list)
    unchanged: list[Address] = field(default_factory=list)

    @classmethod
    def of(cls, arguments: Arguments, project: Project) -> Accepting:
        files = dict(read_specs(project.tenant.specs, project.workspace.root))
        return cls(arguments, project, files, _errors(files, project))

    def documents(self) -> list[JsonObject]:
        """What became of each address, sorted by it."""
        state = "would-accept" if self.arguments.dry_run else "accepted"
        shown = [_shown(e.proposal.address, state, e.proposal, diff=e.diff()) for e in self.edits]
        shown += [_shown(each.address, "refused", each, reason=each.reason) for each in self.declined]
        shown += [_shown(address, "unchanged", reason="nothing departs") for address in self.unchanged]
        return sorted(shown, key=lambda each: str(each["address"]))

    @property
    def code(self) -> Code:
        return Code.REFUSED if self.declined else Code.DONE

    def take(self, cases: Iterable[Case], waived: Mapping[Address, frozenset[str]]) -> None:
        """Work out every case, and change the files in memory."""
        proposals: list[Proposal] = []
        for case in cases:
            address = case.subject.address
            found = proposed(case, waived=waived.get(address, frozenset()), inline=self.arguments.inline)
            if isinstance(found, Declined):
                self.declined.append(found)
            else:
                proposals.append(found)
        self._settle(self._clean([each for each in proposals if self._can_be_written(each)]))

    def _can_be_written(self, proposal: Proposal) -> bool:
        try:
            self._edited([proposal], self.files)
        except EditError as error:
            self.declined.append(Declined(proposal.address, str(error), proposal.file))
            return False
        return True

    def _settle(self, proposals: Sequence[Proposal]) -> None:
        """Take over those with which the specs are valid. Where they are not, halves show which of them is to blame."""
        edits, files = self._edited(proposals, self.files)
        wrong = sorted(_errors(files, self.project) - self.before) if edits else []
        if not wrong:
            self.edits, self.files = [*self.edits, *edits], files
        elif len(proposals) == 1:
            reason = f"with it the specs would be refused: {wrong[0]}; a Waiver can tolerate it until a date"
            self.declined.append(Declined(proposals[0].address, reason, proposals[0].file))
        else:
            middle = len(proposals) // 2
            self._settle(proposals[:middle])
            self._settle(proposals[middle:])

    @staticmethod
    def _edited(proposals: Iterable[Proposal], files: Mapping[str, bytes]) -> tuple[list[_Edit], dict[str, bytes]]:
        """The changes, and the files with them. Raises `EditError`."""
        changed, edits = dict(files), list[_Edit]()
        for proposal in proposals:
            before = changed[proposal.file].decode("utf-8")
            after = edited(before, proposal.address, proposal.changes, name=proposal.file)
            edits.append(_Edit(proposal, before, after))
            changed[proposal.file] = after.encode("utf-8")
        return edits, changed

    def _clean(self, proposals: Sequence[Proposal]) -> list[Proposal]:
        """Those whose files have no changes that Git does not have yet: theirs and ours could not be told apart."""
        if not proposals or self.arguments.force:
            return [*proposals]
        root = self.project.workspace.root
        try:
            changed = _changed(root, {(root / proposal.file).resolve() for proposal in proposals})
        except Failure as failure:
            reason = f"whether its file has changes that are not committed cannot be told: {failure.message}"
            self.declined += [Declined(each.address, f"{reason}; or use --force", each.file) for each in proposals]
            return []
        kept: list[Proposal] = []
        for proposal in proposals:
            if (root / proposal.file).resolve() in changed:
                reason = f"{proposal.file} has changes that are not committed: commit or stash them, or use --force"
                self.declined.append(Declined(proposal.address, reason, proposal.file))
            else:
                kept.append(proposal)
        return kept

    def write(self) -> None:
        """Write the files that change, each whole. Raises `Failure` (1)."""
        if not self.arguments.dry_run:
            for name in sorted({edit.proposal.file for edit in self.edits}):
                rewrite((self.project.workspace.root / name).resolve(), self.files[name])


def _changed(root: Path, files: Iterable[Path]) -> set[Path]:
    """Those of these files that differ from the last commit; none where there is no repository. Raises `Failure`."""
    if not any((folder / ".git").exists() for folder in (root, *root.absolute().parents)):
        return set()
    repository = Repository.of(root)
    within = [file for file in files if file.is_relative_to(repository.top.resolve())]
    return {(repository.top / each).resolve() for each in repository.changed(within)}


def chosen(arguments: Arguments, known: Iterable[Address]) -> frozenset[Address]:
    """The addresses that `--accept` means. Raises `Failure` (64) for what means none."""
    found: set[Address] = set()
    addresses = [*known]
    for glob in arguments.accept:
        matched = {address for address in addresses if fnmatchcase(str(address), glob)}
        if not matched:
            raise Failure(Code.USAGE, f"--accept {glob}: no spec and no object of ours has this address")
        found |= matched
    return frozenset(found)


def accepted(
    arguments: Arguments,
    project: Project,
    specs: SpecSet,
    planned: Planned,
    cases: Sequence[Case],
    found: Sequence[Finding],
) -> Accepting:
    """Have the specs of the chosen addresses follow the tenant. Raises `Failure`: 64, 1 where a file cannot be written.

    `cases` are all that depart, `found` all findings.
    """
    known = {*specs.desired, *(finding.address for finding in found)}
    addresses = chosen(arguments, known)
    accepting = Accepting.of(arguments, project)
    departs = {case.subject.address: case for case in cases}
    for finding in (each for each in found if each.address in addresses and each.address not in departs):
        reason = _NO_SPEC if finding.what is What.ORPHANED else f"it could not be compared: {finding.note}"
        accepting.declined.append(Declined(finding.address, reason))
    told = {finding.address for finding in found}
    accepting.unchanged = sorted(a for a in addresses - told if str(a) in arguments.accept)
    accepting.take((departs[each] for each in sorted(addresses & departs.keys())), _waived(planned))
    accepting.write()
    return accepting


def _waived(planned: Planned) -> dict[Address, frozenset[str]]:
    """The fields of each address that a waiver holds, as a whole or in part."""
    found: dict[Address, frozenset[str]] = {}
    for entry in planned.plan.waived:
        if entry.get("rule") is None and isinstance(path := entry.get("path"), str):
            address = Address.parse(str(entry["address"]))
            found[address] = found.get(address, frozenset()) | {path.split("/")[1]}
    return found


def _errors(files: Mapping[str, bytes], project: Project) -> frozenset[str]:
    """What the rules have against specs, as texts that can be compared whatever line they are about."""
    specs = judge(check(sorted(files.items())), project.workspace, project.tenant, project.today).specs
    return frozenset(f"{d.rule}: {d.message}" for d in specs.diagnostics if d.severity is Severity.ERROR)


def _shown(
    address: Address, state: str, about: Proposal | Declined | None = None, *, reason: str | None = None, diff: str = ""
) -> JsonObject:
    fields: list[Json] = [f"/{name}" for name in about.fields] if isinstance(about, Proposal) else []
    return {
        "address": str(address),
        "state": state,
        "file": about.file if about else None,
        "fields": fields,
        "reason": reason,
        "diff": diff or None,
    }

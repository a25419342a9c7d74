"""What was applied last, as far as it is at hand: run records, the specs at their commits, earlier versions of specs.

Read by `drift`, and only where something departs. Records count while they form a chain without a gap: after one that
is damaged or missing, older ones say nothing, for what the missing run wrote is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path
from typing import Any

from ..diagnostics import has_errors
from ..drift import ledger
from ..drift.direction import Case
from ..drift.document import History
from ..drift.ledger import Ledger
from ..drift.model import Applied, Ground, Origin, Specified, Versions
from ..kinds import REGISTRY
from ..model import Address, JsonObject
from ..plan import TenantRef, instant
from ..spec.load import Desired, SpecSet, load
from ..waivers import of_fields, read
from .failure import Failure
from .git import Repository, Revision
from .history import newest_first, open_record
from .project import Project, read_specs
from .recording import runs_folder

MOST_RECORDS = 200
MOST_VERSIONS = 20
"""Versions of one spec file that are looked at."""
MOST_COMMITS = 20
"""Commits whose specs are looked at to tell whether a spec has changed since its run."""
MOST_FILES = 20
"""Spec files whose versions are looked at, and specs that are looked for elsewhere: each costs calls of Git."""
MOST_BYTES = 4 << 20
"""Bytes of all versions of one file together: reading them takes a few seconds."""


class Known:
    """What is at hand for the addresses that depart. Files and Git are read when something is asked for."""

    def __init__(self, project: Project, tenant: TenantRef, wanted: Iterable[Address], record: str | None) -> None:
        """`record` is the one that counts, where one was named; else the newest of the tenant."""
        self._project = project
        self._tenant = tenant
        self._problems: list[str] = []
        self._specs: dict[str, SpecSet | None] = {}
        self._repository = _Git(project.workspace.root, self._problems)
        self.ledger: Ledger = ledger.of(REGISTRY, wanted, self._records(record))

    def history(self) -> History:
        """What the directions rest on; asked when all are worked out."""
        return History(self.ledger.newest, tuple(dict.fromkeys(self._problems)))

    def ground(self, case: Case) -> Ground | None:
        """What was applied last at the address of a case, or under one of its earlier names."""
        desired = case.subject.desired
        names = (desired.address.name, *desired.previous_names)
        addresses = [Address(desired.address.kind, name) for name in names]
        for address in addresses:
            entry = self.ledger.entry(address)
            if entry.as_specified and (found := self._specified(address, entry.as_specified)):
                return found
            if entry.applied:
                return self._with_specs(address, entry.applied)
            if entry.unseen:
                return None  # what earlier specs say of it may be what that run did not bring about
        new = self._new(addresses)
        return new if new and case.subject.live is None else self._versions(desired) or new

    def known_as(self, address: Address, live_id: str) -> Origin | None:
        """The run, or the commit of one, that had this object, by its live id, at this address."""
        newest = self.ledger.commit
        if self.ledger.ids.get(address) == live_id:
            return self.ledger.newest
        specs = self._specs_at(newest.commit) if newest and newest.commit else None
        return replace(newest, source="git") if newest and specs and address in specs.desired else None

    # -- records ------------------------------------------------------------------------------------------------------

    def _records(self, named: str | None) -> Iterator[JsonObject]:
        if named is not None:
            yield from self._usable(Path(named), foreign=False)
            return
        expected: str | None = None
        for count, (file, record) in enumerate(_in_order(self._of_tenant())):
            if count >= MOST_RECORDS or (expected is not None and record["digest"] != expected):
                self._problems.append(f"{file.name}: the record after it is missing, so it and older ones say nothing")
                return
            yield record
            expected = str(record["previousRecord"])

    def _of_tenant(self) -> Iterator[tuple[Path, JsonObject]]:
        """The records of the tenant by the clocks of their runs, the newest first, up to one that cannot be used."""
        for file in newest_first(runs_folder(self._project)):
            if record := next(self._usable(file, foreign=True), None):
                yield file, record
            elif self._problems:
                return

    def _usable(self, file: Path, *, foreign: bool) -> Iterator[JsonObject]:
        """The record of a file, if it is one of this tenant. One for another tenant's name is none of our business
        where records of several tenants are together (`foreign`).
        """
        try:
            record = open_record(file)
        except Failure as failure:
            self._problems.append(f"{failure.message}: it is not used")
            return
        where: Any = record["tenant"]
        if foreign and where["name"] != self._tenant.name:
            return
        if why := self._of_another(record, where):
            self._problems.append(f"{file}: {why}: it is not used")
            return
        yield record

    def _of_another(self, record: JsonObject, where: Any) -> str | None:
        workspace, tenant = self._project.workspace, self._tenant
        if record["owner"] not in (workspace.owner, *workspace.previous_owners):
            return f"the record is of the owner {record['owner']}, this is {workspace.owner}"
        if (where["tenantId"] or tenant.tenant_id) != (tenant.tenant_id or where["tenantId"]):
            return f"the record is of tenant {where['tenantId']}, this is {tenant.tenant_id}"
        if where["graphUrl"] != tenant.graph_url:
            return f"the record is of a run against {where['graphUrl']}, this is {tenant.graph_url}"
        return None

    # -- earlier specs ------------------------------------------------------------------------------------------------

    def _specified(self, address: Address, origin: Origin) -> Specified | None:
        """What the specs of a run's commit said, where it found them so."""
        specs = self._specs_at(origin.commit) if origin.commit else None
        if specs is None or address not in specs.desired:
            return None
        waived = frozenset(w.parts[0] for w in of_fields(read(specs)) if w.of == address)
        return Specified(replace(origin, source="git"), specs.desired[address], waived)

    def _with_specs(self, address: Address, applied: Applied) -> Applied:
        """With what the specs of the run said, where it left the object as they did."""
        commit = applied.origin.commit if applied.exact else None
        known = commit in self._specs or len(self._specs) < MOST_COMMITS
        specs = self._specs_at(commit) if commit and known else None
        return replace(applied, desired=specs.desired.get(address)) if specs else applied

    def _new(self, addresses: Sequence[Address]) -> Specified | None:
        """That the specs of the last run did not have these addresses: where its record has, they stood elsewhere."""
        newest = self.ledger.commit
        if any(str(address) in self.ledger.listed for address in addresses):
            return None
        specs = self._specs_at(newest.commit) if newest and newest.commit else None
        if newest is None or specs is None or any(address in specs.desired for address in addresses):
            return None
        return Specified(replace(newest, source="git"), None)

    def _specs_at(self, commit: str) -> SpecSet | None:
        """The tenant's specs at a commit; None where they cannot be had, or were not valid."""
        if commit not in self._specs:
            self._specs[commit] = self._repository.specs(commit, self._project)
        return self._specs[commit]

    def _versions(self, desired: Desired) -> Versions | None:
        """Earlier versions of the file of a spec."""
        name = desired.document.file
        if not name:
            return None
        found = _versions_of(desired, self._repository.versions(name, MOST_VERSIONS))
        if found is None or not found.whole:
            return found
        first = str(found.versions[-1][0].commit)
        return replace(found, whole=not self._repository.stood_elsewhere(desired.address.name, first))


def _in_order(found: Iterator[tuple[Path, JsonObject]]) -> Iterator[tuple[Path, JsonObject]]:
    """Each before the one that it names as the one before it: a clock that was set back turns two around."""
    held = next(found, None)
    while held is not None:
        following = next(found, None)
        if following is not None and following[1]["previousRecord"] == held[1]["digest"]:
            yield following
            following = None
            yield held
            held = next(found, None)
        else:
            yield held
            held = following


@dataclass(frozen=True, slots=True)
class _Files:
    """Versions of one file, the newest first; whether there was none before them."""

    files: tuple[tuple[Origin, SpecSet], ...] = ()
    whole: bool = False


class _Git:
    """The repository of the workspace, where there is one. What goes wrong with it is a sentence, never a failure."""

    def __init__(self, root: Path, problems: list[str]) -> None:
        self._root = root
        self._problems = problems
        self._known: dict[str, _Files] = {}
        self._opened: Repository | None = None
        self._missing = False
        self._searched = 0

    def specs(self, commit: str, project: Project) -> SpecSet | None:
        """The specs of a tenant at a commit."""
        places = [project.workspace.root, *project.tenant.specs]
        try:
            repository = self._repository()
            if repository is None:
                return None
            known = repository.commit(commit)
            with repository.checked_out(known, project.tenant.specs) as top:
                root, *specs = (top / _below(place, repository.top) for place in places)
                found = load(read_specs(specs, root))
        except Failure as failure:
            self._tell(failure)
            return None
        if has_errors(found.diagnostics):
            self._problems.append(f"the specs at {commit[:12]} are not valid today, so they are not used")
            return None
        return found

    def versions(self, name: str, most: int) -> _Files:
        """Versions of a spec file, by its name in the workspace."""
        if name not in self._known:
            self._known[name] = self._versions(name, most) if len(self._known) < MOST_FILES else self._too_many()
        return self._known[name]

    def _too_many(self) -> _Files:
        self._problems.append(f"earlier versions of more than {MOST_FILES} files are not looked at")
        return _Files()

    def _versions(self, name: str, most: int) -> _Files:
        file = self._root / name
        try:
            repository = self._repository()
            if repository is None:
                return _Files()
            revisions = repository.log(file, most=most)
            files = [(r, repository.file(r.commit, file)) for r in revisions]
        except Failure as failure:
            self._tell(failure)
            return _Files()
        if repository.is_shallow:
            self._problems.append("this is a shallow clone, so earlier specs are not all at hand (fetch-depth: 0)")
        there = [(revision, data) for revision, data in files if data is not None]
        read = [*_within(there, MOST_BYTES)]
        whole = len(revisions) < most and len(read) == len(there) and not repository.is_shallow
        return _Files(tuple((_origin(revision), load([(name, data)])) for revision, data in read), whole)

    def stood_elsewhere(self, name: str, before: str) -> bool:
        """Whether a file of a commit before this one may have declared a spec of this name: files are renamed, and
        specs move between them.
        """
        self._searched += 1
        if self._searched > MOST_FILES:
            return True
        try:
            repository = self._repository()
            return repository is None or repository.has_named(name, before)
        except Failure as failure:
            self._tell(failure)
            return True

    def _repository(self) -> Repository | None:
        if self._opened is None and not self._missing:
            self._missing = True
            with suppress(Failure):
                self._opened = Repository.of(self._root)
            if self._opened is None:
                self._problems.append("there is no Git history of the specs")
        return self._opened

    def _tell(self, failure: Failure) -> None:
        self._problems.append(failure.message + (f" ({failure.hint})" if failure.hint else ""))


def _below(place: Path, top: Path) -> Path:
    real = place.resolve()
    return real.relative_to(top.resolve())


def _origin(revision: Revision) -> Origin:
    return Origin("history", instant(revision.at.astimezone(UTC)), revision.commit)


def _within(files: Iterable[tuple[Revision, bytes]], most: int) -> Iterator[tuple[Revision, bytes]]:
    """The first of these files that have together no more than so many bytes."""
    left = most
    for revision, data in files:
        left -= len(data)
        if left < 0:
            return
        yield revision, data


def _versions_of(desired: Desired, found: _Files) -> Versions | None:
    """The versions of one spec among those of its file. Targets of an audience in another file are not known."""
    versions: list[tuple[Origin, Desired]] = []
    for origin, specs in found.files:
        earlier = specs.desired.get(desired.address)
        if earlier is None:
            whole = found.whole and specs.doubtful == frozenset()
            return Versions(tuple(versions), whole) if versions else None
        if earlier.audience and not earlier.spec.get("assignments"):
            earlier = replace(earlier, spec={k: v for k, v in earlier.spec.items() if k != "assignments"})
        versions.append((origin, earlier))
    return Versions(tuple(versions), found.whole) if versions else None

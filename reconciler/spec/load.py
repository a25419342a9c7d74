"""Spec files to desired state: one `Desired` per address, audiences expanded, references checked.

Pure: takes file names with their bytes, gives values and diagnostics, all problems at once. Documents that are not
valid are left out, and checks across documents stay silent about kinds that have an invalid one.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from ..assignments import pinned_id
from ..diagnostics import Diagnostic, Severity, has_errors
from ..model import Address, Json, JsonObject, Path
from . import schema, source
from .document import Document, Places
from .text import SourceText

AUDIENCE = "Audience"
WAIVER = "Waiver"
UNPLANNED = frozenset({AUDIENCE, WAIVER})
"""Kinds without an object of their own in the tenant."""


@dataclass(frozen=True, slots=True)
class Desired:
    """One spec, as written but for its audience, which is expanded into include and exclude."""

    address: Address
    spec: JsonObject
    document: Document
    audience: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    previous_names: tuple[str, ...] = ()

    def pin(self, tenant: str) -> str | None:
        """The live id that the spec pins, for this tenant, in lower case."""
        return pinned_id(self.spec.get("id"), tenant) or None

    def problem(self, rule: str, message: str, detail: str | None = None, path: Path = ("spec",)) -> Diagnostic:
        """An error about this spec, at its place."""
        if not self.document.file:
            return Diagnostic(Severity.ERROR, rule, message, detail, address=self.address)
        return self.document.diagnostic(Severity.ERROR, rule, message, detail=detail, path=path, address=self.address)


def undeclared(address: Address) -> Desired:
    """What stands in for the spec of an object that has none: it wants nothing, and has no place in any file."""
    return Desired(address, {}, Document("", 0, {}, Places(SourceText("", ""), {}, array("I", [0]))))


@dataclass(frozen=True, slots=True)
class SpecSet:
    """All specs of one tenant."""

    desired: Mapping[Address, Desired]
    diagnostics: tuple[Diagnostic, ...]
    digest: str
    """sha256 over names and bytes of all files, independent of the order in which they were found."""
    doubtful: frozenset[str] | None = frozenset()
    """Kinds of which a document is invalid; None where a file could not be read to its end, so any kind may be."""
    waivers: Mapping[Address, Desired] = field(default_factory=dict)
    """What is tolerated until a date, as written (`waivers.read`)."""
    audiences: Mapping[Address, Desired] = field(default_factory=dict)
    """Targets that several specs share, as written: `include` and `exclude` stand in `spec` itself."""
    waived: tuple[JsonObject, ...] = ()
    """Findings that waivers took out of `diagnostics`, as documents show them."""
    documents: Mapping[str, int] = field(default_factory=dict)
    """How many YAML documents each file holds, invalid ones too, of any kind."""

    def certain(self, *kinds: str) -> bool:
        """Whether every document of these kinds is here: else checks across documents would tell of false gaps."""
        return self.doubtful is not None and not self.doubtful & set(kinds)

    @property
    def valid(self) -> bool:
        return not has_errors(self.diagnostics)


def load(files: Iterable[tuple[str, bytes]]) -> SpecSet:
    """Desired state of the given `(name, bytes)` pairs. Bad input gives diagnostics, never an exception."""
    ordered = sorted(files)
    documents: list[Document] = []
    findings: list[Diagnostic] = []
    broken = False
    for name, data in ordered:
        loaded, problems = source.load(name, data)
        documents += loaded
        findings += problems
        broken = broken or has_errors(problems)
    valid, invalid_kinds = _check(documents, findings)
    found = _by_address(valid, findings)
    audiences = {a.name: d for a, d in found.items() if a.kind == AUDIENCE}
    doubtful = None if broken or "" in invalid_kinds else frozenset(invalid_kinds)
    certain = doubtful is not None and AUDIENCE not in doubtful
    desired = {
        address: _desired(address, document, audiences, findings if certain else [])
        for address, document in found.items()
        if address.kind not in UNPLANNED
    }
    waivers = {a: _desired(a, document, {}, []) for a, document in found.items() if a.kind == WAIVER}
    shared = {a: _desired(a, document, {}, []) for a, document in found.items() if a.kind == AUDIENCE}
    told = tuple(sorted(findings, key=lambda d: d.sort_key))
    count = Counter(document.file for document in documents)
    return SpecSet(desired, told, files_digest(ordered), doubtful, waivers, shared, documents=count)


def _check(documents: Iterable[Document], findings: list[Diagnostic]) -> tuple[list[Document], set[str]]:
    valid: list[Document] = []
    invalid_kinds: set[str] = set()
    for document in documents:
        problems = schema.check(document)
        findings += problems
        if has_errors(problems):
            invalid_kinds.add(_kind_of(document.value))
        else:
            valid.append(document)
    return valid, invalid_kinds


def _kind_of(value: Json) -> str:
    kind = value.get("kind") if isinstance(value, dict) else None
    return kind if isinstance(kind, str) else ""


def _by_address(documents: Iterable[Document], findings: list[Diagnostic]) -> dict[Address, Document]:
    found: dict[Address, Document] = {}
    for document in documents:
        address = _address(document)
        if address not in found:
            found[address] = document
            continue
        first = found[address].position(("metadata", "name"))
        findings.append(
            document.diagnostic(
                Severity.ERROR,
                "SPEC101",
                f"{address} is already declared in {first.file}, line {first.line}",
                detail="each name is used once per kind: rename one of them or remove it",
                path=("metadata", "name"),
                address=address,
            )
        )
    return found


def _address(document: Document) -> Address:
    metadata = _mapping(document.value, "metadata")
    return Address(_kind_of(document.value), str(metadata.get("name")))


def _mapping(value: Json, key: str) -> JsonObject:
    inner = value.get(key) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}


def _desired(
    address: Address, document: Document, audiences: Mapping[str, Document], findings: list[Diagnostic]
) -> Desired:
    metadata = _mapping(document.value, "metadata")
    spec = _mapping(document.value, "spec")
    audience = _mapping(spec, "assignments").get("audience")
    if isinstance(audience, str):
        spec = {**spec, "assignments": _expanded(audience, address, document, audiences, findings)}
    previous = metadata.get("previousNames")
    return Desired(
        address,
        spec,
        document,
        audience if isinstance(audience, str) else None,
        {key: str(value) for key, value in _mapping(metadata, "labels").items()},
        tuple(str(name) for name in previous) if isinstance(previous, list) else (),
    )


def _expanded(
    name: str, address: Address, document: Document, audiences: Mapping[str, Document], findings: list[Diagnostic]
) -> JsonObject:
    if name not in audiences:
        findings.append(dangling(document, address, "Audience", name, audiences, ("spec", "assignments", "audience")))
        return {}  # whom it is for is not known: no one is not what it says
    listed = _mapping(audiences[name].value, "spec")
    return {side: listed[side] for side in ("include", "exclude") if side in listed}


def dangling(
    document: Document, address: Address, what: str, name: str, known: Iterable[str], path: Path
) -> Diagnostic:
    """The error of a reference to a spec that is not there, with the nearest name."""
    like = near(name, known)
    detail = f"did you mean {' or '.join(like)}?" if like else "declare it, or correct the name"
    return document.diagnostic(
        Severity.ERROR, "SPEC102", f"no {what} is called {name}", detail=detail, path=path, address=address
    )


def near(name: str, known: Iterable[str]) -> list[str]:
    """The names that one which is not known may stand for."""
    return get_close_matches(name, sorted(known), n=3, cutoff=0.5)


def files_digest(files: Sequence[tuple[str, bytes]]) -> str:
    """The digest of spec files by name and bytes, sorted by name: `specDigest` of a plan."""
    total = hashlib.sha256()
    for name, data in files:
        called = name.encode("utf-8", "surrogateescape")  # a file name need not be UTF-8
        total.update(f"{len(called)}:{len(data)}:".encode() + called + data)
    return f"sha256:{total.hexdigest()}"

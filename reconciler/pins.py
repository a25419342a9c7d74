"""`pins/TENANT.yaml`: the ids that names and addresses stood for when people last looked at them.

Written by `pin`, committed with the specs, and read by every command that plans: a name that suddenly stands for
another id is refused, and an object of ours that has lost its marker is recognised. Pure: bytes in and out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast, get_args

from .diagnostics import Diagnostic, Severity, has_errors
from .live import Pinned, Sort
from .model import Address, JsonObject
from .spec import schema, source
from .spec.source import Document

FOLDER: Final = "pins"
"""Where the files are, below the folder of the workspace."""
OBJECTS: Final = "objects"
_SORTS: Final[tuple[Sort, ...]] = get_args(Sort)
SECTIONS: Final = (*_SORTS, OBJECTS)

RULES: Final = {
    "PINS101": "The file holds not exactly one document.",
    "PINS102": "The file is of another tenant than its name says.",
    "PINS103": "The file was written for another directory id than the workspace has for its tenant.",
    "PINS104": "A name that was accepted stands for what it is pinned to.",
}
"""Rule ids of this module, each with what it means."""

_HEADER: Final = """\
# What names in the specs stood for in this tenant. Written by `reconciler pin`; commit it.
# A name that stands for another id is refused until `reconciler pin --accept NAME` says that it is meant.
"""
_PLAIN: Final = re.compile(r"[A-Za-z](?:[A-Za-z0-9 ._/()-]*[A-Za-z0-9._/()-])?")
"""Keys that need no quotes, whatever reads the file; words that YAML takes for something else have to be left out."""
_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_ESCAPES: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})


@dataclass(frozen=True, slots=True)
class Pins:
    """One tenant's pins. All ids are in lower case."""

    tenant: str
    tenant_id: str | None
    """The directory id; None where neither the workspace nor the token says it."""
    names: Pinned = field(default_factory=Pinned)
    objects: Mapping[Address, str] = field(default_factory=dict)
    """The live ids of objects that are managed."""

    def sections(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Every section with its entries, both in the order of the file."""
        for sort in _SORTS:
            yield sort, dict(sorted(self.names.of(sort).items()))
        yield OBJECTS, {str(address): live_id for address, live_id in sorted(self.objects.items())}


@dataclass(frozen=True, slots=True)
class PinChange:
    """One entry that differs between two states of a file: added, removed or changed."""

    section: str
    name: str
    before: str | None
    after: str | None

    @property
    def word(self) -> str:
        """`added`, `removed` or `changed`."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"

    def to_json(self) -> JsonObject:
        """The shape that `pin --format json` promises."""
        return {
            "section": self.section,
            "name": self.name,
            "change": self.word,
            "before": self.before,
            "after": self.after,
        }


def file_of(tenant: str) -> str:
    """Where a tenant's pins are, below the folder of the workspace, with forward slashes."""
    return f"{FOLDER}/{tenant}.yaml"


def load(name: str, content: bytes, *, tenant: str) -> tuple[Pins | None, list[Diagnostic]]:
    """The pins in these bytes, or None with the errors. `name` is what findings call the file. Never raises."""
    documents, findings = source.load(name, content)
    if has_errors(findings):
        return None, findings
    if len(documents) != 1:
        return None, [*findings, _not_one(name, documents)]
    document = documents[0]
    findings = [*findings, *schema.check_pins(document)]
    if not has_errors(findings):
        findings += _other_tenant(document, tenant)
    return (None if has_errors(findings) else _pins(document)), findings


def _not_one(name: str, documents: list[Document]) -> Diagnostic:
    message = f"a pins file holds one document, this holds {len(documents) or 'none'}"
    detail = "resolve what two branches made of it, or delete the file and run `reconciler pin`"
    if documents:
        return documents[1].diagnostic(Severity.ERROR, "PINS101", message, detail=detail)
    return Diagnostic(Severity.ERROR, "PINS101", f"{name}: {message}", detail)


def _other_tenant(document: Document, tenant: str) -> Iterator[Diagnostic]:
    given = cast(dict[str, Any], document.value)["tenant"]
    if given != tenant:
        yield document.diagnostic(
            Severity.ERROR,
            "PINS102",
            f"these are the pins of the tenant {given}, in the file for {tenant}",
            detail="ids of one tenant mean nothing in another: write each file with `reconciler pin --tenant NAME`",
            path=("tenant",),
        )


def _pins(document: Document) -> Pins:
    raw = cast(dict[str, Any], document.value)

    def ids(section: str) -> dict[str, str]:
        return {name: pinned.casefold() for name, pinned in raw.get(section, {}).items()}

    tenant_id = raw.get("tenantId")
    return Pins(
        raw["tenant"],
        tenant_id.casefold() if tenant_id else None,
        Pinned(ids("groups"), ids("filters"), ids("scopeTags")),
        {Address.parse(text): pinned for text, pinned in ids(OBJECTS).items()},
    )


def to_bytes(pins: Pins) -> bytes:
    """The file: the same bytes for the same pins. Ids are quoted, so that none is taken for a number."""
    lines = [f"apiVersion: {schema.API_VERSION}", "kind: Pins", f"tenant: {_key(pins.tenant)}"]
    if pins.tenant_id:
        lines.append(f"tenantId: {_quoted(pins.tenant_id)}")
    for section, entries in pins.sections():
        lines += [f"{section}:"] if entries else []
        lines += [f"  {_key(name)}: {_quoted(pinned)}" for name, pinned in entries.items()]
    return (_HEADER + "\n".join(lines) + "\n").encode()


def _key(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and text.casefold() not in _WORDS else _quoted(text)


def _quoted(text: str) -> str:
    """A double-quoted scalar. Nothing else needs an escape: the reader of specs takes no other invisible character."""
    return '"' + text.translate(_ESCAPES) + '"'


def difference(before: Pins | None, after: Pins) -> list[PinChange]:
    """What differs, in the order of the file."""
    old = dict(before.sections()) if before else {}
    return [
        PinChange(section, name, old.get(section, {}).get(name), entries.get(name))
        for section, entries in after.sections()
        for name in _in_order(old.get(section, {}), entries)
        if old.get(section, {}).get(name) != entries.get(name)
    ]


def _in_order(*sides: Iterable[str]) -> list[str]:
    return sorted({name for side in sides for name in side})

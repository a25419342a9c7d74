"""The ownership marker: one line at the end of an object's description or notes.

`[reconciler owner=contoso kind=JitSsoPolicy name=ios-jit-registration]` says which workspace made
or adopted an object. It is the only memory that the tool has of its own objects; there is no state
file. An object that several specs share (an app) carries one line an owner, each with the digests
of the assignments that this owner wrote. Pure text in, text out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .model import Address

_LINE = re.compile(r"[ \t]*\[reconciler((?: +[A-Za-z][A-Za-z-]*=[^\s\]]*)+) *\][ \t]*")


@dataclass(frozen=True, slots=True)
class Marker:
    """Who owns an object. `extra` keeps words that a newer version wrote and this one does not know."""

    owner: str
    kind: str
    name: str
    pairs: tuple[str, ...] = ()
    """Digests of the assignments of a shared object that this owner wrote, sorted."""
    extra: tuple[tuple[str, str], ...] = ()
    protected: bool = False
    """`lifecycle.preventDestroy`, remembered with the object: deleting the spec does not lift it."""

    @property
    def address(self) -> Address:
        return Address(self.kind, self.name)

    def line(self) -> str:
        """The marker as text."""
        words = [("owner", self.owner), ("kind", self.kind), ("name", self.name)]
        if self.pairs:
            words.append(("pairs", ",".join(self.pairs)))
        if self.protected:
            words.append(("protected", "yes"))
        return "[reconciler " + " ".join(f"{key}={value}" for key, value in (*words, *self.extra)) + "]"


ASIDE = "-replaced"


def set_aside(address: Address) -> Address:
    """The address of the old object while and after a new one takes its place."""
    return Address(
        address.kind, address.name[: 63 - len(ASIDE)].rstrip("-") + ASIDE
    )  # names have 63 characters at most


def unix(text: str) -> str:
    """A text with LF line ends: the service may answer with CR LF what was sent with LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse(text: str | None) -> tuple[str, tuple[Marker, ...]]:
    """The text without marker lines, and the markers, in the order of their lines.

    Whatever people wrote around the markers survives to the letter, but for line ends (`unix`).
    """
    if not text:
        return "", ()
    text = unix(text)
    if "[reconciler " not in text:
        return text, ()
    lines = [(line, _marker(line)) for line in text.split("\n")]
    return "\n".join(line for line, found in lines if not found), tuple(found for _, found in lines if found)


def compose(text: str | None, markers: Iterable[Marker]) -> str | None:
    """Text with its markers at the end, one a line; None where there is neither."""
    lines = [*([text] if text else []), *(marker.line() for marker in markers)]
    return "\n".join(lines) or None


def replace(markers: Sequence[Marker], ours: Marker | None, *, owners: Iterable[str], address: Address) -> list[Marker]:
    """The markers with the line of `address` by one of `owners` replaced by `ours`, or dropped if that is None."""
    known = set(owners)
    kept = [m for m in markers if not (m.owner in known and m.address == address)]
    return [*kept, ours] if ours else kept


def _marker(line: str) -> Marker | None:
    match = _LINE.fullmatch(line)
    if not match:
        return None
    values = dict(word.split("=", 1) for word in match.group(1).split())
    try:
        owner, kind, name = values.pop("owner"), values.pop("kind"), values.pop("name")
    except KeyError:
        return None
    pairs = tuple(sorted(filter(None, values.pop("pairs", "").split(","))))
    protected = values.pop("protected", "") == "yes"
    return Marker(owner, kind, name, pairs, tuple(sorted(values.items())), protected)

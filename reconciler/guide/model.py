"""A guide as a value: sections of blocks, blocks of spans. What `schemas/v1/guide.json` promises to readers.

A span says what it is, not how it looks: a word on a screen, a name, an address, literal text. Renderers isolate names
and addresses from the direction of the text around them, and escape all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..model import Json, JsonObject

Role = Literal["text", "strong", "label", "name", "link", "code"]
"""Plain words; words with weight; a word on a screen; a name that somebody gave; an address; literal text."""


@dataclass(frozen=True, slots=True)
class Span:
    """Some words of one sort."""

    text: str
    role: Role = "text"
    href: str | None = None
    """Of a link: https, mailto, tel, or a section of the same document (`#id`)."""

    def to_json(self) -> JsonObject:
        shown: JsonObject = {"role": self.role, "text": self.text}
        return shown if self.href is None else {**shown, "href": self.href}


Sentence: TypeAlias = "tuple[Span, ...]"


@dataclass(frozen=True, slots=True)
class Item:
    """One step or point: what to do, and what is good to know of it."""

    says: Sentence
    notes: tuple[Sentence, ...] = ()
    important: bool = False
    """Whether people who pass it over end up with a device that does not work."""

    def to_json(self) -> JsonObject:
        return {"says": _spans(self.says), "notes": [_spans(note) for note in self.notes], "important": self.important}


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a heading below the section's, a numbered or a plain list, or a table."""

    kind: Literal["paragraph", "heading", "steps", "points", "table"]
    says: Sentence = ()
    items: tuple[Item, ...] = ()
    rows: tuple[tuple[Sentence, ...], ...] = ()
    """Of a table: the first is its head."""

    def to_json(self) -> JsonObject:
        if self.kind == "table":
            return {"kind": self.kind, "rows": [[_spans(cell) for cell in row] for row in self.rows]}
        if self.kind in ("steps", "points"):
            return {"kind": self.kind, "items": [item.to_json() for item in self.items]}
        return {"kind": self.kind, "says": _spans(self.says)}


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the guide with a heading. `id` is a DNS label; `address` names the spec that it is about."""

    id: str
    title: Sentence
    blocks: tuple[Block, ...]
    address: str | None = None

    def to_json(self) -> JsonObject:
        return {
            "id": self.id,
            "title": _spans(self.title),
            "address": self.address,
            "blocks": [block.to_json() for block in self.blocks],
        }


@dataclass(frozen=True, slots=True)
class Guide:
    """A whole guide."""

    readers: Literal["employees", "admins"]
    tenant: str
    language: str
    direction: Literal["ltr", "rtl"]
    title: str
    intro: tuple[Block, ...]
    sections: tuple[Section, ...]

    def to_json(self) -> JsonObject:
        """The document that every format renders."""
        return {
            "formatVersion": 1,
            "readers": self.readers,
            "tenant": self.tenant,
            "language": self.language,
            "direction": self.direction,
            "title": self.title,
            "intro": [block.to_json() for block in self.intro],
            "sections": [section.to_json() for section in self.sections],
        }


def plain(text: str) -> Sentence:
    """A sentence of plain words."""
    return (Span(text),)


def name(text: str) -> Span:
    """A name that somebody gave to something."""
    return Span(text, "name")


def code(text: str) -> Span:
    """Literal text."""
    return Span(text, "code")


def link(href: str, text: str | None = None) -> Span:
    """An address, shown as itself unless a text is given."""
    return Span(text or href, "link", href)


def paragraph(says: Sentence) -> Block:
    return Block("paragraph", says)


def heading(says: Sentence) -> Block:
    return Block("heading", says)


def steps(*items: Item) -> Block:
    return Block("steps", items=items)


def points(*items: Sentence | Item) -> Block:
    return Block("points", items=tuple(each if isinstance(each, Item) else Item(each) for each in items))


def table(*rows: tuple[Sentence, ...]) -> Block:
    return Block("table", rows=rows)


def _spans(sentence: Sentence) -> Json:
    return [span.to_json() for span in sentence]

"""Markdown for the comment of a pull request: foreign text, blocks, the hidden marker, and what fits into a comment.

Written for GitHub (GFM), GitLab and Azure DevOps, which also act on plain words: mentions, issue numbers, addresses.
A backslash stops GitLab from that and not GitHub, which looks at the page after Markdown was read; an empty comment
behind the character stops GitHub, and nobody copies it along with the text.

Sources: https://github.github.com/gfm/, https://docs.gitlab.com/user/markdown/,
https://learn.microsoft.com/azure/devops/project/wiki/markdown-guidance.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .markup import plain
from .safe import LIMIT as LONGEST
from .safe import safe
from .style import page

LIMIT = 65_536
"""What GitHub takes as a comment, in characters. Counted in bytes here, of which no text has fewer."""
_ACTS = re.compile(
    r"(\\[@#$~!]|[%^&](?=\w)|:/(?=/)|:(?!\d+:\d)(?=[\w+-]+:)|\bGH(?=-\d)|\bwww(?=\\?\.))", re.ASCII | re.IGNORECASE
)
_NAME = 63
"""Characters of an owner's or a tenant's name; no workspace has longer ones."""
_TICKS = re.compile("`+")
_UNSAFE_IN_MARKER = re.compile(r"[^A-Za-z0-9_.-]|(?<=-)-|^-|-$")


def prose(text: str, *, limit: int = LONGEST) -> str:
    """Foreign text as words of a sentence: on one line, shown as it is, and nobody is called by it.

    Not for the beginning of a line, where `1.` begins a list and `/close` is an order to GitLab.
    """
    return _ACTS.sub(r"\1<!-- -->", plain(safe(text, limit=limit)))


def code(text: str, *, limit: int = LONGEST) -> str:
    """Foreign text as code, on one line: nothing is acted upon in it. Not for a table, whose cells a `|` ends."""
    shown = safe(text, limit=limit) or " "
    ticks = "`" * (_longest(_TICKS.findall(shown)) + 1)
    pad = " " * (shown[0] in "` " or shown[-1] in "` ")
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def tag(text: str, name: str = "code", *, limit: int = LONGEST) -> str:
    """Foreign text within an HTML element, for where Markdown is not read: the line that unfolds a block."""
    return f"<{name}>{html.escape(safe(text, limit=limit))}</{name}>"


def fence(lines: Sequence[str], language: str = "") -> list[str]:
    """Lines as a code block; nothing in them ends it. They have to be safe already."""
    ticks = "`" * max(3, _longest([run for line in lines for run in _TICKS.findall(line)]) + 1)
    return [ticks + language, *lines, ticks]


def folded(summary: str, lines: Sequence[str], *, unfolded: bool = False) -> list[str]:
    """Lines behind a line that unfolds them. `summary` is HTML, of `tag` and own words."""
    return [
        "<details open>" if unfolded else "<details>",
        f"<summary>{summary}</summary>",
        "",
        *lines,
        "",
        "</details>",
    ]


def marker(what: str, **names: str) -> str:
    """The hidden comment by which a later run finds what it wrote: `<!-- reconciler plan owner=… tenant=… -->`.

    It is the same for the same words, whatever else the page says. What a comment cannot hold is percent-encoded.
    """
    told = "".join(f" {key}={_UNSAFE_IN_MARKER.sub(_encoded, name[:_NAME])}" for key, name in names.items() if name)
    return f"<!-- reconciler {what}{told} -->"


def _encoded(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "replace"))


def _longest(runs: Iterable[str]) -> int:
    return max(map(len, runs), default=0)


@dataclass(frozen=True, slots=True)
class Piece:
    """One object of a page, in ever shorter forms. Where not even the last fits, it is counted."""

    forms: tuple[str, ...]
    """The longest first. Each is whole Markdown; one that begins with `- ` stands in a list with its neighbours."""
    counted: str = ""
    """What it is counted as where it is left out: `to create`."""
    rank: int = 0
    """The smaller, the more important: what has to be cut is cut from the largest on."""
    stays: bool = False
    """Whether its last form stands in every page. Only for a few short ones."""


@dataclass(frozen=True, slots=True)
class Section:
    """Pieces under a title, in their order. Without a title they follow what stands before."""

    pieces: tuple[Piece, ...]
    title: str = ""
    see: str = ""
    """Where all of it is, for the sentence that counts what was left out. Markdown."""


_SHORT = 200
"""Characters of a sentence where room is short."""
_NOTE = 400
"""Bytes that the sentence on what was left out may take, for each section."""
_LISTED = 0.6
"""The share of the room in which the shortest forms are placed before any longer one is."""


def sentence(told: str) -> Piece:
    """A paragraph that always stands, shortened where room is short. A first word in capitals stands out."""
    word, colon, rest = told.partition(": ")
    strong = f"**{word}:** " if colon and word.isalpha() and word.isupper() else ""
    said = rest if strong else told
    return Piece(tuple(block([strong + prose(said, limit=n)]) for n in (LONGEST, _SHORT)), stays=True)


def fitted(head: str, sections: Sequence[Section], tail: str = "", *, limit: int = LIMIT) -> str:
    """A page of at most `limit` bytes: head and tail whole, and of the pieces what fits, each whole or counted.

    Where it does not fit, the longest forms go first, of all pieces alike; then the less important pieces get their
    shortest form; then they are left out, and counted.
    """
    for level in (0, 1):
        chosen = [[_form(piece, level) for piece in section.pieces] for section in sections]
        shown = _page(head, sections, chosen, tail)
        if size(shown) <= limit:
            return shown
    room = limit - size(_page(head, sections, [[] for _ in sections], tail))
    return _page(head, sections, _chosen(sections, room), tail)


def _form(piece: Piece, level: int) -> str:
    return piece.forms[min(level, len(piece.forms) - 1)]


def _chosen(sections: Sequence[Section], room: int) -> list[list[str]]:
    """The form of each piece, empty where it is left out, of `room` bytes together."""
    chosen = [[piece.forms[-1] if piece.stays else "" for piece in section.pieces] for section in sections]
    places = [(s, p) for s, section in enumerate(sections) for p in range(len(section.pieces))]
    places.sort(key=lambda place: sections[place[0]].pieces[place[1]].rank)
    left = room - sum(_NOTE + size(section.title) + sum(map(_taken, chosen[s])) for s, section in enumerate(sections))
    spare = left - int(left * _LISTED)
    for listing, kept in ((True, spare), (False, 0), (True, 0)):
        for s, p in places:
            if listing != bool(chosen[s][p]):
                forms = sections[s].pieces[p].forms
                form = _longest_within(forms[-1:] if listing else forms[1:], left - kept + _taken(chosen[s][p]))
                left -= (_taken(form) - _taken(chosen[s][p])) if form else 0
                chosen[s][p] = form or chosen[s][p]
    return chosen


def _longest_within(forms: Sequence[str], room: int) -> str:
    return next((form for form in forms if _taken(form) <= room), "")


def _taken(form: str) -> int:
    """The bytes of a form with the line ends that set it apart."""
    return size(form) + 2 if form else 0


def _page(head: str, sections: Sequence[Section], chosen: Sequence[Sequence[str]], tail: str) -> str:
    blocks = [head]
    for section, forms in zip(sections, chosen, strict=True):
        shown = _joined(form for form in forms if form)
        left = _left_out(section, forms)
        if section.pieces and (shown or left):
            blocks += [f"### {section.title}"] * bool(section.title) + [shown] * bool(shown) + [left] * bool(left)
    return "\n\n".join([*blocks, *([tail] if tail else [])]) + "\n"


def _joined(forms: Iterable[str]) -> str:
    """Items of a list line by line, everything else with a blank line between."""
    shown: list[str] = []
    inside = False
    for form in forms:
        item = form.startswith("- ")
        shown += ["\n" if inside and item else "\n\n"] * bool(shown) + [form]
        inside = item and "\n" not in form
    return "".join(shown)


def _left_out(section: Section, forms: Sequence[str]) -> str:
    counts: dict[str, int] = {}
    for piece, form in zip(section.pieces, forms, strict=False):
        if not form:
            counts[piece.counted] = counts.get(piece.counted, 0) + 1
    if not counts:
        return ""
    told = ", ".join(f"{count} {what}".strip() for what, count in counts.items())
    see = f" {section.see}" if section.see else ""
    return f"**Not shown here for want of room: {told}.**{see}"


def size(text: str) -> int:
    """Bytes as UTF-8, of which no text has fewer than characters, however they are counted."""
    return len(text.encode("utf-8", "replace"))


def block(lines: Iterable[str]) -> str:
    """Lines as one piece of a page. Whatever a line holds, it stays one line and is no pipeline's command."""
    return page(lines).rstrip("\n")

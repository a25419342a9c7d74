"""A guide as Markdown. Pure: the document of `schemas/v1/guide.json` in, text with a line end out.

Names come from specs and may hold anything: they are shown as they are, and are never markup. In a language that is
written from right to left, names and addresses are isolated from the direction of the sentence around them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from .markup import plain
from .safe import safe

_MARKUP: Final = re.compile(r"([\\`*_\[\]<#|])")
_ISOLATE: Final = "\u2068{}\u2069"
_ISOLATE_LTR: Final = "\u2066{}\u2069"


def guide(document: Any) -> str:
    """The whole guide."""
    rtl = document["direction"] == "rtl"
    lines = [f'<div dir="rtl" lang="{document["language"]}">', ""] if rtl else []
    lines += [f"# {_plain(document['title'])}", "", *_blocks(document["intro"], rtl)]
    for section in document["sections"]:
        lines += [f'<a id="{section["id"]}"></a>', "", f"## {_sentence(section['title'], rtl)}", ""]
        lines += _blocks(section["blocks"], rtl)
    lines += ["</div>"] if rtl else []
    return "\n".join(lines).rstrip("\n") + "\n"


def _blocks(blocks: Any, rtl: bool) -> Iterator[str]:
    for block in blocks:
        kind = block["kind"]
        if kind == "table":
            yield from _table(block["rows"], rtl)
        elif kind == "heading":
            yield f"### {_sentence(block['says'], rtl)}"
        elif kind == "paragraph":
            yield _sentence(block["says"], rtl)
        else:
            yield from _items(block["items"], rtl, numbered=kind == "steps")
        yield ""


def _items(items: Any, rtl: bool, *, numbered: bool) -> Iterator[str]:
    for number, item in enumerate(items, 1):
        mark = f"{number}. " if numbered else "- "
        yield mark + _sentence(item["says"], rtl)
        yield from (f"{' ' * len(mark)}- {_sentence(note, rtl)}" for note in item["notes"])


def _table(rows: Any, rtl: bool) -> Iterator[str]:
    for index, row in enumerate(rows):
        yield "| " + " | ".join(_sentence(cell, rtl) for cell in row) + " |"
        if index == 0:
            yield "|" + " --- |" * len(row)


def _sentence(spans: Any, rtl: bool) -> str:
    return "".join(_span(span, rtl) for span in spans)


def _span(span: Any, rtl: bool) -> str:
    role, text = span["role"], span["text"]
    if role == "text":
        return _plain(text)
    if role in ("strong", "label"):
        shown = f"**{_plain(text)}**"
    elif role == "name":
        shown = plain(text)
    else:
        shown = _code(text) if role == "code" else _link(text, span["href"])
    href = span.get("href", "")
    if not rtl or role == "strong" or href.startswith("#"):  # the last are words of the page, as its title is
        return shown
    return (_ISOLATE_LTR if role == "code" or text in href else _ISOLATE).format(shown)


def _plain(words: str) -> str:
    """Words of the page itself: of what Markdown would act on, the little that can stand in them."""
    return _MARKUP.sub(r"\\\1", safe(words))


def _code(words: str) -> str:
    """Between more backticks than stand in it (CommonMark, code spans)."""
    shown = safe(words).replace("|", "\\u{7c}")
    fence = "`" * (max(map(len, re.findall("`+", shown)), default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _link(words: str, href: str) -> str:
    target = re.sub(r"[\s<>()\\|]", lambda found: f"%{ord(found[0]):02X}", safe(href))
    return f"<{target}>" if words == href == target else f"[{plain(words)}]({target})"

"""A guide as one self-contained HTML page, for a phone first. Pure: the document of `schemas/v1/guide.json` in.

The page loads nothing and runs nothing: its content security policy allows no source but the one style sheet in it, by
digest. Every text from a spec is escaped, made visible where it hides something, and isolated from the direction of the
sentence around it (`bdi`).
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any, Final

from . import page
from .elements import Html, element
from .safe import safe

STYLE: Final = """\
:root{color-scheme:light dark;--page:#fff;--ink:#1b1b1f;--soft:#55555e;--line:#d9d9e0;--card:#f5f5f8;--accent:#0a58a8;
--on-accent:#fff;--warn-page:#fff4d6;--warn-ink:#4a3200;--warn-line:#c98a00}
@media (prefers-color-scheme:dark){:root{--page:#131316;--ink:#ececf1;--soft:#b3b3bd;--line:#3a3a42;--card:#1e1e23;
--accent:#8cc2ff;--on-accent:#10263d;--warn-page:#352a10;--warn-ink:#ffe3a6;--warn-line:#d9a32b}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:17px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;
overflow-wrap:anywhere}
main{max-width:44rem;margin:0 auto;padding:1.25rem 1rem 3rem}
main.admins{max-width:64rem}
h1{font-size:1.7rem;line-height:1.2;margin:.25rem 0 .75rem}
h2{font-size:1.35rem;line-height:1.25;margin:2.25rem 0 .5rem;padding-block-start:1.25rem;
border-block-start:1px solid var(--line)}
h3{font-size:1.1rem;line-height:1.3;margin:1.5rem 0 .5rem}
p{margin:.5rem 0}
a{color:var(--accent);text-underline-offset:.15em}
ol,ul{margin:.5rem 0;padding:0}
li>p{margin:0}
ol{list-style:none;counter-reset:step}
ol>li{counter-increment:step;position:relative;padding-block:.6rem;padding-inline-start:2.75rem;min-height:3rem}
ol>li::before{content:counter(step);position:absolute;inset-inline-start:0;inset-block-start:.55rem;width:1.9rem;
height:1.9rem;border-radius:50%;background:var(--accent);color:var(--on-accent);font-weight:600;text-align:center;
line-height:1.9rem}
ul{padding-inline-start:1.2rem}
ul>li{padding-block:.25rem}
li>.note{color:var(--soft);font-size:1rem;margin-block-start:.3rem}
ul>li>.asked{font-weight:600}
li.important{background:var(--warn-page);color:var(--warn-ink);border:2px solid var(--warn-line);border-radius:.6rem;
padding-inline:3.25rem .75rem;margin-block:.5rem}
li.important::before{inset-inline-start:.75rem}
li.important>.note{color:inherit}
b,strong{font-weight:650}
code{font:.95em/1.4 ui-monospace,Menlo,Consolas,monospace;background:var(--card);border-radius:.25rem;
padding:.05em .3em}
.scroll{overflow-x:auto}
table{border-collapse:collapse;min-width:100%;font-size:1rem;overflow-wrap:normal}
th,td{text-align:start;vertical-align:top;padding:.4rem .6rem;border-block-end:1px solid var(--line);max-width:22rem}
th:nth-child(n+2),td:nth-child(n+2){min-width:7rem}
td:nth-child(3):not(:last-child){min-width:10rem}
@media print{:root{color-scheme:light;--page:#fff;--ink:#000;--soft:#333;--line:#999;--card:#fff;--accent:#000;
--on-accent:#fff;--warn-page:#fff;--warn-ink:#000;--warn-line:#000}body{font-size:11pt}main{max-width:none;padding:0}
li,h2,h3{break-inside:avoid}h2,h3{break-after:avoid}ol>li::before{print-color-adjust:exact;
-webkit-print-color-adjust:exact}}
"""
"""The style sheet: nothing below 16 pixels; logical sides, so that right-to-left needs no rules of its own."""
_SCHEMES: Final = ("https://", "mailto:", "tel:", "#")
"""What a link may lead to; anything else is shown and leads nowhere."""


def guide(document: Any) -> str:
    """The whole page."""
    title = document["title"]
    body = [
        element("h1", title),
        *map(Html, _blocks(document["intro"])),
        *(Html(line) for section in document["sections"] for line in _section(section)),
    ]
    language, direction = document["language"], document["direction"]
    return page.whole(title, body, style=STYLE, language=language, direction=direction, main=document["readers"])


def _section(section: Any) -> Iterator[str]:
    name = _shown(section["id"])
    yield f'<section id="{name}" aria-labelledby="{name}-title">'
    yield f'<h2 id="{name}-title">{_sentence(section["title"])}</h2>'
    yield from _blocks(section["blocks"])
    yield "</section>"


def _blocks(blocks: Any) -> Iterator[str]:
    for block in blocks:
        kind = block["kind"]
        if kind == "table":
            yield from _table(block["rows"])
        elif kind in ("steps", "points"):
            yield from _items(block["items"], "ol" if kind == "steps" else "ul")
        else:
            tag = {"heading": "h3", "paragraph": "p"}[kind]
            yield f"<{tag}>{_sentence(block['says'])}</{tag}>"


def _items(items: Any, tag: str) -> Iterator[str]:
    yield f'<{tag} role="list">'  # without markers some screen readers call it no list
    for item in items:
        notes = "".join(f'<p class="note">{_sentence(note)}</p>' for note in item["notes"])
        mark = ' class="important"' if item["important"] else ""
        asked = ' class="asked"' if notes and tag == "ul" else ""
        yield f"<li{mark}><p{asked}>{_sentence(item['says'])}</p>{notes}</li>"
    yield f"</{tag}>"


def _table(rows: Any) -> Iterator[str]:
    head, *others = rows
    yield '<div class="scroll" tabindex="0"><table>'
    yield "<thead><tr>" + "".join(f'<th scope="col">{_sentence(cell)}</th>' for cell in head) + "</tr></thead>"
    yield "<tbody>"
    yield from ("<tr>" + "".join(f"<td>{_sentence(cell)}</td>" for cell in row) + "</tr>" for row in others)
    yield "</tbody></table></div>"


def _sentence(spans: Any) -> str:
    return "".join(_span(span) for span in spans)


def _span(span: Any) -> str:
    role, text = span["role"], _shown(span["text"])
    if role == "link":
        return _link(text, span["href"], isolated=span["text"] in span["href"])
    return {
        "text": text,
        "strong": f"<strong>{text}</strong>",
        "label": f"<b><bdi>{text}</bdi></b>",
        "name": f"<bdi>{text}</bdi>",
        "code": f'<code dir="ltr">{text}</code>',
    }[role]


def _link(text: str, href: str, *, isolated: bool) -> str:
    """A link; an address that is shown as itself reads from left to right in every language.

    What leads to a section of the page are words of the page, so it reads as they do.
    """
    shown = f'<bdi dir="ltr">{text}</bdi>' if isolated else text if href.startswith("#") else f"<bdi>{text}</bdi>"
    if not href.startswith(_SCHEMES):
        return shown
    return f'<a href="{_shown(href)}">{shown}</a>'


def _shown(text: str) -> str:
    return escape(safe(text), quote=True)

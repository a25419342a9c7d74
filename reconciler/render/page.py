"""The page around all HTML that is made here: self-contained, and unable to load or to run what is not its own.

`whole` makes a page from its title and body; the other functions are the parts that pages share. The content security
policy allows no source but the style sheet and the script in the page, each by its digest, so that even markup that
slipped through could do nothing. `page.css` has the colours of both schemes, print and all components; `page.js` adds
filters, folding and the keyboard, and every page is complete without it.

    sections = [page.section("runs", "Runs", page.table(...)), page.section("waived", "Waived", ...)]
    page.whole("Report on sandbox", sections, top=element("header", element("h1", "...")))
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Final, Literal

from .elements import NOTHING, Child, Html, element, lines

Tone = Literal["plain", "good", "bad", "warn", "info", "swap"]
"""What a colour says; beside it there is always a word or a sign that says the same."""
_DIFF: Final = {"+": "ins", "-": "del"}
_CLASS: Final = {"!": "altered", " ": "same", "@": "same"}
_FOLDER: Final = Path(__file__).parent


def whole(
    title: str,
    body: Iterable[Child],
    *,
    top: Html | None = None,
    style: str | None = None,
    scripted: bool = False,
    language: str = "en",
    direction: str = "ltr",
    main: str | None = None,
) -> str:
    """The whole page. `body` is its main content, `top` a header above that.

    `style` replaces the shared style sheet, `scripted` adds the script, `main` is a class of the main element.
    """
    sheet = asset("page.css") if style is None else style
    script = asset("page.js") if scripted else ""
    skip = element("a", "Skip to the content", class_="skip", href="#main") if top else None
    head = [
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy(sheet, script)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="format-detection", content="telephone=no"),
        element("title", title),
        element("style", Html(sheet)),
    ]
    content = element("main", _apart(body), class_=main, id="main" if top else None)
    parts = [skip, top, content, element("script", Html(script)) if script else None]
    sides = lines([element("head", _apart(head)), element("body", _apart(parts))])
    return lines([Html("<!doctype html>"), element("html", _apart([sides]), lang=language, dir=direction)]) + "\n"


def _apart(parts: Iterable[Child]) -> Html:
    """Parts on lines of their own, between the tags around them."""
    return Html(f"\n{lines(parts)}\n")


@cache
def asset(name: str) -> str:
    """A file of this package that goes into pages."""
    return (_FOLDER / name).read_text(encoding="utf-8")


def policy(style: str, script: str = "") -> str:
    """A content security policy for a page with this style sheet and this script."""
    allowed = f"style-src 'sha256-{_digest(style)}'" + (f"; script-src 'sha256-{_digest(script)}'" if script else "")
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


# Parts that pages share


def name(text: str) -> Html:
    """A name that somebody gave, isolated from the direction of what stands around it."""
    return element("bdi", text)


def code(text: str) -> Html:
    """An address, an id or a path: left to right whatever it holds, says the style sheet."""
    return element("code", text)


def badge(word: str, tone: Tone = "plain", sign: str = "") -> Html:
    """A word in a frame, with the sign that says the same without colour."""
    return element("span", word, class_=f"badge {tone}", data_sign=sign or None)


def callout(tone: Tone, title: Child, *more: Child, **attributes: str | None) -> Html:
    """Something to be read before the rest."""
    return element("div", element("p", element("strong", title)), *more, class_=f"callout {tone}", **attributes)


def section(identifier: str, title: Child, *content: Child, count: int | None = None, intro: Child = None) -> Html:
    """A part of the page with a heading; nothing where it has no content."""
    if not any(content):
        return NOTHING
    number = element("span", str(count), class_="count") if count is not None else None
    head = element("h2", title, Html(" ") if number else None, number, id=f"{identifier}-title")
    said = element("p", intro, class_="soft") if intro else None
    return element("section", lines([head, said, *content]), id=identifier, aria_labelledby=f"{identifier}-title")


def facts(pairs: Iterable[tuple[Child, Child]]) -> Html:
    """Names with their values; a pair without a value is left out."""
    shown = [element("div", element("dt", word), element("dd", value)) for word, value in pairs if value]
    return element("dl", *shown, class_="facts") if shown else NOTHING


def table(head: Sequence[Child], rows: Iterable[Sequence[Child]], *, caption: str, class_: str | None = None) -> Html:
    """A table whose first column names the row. It scrolls within itself where it is wider than the screen."""
    title = element("caption", caption, class_="unseen")
    top = element("thead", element("tr", *(element("th", cell, scope="col") for cell in head)))
    body = [
        element("tr", element("th", first, scope="row"), *(element("td", cell) for cell in rest))
        for first, *rest in rows
    ]
    if not body:
        return NOTHING
    return scrolling(element("table", title, top, element("tbody", *body), class_=class_), caption)


def scrolling(content: Html, label: str) -> Html:
    """Content that may be wider than the screen; the keyboard can scroll it."""
    return element("div", content, class_="scroll", tabindex="0", role="group", aria_label=label)


def diff(changed: Iterable[str]) -> Html:
    """Lines with a sign each: what goes, what comes, what changes inside, and what only stands there."""
    shown = [element(_DIFF.get(line[:1], "span"), line, Html("\n"), class_=_CLASS.get(line[:1])) for line in changed]
    return element("pre", *shown, class_="diff") if shown else NOTHING


def fold(title: Child, *content: Child, opened: bool = False, class_: str | None = None) -> Html:
    """Content under a title that folds and unfolds it; printed unfolded."""
    return element("details", element("summary", title), *content, open=opened, class_=class_)


def items(parts: Iterable[Child], *, class_: str | None = None, tag: Literal["ul", "ol"] = "ul") -> Html:
    """A list; nothing where it is empty. The role keeps it one where its markers are not shown."""
    shown = [element("li", part) for part in parts if part]
    return element(tag, *shown, class_=class_, role="list") if shown else NOTHING


def instant(text: str) -> Html | None:
    """A time in UTC as people read it: to the minute, with its zone."""
    if not text:
        return None
    return element("time", f"{text[:10]} {text[11:16]} UTC", datetime=text)


def unseen(text: str) -> Html:
    """Words for those who listen to the page."""
    return element("span", text, class_="unseen")

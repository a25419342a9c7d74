"""HTML made of elements, so that no name ever becomes markup: what is no `Html` is escaped where it is put in.

Shared by all pages. A text is made safe first (`safe`): on one line, and with code points for what hides itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

from .safe import safe

VOID: Final = frozenset({"br", "col", "hr", "input", "link", "meta", "wbr"})
"""Elements of HTML without content and without an end."""

Child = str | None


class Html(str):
    """Markup that stands as it is. Everything else that is put into an element is text."""

    __slots__ = ()


NOTHING: Final = Html("")


def element(tag: str, *children: Child, **attributes: str | int | bool | None) -> Html:
    """An element. `class_` and `for_` stand for reserved words, `_` in a name for `-`.

    An attribute that is None or False is left out, one that is True has no value.
    """
    opening = f"<{tag}{''.join(_attribute(name, value) for name, value in attributes.items())}>"
    if tag in VOID:
        return Html(opening)
    return Html(f"{opening}{''.join(map(inner, children))}</{tag}>")


def inner(child: Child) -> str:
    """What stands inside an element: markup as it is, text escaped, nothing for None."""
    if isinstance(child, Html):
        return child
    return escape(safe(child), quote=False) if child else ""


def joined(parts: Iterable[Child], separator: Child = "") -> Html:
    """Several parts as one."""
    return Html(inner(separator).join(inner(part) for part in parts if part))


def lines(parts: Iterable[Child]) -> Html:
    """Several parts, each on a line of its own in the source of the page."""
    return Html("\n".join(inner(part) for part in parts if part))


def _attribute(name: str, value: str | int | bool | None) -> str:
    if value is None or value is False:
        return ""
    shown = name.rstrip("_").replace("_", "-")
    return f" {shown}" if value is True else f' {shown}="{_quoted(str(value))}"'


def _quoted(value: str) -> str:
    """What stands between the double quotes of an attribute, where only these would end it."""
    return escape(safe(value), quote=False).replace('"', "&quot;")

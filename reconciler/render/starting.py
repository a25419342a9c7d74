"""What `init` made, as text for people. Called by `cli.init`."""

from __future__ import annotations

import shlex

from ..model import JsonObject
from .members import number, objects, raw, texts
from .members import text as said
from .safe import safe
from .style import Style, pad, page, plural, wrap

_NEXT = (
    ("reconciler validate", "are the specs right?"),
    ("reconciler plan", "what would change in the sandbox: no account, no network"),
    ("reconciler apply --tenant sandbox", "change it"),
    ("reconciler drift", "does it still look like the specs?"),
    ("git init", "where there is no repository yet: history, compare and pull requests rest on it"),
)
_NEXT_OF_OTHERS = (("reconciler validate", "are the specs right?"), ("reconciler plan", "what would change"))
"""Where the workspace was there before: its tenants are not known here."""


def text(document: JsonObject, *, style: Style) -> str:
    """The parts with their meaning, what was left alone, what is left to do, and the first commands."""
    folder, made, kept = raw(document, "folder"), texts(document, "made"), texts(document, "kept")
    where = "here" if folder == "." else f"in {safe(folder)}"
    lines = [
        f"{plural(len(made), 'file')} made {where}, owner {safe(raw(document, 'owner'))}" if made else "Nothing made"
    ]
    lines += _table([(_named(part), said(part, "what")) for part in objects(document, "parts")], style)
    if kept:
        lines += ["", style.paint("There already, left as they are", "bold"), *(f"  {safe(path)}" for path in kept)]
    if todo := texts(document, "todo"):
        lines += ["", style.paint("Left to you", "bold")]
        lines += [line for each in todo for line in wrap(safe(each), width=style.width, first="  ", rest="    ")]
    following = _NEXT if "reconciler.yaml" in made else _NEXT_OF_OTHERS
    go = [] if folder == "." else [f"  cd {safe(shlex.quote(folder))}"]
    lines += ["", style.paint("Next", "bold"), *go, *_table([*following], style)]
    return page(lines)


def _named(part: JsonObject) -> str:
    """Folders are told with the number of their files."""
    path, files = said(part, "path"), number(part, "files")
    return f"{path}/ ({files} files)" if files > 1 else path


def _table(rows: list[tuple[str, str]], style: Style) -> list[str]:
    width = max((len(name) for name, _ in rows), default=0)
    lines: list[str] = []
    for name, meaning in rows:
        lines += wrap(meaning, width=style.width, first=f"  {pad(name, width)}  ", rest=" " * (width + 4))
    return [line.rstrip() for line in lines]

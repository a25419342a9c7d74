"""Writes the source of the documentation site into a folder: the pages of docs/, and a page for each chapter of rules.

`python docs/site/source.py FOLDER`. The pages are those that people read in the repository; what leads out of them to
other files of the repository is text here, because a site has no such files.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from reconciler.render import rules as render
from reconciler.rules import REGISTRY, catalog

ROOT = Path(__file__).resolve().parent.parent.parent
BESIDE = ("CHANGELOG.md", "SECURITY.md")
"""Pages that stand at the top of the repository."""
_OUT = re.compile(r"\[([^\]]*)\]\((\.\./[^)]*)\)")
_HTTP = re.compile(r"^```http$", re.MULTILINE)


def pages() -> Iterator[tuple[str, str]]:
    """Name and text of every page."""
    for path in sorted((ROOT / "docs").glob("*.md")):
        yield path.name, _inward(path.read_text("utf-8"))
    for name in BESIDE:
        yield name, _inward((ROOT / name).read_text("utf-8").replace("](docs/", "]("))
    yield "index.md", (ROOT / "docs" / "site" / "index.md").read_text("utf-8")
    yield from _rules()


def _inward(text: str) -> str:
    """The text without links that lead out of the site. `http` is no lexer that takes a request without a version."""

    def replaced(link: re.Match[str]) -> str:
        inside = link[2].removeprefix("../") in BESIDE
        return f"[{link[1]}]({link[2].removeprefix('../')})" if inside else link[1]

    return _HTTP.sub("```text", _OUT.sub(replaced, text))


def _rules() -> Iterator[tuple[str, str]]:
    """A page for each chapter of the rule pack, with every rule as `explain` tells it, and their list."""
    chapters: dict[str, list[str]] = {}
    for rule in REGISTRY.values():
        told = render.explained_markdown(catalog.explained(rule, None))
        chapters.setdefault(catalog.chapter(rule), []).append(re.sub(r"\A###", "##", told))
    names = {title: re.sub(r"\W+", "-", title.lower()).strip("-") for title in chapters}
    for title, told in chapters.items():
        yield f"reference/{names[title]}.md", "\n".join([f"# {title}", *told])
    contents = "\n".join(names.values())
    yield "reference/index.md", f"# Every rule\n\n```{{toctree}}\n:maxdepth: 2\n\n{contents}\n```\n"


def main(folder: Path) -> None:
    """Write all pages; the folder is new or empty."""
    for name, text in pages():
        page = folder / name
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""Rewrites the golden pages: `python -m tests.render.rewrite`. The review of that diff is the review of the output."""

from __future__ import annotations

from .pages import FOLDER, PAGES, visible


def rewrite() -> None:
    """One file a page, and no others."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.txt"):
        old.unlink()
    for name, page in PAGES.items():
        (FOLDER / f"{name}.txt").write_text(visible(page()), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    rewrite()

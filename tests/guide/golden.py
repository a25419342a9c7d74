"""The golden pages: `python -m tests.guide.golden` writes them anew; the review of the difference is that of the text.

One for each enrollment type in English, one in each other language, and the runbook.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from . import given

FOLDER = Path(__file__).parent / "golden"
PAGES: dict[str, Callable[[], str]] = {
    **{
        f"{name}.en.md": lambda name=name: given.markdown(given.page(*given.EVERYTHING, only=name))  # type: ignore[misc]
        for name in given.PROFILES
    },
    "everybody.en.md": lambda: given.markdown(given.page(given.WEB)).partition('<a id="trouble">')[0],
    "account.de.md": lambda: given.markdown(given.page(given.ACCOUNT, language="de")),
    "web.he.md": lambda: given.markdown(given.page(given.WEB, language="he")),
    "runbook.md": lambda: given.markdown(given.admin(*given.EVERYTHING, groups={"Executives": "SG-Mobile-Exec"})),
}


def write() -> None:
    """Bring the files up to date."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    for name, made in PAGES.items():
        (FOLDER / name).write_text(made(), encoding="utf-8")


if __name__ == "__main__":
    write()

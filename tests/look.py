"""Pages as pictures, to be looked at, and what a browser can say about them: `make look` writes to build/look.

Whether a page is pleasant to read is for eyes to say; what can be measured is checked, and fails. Without a browser
nothing is rendered, and that is said.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reconciler.render import compare_html, drift_html, plan_html, report_html
from tests import browser, page_checks
from tests.drift import documents as drift_documents
from tests.guide import given
from tests.render import plan_documents
from tests.reporting.test_hostile import DOCUMENT as REPORT
from tests.review import test_compare

FOLDER = Path("build") / "look"
EXAMPLE = Path(__file__).parent / "golden" / "example" / "plan.json"
LARGE = 1000
LARGEST = 5 << 20
"""Bytes of the page of so many changes."""


def guides() -> dict[str, str]:
    """Pages of `guide` by name: everything in each language, one profile, and the runbook."""
    found = {f"all-{each}": given.html(given.page(*given.EVERYTHING, language=each)) for each in ("en", "de", "he")}
    found |= {f"web-{each}": given.html(given.page(given.WEB, given.CLIP, language=each)) for each in ("en", "he")}
    return {**found, "runbook": given.html(given.admin(*given.EVERYTHING))}


def plans() -> dict[str, str]:
    """Pages of plans by name: the example against the embedded Graph, one with everything, and many changes."""
    documents: dict[str, Any] = {
        "plan-example": json.loads(EXAMPLE.read_text(encoding="utf-8")),
        "plan-reviewed": plan_documents.reviewed(),
        f"plan-{LARGE}": plan_documents.many(LARGE),
    }
    return {name: plan_html.plan(document) for name, document in documents.items()}


def others() -> dict[str, str]:
    """Pages of drift, of what specs accepted of it, of a comparison of two revisions, and of a report."""
    compared = test_compare.compared(test_compare.CASES["a group falls to the next profile"])
    return {
        "drift": drift_html.drift(drift_documents.everything()),
        "drift-accepted": drift_html.drift(drift_documents.accepting()),
        "drift-none": drift_html.drift(
            drift_documents.everything(findings=[], diagnostics=[], summary={"findings": 0})
        ),
        "compare": compare_html.compare(compared),
        "report": report_html.report(REPORT),
    }


def written(name: str, text: str) -> Path:
    """The page as a file."""
    page = FOLDER / f"{name}.html"
    page.write_text(text, encoding="utf-8")
    return page


def pictures(tab: browser.Tab, page: Path, *, whole: bool) -> None:
    """A page at the sizes of a phone and a desktop, in both colour schemes."""
    for size, (width, _) in (("phone", page_checks.PHONE), ("desktop", page_checks.DESKTOP)):
        for scheme in ("light", "dark"):
            path = page.with_name(f"{page.stem}-{size}-{scheme}.png")
            tab.picture(path, width, dark=scheme == "dark", most=6000 if whole else 2000)


def looked_at(tab: browser.Tab, page: Path, text: str) -> Iterator[str]:
    """Opens the page of a plan and says what is wrong with it."""
    tab.show_as(*page_checks.PHONE)
    tab.open(page)
    large = page.stem.endswith(str(LARGE))
    checks = [c for c in page_checks.CHECKS if not large or c.name in ("quiet", "fits", "named")]
    yield from (f"{page.stem}: {each.name}: {said}" for each in checks for said in each.complaints(tab))
    pictures(tab, page, whole=not large)
    if large:
        yield from measured(tab, page, text)
    else:
        tab.printed(page.with_suffix(".pdf"))
        with tab.without_scripts():
            tab.open(page)
            yield from (f"{page.stem}: without scripts: {said}" for said in page_checks.without_scripts(tab))


def measured(tab: browser.Tab, page: Path, text: str) -> Iterator[str]:
    """Size and times of the large page, printed; what is beyond the bounds."""
    tab.show_as(*page_checks.DESKTOP)
    tab.open(page)
    seconds = page_checks.speed(tab)
    size = len(text.encode())
    print(
        f"{page.stem}: {size / (1 << 20):.2f} MiB; " + ", ".join(f"{k} {v * 1000:.0f} ms" for k, v in seconds.items())
    )
    yield from (f"{page.stem}: {said}" for said in page_checks.too_slow(seconds))
    if size > LARGEST:
        yield f"{page.stem}: {size} bytes, at most {LARGEST} are allowed"


def main() -> int:
    """0; 1 without a browser, or where a page is not as it has to be."""
    program = browser.found()
    if program is None:
        print(f"NOTHING WAS RENDERED: none of {', '.join(browser.NAMES)} is installed.", file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    with browser.started(program) as tab:
        for name, text in {**guides(), **others()}.items():
            tab.show_as(*page_checks.PHONE)
            tab.open(page := written(name, text))
            found = [*page_checks.quiet(tab), *page_checks.fits(tab), *page_checks.contrasts(tab)]
            wrong += [f"{name}: {each}" for each in found]
            pictures(tab, page, whole=True)
        for name, text in plans().items():
            wrong += looked_at(tab, written(name, text), text)
    print(f"{len(list(FOLDER.glob('*.png')))} pictures are in {FOLDER}")
    print("\n".join(wrong), file=sys.stderr, end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

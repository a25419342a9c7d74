"""The golden pages. `python -m tests.render.rewrite` rewrites them; read the diff as a user would read the output."""

from __future__ import annotations

import json

import pytest

from reconciler.render import text
from reconciler.render.text import Style

from . import documents as given
from .hostile import complaints, without_color
from .pages import FOLDER, PAGES, visible


@pytest.mark.parametrize("name", PAGES)
def test_page_is_as_reviewed(name: str) -> None:
    assert visible(PAGES[name]()) == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


def test_no_page_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_page_is_clean(name: str) -> None:
    assert complaints(without_color(PAGES[name]())) == []


@pytest.mark.parametrize("full", [False, True])
def test_colour_says_nothing_that_the_words_do_not(full: bool) -> None:
    for document in (given.everything(), given.refusing()):
        colored = text.plan(document, style=Style(color=True), requests=True, full=full)
        assert "\x1b[" in colored
        assert without_color(colored) == text.plan(document, style=Style(), requests=True, full=full)


def test_a_saved_plan_looks_like_a_fresh_one() -> None:
    saved = json.loads(json.dumps(given.everything(), sort_keys=True))
    assert text.plan(saved, style=Style(), requests=True) == text.plan(given.everything(), style=Style(), requests=True)


@pytest.mark.parametrize("full", [False, True])
def test_every_change_and_every_value_is_shown(full: bool) -> None:
    page = text.plan(given.everything(), style=Style(), full=full)
    for change in given.ALL_CHANGES[:-1]:
        assert f" {change.address} " in page
        for name in _names([[field.before, field.after] for field in change.fields if field.path != "/marker"]):
            assert name in page


def test_requests_are_shown_in_order_and_to_the_letter() -> None:
    document = given.everything()
    page = text.plan(document, style=Style(), requests=True)
    shown = page[page.index("Requests, in order") :].split("\n\nOrphaned")[0]
    steps = sorted((o for c in document["changes"] for o in c["operations"]), key=lambda o: o["step"])
    places = [shown.index(f"    {o['step']}. {o['method']} {o['path']}\n") for o in steps]
    assert places == sorted(places)
    for place, operation, following in zip(places, steps, [*places[1:], None], strict=True):
        body = shown[place:following].partition("\n")[2]
        if "body" in operation:
            assert json.JSONDecoder().raw_decode(body.strip())[0] == operation["body"]
        else:
            assert not body.strip().startswith("{")


def test_requests_are_said_to_be_none() -> None:
    assert "Requests: none\n" in text.plan(given.made_plan().to_json(), style=Style(), requests=True)


def test_nothing_follows_the_summary() -> None:
    assert text.plan(given.refusing(), style=Style()).splitlines()[-1].startswith("Plan: 0 to create, 1 to update")


def _names(value: object) -> list[str]:
    """The names of groups, filters and bundle ids in a value of a field, unless both sides have them."""
    if isinstance(value, str):
        return [value] if value.startswith("com.x") or (" " in value and "\n" not in value) else []
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [name for child in children for name in _names(child)]

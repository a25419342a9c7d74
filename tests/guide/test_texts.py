"""The texts of the page: every language says the same, nothing is missing, and nothing is left over."""

from __future__ import annotations

import json
import unicodedata
from importlib.resources import files
from string import Formatter
from typing import Any

import pytest

from reconciler import guide
from reconciler.cli.arguments import parser
from reconciler.guide import employees
from reconciler.guide.language import LANGUAGES, Texts, texts_of
from tests.docs_parts import commands

from . import given

FOLDER = files(guide) / "texts"


def read(language: str) -> Any:
    return json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))


def placeholders(text: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(text) if field is not None}


def test_each_language_has_a_file_and_can_be_asked_for() -> None:
    assert {each.name.removesuffix(".json") for each in FOLDER.iterdir()} == set(LANGUAGES)
    assert parser()
    option = next(a for a in commands()["guide"]._actions if "--lang" in a.option_strings)
    assert tuple(option.choices or ()) == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_every_text_with_the_same_placeholders(language: str) -> None:
    english, other = read("en"), read(language)
    assert list(other["labels"]) == list(english["labels"])
    assert list(other["texts"]) == list(english["texts"])
    differing = [k for k, text in english["texts"].items() if placeholders(text) != placeholders(other["texts"][k])]
    assert differing == []
    assert [k for k, text in {**other["texts"], **other["labels"]}.items() if not text.strip()] == []


@pytest.mark.parametrize("language", sorted({*LANGUAGES} - {"en"}))
def test_a_language_is_translated(language: str) -> None:
    """Texts of more than two words are nowhere the English ones."""
    english, other = read("en")["texts"], read(language)["texts"]
    assert [k for k, text in english.items() if len(text.split()) > 2 and other[k] == text] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_is_written_in_its_direction(language: str) -> None:
    found = texts_of(language)
    letters = [unicodedata.bidirectional(c) for text in found.texts.values() for c in text if c.isalpha()]
    right = sum(each in ("R", "AL") for each in letters) / len(letters)
    assert (right > 0.5) == (found.direction == "rtl")


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_hide_nothing(language: str) -> None:
    """Directions are the business of the renderers, and so is markup."""
    every = "".join([*texts_of(language).texts.values(), *texts_of(language).labels.values()])
    assert {
        c for c in every if unicodedata.category(c) in ("Cc", "Cf", "Co", "Cn", "Zl", "Zp") or c in "<*`[\\"
    } == set()


def test_a_text_that_is_missing_is_an_error() -> None:
    found = Texts("xx", "ltr", {}, {"one": "Tap {settings}."})
    with pytest.raises(KeyError):
        found("two")
    with pytest.raises(KeyError):
        found("one")


class Asked(dict[str, str]):
    """Remembers which texts were asked for."""

    def __init__(self, known: Any) -> None:
        super().__init__(known)
        self.seen: set[str] = set()

    def __getitem__(self, key: str) -> str:
        self.seen.add(key)
        return super().__getitem__(key)


def test_every_text_and_label_is_used() -> None:
    labels, words = Asked(texts_of("en").labels), Asked(texts_of("en").texts)
    watched = Texts("en", "ltr", labels, words)
    unassigned = given.WEB.replace("  assignments: {include: [allUsers]}\n", "").replace("name: web", "name: told")
    bare = given.WEB.replace(given.ONBOARDING + "}", "onboarding: {}")
    company = given.CHOICE.replace("      - {owner: company, type: deviceEnrollmentWithCompanyPortal}\n", "")
    for specs, more in (
        (given.EVERYTHING, {}),
        ((given.WEB, given.ACCOUNT, unassigned), {"support": {}}),
        ((bare,), {"support": {}, "cloud": "china"}),
        ((given.PORTAL,), {}),
        ((company,), {}),
    ):
        employees.page(given.situation(*specs, **more), watched)
    assert set(words) - words.seen == set()
    assert set(labels) - labels.seen == set()

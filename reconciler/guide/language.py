"""The texts of the employees' page, one file for each language, and how they become sentences.

`texts/CODE.json` holds all of one language: `labels` are words as they stand on the phone's screen, `texts` are
sentences with placeholders in braces. A placeholder is a label of the file or a value that the guide gives. A text that
is missing is an error, never another language's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Final, Literal

from .model import Sentence, Span

LANGUAGES: Final = ("en", "de", "he")
"""The languages that there are; a test compares them with the files."""


@dataclass(frozen=True, slots=True)
class Texts:
    """All texts of one language."""

    language: str
    direction: Literal["ltr", "rtl"]
    labels: Mapping[str, str]
    texts: Mapping[str, str]

    def __call__(self, key: str, **values: Span | Sentence) -> Sentence:
        """The sentence of that key. Raises `KeyError` for a key or placeholder that nothing stands for."""
        spans: list[Span] = []
        for literal, field, _, _ in Formatter().parse(self.texts[key]):
            if literal:
                spans.append(Span(literal))
            if field is not None:
                found = values[field] if field in values else Span(self.labels[field], "label")
                spans += (found,) if isinstance(found, Span) else found
        return tuple(spans)

    def plain(self, key: str) -> str:
        """A text without placeholders."""
        return self.texts[key]

    def either(self, names: tuple[Span, ...]) -> Sentence:
        """Several names as alternatives: `A`, `A or B`, `A, B or C`."""
        spans: list[Span] = []
        for index, each in enumerate(names):
            if index:
                spans.append(Span(self.texts["list.last" if index == len(names) - 1 else "list.next"]))
            spans.append(each)
        return tuple(spans)


@cache
def texts_of(language: str) -> Texts:
    """The texts of one of `LANGUAGES`."""
    path = files(__package__).joinpath("texts", f"{language}.json")
    found = json.loads(path.read_text(encoding="utf-8"))
    return Texts(language, found["direction"], found["labels"], found["texts"])

"""Laws of `style` over specs written in any way: the data, the comments and the style itself stay."""

from __future__ import annotations

import re
from collections import Counter

from hypothesis import given, note
from hypothesis import strategies as st

from reconciler.spec import source
from reconciler.spec.style import formatted
from tests.spec.messy import Writer

COMMENT = re.compile(r"# comment \d+[^\n]*|# yaml-language-server[^\n]*|# of the text")


def said(text: str) -> list[object]:
    documents, findings = source.load("x.yaml", text.encode())
    assert findings == []
    return [(document.index, document.value) for document in documents]


@given(st.integers(0, 2**63))
def test_data_and_comments_stay_and_formatting_again_changes_nothing(seed: int) -> None:
    messy = Writer(seed)
    note(messy.text)
    assert [value for _, value in said(messy.text)] == messy.values, "the writer writes what it says"
    styled = formatted(messy.text, "x.yaml")
    note(styled)
    assert said(styled) == said(messy.text)
    assert comments(styled) == comments(messy.text)
    assert formatted(styled, "x.yaml") == styled


def comments(text: str) -> Counter[str]:
    return Counter(found.rstrip() for found in COMMENT.findall(text))

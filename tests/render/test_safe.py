"""Foreign text: nothing hidden in it stays hidden, nothing in it acts, and what is quoted can be read back."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.render.safe import LIMIT, quoted, safe, visible, without_commands

from .hostile import PAYLOADS, complaints

ANY_TEXT = st.text(st.characters(), max_size=60) | st.sampled_from(sorted(PAYLOADS.values(), key=len)[:-1])
LAW = settings(deadline=None, max_examples=50)


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_hostile_text_is_harmless(payload: str) -> None:
    assert complaints(safe(payload) + "\n") == []
    assert complaints(quoted(payload) + "\n") == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Vertrieb Süd – 営業 ✓", "Vertrieb Süd – 営業 ✓"),
        ("e\u0301\u0323\u0302", "e\u0301\u0323\u0302"),
        ("\u0301alone", "\\u{301}alone"),
        ("a\tb", "a\\u{9}b"),
        ("a\u00a0b", "a\\u{a0}b"),
        ("\u3000", "\u3000"),
        ("::stop", "\\u{3a}:stop"),
        ("a ::stop", "a ::stop"),
        ("## heading", "## heading"),
        ("see ##[x]", "see \\u{23}#[x]"),
        ("\\u{41}", "\\u{41}"),
    ],
)
def test_safe(text: str, shown: str) -> None:
    assert safe(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", '"plain"'),
        ('say "x"', '"say \\"x\\""'),
        ("C:\\x", '"C:\\\\x"'),
        ("a\nb\tc", '"a\\nb\\tc"'),
        ("{{DEVICEREGISTRATION}} ", '"{{DEVICEREGISTRATION}} "'),
        ("::stop", '"\\u{3a}:stop"'),
    ],
)
def test_quoted(text: str, shown: str) -> None:
    assert quoted(text) == shown


def test_what_is_too_long_is_counted() -> None:
    assert safe("x" * (LIMIT + 3)) == "x" * LIMIT + "... (3 more characters)"
    assert quoted("x" * (LIMIT + 3)) == '"' + "x" * LIMIT + '"... (3 more characters)'
    assert len(safe("\u0336" * 100_000)) < 12 * LIMIT


@LAW
@given(ANY_TEXT)
def test_any_text_is_harmless(text: str) -> None:
    assert complaints(safe(text) + "\n") == []
    assert complaints(quoted(text) + "\n") == []


@LAW
@given(ANY_TEXT)
def test_safe_text_is_safe(text: str) -> None:
    assert safe(safe(text)) == safe(text)
    assert without_commands(safe(text)) == safe(text)


@LAW
@given(ANY_TEXT)
def test_quoted_text_can_be_read_back(text: str) -> None:
    assert _unquoted(quoted(text)) == text


def test_plain_characters_stay() -> None:
    assert all(visible(c) == c for c in 'aZ09 ~!"#é営✓')


def _unquoted(shown: str) -> str:
    named = {"n": "\n", "t": "\t"}

    def character(match: re.Match[str]) -> str:
        code, other = match.groups()
        return chr(int(code, 16)) if code else named.get(other, other)

    return re.sub(r"\\(?:u\{([0-9a-f]+)\}|(.))", character, shown[1:-1])

"""The Markdown page: names are words and nothing else, and directions are kept apart."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.render.hostile import PAYLOADS, complaints

from . import given
from .test_html import MORE, hostile

ISOLATES = re.compile("[\u2066-\u2069]")
"""Ours, in right-to-left pages; those of names are shown as escapes."""
SPECIAL = re.compile(r"(?<!\\)(?:\\\\)*[`*_\[<|~]")


def rendered(*spans: Any, direction: str = "ltr") -> str:
    """One paragraph of these spans."""
    document = given.page(given.WEB)
    paragraph = {"kind": "paragraph", "says": list(spans)}
    document |= {"intro": [paragraph], "sections": [], "direction": direction, "title": "T"}
    return given.markdown(document).removeprefix("# T\n\n").rstrip("\n")


def name(text: str) -> dict[str, str]:
    return {"role": "name", "text": text}


@pytest.mark.parametrize("payload", [*PAYLOADS.values(), *MORE.values()], ids=[*PAYLOADS, *MORE])
def test_names_hide_nothing_and_are_no_markup(payload: str) -> None:
    for document in hostile(payload):
        assert complaints(ISOLATES.sub("", given.markdown(document))) == []
    assert SPECIAL.findall(rendered(name(f"x{payload}"))) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("- a", "\\- a"),
        ("a-b", "a-b"),
        ("https://evil.example", "https\\://evil.example"),
        ("WWW.evil.example", "WWW\\.evil.example"),
        ("mailto:a", "mailto\\:a"),
        ("xmpp:a", "xmpp\\:a"),
        ("@security", "\\@security"),
        ("SG_iOS [x]", "SG\\_iOS \\[x\\]"),
        ("iOS 17.0", "iOS 17.0"),
    ],
)
def test_names_are_escaped_as_far_as_it_takes(text: str, shown: str) -> None:
    assert rendered(name(text)) == shown


def test_literal_text_keeps_its_backticks() -> None:
    assert rendered({"role": "code", "text": "a`b"}) == "``a`b``"
    assert rendered({"role": "code", "text": "`"}) == "`` ` ``"


def test_links_end_where_they_should() -> None:
    bare = {"role": "link", "text": "https://x.example/a", "href": "https://x.example/a"}
    assert rendered(bare) == "<https://x.example/a>"
    odd = {"role": "link", "text": "a]b", "href": "https://x.example/a) <b>"}
    assert rendered(odd) == "[a\\]b](https://x.example/a%29%20%3Cb%3E)"


def test_names_and_addresses_are_isolated_where_text_runs_from_right_to_left() -> None:
    text = rendered(name("Sales"), {"role": "code", "text": "x"}, direction="rtl")
    assert "\u2068Sales\u2069\u2066`x`\u2069" in text
    assert ISOLATES.findall(rendered(name("Sales"))) == []

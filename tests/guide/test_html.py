"""The HTML page: whole, self-contained, readable on a phone in light and dark, and harmless whatever names hold."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from reconciler.guide.language import LANGUAGES
from reconciler.render.guide_html import STYLE
from tests.render.hostile import PAYLOADS, complaints

from . import given

VOID = {"meta", "link", "br", "hr", "img", "input"}
PARTS = re.compile(
    "html|head|meta|title|style|body|main|section|h[123]|p|ol|ul|li|a|b|bdi|strong|code|div|table|thead|tbody|tr|th|td"
)


class Page(HTMLParser):
    """Reads a page and keeps what is open, what was there, and the words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.wrong: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "title"):
            self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def page(*specs: str, language: str = "en", **more: Any) -> Page:
    return Page(given.html(given.page(*specs, language=language, **more)))


# Whole and self-contained


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_tag_is_closed_and_known(language: str) -> None:
    for found in (page(*given.EVERYTHING, language=language), Page(given.html(given.admin(*given.EVERYTHING)))):
        assert (found.open, found.wrong) == ([], [])
        assert {tag for tag, _ in found.tags if not PARTS.fullmatch(tag)} == set()


def test_nothing_is_loaded_and_nothing_runs() -> None:
    text = given.html(given.page(*given.EVERYTHING))
    found = Page(text)
    assert not {name for _, attributes in found.tags for name in attributes if name.startswith("on") or name == "src"}
    assert "url(" not in STYLE
    assert "@import" not in STYLE
    digest = base64.b64encode(hashlib.sha256(text.split("<style>")[1].split("</style>")[0].encode()).digest()).decode()
    policy = next(m["content"] for m in found.all("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert not [a for _, a in found.tags if "style" in a], "the policy would refuse it"


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("de", "ltr"), ("he", "rtl")])
def test_the_page_says_its_language_and_direction(language: str, direction: str) -> None:
    assert page(given.WEB, language=language).all("html") == [{"lang": language, "dir": direction}]


def test_it_is_made_for_phones() -> None:
    metas = page(given.WEB).all("meta")
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in metas
    assert {"name": "color-scheme", "content": "light dark"} in metas


@pytest.mark.parametrize("language", LANGUAGES)
def test_headings_go_down_by_one_and_sections_are_named_by_theirs(language: str) -> None:
    found = page(*given.EVERYTHING, language=language)
    levels = [int(tag[1]) for tag, _ in found.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    headings = {attributes.get("id") for attributes in found.all("h2")}
    assert {attributes["aria-labelledby"] for attributes in found.all("section")} == headings


@pytest.mark.parametrize("language", LANGUAGES)
def test_addresses_read_from_left_to_right_and_names_are_isolated(language: str) -> None:
    text = given.html(given.page(given.ACCOUNT, given.CHOICE, language=language))
    assert '<bdi dir="ltr">help@contoso.example</bdi>' in text
    assert '<bdi dir="ltr">portal.manage.microsoft.com</bdi>' in text
    assert "<bdi>Executives</bdi>" in text
    assert '<code dir="ltr">@contoso.example</code>' in text


def test_words_of_the_page_that_are_links_read_as_the_page_does() -> None:
    """A heading that begins with a Latin word would read from left to right if it were isolated."""
    text = given.html(given.page(*given.EVERYTHING, language="he"))
    inner = re.findall(r'<a href="#profile-[a-z]+">([^<]*)<', text)
    assert len(inner) == 5
    assert "" not in inner


# Readable


def colors(scheme: str) -> dict[str, str]:
    """The colours of `light`, `dark` or `print`; what a scheme does not name it takes from the light one."""
    blocks = re.findall(r":root\{([^}]*)\}", STYLE)
    light, dark, print_ = (dict(re.findall(r"--([\w-]+):(#[0-9a-f]+)", block)) for block in blocks)
    return {"light": light, "dark": {**light, **dark}, "print": {**light, **print_}}[scheme]


def luminance(color: str) -> float:
    """WCAG 2.1, relative luminance."""
    digits = color[1:] if len(color) == 7 else "".join(c * 2 for c in color[1:])
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
@pytest.mark.parametrize(
    ("ink", "paper"),
    [("ink", "page"), ("soft", "page"), ("accent", "page"), ("on-accent", "accent"), ("warn-ink", "warn-page"),
     ("ink", "card"), ("accent", "warn-page")],
)  # fmt: skip
def test_text_stands_out_from_its_ground(scheme: str, ink: str, paper: str) -> None:
    """WCAG 2.1, 1.4.3: 4.5 to 1 at least."""
    found = colors(scheme)
    light, dark = sorted((luminance(found[ink]), luminance(found[paper])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_no_text_on_a_screen_is_smaller_than_16_pixels() -> None:
    screen = STYLE.partition("@media print")[0]
    base = int(re.findall(r"font:(\d+)px", screen)[0])
    rem = 16  # of the html element, which keeps what the reader has set
    sizes = [float(size) * rem for size in re.findall(r"font-size:([\d.]+)rem", screen)]
    sizes += [float(size) * base for size in re.findall(r"font:([\d.]*\.\d+)em", screen)]
    assert len(sizes) > 4
    assert min([base, *sizes]) >= 16


# Harmless


@cache
def harmless() -> tuple[Any, ...]:
    """Both guides with a word of three letters for every name."""
    specs = [
        text.replace("Executives", "BBB").replace("Company help", "DDD")
        for text in (given.ACCOUNT, given.WEB, given.CLIP, given.SHORT_ORDER, given.SSO)
    ]
    support = {"name": "EEE", "email": "EEE@x.example", "phone": "EEE", "url": "https://x.example/EEE"}
    return given.page(*specs, support=support, language="he"), given.admin(*specs, support=support)


def hostile(payload: str) -> list[Any]:
    """The same with this text for every name."""
    return [_replaced(document, payload) for document in harmless()]


@cache
def expected() -> tuple[Page, ...]:
    return tuple(Page(given.html(document)) for document in hostile("x"))


def _replaced(value: Any, payload: str) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(each, payload) for key, each in value.items()}
    if isinstance(value, list):
        return [_replaced(each, payload) for each in value]
    return re.sub("BBB|DDD|EEE", lambda _: payload, value) if isinstance(value, str) else value


MORE = {
    "tag": "</bdi></p><img src=x onerror=alert(1)>",
    "attribute": "\" onclick='alert(1)' x=\"",
    "comment": "<!-- --!><script>alert(1)</script>",
    "entity": "&lt;b&gt; &#x3c;script>",
    "end of style": "</style><script>alert(1)</script>",
}


@pytest.mark.parametrize("payload", [*PAYLOADS.values(), *MORE.values()], ids=[*PAYLOADS, *MORE])
def test_names_change_nothing_but_words(payload: str) -> None:
    for document, plain in zip(hostile(payload), expected(), strict=True):
        text = given.html(document)
        found = Page(text)
        assert [tag for tag, _ in found.tags] == [tag for tag, _ in plain.tags]
        assert [sorted(attributes) for _, attributes in found.tags] == [sorted(a) for _, a in plain.tags]
        assert (found.open, found.wrong) == ([], [])
        assert complaints(text) == []


@pytest.mark.parametrize("href", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "http://x.example", ""])
def test_a_link_leads_only_where_people_may_go(href: str) -> None:
    document = given.page(given.WEB)
    document["intro"] = [{"kind": "paragraph", "says": [{"role": "link", "text": "here", "href": href}]}]
    assert len(Page(given.html(document)).all("a")) == len(Page(given.html(given.page(given.WEB))).all("a"))

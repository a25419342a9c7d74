"""Markdown as a parser of it sees it: a page has its structure whatever the names are, calls nobody, and fits."""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from reconciler.render import markdown, plan_markdown, run_markdown, validation_markdown
from reconciler.run import Outcome

from . import documents
from .hostile import PAYLOADS, complaints
from .test_hostile import STRUCTURE, renamed, replaced
from .test_safe import ANY_TEXT

ENDLESS = 1 << 40
PARSER = MarkdownIt("gfm-like", {"html": True})
assert PARSER.linkify is not None
PARSER.linkify.set({"fuzzy_link": False}).add("//", None)  # neither GFM nor a host takes `x.example` for an address
MORE = (
    "</details>", "</code></summary>", "<!-- -->", "-->", "--", "`", "``` x", "~~~", "a|b|c", "[x](https://x.example)",
    "https://x.example", "www.x.example", "mailto:a@x.example", "a@x.example", "@org/team", "#123", "org/repo#1",
    "GH-7", "!12", "$3", "~bug", "&4", "%5", ":tada:", "*/_", "1. x", "- x", "# x", "> x", "    x", "\\", "a\\", "&lt;",
    "{{x}}", "$x$", "![x](y)", "x\n\n<b>y", "[x]: y", "**x**", "x ` y `` z", "/close", "x\n/close",
)  # fmt: skip
"""What Markdown and the hosts of repositories act on."""
NAMES = (
    ANY_TEXT.filter(lambda name: name != "")
    | st.sampled_from(MORE)
    | st.text("`<>-@#|[]()!\\*_~$&:/. wG1\n", min_size=1)
)
KEPT = STRUCTURE | {"path", "details"}
LAW = settings(deadline=None, max_examples=20)

CALLS = re.compile(r"@\w|#\d|\bGH-\d|://\w|www\.\w|:(?!\d+:\d)\w+:|[!$&%]\d|~\w")
"""What GitHub, GitLab and Azure DevOps make links and messages of, in words."""


def _run(document: dict[str, Any]) -> str:
    return run_markdown.run(document, plan=document, limit=ENDLESS)


def _plan(document: dict[str, Any]) -> str:
    return plan_markdown.plan(document, limit=ENDLESS)


def _validation(document: dict[str, Any]) -> str:
    return validation_markdown.validation(document, owner=str(document["owner"]), limit=ENDLESS)


def _with_results() -> dict[str, Any]:
    error = {"message": "the record could not be completed", "hint": "is the disk full?"}
    return {**documents.everything(), "error": error, **documents.made_run(Outcome.PARTLY_APPLIED, *documents.RESULTS)}


PAGES: dict[str, tuple[Callable[[dict[str, Any]], str], Callable[[], dict[str, Any]]]] = {
    "plan": (_plan, documents.everything),
    "refused plan": (_plan, documents.refusing),
    "run": (_run, _with_results),
    "validation": (_validation, documents.refusing),
}


class Elements(HTMLParser):
    """The tags and comments of a piece of HTML, and its words outside code."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.words: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(f"<{tag} {attrs}>")

    def handle_endtag(self, tag: str) -> None:
        self.found.append(f"</{tag}>")

    def handle_comment(self, data: str) -> None:
        self.found.append("comment")

    def handle_data(self, data: str) -> None:
        if self.found[-1:] != ["<code []>"]:
            self.words.append(data)


def inner(token: Token) -> Iterator[str]:
    """What an inline token is made of; empty comments hold words apart and are none of it."""
    last = ""
    for child in token.children or []:
        what = f"html {Elements(child.content).found}" if child.type == "html_inline" else child.type
        if (child.type, child.content) != ("html_inline", "<!-- -->") and not (what == last == "text"):
            yield what
            last = what


def shape(page: str) -> list[str]:
    """The structure of a page, without its words."""
    found = []
    for token in PARSER.parse(page):
        found.append(f"{token.type} {token.tag} {token.info} {token.level}")
        if token.type == "inline":
            found += inner(token)
        if token.type == "html_block":
            found += Elements(token.content).found
    return found


def words(page: str) -> Iterator[str]:
    """Every run of words that a host looks for mentions in: outside code, and between two tags."""
    for token in PARSER.parse(page):
        if token.type == "html_block":
            yield from Elements(token.content).words
        said = ""
        for child in token.children or []:
            said = said + child.content if child.type == "text" else ""
            yield said


@cache
def _plain_shape(case: str, *, renaming: bool) -> list[str]:
    """The structure of the page with `x` for every name, or for every text."""
    render, document = PAGES[case]
    return shape(render(renamed(document(), "x") if renaming else replaced(document(), "x", keep=KEPT)))


@pytest.mark.parametrize("case", PAGES)
@LAW
@given(name=NAMES)
@example(name="</details>")
@example(name="\\@x `y` </code>")
def test_names_change_no_structure_and_call_nobody(case: str, name: str) -> None:
    render, document = PAGES[case]
    page = render(renamed(document(), name))
    assert shape(page) == _plain_shape(case, renaming=True)
    assert complaints(page) == []
    assert [said for said in words(page) if CALLS.search(said)] == []


@pytest.mark.parametrize("case", sorted(PAGES.keys() - {"refused plan"}))
@pytest.mark.parametrize("payload", [p for p in (*MORE, *PAYLOADS.values()) if p])
def test_no_text_of_a_document_changes_the_structure(case: str, payload: str) -> None:
    render, document = PAGES[case]
    page = render(replaced(document(), payload, keep=KEPT))
    assert shape(page) == _plain_shape(case, renaming=False)
    assert complaints(page) == []
    assert [said for said in words(page) if CALLS.search(said)] == []
    assert [line for line in page.splitlines() if line.startswith("/")] == [], "GitLab would take it for an order"


def test_the_parser_sees_what_is_looked_for() -> None:
    """Else these tests could not fail."""
    assert shape("a <b>") != shape("a x")
    assert any("link_open" in each for each in shape("see https://x.example"))
    assert [said for said in words("hello @org/team") if CALLS.search(said)]
    assert shape("<details>\n\nx\n\n</details>") != shape("<details>\n\nx\n\n</details></details>")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("iOS - JIT", "iOS - JIT"),
        ("@org/team", r"\@<!-- -->org/team"),
        ("fixes #12", r"fixes \#<!-- -->12"),
        ("see GH-1", "see GH<!-- -->-1"),
        ("https://x.example", r"https\:/<!-- -->/x.example"),
        ("09:30:00", "09:30:00"),
        (":tada:", ":<!-- -->tada:"),
    ],
)
def test_prose(text: str, shown: str) -> None:
    assert markdown.prose(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [("x", "`x`"), ("a`b", "``a`b``"), ("`", "`` ` ``"), (" x", "`  x `"), ("", "`   `"), ("``a", "``` ``a ```")],
)
def test_code(text: str, shown: str) -> None:
    assert markdown.code(text) == shown


def test_a_fence_is_longer_than_any_in_it() -> None:
    assert markdown.fence(["x", "````"], "diff") == ["`````diff", "x", "````", "`````"]


def test_room_is_counted_in_bytes() -> None:
    page = markdown.fitted("head", [markdown.Section((markdown.Piece(("営" * 600,), "left"),))], limit=1500)
    assert "1 left" in page
    assert "営" not in page


def test_the_first_line_has_the_summary_and_the_marker() -> None:
    first = plan_markdown.plan(documents.everything()).splitlines()[0]
    assert first.startswith("**Plan: 1 to create, 4 to update")
    assert first.endswith(" <!-- reconciler plan owner=contoso-endpoint tenant=sandbox -->")


def test_a_rollback_and_a_run_are_not_taken_for_the_plan() -> None:
    back = plan_markdown.plan({**documents.everything(), "source": {"path": "runs/x.json", "record": "sha256:0"}})
    run = _run(_with_results())
    assert "<!-- reconciler rollback owner=contoso-endpoint tenant=sandbox -->" in back.splitlines()[0]
    assert "<!-- reconciler apply owner=contoso-endpoint tenant=sandbox -->" in run.splitlines()[0]


@pytest.mark.parametrize("name", ["a--b", "-->", "a b", "ä", "x" * 1000, "-", "a>"])
def test_the_marker_is_one_comment_for_any_name(name: str) -> None:
    hidden = markdown.marker("plan", owner=name)
    inside = hidden.removeprefix("<!-- ").removesuffix(" -->")
    assert not re.search(r"--|>|\s{2}", inside)
    assert len(hidden) < 1000
    assert Elements(hidden).found == ["comment"]


def _many(count: int, **more: Any) -> dict[str, Any]:
    """A plan with so many changes, of every action in turn."""
    whole = documents.everything()
    made = [{**copy.copy(whole["changes"][i % 7]), "address": f"JitSsoPolicy/n{i}", **more} for i in range(count)]
    actions = Counter(change["action"] for change in made)
    return {**whole, "changes": made, "summary": {**whole["summary"], **actions}}


LEFT = re.compile(r"(\d+) to (create|update|replace|delete)\b")


def _accounted(page: str) -> Counter[str]:
    """How many changes of each action stand on the page or are counted as left out."""
    body = page.partition("\n")[2]
    found: Counter[str] = Counter()
    for line in body.splitlines():
        if line.startswith("**Not shown"):
            found.update({action: int(count) for count, action in LEFT.findall(line)})
        elif "JitSsoPolicy/n" in line and line.startswith(("<summary><b>", "- **")):
            verb = re.search(r"(create|update|replace|delete)(</b>|\*\*)", line)
            assert verb, line
            found[verb[1]] += 1
    return found


def _fits(page: str, limit: int) -> bool:
    """By every way to count characters: code points, UTF-16, bytes."""
    return max(len(page), len(page.encode("utf-16-le")) // 2, len(page.encode())) <= limit


def _balanced(page: str) -> bool:
    found = [tag for token in PARSER.parse(page) if token.type == "html_block" for tag in Elements(token.content).found]
    return found.count("<details []>") == found.count("</details>")


def test_three_thousand_changes_fit_and_none_is_lost() -> None:
    document = _many(3000, displayName="営業 🌈 @org")
    page = plan_markdown.plan(document)
    assert _fits(page, markdown.LIMIT)
    assert len(page.encode()) > markdown.LIMIT * 0.9, "most of the room is used"
    assert _accounted(page) == Counter(change["action"] for change in document["changes"])
    assert _balanced(page)
    assert "reconciler show --full FILE" in page


def test_findings_for_which_there_is_no_room_are_counted() -> None:
    document = {**_many(3), "diagnostics": [{**documents.PADDED.to_json(), "severity": "warning"}] * 30_000}
    page = plan_markdown.plan(document)
    assert _fits(page, markdown.LIMIT)
    left = re.search(r"Not shown here for want of room: (\d+) warnings", page)
    assert left
    assert int(left[1]) + page.count("- **warning**") == 30_000


@pytest.mark.parametrize("value", ["x" * 200_000, [f"com.example.{n}" for n in range(20_000)], "\n".join("@" * 20_000)])
def test_one_enormous_field_fits(value: Any) -> None:
    document = _many(1, fields=[{"path": "/x", "before": None, "after": value}], operations=[], reason="@" * 5000)
    page = plan_markdown.plan(document)
    assert _fits(page, markdown.LIMIT)
    assert "<summary><b>+ create</b> <code>JitSsoPolicy/n0</code>" in page
    assert "x: " in page or "  x:" in page or "+ x:" in page


@settings(deadline=None, max_examples=12)
@given(count=st.integers(0, 60), limit=st.integers(12_000, 120_000), findings=st.integers(0, 200))
def test_whatever_is_cut_is_whole_or_counted(count: int, limit: int, findings: int) -> None:
    document = {**_many(count), "diagnostics": [documents.PADDED.to_json()] * findings}
    page = plan_markdown.plan(document, limit=limit)
    assert _fits(page, limit)
    assert _balanced(page)
    assert _accounted(page) == Counter(change["action"] for change in document["changes"])
    shown = page.count("- **error** `JIT113`")
    left = re.search(r"(\d+) errors\.", page)
    assert shown + (int(left[1]) if left else 0) == findings


def test_what_takes_away_is_cut_last() -> None:
    page = plan_markdown.plan(_many(210), limit=20_000)
    left = next(line for line in page.splitlines() if line.startswith("**Not shown"))
    assert "create" in left
    assert not re.search(r"to (delete|replace)", left)


def test_requests_go_first() -> None:
    whole, cut = (plan_markdown.plan(_many(40), limit=limit) for limit in (ENDLESS, 30_000))
    assert "```text\n1. POST" in whole
    assert "```text\n1. POST" not in cut
    assert cut.count("<summary><b>") == 40


def test_findings_stand_open_and_changes_say_that_there_are_some() -> None:
    finding = {**documents.PADDED.to_json(), "address": str(documents.ADOPTED.address)}
    page = plan_markdown.plan({**documents.everything(), "diagnostics": [finding]})
    assert page.index("- **error** `JIT113`") < page.index("<details>")
    assert re.search(r"EnrollmentProfile/byod-web</code>.*: 2 fields, 1 request, 1 error</summary>", page)


def test_everything_of_a_plan_is_told() -> None:
    page = plan_markdown.plan(documents.everything())
    for change in documents.ALL_CHANGES:
        assert str(change.address) in page
    for each in (*documents.ORPHANED, *documents.UNMANAGED):
        assert f'`"{each["displayName"]}"`' in page


def _texts(tokens: Iterable[Token]) -> str:
    return " ".join(token.content for token in tokens)


def test_what_is_shown_reads_as_it_was_written() -> None:
    """Backslashes and comments are gone once the page is read."""
    finding = {**documents.NOTE.to_json(), "severity": "warning", "message": "a_b *c* @d #1 <e> `f` https://g.example"}
    page = plan_markdown.plan({**documents.everything(), "diagnostics": [finding]})
    inline = next(t for t in PARSER.parse(page) if t.type == "inline" and "JIT703" in t.content)
    assert "a_b *c* @d #1 <e> `f` https://g.example" in "".join(
        child.content for child in inline.children or [] if child.type == "text"
    )

"""Width, wrapping, columns, values on lines, the underline of a finding, and JSON for other programs."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.render import json as as_json
from reconciler.render import ladder, targets, text
from reconciler.render.findings import underlined
from reconciler.render.members import number
from reconciler.render.safe import visible
from reconciler.render.style import Style, columns, joined, pad, wrap
from reconciler.render.values import block, inline, step

from .hostile import PAYLOADS
from .test_safe import ANY_TEXT

LAW = settings(deadline=None, max_examples=50)
JSON = st.recursive(
    st.none() | st.integers() | ANY_TEXT, lambda x: st.lists(x) | st.dictionaries(ANY_TEXT, x), max_leaves=8
)
PROSE = st.lists(st.text("abc営é", min_size=1, max_size=30), min_size=1, max_size=30).map(" ".join)


@LAW
@given(PROSE, st.integers(40, 80))
def test_wrapped_prose_keeps_its_words_and_its_width(prose: str, width: int) -> None:
    lines = wrap(prose, width=width, first="help: ")
    assert " ".join(line[6:] for line in lines) == prose
    assert lines[0].startswith("help: ")
    assert all(columns(line) <= width or " " not in line[6:] for line in lines)


def test_words_longer_than_the_screen_stay_whole() -> None:
    url = "https://learn.microsoft.com/" + "a" * 100
    assert wrap(f"see {url} now", width=40) == ["see", url, "now"]


@pytest.mark.parametrize(("shown", "width"), [("abc", 3), ("営業", 4), ("e\u0301", 1), ("Ａ", 2), ("", 0)])
def test_columns(shown: str, width: int) -> None:
    assert columns(shown) == width
    assert columns(pad(shown, 9)) == 9


def test_parts_are_broken_between_parts_only() -> None:
    assert joined(["aaa bbb", "ccc ddd", "eee"], width=16) == ["aaa bbb,", "  ccc ddd, eee"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "null"),
        (True, "true"),
        (1.5, "1.5"),
        ("1", '"1"'),
        ([], "[]"),
        ({"a": [1, "b"], "not bare": None}, '{a: [1, "b"], "not bare": null}'),
        ({"key": "browser_sso", "type": "integer", "value": 1}, "browser_sso = 1 (integer)"),
        ({"key": 1, "type": "integer", "value": 1}, '{key: 1, type: "integer", value: 1}'),
    ],
)
def test_inline(value: object, shown: str) -> None:
    assert inline(value) == shown


def test_what_does_not_fit_becomes_a_block() -> None:
    value = {"default": "a", "options": [{"owner": "company"}, {"owner": "personal"}]}
    assert block(value, width=30) == [
        "{",
        '  default: "a"',
        "  options: [",
        '    {owner: "company"}',
        '    {owner: "personal"}',
        "  ]",
        "}",
    ]
    assert step("a" * 20, "b" * 20, width=30) == [f'"{"a" * 20}"', f'-> "{"b" * 20}"']


@LAW
@given(st.text(st.characters(exclude_characters="\n"), min_size=1, max_size=400), st.data())
def test_the_underline_stands_below_its_characters(line: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(line) - 1))
    count = data.draw(st.integers(1, min(20, len(line) - start)))
    snippet, caret = underlined(line, start + 1, count, width=80)
    marked = "".join(map(visible, line[start : start + count]))
    place = columns(caret) - columns(caret.lstrip(" "))
    before = next(i for i in range(len(snippet) + 1) if columns(snippet[:i]) == place)
    assert marked in snippet[before:] or columns(marked) == 0
    assert caret.strip() == "^" * max(columns(marked), 1)


@pytest.mark.parametrize(
    ("line", "column", "count", "caret"),
    [
        ("kind: Jit", 7, 3, "      ^^^"),
        ("kind:", 6, 1, "     ^"),
        ("kind:", 99, 5, "     ^"),
        ("\tkind", 2, 4, "     ^^^^"),
        ("営業: x", 1, 2, "^^^^"),
        ("x: a\u200b", 4, 2, "   ^^^^^^^^^"),
        ("x", 1, 0, "^"),
    ],
)
def test_underline(line: str, column: int, count: int, caret: str) -> None:
    assert underlined(line, column, count, width=80)[1] == caret


def test_diagnostics_of_nothing_are_nothing() -> None:
    assert text.diagnostics([], style=Style()) == ""


ALIKE = [{"group": "A", "id": "1", "intent": "required", "settings": {"isRemovable": True}}]


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (None, {"include": ["allUsers"], "exclude": []}, ["+ include all users"]),
        ({"include": ["allDevices"]}, None, ["- include all devices"]),
        ({"include": [], "exclude": []}, {"include": [], "exclude": []}, ["nobody"]),
        ({"include": ALIKE}, {"include": ALIKE}, ["  (1 unchanged)"]),
        (
            {"include": ALIKE},
            {"include": [{**ALIKE[0], "intent": "available"}]},
            [
                '- include group "A" (1), required, isRemovable true',
                '+ include group "A" (1), available, isRemovable true',
            ],
        ),
        (
            {"include": ALIKE},
            {"include": [{**ALIKE[0], "settings": {"isRemovable": True, "licensing": "user"}}]},
            ['~ include group "A" (1), required, licensing (none) -> user'],
        ),
        (
            {"include": [{"other": "#microsoft.graph.newTarget"}]},
            {"include": [{"tag": 1}]},
            ["- include a target of an unknown type: #microsoft.graph.newTarget", "+ include {tag: 1}"],
        ),
    ],
)
def test_targets(before: object, after: object, shown: list[str]) -> None:
    assert targets.lines(before, after, style=Style(), width=90) == shown


def test_a_ladder_with_long_names_is_shown_without_columns() -> None:
    names = [f"{'Very long name of an enrollment profile ' * 2}{n}" for n in (1, 2)]
    move = {"moved": names[1], "to": 1, "ladder": names[::-1]}
    shown = ladder.lines({"before": names, "steps": [move], "after": names[::-1]}, style=Style(width=60))
    starts = ["now", '1     "Ve', '2     "Ve', 'call 1: "', "after", '1   > "Ve', '2     "Ve']
    assert [line.strip()[:9] for line in shown[1:]] == starts


def test_a_ladder_that_stays_is_not_shown() -> None:
    assert ladder.lines({"before": ["a"], "steps": [], "after": ["a"]}, style=Style()) == []


@LAW
@given(JSON)
def test_json_comes_back_as_it_was(value: object) -> None:
    shown = as_json.document(value)
    assert json.loads(shown) == value
    assert shown.isascii()
    assert "##" not in shown
    assert shown.endswith("\n")


def test_json_keeps_the_order_and_refuses_what_it_does_not_have() -> None:
    assert as_json.document({"b": PAYLOADS["azure"], "a": []}).splitlines()[1].startswith('  "b": "x #\\u0023vso[')
    with pytest.raises(ValueError, match="not JSON compliant"):
        as_json.document(float("nan"))


def test_long_lists_of_what_is_left_alone_are_cut_aloud() -> None:
    orphaned = [{"address": f"JitSsoPolicy/old-{n}", "liveId": str(n), "displayName": "Old"} for n in range(12)]
    short = text.plan({"complete": True, "orphaned": orphaned}, style=Style())
    assert short.count("JitSsoPolicy/old-") == 10
    assert "    and 2 more (--full lists them)\n" in short
    assert (
        text.plan({"complete": True, "orphaned": orphaned}, style=Style(), full=True).count("JitSsoPolicy/old-") == 12
    )


@pytest.mark.parametrize(("value", "read"), [(3, 3), (True, 7), ("3", 7), (1.5, 7), (None, 7)])
def test_only_whole_numbers_are_numbers(value: object, read: int) -> None:
    assert number({"n": value}, "n", 7) == read

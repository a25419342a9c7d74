"""A comment put into a hand-written file, at every line and several columns, stays beside what it stands beside.

What stands where, and what it says, is read by PyYAML's own composer and not by our reader.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml

from reconciler.spec import remarks, tree
from reconciler.spec.style import formatted

TEXT = (Path(__file__).parent / "cases" / "places" / "spec.yaml").read_text("utf-8")
LINES = TEXT.splitlines()
MARK = "# the comment"
_Path: TypeAlias = tuple[str | int, ...]


def composed(text: str) -> Any:
    return yaml.compose(text, Loader=yaml.CSafeLoader)


def said(node: Any) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {key.value: said(value) for key, value in node.value}
    return [said(each) for each in node.value] if isinstance(node, yaml.SequenceNode) else (node.tag, node.value)


def leaves(node: Any, path: _Path = ()) -> Iterator[tuple[int, int, _Path]]:
    """The first and last line of every key and value, with its path."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key.start_mark.line, key.end_mark.line, (*path, key.value)
            yield from leaves(value, (*path, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for place, each in enumerate(node.value):
            yield from leaves(each, (*path, place))
    else:
        yield node.start_mark.line, node.end_mark.line - (node.style in {"|", ">"}), path


def beside(text: str) -> tuple[_Path, _Path]:
    """What ends last before the comment, or on its line, and what begins first behind it."""
    line = next(place for place, each in enumerate(text.splitlines()) if MARK in each)
    found = list(leaves(composed(text)))
    before = [path for _, last, path in found if last <= line]
    after = [path for first, _, path in found if first > line]
    return before[-1] if before else (), after[0] if after else ()


def kin(one: _Path, other: _Path) -> bool:
    return one[: len(other)] == other or other[: len(one)] == one


def is_comment(text: str) -> bool:
    """Whether it became no part of a text, and no end of one."""
    try:
        return bool(said(composed(text)) == said(composed(TEXT)))
    except yaml.YAMLError:
        return False


def check(lines: list[str], *, alone: bool) -> None:
    text = "\n".join(lines) + "\n"
    if not is_comment(text):
        return
    styled = formatted(text, "x.yaml")
    assert formatted(styled, "x.yaml") == styled, text
    assert said(composed(styled)) == said(composed(text)), text
    assert styled.count(MARK) == 1, text
    (before, after), (new_before, new_after) = beside(text), beside(styled)
    assert kin(before, new_before) or (alone and kin(after, new_after)), f"{text}\n->\n{styled}"


@pytest.mark.parametrize("line", range(len(LINES) + 1))
def test_on_a_line_of_its_own(line: int) -> None:
    for column in (0, 1, 2, 4, 7):
        for above, below in (([], []), ([""], []), ([], [""])):
            mark = " " * column + MARK
            check([*LINES[:line], *above, mark, *below, *LINES[line:]], alone=True)


@pytest.mark.parametrize("line", [place for place, each in enumerate(LINES) if each and "#" not in each])
def test_behind_a_value(line: int) -> None:
    check([*LINES[:line], f"{LINES[line]}  {MARK}", *LINES[line + 1 :]], alone=False)


def test_which_comments_are_counted() -> None:
    text = '# a\n"#": |  # b\n  # no\nc: [x#y, # d\n  "# no"] # e\u00a0 \n# f'
    assert remarks.comments(text, tree.roots(text)) == ["# a", "# b", "# d", "# e\u00a0", "# f"]

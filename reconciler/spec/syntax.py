"""Syntax errors of YAML in words for people. Called by `spec.source` with what the parser says about an error.

The wordings that are translated are libyaml's (scanner.c, parser.c) and those of PyYAML's own parser, which differ
in details. What is not known here is shown as the parser says it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from . import yaml_rules as rules
from .scalars import quoted
from .text import SourceText
from .yaml_rules import YamlRule


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """What a parser says: the problem and its place; the construct that it was in, and where that began."""

    problem: str
    index: int
    context: str = ""
    context_index: int | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A syntax error in words. `index` is the place to show: where the mistake is, not where the parser noticed it."""

    rule: YamlRule
    index: int
    message: str
    remedy: str
    width: int = 1


class _Wording(NamedTuple):
    pattern: str
    message: str
    remedy: str
    at_context: bool = False
    rule: YamlRule = rules.SYNTAX


# Searched in "context: problem", the first match counts.
_WORDINGS: Final = (
    _Wording(
        "(scanning|parsing) a tag|tag handle|%-escape|URI",
        "an ! begins a tag in YAML; specs take none",
        "Quote a value that begins with !.",
        at_context=True,
        rule=rules.TAG,
    ),
    _Wording(
        "quoted scalar.*(end of stream|document (indicator|separator))",
        "the quoted text that begins here does not end",
        'Close the quotes; a quotation mark inside double quotes is written \\".',
        at_context=True,
    ),
    _Wording(
        "unknown escape character",
        "this is not an escape sequence of double-quoted text",
        "Write \\\\ for a backslash, or use single quotes: there a backslash is only a backslash.",
    ),
    _Wording(
        "hexdecimal number|hexadecimal numbers",
        "this escape sequence lacks digits",
        "\\x takes two hexadecimal digits, \\u four, \\U eight; write \\\\ for a backslash.",
    ),
    _Wording(
        "flow sequence.*did not find expected|flow sequence.*expected ',' or '\\]'",
        "the list that begins with [ here is not closed, or an entry is not followed by a comma",
        "Close it with ]; separate entries by commas; quote entries that contain , : [ ] { }.",
        at_context=True,
    ),
    _Wording(
        "flow mapping.*did not find expected|flow mapping.*expected ',' or '}'",
        "the mapping that begins with { here is not closed, or an entry is not followed by a comma",
        "Close it with }; separate entries by commas; quote values that contain , : [ ] { }.",
        at_context=True,
    ),
    _Wording(
        "mapping values are not allowed",
        "this colon cannot begin a value here: the line before it is a value already, or the indentation is wrong",
        "Quote a value that contains a colon and a space; align the keys of one mapping.",
    ),
    _Wording(
        "mapping keys are not allowed",
        "a ? cannot begin a key here",
        "Quote a value that begins with a question mark.",
    ),
    _Wording(
        "sequence entries are not allowed|expected <block end>, but found '-'",
        "a list entry (-) cannot begin here",
        "Put the list on lines of its own below the key, with one indentation for all entries.",
    ),
    _Wording(
        "could not find expected ':'|could not found expected ':'",
        "this line has no colon where a key of the mapping is expected",
        "Write key: value; put a space after the colon; indent continued text deeper than its key, or quote it.",
        at_context=True,
    ),
    _Wording(
        "did not find expected '-' indicator|block (sequence|collection).*expected <block end>",
        "this line does not fit into the list before it",
        "Begin every entry with - at one indentation, and indent what belongs to an entry deeper than its dash.",
    ),
    _Wording(
        "did not find expected key|block mapping.*expected <block end>",
        "this does not fit into the mapping before it",
        "Align the keys of one mapping; write nothing but a comment behind a quoted value, ] or }.",
    ),
    _Wording(
        "indentation indicator equal to 0|indentation indicator in the range",
        "the indentation of a block text is a digit from 1 to 9",
        "Leave the digit out: the first line settles the indentation.",
    ),
    _Wording(
        "block scalar.*(did not find expected comment|expected (chomping|a comment))",
        "nothing but a comment can follow | or > on its line",
        "Begin the text on the next line; quote a value that begins with | or >.",
    ),
    _Wording(
        "scanning an alias.*(alphabetic|alphanumeric)",
        "a * begins an alias in YAML, and this is none",
        'Quote a value that begins with *, for example "*.contoso.com".',
        at_context=True,
        rule=rules.ALIAS,
    ),
    _Wording(
        "scanning an anchor.*(alphabetic|alphanumeric)",
        "an & begins an anchor in YAML, and this is none",
        "Quote a value that begins with &.",
        at_context=True,
        rule=rules.ANCHOR,
    ),
    _Wording(
        "directive|%YAML|%TAG|incompatible YAML document|YAML version",
        "a line that begins with % is a directive in YAML; specs take none",
        "Remove the line; quote a value that begins with %.",
        at_context=True,
        rule=rules.DIRECTIVE,
    ),
    _Wording(
        "expected '?<document start>",
        "this line does not belong to the document before it",
        "Begin a new document with a line ---, or repair the indentation of the line.",
    ),
    _Wording(
        "unexpected ':'",
        "a colon inside an unquoted value",
        "Quote the value.",
    ),
    _Wording(
        "expected (the )?node content",
        "a value is expected here",
        "Write the value; quote it if it begins with one of , : [ ] { } ? -.",
    ),
    _Wording(
        "end of stream",
        "the file ends in the middle of a value",
        "Complete it.",
    ),
)
_CHARACTER_WORDS: Final = {
    "@": "Quote a value that begins with @.",
    "`": "Quote a value that begins with `.",
    "%": "Quote a value that begins with %; if this is a template ({% … %}), render it before it is read as a spec.",
}
# The braces alone where nothing but a comment or the end of a list follows, otherwise the rest of the line.
_BRACES: Final = re.compile(
    r"(\{\{[^{}\n]*\}\})(?=[ \t]*(?:[,\]}]|#|\r?$))|(\{\{[^{}\n]*\}\}.*?)(?= #|\r?$)", re.MULTILINE
)
_BEGINS_WITH_BRACES: Final = re.compile(r"(?:^|[-:,\[?])\s*(\{\{[^{}]*\}\})")


def explain(source: SourceText, said: SyntaxProblem) -> Explanation:
    """The place and the wording of a syntax error."""
    said = replace(said, index=source.within(said.index))
    return (
        _placeholder(source, said)
        or _tab(source, said)
        or _surrogate(source, said)
        or _strange_character(source, said)
        or _late_directive(source, said)
        or _end_of_file(source, said)
        or _behind_value(source, said)
        or _worded(source, said)
    )


def _placeholder(source: SourceText, said: SyntaxProblem) -> Explanation | None:
    """`value: {{NAME}} more` fails where the braces end; what is wrong is that they are not quoted."""
    number = source.line_number(said.index)
    match = _BEGINS_WITH_BRACES.search(source.line(number))
    if match is None or match.string.count('"', 0, match.start(1)) % 2:
        return None
    index = source.line_start(number) + match.start(1)
    return Explanation(rules.PLACEHOLDER, index, *unquoted_braces(source.text, index))


def unquoted_braces(text: str, index: int) -> tuple[str, str, int]:
    """Message, remedy and width for `{{NAME}}` without quotes, which begins at `index`."""
    match = _BRACES.match(text, index)
    value = (match[1] or match[2]).rstrip() if match else "{{…}}"
    return "a value that begins with {{ is a mapping to YAML, not text", f"Quote it: {quoted(value)}", len(value)


def _tab(source: SourceText, said: SyntaxProblem) -> Explanation | None:
    line_start = source.line_start(source.line_number(said.index))
    indentation = source.text[line_start : said.index + 1]
    if "\t" in indentation and (not indentation.strip(" \t") or indentation.endswith("\t")):
        index = said.index if indentation.endswith("\t") else line_start + indentation.index("\t")
        return Explanation(rules.TAB, index, "a tab where YAML takes only spaces", rules.TAB.remedy)
    return None


def _surrogate(source: SourceText, said: SyntaxProblem) -> Explanation | None:
    if "invalid Unicode character escape" not in said.problem:
        return None
    remedy = "Write the character itself, or its code point as \\U and eight digits, for example \\U0001F600."
    index = source.text.rfind("\\", 0, said.index + 1)
    return Explanation(rules.CHARACTER, index, "the escape sequence is half a surrogate pair, no character", remedy, 6)


def _strange_character(source: SourceText, said: SyntaxProblem) -> Explanation | None:
    if "cannot start any token" not in said.problem:
        return None
    character = source.text[said.index : said.index + 1]
    message = f"a value cannot begin with {character}"
    return Explanation(rules.SYNTAX, said.index, message, _CHARACTER_WORDS.get(character, "Quote the value."))


def _late_directive(source: SourceText, said: SyntaxProblem) -> Explanation | None:
    """The parser only says that it expected a new document, and says so behind the line."""
    line_start = source.line_start(source.line_number(said.index))
    if "<document start>" not in said.problem or not source.text.startswith("%", line_start):
        return None
    return Explanation(rules.DIRECTIVE, line_start, "a directive must not stand in a spec", rules.DIRECTIVE.remedy)


def _end_of_file(source: SourceText, said: SyntaxProblem) -> Explanation | None:
    if "node content" not in said.problem or source.text[said.index :].strip():
        return None
    return Explanation(
        rules.SYNTAX, said.index, "the file ends inside [ or {", "Write the rest, and close every [ and {."
    )


def _behind_value(source: SourceText, said: SyntaxProblem) -> Explanation | None:
    """`'it's'` and `"a" b`: the parser looks for the next key of the mapping on the same line."""
    number = source.line_number(said.index)
    before = source.text[source.line_start(number) : said.index].rstrip()
    expects_key = "expected key" in said.problem or "expected <block end>" in said.problem
    if not expects_key or not before.endswith(("'", '"', "]", "}")):
        return None
    remedy = "Quote the whole value; in single quotes write '' for ', in double quotes \\\" for \"."
    return Explanation(rules.SYNTAX, said.index, f"nothing can follow behind {before[-1]} but a comment", remedy)


def _worded(source: SourceText, said: SyntaxProblem) -> Explanation:
    words = f"{said.context}: {said.problem}"
    for wording in _WORDINGS:
        if re.search(wording.pattern, words):
            return _placed(source, said, wording)
    return Explanation(rules.SYNTAX, said.index, f"this is not YAML: {said.problem[:200]}", rules.SYNTAX.remedy)


def _placed(source: SourceText, said: SyntaxProblem, wording: _Wording) -> Explanation:
    begins = said.context_index
    if begins is None or source.line_number(begins) == source.line_number(said.index):
        index = begins if begins is not None and wording.at_context else said.index
        return Explanation(wording.rule, index, wording.message, wording.remedy)
    if wording.at_context:
        noticed = f"noticed in line {source.line_number(said.index)}"
        return Explanation(wording.rule, begins, f"{wording.message} ({noticed})", wording.remedy)
    message = f"{wording.message}; what it stands in begins in line {source.line_number(begins)}"
    return Explanation(wording.rule, said.index, message, wording.remedy)

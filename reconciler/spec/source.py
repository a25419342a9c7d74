"""Text of spec files to values that know their places; the only user of PyYAML. Called by `spec.load` and `workspace`.

Built on the events of libyaml's parser with a constructor of our own, so that limits hold while scanning, before
anything is built: no alias is expanded, no tag is obeyed, no nesting costs a stack. What is refused, and why, stands
in `spec.yaml_rules`. Without libyaml, PyYAML's own parser takes its place, many times slower.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from sys import intern
from typing import Any, Final, TypeAlias

import yaml
from yaml.events import AliasEvent, MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent, StreamEndEvent

from reconciler.diagnostics import Diagnostic, Position, Severity
from reconciler.model import Json

from . import text as characters
from . import yaml_rules as rules
from .document import Document, Places
from .findings import Findings, TooManyFindingsError
from .scalars import RefusedScalarError, quoted, read_plain, shown
from .syntax import SyntaxProblem, explain, unquoted_braces
from .text import LONGEST_LINE_SHOWN, SourceText
from .yaml_rules import RULES, YamlRule

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_DOCUMENTS", "MAX_NODES", "RULES", "Document", "load"]

MAX_BYTES: Final = 2**20
MAX_DEPTH: Final = 64
MAX_NODES: Final = 200_000
MAX_DOCUMENTS: Final = 10_000
_MAX_DIRECTIVES: Final = 100
"""libyaml compares every %TAG directive with all before it: a file full of them would take it many seconds."""

_Parser: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Only its parser is used; the constructor and the resolver of the loader are never asked."""

_Event: TypeAlias = Any
"""A PyYAML event; the stubs know no attributes of the single types."""

_LEAVES: Final = frozenset((ScalarEvent, AliasEvent))
_TYPE_NAMES: Final = {bool: "a boolean", int: "a number", float: "a number", type(None): "null"}


def load(file: str, data: bytes) -> tuple[list[Document], list[Diagnostic]]:
    """The documents of a file that have no error, and everything that is wrong with the others, in order of place.

    Any bytes give documents or diagnostics; nothing is raised. Empty documents are left out without a finding. Behind
    a syntax error or a limit the file is not read. `file` is the name that findings carry.
    """
    if len(data) > MAX_BYTES:
        message = f"the file has {len(data):,} bytes, more than {MAX_BYTES:,}"
        return [], [_file_finding(rules.TOO_LARGE, message, Position(file, 1, 1))]
    try:
        text = characters.decode(data)
    except characters.UndecodableError as error:
        place = Position(file, error.line, error.column, error.text[:LONGEST_LINE_SHOWN])
        return [], [_file_finding(rules.NOT_UTF8, str(error), place)]
    return _Loading(SourceText(file, text)).run(plain=characters.is_plain(data))


def _file_finding(rule: YamlRule, message: str, place: Position) -> Diagnostic:
    return Diagnostic(Severity.ERROR, rule.id, message, rule.remedy, position=place)


class _LimitError(Exception):
    """The rest of the file is not read: it is beyond a limit, and that has been recorded."""


class _Loading:
    """One file being read. A method named after a node takes its first event and reads on to its last."""

    __slots__ = ("_findings", "_index", "_next", "_path", "_places", "_room", "_source")

    _next: Callable[[], _Event]

    def __init__(self, source: SourceText) -> None:
        self._source = source
        self._findings = Findings(source)
        self._path: list[str | int] = []
        self._places = array("I")
        self._room = MAX_NODES
        self._index = 0

    def run(self, *, plain: bool) -> tuple[list[Document], list[Diagnostic]]:
        """Read the file. `plain` says that no character of it can be a hidden one."""
        documents: list[Document] = []
        try:
            text = self._source.text if plain else self._without_hidden()
            self._check_directives(text)
            self._next = _Parser(text).get_event
            self._stream(documents)
        except (_LimitError, TooManyFindingsError):
            pass
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            self._syntax_error(error, documents)
        return documents, self._findings.in_order()

    def _without_hidden(self) -> str:
        """Record hidden characters, and give a text without them: the parser would stop at the first."""
        text = self._source.text
        for found in characters.hidden(text):
            self._findings.add(rules.CHARACTER, found.index, f"the character {found.name} must not stand in a spec")
        return characters.without_hidden(text)

    def _check_directives(self, text: str) -> None:
        if (count := text.count("\n%")) > _MAX_DIRECTIVES:
            self._findings.add(rules.DIRECTIVE, text.index("\n%") + 1, f"{count:,} lines begin with %")
            raise _LimitError

    def _stream(self, documents: list[Document]) -> None:
        self._next()
        start = 0
        while (opening := self._next()).__class__ is not StreamEndEvent:
            if self._index == MAX_DOCUMENTS:
                message = f"the file has more than {MAX_DOCUMENTS:,} documents"
                self._findings.add(rules.TOO_MANY_NODES, opening.start_mark.index, message)
                raise _LimitError
            before = len(self._findings)
            value = self._document(opening)
            end = self._next().end_mark.index
            if value is not None and len(self._findings) == before and not self._findings.between(start, end):
                places = Places(self._source, value, self._places)
                documents.append(Document(self._source.file, self._index, value, places))
            start = end
            self._index += 1

    def _document(self, opening: _Event) -> Json:
        """The root of a document; None if it is empty or not a mapping."""
        self._room -= len(self._places)
        self._places = array("I")
        if self._source.text.startswith("%", opening.start_mark.index):
            self._findings.add(rules.DIRECTIVE, opening.start_mark.index, "a directive must not stand in a spec")
        root = self._next()
        empty = root.__class__ is ScalarEvent and not (root.value or root.style or root.tag or root.anchor)
        value = self._node(root)
        if isinstance(value, dict):
            return value
        if not empty and not self._findings.explain(root.start_mark.index):
            self._refuse_root(root, value)
        return None

    def _refuse_root(self, root: _Event, value: Json) -> None:
        what = "a list" if isinstance(value, list) else "a single value"
        remedy = "Write key: value, with a space behind the colon." if isinstance(value, str) and ":" in value else None
        self._add(rules.ROOT, root, f"a spec is a mapping, this is {what}", remedy)

    def _node(self, event: _Event) -> Json:
        self._places.append(event.start_mark.index)
        if len(self._places) > self._room:
            self._add(rules.TOO_MANY_NODES, event, f"the file has more than {MAX_NODES:,} keys and values")
            raise _LimitError
        kind = event.__class__
        if kind is ScalarEvent:
            return self._scalar(event)
        if kind is AliasEvent:
            self._refuse_alias(event, path=self._path)
            return None
        if len(self._path) == MAX_DEPTH:
            self._add(rules.TOO_DEEP, event, f"this is nested more than {MAX_DEPTH} levels deep")
            raise _LimitError
        if event.tag is not None or event.anchor is not None:
            self._refuse_properties(event)
        return self._mapping() if kind is MappingStartEvent else self._sequence()

    def _mapping(self) -> dict[str, Json]:
        # The innermost loop of loading: local names, one dictionary to find duplicates and their lines.
        get, path, places = self._next, self._path, self._places
        mapping: dict[str, Json] = {}
        seen: dict[str, int] = {}
        path.append("")
        while (event := get()).__class__ is not MappingEndEvent:
            index = event.start_mark.index
            path[-1] = key = self._key(event)
            if key in seen:
                key = self._duplicate(event, key, seen[key])
            seen[key] = index
            places.append(index)
            mapping[key] = self._node(get())
        path.pop()
        return mapping

    def _sequence(self) -> list[Json]:
        get, path = self._next, self._path
        sequence: list[Json] = []
        path.append(0)
        while (event := get()).__class__ is not SequenceEndEvent:
            path[-1] = len(sequence)
            sequence.append(self._node(event))
        path.pop()
        return sequence

    def _scalar(self, event: _Event) -> Json:
        """The value of a scalar; its text if that is refused."""
        if event.tag is not None or event.anchor is not None:
            self._refuse_properties(event)
        text: str = event.value
        if not event.style:
            try:
                return read_plain(text)
            except RefusedScalarError as refused:
                self._add(refused.rule, event, refused.message, refused.remedy)
        elif event.style == '"' and not text.isprintable():
            self._check_escapes(event)
        return text

    def _check_escapes(self, event: _Event) -> None:
        for found in characters.hidden_escapes(self._source.text, event.start_mark.index, event.end_mark.index):
            message = f"{found.written} is the character {found.name}, which must not stand in a spec"
            width = len(found.written)
            self._findings.add(rules.CHARACTER, found.index, message, width=width, path=self._path)

    def _refuse_alias(self, event: _Event, *, path: list[str | int]) -> None:
        message = f"{shown('*' + event.anchor)} is an alias; specs say everything in place"
        self._add(rules.ALIAS, event, message, path=path)

    def _refuse_properties(self, event: _Event) -> None:
        if event.anchor is not None:
            self._add(rules.ANCHOR, event, f"{shown('&' + event.anchor)} is an anchor; specs say everything in place")
        if event.tag is not None:
            self._add(rules.TAG, event, f"the tag {shown(event.tag)} must not stand in a spec")

    def _key(self, event: _Event) -> str:
        """The key that an event begins; for a refused one a stand-in that no other key equals."""
        if event.__class__ is ScalarEvent:
            self._path[-1] = event.value
            key = self._scalar(event)
            if isinstance(key, str):
                return intern(key)
            what = f"{_TYPE_NAMES[type(key)]} ({event.value})" if event.value else "empty"
            self._add(
                rules.KEY_NOT_STRING, event, f"a key is a string, this is {what}", f"Write {quoted(event.value)}."
            )
        elif event.__class__ is AliasEvent:
            self._refuse_alias(event, path=self._path[:-1])
        else:
            self._refuse_collection_as_key(event, path=self._path[:-1])
        return f"\0{event.start_mark.index}"

    def _refuse_collection_as_key(self, event: _Event, *, path: list[str | int]) -> None:
        """`{{NAME}}` without quotes is such a key inside a mapping, but somebody meant something else."""
        before = len(self._findings)
        self._node(event)
        self._findings.forget_since(before)
        what = "mapping" if event.__class__ is MappingStartEvent else "list"
        braces = self._source.text.find("{{", max(event.start_mark.index - 1, 0), event.start_mark.index + 2)
        if braces >= 0:
            message, remedy, width = unquoted_braces(self._source.text, braces)
            self._findings.add(rules.PLACEHOLDER, braces, message, remedy, width=width, path=path)
        else:
            self._add(rules.COMPLEX_KEY, event, f"a key is a string, this is a {what}", path=path)

    def _duplicate(self, event: _Event, key: str, first: int) -> str:
        """Refuse a key that stood at `first` already; gives a stand-in, so that the first value is not replaced."""
        line, first_line = self._source.line_number(event.start_mark.index), self._source.line_number(first)
        where = f"twice in line {line}" if line == first_line else f"in line {first_line} and again in line {line}"
        self._add(rules.DUPLICATE_KEY, event, f"the key {shown(key)} stands {where}")
        return f"{key}\0{event.start_mark.index}"

    def _add(
        self,
        rule: YamlRule,
        event: _Event,
        message: str,
        remedy: str | None = None,
        *,
        path: list[str | int] | None = None,
    ) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        width = end - start if event.__class__ in _LEAVES else 1
        self._findings.add(rule, start, message, remedy, width=width, path=self._path if path is None else path)

    def _syntax_error(self, error: yaml.YAMLError | UnicodeDecodeError, documents: list[Document]) -> None:
        problem = self._problem(error)
        fits_no_document = "<document start>" in problem.problem
        if fits_no_document and documents and documents[-1].index == self._index - 1:
            documents.pop()  # It only seemed to be complete: it ended because a line does not fit.
        found = explain(self._source, problem)
        if not self._findings.explain(found.index):
            self._findings.add(found.rule, found.index, found.message, found.remedy, width=found.width)

    def _problem(self, error: yaml.YAMLError | UnicodeDecodeError) -> SyntaxProblem:
        if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
            # A tag whose %-escapes are not UTF-8 comes without a place; it stands behind the last node.
            last = self._places[-1] if self._places else 0
            return SyntaxProblem("invalid URI", max(self._source.text.find("!", last), 0))
        began = error.context_mark.index if error.context_mark is not None else None
        return SyntaxProblem(error.problem or "", error.problem_mark.index, error.context or "", began)

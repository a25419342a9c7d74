"""What a plain (unquoted) scalar stands for, or why it is refused. Called by `spec.source` for every plain scalar.

A form is read as something other than a string only if YAML 1.1, YAML 1.2 (core schema) and PyYAML agree about it:
`true`, `false`, `null`, `~`, nothing at all, decimal integers of up to 64 bits, and decimal fractions that come back as
they were written. A form about which they disagree is refused; everything else is a string. (YAML 1.1: type
repository at yaml.org/type; YAML 1.2.2: section 10.3.2; PyYAML: resolver.py, where `y` and `n` are strings.)
"""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from . import yaml_rules as rules
from .yaml_rules import YamlRule

Scalar: TypeAlias = bool | int | float | str | None

_LONGEST_SHOWN: Final = 60
_LONGEST_NUMBER: Final = 40
"""Longer ones are never exact, and are not worth the (super-linear) conversion."""


class RefusedScalarError(ValueError):
    """A plain scalar that readers of YAML take for different things. Carries the rule, and the finding in words."""

    def __init__(self, rule: YamlRule, message: str, remedy: str | None = None) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.remedy = remedy or rule.remedy


def shown(text: str) -> str:
    """`text` in quotes for a message: at most 60 characters of it, control characters escaped."""
    return repr(text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…")


def quoted(text: str) -> str:
    """`text` as the double-quoted scalar that a remedy proposes."""
    bounded = text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"
    return '"' + bounded.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _spellings(*words: str) -> list[str]:
    return [spelling for word in words for spelling in (word, word.capitalize(), word.upper())]


_VALUES: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None, "~": None, "": None}
_REFUSED_WORDS: Final[dict[str, YamlRule]] = {
    **dict.fromkeys(_spellings("true", "false", "null"), rules.CAPITALISED_WORD),
    **dict.fromkeys(_spellings("yes", "no", "on", "off"), rules.BOOLEAN_WORD),
    "=": rules.VALUE_SIGN,
    "<<": rules.MERGE_KEY,
}
_WORDS: Final = frozenset(_VALUES) | frozenset(_REFUSED_WORDS)
_NUMERIC_START: Final = frozenset("+-.0123456789")

_INTEGER: Final = re.compile(r"0|-?[1-9][0-9]*")
_FRACTION: Final = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+")
# Each alternative takes linear time and no memory on any text: hence the look-ahead for _ and the possessive ++.
_REFUSED_NUMBER: Final = re.compile(
    r"""
      (?P<timestamp>   [0-9]{4}-[0-9]{2}-[0-9]{2}
                     | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?
                       (?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::?[0-9]{2})?))?)
    | (?P<sexagesimal> [-+]?[0-9][0-9_]*(?::[0-5]?[0-9])++(?:\.[0-9_]*)?)
    | (?P<hexadecimal> [-+]?0(?:x[0-9a-fA-F_]+|b[01_]+))
    | (?P<octal>       [-+]?0(?:o[0-7_]+|[0-9][0-9_]*))
    | (?P<underscore>  [-+]?(?=[0-9.]*_)[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?)
    | (?P<form>        [-+]?(?:\.[0-9][0-9_]*|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?
                     | [-+]?\.(?:inf|Inf|INF)
                     | \.(?:nan|NaN|NAN))
    """,
    re.VERBOSE,
)
_NUMBER_RULES: Final = {
    "timestamp": rules.TIMESTAMP,
    "sexagesimal": rules.SEXAGESIMAL,
    "hexadecimal": rules.HEXADECIMAL,
    "octal": rules.OCTAL,
    "underscore": rules.UNDERSCORE,
    "form": rules.NUMBER_FORM,
}


def read_plain(text: str) -> Scalar:
    """The value of a plain scalar. Raises `RefusedScalarError` for a form that readers of YAML disagree about."""
    if text in _WORDS:
        return _word(text)
    return _number(text) if text[0] in _NUMERIC_START else text


def _word(text: str) -> bool | None:
    if text in _VALUES:
        return _VALUES[text]
    rule = _REFUSED_WORDS[text]
    message, remedy = {
        rules.CAPITALISED_WORD: ("has capital letters", f"Write {text.lower()}, or {quoted(text)} for the text."),
        rules.BOOLEAN_WORD: (
            "is a boolean to YAML 1.1 and a string to YAML 1.2",
            f"Write {str(text.lower() in ('yes', 'on')).lower()} for the boolean, or {quoted(text)} for the text.",
        ),
        rules.VALUE_SIGN: ("has a meaning of its own in YAML 1.1", f"Write {quoted(text)} for the text."),
        rules.MERGE_KEY: ("merges mappings in YAML 1.1; specs say everything in place", rules.MERGE_KEY.remedy),
    }[rule]
    raise RefusedScalarError(rule, f"{text} {message}", remedy)


def _number(text: str) -> int | float | str:
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if _FRACTION.fullmatch(text):
        return _fraction(text)
    if refused := _REFUSED_NUMBER.fullmatch(text):
        raise _refused_number(text, _NUMBER_RULES[refused.lastgroup or "form"])
    return text


def _integer(text: str) -> int:
    if len(text) < _LONGEST_NUMBER and -(2**63) <= (number := int(text)) < 2**63:
        return number
    raise RefusedScalarError(rules.INTEGER_RANGE, f"{shown(text)} is an integer beyond 64 bits")


def _fraction(text: str) -> float:
    kept = text
    if len(text) < _LONGEST_NUMBER and (kept := repr(number := float(text))) == text:
        return number
    becomes = f"would become {kept}" if kept != text else "has more digits than are kept"
    message = f"{shown(text)} is a decimal number to YAML and {becomes}"
    raise RefusedScalarError(rules.NOT_EXACT, message, f"Quote it if it is a version or a name: {quoted(text)}")


def _refused_number(text: str, rule: YamlRule) -> RefusedScalarError:
    reading = {
        rules.TIMESTAMP: "is a timestamp to YAML 1.1 and a string to YAML 1.2",
        rules.SEXAGESIMAL: "is a number to the base 60 to YAML 1.1 and a string to YAML 1.2",
        rules.HEXADECIMAL: "is a hexadecimal or binary number to some readers of YAML",
        rules.OCTAL: "has a leading zero: an octal number to some readers of YAML, a decimal to others",
        rules.UNDERSCORE: "is a number to YAML 1.1, which drops the underscores, and a string to YAML 1.2",
        rules.NUMBER_FORM: "is a form of number that readers of YAML differ about",
    }[rule]
    remedy = rule.remedy.replace("Quote it", f"Quote it: {quoted(text)}", 1)
    return RefusedScalarError(rule, f"{shown(text)} {reading}", remedy)

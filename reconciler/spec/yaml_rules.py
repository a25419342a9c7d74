"""The findings of the YAML loader: one id for each thing that it refuses.

Read by `spec.source` (which makes the diagnostics) and by whoever lists or explains rules.

What a plain scalar means depends on the version of YAML and on the library that reads it: `0777` is 511 to YAML 1.1
and 777 to YAML 1.2, `no` is false to one and a string to the other. The loader accepts only what YAML 1.1, YAML 1.2
(core schema) and PyYAML read alike, and asks for quotes otherwise. What could hide content from a reviewer (aliases,
merge keys, bidirectional controls) is refused altogether.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class YamlRule:
    """One thing that is refused. `meaning` says what and why, `remedy` what to write instead."""

    id: str
    meaning: str
    remedy: str


LEFT_OUT: Final = YamlRule(
    "YAML100",
    "More findings than are listed for one file.",
    "Repair the findings above and run again.",
)
TOO_LARGE: Final = YamlRule(
    "YAML101",
    "The file is larger than 1 MiB.",
    "Split it: any number of files may lie below the spec folders.",
)
NOT_UTF8: Final = YamlRule(
    "YAML102",
    "The file is not text in UTF-8: a byte sequence is invalid, or it is UTF-16 or UTF-32.",
    "Save the file as UTF-8.",
)
CHARACTER: Final = YamlRule(
    "YAML103",
    "A character that a reader cannot see or that changes what is shown: a control character, a bidirectional control, "
    "a line or paragraph separator, a byte order mark inside the text, half a surrogate pair or a noncharacter.",
    "Delete the character; it often comes with text that was copied from a web page or a terminal.",
)
TOO_DEEP: Final = YamlRule(
    "YAML104",
    "Mappings and sequences are nested more than 64 levels deep.",
    "Flatten the document; no spec nests deeper than about ten levels.",
)
TOO_MANY_NODES: Final = YamlRule(
    "YAML105",
    "The file holds more than 200,000 keys, values and documents.",
    "Split it: any number of files may lie below the spec folders.",
)
ROOT: Final = YamlRule(
    "YAML106",
    "A document is not a mapping.",
    "A spec begins with apiVersion, kind, metadata and spec; separate several specs by a line with ---.",
)
SYNTAX: Final = YamlRule(
    "YAML110",
    "The text is not YAML.",
    "Repair the place that the message names.",
)
TAB: Final = YamlRule(
    "YAML111",
    "A tab stands where YAML takes only spaces.",
    "Indent with spaces.",
)
PLACEHOLDER: Final = YamlRule(
    "YAML112",
    "A value begins with {{ without quotes; to YAML that is a mapping inside a mapping.",
    "Quote it.",
)
DUPLICATE_KEY: Final = YamlRule(
    "YAML120",
    "A mapping has the same key twice; most YAML readers silently keep the last.",
    "Remove one of the two, or rename it.",
)
ANCHOR: Final = YamlRule(
    "YAML121",
    "An anchor (&name): specs say everything in place.",
    "Remove the anchor; quote the value if it begins with & itself.",
)
ALIAS: Final = YamlRule(
    "YAML122",
    "An alias (*name): specs say everything in place, so that a review sees what applies.",
    "Write the value out; quote it if it begins with * itself.",
)
MERGE_KEY: Final = YamlRule(
    "YAML123",
    "A merge key (<<): specs say everything in place, so that a review sees what applies.",
    "Write the merged fields out.",
)
TAG: Final = YamlRule(
    "YAML124",
    "An explicit tag (!name): the type of a value comes from the way it is written, and from the schema.",
    "Remove the tag; quote the value for a string, or if it begins with ! itself.",
)
DIRECTIVE: Final = YamlRule(
    "YAML125",
    "A directive (%YAML, %TAG): specs are read in one way only.",
    "Remove the line.",
)
COMPLEX_KEY: Final = YamlRule(
    "YAML126",
    "A key is itself a mapping or a sequence.",
    "Use a string as the key; quote the value if it begins with { or [ itself.",
)
KEY_NOT_STRING: Final = YamlRule(
    "YAML127",
    "A key is not a string.",
    "Quote it.",
)
BOOLEAN_WORD: Final = YamlRule(
    "YAML130",
    "yes, no, on or off without quotes: a boolean to YAML 1.1, a string to YAML 1.2.",
    "Write true or false, or quote it.",
)
CAPITALISED_WORD: Final = YamlRule(
    "YAML131",
    "true, false or null with capital letters: some readers take it for a string.",
    "Write it in small letters, or quote it.",
)
OCTAL: Final = YamlRule(
    "YAML132",
    "A number with a leading zero: octal to YAML 1.1, decimal to YAML 1.2.",
    "Quote it, or write the decimal number.",
)
HEXADECIMAL: Final = YamlRule(
    "YAML133",
    "A hexadecimal or binary number.",
    "Quote it, or write the decimal number.",
)
UNDERSCORE: Final = YamlRule(
    "YAML134",
    "A number with underscores: YAML 1.1 drops them, YAML 1.2 reads a string.",
    "Quote it, or write the number without underscores.",
)
SEXAGESIMAL: Final = YamlRule(
    "YAML135",
    "Digits with colons: a number to the base 60 to YAML 1.1 (22:30 is 1350), a string to YAML 1.2.",
    "Quote it.",
)
NUMBER_FORM: Final = YamlRule(
    "YAML136",
    "A number in a form that YAML versions read differently: an exponent, infinity, not a number, a plus sign, or no "
    "digit before or after the point.",
    "Quote it, or write a plain decimal number.",
)
NOT_EXACT: Final = YamlRule(
    "YAML137",
    "A decimal number that is not kept as it is written: 17.10 becomes 17.1.",
    "Quote it if it is a version or a name; otherwise write the number as it is kept.",
)
INTEGER_RANGE: Final = YamlRule(
    "YAML138",
    "An integer beyond 64 bits.",
    "Quote it if it is an identifier.",
)
TIMESTAMP: Final = YamlRule(
    "YAML139",
    "A date or time without quotes: a timestamp to YAML 1.1, a string to YAML 1.2.",
    "Quote it.",
)
VALUE_SIGN: Final = YamlRule(
    "YAML140",
    "A single = without quotes: it has a meaning of its own in YAML 1.1.",
    "Quote it.",
)

_TABLE: Final = (
    LEFT_OUT, TOO_LARGE, NOT_UTF8, CHARACTER, TOO_DEEP, TOO_MANY_NODES, ROOT, SYNTAX, TAB, PLACEHOLDER,
    DUPLICATE_KEY, ANCHOR, ALIAS, MERGE_KEY, TAG, DIRECTIVE, COMPLEX_KEY, KEY_NOT_STRING, BOOLEAN_WORD,
    CAPITALISED_WORD, OCTAL, HEXADECIMAL, UNDERSCORE, SEXAGESIMAL, NUMBER_FORM, NOT_EXACT, INTEGER_RANGE,
    TIMESTAMP, VALUE_SIGN,
)  # fmt: skip

RULES: Final[Mapping[str, str]] = {rule.id: rule.meaning for rule in _TABLE}
"""Rule id -> what the rule is about, one sentence."""

REMEDIES: Final[Mapping[str, str]] = {rule.id: rule.remedy for rule in _TABLE}
"""Rule id -> what to do about it."""

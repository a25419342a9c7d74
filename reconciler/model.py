"""Nouns that every layer shares: JSON values, addresses, the difference between absent and null.

Plain data only. Nothing here knows YAML, Graph, or any kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""What `json.loads` gives."""

JsonObject: TypeAlias = "dict[str, Json]"

Path: TypeAlias = "tuple[str | int, ...]"
"""Where a value stands in a document: mapping keys and sequence indexes, from the root."""


class Absent(Enum):
    """The type of `ABSENT`: a value that is not there, which is neither null nor unreadable."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False


ABSENT: Final = Absent.ABSENT


@dataclass(frozen=True, order=True, slots=True)
class Address:
    """The stable identity of a spec: `Kind/name`."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read `Kind/name`. Raises `ValueError` where the text has another form."""
        kind, slash, name = text.partition("/")
        if not (slash and kind and name) or "/" in name:
            raise ValueError(f"{text!r} is not an address; write Kind/name, for example EnrollmentProfile/byod-web")
        return cls(kind, name)


def pointer(path: Path) -> str:
    """The JSON Pointer (RFC 6901) of a path; the empty string is the document itself."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)

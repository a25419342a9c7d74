"""Changes values of one document in the text of a spec file, and nothing else of it.

What changes is spliced into the text at the place of the old value, so that other documents, other fields and all
comments outside of what changes keep every byte. Mappings and lists are compared first: of a list that gains an item,
only a line is added. With what goes, comments go that stand behind it or are indented below it; one above it stays,
since only a person can say what it is about.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping

from ..model import ABSENT, Absent, Address, Json, JsonObject, Path, pointer
from . import source
from .document import Document
from .flow_splices import CommentError
from .remarks import UnexpectedError
from .splices import changed


class EditError(ValueError):
    """The text cannot be changed as wanted; the message says why."""


def edited(text: str, address: Address, changes: Mapping[Path, Json | Absent], *, name: str = "the file") -> str:
    """The text in which the document of `address` has these values at these paths; what is ABSENT is taken out.

    Paths are those of `model.Path`, from the root of the document (`("spec", "displayName")`), as the text has them
    before the change; the index behind the last one of a list appends. Mappings on the way are made where they are
    missing. Raises `EditError`: no such document, findings in the text, a path that leads nowhere, a value that no
    spec can hold, or targets that stand in an audience and not in this document.
    """
    mark, plain = ("\ufeff", text[1:]) if text.startswith("\ufeff") else ("", text)
    before = _documents(plain, name)
    document = _found(before, address, name)
    wanted = _with(document, changes)
    expected = [wanted if each is document else each.value for each in before]
    try:
        after = changed(plain, document.index, document.value, wanted)
    except UnexpectedError as error:
        raise EditError(f"{address} in {name} has a key with `?`, which cannot be changed in place") from error
    except CommentError as error:
        remedy = "give each part a line of its own"
        raise EditError(f"{address} in {name} has comments between brackets that would be lost; {remedy}") from error
    if _canonical([each.value for each in _documents(after, name)]) != _canonical([*expected]):
        raise EditError(f"{address} in {name} is written in a way that cannot be changed in place")
    return mark + after


def _documents(text: str, name: str) -> list[Document]:
    documents, findings = source.load(name, text.encode("utf-8", "surrogatepass"))
    if findings:
        place = findings[0].position
        where = f"{place.file}, line {place.line}: " if place else ""
        raise EditError(f"{where}{findings[0].message}")
    return documents


def _found(documents: list[Document], address: Address, name: str) -> Document:
    found = [each for each in documents if _address(each.value) == (address.kind, address.name)]
    if len(found) != 1:
        raise EditError(f"{name} declares {address} {len(found)} times" if found else f"{name} has no {address}")
    return found[0]


def _address(value: Json) -> tuple[Json, Json]:
    metadata = value.get("metadata") if isinstance(value, dict) else None
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return (value.get("kind") if isinstance(value, dict) else None, name)


def _canonical(value: Json) -> str:
    return json.dumps(value, sort_keys=True)


# What is wanted


def _with(document: Document, changes: Mapping[Path, Json | Absent]) -> JsonObject:
    """The value of the document after the changes. Raises `EditError`."""
    wanted = copy.deepcopy(document.value)
    assert isinstance(wanted, dict), "a document is a mapping"
    for path, value in _in_order(changes):
        _refuse_shared(wanted, path)
        _set(wanted, path, value)
    return wanted


def _in_order(changes: Mapping[Path, Json | Absent]) -> list[tuple[Path, Json | Absent]]:
    """Values first, then what goes, of a list the last item first: so paths mean what they meant before."""
    ordered = sorted(changes.items(), key=lambda change: _sort_key(change[0]))
    return [c for c in ordered if c[1] is not ABSENT] + [c for c in reversed(ordered) if c[1] is ABSENT]


def _sort_key(path: Path) -> list[tuple[bool, int, str]]:
    return [(True, part, "") if isinstance(part, int) else (False, 0, part) for part in path]


def _refuse_shared(value: JsonObject, path: Path) -> None:
    """Raises `EditError` for targets that an audience has, which other specs share."""
    spec = value.get("spec")
    assignments = spec.get("assignments") if isinstance(spec, dict) else None
    audience = assignments.get("audience") if isinstance(assignments, dict) else None
    if audience is not None and path[:2] == ("spec", "assignments") and path[2:3] in (("include",), ("exclude",)):
        raise EditError(f"{pointer(path)} stands in Audience/{audience}, which other specs may share; change it there")


def _set(root: JsonObject, path: Path, value: Json | Absent) -> None:
    if not path:
        raise EditError("a document is not replaced as a whole")
    around: Json = root
    for part in path[:-1]:
        if isinstance(around, dict) and isinstance(part, str):
            if value is ABSENT and part not in around:
                return
            around = around.setdefault(part, {})
        elif isinstance(around, list) and isinstance(part, int) and part < len(around):
            around = around[part]
        else:
            raise EditError(f"there is no {pointer(path)} in the document")
    _set_in(around, path, value)


def _set_in(around: Json, path: Path, value: Json | Absent) -> None:
    last = path[-1]
    if isinstance(around, dict) and isinstance(last, str):
        if isinstance(value, Absent):
            around.pop(last, None)
        else:
            around[last] = copy.deepcopy(value)
    elif isinstance(around, list) and isinstance(last, int) and 0 <= last < len(around) + (value is not ABSENT):
        around[last : last + 1] = [] if isinstance(value, Absent) else [copy.deepcopy(value)]
    else:
        raise EditError(f"there is no {pointer(path)} in the document")

"""`show`: a saved plan, stale or not, offline."""

from __future__ import annotations

from .. import planfile
from ..model import JsonObject
from .arguments import Arguments
from .failure import Code, Failure
from .files import read_regular
from .output import Output

MAX_PLAN = 256 << 20
"""Bytes of a plan file; ten thousand changes take some 20 MB."""


def call(arguments: Arguments) -> int:
    """0; 3 where the file is no plan."""
    assert arguments.file is not None
    document = open_plan(arguments.file)
    Output(arguments).plan(document, requests=arguments.full, saved=True)
    return Code.DONE


def open_plan(name: str) -> JsonObject:
    """The document of a plan file. Raises `Failure`: 3 where it is none, 4 where it was changed."""
    try:
        data = read_regular(name, MAX_PLAN)
    except OSError as error:
        raise Failure(Code.INVALID, f"the plan {name} cannot be read: {error.strerror}") from error
    document, problems = planfile.from_bytes(data)
    if document is None:
        edited = any(p.rule == "PLANFILE102" for p in problems)
        raise Failure(Code.REFUSED if edited else Code.INVALID, f"{name}: {problems[0].message}", problems[0].detail)
    return document

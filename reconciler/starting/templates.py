"""Reads the templates, and what is taken over as it is: the example specs and the locked dependencies."""

from __future__ import annotations

from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
TEMPLATES: Final = HERE / "templates"


def tree(part: str) -> dict[str, str]:
    """The files of one part of the templates, by the path that they get in a repository."""
    folder = TEMPLATES / part
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)
    return {_dotted(path.relative_to(folder).as_posix()): path.read_text("utf-8") for path in found}


def fragment(name: str) -> str:
    """A part of a file."""
    return (TEMPLATES / "fragments" / name).read_text("utf-8")


def examples() -> dict[str, str]:
    """The example specs and the sandbox tenant, by file name."""
    return {path.name: path.read_text("utf-8") for path in sorted(_taken("specs", "specs").iterdir()) if path.is_file()}


def dependencies() -> str:
    """What reconciler needs to run, each package with version and hashes."""
    return _taken("dependencies.txt", "requirements/run.txt").read_text("utf-8")


def _taken(inside: str, beside: str) -> Path:
    """In the installed package, or in a checkout beside it."""
    return HERE / inside if (HERE / inside).exists() else HERE.parent.parent / beside


def _dotted(path: str) -> str:
    return "/".join(f".{part.removeprefix('dot-')}" if part.startswith("dot-") else part for part in path.split("/"))

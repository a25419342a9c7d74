"""What ties the parts of a workspace file together, beyond its schema: its default tenant, its paths, its tenants."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from pathlib import PureWindowsPath
from typing import Any, cast

from ..diagnostics import Diagnostic, Severity
from ..model import Path as Place
from ..spec.source import Document
from .model import DEFAULT_SPECS, EMULATOR


def cross_checks(document: Document) -> list[Diagnostic]:
    """Every problem, all at once. The schema has settled the shape."""
    raw = fields_of(document)
    return [
        *_check_default(document, raw),
        *(finding for place, text in _paths(raw) for finding in _check_path(document, place, text)),
        *_check_tenants(document, raw["tenants"]),
        *_check_shared(document, raw),
    ]


def fields_of(document: Document) -> dict[str, Any]:
    """The document's value, whose shape the schema has settled."""
    return cast(dict[str, Any], document.value)


def _check_default(document: Document, raw: Mapping[str, Any]) -> Iterator[Diagnostic]:
    default = raw.get("defaultTenant")
    if default is not None and default not in raw["tenants"]:
        yield document.diagnostic(
            Severity.ERROR,
            "WORKSPACE102",
            f"no tenant is called {default}",
            detail=f"tenants of this workspace: {', '.join(raw['tenants'])}",
            path=("defaultTenant",),
        )


def _paths(raw: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """Every path that the file names, with its place."""
    for member in ("specs", "onboardingTexts"):
        yield from (((member, index), text) for index, text in enumerate(raw.get(member, [])))
    for name, entry in raw["tenants"].items():
        base: Place = ("tenants", name)
        yield from (((*base, "specs", index), text) for index, text in enumerate(entry.get("specs", [])))
        yield from (((*base, member), entry[member]) for member in ("state", "seed") if member in entry)


def _check_path(document: Document, place: Place, text: str) -> Iterator[Diagnostic]:
    """A path is relative and goes down. Where links lead is for those to see who open the file."""
    rooted = PureWindowsPath(text).anchor or text.startswith(("~", "/"))
    if rooted or "\\" in text or posixpath.normpath(text).split("/")[0] == "..":
        yield document.diagnostic(
            Severity.ERROR,
            "WORKSPACE103",
            f"{text} leaves the folder of the workspace",
            detail="write a path relative to this file, below its folder, with forward slashes",
            path=place,
        )


def _check_tenants(document: Document, tenants: Mapping[str, Any]) -> Iterator[Diagnostic]:
    seen: dict[str, str] = {}
    for name, entry in tenants.items():
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            yield document.diagnostic(
                Severity.ERROR,
                "WORKSPACE104",
                f"the tenants {other} and {name} differ by upper and lower case alone",
                detail="rename one of them: files are named after tenants, and some disks do not tell case apart",
                path=("tenants", name),
                key=True,
            )
        if entry.get("graph") != EMULATOR and "tenantId" not in entry:
            yield document.diagnostic(
                Severity.WARNING,
                "WORKSPACE105",
                f"the tenant {name} has no `tenantId`: a sign-in to another tenant would not be noticed",
                detail="add its directory id (Entra admin center > Overview)",
                path=("tenants", name),
                key=True,
            )


def _check_shared(document: Document, raw: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """Two names for one tenant: to the specs of either, what the other made is ours and in no spec, so it would go."""
    seen: dict[tuple[str, str], tuple[str, frozenset[str]]] = {}
    for name, entry in raw["tenants"].items():
        real = _real(entry)
        if real is None:
            continue
        folders = frozenset(map(posixpath.normpath, entry.get("specs", raw.get("specs", DEFAULT_SPECS))))
        other, theirs = seen.setdefault(real, (name, folders))
        if theirs != folders:
            yield document.diagnostic(
                Severity.ERROR,
                "WORKSPACE107",
                f"the tenants {other} and {name} have the same `{real[0]}` and different specs: "
                "with --prune, each would delete what the other made",
                detail="give both the same `specs`, or a workspace and an `owner` of their own",
                path=("tenants", name),
                key=True,
            )


def _real(entry: Mapping[str, Any]) -> tuple[str, str] | None:
    """What a tenant is, as far as the file tells: a directory, or the state of an emulator. Every emulator has the
    same directory id, and one without a state begins anew with each run.
    """
    if entry.get("graph") == EMULATOR:
        return ("state", posixpath.normpath(entry["state"])) if "state" in entry else None
    return ("tenantId", entry["tenantId"].lower()) if "tenantId" in entry else None

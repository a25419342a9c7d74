"""argv to one frozen value."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, NoReturn

from .. import __version__
from .clock import SYSTEM, Clock
from .parsers import adopting, asking, changing, completing, reviewing, shared

USAGE_ERROR = 64


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Arguments:
    """What the command line says; what a command does not know stays at its default.

    Neither compared nor shown: for so many fields, making those methods would cost every command some milliseconds.
    """

    command: str
    workspace: str | None = None
    tenant: str | None = None
    format: str = "text"
    color: str = "auto"
    log_level: str = "warning"
    log_format: str = "text"
    quiet: bool = False
    paths: tuple[str, ...] = ()
    out: str | None = None
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    selector: str | None = None
    detailed_exitcode: bool = False
    full: bool = False
    file: str | None = None
    plan: str | None = None
    dry_run: bool = False
    yes: bool = False
    expect: tuple[str, ...] = ()
    expect_deletes: int | None = None
    count_people: bool = False
    record: str | None = None
    change_ref: str | None = None
    previous: str | None = None
    justification: str | None = None
    prune: bool = False
    take_over: tuple[str, ...] = ()
    allow_replace: tuple[str, ...] = ()
    release: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()
    check: bool = False
    diff: bool = False
    port: int = 0
    seed: str | None = None
    state: str | None = None
    knobs: tuple[str, ...] = ()
    latency: float = 0.0
    log: str | None = None
    kind: str | None = None
    az: str | None = None
    user: str | None = None
    since: date | None = None
    discovery: bool = False
    admin: bool = False
    lang: str | None = None
    profile: str | None = None
    search: str | None = None
    what: str | None = None
    group: str | None = None
    shell: str | None = None
    revisions: tuple[str, ...] = ()
    merge_base: bool = False
    live: str | None = None
    records: tuple[str, ...] = ()
    plans: tuple[str, ...] = ()
    audit: bool = False
    with_actors: bool = False
    until: date | None = None
    runs: str | None = None
    inline: bool = False
    kinds: tuple[str, ...] = ()
    even_if_invalid: bool = False
    overwrite: bool = False
    force: bool = False
    folder: str | None = None
    host: str | None = None
    tenant_id: str | None = None
    owner: str | None = None
    source: str | None = None
    repository: str | None = None
    branch: str | None = None
    environment: str | None = None
    clock: Clock = SYSTEM
    """Not of the command line: given by whoever calls `main`."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE_ERROR, f"{self.prog}: {message}\n")


class _Command(_Parser):
    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """What a command does not know is its own error: else the synopsis of all commands would be shown."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, unknown


def parse(argv: Sequence[str]) -> Arguments:
    """The arguments. Exits with 64 for wrong usage, with 0 after `--help` and `--version`."""
    found = vars(parser().parse_args(argv))
    known = {field.name for field in fields(Arguments)}
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in found.items() if key in known
    }
    return Arguments(**values)


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    top = _Parser(
        prog="reconciler",
        description="Declarative infrastructure-as-code for the iOS/iPadOS enrollment of a Microsoft Intune tenant.",
        epilog="Exit codes: 0 done or nothing to do; 1 failed; 2 changes pending (plan --detailed-exitcode, drift, "
        "pin --check, fmt --check), or something fails (doctor); "
        "3 invalid specs, workspace or plan file; 4 refused; 5 partly applied or unverified; 64 wrong usage; "
        "130 and 143 interrupted.",
    )
    top.add_argument("--version", action="version", version=f"reconciler {__version__}")
    commands: Any = top.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Command)
    plain, tabled, paged = (shared.common(each) for each in (shared.FORMATS, shared.WITH_MARKDOWN, shared.PAGES))
    adopting.init(commands, plain)
    adopting.importing(commands, plain)
    changing.validate(commands, shared.common((*shared.WITH_MARKDOWN, "sarif", "junit", "github")))
    adopting.fmt(commands, plain)
    for parser_of in (changing.plan, changing.show, reviewing.compare):
        parser_of(commands, paged)
    reviewing.snapshot(commands, plain)
    changing.apply(commands, tabled)
    for parser_of in (changing.drift, changing.rollback):
        parser_of(commands, paged)
    changing.release(commands, tabled)
    for parser_of in (asking.pin, changing.verify, reviewing.evidence):
        parser_of(commands, plain)
    reviewing.report(commands, paged)
    for parser_of in (asking.explain, asking.rules, asking.doctor, asking.apps):
        parser_of(commands, tabled)
    asking.permissions(commands, shared.common((*shared.FORMATS, "az")))
    asking.guide(commands, paged)
    for parser_of in (asking.emulator, asking.lists, completing.completion):
        parser_of(commands, plain)
    return top

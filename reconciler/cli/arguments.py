"""argv to one frozen value. The only user of argparse."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, NoReturn

from .. import __version__
from .clock import SYSTEM, Clock

USAGE_ERROR = 64
_PATHS = "spec files or folders; without any, those of the workspace"


@dataclass(frozen=True, slots=True)
class Arguments:
    """What the command line says; what a command does not know stays at its default."""

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
    port: int = 0
    seed: str | None = None
    state: str | None = None
    knobs: tuple[str, ...] = ()
    latency: float = 0.0
    log: str | None = None
    kind: str | None = None
    az: str | None = None
    clock: Clock = SYSTEM
    """Not of the command line: given by whoever calls `main`."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE_ERROR, f"{self.prog}: {message}\n")


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
        epilog="Exit codes: 0 done or nothing to do; 1 failed; 2 changes pending (plan --detailed-exitcode, drift); "
        "3 invalid specs, workspace or plan file; 4 refused; 5 partly applied or unverified; 64 wrong usage.",
    )
    top.add_argument("--version", action="version", version=f"reconciler {__version__}")
    commands: Any = top.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)
    common = _common()
    _validate(commands, common)
    _plan(commands, common)
    _show(commands, common)
    _apply(commands, common)
    _release(commands, common)
    _rollback(commands, common)
    _verify(commands, common)
    _drift(commands, common)
    _pin(commands, common)
    _permissions(commands, common)
    _emulator(commands, common)
    _lists(commands, common)
    return top


def _common() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    group = common.add_argument_group("everywhere")
    group.add_argument("--workspace", metavar="FILE", help="the workspace file; else reconciler.yaml here or above")
    group.add_argument("--tenant", metavar="NAME", help="a tenant of the workspace; else its default tenant")
    group.add_argument("--format", choices=("text", "json"), default="text", help="text for people, json for programs")
    group.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="auto: on a terminal only")
    levels = ("debug", "info", "warning", "error")
    group.add_argument("--log-level", choices=levels, default="warning", help="how much to log on stderr")
    group.add_argument("--log-format", choices=("text", "json"), default="text", help="how to log on stderr")
    group.add_argument("--quiet", action="store_true", help="no progress on stderr")
    return common


def _add(
    commands: Any, common: argparse.ArgumentParser, name: str, text: str, more: str = ""
) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = commands.add_parser(
        name, parents=[common], help=text, description=f"{text}. {more}"
    )
    return made


def _validate(commands: Any, common: argparse.ArgumentParser) -> None:
    command = _add(commands, common, "validate", "check specs offline", "Reads files only.")
    command.add_argument("paths", nargs="*", metavar="PATH", help=_PATHS)


def _selection(command: argparse.ArgumentParser) -> None:
    command.add_argument("paths", nargs="*", metavar="PATH", help="run only changes of specs in these files or folders")
    command.add_argument(
        "--only", action="append", default=[], metavar="GLOB", help="run only changes of these addresses"
    )
    command.add_argument(
        "--except",
        dest="exclude",
        action="append",
        default=[],
        metavar="GLOB",
        help="run no changes of these addresses",
    )
    command.add_argument("--selector", metavar="LABELS", help="run only changes of specs with these labels: a=b,c=d")


def _expectations(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--expect", action="append", default=[], metavar="NAME=N",
        help="allow exactly N in this run: deletes, adoptions, assignmentRemovals, affectedPeople (a number, or "
        "unknown), unassignedProfiles, lastProfile or blindCreates",
    )  # fmt: skip
    command.add_argument("--expect-deletes", type=_count, metavar="N", help="short for --expect deletes=N")
    command.add_argument("--count-people", action="store_true", help="count the people that the plan affects")


def _consents(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--prune", action="store_true", help="delete objects that carry our marker and that no spec names, last of all"
    )
    command.add_argument(
        "--take-over", action="append", default=[], metavar="ADDRESS",
        help="let this spec take its object over from another owner",
    )  # fmt: skip
    command.add_argument(
        "--allow-replace", action="append", default=[], metavar="ADDRESS",
        help="let this object be replaced by a new one, where a field cannot change otherwise",
    )  # fmt: skip


def _plan(commands: Any, common: argparse.ArgumentParser) -> None:
    command = _add(commands, common, "plan", "show what would change, and why", "Sends no write.")
    _selection(command)
    _consents(command)
    _expectations(command)
    command.add_argument("--out", metavar="FILE", help="save the plan, for show and apply --plan")
    command.add_argument("--detailed-exitcode", action="store_true", help="exit with 2 where changes are pending")
    command.add_argument("--full", action="store_true", help="unfold everything")


def _justification(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--justification", metavar="TEXT",
        help="what another administrator reads who has to approve a write, where Multi Admin Approval is on",
    )  # fmt: skip


def _show(commands: Any, common: argparse.ArgumentParser) -> None:
    command = _add(commands, common, "show", "render a saved plan, offline")
    command.add_argument("file", metavar="FILE", help="a plan file")
    command.add_argument("--full", action="store_true", help="unfold everything, with the requests")


def _apply(commands: Any, common: argparse.ArgumentParser) -> None:
    command = _add(commands, common, "apply", "perform a plan", "Shows it and asks first.")
    _selection(command)
    _consents(command)
    _expectations(command)
    _justification(command)
    command.add_argument("--plan", metavar="FILE", help="perform this saved plan and nothing else")
    command.add_argument("--dry-run", action="store_true", help="print every request that would be sent, and send none")
    command.add_argument("--yes", action="store_true", help="do not ask")
    command.add_argument("--record", metavar="FILE", help="where to write the run record; else .reconciler/runs/")
    command.add_argument(
        "--change-ref", metavar="TEXT", help="the change request that the run belongs to, for its record"
    )
    command.add_argument("--full", action="store_true", help="unfold everything")


def _release(commands: Any, common: argparse.ArgumentParser) -> None:
    command = _add(
        commands, common, "release", "stop managing objects without deleting them",
        "Takes our marker off and changes nothing else. Shows the plan and asks first.",
    )  # fmt: skip
    command.add_argument("release", nargs="+", metavar="ADDRESS", help="Kind/name, as the marker has it")
    _justification(command)
    command.add_argument("--dry-run", action="store_true", help="print every request that would be sent, and send none")
    command.add_argument("--yes", action="store_true", help="do not ask")
    command.add_argument("--record", metavar="FILE", help="where to write the run record; else .reconciler/runs/")
    command.add_argument(
        "--change-ref", metavar="TEXT", help="the change request that the run belongs to, for its record"
    )
    command.add_argument("--full", action="store_true", help="unfold everything")


def _rollback(commands: Any, common: argparse.ArgumentParser) -> None:
    command = _add(
        commands, common, "rollback", "a plan back to what a run found", "Sends no write: apply --plan carries it out."
    )
    command.add_argument("file", metavar="RECORD", help="the record of the run")
    command.add_argument("--out", metavar="FILE", help="save the plan, for show and apply --plan")
    _expectations(command)
    command.add_argument("--detailed-exitcode", action="store_true", help="exit with 2 where changes are pending")
    command.add_argument("--full", action="store_true", help="unfold everything")


def _verify(commands: Any, common: argparse.ArgumentParser) -> None:
    command = _add(
        commands, common, "verify", "whether a run record or a plan file is whole and unchanged", "Reads files only."
    )
    command.add_argument("file", metavar="FILE", help="a run record, or a plan file")
    command.add_argument(
        "--previous", metavar="FILE", help="the record before it; else it is looked for in the same folder"
    )


def _drift(commands: Any, common: argparse.ArgumentParser) -> None:
    command = _add(
        commands, common, "drift", "what in the tenant departs from the specs", "Exits with 2 where it does."
    )
    command.add_argument("--full", action="store_true", help="unfold everything")


def _permissions(commands: Any, common: argparse.ArgumentParser) -> None:
    text = "the least Graph permissions that these specs need, to plan and to apply"
    command = _add(commands, common, "permissions", text, "Reads files only.")
    command.add_argument(
        "--az", choices=("plan", "apply"), help="print the commands of the Azure CLI that grant those to an application"
    )


def _pin(commands: Any, common: argparse.ArgumentParser) -> None:
    command = _add(
        commands, common, "pin", "write the ids that names stand for",
        "Reads specs and tenant and writes pins/TENANT.yaml; sends no write.",
    )  # fmt: skip
    command.add_argument(
        "--accept", action="append", default=[], metavar="NAME",
        help="this name or address stands for another id now; a glob accepts all that match",
    )  # fmt: skip
    command.add_argument("--check", action="store_true", help="write nothing; exit with 2 where the file would change")


def _emulator(commands: Any, common: argparse.ArgumentParser) -> None:
    command = _add(commands, common, "emulator", "serve the embedded Graph on loopback", "Stop it with Ctrl-C.")
    command.add_argument("--port", type=_port, default=0, metavar="N", help="0, the default, takes a free one")
    command.add_argument("--seed", metavar="FILE", help="the tenant to begin with (JSON)")
    command.add_argument("--state", metavar="FILE", help="where to keep the tenant between runs")
    command.add_argument(
        "--knob", dest="knobs", action="append", default=[], metavar="NAME=VALUE",
        help="how to behave where nobody knows how Graph does; see docs/emulator.md",
    )  # fmt: skip
    command.add_argument("--latency", type=_seconds, default=0.0, metavar="SECONDS", help="added to every request")
    command.add_argument("--log", metavar="FILE", help="write every request to this file, one JSON document a line")


def _count(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of objects: write 0 or more")
    return int(text)


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: write 0 to 65535")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: write seconds, such as 0.05")
    return seconds


def _lists(commands: Any, common: argparse.ArgumentParser) -> None:
    command = _add(commands, common, "schema", "print a JSON Schema", "Without KIND: the names of all.")
    command.add_argument(
        "kind", nargs="?", metavar="KIND", help="a kind, or workspace, pins, plan, run, diagnostics, spec"
    )
    _add(commands, common, "kinds", "list the kinds of specs")

"""The parsers of the commands that check, plan and change."""

from __future__ import annotations

import argparse
from typing import Any

from .shared import add, count

LIVE = "plan against this snapshot of the tenant: no sign-in, no network"
PATHS = "spec files or folders; without any, those of the workspace"


def validate(commands: Any, common: argparse.ArgumentParser) -> None:
    command = add(commands, common, "validate", "check specs offline", "Reads files only.")
    command.add_argument("paths", nargs="*", metavar="PATH", help=PATHS)


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
    command.add_argument("--expect-deletes", type=count, metavar="N", help="short for --expect deletes=N")
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


def plan(commands: Any, common: argparse.ArgumentParser) -> None:
    command = add(commands, common, "plan", "show what would change, and why", "Sends no write.")
    _selection(command)
    _consents(command)
    _expectations(command)
    command.add_argument("--live", metavar="SNAPSHOT", help=LIVE)
    command.add_argument("--out", metavar="FILE", help="save the plan, for show and apply --plan")
    command.add_argument("--detailed-exitcode", action="store_true", help="exit with 2 where changes are pending")
    command.add_argument("--full", action="store_true", help="unfold everything")


def _justification(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--justification", metavar="TEXT",
        help="what another administrator reads who has to approve a write, where Multi Admin Approval is on",
    )  # fmt: skip


def show(commands: Any, common: argparse.ArgumentParser) -> None:
    command = add(commands, common, "show", "render a saved plan, offline")
    command.add_argument("file", metavar="FILE", help="a plan file")
    command.add_argument("--full", action="store_true", help="unfold everything, with the requests")


def apply(commands: Any, common: argparse.ArgumentParser) -> None:
    command = add(commands, common, "apply", "perform a plan", "Shows it and asks first.")
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


def release(commands: Any, common: argparse.ArgumentParser) -> None:
    command = add(
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


def rollback(commands: Any, common: argparse.ArgumentParser) -> None:
    command = add(
        commands, common, "rollback", "a plan back to what a run found", "Sends no write: apply --plan carries it out."
    )
    command.add_argument("file", metavar="RECORD", help="the record of the run")
    command.add_argument("--out", metavar="FILE", help="save the plan, for show and apply --plan")
    _expectations(command)
    command.add_argument("--detailed-exitcode", action="store_true", help="exit with 2 where changes are pending")
    command.add_argument("--full", action="store_true", help="unfold everything")


def verify(commands: Any, common: argparse.ArgumentParser) -> None:
    command = add(
        commands, common, "verify", "whether a record, a plan or an evidence bundle is unchanged", "Reads files only."
    )
    command.add_argument("file", metavar="FILE", help="a run record, a plan file, or an evidence bundle")
    command.add_argument(
        "--previous", metavar="FILE", help="the record before it; else it is looked for in the same folder"
    )


def drift(commands: Any, common: argparse.ArgumentParser) -> None:
    command = add(commands, common, "drift", "what in the tenant departs from the specs", "Exits with 2 where it does.")
    command.add_argument(
        "--record",
        metavar="FILE",
        help="the record of the last run; else the newest of the tenant in .reconciler/runs/",
    )
    command.add_argument(
        "--with-actors", action="store_true", help="name people in markdown and html too, not only in text and json"
    )
    command.add_argument(
        "--accept", action="append", default=[], metavar="ADDRESS",
        help="write the spec of this address to match the tenant; a glob accepts all that match",
    )  # fmt: skip
    command.add_argument(
        "--inline", action="store_true", help="with --accept: write targets of an audience into the spec"
    )
    command.add_argument("--force", action="store_true", help="with --accept: write files with uncommitted changes too")
    command.add_argument("--dry-run", action="store_true", help="with --accept: show the difference, and write nothing")
    command.add_argument("--full", action="store_true", help="unfold everything")

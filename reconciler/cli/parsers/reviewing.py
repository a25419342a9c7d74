"""The parsers of the commands by which changes are reviewed and proven."""

from __future__ import annotations

import argparse
from typing import Any

from .shared import add, day


def compare(commands: Any, common: argparse.ArgumentParser) -> None:
    text = "what changes between two revisions of the specs, offline"
    command = add(
        commands, common, "compare", text, "Reads files and Git only. Exits with 3 where the later is invalid."
    )
    command.add_argument(
        "revisions", nargs="+", metavar="REVISION", help="from this one to the next; else to the files here"
    )
    command.add_argument(
        "--merge-base", action="store_true",
        help="compare from the newest commit that both build on: what a branch changes, whatever happened elsewhere",
    )  # fmt: skip
    command.add_argument("--detailed-exitcode", action="store_true", help="exit with 2 where anything changes")
    command.add_argument("--full", action="store_true", help="unfold everything")


def snapshot(commands: Any, common: argparse.ArgumentParser) -> None:
    text = "a sanitised copy of the live state, for plan --live and as a seed of the embedded Graph"
    command = add(commands, common, "snapshot", text, "Sends no write. Exits with 4 where something could not be read.")
    command.add_argument("--out", metavar="FILE", help="write it to this file; else snapshots/TENANT.json")


def evidence(commands: Any, common: argparse.ArgumentParser) -> None:
    command = add(
        commands, common, "evidence", "one file that proves runs, to be kept and verified",
        "Records, plans, specs from Git, each object before and after; hashed. Offline, unless --audit.",
    )  # fmt: skip
    command.add_argument("records", nargs="+", metavar="RECORD", help="the record of a run")
    command.add_argument("--out", metavar="FILE", help="where to write it; else evidence-TENANT-INSTANT.zip")
    command.add_argument(
        "--plan", action="append", default=[], dest="plans", metavar="FILE",
        help="the plan that one of the runs applied; else it is looked for beside the records",
    )  # fmt: skip
    command.add_argument("--change-ref", metavar="TEXT", help="the change request that all of it belongs to")
    command.add_argument(
        "--audit", action="store_true", help="read the events of these runs from Intune's audit log, and put them in"
    )
    command.add_argument("--with-actors", action="store_true", help="name the people in these events")


def report(commands: Any, common: argparse.ArgumentParser) -> None:
    command = add(
        commands, common, "report", "what is managed, unmanaged, waived and covered, for an auditor",
        "Sends no write.",
    )  # fmt: skip
    command.add_argument("--out", metavar="FILE", help="write it to this file instead of stdout")
    command.add_argument(
        "--since", type=day, metavar="YYYY-MM-DD",
        help="match the events of Intune's audit log since then with runs, and list those made outside",
    )  # fmt: skip
    command.add_argument("--until", type=day, metavar="YYYY-MM-DD", help="up to the end of this day, in UTC; else now")
    command.add_argument("--runs", metavar="DIR", help="where the run records are; else .reconciler/runs/")
    command.add_argument("--with-actors", action="store_true", help="name the people in these events, and in the runs")

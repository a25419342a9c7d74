"""The parsers of the commands that start a repository and write its specs."""

from __future__ import annotations

import argparse
from typing import Any

from .shared import add


def init(commands: Any, common: argparse.ArgumentParser) -> None:
    command = add(
        commands, common, "init", "start a repository that works at once: workspace, examples, pipelines",
        "Writes over no file.",
    )  # fmt: skip
    command.add_argument("folder", nargs="?", metavar="DIR", help="where; else here")
    command.add_argument(
        "--host",
        choices=("github", "azure-devops", "gitlab", "none"),
        help="whose pipeline files to make; none without it",
    )
    command.add_argument(
        "--tenant-id",
        metavar="GUID",
        help="your tenant's id, for the workspace; without it your tenant is a comment there",
    )
    command.add_argument("--owner", metavar="NAME", help="who owns what is created; else the name of the folder")
    command.add_argument(
        "--source", metavar="REQUIREMENT",
        help="where pipelines install reconciler from: git+https://…@COMMIT; else where this one was installed from",
    )  # fmt: skip


def importing(commands: Any, common: argparse.ArgumentParser) -> None:
    command = add(
        commands, common, "import", "write specs for a tenant's live objects",
        "Sends no write. A plan from these specs changes nothing but the marker.",
    )  # fmt: skip
    command.add_argument(
        "--kind", dest="kinds", action="append", default=[], metavar="KIND",
        help="only objects of this kind; apps but Authenticator, and compliance policies, only if named",
    )  # fmt: skip
    command.add_argument("--only", action="append", default=[], metavar="GLOB", help="only specs of these addresses")
    command.add_argument("--out", metavar="DIR", help="where to write; else the first spec folder of the tenant")
    command.add_argument("--dry-run", action="store_true", help="show what would be written, and write nothing")
    command.add_argument(
        "--even-if-invalid", action="store_true", help="also write specs that break a rule, to be corrected there"
    )
    command.add_argument(
        "--overwrite", action="store_true", help="replace files that are in the way and are no specs of the tenant"
    )


def fmt(commands: Any, common: argparse.ArgumentParser) -> None:
    command = add(
        commands, common, "fmt", "settle order and style of spec files",
        "Keeps every comment, and what the files say. Reads and writes files only.",
    )  # fmt: skip
    command.add_argument(
        "paths", nargs="*", metavar="PATH", help="files or folders; without any, the workspace file and its specs"
    )
    command.add_argument("--check", action="store_true", help="write nothing; exit with 2 where a file would change")
    command.add_argument("--diff", action="store_true", help="show what changes")

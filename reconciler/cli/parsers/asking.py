"""The parsers of the commands that answer questions, keep files, and list what there is."""

from __future__ import annotations

import argparse
from typing import Any

from .shared import add, day, port, seconds


def permissions(commands: Any, common: argparse.ArgumentParser) -> None:
    text = "the least Graph permissions that these specs need, by command"
    command = add(commands, common, "permissions", text, "Reads files only.")
    command.add_argument(
        "--az",
        choices=("plan", "apply", "doctor", "explain"),
        help="print the commands of the Azure CLI that grant those to an application that is there; --format az makes "
        "those of pipelines",
    )
    command.add_argument(
        "--host", choices=("github", "azure-devops", "gitlab"), help="with --format az: whose pipelines; else github"
    )
    command.add_argument(
        "--repository", metavar="OWNER/NAME", help="with --format az: the repository, as its host has it"
    )
    command.add_argument("--branch", metavar="NAME", help="with --format az: the branch that applies; else main")
    command.add_argument(
        "--environment", metavar="NAME", help="with --format az: the protected environment; else the tenant's name"
    )


def apps(commands: Any, common: argparse.ArgumentParser) -> None:
    text = "the tenant's apps with bundle ids, whose they are, and which belong into appBundleIds"
    command = add(commands, common, "apps", text, "Sends no write. Exits with 4 where something could not be read.")
    command.add_argument(
        "search", nargs="?", metavar="TEXT", help="only apps that have this in their name or bundle id, in any case"
    )


def explain(commands: Any, common: argparse.ArgumentParser) -> None:
    text = "what a rule means; or who gets which profile, why, and what they lack"
    command = add(commands, common, "explain", text, "For a rule it reads files only, else specs and tenant.")
    asked = command.add_mutually_exclusive_group()
    asked.add_argument(
        "what", nargs="?", metavar="WHAT", help="the id of a rule, or the address of a spec; without any, everybody"
    )
    asked.add_argument("--user", metavar="UPN", help="the profile of this person, and the chain behind it")
    asked.add_argument("--group", metavar="NAME", help="the same for the members of a group")
    command.add_argument("--live", metavar="SNAPSHOT", help="ask this snapshot of the tenant: no sign-in, no network")


def guide(commands: Any, common: argparse.ArgumentParser) -> None:
    text = "the onboarding page for employees, made from the specs"
    command = add(commands, common, "guide", text, "Reads files only. Format text is markdown.")
    command.add_argument("--out", metavar="FILE", help="write it to this file instead of stdout")
    command.add_argument("--lang", choices=("en", "de", "he"), help="the language of the page; en without it")
    command.add_argument("--profile", metavar="NAME", help="for the people of this enrollment profile only")
    command.add_argument("--admin", action="store_true", help="the runbook for administrators instead, in English")


def doctor(commands: Any, common: argparse.ArgumentParser) -> None:
    command = add(
        commands, common, "doctor", "whether this tenant is ready, or why a person's device does not register",
        "Sends no write. Exits with 2 where something fails.",
    )  # fmt: skip
    command.add_argument("--user", metavar="UPN", help="the chain of this person's devices, and its first broken link")
    command.add_argument(
        "--since", type=day, metavar="YYYY-MM-DD", help="count devices that enrolled since then; else of 30 days"
    )
    command.add_argument(
        "--discovery", action="store_true",
        help="ask the domains in `onboarding.discoveryDomains` for their discovery file, over HTTPS",
    )  # fmt: skip


def pin(commands: Any, common: argparse.ArgumentParser) -> None:
    command = add(
        commands, common, "pin", "write the ids that names stand for",
        "Reads specs and tenant and writes pins/TENANT.yaml; sends no write.",
    )  # fmt: skip
    command.add_argument(
        "--accept", action="append", default=[], metavar="NAME",
        help="this name or address stands for another id now; a glob accepts all that match",
    )  # fmt: skip
    command.add_argument("--check", action="store_true", help="write nothing; exit with 2 where the file would change")


def emulator(commands: Any, common: argparse.ArgumentParser) -> None:
    command = add(commands, common, "emulator", "serve the embedded Graph on loopback", "Stop it with Ctrl-C.")
    command.add_argument("--port", type=port, default=0, metavar="N", help="0, the default, takes a free one")
    command.add_argument("--seed", metavar="FILE", help="the tenant to begin with (JSON)")
    command.add_argument("--state", metavar="FILE", help="where to keep the tenant between runs")
    command.add_argument(
        "--knob", dest="knobs", action="append", default=[], metavar="NAME=VALUE",
        help="how to behave where nobody knows how Graph does; see docs/emulator.md",
    )  # fmt: skip
    command.add_argument("--latency", type=seconds, default=0.0, metavar="SECONDS", help="added to every request")
    command.add_argument("--log", metavar="FILE", help="write every request to this file, one JSON document a line")


def rules(commands: Any, common: argparse.ArgumentParser) -> None:
    add(commands, common, "rules", "list the rules that specs and tenant are judged by")


def lists(commands: Any, common: argparse.ArgumentParser) -> None:
    command = add(commands, common, "schema", "print a JSON Schema", "Without KIND: the names of all.")
    command.add_argument(
        "kind",
        nargs="?",
        metavar="KIND",
        help="a kind; spec, workspace or pins; or a document that --format json gives, by its command's name",
    )
    add(commands, common, "kinds", "list the kinds of specs")

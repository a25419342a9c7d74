"""The parser of `completion`, and what shells are told beyond what argparse says of the other parsers."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .shared import add

SHELLS = ("bash", "zsh", "fish", "powershell")
_FILES = frozenset({"FILE", "PATH", "RECORD", "SNAPSHOT", "BUNDLE"})
_FOLDERS = frozenset({"DIR"})


def completion(commands: Any, common: argparse.ArgumentParser) -> None:
    command = add(commands, common, "completion", "print the script that completes these commands in a shell")
    command.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))


def with_values(
    top: argparse.ArgumentParser, values: Mapping[tuple[str, str], Sequence[str]], files: object, folders: object
) -> argparse.ArgumentParser:
    """The parser with what a shell is to offer: `values` by command and metavar, and marks for files and folders.

    What it offers as choices need not be all that there are, so nothing may be parsed by it any more.
    """
    for command, action in _actions(top):
        metavar = str(action.metavar)
        if metavar in _FILES | _FOLDERS:
            action.complete = files if metavar in _FILES else folders  # type: ignore[attr-defined]  # for shtab
        elif offered := values.get((command, metavar)):
            action.choices = offered
    return top


def _actions(top: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.Action]]:
    """Every option and argument of every command, with the command's name."""
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from ((name, each) for name, command in action.choices.items() for each in command._actions)

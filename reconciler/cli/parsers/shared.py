"""What the parsers of several commands share: the options of every command, and types of values."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import date
from typing import Any

FORMATS = ("text", "json")
WITH_MARKDOWN = (*FORMATS, "markdown")
PAGES = (*WITH_MARKDOWN, "html")
READERS = {
    "text": "text for people",
    "json": "json for programs",
    "markdown": "markdown for comments and pages in a repository",
    "html": "html for a browser, one page without network",
    "sarif": "sarif for code scanning",
    "junit": "junit for test reports",
    "github": "github for annotations of GitHub Actions",
    "az": "az for the commands of the Azure CLI",
}
"""Whom a format is for."""


def common(formats: Sequence[str] = FORMATS) -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    group = common.add_argument_group("everywhere")
    group.add_argument("--workspace", metavar="FILE", help="the workspace file; else reconciler.yaml here or above")
    group.add_argument("--tenant", metavar="NAME", help="a tenant of the workspace; else its default tenant")
    known = ", ".join(READERS[each] for each in formats)
    group.add_argument("--format", choices=formats, default="text", help=known)
    group.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="auto: on a terminal only")
    levels = ("debug", "info", "warning", "error")
    group.add_argument("--log-level", choices=levels, default="warning", help="how much to log on stderr")
    group.add_argument("--log-format", choices=("text", "json"), default="text", help="how to log on stderr")
    group.add_argument("--quiet", action="store_true", help="no progress on stderr")
    return common


def add(
    commands: Any, common: argparse.ArgumentParser, name: str, text: str, more: str = ""
) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = commands.add_parser(
        name, parents=[common], help=text, description=f"{text}. {more}"
    )
    return made


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date: write YYYY-MM-DD") from None


def count(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of objects: write 0 or more")
    return int(text)


def port(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: write 0 to 65535")
    return int(text)


def seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: write seconds, such as 0.05")
    return seconds

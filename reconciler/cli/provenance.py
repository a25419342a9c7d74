"""Who runs this, for which commit: what pipelines say in their environment, else what the machine knows."""

from __future__ import annotations

import getpass
import os
import subprocess
from pathlib import Path

_COMMIT = ("GITHUB_SHA", "BUILD_SOURCEVERSION", "CI_COMMIT_SHA")
_ACTOR = ("GITHUB_ACTOR", "BUILD_REQUESTEDFOR", "GITLAB_USER_LOGIN")


def commit(root: Path) -> str | None:
    """The Git commit of the specs, where they stand in a repository."""
    if found := _first(_COMMIT):
        return found
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments
            ["git", "-C", str(root), "rev-parse", "HEAD"],  # noqa: S607 - the user's own git
            capture_output=True,
            check=True,
            timeout=5,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("ascii", "replace").strip() or None


def actor() -> str | None:
    """The person or pipeline account behind the run."""
    if found := _first(_ACTOR):
        return found
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return None


def _first(names: tuple[str, ...]) -> str | None:
    return next((value for name in names if (value := os.environ.get(name))), None)

"""Git repositories for tests: made in a temporary folder, without anything of whoever runs them."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

WHO = {
    "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.com", "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
    "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
    "PATH": "/usr/bin:/bin:/usr/local/bin",
}  # fmt: skip


def git(folder: Path, *arguments: str) -> str:
    """What Git says; it must succeed."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=WHO, capture_output=True, text=True, check=True, timeout=30
    )
    return done.stdout.strip()


def begin(folder: Path) -> Path:
    """An empty repository."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    return folder


def commit(folder: Path, files: Mapping[str, str | None], name: str | None = None) -> str:
    """The files as given (None removes one), committed, with a tag of that name; the commit."""
    for path, text in files.items():
        file = folder / path
        if text is None:
            file.unlink()
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "a change")
    if name:
        git(folder, "tag", name)
    return git(folder, "rev-parse", "HEAD")

"""Every shell example of the documentation is run, in the order in which a reader meets it.

Each page gets a folder with this repository's own workspace and specs, in which `production` is another embedded Graph.
A line has to end with 0; a comment before the block says otherwise: `<!-- exits: 2 0 2 -->` for its lines, or
`<!-- not run: REASON -->`. `make` and `git` are the reader's: `git` is run, `make` is not.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.docs_parts import DOCS, README, ROOT

from .command import VARIABLES, Folder
from .harness import Time

BLOCK = re.compile(
    r"(?:^<!-- (?:exits: (?P<codes>[\d ]+)|not run: (?P<why>[^\n]+)) -->\n)?^```sh\n(?P<text>.*?)^```$", re.M | re.S
)
PRODUCTION = re.compile(r"(?ms)^  production:\n.*?(?=^\S)")
TODAY = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
"""For the dates that stand in examples."""
AUTHOR = ("-c", "user.name=Reader", "-c", "user.email=reader@contoso.example")


@dataclass(frozen=True)
class Line:
    """One line of an example."""

    words: tuple[str, ...]
    code: int
    place: str


def lines(page: Path) -> Iterator[Line]:
    text = page.read_text("utf-8")
    for block in BLOCK.finditer(text):
        first = text.count("\n", 0, block.start("text")) + 1
        found = [(i, shlex.split(each, comments=True)) for i, each in enumerate(block["text"].splitlines())]
        told = [(i, words) for i, words in found if words and words[0] != "make"]
        if block["why"] is None:
            codes = [int(code) for code in block["codes"].split()] if block["codes"] else [0] * len(told)
            for (i, words), code in zip(told, codes, strict=True):
                yield Line(tuple(words), code, f"{page.name}:{first + i}")


PAGES = [page for page in (README, *sorted(DOCS.glob("*.md"))) if any(lines(page))]


def prepare(path: Path) -> None:
    """What a reader has who cloned the repository, or has a tenant like the sandbox."""
    shutil.copytree(ROOT / "specs", path / "specs")
    other = "  production: {graph: emulator, seed: specs/sandbox-tenant.json, limits: {adoptions: 1}}\n\n"
    text, count = PRODUCTION.subn(other, (ROOT / "reconciler.yaml").read_text("utf-8"))
    assert count == 1
    (path / "reconciler.yaml").write_text(text, encoding="utf-8")
    (path / ".gitignore").write_text(".reconciler/\n", encoding="utf-8")
    git(path, "init", "--quiet", "--initial-branch=main")
    git(path, "add", ".")
    git(path, "commit", "--quiet", "--message", "As it was")


def git(path: Path, *arguments: str) -> None:
    subprocess.run(["git", *AUTHOR, *arguments], cwd=path, check=True, capture_output=True)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_run(
    page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    prepare(tmp_path)
    folder = Folder(tmp_path, capsys, monkeypatch, Time(TODAY))
    for line in lines(page):
        run(folder, line)


def run(folder: Folder, line: Line) -> None:
    words = [each for word in line.words for each in expanded(Path.cwd(), word)]
    if words[0] == "cd":
        folder.environment.chdir(words[1])
    elif words[0] == "git":
        git(Path.cwd(), *words[1:])
    else:
        assert words[0].rpartition("/")[2] == "reconciler", line
        words, target = (words[:-2], words[-1]) if words[-2:-1] == [">"] else (words, None)
        said = folder(*words[1:])
        assert said.code == line.code, f"{line.place}: {said.err or said.out}"
        if target:
            Path(target).write_text(said.out, encoding="utf-8")


def expanded(folder: Path, word: str) -> list[str]:
    """What a shell makes of a pattern."""
    return sorted(str(p.relative_to(folder)) for p in folder.glob(word)) if "*" in word and "/" in word else [word]

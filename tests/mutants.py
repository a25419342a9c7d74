"""The last step of `make mutants`: what mutmut found, held against docs/mutation.md.

`python -m tests.mutants FOLDER` reads the results below FOLDER with mutmut's own commands, writes the numbers into the
document, and ends with 1 where a mutant survived that the document does not explain, or explains one that did not.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from tests.docs_parts import DOCS, table

DOCUMENT = DOCS / "mutation.md"
NOTICED = frozenset({"killed", "timeout"})
_NUMBERS = re.compile(r"(<!-- numbers -->\n).*?(<!-- end of numbers -->)", re.DOTALL)
_EXPLAINED = re.compile(r"^### `(?P<module>[\w.]+)`.*?\n+```diff\n(?P<diff>.*?)```\n(?P<why>.*?)(?=^#|\Z)", re.M | re.S)


@dataclass(frozen=True, order=True)
class Survivor:
    """A mutant that no test noticed: the module, and the lines of it before and after, without indentation."""

    module: str
    before: tuple[str, ...]
    after: tuple[str, ...]

    def __str__(self) -> str:
        lines = [f"-{line}" for line in self.before] + [f"+{line}" for line in self.after]
        return "\n".join([self.module, *lines])


def survivor(module: str, diff: str) -> Survivor:
    """What the changed lines of a unified diff say; its head and its context do not count."""
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
    before, after = ([line[1:].strip() for line in lines if line.startswith(sign)] for sign in "-+")
    return Survivor(module, tuple(before), tuple(after))


def explained(text: str) -> dict[Survivor, str]:
    """The mutants that the document explains, each with the explanation."""
    return {survivor(m["module"], m["diff"]): m["why"].strip() for m in _EXPLAINED.finditer(text)}


def with_numbers(text: str, numbers: str) -> str:
    """The document with these numbers."""
    return _NUMBERS.sub(lambda match: f"{match[1]}{numbers}{match[2]}", text)


def numbers(states: Mapping[str, str]) -> str:
    """How many mutants each module has, and what became of them; `states` are by the mutants' names."""
    modules = Counter(map(_module, states))
    noticed = Counter(_module(name) for name, state in states.items() if state in NOTICED)
    rows = [(f"`{name}`", count, noticed[name]) for name, count in sorted(modules.items())]
    rows.append(("all", modules.total(), noticed.total()))
    shown = [(name, str(all_), str(seen), str(all_ - seen), f"{seen / all_:.1%}") for name, all_, seen in rows]
    return f"With mutmut {version('mutmut')}:\n\n" + table(("module", "mutants", "killed", "survived", "score"), shown)


def _module(mutant: str) -> str:
    return mutant.rpartition(".")[0]


def main(folder: Path) -> int:
    """Compare, tell, write."""
    states = dict(_states(folder))
    if "not checked" in states.values() or not states:
        print("not all mutants were tested: nothing is written", file=sys.stderr)
        return 2
    text = DOCUMENT.read_text("utf-8")
    unnoticed = (name for name, state in states.items() if state not in NOTICED)
    survived = {survivor(_module(name), _mutmut(folder, "show", name)): name for name in unnoticed}
    known = explained(text)
    DOCUMENT.write_text(with_numbers(text, numbers(states)), "utf-8")
    print(numbers(states))
    for each in sorted(survived.keys() - known):
        print(f"survived, and docs/mutation.md does not say why: {survived[each]}\n{each}\n")
    for each in sorted(known.keys() - survived):
        print(f"explained in docs/mutation.md, and did not survive: {each}\n")
    return int(survived.keys() != known.keys())


def _states(folder: Path) -> Iterator[tuple[str, str]]:
    for line in _mutmut(folder, "results", "--all", "true").splitlines():
        name, _, state = line.strip().partition(": ")
        yield name, state


def _mutmut(folder: Path, *words: str) -> str:
    command = [sys.executable, "-m", "mutmut", *words]
    return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, encoding="utf-8", check=True).stdout


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

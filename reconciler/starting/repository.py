"""What a new repository holds: the templates with the choices of whoever starts it filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..spec.schema import schema_text
from . import templates

HOSTS: Final = ("github", "azure-devops", "gitlab", "none")
SANDBOX: Final = "sandbox"
NO_SOURCE: Final = "reconciler @ git+https://git.example/reconciler@0000000000000000000000000000000000000000"
"""Where nobody knows where pipelines get reconciler from. `.example` is a name that never resolves (RFC 2606)."""
_NO_TENANT = "00000000-0000-0000-0000-000000000000"
_SCHEMAS = ("spec", "workspace", "pins")
_OWNER_OF_EXAMPLES = re.compile(r"\[reconciler owner=\S+ ")

PARTS: Final[Mapping[str, str]] = {
    "reconciler.yaml": "the workspace: owner, tenants, limits",
    "specs": "example specs, and the tenant that the sandbox begins with",
    "schemas": "what editors complete and check specs by",
    "README.md": "how to work with all this",
    ".github": "workflows: plan on pull requests, apply after a merge, drift every morning",
    ".gitlab-ci.yml": "the pipeline: plan on merge requests, apply after a merge, drift on a schedule",
    "azure-pipelines.yml": "the pipeline: plan on pull requests, apply after a merge, drift every morning",
    "ci": "what the pipelines run",
    "requirements": "the versions that the pipelines install",
    ".vscode": "editor settings: specs are checked as you type",
    ".pre-commit-config.yaml": "checks before each commit",
    ".gitignore": "what Git leaves out: run records, the state of the sandbox",
    ".gitattributes": "one form of line ends",
    ".editorconfig": "indentation and line ends",
}
"""What stands at the top of a repository, and what for, in the order in which it is told."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What whoever starts a repository has to say."""

    owner: str
    """Goes into every marker: a DNS label."""
    host: str = "none"
    """One of `HOSTS`."""
    real: str = "production"
    """What the real tenant is called."""
    tenant_id: str | None = None
    tenant: str = SANDBOX
    """The tenant that the pipelines work on."""
    source: str | None = None
    """The requirement by which pip installs this very reconciler; None: nobody knows."""


def files(choice: Choice, *, workspace: bool = True, examples: bool = True) -> dict[str, str]:
    """Path to text of everything that a repository gets, sorted. Without `workspace` it has one of its own already."""
    found = templates.tree("common")
    found |= {f"schemas/v1/{name}.json": schema_text(name) for name in _SCHEMAS}
    if choice.host != "none":
        found |= {**templates.tree("pipelines"), **templates.tree(choice.host)}
        found["requirements/dependencies.txt"] = templates.dependencies()
    if not workspace:
        del found["reconciler.yaml"]
    else:
        found |= _specs(choice, examples=examples)
    words = _words(choice)
    return {path: _filled(text, words) for path, text in sorted(found.items())}


def _specs(choice: Choice, *, examples: bool) -> dict[str, str]:
    """The examples, with what the sandbox's markers say of their owner; else the sandbox's tenant alone."""
    named = {f"specs/{name}": text for name, text in templates.examples().items()}
    return {
        path: _OWNER_OF_EXAMPLES.sub(f"[reconciler owner={choice.owner} ", text)
        for path, text in named.items()
        if examples or path.endswith(".json")
    }


def _words(choice: Choice) -> dict[str, str]:
    """What stands for the words in capitals; those that hold others come first."""
    pipelines = templates.fragment(f"{choice.host}.md") if choice.host != "none" else "\n"
    switch = f"5. Once the specs are yours, write `{choice.real}` instead of `{choice.tenant}` into the pipelines.\n"
    return {
        "PIPELINES": pipelines,
        "SWITCH": switch if choice.host != "none" and choice.tenant != choice.real else "",
        "PRODUCTION": _production(choice),
        "OWNER": choice.owner,
        "NAME": choice.real,
        "HOST": choice.host if choice.host != "none" else "github",
        "TENANT_ID": choice.tenant_id or _NO_TENANT,
        "TENANT": choice.tenant,
        "SOURCE": choice.source or NO_SOURCE,
    }


def _production(choice: Choice) -> str:
    """The real tenant: a comment as long as nobody has said its id."""
    text = templates.fragment("production.yaml")
    return text if choice.tenant_id else re.sub(r"^  (?!#)", "  # ", text, flags=re.MULTILINE)


def _filled(text: str, words: Mapping[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    return text

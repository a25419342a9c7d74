"""Who runs this, for which commit and change: what pipelines say in their environment, else what the machine knows.

The variables are those that GitHub Actions ("Variables reference"), Azure Pipelines ("Use predefined variables") and
GitLab CI/CD ("Predefined CI/CD variables reference") document. Read for run records only: nothing is decided by them.
"""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from ..graph.strictjson import decode
from ..model import JsonObject
from . import git
from .failure import Code, Failure

_COMMIT = ("GITHUB_SHA", "BUILD_SOURCEVERSION", "CI_COMMIT_SHA")
_ACTOR = ("GITHUB_ACTOR", "BUILD_REQUESTEDFOR", "GITLAB_USER_LOGIN")
APPROVALS = "RECONCILER_APPROVALS"
_MOST = 65_536
_PULL_REQUEST = re.compile(r"refs/pull/(\d+)/(?:merge|head)")


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a run comes from; None for what nobody says."""

    commit: str | None = None
    dirty: bool | None = None
    """Whether files that count differ from the commit; None outside of a repository."""
    actor: str | None = None
    change_ref: str | None = None
    run_url: str | None = None
    approvals: tuple[JsonObject, ...] = ()


def provenance(
    root: Path, files: Iterable[Path], *, change_ref: str | None = None, environment: Mapping[str, str] | None = None
) -> Provenance:
    """Of a run in the workspace at `root` with these `files`. `change_ref` goes before what the environment says."""
    known = os.environ if environment is None else environment
    commit, head = _first(known, _COMMIT), git.told(root, "rev-parse", "HEAD") or None
    return Provenance(
        commit=commit or head,
        dirty=_dirty(root, files, commit if head and commit != head else None),
        actor=_first(known, _ACTOR) or _user(),
        change_ref=change_ref or _change(known),
        run_url=_run(known),
        approvals=_approvals(known),
    )


def _change(known: Mapping[str, str]) -> str | None:
    """The pull or merge request that a pipeline runs for. GitHub names none for a push to a branch."""
    if (number := _PULL_REQUEST.fullmatch(known.get("GITHUB_REF", ""))) and (
        found := _filled(known, "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/pull/")
    ):
        return found + number.group(1)
    return _filled(
        known,
        "{SYSTEM_COLLECTIONURI}{SYSTEM_TEAMPROJECT}/_git/{BUILD_REPOSITORY_NAME}/pullrequest/"
        "{SYSTEM_PULLREQUEST_PULLREQUESTID}",
    ) or _filled(known, "{CI_MERGE_REQUEST_PROJECT_URL}/-/merge_requests/{CI_MERGE_REQUEST_IID}")


def _run(known: Mapping[str, str]) -> str | None:
    return (
        _filled(known, "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}")
        or _filled(known, "{SYSTEM_COLLECTIONURI}{SYSTEM_TEAMPROJECT}/_build/results?buildId={BUILD_BUILDID}")
        or _filled(known, "{CI_JOB_URL}")
    )


def _approvals(known: Mapping[str, str]) -> tuple[JsonObject, ...]:
    """What a pipeline asked its host (`RECONCILER_APPROVALS`: a JSON list of objects), else what variables say.

    Of those only GitLab says whether a change was approved, and not by whom. Raises `Failure` (64) for other text.
    """
    if given := known.get(APPROVALS):
        try:
            found = decode(given.encode())
        except ValueError:
            found = None
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found) or len(given) > _MOST:
            raise Failure(
                Code.USAGE, f"{APPROVALS} is not a list of approvals", "a JSON list of objects, at most 64 KiB"
            )
        return tuple(each for each in found if isinstance(each, dict))
    if known.get("CI_MERGE_REQUEST_APPROVED") != "true":
        return ()
    return ({"source": "gitlab", "rule": "the merge request meets its approval rules"},)


def _filled(known: Mapping[str, str], template: str) -> str | None:
    """The template with variables in place of their names; None where one is missing."""
    names = re.findall(r"{(\w+)}", template)
    if not all(known.get(name) for name in names):
        return None
    return re.sub(r"{(\w+)}", lambda found: quote(known[found.group(1)], safe=":/%@-._~"), template)


def _dirty(root: Path, files: Iterable[Path], other: str | None) -> bool | None:
    """Whether files differ from the commit that is checked out, or from the `other` one that the run is for."""
    listed = ("--", *(os.path.relpath(file, root) for file in files))
    said = git.told(root, "status", "--porcelain", *listed)
    if other is not None and said == "":
        said = git.told(root, "diff", "--name-only", "--no-ext-diff", "--end-of-options", other, *listed)
    return None if said is None else bool(said)


def _user() -> str | None:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return None


def _first(known: Mapping[str, str], names: Iterable[str]) -> str | None:
    return next((value for name in names if (value := known.get(name))), None)

"""Where a run comes from: what pipelines document of their environment, and what Git and the machine know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.failure import Failure
from reconciler.cli.provenance import provenance
from tests.review.repositories import begin, commit, git

GITHUB = {
    "GITHUB_SHA": "aaaa",
    "GITHUB_ACTOR": "alex",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "contoso/endpoints",
    "GITHUB_RUN_ID": "77",
    "GITHUB_REF": "refs/pull/12/merge",
}
AZURE = {
    "BUILD_SOURCEVERSION": "bbbb",
    "BUILD_REQUESTEDFOR": "Alex Example",
    "SYSTEM_COLLECTIONURI": "https://dev.azure.com/contoso/",
    "SYSTEM_TEAMPROJECT": "End points",
    "BUILD_REPOSITORY_NAME": "intune",
    "BUILD_BUILDID": "78",
    "SYSTEM_PULLREQUEST_PULLREQUESTID": "13",
}
GITLAB = {
    "CI_COMMIT_SHA": "cccc",
    "GITLAB_USER_LOGIN": "alex",
    "CI_JOB_URL": "https://gitlab.com/contoso/endpoints/-/jobs/79",
    "CI_MERGE_REQUEST_PROJECT_URL": "https://gitlab.com/contoso/endpoints",
    "CI_MERGE_REQUEST_IID": "14",
    "CI_MERGE_REQUEST_APPROVED": "true",
}
CASES: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "github": (GITHUB, {
        "commit": "aaaa", "actor": "alex", "approvals": (),
        "change_ref": "https://github.com/contoso/endpoints/pull/12",
        "run_url": "https://github.com/contoso/endpoints/actions/runs/77",
    }),
    "github, a push": ({**GITHUB, "GITHUB_REF": "refs/heads/main"}, {"change_ref": None}),
    "azure": (AZURE, {
        "commit": "bbbb", "actor": "Alex Example", "approvals": (),
        "change_ref": "https://dev.azure.com/contoso/End%20points/_git/intune/pullrequest/13",
        "run_url": "https://dev.azure.com/contoso/End%20points/_build/results?buildId=78",
    }),
    "gitlab": (GITLAB, {
        "commit": "cccc", "actor": "alex",
        "change_ref": "https://gitlab.com/contoso/endpoints/-/merge_requests/14",
        "run_url": "https://gitlab.com/contoso/endpoints/-/jobs/79",
        "approvals": ({"source": "gitlab", "rule": "the merge request meets its approval rules"},),
    }),
    "gitlab, not approved": ({**GITLAB, "CI_MERGE_REQUEST_APPROVED": "false"}, {"approvals": ()}),
    "half of a host": (
        {"GITHUB_RUN_ID": "7", "GITHUB_REF": "refs/pull/12/merge"},
        {"run_url": None, "change_ref": None},
    ),
    "asked of the host": (
        {**GITHUB, "RECONCILER_APPROVALS": '[{"source": "github", "state": "approved", "by": "alex"}]'},
        {"approvals": ({"source": "github", "state": "approved", "by": "alex"},)},
    ),
    "asked, and there is none": ({**GITLAB, "RECONCILER_APPROVALS": "[]"}, {"approvals": ()}),
    "nobody": ({}, {"commit": None, "change_ref": None, "run_url": None, "approvals": (), "dirty": None}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_pipelines_say(tmp_path: Path, case: str) -> None:
    environment, expected = CASES[case]
    found = provenance(tmp_path, [tmp_path / "specs"], environment=environment)
    assert {name: getattr(found, name) for name in expected} == expected


def test_a_run_for_another_commit_than_the_one_that_is_checked_out(tmp_path: Path) -> None:
    """A pipeline names the commit that it runs for, and its checkout may have taken another one."""
    first = commit(begin(tmp_path), {"specs/a.yaml": "a", "other": "1"})
    same = commit(tmp_path, {"other": "2"})
    last = commit(tmp_path, {"specs/a.yaml": "b"})
    for named, dirty in ((last, False), (same, True), (first, True), ("0" * 40, None), ("--output=x", None)):
        found = provenance(tmp_path, [tmp_path / "specs"], environment={"GITHUB_SHA": named})
        assert (found.commit, found.dirty) == (named, dirty), named
    git(tmp_path, "checkout", "--quiet", same)
    assert provenance(tmp_path, [tmp_path / "specs"], environment={"GITHUB_SHA": first}).dirty is False
    assert not (tmp_path / "x").exists()


def test_what_the_command_line_says_goes_before(tmp_path: Path) -> None:
    found = provenance(tmp_path, [], change_ref="CHG-4711", environment=GITHUB)
    assert found.change_ref == "CHG-4711"


def test_without_a_pipeline_the_machine_knows_the_person(tmp_path: Path) -> None:
    assert provenance(tmp_path, [], environment={}).actor


@pytest.mark.parametrize("text", ["yes", "{}", '["alex"]', '[{"by": NaN}]', "[" + '{"by": "alex"},' * 6_000 + "{}]"])
def test_approvals_of_another_form_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(Failure) as told:
        provenance(tmp_path, [], environment={"RECONCILER_APPROVALS": text})
    assert "RECONCILER_APPROVALS is not a list of approvals" in str(told.value)

"""What the pipelines ask of GitHub.

github.py comment NUMBER FILE      keep one comment at a pull request: made once, then brought up to date
github.py drift FILE open|closed   keep one issue about drift: opened, brought up to date, closed
github.py reviewed COMMIT OUT      save the plan that was reviewed in the pull request which this commit merged, if any
github.py approvals                who approved this run, as GitHub recorded it
github.py previous OUT             save the record of the last run that applied something, if it is still kept
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from api import Api, Failed, is_ours, of_commit, run, said_of, save, tell, text

REPOSITORY = os.environ.get("GITHUB_REPOSITORY", "")
PLANS, APPLIES = "plan.yml", "apply.yml"
BRANCH = "main"
SELF = "github-actions[bot]"
"""Whom the token of a job acts as."""


def api() -> Api:
    """GitHub's REST API, for this repository."""
    base = f"{os.environ.get('GITHUB_API_URL', 'https://api.github.com')}/repos/{said_of('GITHUB_REPOSITORY')}"
    return Api(base, Authorization=f"Bearer {said_of('GITHUB_TOKEN')}", X_GitHub_Api_Version="2022-11-28")


def comment(number: str, file: str) -> None:
    """Only a comment of this job's own account is taken for ours: anybody could write the marker into one."""
    github, (body, marker) = api(), text(file)
    body = of_commit(body, said_of("HEAD"), _this_run())
    for each in github.pages(f"/issues/{int(number)}/comments"):
        if _by_us(each) and is_ours(each["body"], marker):
            github.send("PATCH", f"/issues/comments/{each['id']}", {"body": body})
            return tell(f"brought up to date: {each['html_url']}")
    tell(f"commented: {github.send('POST', f'/issues/{int(number)}/comments', {'body': body})['html_url']}")
    return None


def drift(file: str, state: str) -> None:
    """An issue that somebody closed while there is drift is followed by a new one."""
    github, (body, marker) = api(), text(file)
    for each in github.pages("/issues?state=open"):
        if "pull_request" not in each and _by_us(each) and is_ours(each["body"], marker):
            github.send("PATCH", f"/issues/{each['number']}", {"body": body, "state": state})
            return tell(f"{'brought up to date' if state == 'open' else 'closed'}: {each['html_url']}")
    if state == "open":
        made = github.send("POST", "/issues", {"title": f"Drift in tenant {said_of('TENANT')}", "body": body})
        tell(f"opened: {made['html_url']}")
    return None


def reviewed(commit: str, out: str) -> None:
    """Prints `change=ADDRESS` for the next job. Whether the plan still fits is for `ci/choose-plan.sh` to say."""
    github = api()
    newest = github.get(f"/commits/{BRANCH}")["sha"]
    if newest != commit:
        raise Failed(f"{BRANCH} is at {newest} by now, and the run for that applies it: an older state is not applied")
    pull = next((each for each in github.pages(f"/commits/{commit}/pulls") if _merged_as(each, commit)), None)
    if pull is None:
        return tell(f"{commit} is not the merge of a pull request of this repository")
    print(f"change={pull['html_url']}")
    artifact = next(
        _kept(github, PLANS, "plan", f"event=pull_request&status=success&head_sha={pull['head']['sha']}"), 0
    )
    if not artifact:
        return tell(f"{pull['html_url']} has no plan, or none that is still kept")
    save(github.read(f"/actions/artifacts/{artifact}/zip"), "plan.json", out)
    return tell(f"found the plan of {pull['html_url']}")


def approvals() -> None:
    """Prints them as JSON, for `RECONCILER_APPROVALS`."""
    said = api().get(f"/actions/runs/{int(said_of('GITHUB_RUN_ID'))}/approvals")
    found = [
        {
            "source": "github",
            "state": each["state"],
            "by": (each["user"] or {}).get("login"),
            "environments": [environment["name"] for environment in each["environments"]],
        }
        for each in said
    ]
    if not any(each["state"] == "approved" for each in found):
        tell(
            f"::warning::Nobody had to approve this run: the environment {said_of('TENANT')} has no required reviewers"
        )
    print(f"approvals={json.dumps(found)}")


def previous(out: str) -> None:
    """Of runs on the branch alone: what a pull request calls a record may be anything."""
    github = api()
    query = f"branch={BRANCH}&status=completed"
    for artifact in _kept(github, APPLIES, "run-record", query, events=("push", "workflow_dispatch")):
        archive = github.read(f"/actions/artifacts/{artifact}/zip")
        with suppress(Failed):  # a run that was refused has left none
            save(archive, "run.json", out)
            return tell("found the record of the run before this one")
    tell("there is no record of an earlier run, or none that is still kept")
    return None


def _this_run() -> str:
    return f"{said_of('GITHUB_SERVER_URL')}/{REPOSITORY}/actions/runs/{said_of('GITHUB_RUN_ID')}"


def _by_us(each: dict[str, Any]) -> bool:
    """Accounts that are gone may have left null."""
    return (each["user"] or {}).get("login") == SELF


def _merged_as(pull: dict[str, Any], commit: str) -> bool:
    """A fork may upload what it likes as its plan, so its pull requests have none; nor has one into another branch."""
    head = pull["head"]["repo"]
    own = head is not None and head["full_name"] == REPOSITORY
    return bool(own and pull["merged_at"] and pull["base"]["ref"] == BRANCH and pull["merge_commit_sha"] == commit)


def _kept(
    github: Api, workflow: str, name: str, query: str, *, events: tuple[str, ...] = ("pull_request",)
) -> Iterator[int]:
    """Artifacts of this name of runs of a workflow, the newest first; runs for forks are passed over."""
    runs = github.get(f"/actions/workflows/{workflow}/runs?{query}&per_page=100")["workflow_runs"]
    for each in sorted(runs, key=lambda found: found["run_number"], reverse=True):
        if each["event"] not in events or (each["head_repository"] or {}).get("full_name") != REPOSITORY:
            continue
        kept = github.get(f"/actions/runs/{each['id']}/artifacts?name={name}&per_page=20")["artifacts"]
        ids = [int(artifact["id"]) for artifact in kept if not artifact["expired"]]
        if ids:
            yield max(ids)


if __name__ == "__main__":
    run({each.__name__: each for each in (comment, drift, reviewed, approvals, previous)}, __doc__)

"""What the pipelines ask of GitLab.

gitlab.py comment NUMBER FILE      keep one note at a merge request: made once, then brought up to date
gitlab.py drift FILE open|closed   keep one issue about drift: opened, brought up to date, closed
gitlab.py reviewed COMMIT OUT      save the plan that was reviewed in the merge request which this commit merged, if any
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from api import Api, Failed, is_ours, of_commit, run, said_of, tell, text

JOB = "plan"


def api() -> Api:
    """GitLab's REST API, for this project."""
    return _at(f"projects/{int(said_of('CI_PROJECT_ID'))}")


def _at(path: str) -> Api:
    return Api(f"{said_of('CI_API_V4_URL')}/{path}", PRIVATE_TOKEN=said_of("RECONCILER_API_TOKEN"))


def _self() -> int:
    """The user that the token acts as."""
    return int(_at("user").get("")["id"])


def comment(number: str, file: str) -> None:
    """Only a note of the token's own user is taken for ours: anybody could write the marker into one."""
    gitlab, me, (body, marker) = api(), _self(), text(file)
    body = of_commit(body, said_of("CI_COMMIT_SHA"), said_of("CI_JOB_URL"))
    notes = f"/merge_requests/{int(number)}/notes"
    found = next(
        (each for each in gitlab.pages(notes) if each["author"]["id"] == me and is_ours(each["body"], marker)), None
    )
    if found:
        gitlab.send("PUT", f"{notes}/{found['id']}", {"body": body})
    else:
        gitlab.send("POST", notes, {"body": body})
    tell("the note is brought up to date" if found else "a note was written")


def drift(file: str, state: str) -> None:
    """An issue that somebody closed while there is drift is followed by a new one."""
    gitlab, me, (body, marker) = api(), _self(), text(file)
    issues = gitlab.pages("/issues?state=opened")
    found = next((each for each in issues if each["author"]["id"] == me and is_ours(each["description"], marker)), None)
    if found:
        change = {"description": body, **({"state_event": "close"} if state == "closed" else {})}
        gitlab.send("PUT", f"/issues/{found['iid']}", change)
        tell(f"{'brought up to date' if state == 'open' else 'closed'}: {found['web_url']}")
    elif state == "open":
        made = gitlab.send("POST", "/issues", {"title": f"Drift in tenant {said_of('TENANT')}", "description": body})
        tell(f"opened: {made['web_url']}")


def reviewed(commit: str, out: str) -> None:
    """Prints `change=ADDRESS` for the next job. That the plan still fits is for `apply --plan` to say."""
    gitlab, branch = api(), said_of("CI_DEFAULT_BRANCH")
    newest = gitlab.get(f"/repository/commits/{quote(branch, safe='')}")["id"]
    if newest != commit:
        raise Failed(f"{branch} is at {newest} by now, and the pipeline for that applies it: no older state is applied")
    requests = gitlab.pages(f"/repository/commits/{commit}/merge_requests")
    merged = next((each for each in requests if _own(each) and _merged_as(each, commit, branch)), None)
    if merged is None:
        return tell(f"{commit} is not the merge of a merge request of this project")
    print(f"change={merged['web_url']}")
    job = _job_of(gitlab, merged)
    if job is None:
        return tell(f"{merged['web_url']} has no plan, or none that is still kept")
    with open(out, "wb") as file:
        file.write(gitlab.read(f"/jobs/{job}/artifacts/plan.json"))
    return tell(f"found the plan of {merged['web_url']}")


def _own(merged: dict[str, Any]) -> bool:
    """A fork may keep what it likes as its plan, so its merge requests have none."""
    return bool(merged["state"] == "merged" and merged["source_project_id"] == merged["target_project_id"])


def _merged_as(merged: dict[str, Any], commit: str, branch: str) -> bool:
    """Which commit a merge request became depends on the method: a merge, a squash, or the branch itself."""
    became = (merged.get("merge_commit_sha"), merged.get("squash_commit_sha"), merged.get("sha"))
    return bool(merged["target_branch"] == branch and commit in became)


def _job_of(gitlab: Api, merged: dict[str, Any]) -> int | None:
    """The job that planned the merge request's last commit, and that still has its artifacts."""
    for pipeline in gitlab.pages(f"/merge_requests/{merged['iid']}/pipelines"):
        if pipeline["sha"] == merged["sha"] or pipeline["ref"] == f"refs/merge-requests/{merged['iid']}/merge":
            for job in gitlab.pages(f"/pipelines/{pipeline['id']}/jobs?scope[]=success"):
                if job["name"] == JOB and job.get("artifacts_file"):
                    return int(job["id"])
    return None


if __name__ == "__main__":
    run({"comment": comment, "drift": drift, "reviewed": reviewed}, __doc__)

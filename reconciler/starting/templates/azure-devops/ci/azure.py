"""What the pipelines ask of Azure DevOps.

azure.py comment NUMBER FILE      keep one thread at a pull request: made once, then brought up to date
azure.py reviewed COMMIT          the run that planned the pull request which this commit merged, if any
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from api import Api, Failed, is_ours, of_commit, run, said_of, tell, text

VERSION = "api-version=7.1"
ARTIFACT = "plan"
BRANCH = "main"


def api() -> Api:
    """The REST API of Azure DevOps, for this project."""
    token = said_of("SYSTEM_ACCESSTOKEN")  # the step has to map $(System.AccessToken) to it
    base = said_of("SYSTEM_COLLECTIONURI").rstrip("/")
    return Api(f"{base}/{quote(said_of('SYSTEM_TEAMPROJECTID'))}/_apis", Authorization=f"Bearer {token}")


def repository() -> str:
    """The repository of this build, as a path of the API."""
    return f"/git/repositories/{quote(said_of('BUILD_REPOSITORY_ID'))}"


def comment(number: str, file: str) -> None:
    """Only what the build service wrote is taken for ours: anybody could write the marker into a comment."""
    azure, (body, marker) = api(), text(file)
    build = f"{said_of('SYSTEM_COLLECTIONURI')}{quote(said_of('SYSTEM_TEAMPROJECTID'))}/_build/results?buildId="
    body = of_commit(body, said_of("SYSTEM_PULLREQUEST_SOURCECOMMITID"), build + said_of("BUILD_BUILDID"))
    threads = f"{repository()}/pullRequests/{int(number)}/threads"
    for thread in azure.get(f"{threads}?{VERSION}")["value"]:
        first = next(iter(thread.get("comments") or []), None)
        if first and not thread.get("isDeleted") and _is_service(first) and is_ours(first.get("content"), marker):
            azure.send("PATCH", f"{threads}/{thread['id']}/comments/{first['id']}?{VERSION}", {"content": body})
            return tell("the comment is brought up to date")
    # A closed thread: it asks nobody to resolve it.
    made = {"comments": [{"parentCommentId": 0, "content": body, "commentType": "text"}], "status": "closed"}
    azure.send("POST", f"{threads}?{VERSION}", made)
    return tell("a comment was written")


def reviewed(commit: str) -> None:
    """Sets `change` and `run` for the next steps. That the plan still fits is for `apply --plan` to say."""
    azure = api()
    head = azure.get(f"{repository()}/refs?filter=heads/{BRANCH}&{VERSION}")["value"]
    newest = next((each["objectId"] for each in head if each["name"] == f"refs/heads/{BRANCH}"), None)
    if newest != commit:
        raise Failed(f"{BRANCH} is at {newest} by now, and the run for that applies it: an older state is not applied")
    asked = {"queries": [{"type": "lastMergeCommit", "items": [commit]}]}
    found = azure.send("POST", f"{repository()}/pullrequestquery?{VERSION}", asked)["results"]
    pulls = [pull for result in found for pull in result.get(commit, [])]
    pull = next((each for each in pulls if _is_own(each)), None)
    if pull is None:
        return tell(f"{commit} is not the merge of a pull request of this repository")
    number = int(pull["pullRequestId"])
    _set("change", f"{said_of('BUILD_REPOSITORY_URI')}/pullrequest/{number}")
    planned = _run_of(azure, number)
    if planned is None:
        return tell(f"pull request {number} has no plan, or none that is still kept")
    _set("run", str(planned))
    return tell(f"pull request {number} was planned by run {planned}")


def _is_own(pull: dict[str, Any]) -> bool:
    """A fork may publish what it likes as its plan, so its pull requests have none; nor has one into another branch."""
    into = pull.get("targetRefName") == f"refs/heads/{BRANCH}"
    return bool(pull["status"] == "completed" and into and not pull.get("forkSource"))


def _is_service(comment: dict[str, Any]) -> bool:
    """The build service, by the name that Azure DevOps gives it. People sign in with an address, which has an @."""
    author = comment.get("author") or {}
    return " Build Service" in str(author.get("displayName")) and "@" not in str(author.get("uniqueName"))


def _run_of(azure: Api, number: int) -> int | None:
    """The last run that planned the pull request and still keeps the plan."""
    query = f"definitions={int(said_of('SYSTEM_DEFINITIONID'))}&branchName=refs/pull/{number}/merge"
    query += "&reasonFilter=pullRequest&resultFilter=succeeded"
    for build in azure.get(f"/build/builds?{query}&queryOrder=finishTimeDescending&$top=5&{VERSION}")["value"]:
        kept = azure.get(f"/build/builds/{int(build['id'])}/artifacts?{VERSION}")["value"]
        if any(each["name"] == ARTIFACT for each in kept):
            return int(build["id"])
    return None


def _set(name: str, value: str) -> None:
    """A variable of this job and of those after it; what could end the command early is left out."""
    print(f"##vso[task.setvariable variable={name};isOutput=true]{''.join(c for c in value if c not in ';]')}")


if __name__ == "__main__":
    run({"comment": comment, "reviewed": reviewed}, __doc__)

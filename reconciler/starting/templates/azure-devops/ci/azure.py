"""What the pipelines ask of Azure DevOps.

azure.py comment NUMBER FILE      keep one thread at a pull request: made once, then brought up to date
azure.py drift FILE open|closed   keep one work item about drift: opened, brought up to date, closed
azure.py reviewed COMMIT          the run that planned the pull request which this commit merged, if any
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from api import Api, Denied, Failed, is_ours, of_commit, run, said_of, tell, text

VERSION = "api-version=7.1"
ARTIFACT = "plan"
BRANCH = "main"
TYPE = "Task"
"""Of the work item about drift: Basic, Agile, Scrum and CMMI all have this type."""
PATCH = "application/json-patch+json"
FIELDS = "fields=System.CreatedBy,System.Description"
BATCH = 200
"""Work items that one request may read."""


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
        if (
            first
            and not thread.get("isDeleted")
            and _is_service(first.get("author"))
            and is_ours(first.get("content"), marker)
        ):
            azure.send("PATCH", f"{threads}/{thread['id']}/comments/{first['id']}?{VERSION}", {"content": body})
            return tell("the comment is brought up to date")
    # A closed thread: it asks nobody to resolve it.
    made = {"comments": [{"parentCommentId": 0, "content": body, "commentType": "text"}], "status": "closed"}
    azure.send("POST", f"{threads}?{VERSION}", made)
    return tell("a comment was written")


def drift(file: str, state: str) -> None:
    """A work item that somebody completed while there is drift is followed by a new one."""
    try:
        _keep_item(api(), *text(file), state)
    except Denied as denied:
        needed = "the build service needs 'View work items in this node' and 'Edit work items in this node'"
        raise Failed(
            f"{denied}\nThe work item about drift: {needed} (Project settings > Project configuration > Areas)"
        ) from None


def _keep_item(azure: Api, body: str, marker: str, state: str) -> None:
    states = azure.get(f"/wit/workitemtypes/{TYPE}/states?{VERSION}")["value"]
    description = _set_field("Description", f"<pre>{html.escape(body, quote=False)}</pre>")
    found = next((each["id"] for each in _items(azure, states) if _is_our_item(each["fields"], marker)), None)
    if found is not None:
        change = [description, *([_set_field("State", _completed(states))] if state == "closed" else [])]
        azure.send("PATCH", f"/wit/workitems/{int(found)}?{VERSION}", change, PATCH)
        tell(f"{'brought up to date' if state == 'open' else 'closed'}: work item {found}")
    elif state == "open":
        made = [_set_field("Title", f"Drift in tenant {said_of('TENANT')}"), description, _set_field("Tags", _tag())]
        tell(f"opened: work item {azure.send('POST', f'/wit/workitems/${TYPE}?{VERSION}', made, PATCH)['id']}")


def _items(azure: Api, states: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Work items with our tag that are still open. A query gives ids alone, so they are read after it."""
    found = azure.send("POST", f"/wit/wiql?{VERSION}", {"query": _open_items(states)})["workItems"]
    ids = [str(int(each["id"])) for each in found]
    for start in range(0, len(ids), BATCH):
        asked = f"ids={','.join(ids[start : start + BATCH])}&{FIELDS}&errorPolicy=omit"
        # Those that were deleted in between come as null.
        yield from filter(None, azure.get(f"/wit/workitems?{asked}&{VERSION}")["value"])


def _open_items(states: list[dict[str, Any]]) -> str:
    """The query, in WIQL."""
    over = [_quoted(each["name"]) for each in states if each["category"] in ("Completed", "Removed")]
    clauses = [
        "[System.TeamProject] = @project",
        f"[System.WorkItemType] = {_quoted(TYPE)}",
        f"[System.Tags] CONTAINS {_quoted(_tag())}",
        *([f"[System.State] NOT IN ({', '.join(over)})"] if over else []),
    ]
    return " ".join(("SELECT [System.Id] FROM WorkItems WHERE", " AND ".join(clauses), "ORDER BY [System.Id]"))


def _is_our_item(fields: dict[str, Any], marker: str) -> bool:
    """Anybody could set the tag and write the marker. What was written as HTML may come back as other HTML."""
    plain = html.unescape(re.sub(r"<[^>]*>", "\n", fields.get("System.Description") or ""))
    return _is_service(fields.get("System.CreatedBy")) and is_ours(plain, marker)


def _completed(states: list[dict[str, Any]]) -> str:
    """Processes name it differently: Done, Closed, or a name of their own."""
    name = next((each["name"] for each in states if each["category"] == "Completed"), None)
    if name is None:
        raise Failed(f"the work item type {TYPE} has no state of the category Completed")
    return str(name)


def _set_field(name: str, value: str) -> dict[str, str]:
    """A step of a JSON Patch; `add` also replaces."""
    return {"op": "add", "path": f"/fields/System.{name}", "value": value}


def _tag() -> str:
    return f"reconciler-drift-{said_of('TENANT')}"


def _quoted(value: str) -> str:
    """A string of WIQL."""
    return "'" + value.replace("'", "''") + "'"


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


def _is_service(author: dict[str, Any] | None) -> bool:
    """The build service, by the name that Azure DevOps gives it. People sign in with an address, which has an @."""
    author = author or {}
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
    run({"comment": comment, "drift": drift, "reviewed": reviewed}, __doc__)

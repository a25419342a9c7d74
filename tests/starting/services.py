"""Hosts of repositories, as far as the pipelines ask them something: GitHub, GitLab and Azure DevOps on loopback.

Each answers in the form that its documentation shows, and only to its own token. Artifacts of GitHub lie with another
server, which takes a request for an attack if it carries the token.
"""

from __future__ import annotations

import io
import json
import re
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "host-token-51c7"
BOT = {"login": "github-actions[bot]", "type": "Bot"}

Query = Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """What a service answers."""

    status: int
    body: Any = None
    location: str | None = None


Route = tuple[str, str, Callable[..., Answer]]


class Service:
    """Answers requests by routes: method, a pattern of the path, and what is called with groups, query and body."""

    token: tuple[str, str] = ("Authorization", f"Bearer {TOKEN}")
    url: str = ""

    def routes(self) -> list[Route]:
        raise NotImplementedError

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: Any) -> Answer:
        name, value = self.token
        if headers.get(name) != value:
            return Answer(401, {"message": "Bad credentials"})
        parts = urlsplit(target)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        for verb, pattern, call in self.routes():
            if verb == method and (found := re.fullmatch(pattern, parts.path)):
                return call(*found.groups(), query=query, body=body)
        return Answer(404, {"message": f"no {method} {target}"})


def paged(entries: list[Any], query: Query) -> Answer:
    """A page of a list, in GitHub's and GitLab's words."""
    size, number = int(query.get("per_page", "30")), int(query.get("page", "1"))
    return Answer(200, entries[size * (number - 1) : size * number])


@contextmanager
def served(service: Service) -> Iterator[str]:
    """The service on a free port, for as long as the context lasts; its address."""

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size)) if size else None
            answer = service.answer(self.command, self.path, dict(self.headers.items()), body)
            data = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            if answer.location:
                self.send_header("Location", answer.location)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_PUT = _do  # noqa: N815 - the names that http.server looks for

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    service.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield service.url
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip file."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


class Storage(Service):
    """Where GitHub keeps artifacts: whoever has the address gets them, and no token may be shown."""

    def __init__(self) -> None:
        self.kept: dict[int, bytes] = {}

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: Any) -> Answer:
        if "Authorization" in headers:
            return Answer(400, {"message": "a token was sent to the storage"})
        return Answer(200, self.kept[int(target.strip("/"))])


@dataclass
class Artifact:
    """Files of a run."""

    id: int
    name: str
    files: dict[str, bytes]
    expired: bool = False


@dataclass
class GitHub(Service):
    """One repository."""

    storage: Storage
    repository: str = "woodgrove/intune"
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    issues: list[dict[str, Any]] = field(default_factory=list)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    artifacts: dict[int, list[Artifact]] = field(default_factory=dict)
    """By run."""
    approvals: list[dict[str, Any]] = field(default_factory=list)
    newest: str = ""
    """Where the branch is."""
    writes: list[str] = field(default_factory=list)

    def routes(self) -> list[Route]:
        base = f"/repos/{self.repository}"
        return [
            ("GET", rf"{base}/commits/main", lambda *, query, body: Answer(200, {"sha": self.newest})),
            ("GET", rf"{base}/actions/runs/\d+/approvals", lambda *, query, body: Answer(200, self.approvals)),
            ("GET", rf"{base}/issues/(\d+)/comments", self._comments),
            ("POST", rf"{base}/issues/(\d+)/comments", self._comment),
            ("PATCH", rf"{base}/issues/comments/(\d+)", self._edit_comment),
            ("GET", rf"{base}/issues", self._issues),
            ("POST", rf"{base}/issues", self._open),
            ("PATCH", rf"{base}/issues/(\d+)", self._edit_issue),
            ("GET", rf"{base}/commits/(\w+)/pulls", self._pulls),
            ("GET", rf"{base}/actions/workflows/([a-z]+).yml/runs", self._runs),
            ("GET", rf"{base}/actions/runs/(\d+)/artifacts", self._artifacts),
            ("GET", rf"{base}/actions/artifacts/(\d+)/zip", self._zip),
        ]

    def keep(self, run: int, name: str, files: dict[str, bytes]) -> None:
        """Upload an artifact."""
        kept = Artifact(900 + sum(map(len, self.artifacts.values())), name, files)
        self.storage.kept[kept.id] = zipped(files)
        self.artifacts.setdefault(run, []).append(kept)

    def _comments(self, number: str, *, query: Query, body: Any) -> Answer:
        return paged(self.comments.get(int(number), []), query)

    def _comment(self, number: str, *, query: Query, body: Any) -> Answer:
        self.writes.append("comment")
        made = {"id": 100 + len(self.writes), "user": BOT, "html_url": f"{self.url}/{number}", **body}
        self.comments.setdefault(int(number), []).append(made)
        return Answer(201, made)

    def _edit_comment(self, key: str, *, query: Query, body: Any) -> Answer:
        self.writes.append("edit comment")
        found = next(c for each in self.comments.values() for c in each if c["id"] == int(key))
        found.update(body)
        return Answer(200, found)

    def _issues(self, *, query: Query, body: Any) -> Answer:
        return paged([each for each in self.issues if each["state"] == query.get("state", "open")], query)

    def _open(self, *, query: Query, body: Any) -> Answer:
        self.writes.append("open issue")
        number = 40 + len(self.issues)
        made = {"number": number, "user": BOT, "state": "open", "html_url": f"{self.url}/{number}", **body}
        self.issues.append(made)
        return Answer(201, made)

    def _edit_issue(self, number: str, *, query: Query, body: Any) -> Answer:
        self.writes.append(f"edit issue: {body['state']}")
        found = next(each for each in self.issues if each["number"] == int(number))
        found.update(body)
        return Answer(200, found)

    def _pulls(self, commit: str, *, query: Query, body: Any) -> Answer:
        return paged([each for each in self.pulls if commit in each["commits"]], query)

    def _runs(self, workflow: str, *, query: Query, body: Any) -> Answer:
        keys = {"head_sha": "head_sha", "event": "event", "branch": "head_branch", "status": "conclusion"}
        asked = {keys[name]: value for name, value in query.items() if name in keys and value != "completed"}
        wanted = [
            each
            for each in self.runs
            if each["path"] == f".github/workflows/{workflow}.yml"
            and each["conclusion"]  # those that run still have none
            and all(each[key] == value for key, value in asked.items())
        ]
        return Answer(200, {"total_count": len(wanted), "workflow_runs": wanted})

    def _artifacts(self, run: str, *, query: Query, body: Any) -> Answer:
        kept = [each for each in self.artifacts.get(int(run), []) if each.name == query["name"]]
        shown = [{"id": each.id, "name": each.name, "expired": each.expired} for each in kept]
        return Answer(200, {"total_count": len(shown), "artifacts": shown})

    def _zip(self, key: str, *, query: Query, body: Any) -> Answer:
        return Answer(302, location=f"{self.storage.url}/{key}")


@dataclass
class GitLab(Service):
    """One project, number 5."""

    token = ("Private-Token", TOKEN)
    notes: list[dict[str, Any]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    merge_requests: list[dict[str, Any]] = field(default_factory=list)
    pipelines: list[dict[str, Any]] = field(default_factory=list)
    jobs: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    plans: dict[int, bytes] = field(default_factory=dict)
    user: int = 71
    newest: str = ""

    def routes(self) -> list[Route]:
        base = "/api/v4/projects/5"
        return [
            ("GET", "/api/v4/user", lambda *, query, body: Answer(200, {"id": self.user})),
            ("GET", rf"{base}/repository/commits/main", lambda *, query, body: Answer(200, {"id": self.newest})),
            ("GET", rf"{base}/merge_requests/7/notes", lambda *, query, body: paged(self.notes, query)),
            ("POST", rf"{base}/merge_requests/7/notes", self._note),
            ("PUT", rf"{base}/merge_requests/7/notes/(\d+)", self._edit(lambda: self.notes, "id")),
            ("GET", rf"{base}/issues", self._issues),
            ("POST", rf"{base}/issues", self._open),
            ("PUT", rf"{base}/issues/(\d+)", self._edit(lambda: self.issues, "iid")),
            ("GET", rf"{base}/repository/commits/\w+/merge_requests", self._merged),
            ("GET", rf"{base}/merge_requests/7/pipelines", lambda *, query, body: paged(self.pipelines, query)),
            ("GET", rf"{base}/pipelines/(\d+)/jobs", lambda n, *, query, body: paged(self.jobs[int(n)], query)),
            (
                "GET",
                rf"{base}/jobs/(\d+)/artifacts/plan.json",
                lambda n, *, query, body: Answer(200, self.plans[int(n)]),
            ),
        ]

    def _note(self, *, query: Query, body: Any) -> Answer:
        made = {"id": 100 + len(self.notes), "author": {"id": self.user}, **body}
        self.notes.append(made)
        return Answer(201, made)

    def _issues(self, *, query: Query, body: Any) -> Answer:
        return paged([each for each in self.issues if each["state"] == query["state"]], query)

    def _open(self, *, query: Query, body: Any) -> Answer:
        known = {"iid": 1 + len(self.issues), "state": "opened", "web_url": self.url}
        made = {**known, "author": {"id": self.user}, **body}
        self.issues.append(made)
        return Answer(201, made)

    def _edit(self, entries: Callable[[], list[dict[str, Any]]], key: str) -> Callable[..., Answer]:
        def edit(number: str, *, query: Query, body: Any) -> Answer:
            found = next(each for each in entries() if each[key] == int(number))
            found.update(body)
            if body.get("state_event") == "close":
                found["state"] = "closed"
            return Answer(200, found)

        return edit

    def _merged(self, *, query: Query, body: Any) -> Answer:
        return paged(self.merge_requests, query)


BUILD_SERVICE = {"displayName": "intune Build Service (woodgrove)", "uniqueName": "Build\\5f3a"}
STATES = [
    {"name": name, "category": category}
    for name, category in {
        "New": "Proposed",
        "Active": "InProgress",
        "Closed": "Completed",
        "Removed": "Removed",
    }.items()
]


def _patched(steps: list[dict[str, str]]) -> dict[str, str]:
    """The fields that a JSON Patch sets."""
    assert {each["op"] for each in steps} == {"add"}
    return {each["path"].removeprefix("/fields/"): each["value"] for each in steps}


@dataclass
class Azure(Service):
    """One repository of one project."""

    threads: list[dict[str, Any]] = field(default_factory=list)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    builds: list[dict[str, Any]] = field(default_factory=list)
    artifacts: dict[int, list[str]] = field(default_factory=dict)
    newest: str = ""
    items: list[dict[str, Any]] = field(default_factory=list)
    """Work items: `id` and `fields`."""
    may_edit: bool = True
    queries: list[str] = field(default_factory=list)
    """In WIQL, as they came."""

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: Any) -> Answer:
        if isinstance(body, list) and headers.get("Content-Type") != "application/json-patch+json":
            return Answer(415, {"message": "a JSON Patch has a type of its own"})
        return super().answer(method, target, headers, body)

    def routes(self) -> list[Route]:
        base, threads = "/woodgrove/p1/_apis", "/woodgrove/p1/_apis/git/repositories/r1/pullRequests/7/threads"
        return [
            ("GET", threads, lambda *, query, body: Answer(200, {"value": self.threads})),
            ("POST", threads, self._thread),
            ("PATCH", rf"{threads}/(\d+)/comments/(\d+)", self._edit),
            ("POST", rf"{base}/git/repositories/r1/pullrequestquery", self._query),
            ("GET", rf"{base}/git/repositories/r1/refs", self._refs),
            ("GET", rf"{base}/build/builds", self._builds),
            ("GET", rf"{base}/build/builds/(\d+)/artifacts", self._artifacts),
            ("GET", rf"{base}/wit/workitemtypes/Task/states", lambda *, query, body: Answer(200, {"value": STATES})),
            ("POST", rf"{base}/wit/wiql", self._wiql),
            ("GET", rf"{base}/wit/workitems", self._items),
            ("POST", rf"{base}/wit/workitems/\$Task", self._make_item),
            ("PATCH", rf"{base}/wit/workitems/(\d+)", self._edit_item),
        ]

    def _wiql(self, *, query: Query, body: Any) -> Answer:
        """The clauses on the tag and on the state; a state that is not excluded is found."""
        self.queries.append(body["query"])
        tag, over = re.findall(r"CONTAINS '([^']+)'|NOT IN \(([^)]+)\)", body["query"])
        found = [
            {"id": each["id"]}
            for each in self.items
            if tag[0] in each["fields"]["System.Tags"] and f"'{each['fields']['System.State']}'" not in over[1]
        ]
        return Answer(200, {"queryType": "flat", "workItems": found})

    def _items(self, *, query: Query, body: Any) -> Answer:
        asked = {int(each) for each in query["ids"].split(",")}
        fields = query["fields"].split(",")
        shown = [
            {"id": each["id"], "fields": {name: each["fields"][name] for name in fields if name in each["fields"]}}
            for each in self.items
            if each["id"] in asked
        ]
        return Answer(200, {"count": len(shown), "value": [None, *shown]})  # as for one that was deleted

    def _make_item(self, *, query: Query, body: Any) -> Answer:
        if not self.may_edit:
            return Answer(403, {"message": "TF237111: The current user does not have permissions to save work items"})
        fields = {"System.State": "New", "System.CreatedBy": BUILD_SERVICE}
        self.items.append({"id": 50 + len(self.items), "fields": fields | _patched(body)})
        return Answer(200, self.items[-1])

    def _edit_item(self, key: str, *, query: Query, body: Any) -> Answer:
        found = next(each for each in self.items if each["id"] == int(key))
        found["fields"].update(_patched(body))
        return Answer(200, found)

    def _thread(self, *, query: Query, body: Any) -> Answer:
        comments = [{"id": 1, "author": BUILD_SERVICE, **each} for each in body["comments"]]
        self.threads.append({"id": 10 + len(self.threads), "status": body["status"], "comments": comments})
        return Answer(200, self.threads[-1])

    def _edit(self, thread: str, comment: str, *, query: Query, body: Any) -> Answer:
        found = next(each for each in self.threads if each["id"] == int(thread))
        found["comments"][int(comment) - 1].update(body)
        return Answer(200, found)

    def _query(self, *, query: Query, body: Any) -> Answer:
        asked = body["queries"][0]["items"][0]
        found = [each for each in self.pulls if each["merged"] == asked]
        return Answer(200, {"results": [{asked: found} if found else {}]})

    def _refs(self, *, query: Query, body: Any) -> Answer:
        found = {"refs/heads/main": self.newest, "refs/heads/main-old": "other"}  # the filter is a prefix
        return Answer(200, {"value": [{"name": name, "objectId": at} for name, at in found.items()][::-1]})

    def _builds(self, *, query: Query, body: Any) -> Answer:
        return Answer(
            200,
            {
                "value": [
                    each
                    for each in self.builds
                    if (each["branch"], "12") == (query["branchName"], query["definitions"])
                ]
            },
        )

    def _artifacts(self, build: str, *, query: Query, body: Any) -> Answer:
        return Answer(200, {"value": [{"name": each} for each in self.artifacts.get(int(build), [])]})

"""What the scripts of the pipelines ask of each host, over HTTP: one comment, one issue, the plan that was reviewed."""

from __future__ import annotations

import html
import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.starting import templates

from .services import BOT, BUILD_SERVICE, TOKEN, Answer, Azure, GitHub, GitLab, Service, Storage, served, zipped

CALLED = ("comment", "drift", "reviewed", "approvals", "previous")
SUMMARY = "**Plan: 1 to create** <!-- reconciler plan owner=woodgrove tenant=sandbox -->"
BODY = f"{SUMMARY}\n\nA line.\n"
OTHER = BODY.replace("tenant=sandbox", "tenant=test")
COMMIT, HEAD = "c0ffee" * 6, "deadbe" * 6

Script = Callable[..., tuple[int, str, str]]


@pytest.fixture
def script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[[str, Service], Script]]:
    """Runs the script of a host against its service: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def made(host: str, service: Service) -> Script:
        for name, value in _environment(service).items():
            monkeypatch.setenv(name, value)
        files = {**templates.tree("pipelines"), **templates.tree(host)}
        name = host.partition("-")[0]
        for each in ("api", name):
            (tmp_path / f"{each}.py").write_text(files[f"ci/{each}.py"], "utf-8")

        def run(*arguments: str) -> tuple[int, str, str]:
            capsys.readouterr()
            monkeypatch.setattr(sys, "argv", [f"{name}.py", *arguments])
            code = 0
            try:
                module = _imported(tmp_path / f"{name}.py")
                commands = {name: getattr(module, name) for name in CALLED if hasattr(module, name)}
                module.run(commands, module.__doc__)
            except SystemExit as ended:
                code = ended.code if isinstance(ended.code, int) else 1
                print(ended.code, file=sys.stderr)
            out, err = capsys.readouterr()
            assert TOKEN not in out + err
            return code, out, err

        return run

    monkeypatch.syspath_prepend(str(tmp_path))
    yield made
    sys.modules.pop("api", None)


def _imported(path: Path) -> Any:
    sys.modules.pop("api", None)
    spec = importlib.util.spec_from_file_location("host", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _environment(service: Service) -> dict[str, str]:
    """What the host says to its jobs."""
    return {
        "TENANT": "sandbox", "HEAD": HEAD, "CI_COMMIT_SHA": HEAD, "SYSTEM_PULLREQUEST_SOURCECOMMITID": HEAD,
        "GITHUB_SERVER_URL": "https://github.com", "GITHUB_RUN_ID": "9", "BUILD_BUILDID": "9",
        "SYSTEM_DEFINITIONID": "12",
        "CI_JOB_URL": "https://gitlab.com/woodgrove/intune/-/jobs/9", "CI_DEFAULT_BRANCH": "main",
        "GITHUB_REPOSITORY": "woodgrove/intune", "GITHUB_API_URL": service.url, "GITHUB_TOKEN": TOKEN,
        "CI_API_V4_URL": f"{service.url}/api/v4", "CI_PROJECT_ID": "5", "RECONCILER_API_TOKEN": TOKEN,
        "SYSTEM_COLLECTIONURI": f"{service.url}/woodgrove/", "SYSTEM_TEAMPROJECTID": "p1",
        "SYSTEM_ACCESSTOKEN": TOKEN, "BUILD_REPOSITORY_ID": "r1",
        "BUILD_REPOSITORY_URI": "https://dev.azure.com/woodgrove/p1/_git/intune",
    }  # fmt: skip


@pytest.fixture
def github() -> Iterator[GitHub]:
    storage = Storage()
    service = GitHub(storage)
    with served(storage), served(service):
        yield service


@pytest.fixture
def gitlab() -> Iterator[GitLab]:
    service = GitLab()
    with served(service):
        yield service


@pytest.fixture
def azure() -> Iterator[Azure]:
    service = Azure()
    with served(service):
        yield service


def of(run: str, body: str = BODY) -> str:
    """What a comment holds: the document, and below its first line what it is about."""
    first, _, rest = body.partition("\n")
    return f"{first}\n\nOf commit {HEAD[:12]}, by [this run]({run}).\n{rest}"


ON_GITHUB = "https://github.com/woodgrove/intune/actions/runs/9"


def write(path: Path, text: str) -> str:
    path.write_text(text, "utf-8")
    return str(path)


# One comment


def test_github_keeps_one_comment_for_each_tenant(script: Any, github: GitHub, tmp_path: Path) -> None:
    run = script("github", github)
    people = {"login": "mallory", "type": "User"}
    robot = {"login": "helpful[bot]", "type": "Bot"}  # which says what somebody told it to say
    many = [{"id": n, "user": people, "body": "Nice.", "html_url": ""} for n in range(97)]
    many += [{"id": 500 + n, "user": who, "body": BODY, "html_url": ""} for n, who in enumerate((people, robot, None))]
    github.comments[7] = many
    assert run("comment", "7", write(tmp_path / "a.md", BODY))[0] == 0
    assert run("comment", "7", write(tmp_path / "a.md", BODY + "More.\n"))[0] == 0
    assert run("comment", "7", write(tmp_path / "a.md", OTHER))[0] == 0
    found = [each["body"] for each in github.comments[7][100:]]
    wanted = [of(ON_GITHUB, BODY + "More.\n"), of(ON_GITHUB, OTHER)]
    assert found == wanted, "what somebody else wrote is not ours, whatever it says"
    assert {each["body"] for each in many[97:100]} == {BODY}


def test_a_comment_never_grows_too_long(script: Any, github: GitHub, tmp_path: Path) -> None:
    long = f"{SUMMARY}\n{'x' * (65_536 - len(SUMMARY) - 1)}"
    assert script("github", github)("comment", "7", write(tmp_path / "a.md", long))[0] == 0
    assert [each["body"] for each in github.comments[7]] == [long]


def test_gitlab_keeps_one_note(script: Any, gitlab: GitLab, tmp_path: Path) -> None:
    run = script("gitlab", gitlab)
    gitlab.notes = [
        {"id": 1, "author": {"id": 66, "username": "project_5_bot_x"}, "body": BODY}
    ]  # a name is free to take
    assert run("comment", "7", write(tmp_path / "a.md", BODY))[0] == 0
    assert run("comment", "7", write(tmp_path / "a.md", BODY + "More.\n"))[0] == 0
    job = "https://gitlab.com/woodgrove/intune/-/jobs/9"
    assert [each["body"] for each in gitlab.notes] == [BODY, of(job, BODY + "More.\n")]


def test_azure_keeps_one_closed_thread(script: Any, azure: Azure, tmp_path: Path) -> None:
    run = script("azure-devops", azure)
    people = [{"displayName": "Mallory"}, {"displayName": "Mallory Build Service", "uniqueName": "m@example.com"}, None]
    azure.threads = [{"id": n, "comments": [{"id": 1, "author": p, "content": BODY}]} for n, p in enumerate(people)]
    azure.threads += [{"id": 4, "comments": []}, {"id": 5}]
    assert run("comment", "7", write(tmp_path / "a.md", BODY))[0] == 0
    assert run("comment", "7", write(tmp_path / "a.md", BODY + "More.\n"))[0] == 0
    build = "_build/results?buildId=9"
    contents = [each["comments"][0]["content"] for each in azure.threads if each.get("comments")]
    assert contents[:3] == [BODY] * 3
    assert contents[3:] == [of(f"{azure.url}/woodgrove/p1/{build}", BODY + "More.\n")]
    assert azure.threads[-1]["status"] == "closed"


# One issue


def test_github_keeps_one_issue(script: Any, github: GitHub, tmp_path: Path) -> None:
    run = script("github", github)
    person = {"number": 1, "user": {"login": "mallory", "type": "User"}, "state": "open", "body": BODY, "html_url": ""}
    pull = {"number": 2, "user": BOT, "state": "open", "body": BODY, "pull_request": {}, "html_url": ""}
    nothing = {"number": 3, "user": BOT, "state": "open", "body": None, "html_url": ""}
    gone = {"number": 4, "user": None, "state": "open", "body": BODY, "html_url": ""}
    github.issues = [person, pull, nothing, gone]
    file = write(tmp_path / "a.md", BODY)
    assert run("drift", file, "closed")[0] == 0
    assert github.writes == []
    for state in ("open", "open", "closed", "closed", "open"):
        assert run("drift", file, state)[0] == 0
    assert github.writes == ["open issue", "edit issue: open", "edit issue: closed", "open issue"]
    assert [each["state"] for each in github.issues[4:]] == ["closed", "open"]


def test_gitlab_keeps_one_issue(script: Any, gitlab: GitLab, tmp_path: Path) -> None:
    run = script("gitlab", gitlab)
    file = write(tmp_path / "a.md", BODY)
    person = {"iid": 9, "author": {"id": 66}, "state": "opened", "description": BODY, "web_url": ""}
    gitlab.issues = [person]
    for state in ("closed", "open", "open", "closed", "open"):
        assert run("drift", file, state)[0] == 0
    assert [each["state"] for each in gitlab.issues] == ["opened", "closed", "opened"]


def test_azure_keeps_one_work_item(script: Any, azure: Azure, tmp_path: Path) -> None:
    run = script("azure-devops", azure)
    body = BODY + "<b>\n"
    file = write(tmp_path / "a.md", body)
    known = {"System.State": "New", "System.Tags": "reconciler-drift-sandbox"}
    shown = f"<div><pre>{html.escape(body)}</pre></div>"
    person = known | {"System.CreatedBy": {"displayName": "Mallory"}, "System.Description": shown}
    of_other = {"System.CreatedBy": BUILD_SERVICE, "System.Description": shown.replace("=sandbox", "=sandbox-2")}
    azure.items = [{"id": 1, "fields": person}, {"id": 2, "fields": known | of_other}]
    azure.items.append({"id": 3, "fields": known | {"System.CreatedBy": BUILD_SERVICE}})
    others = json.dumps(azure.items)
    steps = []
    for state in ("closed", "open", "open", "closed", "closed", "open"):
        code, _, err = run("drift", file, state)
        assert code == 0, err
        steps.append([each["fields"]["System.State"] for each in azure.items[3:]])
    assert steps == [[], ["New"], ["New"], ["Closed"], ["Closed"], ["Closed", "New"]]
    assert json.dumps(azure.items[:3]) == others
    fields = azure.items[-1]["fields"]
    assert (fields["System.Title"], fields["System.Tags"]) == ("Drift in tenant sandbox", "reconciler-drift-sandbox")
    assert fields["System.Description"] == f"<pre>{html.escape(body, quote=False)}</pre>"
    assert "NOT IN ('Closed', 'Removed')" in azure.queries[-1]
    run("drift", write(tmp_path / "b.md", body + "More.\n"), "open")
    assert "More." in fields["System.Description"]


def test_azure_tells_which_permission_a_work_item_needs(script: Any, azure: Azure, tmp_path: Path) -> None:
    azure.may_edit = False
    code, _, err = script("azure-devops", azure)("drift", write(tmp_path / "a.md", BODY), "open")
    assert (code, azure.items) == (1, [])
    assert "answered 403" in err
    assert "Edit work items in this node" in err


# The plan that was reviewed


def ran(number: int, **other: Any) -> dict[str, Any]:
    """A run of a workflow."""
    own = {"full_name": "woodgrove/intune"}
    return {"id": number, "run_number": number, "conclusion": "success", "head_repository": own, **other}


def merged(github: GitHub, **other: Any) -> None:
    """A pull request that was merged as COMMIT, and was planned twice."""
    pull = {
        "number": 7, "html_url": "https://github.com/woodgrove/intune/pull/7", "merged_at": "2026-03-01T09:00:00Z",
        "merge_commit_sha": COMMIT, "commits": [COMMIT], "base": {"ref": "main"},
        "head": {"sha": HEAD, "repo": {"full_name": "woodgrove/intune"}},
    }  # fmt: skip
    github.pulls = [{**pull, **other}]
    github.newest = COMMIT
    planned = {"event": "pull_request", "head_sha": HEAD, "path": ".github/workflows/plan.yml"}
    github.runs = [ran(n, **planned) for n in (11, 12)]
    github.runs.append(ran(13, **planned, head_repository={"full_name": "mallory/intune"}))
    github.runs.append(ran(14, **planned, head_repository=None))
    github.keep(13, "plan", {"plan.json": b"of a fork"})
    github.keep(14, "plan", {"plan.json": b"of a fork that is gone"})
    github.keep(11, "plan", {"plan.json": b"older"})
    github.keep(12, "plan", {"plan.json": b"newer"})


def test_github_gives_the_newest_plan_of_the_pull_request(script: Any, github: GitHub, tmp_path: Path) -> None:
    run = script("github", github)
    merged(github)
    assert run("reviewed", COMMIT, "out.json")[:2] == (0, "change=https://github.com/woodgrove/intune/pull/7\n")
    assert (tmp_path / "out.json").read_bytes() == b"newer"
    github.artifacts[12][0].expired = True
    run("reviewed", COMMIT, "out.json")
    assert (tmp_path / "out.json").read_bytes() == b"older"


@pytest.mark.parametrize(
    "other",
    [
        {"merged_at": None},
        {"merge_commit_sha": HEAD},
        {"head": {"sha": HEAD, "repo": {"full_name": "mallory/intune"}}},
        {"head": {"sha": HEAD, "repo": None}},
        {"base": {"ref": "topic"}},
    ],
    ids=["not merged", "merged as another", "of a fork", "of a fork that is gone", "into another branch"],
)
def test_github_gives_no_plan_of(other: Any, script: Any, github: GitHub, tmp_path: Path) -> None:
    run = script("github", github)
    merged(github, **other)
    code, out, err = run("reviewed", COMMIT, "out.json")
    assert (code, out) == (0, "")
    assert "is not the merge of a pull request" in err
    assert not (tmp_path / "out.json").exists()


def test_github_says_where_nothing_is_kept_any_more(script: Any, github: GitHub, tmp_path: Path) -> None:
    run = script("github", github)
    merged(github)
    github.artifacts.clear()
    code, out, err = run("reviewed", COMMIT, "out.json")
    assert (code, out) == (0, "change=https://github.com/woodgrove/intune/pull/7\n")
    assert "no plan, or none that is still kept" in err
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize(
    ("artifact", "says"),
    [
        (zipped({"other": b""}), "holds no plan.json"),
        (b"<html>", "is no zip file"),
        (b"PK\5\6" + bytes(18), "holds no"),
    ],
)
def test_an_artifact_without_a_plan_is_told(artifact: bytes, says: str, script: Any, github: GitHub) -> None:
    run = script("github", github)
    merged(github)
    github.storage.kept = dict.fromkeys(github.storage.kept, artifact)
    code, _, err = run("reviewed", COMMIT, "out.json")
    assert (code, says in err) == (1, True), err


@pytest.mark.parametrize("host", ["github", "gitlab", "azure-devops"])
def test_an_older_state_is_never_applied(host: str, script: Any, github: Any, gitlab: Any, azure: Any) -> None:
    """A run that is started again after others have been merged would take the tenant back."""
    service = {"github": github, "gitlab": gitlab, "azure-devops": azure}[host]
    service.newest = HEAD
    arguments = ["reviewed", COMMIT] if host == "azure-devops" else ["reviewed", COMMIT, "out.json"]
    code, out, err = script(host, service)(*arguments)
    assert (code, out) == (1, "")
    assert f"main is at {HEAD} by now" in err


def test_github_tells_who_approved(script: Any, github: GitHub) -> None:
    run = script("github", github)
    code, out, err = run("approvals")
    assert (code, out) == (0, "approvals=[]\n")
    assert "::warning::Nobody had to approve this run: the environment sandbox has no required reviewers" in err
    both = {"environments": [{"name": "sandbox", "id": 1}], "comment": "go\nahead"}
    github.approvals = [
        {**both, "state": "approved", "user": {"login": "lead"}},
        {**both, "state": "rejected", "user": None},
    ]
    code, out, err = run("approvals")
    assert (code, err, out.count("\n")) == (0, "", 1)
    assert json.loads(out.removeprefix("approvals=")) == [
        {"source": "github", "state": "approved", "by": "lead", "environments": ["sandbox"]},
        {"source": "github", "state": "rejected", "by": None, "environments": ["sandbox"]},
    ]


def test_github_gives_the_record_of_the_run_before(script: Any, github: GitHub, tmp_path: Path) -> None:
    """A run that was refused has left none, and what pull requests call a record is none."""
    run = script("github", github)
    applied = {"path": ".github/workflows/apply.yml", "head_branch": "main", "event": "push"}
    assert run("previous", "out.json")[0] == 0
    assert not (tmp_path / "out.json").exists()
    github.runs = [
        ran(1, **applied), ran(2, **applied), ran(3, **applied),
        ran(4, **{**applied, "event": "pull_request"}),
        ran(5, **applied, head_repository={"full_name": "mallory/intune"}),
        ran(6, **{**applied, "head_branch": "topic"}),
        ran(7, **{**applied, "conclusion": None}),
    ]  # fmt: skip
    for number in (1, 2, 4, 5, 6, 7):
        github.keep(number, "run-record", {"run.json": f"of {number}".encode(), "plan.json": b""})
    github.keep(3, "run-record", {"plan.json": b"refused"})
    assert run("previous", "out.json")[0] == 0
    assert (tmp_path / "out.json").read_bytes() == b"of 2"


def test_gitlab_gives_the_plan_of_the_merge_request(script: Any, gitlab: GitLab, tmp_path: Path) -> None:
    run = script("gitlab", gitlab)
    request = {"iid": 7, "state": "merged", "source_project_id": 5, "target_project_id": 5, "sha": HEAD}
    request |= {"merge_commit_sha": None, "squash_commit_sha": COMMIT, "target_branch": "main"}
    gitlab.newest = COMMIT
    gitlab.pipelines = [{"id": 1, "sha": COMMIT, "ref": "x"}, {"id": 2, "sha": HEAD, "ref": "x"}]
    gitlab.jobs = {2: [{"id": 3, "name": "check"}, {"id": 4, "name": "plan", "artifacts_file": {"size": 1}}]}
    gitlab.plans = {4: b"plan"}
    for other in (
        {"source_project_id": 66},
        {"target_branch": "topic"},
        {"squash_commit_sha": None},
        {"state": "closed"},
    ):
        gitlab.merge_requests = [{**request, **other}]
        assert run("reviewed", COMMIT, "out.json")[:2] == (0, "")
    gitlab.merge_requests = [{**request, "web_url": "https://gitlab.com/woodgrove/intune/-/merge_requests/7"}]
    code, out, _ = run("reviewed", COMMIT, "out.json")
    assert (code, out) == (0, "change=https://gitlab.com/woodgrove/intune/-/merge_requests/7\n")
    assert (tmp_path / "out.json").read_bytes() == b"plan"


def test_azure_gives_the_run_that_planned_the_pull_request(script: Any, azure: Azure) -> None:
    run = script("azure-devops", azure)
    pull = {"pullRequestId": 7, "status": "completed", "merged": COMMIT, "targetRefName": "refs/heads/main"}
    azure.newest = COMMIT
    azure.pulls = [{**pull, "forkSource": {"name": "mallory"}}, {**pull, "targetRefName": "refs/heads/topic"}]
    azure.builds = [{"id": n, "branch": "refs/pull/7/merge"} for n in (31, 30)]
    azure.artifacts = {30: ["plan"]}
    assert run("reviewed", COMMIT)[:2] == (0, "")
    azure.pulls = [pull]
    assert run("reviewed", COMMIT)[1].splitlines() == [
        "##vso[task.setvariable variable=change;isOutput=true]"
        "https://dev.azure.com/woodgrove/p1/_git/intune/pullrequest/7",
        "##vso[task.setvariable variable=run;isOutput=true]30",
    ]


# What goes wrong


def test_a_document_without_a_marker_is_never_posted(script: Any, github: GitHub, tmp_path: Path) -> None:
    run = script("github", github)
    code, _, err = run("comment", "7", write(tmp_path / "a.md", f"Text\n{SUMMARY}\n"))
    assert code == 1
    assert "has no marker of reconciler in its first line" in err
    assert github.writes == []


def test_a_refusal_of_the_host_is_told_without_the_token(
    script: Any, github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = script("github", github)
    monkeypatch.setenv("GITHUB_TOKEN", "expired")
    code, _, err = run("comment", "7", write(tmp_path / "a.md", BODY))
    assert code == 1
    assert "answered 401" in err
    assert "Bad credentials" in err
    assert "expired" not in err


@pytest.mark.parametrize("name", ["GITHUB_TOKEN", "GITHUB_REPOSITORY", "HEAD", "GITHUB_RUN_ID"])
def test_what_the_host_does_not_say_is_told(
    name: str, script: Any, github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = script("github", github)
    monkeypatch.delenv(name)
    code, _, err = run("comment", "7", write(tmp_path / "a.md", BODY))
    assert (code, f"{name} is not set" in err) == (1, True), err


def test_an_answer_that_is_not_json_is_told(script: Any, github: GitHub, tmp_path: Path) -> None:
    """As of a proxy that wants somebody to sign in."""
    run = script("github", github)
    github.routes = lambda: [("GET", ".*", lambda **_: Answer(200, b"<html>"))]  # type: ignore[method-assign]
    code, _, err = run("reviewed", COMMIT, "out.json")
    assert (code, "the answer is not JSON" in err) == (1, True), err


def test_the_token_goes_to_https_only(script: Any, github: GitHub, tmp_path: Path, monkeypatch: Any) -> None:
    run = script("github", github)
    monkeypatch.setenv("GITHUB_API_URL", "http://github.example")
    code, _, err = run("comment", "7", write(tmp_path / "a.md", BODY))
    assert code == 1
    assert "is not https" in err


def test_wrong_usage_shows_the_usage(script: Any, github: GitHub) -> None:
    run = script("github", github)
    for arguments in ([], ["comment"], ["other", "a", "b"]):
        code, _, err = run(*arguments)
        assert code == 1
        assert "github.py comment NUMBER FILE" in err

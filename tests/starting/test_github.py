"""The pipelines that `init --host github` makes, run step by step against the embedded Graph and a fake of GitHub."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.cli import main
from reconciler.cli.clock import Clock
from reconciler.emulator import Emulator
from reconciler.starting.repository import Choice, files
from tests.e2e.command import VARIABLES
from tests.e2e.harness import CANARY, Time
from tests.e2e.judge import Bodies

from .services import GitHub, Storage, served
from .steps import Job, Repository, Runner, Shell

CONFIGURATIONS = "deviceManagement/deviceConfigurations"


@dataclass
class Story:
    """A repository, its host, and its tenant."""

    repository: Repository
    host: GitHub
    runner: Runner
    tenant: Emulator
    time: Time

    def pull_request(self, branch: str, number: int) -> tuple[str, dict[str, Job]]:
        """A pull request of the branch: planned as GitHub would merge it, then merged. The merge and the jobs."""
        head = self.repository.git("rev-parse", branch)
        merged = self.repository.merge(branch)
        planned = self.runner.run("plan", merged, head=head)
        pull = {"number": number, "html_url": f"https://github.com/woodgrove/intune/pull/{number}"}
        self.host.pulls.append(
            {
                **pull, "merged_at": "2026-03-01T09:00:00Z", "merge_commit_sha": merged, "commits": [head, merged],
                "base": {"ref": "main"}, "head": {"sha": head, "repo": {"full_name": self.host.repository}},
            }
        )  # fmt: skip
        self.host.newest = merged
        return merged, planned

    def kept(self, name: str) -> dict[str, bytes]:
        """The artifact of the last run, by name."""
        return next(each.files for each in self.host.artifacts[self.runner.number] if each.name == name)

    def edit_tenant(self, **members: Any) -> None:
        """Somebody changes the SSO policy in the portal."""
        policy = next(
            p for p in self.tenant._service.tenant.collection(CONFIGURATIONS) if "JIT" in p.body["displayName"]
        )
        policy.body.update(members)
        self.tenant._service.tenant.forget_renderings()


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bodies: Bodies) -> Iterator[Story]:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    time, folder = Time(), tmp_path / "intune"
    assert main(["init", str(folder), "--host", "github", "--owner", "woodgrove-endpoint", "--quiet"]) == 0
    seed = json.loads((folder / "specs" / "sandbox-tenant.json").read_text("utf-8"))
    storage = Storage()
    github = GitHub(storage)
    with Emulator(seed=seed, clock=time.service) as tenant, served(storage), served(github):
        known = {"RECONCILER_GRAPH_URL": tenant.url, "RECONCILER_ACCESS_TOKEN": CANARY, "CI": "true"}
        shell = Shell(tmp_path / "runner", Clock(time.now, time.monotonic, time.sleep), known)
        events = {
            "github.event.pull_request.number": "7",
            "github.event.pull_request.head.repo.full_name": github.repository,
        }
        runner = Runner(shell, folder, github, events)
        repository = Repository(folder)
        repository.commit("Start")
        yield Story(repository, github, runner, tenant, time)
        bodies.keep_log(tenant.log)
        assert CANARY not in "".join(shell.said)


def test_from_a_pull_request_to_the_tenant_to_drift_and_its_acceptance(story: Story) -> None:
    told = story.runner.shell.said
    specs = story.repository.folder / "specs" / "company-portal.yaml"
    story.repository.git("checkout", "-q", "-b", "help")
    specs.write_text(specs.read_text("utf-8").replace("help with this device", "help with this phone"), "utf-8")
    story.repository.commit("Say what it is for")

    # The pull request is checked and planned; its plan becomes a comment.
    merged, planned = story.pull_request("help", 7)
    assert {name: job.succeeded for name, job in planned.items()} == {"check": True, "plan": True}, "\n".join(told)
    assert "WebClip/company-portal" in planned["check"].summary
    (comment,) = story.host.comments[7]
    assert "4 to create" in comment["body"].splitlines()[0]
    head = story.host.pulls[0]["head"]["sha"]
    assert (
        f"Of commit {head[:12]}, by [this run](https://github.com/woodgrove/intune/actions/runs/1)." in comment["body"]
    )
    reviewed = json.loads(story.kept("plan")["plan.json"])
    assert len(story.tenant.writes) == 0

    # After the merge the plan that was reviewed is applied, and no other.
    approver = {"state": "approved", "user": {"login": "lead"}, "comment": "", "environments": [{"name": "sandbox"}]}
    story.host.approvals = [approver]
    applied = story.runner.run("apply", merged)
    assert {name: job.succeeded for name, job in applied.items()} == {"plan": True, "apply": True}, "\n".join(told)
    assert applied["plan"].summary.startswith("This is the plan that was reviewed.")
    record = json.loads(story.kept("run-record")["run.json"])
    assert record["outcome"] == "applied"
    assert record["savedPlan"] == reviewed["digest"]
    assert record["changeRef"] == "https://github.com/woodgrove/intune/pull/7"
    assert record["commit"] == merged
    known = {"source": "github", "state": "approved", "by": "lead", "environments": ["sandbox"]}
    assert record["approvals"] == [known]
    assert record["previousRecord"] is None
    assert story.tenant.writes

    # Somebody changes the tenant: an issue tells.
    story.edit_tenant(displayName="JIT, renamed by hand")
    assert story.runner.run("drift", merged)["drift"].succeeded, "\n".join(told)
    (issue,) = story.host.issues
    assert (issue["title"], issue["state"]) == ("Drift in tenant sandbox", "open")
    assert "JitSsoPolicy/ios-jit" in issue["body"]

    # Accepted, the specs are written to match: a change like any other, which finds nothing to do and asks nobody.
    accept = "reconciler drift --accept JitSsoPolicy/ios-jit --tenant sandbox"
    assert story.runner.shell.run(accept, story.repository.folder, {}) in (0, 2), "\n".join(told)
    assert "JIT, renamed by hand" in (story.repository.folder / "specs" / "sso.yaml").read_text("utf-8")
    accepted = story.repository.commit("Accept the name")
    story.host.newest = accepted
    again = story.runner.run("apply", accepted)
    assert again["plan"].succeeded, "\n".join(told)
    assert again["plan"].outputs["pending"] == "false"
    assert again["apply"].skipped
    story.runner.run("drift", accepted)
    assert [each["state"] for each in story.host.issues] == ["closed"]
    assert story.host.writes == ["comment", "open issue", "edit issue: closed"]

    # An older state is not applied again. What nobody reviewed says so, and its record names the one before.
    assert not story.runner.run("apply", merged)["plan"].succeeded
    assert "by now, and the run for that applies it" in told[-1]
    story.edit_tenant(displayName="JIT, renamed again")
    direct = story.runner.run("apply", accepted)
    assert direct["plan"].summary.startswith("**Nobody has reviewed this plan.**")
    assert direct["apply"].succeeded, "\n".join(told)
    assert json.loads(story.kept("run-record")["run.json"])["previousRecord"] == record["digest"]


def test_no_run_is_applied_for_another_branch() -> None:
    """Whoever starts the workflow by hand chooses the branch."""
    jobs = yaml.safe_load(files(Choice(owner="contoso", host="github"))[".github/workflows/apply.yml"])["jobs"]
    assert jobs["plan"]["if"] == "github.ref == 'refs/heads/main'"
    assert jobs["apply"]["needs"] == "plan"


def test_a_fork_gets_no_identity() -> None:
    """Its pull request is checked, with what everybody may read, and that is all."""
    text = files(Choice(owner="contoso", host="github"))[".github/workflows/plan.yml"]
    jobs = yaml.safe_load(text)["jobs"]
    assert "secrets" not in text
    assert jobs["check"]["permissions"] == {"contents": "read"}
    assert jobs["plan"]["if"] == "github.event.pull_request.head.repo.full_name == github.repository"
    assert jobs["plan"]["needs"] == "check"


def test_a_fork_gets_no_identity_of_gitlab() -> None:
    """Its pipelines run in the fork, where its own project is the current one: that would be no question."""
    jobs = yaml.safe_load(files(Choice(owner="contoso", host="gitlab"))[".gitlab-ci.yml"])
    (rule,) = jobs["plan"]["rules"]
    assert "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_MERGE_REQUEST_PROJECT_ID" in rule["if"]
    assert "id_tokens" not in jobs["check"]
    assert "extends" not in jobs["check"]

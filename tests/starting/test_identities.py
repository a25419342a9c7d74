"""`permissions --format az`: the script that sets up both identities, run by a shell with a fake of the Azure CLI."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reconciler import permissions
from reconciler.emulator import Emulator
from reconciler.kinds import REGISTRY
from reconciler.workspace import EMULATOR_TENANT_ID
from tests.docs_parts import ROOT
from tests.e2e.command import Folder

TENANT_ID = "3d5a9c0e-7b1f-4e62-9a84-6c2f0d8b1e57"
HOSTS = ("github", "gitlab", "azure-devops")
SPEC = """
apiVersion: intune.reconciler/v1
kind: JitSsoPolicy
metadata: {name: jit}
spec: {displayName: SSO}
"""
WORKSPACE = f"""
apiVersion: intune.reconciler/v1
kind: Workspace
owner: contoso
specs: [specs]
defaultTenant: production
tenants:
  production: {{tenantId: {TENANT_ID}, auth: {{method: azure-cli}}}}
  sandbox: {{graph: emulator}}
"""
FAKE = '''\
"""A directory in a file, with as much of the Azure CLI as the script uses; queries by what they ask for."""
import json, re, sys

words = sys.argv[2:]
held = json.load(open(sys.argv[1]))
option = lambda name: words[words.index(name) + 1] if name in words else None
quoted = re.findall("'([^']*)'", option("--query") or "")
what = " ".join(word for word in words[:4] if not word.startswith("-"))
out, write = "", False
if what.startswith("account show"):
    out = held["tenant"]
elif what.startswith("ad app list"):
    out = "\\n".join(k for k, app in held["apps"].items() if app["name"] == quoted[0])
elif what.startswith("ad app create"):
    out, write = f"client-{len(held['apps'])}", True
    held["apps"][out] = {"name": option("--display-name"), "principal": None, "trusts": [], "roles": []}
elif what.startswith("ad sp list"):
    out = held["apps"][re.search("appId eq '(.*)'", option("--filter"))[1]]["principal"] or ""
elif what.startswith("ad sp create"):
    out, write = f"principal-of-{option('--id')}", True
    held["apps"][option("--id")]["principal"] = out
elif what.startswith("ad sp show"):
    out = f"role-of-{quoted[0]}" if quoted else "graph-principal"
elif what.startswith("ad app federated-credential list"):
    trusts = held["apps"][option("--id")]["trusts"]
    out = "\\n".join(t["name"] for t in trusts if (t["issuer"], t["subject"]) == (quoted[0], quoted[1]))
elif what.startswith("ad app federated-credential create"):
    held["apps"][option("--id")]["trusts"].append(json.loads(option("--parameters")))
    write = True
elif what.startswith("rest") and "/servicePrincipals/" in option("--url"):
    principal = re.search("servicePrincipals/(.*)/app", option("--url"))[1]
    app = next(app for app in held["apps"].values() if app["principal"] == principal)
    if option("--method") == "GET":
        out = "\\n".join(role for role in app["roles"] if role == quoted[0])
    else:
        body = json.loads(option("--body"))
        assert body["principalId"] == principal and body["resourceId"] == "graph-principal"
        app["roles"].append(body["appRoleId"])
        write = True
elif what.startswith("rest"):
    app = held["apps"][re.search("appId='(.*?)'", option("--url"))[1]]
    if option("--method") == "GET":
        out = "\\n".join(t["name"] for t in app["trusts"] if t["name"] == quoted[0])
    else:
        app["trusts"].append(json.loads(option("--body")))
        write = True
else:
    sys.exit(f"unknown: {words}")
held["writes"] += write
if write:
    json.dump(held, open(sys.argv[1], "w"))
print(out, end="\\n" if out else "")
'''


@dataclass
class Directory:
    """The fake of a tenant's directory, and a shell that has its CLI."""

    folder: Path

    def run(self, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}", **variables}
        return subprocess.run(["sh", "-c", script], env=environment, capture_output=True, encoding="utf-8", check=False)

    @property
    def held(self) -> Any:
        return json.loads((self.folder / "directory.json").read_text("utf-8"))


@pytest.fixture
def directory(tmp_path_factory: pytest.TempPathFactory) -> Directory:
    folder = tmp_path_factory.mktemp("az")
    (folder / "fake.py").write_text(FAKE, "utf-8")
    (folder / "az").write_text(
        f'#!/bin/sh\nexec {sys.executable} -SEs {folder}/fake.py {folder}/directory.json "$@"\n', "utf-8"
    )
    (folder / "az").chmod(0o755)
    (folder / "directory.json").write_text(json.dumps({"tenant": TENANT_ID, "apps": {}, "writes": 0}), "utf-8")
    return Directory(folder)


@pytest.fixture
def workspace(folder: Folder) -> Folder:
    folder.write("reconciler.yaml", WORKSPACE)
    folder.write("specs/all.yaml", SPEC)
    return folder


def script(workspace: Folder, *arguments: str) -> str:
    said = workspace("permissions", "--format", "az", *arguments)
    assert said.code == 0, said.err
    return said.out


def without_grants(text: str) -> str:
    """They are the same for every host, and take most of the time."""
    return re.sub(r"^grant .*\n", "", text, flags=re.MULTILINE)


def test_both_identities_are_set_up_once(workspace: Folder, directory: Directory) -> None:
    text = script(workspace, "--repository", "woodgrove/intune", "--environment", "prod")
    done = directory.run(text)
    assert done.returncode == 0, done.stderr
    plan, apply = directory.held["apps"].values()
    assert (plan["name"], apply["name"]) == (
        "reconciler-contoso-production-plan",
        "reconciler-contoso-production-apply",
    )
    issuer = "https://token.actions.githubusercontent.com"
    assert {each["subject"] for each in plan["trusts"]} == {
        "repo:woodgrove/intune:pull_request", "repo:woodgrove/intune:ref:refs/heads/main",
    }  # fmt: skip
    assert [each["subject"] for each in apply["trusts"]] == ["repo:woodgrove/intune:environment:prod"]
    every = [*plan["trusts"], *apply["trusts"]]
    assert {(each["issuer"], *each["audiences"]) for each in every} == {(issuer, "api://AzureADTokenExchange")}

    wanted = workspace("permissions", "--format", "json").document
    assert plan["roles"] == [f"role-of-{name}" for name in wanted["plan"]]
    assert apply["roles"] == [f"role-of-{name}" for name in wanted["apply"]]
    assert not any("Write" in role for role in plan["roles"])
    assert "plan: {method: workload-identity, clientId: client-0}" in done.stdout
    assert "apply: {method: workload-identity, clientId: client-1}" in done.stdout

    before = directory.held
    known = {"PLAN_CLIENT_ID": "client-0", "APPLY_CLIENT_ID": "client-1"}
    again = directory.run(re.sub(r"^grant Device.*\n", "", text, flags=re.MULTILINE), **known)  # one of each does
    assert again.returncode == 0, again.stderr
    assert directory.held == before, "what is there is left as it is"


def test_an_application_of_the_same_name_is_not_taken_for_ours(workspace: Folder, directory: Directory) -> None:
    """Most tenants let everybody register applications, and whoever owns one can use what is granted to it."""
    text = without_grants(script(workspace, "--repository", "woodgrove/intune"))
    file = directory.folder / "directory.json"
    theirs = {"name": "reconciler-contoso-production-apply", "principal": "p", "trusts": [], "roles": []}
    file.write_text(json.dumps({"tenant": TENANT_ID, "apps": {"squatted": theirs}, "writes": 0}), "utf-8")
    done = directory.run(text)
    assert done.returncode == 1
    assert "There is an application called reconciler-contoso-production-apply already: squatted" in done.stderr
    assert "set APPLY_CLIENT_ID to that id" in done.stderr
    assert directory.held["apps"]["squatted"] == theirs
    made = re.search(r"run it again with (PLAN_CLIENT_ID)=(\S+)", done.stdout)
    assert made is not None
    assert directory.run(text, APPLY_CLIENT_ID="squatted", **{made[1]: made[2]}).returncode == 0
    assert len(directory.held["apps"]) == 2


def test_applications_that_the_workspace_names_are_those(workspace: Folder, directory: Directory) -> None:
    ids = ("8f2b6d14-0c3e-4a97-b5d8-1e7a9c4f6b20", "c47e1a9b-52d0-4f3c-8e6b-9a0d7f1c3b58")
    auth = ", ".join(
        f"{p}: {{method: workload-identity, clientId: {i}}}" for p, i in zip(("plan", "apply"), ids, strict=True)
    )
    workspace.write("reconciler.yaml", WORKSPACE.replace("{method: azure-cli}", f"{{{auth}}}"))
    file = directory.folder / "directory.json"
    apps: dict[str, Any] = {each: {"name": "anything", "principal": None, "trusts": [], "roles": []} for each in ids}
    file.write_text(json.dumps({"tenant": TENANT_ID, "apps": apps, "writes": 0}), "utf-8")
    assert directory.run(without_grants(script(workspace, "--repository", "a/b"))).returncode == 0
    assert [len(each["trusts"]) for each in directory.held["apps"].values()] == [2, 1]
    one = WORKSPACE.replace("{method: azure-cli}", f"{{method: workload-identity, clientId: {ids[0]}}}")
    workspace.write("reconciler.yaml", one)
    assert ids[0] not in script(workspace), "one application for both is not two"


def test_gitlab_trusts_merge_requests_of_any_branch_to_read(workspace: Folder, directory: Directory) -> None:
    done = directory.run(without_grants(script(workspace, "--host", "gitlab")), REPOSITORY="woodgrove/intune")
    assert done.returncode == 0, done.stderr
    plan, apply = directory.held["apps"].values()
    (expression,) = (each["claimsMatchingExpression"] for each in plan["trusts"])
    assert expression == {
        "value": "claims['sub'] matches 'project_path:woodgrove/intune:ref_type:branch:ref:*'", "languageVersion": 1,
    }  # fmt: skip
    assert [each["subject"] for each in apply["trusts"]] == ["project_path:woodgrove/intune:ref_type:branch:ref:main"]
    assert {each["issuer"] for each in [*plan["trusts"], *apply["trusts"]]} == {"https://gitlab.com"}


def test_azure_devops_is_trusted_once_its_connections_are_there(workspace: Folder, directory: Directory) -> None:
    text = without_grants(script(workspace, "--host", "azure-devops"))
    first = directory.run(text)
    assert first.returncode == 0, first.stderr
    assert "Make the service connection intune-plan" in first.stdout
    assert all(app["trusts"] == [] for app in directory.held["apps"].values())
    known = {f"{who}_{what.upper()}": f"{what}-of-{who}" for who in ("PLAN", "APPLY") for what in ("issuer", "subject")}
    known |= dict(re.findall(r"and with (\w+_CLIENT_ID)=(\S+)", first.stdout))
    second = directory.run(text, **known)
    assert second.returncode == 0, second.stderr
    found = [(t["issuer"], t["subject"]) for app in directory.held["apps"].values() for t in app["trusts"]]
    assert found == [("issuer-of-PLAN", "subject-of-PLAN"), ("issuer-of-APPLY", "subject-of-APPLY")]


def test_another_tenant_and_a_missing_name_stop_it_before_anything_is_made(
    workspace: Folder, directory: Directory
) -> None:
    done = directory.run(script(workspace))
    assert (done.returncode != 0, "set it to the repository" in done.stderr) == (True, True)
    file = directory.folder / "directory.json"
    file.write_text(file.read_text("utf-8").replace(TENANT_ID, "another"), "utf-8")
    done = directory.run(script(workspace), REPOSITORY="a/b")
    assert (done.returncode, "signed in to the tenant another" in done.stderr) == (1, True)
    assert directory.held["writes"] == 0


@pytest.mark.parametrize("host", HOSTS)
def test_the_script_is_sound_and_holds_no_secret(host: str, workspace: Folder) -> None:
    """Shellcheck knows what POSIX shells do; the commands that would make a secret are none of its."""
    text = script(workspace, "--host", host)
    checker = Path(sys.executable).parent / "shellcheck"
    done = subprocess.run([checker, "-"], input=text, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout
    assert not re.search(
        r"credential reset|--password|--create-cert|secret (?!, )", text.replace("makes no secret", "")
    )
    assert max(map(len, text.splitlines())) <= 140


@pytest.mark.parametrize("purpose", ["plan", "apply", "doctor", "explain"])
def test_the_script_for_one_application_is_sound(purpose: str, workspace: Folder, directory: Directory) -> None:
    text = workspace("permissions", "--az", purpose).out
    checker = Path(sys.executable).parent / "shellcheck"
    done = subprocess.run([checker, "-s", "sh", "-"], input=text, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout


def test_every_permission_that_can_be_granted_is_in_the_table_of_the_documentation() -> None:
    text = (ROOT / "docs" / "permissions.md").read_text("utf-8")
    every = permissions.least(permissions.needs((), REGISTRY, writing=True))
    writes = permissions.least(permissions.writes(REGISTRY.keys(), REGISTRY))
    assert {name for name in (*every, *writes) if f"**`{name}`**" not in text} == set()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--repository", "a/b"], "--repository goes with --format az only"),
        (["--format", "az", "--repository", "a b"], "--repository 'a b' is none"),
        (["--format", "az", "--branch", "$(reboot)"], "--branch '$(reboot)' is none"),
        (["--format", "az", "--environment", '"'], "--environment '\"' is none"),
        (["--format", "az", "--az", "plan"], "--az goes without --format az"),
        (["--format", "az", "--tenant", "sandbox"], "is the embedded Graph"),
    ],
)
def test_wrong_words_are_refused(arguments: list[str], says: str, workspace: Folder) -> None:
    said = workspace("permissions", *arguments)
    assert (said.code, says in said.err) == (64, True), said.err


def test_a_dry_run_takes_the_identity_that_can_only_read(workspace: Folder) -> None:
    """So a pipeline can ask, before anybody has approved, whether a plan still fits."""
    both = "{plan: {method: token}, apply: {method: client-secret, clientId: 8f2b6d14-0c3e-4a97-b5d8-1e7a9c4f6b20}}"
    workspace.write(
        "reconciler.yaml", WORKSPACE.replace(TENANT_ID, EMULATOR_TENANT_ID).replace("{method: azure-cli}", both)
    )
    with Emulator() as emulator:
        workspace.serve(emulator)
        assert workspace("apply", "--dry-run").code == 0
        said = workspace("apply", "--yes", "--tenant", "production")
        assert (said.code, "method client-secret needs" in said.err) == (1, True), said.err
        assert len(emulator.writes) == 0

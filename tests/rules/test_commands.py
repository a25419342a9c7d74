"""`rules` and `explain RULE` as people meet them: with and without a workspace, in every format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler import rules
from reconciler.cli import main
from reconciler.spec.schema import check_value

WORKSPACE = """
apiVersion: intune.reconciler/v1
kind: Workspace
owner: contoso
tenants: {sandbox: {graph: emulator}}
rules:
  JIT203: {severity: error}
  JIT522: {severity: none, reason: "our first app is Outlook ##[error]x"}
"""


@pytest.fixture(params=[False, True], ids=["no workspace", "workspace"])
def here(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    if request.param:
        (tmp_path / "reconciler.yaml").write_text(WORKSPACE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return bool(request.param)


def said(capsys: pytest.CaptureFixture[str], *argv: str, code: int = 0) -> tuple[str, str]:
    assert main(argv) == code
    found = capsys.readouterr()
    return found.out, found.err


def document(capsys: pytest.CaptureFixture[str], *argv: str) -> Any:
    found = json.loads(said(capsys, *argv, "--format", "json")[0])
    assert check_value("rules", found) == []
    return found


def test_every_rule_is_listed(here: bool, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = said(capsys, "rules")
    assert [line.split()[0] for line in out.splitlines() if line.startswith("  JIT")] == list(rules.REGISTRY)
    assert max(map(len, out.splitlines())) <= 100
    assert ("The workspace sets 2 rules." in " ".join(out.split())) == here
    assert ("set to none here, info as shipped: our first app is Outlook" in " ".join(out.split())) == here
    assert "##[" not in out
    listed = document(capsys, "rules")
    assert (listed["workspace"], len(listed["rules"])) == (here, len(rules.REGISTRY))
    changed = {rule["id"]: rule["setTo"] for rule in listed["rules"] if rule["setTo"]}
    assert changed == ({"JIT203": "error", "JIT522": "none"} if here else {})


def test_the_list_as_markdown(here: bool, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = said(capsys, "rules", "--format", "markdown")
    rows = [line for line in out.splitlines() if line.startswith("| JIT")]
    assert len(rows) == len(rules.REGISTRY)
    assert {row.replace(r"\|", "").count("|") for row in rows} == {5}


def test_a_rule_is_explained(here: bool, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = said(capsys, "explain", "jit115")
    assert out.startswith("JIT115: A key or a value has white space at its ends.\n")
    for part in ("learn.microsoft.com", "U+0020 (space)", 'help: write "device_registration"', "Finds nothing here"):
        assert part in out
    assert document(capsys, "explain", "JIT115")["rule"]["example"]["help"] == 'write "device_registration"'
    markdown, _ = said(capsys, "explain", "JIT115", "--format", "markdown")
    assert markdown.count("```") == 4


@pytest.mark.parametrize("rule", ["JIT601", "JIT706", "SPEC103", "PRE101"])
def test_rules_without_an_example_are_explained_too(rule: str, capsys: pytest.CaptureFixture[str]) -> None:
    for more in ([], ["--format", "markdown"]):
        out, _ = said(capsys, "explain", rule, *more)
        assert rule in out
        assert "Finds it here" not in out
        assert "None" not in out
    assert document(capsys, "explain", rule)["rule"]["id"] == rule


@pytest.mark.parametrize(
    ("asked", "hint"), [("JIT1150", "JIT115"), ("FOO1", "reconciler rules"), ("SPEC999", "reconciler rules")]
)
def test_an_id_that_nothing_has_is_wrong_usage(asked: str, hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = said(capsys, "explain", asked, code=64)
    assert out == ""
    assert f"no rule is called {asked}" in err
    assert hint in err


@pytest.mark.parametrize("asked", [("rules",), ("explain", "JIT115"), ("explain", "SPEC103")])
def test_a_tenant_that_there_is_not_is_told(
    here: bool, asked: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    out, err = said(capsys, *asked, "--tenant", "nope", code=3)
    assert out == ""
    assert ("no tenant is called nope" if here else "there is no reconciler.yaml") in err


def test_here_a_rule_counts_as_the_workspace_says(here: bool, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = said(capsys, "explain", "JIT522")
    assert ("The workspace sets it to none: our first app is Outlook" in out) == here
    assert "##[" not in out


def test_the_workspace_adds_what_the_lists_lack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = {
        "displayName": "iOS - JIT",
        "appBundleIds": ["com.linkedin.LinkedIn", "com.microsoft.woodgrove"],
        "additionalConfiguration": [{"key": "a_key_of_next_year", "type": "integer", "value": 1}],
        "assignments": {"include": ["allUsers"]},
    }
    policy = {"apiVersion": "intune.reconciler/v1", "kind": "JitSsoPolicy", "metadata": {"name": "ios"}, "spec": spec}
    added = """
ruleData:
  microsoftBundleIds: [com.linkedin.LINKEDIN]
  notMicrosoftBundleIds: [com.Microsoft.woodgrove]
  extensionKeys: [a_key_of_next_year]
"""
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "ios.yaml").write_text(json.dumps(policy), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    found = []
    for text in (WORKSPACE, WORKSPACE + added):
        (tmp_path / "reconciler.yaml").write_text(text, encoding="utf-8")
        main(["validate", "--format", "json"])
        listed = json.loads(capsys.readouterr().out)["diagnostics"]
        found.append([(d["rule"], d["path"]) for d in listed if d["rule"] in ("JIT119", "JIT206")])
    assert found == [
        [("JIT206", "/spec/appBundleIds/1"), ("JIT119", "/spec/additionalConfiguration/0/key")],
        [("JIT206", "/spec/appBundleIds/0")],
    ]

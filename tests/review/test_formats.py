"""Findings as CI hosts read them: SARIF by its published schema, JUnit as XML, annotations as they are decoded."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from reconciler.render.github import MOST, github
from reconciler.render.junit import junit
from reconciler.render.safe import safe
from reconciler.render.sarif import sarif
from tests.e2e.command import Folder

from .repositories import begin

SPECS = """\
apiVersion: intune.reconciler/v1
kind: JitSsoPolicy
metadata: {name: jit}
spec:
  displayName: SSO
  appBundleIds: [com.microsoft.azureauthenticator]
  assignments: {include: [allUsers]}
---
apiVersion: intune.reconciler/v1
kind: EnrollmentProfile
metadata: {name: byod}
spec:
  displayName: BYOD
  enrollmentType: webBasedDeviceEnrollment
  assignments: {include: [allUsers]}
---
apiVersion: intune.reconciler/v1
kind: Waiver
metadata: {name: later}
spec: {address: EnrollmentProfile/byod, rule: JIT551, owner: me, reason: CHG-1, expires: "2027-01-01"}
"""


@cache
def published() -> Draft4Validator:
    """The schema of SARIF 2.1.0, as the npm package @microsoft/jest-sarif 1.0.0-beta.0 (MIT) carries it."""
    return Draft4Validator(json.loads((Path(__file__).parent / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8")))


@pytest.fixture
def below(workspace: Folder) -> Folder:
    """The workspace in a folder of a repository, with an error, warnings, and a waived finding."""
    begin(workspace.path)
    inner = workspace.path / "intune"
    inner.mkdir()
    for name in ("reconciler.yaml", "specs"):
        (workspace.path / name).rename(inner / name)
    workspace.environment.chdir(inner)
    workspace.path = inner
    workspace.write("specs/all.yaml", SPECS)
    return workspace


def log(folder: Folder, code: int = 3) -> Any:
    said = folder("validate", "--format", "sarif")
    assert said.code == code
    assert [error.message for error in published().iter_errors(said.document)] == []
    return said.document["runs"][0]


def test_sarif_is_what_code_scanning_reads(below: Folder) -> None:
    run = log(below)
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uriBaseId"] == "%SRCROOT%"
        file = below.path.parent / unquote(place["artifactLocation"]["uri"])
        line = file.read_text(encoding="utf-8").splitlines()[place["region"]["startLine"] - 1]
        assert 0 < place["region"]["startColumn"] < place["region"]["endColumn"] <= len(line) + 1
    levels = {result["ruleId"]: result["level"] for result in run["results"]}
    assert levels["JIT207"] == "error"
    waived = [result for result in run["results"] if "suppressions" in result]
    assert [(each["ruleId"], each["level"]) for each in waived] == [("JIT551", "note")]
    assert "CHG-1" in waived[0]["suppressions"][0]["justification"]
    assert next(rule for rule in rules if rule["id"] == "JIT207")["helpUri"].startswith("https://learn.microsoft.com/")


def test_a_finding_keeps_its_fingerprint_while_lines_move(below: Folder) -> None:
    before = [result["partialFingerprints"] for result in log(below)["results"]]
    below.write("specs/all.yaml", f"# a comment\n# another\n{SPECS}")
    assert [result["partialFingerprints"] for result in log(below)["results"]] == before
    assert len({json.dumps(each) for each in before}) == len(before)


def test_junit_has_a_suite_for_each_file_and_a_case_for_each_finding(below: Folder) -> None:
    below.write("specs/right.yaml", "apiVersion: intune.reconciler/v1\nkind: Audience\nmetadata: {name: a}\n"
                "spec: {include: [allUsers]}\n")  # fmt: skip
    said = below("validate", "--format", "junit")
    top = ET.fromstring(said.out)
    suites = {suite.get("name"): suite for suite in top}
    name = below.path.name
    assert suites.keys() == {f"{name}/specs/all.yaml", f"{name}/specs/right.yaml"}
    found = suites[f"{name}/specs/all.yaml"]
    counts = {key: int(str(found.get(key))) for key in ("tests", "failures", "skipped")}
    assert counts == {
        "tests": len(found), "failures": len(found.findall("*/failure")), "skipped": len(found.findall("*/skipped")),
    }  # fmt: skip
    assert (counts["failures"] > 0, counts["skipped"]) == (True, 1)
    assert [case.get("name") for case in suites[f"{name}/specs/right.yaml"]] == ["valid"]


def commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """The commands of a log, as the runner decodes them (actions/runner, ActionCommand)."""
    found = []
    for line in re.split(r"\r\n|\r|\n", text):
        if not line.lstrip().startswith("::"):
            assert "##[" not in line
            continue
        match = re.fullmatch(r"::(\w+)(?: ([^:]*))?::(.*)", line)
        assert match, line
        pairs = (pair.partition("=") for pair in (match[2] or "").split(","))
        found.append((match[1], {key: _decoded(value) for key, _, value in pairs}, _decoded(match[3])))
    return found


def _decoded(text: str) -> str:
    codes = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}
    return re.sub("|".join(codes), lambda code: codes[code[0]], text)


def test_annotations_name_the_file_from_the_top_of_the_repository(below: Folder) -> None:
    said = below("validate", "--format", "github")
    first = commands(said.out)[0]
    assert (said.code, first[0], first[1]["line"], first[1]["col"]) == (3, "error", "6", "18")
    assert first[1]["file"] == f"{below.path.name}/specs/all.yaml"
    assert first[1]["title"] == "JIT207 JitSsoPolicy/jit"
    assert said.out.splitlines()[-1].endswith("1 waived")


@pytest.mark.parametrize("format_", ["sarif", "junit", "github"])
def test_what_could_not_be_checked_is_a_finding_too(below: Folder, format_: str) -> None:
    below.write("reconciler.yaml", "kind: Workspace\n")
    said = below("validate", "--format", format_)
    assert (said.code, "is invalid" in said.err) == (3, True)
    assert f"{below.path.name}/reconciler.yaml" in said.out
    (below.path / "reconciler.yaml").unlink()
    said = below("validate", "--format", format_)
    assert (said.code, "there is no reconciler.yaml" in said.out) == (3, True)


def test_valid_specs(below: Folder) -> None:
    below.write("specs/all.yaml", SPECS.replace("com.microsoft.azureauthenticator", "com.box.BoxNet"))
    rules = "".join(f"  {rule}: {{severity: none, reason: x}}\n" for rule in ("JIT501", "JIT503"))
    text = (below.path / "reconciler.yaml").read_text(encoding="utf-8")
    below.write("reconciler.yaml", f"{text}\nrules:\n{rules}")
    log(below, code=0)
    assert below("validate", "--format", "junit").code == 0
    assert commands(below("validate", "--format", "github").out)[0][0] in ("warning", "notice")


def finding(number: int, severity: str = "error", **more: Any) -> dict[str, Any]:
    place = {"file": "specs/a.yaml", "line": number, "column": 1, "width": 1}
    return {"severity": severity, "rule": "JIT1", "message": f"m{number}", "detail": None, **place, **more}


def test_github_gets_no_more_than_it_shows_and_hears_of_the_rest() -> None:
    found: list[Any] = [finding(n, severity) for severity in ("info", "warning", "error") for n in range(1, 14)]
    told = github({"diagnostics": found})
    sent = [command for command, _, _ in commands(told)]
    assert sent == ["error"] * MOST + ["warning"] * MOST + ["notice"] * MOST
    assert "3 more errors, for GitHub shows 10 of a step:" in told
    assert "specs/a.yaml:13: JIT1: m13" in told


def test_findings_on_one_line_are_cases_of_their_own() -> None:
    names = [
        each.get("name")
        for each in ET.fromstring(junit({"diagnostics": [finding(1), finding(1)]}, [])).iter("testcase")
    ]
    assert names == ["JIT1 line 1", "JIT1 line 1 (2)"]


def test_every_result_has_a_file() -> None:
    """GitHub refuses a log with a result that has none."""
    nowhere: Any = {"severity": "error", "rule": "JIT1", "message": "m"}
    run: Any = sarif({"diagnostics": [nowhere], "waived": [nowhere]}, {}, version="1", prefix="a/")["runs"]
    files = [each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in run[0]["results"]]
    assert files == ["a/reconciler.yaml", "a/reconciler.yaml"]


HOSTILE = "x\n::error file=y::boo\r\n##[error]no %0A::warning::a,b=c]]><!--\x00\x1b[31m\ud800\u2028&<\"'"


@settings(max_examples=20)
@given(text=st.text(max_size=20).map(lambda t: HOSTILE + t))
def test_hostile_findings_make_no_command_and_no_markup(text: str) -> None:
    found = finding(1, message=text, detail=text, file=text, address=text, path=text, rule=text)
    waived = {**found, "waiver": text, "reason": text, "owner": text, "expires": "2027-01-01"}
    document: Any = {"diagnostics": [found], "waived": [waived]}
    first, second = commands(github(document, failure=text))
    assert (first[2], second[2]) == (safe(text), f"{safe(text)}\n{safe(text)}")
    top = ET.fromstring(junit(document, [text], failure=text))
    assert (top.tag, len(top.findall("*/testcase/failure"))) == ("testsuites", 2)
    shown = sarif(document, {text: {"title": text, "severity": "error"}}, version="1.0.0", failure=text)
    assert [error.message for error in published().iter_errors(shown)] == []
    json.dumps(shown).encode()

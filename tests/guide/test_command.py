"""`guide` as a user calls it."""

from __future__ import annotations

import pytest

from tests.e2e.command import WORKSPACE, Folder

from . import given


@pytest.fixture
def specs(folder: Folder) -> Folder:
    """The folder with specs of its own, and support."""
    folder.write("reconciler.yaml", WORKSPACE + "support: {name: Help desk}\n")
    folder.write("specs/all.yaml", "---\n".join(given.VALID))
    return folder


def test_the_page_goes_to_stdout(specs: Folder) -> None:
    said = specs("guide")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("# Set up your iPhone or iPad for work\n")
    assert "Help desk helps you." in said.out
    assert specs("guide", "--format", "markdown").out == said.out


def test_the_page_goes_to_a_file(specs: Folder) -> None:
    said = specs("guide", "--format", "html", "--lang", "he", "--out", "public/guide.html")
    assert (said.code, said.out) == (0, "")
    assert said.err == "public/guide.html is written\n"
    assert specs.files()["public/guide.html"].startswith(b'<!doctype html>\n<html lang="he" dir="rtl">')
    assert specs("guide", "--out", "public/guide.html", "--quiet").err == ""


def test_the_document(specs: Folder) -> None:
    page = specs("guide", "--format", "json").valid("guide")
    assert (page["readers"], page["tenant"], page["language"]) == ("employees", "sandbox", "en")
    assert specs("guide", "--format", "json", "--admin").valid("guide")["readers"] == "admins"


def test_for_one_profile_alone(specs: Folder) -> None:
    said = specs("guide", "--profile", "account", "--format", "json").valid("guide")
    assert [s["address"] for s in said["sections"] if s["address"]] == ["EnrollmentProfile/account"]
    unknown = specs("guide", "--profile", "acount")
    assert unknown.code == 3
    assert "in these specs: account, web" in unknown.err


def test_the_runbook_is_english_and_whole(specs: Folder) -> None:
    assert specs("guide", "--admin").out.startswith("# Runbook")
    for more in (("--lang", "de"), ("--profile", "web")):
        assert specs("guide", "--admin", *more).code == 64


def test_specs_without_a_profile_have_nothing_to_tell_employees(folder: Folder) -> None:
    folder.write("specs/all.yaml", given.SSO)
    said = folder("guide")
    assert said.code == 3
    assert "no enrollment profile that reaches anybody" in said.err
    assert folder("guide", "--admin").code == 0


def test_invalid_specs_make_no_page(specs: Folder) -> None:
    specs.write("specs/more.yaml", "apiVersion: intune.reconciler/v1\nkind: Nonsense\n")
    assert specs("guide", "--out", "guide.md").code == 3
    assert "guide.md" not in specs.files()


def test_onboarding_texts_are_read_and_judged(specs: Folder) -> None:
    specs.write("reconciler.yaml", WORKSPACE + "onboardingTexts: [docs/phones.md]\n")
    assert "docs/phones.md cannot be read" in specs("validate").err
    specs.write("docs/phones.md", "# Phones\n\nGo to https://go.microsoft.com/fwlink/?linkid=2010980 in Safari.\n")
    said = specs("validate", "--format", "json").document
    found = {d["rule"]: (d["severity"], d["file"], d["line"], d["column"]) for d in said["diagnostics"]}
    assert found["JIT702"] == ("warning", "docs/phones.md", 3, 15)
    assert found["JIT703"] == ("warning", "docs/phones.md", 1, 1)
    assert specs("guide", "--out", "docs/phones.md").code == 0
    rules = {d["rule"] for d in specs("validate", "--format", "json").document["diagnostics"]}
    assert not rules & {"JIT702", "JIT703", "JIT704"}


@pytest.mark.parametrize("path", ["../phones.md", "/etc/hosts"])
def test_onboarding_texts_stay_in_the_workspace(specs: Folder, path: str) -> None:
    specs.write("reconciler.yaml", WORKSPACE + f"onboardingTexts: [{path}]\n")
    said = specs("validate")
    assert said.code == 3
    assert "WORKSPACE103" in said.err

"""`init` as a user meets it: a repository that works at once, and files of people that are left alone."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.arguments import Arguments
from reconciler.cli.init import _installed_from
from reconciler.spec.schema import check_value, schema_text
from reconciler.starting import templates
from reconciler.starting.repository import NO_SOURCE, PARTS, Choice, files
from tests.docs_parts import ROOT
from tests.e2e.command import VARIABLES, Folder

TENANT_ID = "3d5a9c0e-7b1f-4e62-9a84-6c2f0d8b1e57"
REPOSITORY = f"github.com/woodgrove/reconciler@{'a' * 40}"
WHEEL = "reconciler @ https://files.example/reconciler-0.1.0-py3-none-any.whl"
HOSTS = ("github", "azure-devops", "gitlab", "none")


@pytest.fixture
def empty(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Folder:
    """An empty folder, in which commands are run."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return Folder(tmp_path, capsys, monkeypatch)


def test_the_repository_works_at_once(empty: Folder) -> None:
    made = empty("init", "--owner", "contoso-endpoint")
    assert made.code == 0
    checked = empty("validate")
    assert (checked.code, "0 errors, 0 warnings" in checked.out) == (0, True)
    assert empty("fmt", "--check").code == 0
    plan = empty("plan", "--format", "json").document
    assert plan["complete"]
    assert plan["diagnostics"] == []
    assert plan["owner"] == "contoso-endpoint"
    assert plan["summary"]["create"] == 4, "the markers in the sandbox are those of this owner"
    assert plan["summary"]["update"] == 6


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(
    "more", [[], ["--tenant-id", TENANT_ID], ["--tenant-id", TENANT_ID, "--tenant", "prd"]], ids=len
)
def test_whatever_is_chosen_is_valid_and_filled_in(host: str, more: list[str], empty: Folder) -> None:
    document = empty("init", "new", "--host", host, *more, "--format", "json").valid("init")
    tops = {path.split("/")[0] for path in document["made"]}
    assert tops == {part["path"] for part in document["parts"]}
    assert tops <= PARTS.keys()
    assert empty("validate", "--workspace", "new/reconciler.yaml").code == 0
    assert (tops & {".github", ".gitlab-ci.yml", "azure-pipelines.yml", "ci", "requirements"} == set()) == (
        host == "none"
    )
    words = re.compile(r"@[A-Z_]+@")
    assert [name for name, data in empty.files().items() if words.search(data.decode())] == []
    real = "prd" if "prd" in more else "production"
    assert document["tenant"] == "sandbox", "examples reach no tenant"
    workspace = (empty.path / "new" / "reconciler.yaml").read_text("utf-8")
    assert f"\n  {real if more else '# ' + real}:\n" in workspace


@pytest.mark.parametrize("name", ["2024", "1e3", "0x10", "null", "No", "on", "!"])
def test_a_folder_of_any_name_works_at_once(name: str, empty: Folder) -> None:
    """The owner comes from it, and YAML takes some names for numbers and the like."""
    assert empty("init", name).code == 0
    assert empty("validate", "--workspace", f"{name}/reconciler.yaml").code == 0


def test_what_is_interrupted_leaves_nothing(empty: Folder) -> None:
    """A disk that is full, here a file that grows too large: neither files stay nor folders."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
        said = empty("init", "new/place")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert (said.code, ".json cannot be written: File too large; nothing was made" in said.err) == (1, True), said.err
    assert list(empty.path.iterdir()) == []


def test_nothing_is_written_over_and_all_is_listed(empty: Folder) -> None:
    empty.write("README.md", "ours\n")
    empty.write(".vscode/settings.json", "{}\n")
    said = empty("init", "--host", "github", "--format", "json").valid("init")
    assert said["kept"] == [".vscode/settings.json", "README.md"]
    assert empty.files()["README.md"] == b"ours\n"
    before = empty.files()
    again = empty("init", "--host", "github")
    assert again.code == 0
    assert again.out.startswith("Nothing made")
    assert "There already, left as they are" in again.out
    assert empty.files() == before


def test_a_link_that_leads_nowhere_is_a_file_of_somebody(empty: Folder) -> None:
    (empty.path / "README.md").symlink_to("elsewhere.md")
    assert empty("init", "--format", "json").document["kept"] == ["README.md"]
    assert not (empty.path / "elsewhere.md").exists()


def test_examples_are_not_mixed_with_specs_that_are_there(empty: Folder) -> None:
    empty.write(
        "specs/mine.yaml",
        "apiVersion: intune.reconciler/v1\nkind: Audience\nmetadata: {name: a}\nspec: {include: [allUsers]}\n",
    )
    empty("init")
    assert sorted(path.name for path in (empty.path / "specs").iterdir()) == ["mine.yaml", "sandbox-tenant.json"]


def test_a_workspace_that_is_there_says_owner_and_tenant(empty: Folder) -> None:
    empty("init", "--owner", "first", "--tenant-id", TENANT_ID)
    (empty.path / "specs").rename(empty.path / "configuration")
    text = (empty.path / "reconciler.yaml").read_text("utf-8").replace("specs: [specs]", "specs: [configuration]")
    empty.write("reconciler.yaml", text)
    made = empty("init", "--host", "github", "--tenant", "production", "--format", "json").valid("init")
    assert (made["owner"], made["tenant"]) == ("first", "production")
    assert not [path for path in made["made"] if path.startswith("specs/")]
    assert "TENANT: production" in (empty.path / ".github/workflows/plan.yml").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--owner", "Contoso!"], "--owner 'Contoso!' is none"),
        (["--tenant-id", "contoso.example"], "--tenant-id 'contoso.example' is none"),
        (["--tenant", "a\nb"], "--tenant 'a\\nb' is none"),
        (["--tenant", "sandbox"], "is the embedded Graph"),
        (["--source", "git+https://a b"], "--source 'git+https://a b' is none"),
        (["--host", "bitbucket"], "invalid choice"),
        (["--owner", "2024"], "--owner '2024' is no text to readers of YAML"),
        (["--tenant", "no"], "--tenant 'no' is no text to readers of YAML"),
        (["--tenant", "1.0"], "--tenant '1.0' is no text to readers of YAML"),
        ([""], "the folder has no name"),
    ],
)
def test_wrong_words_are_refused_before_anything_is_made(arguments: list[str], says: str, empty: Folder) -> None:
    said = empty("init", *arguments)
    assert (said.code, says in said.err.replace("\\\\n", "\\n")) == (64, True), said.err
    assert empty.files() == {}


def test_a_workspace_that_is_there_keeps_its_owner(empty: Folder) -> None:
    empty("init")
    said = empty("init", "--owner", "other")
    assert (said.code, "is there already" in said.err) == (64, True)
    said = empty("init", "--host", "gitlab", "--tenant", "other")
    assert (said.code, "has no tenant other" in said.err) == (64, True)


def test_a_file_where_a_folder_has_to_be_stops_it_before_anything_is_made(empty: Folder) -> None:
    empty.write(".github", "a file\n")
    said = empty("init", "--host", "github")
    assert said.code == 1
    assert ".github is not a folder; nothing was made" in said.err
    assert set(empty.files()) == {".github"}


def test_a_link_out_of_the_repository_is_not_followed(empty: Folder, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (empty.path / "new").mkdir()
    (empty.path / "new" / "specs").symlink_to(outside)
    said = empty("init", "new")
    assert (said.code, "leads out of" in said.err) == (3, True)
    assert list(outside.iterdir()) == []
    assert empty.files() == {}


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to the administrator")
def test_a_read_only_folder_is_told(empty: Folder) -> None:
    (empty.path / "new").mkdir(mode=0o500)
    said = empty("init", "new")
    assert (said.code, "is read-only; nothing was made" in said.err) == (1, True)


def test_the_text_tells_what_was_made_and_what_to_do(empty: Folder) -> None:
    said = empty("init", "new folder", "--host", "azure-devops").out
    assert "files made in new folder" in said
    assert "cd 'new folder'\n" in said
    assert re.search(r"^  specs/ \(8 files\) +example specs", said, re.MULTILINE)
    assert "requirements/reconciler.txt: where pipelines install reconciler from has to be said" in " ".join(
        said.split()
    )


# Where pipelines get reconciler from


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], NO_SOURCE),
        (["--source", f"git+https://{REPOSITORY}"], f"reconciler @ git+https://{REPOSITORY}"),
        (["--source", WHEEL], WHEEL),
    ],
    ids=["nobody knows", "a repository", "a wheel"],
)  # fmt: skip
def test_pipelines_install_what_was_said(arguments: list[str], line: str, empty: Folder) -> None:
    """Never by name: the package of that name on the Python Package Index is something else."""
    empty("init", "--host", "gitlab", *arguments)
    text = (empty.path / "requirements" / "reconciler.txt").read_text("utf-8")
    assert [each for each in text.splitlines() if not each.startswith("#")] == [line]
    assert empty.files()["requirements/dependencies.txt"] == (ROOT / "requirements" / "run.txt").read_bytes()


def test_a_repository_and_its_commit_are_known_from_the_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As pip writes them down (PEP 610); a credential in the address is left out, a mere folder is no source."""
    info = tmp_path / "reconciler-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: reconciler\nVersion: 0.1.0\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    vcs: dict[str, Any] = {"vcs": "git", "commit_id": "b" * 40}
    for url, expected in (
        (
            "https://user:secret@git.example/a/reconciler",
            f"reconciler @ git+https://git.example/a/reconciler@{'b' * 40}",
        ),
        ("ssh://git@git.example/a/reconciler", None),
    ):
        (info / "direct_url.json").write_text(json.dumps({"url": url, "vcs_info": vcs}), "utf-8")
        assert _installed_from() == expected
    (info / "direct_url.json").write_text(json.dumps({"url": "file:///a", "dir_info": {}}), "utf-8")
    assert _installed_from() is None


# What the files promise


def test_editors_check_by_the_schemas_of_this_version() -> None:
    found = files(Choice(owner="contoso"))
    settings = json.loads(found[".vscode/settings.json"])["yaml.schemas"]
    for path in settings:
        assert found[path.removeprefix("./")] == schema_text(Path(path).stem)
    for name in (name for name in found if name.startswith("specs/") and name.endswith(".yaml")):
        assert found[name].startswith("# yaml-language-server: $schema=../schemas/v1/spec.json\n")


def test_the_examples_are_those_of_this_repository() -> None:
    assert templates.examples().keys() == {path.name for path in (ROOT / "specs").iterdir()}


def test_run_files_stay_out_of_git() -> None:
    """All that pipelines and `plan --out` write: plans and records name objects of the tenant."""
    ignored = files(Choice(owner="contoso"))[".gitignore"].split()
    assert {".reconciler/", "*.plan", "/*.html", "/evidence-*.zip", "/plan.json", "/run.json", "/drift.md"} <= set(
        ignored
    )


def test_what_stands_in_the_readme_are_commands(parsed: Callable[[str], Arguments]) -> None:
    text = files(Choice(owner="contoso", host="github"))["README.md"]
    commands = re.findall(r"^(reconciler [a-z].*?)(?:  +#.*)?$", text, re.MULTILINE)
    assert len(commands) == 5
    for command in [*commands, *re.findall(r"`(reconciler [a-z][^`]*)`", text)]:
        assert parsed(command).command


@pytest.mark.parametrize("host", HOSTS)
def test_the_readme_names_the_command_that_makes_the_identities(host: str, empty: Folder) -> None:
    """The default tenant is the sandbox, which has none."""
    assert empty("init", "--host", host, "--tenant-id", TENANT_ID, "--tenant", "prd").code == 0
    (command,) = re.findall(r"`reconciler (permissions [^`]*)`", (empty.path / "README.md").read_text("utf-8"))
    said = empty(*command.split())
    assert (said.code, "for the tenant prd" in said.out) == (0, True), said.err


@pytest.fixture
def parsed() -> Callable[[str], Arguments]:
    from reconciler.cli.arguments import parse

    return lambda command: parse(command.split()[1:])


def test_the_document_is_what_its_schema_promises() -> None:
    assert check_value("init", {"formatVersion": 1}) != []

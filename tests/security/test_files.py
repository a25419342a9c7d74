"""Which files are read and written: regular ones of the workspace, of a bearable size. All else is told, not read."""

from __future__ import annotations

import os
import socket
import threading
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.cli.files import read_regular
from reconciler.spec.source import MAX_BYTES
from tests.e2e.command import WORKSPACE, Folder, Said

TRIPWIRE = "tripwire-5d1e: do not read me"
SPEC = "apiVersion: intune.reconciler/v1\nkind: Audience\nmetadata: {name: %s}\nspec: {include: [allUsers]}\n"
Lay = Callable[[Folder, Path], object]
"""Puts something into the workspace; the path is a folder outside of it."""


@pytest.fixture
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder beside the workspace, with a file that nobody may read and a spec that nobody may find."""
    folder = tmp_path_factory.mktemp("outside")
    (folder / "secret.yaml").write_text(f"{TRIPWIRE}: [", encoding="utf-8")
    (folder / "spec.yaml").write_text(SPEC % "outsider", encoding="utf-8")
    return folder


def link(name: str, to: str, *, folder: bool = False) -> Lay:
    """A link in the workspace, to something beside it."""

    def lay(place: Folder, outside: Path) -> None:
        target = (outside / to) if not to.startswith(("/", ".")) else Path(to)
        (place.path / name).parent.mkdir(parents=True, exist_ok=True)
        (place.path / name).symlink_to(target, target_is_directory=folder)

    return lay


def moved(name: str, lay: Lay) -> Lay:
    """Something of the workspace goes, and what is laid takes its place."""

    def both(place: Folder, outside: Path) -> None:
        (place.path / name).rename(place.path / f"was-{Path(name).name}")
        lay(place, outside)

    return both


def device(name: str, make: Callable[[str], object]) -> Lay:
    return lambda place, _: make(os.fspath(place.path / name))


def unix_socket(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path)


def workspace(old: str, new: str) -> Lay:
    assert old in WORKSPACE
    return lambda place, _: place.write("reconciler.yaml", WORKSPACE.replace(old, new))


def several(*lays: Lay) -> Lay:
    return lambda place, outside: [lay(place, outside) for lay in lays]


CASES: dict[str, tuple[Lay, str, str]] = {
    "link to a file outside": (link("specs/x.yaml", "secret.yaml"), "validate", "leads out of"),
    "link by relative path": (link("specs/x.yaml", "../../../etc/hostname"), "validate", "leads"),
    "link to the environment": (link("specs/x.yaml", "/proc/self/environ"), "validate", "leads out of"),
    "link to a device": (link("specs/x.yaml", "/dev/zero"), "validate", "leads out of"),
    "link that leads nowhere": (link("specs/x.yaml", "nothing.yaml"), "validate", "leads out of"),
    "link to itself": (link("specs/x.yaml", "./x.yaml"), "validate", "leads nowhere"),
    "linked folder": (link("specs/more", ".", folder=True), "validate", "link to a folder"),
    "linked folder outside": (link("specs/more", "", folder=True), "plan", "link to a folder"),
    "linked spec folder": (moved("specs", link("specs", "", folder=True)), "validate", "leads out of"),
    "linked spec folder, planned": (moved("specs", link("specs", "", folder=True)), "plan", "leads out of"),
    "linked workspace": (moved("reconciler.yaml", link("reconciler.yaml", "secret.yaml")), "plan", "leads out of"),
    "link named as a path": (link("x.yaml", "secret.yaml"), "validate x.yaml", "leads out of"),
    "pipe": (device("specs/x.yaml", os.mkfifo), "validate", "not a regular file"),
    "pipe named as a path": (device("x.yaml", os.mkfifo), "validate x.yaml", "not a regular file"),
    "pipe for a workspace": (device("w.yaml", os.mkfifo), "plan --workspace w.yaml", "not a regular file"),
    "socket": (device("specs/x.yaml", unix_socket), "validate", "cannot be read"),
    "device named as a path": (lambda *_: None, "validate /dev/zero", "not a regular file"),
    "folder upwards": (workspace("[specs]", "[../outside]"), "plan", "leaves the folder"),
    "folder upwards by the back door": (workspace("[specs]", "[specs/../../outside]"), "plan", "leaves the folder"),
    "folder of the machine": (workspace("[specs]", "[/etc]"), "plan", "leaves the folder"),
    "folder at home": (workspace("[specs]", "[~/specs]"), "plan", "leaves the folder"),
    "seed upwards": (workspace("tenant.json", "../outside/tenant.json"), "plan", "leaves the folder"),
    "linked seed": (moved("tenant.json", link("tenant.json", "secret.yaml")), "plan", "leads out of"),
    "linked state": (link(".reconciler/sandbox.json", "written.json"), "apply --yes", "leads out of"),
    "linked folder of runs": (link(".reconciler", "", folder=True), "apply --yes", "leads out of"),
    "linked plan": (link("p.json", "secret.yaml"), "show p.json", "it is a link"),
    "linked plan, applied": (link("p.json", "secret.yaml"), "apply --plan p.json --yes", "it is a link"),
    "linked record": (link("r.json", "secret.yaml"), "verify r.json", "it is a link"),
    "linked record, rolled back": (link("r.json", "secret.yaml"), "rollback r.json", "it is a link"),
    "pipe for a plan": (device("p.json", os.mkfifo), "show p.json", "not a regular file"),
    "pipe for a record": (device("r.json", os.mkfifo), "verify r.json", "not a regular file"),
    "pipe for a seed": (device("s.json", os.mkfifo), "emulator --seed s.json", "not a regular file"),
    "device for a plan": (lambda *_: None, "show /dev/zero", "not a regular file"),
    "case": (
        lambda place, _: [place.write(f"specs/{n}.yaml", SPEC % n.lower()) for n in ("Pilot", "pilot")],
        "validate",
        "specs/Pilot.yaml and specs/pilot.yaml are the same file",
    ),
    "case of a folder": (
        lambda place, _: [place.write(f"specs/{n}.yaml", SPEC % n[-1]) for n in ("IOS/a", "ios/b")],
        "plan",
        "specs/IOS and specs/ios are the same file",
    ),
    "unicode forms": (
        lambda place, _: [
            place.write(f"specs/{unicodedata.normalize(form, 'größe')}.yaml", SPEC % form.lower())
            for form in ("NFC", "NFD")
        ],
        "validate",
        "are the same file",
    ),
    "sharp s": (
        lambda place, _: [place.write(f"specs/{n}.yaml", SPEC % str(i)) for i, n in enumerate(("maße", "MASSE"))],
        "validate",
        "are the same file",
    ),
}


@pytest.fixture
def no_waiting() -> Iterator[None]:
    """A read that waits for the other end of a pipe would never come back: the whole run is ended then."""
    ended = threading.Timer(30, lambda: os._exit(99))
    ended.start()
    yield
    ended.cancel()


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("case", CASES)
def test_invariant_44_is_refused_and_not_read(case: str, folder: Folder, outside: Path) -> None:
    lay, command, says = CASES[case]
    lay(folder, outside)
    before = sorted(path.name for path in outside.iterdir())
    said = folder(*command.split())
    assert said.code == 3, said
    assert says in said.err + said.out
    assert TRIPWIRE not in said.err + said.out
    assert "outsider" not in said.err + said.out
    assert sorted(path.name for path in outside.iterdir()) == before


def test_a_link_that_stays_in_the_workspace_is_followed(folder: Folder) -> None:
    folder.write("specs/shared/everyone.yaml", SPEC % "shared-audience")
    (folder.path / "specs" / "linked.yaml").symlink_to("all.yaml")
    assert duplicates(folder("validate", "--format", "json")), "the link was passed over"
    (folder.path / "specs" / "linked.yaml").unlink()
    (folder.path / "linked").symlink_to("specs", target_is_directory=True)
    folder.write("reconciler.yaml", WORKSPACE.replace("[specs]", "[linked]"))
    assert folder("validate").code == 0
    assert folder("plan").code == 0


def duplicates(said: Said) -> list[str]:
    return [each["message"] for each in said.document["diagnostics"] if "linked.yaml" in str(each)]


def test_a_workspace_below_a_link_is_a_workspace(folder: Folder, outside: Path) -> None:
    """It is the link in the repository that is not trusted, not where somebody put the repository."""
    (outside / "here").symlink_to(folder.path, target_is_directory=True)
    folder.environment.chdir(outside / "here")
    assert folder("validate").code == 0
    assert folder("plan", "--workspace", str(outside / "here" / "reconciler.yaml")).code == 0


@pytest.mark.parametrize("size", [MAX_BYTES + 1, 40 * MAX_BYTES])
def test_a_huge_spec_is_a_finding(size: int, folder: Folder) -> None:
    with (folder.write("specs/huge.yaml", "# ")).open("r+b") as file:
        file.truncate(size)
    said = folder("validate", "--format", "json")
    assert said.code == 3
    assert [each["file"] for each in said.document["diagnostics"]] == ["specs/huge.yaml"]


def test_a_huge_workspace_is_refused(folder: Folder) -> None:
    with (folder.path / "reconciler.yaml").open("r+b") as file:
        file.truncate(1 << 30)
    said = folder("plan")
    assert (said.code, "more than" in said.err) == (3, True)


def test_no_more_is_read_than_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"12345")
    assert read_regular(file, 5) == b"12345"
    assert read_regular(file, 3, whole=False) == b"123"
    with pytest.raises(OSError) as refused:
        read_regular(file, 4)
    assert refused.value.strerror == "it has more than 4 bytes"


def test_no_output_is_written_through_a_link(folder: Folder, outside: Path) -> None:
    """What a link leads to stays as it was: a file that is no plan is not written over, nor any record."""
    for name in ("p.json", "r.json"):
        (folder.path / name).symlink_to(outside / "secret.yaml")
    assert folder("plan", "--out", "p.json").code == 64
    assert folder("apply", "--yes", "--record", "r.json").code == 4
    assert TRIPWIRE in (outside / "secret.yaml").read_text("utf-8")


def test_a_link_to_a_plan_is_replaced_by_the_new_plan(folder: Folder, outside: Path) -> None:
    assert folder("plan", "--out", str(outside / "old.json")).code == 0
    before = (outside / "old.json").read_bytes()
    (folder.path / "p.json").symlink_to(outside / "old.json")
    assert folder("plan", "--out", "p.json", "--only", "JitSsoPolicy/*").code == 0
    assert (outside / "old.json").read_bytes() == before
    assert not (folder.path / "p.json").is_symlink()
    assert (folder.path / "p.json").stat().st_mode & 0o077 == 0

"""`init`: starts a repository that works at once. Writes no file over another, and all that is missing or nothing."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from ..model import Json, JsonObject
from ..render import starting as rendered
from ..spec.scalars import RefusedScalarError, read_plain
from ..starting.repository import PARTS, SANDBOX, Choice, files
from ..workspace import FILE_NAME
from .arguments import Arguments
from .failure import Code, Failure
from .output import Output
from .project import SUFFIXES, inside, open_workspace

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_TENANT = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_GUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_SOURCE = re.compile(r"[!-~]+( @ [!-~]+)?")


def call(arguments: Arguments) -> int:
    """0; 1 where a file cannot be written; 3 where a workspace that is there is invalid; 64 for wrong usage."""
    output = Output(arguments)
    if arguments.folder == "":
        raise Failure(Code.USAGE, "the folder has no name", "leave it out for this one")
    root = Path(arguments.folder or ".")
    workspace = root / FILE_NAME
    choice = _choice(arguments, root, workspace)
    wanted = files(choice, workspace=not workspace.exists(), examples=not _has_specs(root / "specs"))
    made = {path: text for path, text in wanted.items() if not os.path.lexists(root / path)}
    _must_be_possible(root, made)
    _make(root, made)
    document = _document(choice, arguments.folder, made, [path for path in wanted if path not in made])
    if output.json:
        output.document(document)
    else:
        output.text(rendered.text(document, style=output.style))
    return Code.DONE


def _choice(arguments: Arguments, root: Path, workspace: Path) -> Choice:
    """Raises `Failure`: 64 for words that have another form, 3 for a workspace that is invalid."""
    real = arguments.tenant or "production"
    choice = Choice(
        owner=_fitting("--owner", arguments.owner or _owner(root), _NAME, "lower-case letters, digits and '-'"),
        host=arguments.host or "none",
        real=_fitting("--tenant", real, _TENANT, "letters, digits, '-', '_' and '.'"),
        tenant_id=arguments.tenant_id and _fitting("--tenant-id", arguments.tenant_id, _GUID, "a GUID"),
        source=_source(arguments.source),
    )
    if choice.real == SANDBOX:
        raise Failure(Code.USAGE, f"--tenant {SANDBOX} is the embedded Graph", "give your own tenant another name")
    if not workspace.exists():
        return choice
    known = open_workspace(replace(arguments, workspace=str(workspace)))[0]
    if arguments.tenant and arguments.tenant not in known.tenants:
        raise Failure(Code.USAGE, f"{workspace} has no tenant {arguments.tenant}", f"it has {', '.join(known.tenants)}")
    if arguments.owner or arguments.tenant_id:
        raise Failure(Code.USAGE, f"{workspace} is there already", "change owner and tenants in it")
    chosen = arguments.tenant or known.default_tenant or next(iter(known.tenants))
    if choice.host != "none":
        _fitting("--tenant", chosen, _TENANT, "letters, digits, '-', '_' and '.'")
    return replace(choice, owner=known.owner, tenant=chosen)


def _fitting(option: str, value: str, form: re.Pattern[str], told: str) -> str:
    if not form.fullmatch(value):
        raise Failure(Code.USAGE, f"{option} {value!r} is none", f"it takes {told}")
    if not _is_text(value):
        raise Failure(
            Code.USAGE, f"{option} {value!r} is no text to readers of YAML", "give it a name with more letters"
        )
    return value


def _is_text(value: str) -> bool:
    """Whether a name stays what it is in YAML without quotes, as the files have it: `2024`, `no` and `1e3` do not."""
    try:
        return read_plain(value) == value
    except RefusedScalarError:
        return False


def _owner(root: Path) -> str:
    """The name of the folder, as far as it can be one."""
    slug = re.sub(r"[^a-z0-9]+", "-", root.resolve().name.lower()).strip("-")[:50].strip("-")
    if not slug:
        return "endpoint-team"
    return slug if _is_text(slug) else f"endpoint-{slug}"


def _source(given: str | None) -> str | None:
    """The requirement that pipelines install: what was said, else where this reconciler comes from."""
    if given is None:
        return _installed_from()
    _fitting("--source", given, _SOURCE, "a requirement of pip, such as git+https://…@COMMIT")
    return given if " @ " in given else f"reconciler @ {given}"


def _installed_from() -> str | None:
    """The repository and the commit that pip wrote down, without a credential; None where it is only a folder.

    Source: Python Packaging User Guide, "Recording the Direct URL Origin of installed distributions".
    """
    from importlib.metadata import PackageNotFoundError, distribution

    with suppress(PackageNotFoundError, ValueError, TypeError, KeyError, AttributeError):
        origin = json.loads(distribution("reconciler").read_text("direct_url.json") or "{}")
        vcs = origin["vcs_info"]
        url = urlsplit(origin["url"])
        if url.scheme == "https" and url.hostname and re.fullmatch(r"[0-9a-f]{40,64}", vcs["commit_id"]):
            port = f":{url.port}" if url.port else ""
            place = urlunsplit((url.scheme, url.hostname + port, url.path, "", ""))
            return f"reconciler @ {vcs['vcs']}+{place}@{vcs['commit_id']}"
    return None


def _has_specs(folder: Path) -> bool:
    """Examples are not mixed with specs that are there: they would be planned together."""
    return folder.is_dir() and any(path.suffix in SUFFIXES for path in folder.rglob("*"))


def _must_be_possible(root: Path, made: Mapping[str, str]) -> None:
    """Raises `Failure` (1) where a file cannot be made, before any is: a folder that is none, or may not be changed."""
    for folder in sorted({(root / path).parent for path in made}):
        if root.exists():
            inside(folder, root)
        above = next(each for each in (folder, *folder.parents) if os.path.lexists(each))
        if not above.is_dir():
            raise Failure(Code.FAILED, f"{above} is not a folder; nothing was made", "move it away, or name another")
        if not os.access(above, os.W_OK | os.X_OK):
            raise Failure(Code.FAILED, f"the folder {above} is read-only; nothing was made")


def _make(root: Path, made: Mapping[str, str]) -> None:
    """Raises `Failure` (1), with nothing left of what was made until then."""
    every = {folder for path in made for folder in (root / path).parents}
    new = sorted((folder for folder in every if not folder.exists()), reverse=True)  # the innermost first
    done: list[Path] = []
    try:
        for path, text in made.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("xb") as opened:  # fails where somebody made it in the meantime
                done.append(file)
                opened.write(text.encode())
    except BaseException as error:  # Ctrl-C too
        _take_back(done, new)
        if isinstance(error, OSError):
            named = error.filename or (done[-1] if done else root)
            raise Failure(Code.FAILED, f"{named} cannot be written: {error.strerror}; nothing was made") from error
        raise


def _take_back(files: Sequence[Path], folders: Sequence[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)
    for folder in folders:
        with suppress(OSError):  # somebody has put something there
            folder.rmdir()


def _document(choice: Choice, folder: str | None, made: Mapping[str, str], kept: Sequence[str]) -> JsonObject:
    parts: list[Json] = [{"path": top, "files": n, "what": PARTS[top]} for top in PARTS if (n := _below(top, made))]
    return {
        "formatVersion": 1,
        "folder": folder or ".",
        "owner": choice.owner,
        "host": choice.host,
        "tenant": choice.tenant,
        "made": [*made],
        "kept": [*kept],
        "parts": parts,
        "todo": [*_todo(choice, made)],
    }


def _below(top: str, made: Mapping[str, str]) -> int:
    return sum(path == top or path.startswith(f"{top}/") for path in made)


def _todo(choice: Choice, made: Mapping[str, str]) -> list[str]:
    """What nobody but a person can settle."""
    left = {
        "requirements/reconciler.txt": choice.source is None
        and "where pipelines install reconciler from has to be said; this one comes from a folder",
        "README.md": choice.host != "none" and "what to set up at the host before the first merge",
        "reconciler.yaml": not choice.tenant_id and f"your own tenant, as {choice.real}",
    }
    return [f"{path}: {what}" for path, what in left.items() if what and path in made]

"""`import`: writes specs for a tenant's live objects. Sends no write."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from shlex import quote

from ..adopting.adopt import Adoption, Terms, adopt
from ..adopting.document import document
from ..engine.inventory import inventory
from ..facts import PARTS
from ..kind import Kind, World
from ..kinds import REGISTRY
from ..model import Address, JsonObject
from ..render import import_text
from ..render.style import plural
from ..spec import schema_files
from ..spec.load import SpecSet
from ..workspace.model import Provided
from . import logs
from .arguments import Arguments
from .failure import Code, Failure
from .files import read_regular, write_shared
from .online import Connection, connected
from .output import Output
from .project import Project, check, inside, judge, named, open_project, read_specs

_SCHEMA = Path("schemas") / "v1" / "spec.json"
"""Where a workspace may keep the schema of specs, for editors."""
_MOST = 1 << 20


def call(arguments: Arguments) -> int:
    """0; 4 where something could not be read, and the specs of what could be are written."""
    with logs.started(arguments):
        return asyncio.run(_import(arguments))


async def _import(arguments: Arguments) -> int:
    output = Output(arguments)
    project = open_project(arguments)
    chosen = _chosen(arguments)
    folder = _folder(arguments, project)
    files = dict(read_specs(project.tenant.specs, project.workspace.root, may_be_empty=True))
    specs = _readable(check(files.items()))
    async with connected(project, "plan", output, arguments.clock) as connection:
        world = await _world(project, connection, specs, chosen)
    adoption = adopt(world, _terms(arguments, project, chosen, folder, files))
    for name in adoption.files:
        inside((project.workspace.root / name).parent, folder)
    if not arguments.dry_run:
        _write(project, {name: text.encode() for name, text in adoption.files.items()})
    following = _following(arguments, project, adoption, folder) if files or adoption.files else []
    shown = _document(project, connection, adoption, folder, following, dry_run=arguments.dry_run)
    if output.json:
        output.document(shown)
    else:
        output.text(import_text.imported(shown, style=output.style))
    return Code.DONE if shown["complete"] else Code.REFUSED


def _write(project: Project, files: Mapping[str, bytes]) -> None:
    """Each file whole. Raises `Failure` (1) at the first that cannot be written, and says how far it came."""
    fresh = {name: data for name, data in files.items() if _found(project, name) != data}
    for count, (name, data) in enumerate(fresh.items()):
        try:
            write_shared(project.workspace.root / name, data)
        except Failure as failure:
            told = f"{count} of {plural(len(fresh), 'spec')} were written; another import goes on with the rest"
            raise Failure(failure.code, failure.message, told) from failure


def _chosen(arguments: Arguments) -> dict[str, Kind]:
    """The kinds to import. Raises `Failure` (64) for a name that no kind has."""
    for name in arguments.kinds:
        if name in schema_files.kinds() and name not in REGISTRY:
            raise Failure(Code.USAGE, f"--kind {name}: the tenant has no objects of this kind", _known())
        if name not in REGISTRY:
            near = get_close_matches(name, REGISTRY, n=1)
            hint = f"did you mean {near[0]}?" if near else _known()
            raise Failure(Code.USAGE, f"--kind {name}: there is no such kind", hint)
    return {name: kind for name, kind in REGISTRY.items() if name in (arguments.kinds or REGISTRY)}


def _known() -> str:
    return f"known: {', '.join(REGISTRY)}"


def _folder(arguments: Arguments, project: Project) -> Path:
    """Where to write, as an absolute path. Raises `Failure`: 64 where that is a file, 3 for a link that leads out."""
    root = project.workspace.root
    folder = Path(os.path.abspath(arguments.out or project.tenant.specs[0]))  # noqa: PTH100 - links are judged below
    if folder.exists() and not folder.is_dir():
        raise Failure(Code.USAGE, f"{folder} is not a folder", "name one with --out DIR")
    if folder.is_relative_to(root):
        inside(folder, root)
    return folder


def _readable(specs: SpecSet) -> SpecSet:
    """The specs that there are. Raises `Failure` (3) where one cannot be read: it may be the very one that is missed.

    One that only breaks rules is left to `validate`.
    """
    if specs.doubtful is None or specs.doubtful:
        raise Failure(Code.INVALID, "there are specs that cannot be read", diagnostics=specs.diagnostics)
    return specs


async def _world(project: Project, connection: Connection, specs: SpecSet, chosen: Mapping[str, Kind]) -> World:
    return await inventory(
        connection.graph,
        REGISTRY,
        specs.desired,
        owner=project.workspace.owner,
        tenant=project.tenant.name,
        previous_owners=project.workspace.previous_owners,
        renamed=project.tenant.names.by_sort,
        pins=project.pins,
        beside=chosen,
    )


def _terms(
    arguments: Arguments, project: Project, chosen: Mapping[str, Kind], folder: Path, files: Mapping[str, bytes]
) -> Terms:
    root = project.workspace.root
    folded = {name.casefold(): name for name in files}
    stems = schema_files.kinds()
    provided = replace(project.tenant, provided=tuple(Provided(part, "others", "") for part in PARTS))

    def place(address: Address) -> str:
        return named(folder / stems[address.kind] / f"{address.name}.yaml", root)

    def found(name: str) -> bytes | None:
        same = folded.get(name.casefold(), name) == name  # else one file, where a disk does not tell case apart
        return _found(project, name) if same else b""

    return Terms(
        kinds=REGISTRY,
        chosen=frozenset(chosen),
        passive=frozenset(name for name, kind in chosen.items() if kind.on_request and not arguments.kinds),
        wanted=lambda address: not arguments.only or _any(address, arguments.only),
        whole=not (arguments.kinds or arguments.only),
        place=place,
        head=lambda name: _head(root, root / name),
        files=files,
        found=found,
        judge=lambda pairs: judge(check(pairs), project.workspace, project.tenant, project.today).specs,
        lenient=lambda pairs: judge(check(pairs), project.workspace, provided, project.today).specs,
        overwrite=arguments.overwrite,
        even_if_invalid=arguments.even_if_invalid,
    )


def _any(address: Address | None, globs: Sequence[str]) -> bool:
    return address is not None and any(fnmatchcase(str(address), glob) for glob in globs)


def _found(project: Project, name: str) -> bytes | None:
    """What is in a file; nothing of what is no plain file, which is in the way all the same."""
    path = project.workspace.root / name
    if not (path.exists() or path.is_symlink()):
        return None
    try:
        return read_regular(path, _MOST)
    except OSError:
        return b""


def _head(root: Path, file: Path) -> list[str]:
    """The line by which editors find the schema, where the workspace has it."""
    if not (root / _SCHEMA).is_file() or not file.is_relative_to(root):
        return []
    path = Path(os.path.relpath(root / _SCHEMA, file.parent)).as_posix()
    return [f"yaml-language-server: $schema={path}"]


def _document(
    project: Project,
    connection: Connection,
    adoption: Adoption,
    folder: Path,
    following: Sequence[str],
    *,
    dry_run: bool,
) -> JsonObject:
    tenant = connection.tenant
    advice = (*adoption.advice, *_beside(project, folder)) if adoption.files else adoption.advice
    return document(
        replace(adoption, advice=advice),
        tenant={"name": tenant.name, "tenantId": tenant.tenant_id, "graphUrl": tenant.graph_url},
        folder=named(folder, project.workspace.root),
        dry_run=dry_run,
        following=following,
    )


def _beside(project: Project, folder: Path) -> Iterator[str]:
    """That other tenants have the same specs: what one has, the others are to get."""
    others = [name for name, each in project.workspace.tenants.items() if each != project.tenant]
    sharing = [o for o in others if any(folder.is_relative_to(_plain(p)) for p in project.workspace.tenants[o].specs)]
    if sharing:
        what = plural(len(sharing), "tenant")
        yield (
            f"look whether that is meant: {named(folder, project.workspace.root)} has the specs of {what} more "
            f"({', '.join(sharing)}), where a plan would create what is written here; --out writes elsewhere"
        )


def _plain(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - as `_folder` has it


def _following(arguments: Arguments, project: Project, adoption: Adoption, folder: Path) -> Sequence[str]:
    """The commands to run next: the plan, which takes over exactly what was found."""
    if arguments.dry_run or not any(folder.is_relative_to(_plain(p)) for p in project.tenant.specs):
        return []
    chosen = [f"--tenant {quote(arguments.tenant)}"] if arguments.tenant else []
    counted = [f"--expect adoptions={adoption.adoptions}"] if adoption.adoptions else []
    first = [] if adoption.valid else ["reconciler validate"]
    return [*first, " ".join(["reconciler plan", *chosen, *counted])]

"""`compare`: what changes between two revisions of the specs, offline: no credential, no network, no tenant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ..compare import document as compared
from ..compare.model import Side, State
from ..diagnostics import Diagnostic
from ..kinds import REGISTRY
from ..model import JsonObject
from ..pins import file_of
from ..render import compare_text
from ..workspace import FILE_NAME, Workspace, find_workspace
from .arguments import Arguments
from .failure import Code, Failure
from .git import Repository
from .output import Output
from .project import check, judge, open_workspace, read_pins, read_specs


def call(arguments: Arguments) -> int:
    """0, or 2 with `--detailed-exitcode` where anything changes; 3 where the later revision is invalid."""
    shown = _document(arguments)
    _tell(shown, arguments)
    if not shown["valid"]:
        return Code.INVALID
    pending = arguments.detailed_exitcode and compared.changes_anything(shown)
    return Code.PENDING if pending else Code.DONE


def _tell(shown: JsonObject, arguments: Arguments) -> None:
    output = Output(arguments)
    if output.json:
        output.document(shown)
    elif output.format == "markdown":
        from ..render import compare_markdown

        output.text(compare_markdown.compare(shown, full=arguments.full))
    elif output.format == "html":
        from ..render import compare_html

        output.text(compare_html.compare(shown))
    else:
        output.text(compare_text.compare(shown, style=output.style, full=arguments.full))


def _document(arguments: Arguments) -> JsonObject:
    """Raises `Failure`: 1, 3 and 64 for what `git` says, 3 for a workspace that is invalid at the later revision."""
    assert arguments.revisions, "the parser wants one at least"
    if len(arguments.revisions) > 2:
        raise Failure(Code.USAGE, "compare takes two revisions at most", "for a range, name its ends: compare A B")
    path = _workspace(arguments)
    repository = Repository.of(path.parent)
    first, *rest = arguments.revisions
    last = rest[0] if rest else None
    old, new = repository.commit(first), repository.commit(last) if last else None
    if arguments.merge_base:
        old = repository.merge_base(old, new or repository.commit("HEAD"))
    before = _earlier(arguments, repository, path, first, old)
    after = _committed(arguments, repository, path, last, new) if last and new else _work_tree(arguments, repository)
    if after.workspace is None:
        raise Failure(Code.INVALID, f"there is no {path.name} at {last or 'the work tree'}")
    if arguments.tenant and not {arguments.tenant} & {*before.states, *after.states}:
        known = ", ".join(after.states)
        raise Failure(Code.INVALID, f"no tenant is called {arguments.tenant}", f"known: {known}")
    return compared.document(before, after, REGISTRY, only=arguments.tenant)


def _workspace(arguments: Arguments) -> Path:
    path = Path(arguments.workspace) if arguments.workspace else find_workspace(Path.cwd())
    if path is None:
        raise Failure(Code.INVALID, f"there is no {FILE_NAME} here or above", "name one with --workspace FILE")
    return path.absolute()


def _earlier(arguments: Arguments, repository: Repository, path: Path, name: str, commit: str) -> Side:
    """The earlier side: that it is invalid is told and stops nothing."""
    try:
        return _committed(arguments, repository, path, name, commit)
    except Failure as failure:
        if failure.code is not Code.INVALID:
            raise
        hint = f": {failure.hint}" if failure.hint else ""
        return Side(name, commit, findings=failure.diagnostics, problem=failure.message + hint)


def _work_tree(arguments: Arguments, repository: Repository) -> Side:
    workspace, findings = open_workspace(arguments)
    changed = repository.changed([workspace.path.absolute(), *_parts(workspace)])
    return _side(arguments, Side(None, None, workspace, findings=findings, uncommitted=len(changed)))


def _committed(arguments: Arguments, repository: Repository, path: Path, name: str, commit: str) -> Side:
    """A revision, read from copies that go at once: of the workspace file first, then of all that it names.

    What is said of it names the revision. Raises `Failure` (1, 3).
    """
    where = repository.below_top(path)
    side = Side(name, commit)
    with repository.checked_out(commit, [path]) as top, _told(top, name):
        if not (top / where).exists():
            return side
        workspace, _ = open_workspace(replace(arguments, workspace=str(top / where)))
        named = [repository.top / each.relative_to(top) for each in _parts(workspace)]
    with repository.checked_out(commit, [path, *named]) as top, _told(top, name):
        workspace, findings = open_workspace(replace(arguments, workspace=str(top / where)))
        return _side(arguments, replace(side, workspace=workspace, findings=findings))


def _parts(workspace: Workspace) -> list[Path]:
    """The files and folders that a workspace is made of, beside its own file."""
    tenants = workspace.tenants.values()
    pins = [workspace.root / file_of(tenant.name) for tenant in tenants]
    specs = {path for tenant in tenants for path in tenant.specs}
    return [*sorted(specs), *pins, *workspace.onboarding_texts]


def _side(arguments: Arguments, side: Side) -> Side:
    """The side with the judged specs of each tenant. Raises `Failure` (3) where files cannot be read at all."""
    workspace, today = side.workspace, arguments.clock.today()
    assert workspace is not None, "a side is read by its workspace"
    read = {places: check(read_specs(sorted(places), workspace.root)) for places in _places(workspace)}
    states, found = {}, [*side.findings]
    for tenant in workspace.tenants.values():
        pins, problems = read_pins(workspace, tenant)
        judged = judge(read[tenant.specs], workspace, tenant, today)
        states[tenant.name] = State(tenant, judged.specs, pins)
        found += problems
    return replace(side, states=states, findings=tuple(_below(each, workspace.root) for each in found))


def _places(workspace: Workspace) -> Iterable[tuple[Path, ...]]:
    return dict.fromkeys(tenant.specs for tenant in workspace.tenants.values())


def _below(finding: Diagnostic, root: Path) -> Diagnostic:
    """The finding with its file as people of the repository call it."""
    place = finding.position
    return replace(finding, position=replace(place, file=_short(place.file, root))) if place else finding


def _short(text: str, root: Path, name: str = "") -> str:
    return text.replace(f"{root}/", name).replace(str(root), name.removesuffix(":") or ".")


@contextmanager
def _told(top: Path, name: str) -> Iterator[None]:
    """Failures within are told of the revision, not of the copy."""
    try:
        yield
    except Failure as failure:
        hint = failure.hint and _short(failure.hint, top, f"{name}:")
        findings = [_below(each, top) for each in failure.diagnostics]
        raise Failure(failure.code, _short(failure.message, top, f"{name}:"), hint, findings) from failure

"""The law of `import`, on generated tenants and over the wire: plan, take over, import again, edit one line.

Tenants are those of the laws of whole runs: ours, somebody's and nobody's objects of every kind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from reconciler.adopting.adopt import Adoption, adopt
from reconciler.adopting.survey import Status
from reconciler.engine.inventory import inventory
from reconciler.kinds import REGISTRY
from reconciler.marker import parse
from tests.e2e.harness import OWNER, TENANT, Rehearsal, pending
from tests.laws.tenants import Case, cases

from .given import only_markers, terms, written

Rehearse = Callable[..., Rehearsal]
SOME = settings(
    deadline=None,
    max_examples=7,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
TEXTS = ("description", "notes")


def imported(stage: Rehearsal, files: dict[str, str] | None = None) -> Adoption:
    """The specs of the tenant, beside those that there are."""
    stage.declare(files or {})
    desired = stage.specs.desired
    world = stage._run(lambda graph: inventory(graph, REGISTRY, desired, owner=OWNER, tenant=TENANT.name))
    return adopt(world, terms(files))


def content(stage: Rehearsal) -> dict[str, Any]:
    """Everything that is stored but for markers, and what the service notes of a write."""
    own = {"lastModifiedDateTime", "version"}
    return {
        item["id"]: {k: parse(v)[0].strip() if k in TEXTS else v for k, v in item.items() if k not in own}
        for objects in stage.tenant().values()
        for item in objects
        if "id" in item
    }


@given(case=cases())
@SOME
def test_a_plan_is_empty_but_for_markers_and_taking_them_changes_nothing_else(rehearse: Rehearse, case: Case) -> None:
    with rehearse({}, seed=case.seed, wired=True) as stage:
        adoption = imported(stage)
        before = content(stage)
        stage.declare(adoption.files)
        planned = stage.plan()
        only_markers(planned.plan, adoption)
        unmarked = {str(e.address) for e in adoption.entries if not e.marked}
        assert pending(planned.plan).keys() <= unmarked
        stage.apply(planned)
        assert content(stage) == before
        assert pending(stage.plan().plan) == {}
        names = written(adoption)
        assert written(imported(stage)) == names  # now by the markers
        again = imported(stage, dict(adoption.files))
        assert again.files == {}
        assert {e.status for e in again.entries if e.live and str(e.address) in names} <= {Status.DECLARED}
        one_line_is_one_change(stage, dict(adoption.files))


def one_line_is_one_change(stage: Rehearsal, files: dict[str, str]) -> None:
    """Another display name in one of the files, and nothing else."""
    named = sorted(name for name, text in files.items() if "  displayName: " in text)
    for name in named[:1]:
        stage.declare({**files, name: files[name].replace("  displayName: ", "  displayName: Renamed ", 1)})
        (change,) = pending(stage.plan().plan).values()
        assert [field["path"] for field in change] == ["/displayName"]


@given(case=cases(), order=st.randoms(use_true_random=False))
@settings(SOME, max_examples=4)
def test_files_do_not_depend_on_the_order_of_lists(rehearse: Rehearse, case: Case, order: Any) -> None:
    shuffled = {
        name: order.sample(objects, len(objects)) if isinstance(objects, list) else objects
        for name, objects in case.seed["collections"].items()
    }
    with (
        rehearse({}, seed=case.seed, wired=True) as one,
        rehearse({}, seed={**case.seed, "collections": shuffled}, wired=True) as other,
    ):
        assert imported(one).files == imported(other).files

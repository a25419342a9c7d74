"""Objects that several assign: which of their assignments are a spec's own, and how those are written and withdrawn.

An app or a compliance policy is there for everybody: several workspaces, policy sets and administrators assign it side
by side, while `/assign` replaces the whole set. So a spec owns the pairs that it wrote, known by digests in its marker
on the object; everything else is carried over as it is. The marker is written before the pairs and shortened after
them, so that a run that stops half-way forgets nothing. The object itself is never ours to delete.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..diagnostics import Diagnostic
from ..identity import markers_of
from ..kind import Comparison, Operation, Phase, Subject, Verb
from ..live import Live
from ..marker import Marker
from ..model import Json, JsonObject
from . import common, expressing, pairs
from .expressing import Draft
from .pairs import Form, LivePair, Pair

_TOLD = 3
"""Targets that a reason names."""


@dataclass(frozen=True, slots=True)
class Holding:
    """How the pairs of one object stand: what is ours to write, what is live, what goes, what stays as it is."""

    wanted: dict[str, Pair]
    ours: dict[str, LivePair]
    """Live pairs that this spec manages, by key."""
    others: list[LivePair]
    marker: Marker
    recorded: tuple[str, ...]
    """Digests that our marker on the live object holds."""

    @property
    def interim(self) -> Marker:
        """The marker while pairs of both sets may be live."""
        live = {found.pair.digest for found in self.ours.values()}
        both = {*self.marker.pairs, *(digest for digest in self.recorded if digest in live)}
        return replace(self.marker, pairs=tuple(sorted(both)))


@dataclass(frozen=True, slots=True)
class Sharing:
    """One kind of shared object: what `Kind` asks for, with a `Holding` as the basis of its comparisons."""

    path: str
    """Of the collection in Graph."""
    marker_field: str
    form: Callable[[Subject], Form]

    def compare(self, subject: Subject) -> Comparison:
        """Both sides: the pairs that are ours, and the marker that says so."""
        holding, problems = self._holding(subject)
        wanted: dict[str, Json] = {}
        if "assignments" in subject.spec:
            wanted["assignments"] = pairs.shown(holding.wanted.values(), subject.world.names)
        wanted[common.MARKER] = holding.marker.line()
        if subject.live is None:
            return Comparison(wanted, {}, tuple(problems), basis=holding)
        held = [pairs.restricted(live.pair, holding.wanted.get(key)) for key, live in holding.ours.items()]
        found: dict[str, Json] = {
            "assignments": pairs.shown(held, subject.world.names),
            common.MARKER: common.marker_line(subject, self.marker_field),
        }
        return Comparison(wanted, found, tuple(problems), basis=holding)

    def write(self, subject: Subject, comparison: Comparison) -> list[Operation]:
        """Record new pairs in the marker, assign, give up what goes, drop it from the marker."""
        holding: Holding = comparison.basis
        operations = self._record(subject, holding.interim, Phase.WRITE)
        if "assignments" in comparison.changed:
            operations += self._assign(subject, holding)
        if holding.interim != holding.marker:
            operations += self._record(subject, holding.marker, Phase.SHRINK, held=holding.interim.line())
        return operations

    def reason(self, subject: Subject, comparison: Comparison) -> str | None:
        """That pairs which somebody else assigned count as this spec's from now on: it may remove them one day."""
        holding = comparison.basis
        if subject.live is None or not isinstance(holding, Holding):
            return None
        recorded = {digest for m in markers_of(subject.live, self.marker_field) for digest in m.pairs}
        found = [each.pair for key, each in sorted(holding.ours.items()) if key in holding.wanted]
        theirs = [pairs.told(pair, subject.world.names) for pair in found if pair.digest not in recorded]
        if not theirs:
            return None
        told = ", ".join(theirs[:_TOLD]) + (f" and {len(theirs) - _TOLD} more" if theirs[_TOLD:] else "")
        return f"already assigned by somebody, from now on it counts as written by this spec: {told}"

    def compare_parting(self, subject: Subject) -> Comparison:
        """The pairs that the marker records go, and the marker with them; the object stays, with what others assigned.

        Pairs that another spec of the same object wants stay too.
        """
        wants_nothing: JsonObject = {"assignments": {"include": []}}
        comparison = self.compare(replace(subject, desired=replace(subject.desired, spec=wants_nothing)))
        holding: Holding = comparison.basis
        kept = self._wanted_by_specs(subject)
        ours = {key: live for key, live in holding.ours.items() if live.pair.digest not in kept}
        staying = [live for key, live in holding.ours.items() if key not in ours]
        going = [pairs.restricted(live.pair, None) for live in ours.values()]
        return replace(
            comparison,
            wanted={**comparison.wanted, common.MARKER: None},
            found={**comparison.found, "assignments": pairs.shown(going, subject.world.names)},
            basis=replace(holding, ours=ours, others=[*holding.others, *staying]),
        )

    def write_parting(self, subject: Subject, comparison: Comparison) -> list[Operation]:
        """Assign what others have, then take the marker off."""
        holding: Holding = comparison.basis
        operations = self._assign(subject, holding) if "assignments" in comparison.changed else []
        text = common.marked_text(subject, self.marker_field, None) or ""  # null may be ignored
        return [*operations, self._patch(subject, text, Phase.WRITE)]

    def expressed(self, draft: Draft, live: Live, kind: str, form: Form) -> list[LivePair]:
        """The direct pairs that a spec for a live object manages: those of the spec that it has, else those that our
        marker records, else those that nobody's does. A problem is noted where others have all of them.
        """
        every = [found for found in pairs.read_pairs(live.assignments, form) if found.direct]
        if standing := expressing.standing_for(live, kind, draft.world):
            ours = self._holding(Subject(standing, live, draft.world))[0].ours
            return [found for found in every if found.pair.key in ours]
        markers = markers_of(live, self.marker_field)
        own = [m for m in markers if m.owner in draft.world.owners and m.kind == kind]
        recorded = {digest for marker in own for digest in marker.pairs}
        others = [m for m in markers if m not in own]
        theirs = {digest for marker in others for digest in marker.pairs}
        if own:
            return [found for found in every if found.pair.digest in recorded]
        free = [found for found in every if found.pair.digest not in theirs]
        if every and not free:
            draft.problems[""] = f"all of its assignments are those of {others[0].address} of {others[0].owner}"
        return free

    # -- what is whose -----------------------------------------------------------------------------------------------

    def _holding(self, subject: Subject) -> tuple[Holding, list[Diagnostic]]:
        form, spec = self.form(subject), subject.spec
        wanted, problems = pairs.wanted_pairs(subject, form)
        live = pairs.read_pairs(subject.live.assignments if subject.live else (), form)
        problems += pairs.given(subject, wanted, live)
        recorded, given_up = self._recorded(subject)
        mentioned, takes_all = "assignments" in spec, spec.get("unlisted", "keep") == "remove"
        ours = {
            found.pair.key: found
            for found in live
            if mentioned and found.direct and (takes_all or found.pair.key in wanted or found.pair.digest in given_up)
        }
        others = [found for found in live if ours.get(found.pair.key) is not found]
        held = {
            key: pairs.adapted(pair, ours[key].pair) if key in ours else pairs.complete(pair, form)
            for key, pair in sorted(wanted.items())
        }
        problems += [*self._contested(subject, held, ours), *pairs.opposed(subject, held, others)]
        digests = tuple(sorted({pair.digest for pair in held.values()})) if mentioned else recorded
        return Holding(held, ours, others, common.marker_of(subject, self.marker_field, digests), recorded), problems

    def _recorded(self, subject: Subject) -> tuple[tuple[str, ...], set[str]]:
        """What our marker on the live object records, and which of it no other marker does: that is ours to remove."""
        markers = markers_of(subject.live, self.marker_field) if subject.live else ()
        own = [marker for marker in markers if common.is_own(subject, marker)]
        others = {digest for marker in markers if marker not in own for digest in marker.pairs}
        recorded = own[0].pairs if own else ()
        return recorded, {*recorded} - others

    def _contested(self, subject: Subject, wanted: dict[str, Pair], live: dict[str, LivePair]) -> list[Diagnostic]:
        """Pairs that another owner recorded with other settings: each run of either would undo the other's."""
        markers = markers_of(subject.live, self.marker_field) if subject.live else ()
        others = {d: m for m in markers if not common.is_own(subject, m) for d in m.pairs}
        found: list[Diagnostic] = []
        for key, pair in wanted.items():
            if pair.digest in others and key in live and pairs.differs(pair, live[key]):
                whose = f"{others[pair.digest].address} of {others[pair.digest].owner}"
                message = f"{whose} assigns the same target with other settings"
                detail = "agree on one: both would be written in turn"
                found.append(subject.problem("IDENT109", message, detail, ("spec", "assignments")))
        return found

    def _wanted_by_specs(self, subject: Subject) -> set[str]:
        """The digests of the pairs that specs want of the same object, whether their changes are selected or not."""
        assert subject.live is not None
        world, live, kind = subject.world, subject.live, subject.address.kind
        same = [a for a, m in world.matches.items() if a.kind == kind and m.live and m.live.id == live.id]
        specs = [world.desired[address] for address in same if address in world.desired]
        declared = [Subject(spec, live, world) for spec in specs if spec.document.file]  # a rollback has no specs
        return {pair.digest for each in declared for pair in self._holding(each)[0].wanted.values()}

    # -- requests ----------------------------------------------------------------------------------------------------

    def _assign(self, subject: Subject, holding: Holding) -> list[Operation]:
        path, form = f"{self.path}/{subject.id}/assign", self.form(subject)
        return pairs.assign(path, form, wanted=holding.wanted, ours=holding.ours, others=holding.others)

    def _record(self, subject: Subject, marker: Marker, phase: Phase, held: str | None = None) -> list[Operation]:
        """The marker, unless the object holds exactly this line (`held`: what an earlier request wrote) or is new."""
        if subject.live is None or marker.line() == (held or common.marker_line(subject, self.marker_field)):
            return []
        return [self._patch(subject, common.marked_text(subject, self.marker_field, marker), phase)]

    def _patch(self, subject: Subject, text: str | None, phase: Phase) -> Operation:
        assert subject.live is not None
        body: JsonObject = {"@odata.type": subject.live.body.get("@odata.type"), self.marker_field: text}
        return Operation(Verb.UPDATE, "PATCH", f"{self.path}/{subject.id}", body, phase)

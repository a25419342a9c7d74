"""Live (target, intent) pairs in the words of a spec: what most of them share is said once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from ..live import Live
from ..model import Json, JsonObject
from . import expressing
from .expressing import Draft
from .pairs import PORTAL_DEFAULTS, Form, LivePair, Pair, applicable

DEFAULT = "required"
_ALWAYS = "uninstallOnDeviceRemoval"
"""Said whatever it is: Graph's own default is the opposite of the portal's, and people lose the app by it."""


def assigned(draft: Draft, held: Iterable[LivePair], live: Live, *, licensed: bool = False) -> None:
    """`intent` and `assignments` from direct pairs; `licensed`: each target says its licensing."""
    pairs = [found.pair for found in held if found.direct]
    default = _common_intent(pairs)
    if any(pair.intent for pair in pairs) or not pairs:
        draft.say("intent", default, usual=not pairs)
    reached = {pair.intent for pair in pairs if not pair.target.exclude} or {default}
    sides: dict[str, list[JsonObject | str]] = {"include": [], "exclude": []}
    for target, intents in _by_target(draft, pairs):
        alone = intents == [default] if not target[0].target.exclude else set(intents) == reached
        for pair in target[:1] if alone else target:
            said = expressing.target_of(draft, pair.target)
            own: JsonObject = {} if alone else {"intent": pair.intent}
            if licensed and "licensing" in pair.settings:
                own["licensing"] = pair.settings["licensing"]
            sides["exclude" if pair.target.exclude else "include"].append(_with(said, own, pair))
    expressing.whole(draft, sides, live)


def _common_intent(pairs: Sequence[Pair]) -> str:
    """The intent that most targets have; of equally many the first by name, but `required` before all."""
    counts = Counter(pair.intent for pair in pairs if not pair.target.exclude) or Counter(p.intent for p in pairs)
    return min(counts, key=lambda intent: (-counts[intent], intent != DEFAULT, intent), default=DEFAULT)


def _by_target(draft: Draft, pairs: Sequence[Pair]) -> Iterable[tuple[list[Pair], list[str]]]:
    """Pairs of one target together, in the order in which people list targets."""
    found: dict[str, list[Pair]] = {}
    for pair in sorted(pairs, key=lambda pair: (pair.intent != DEFAULT, pair.intent)):
        found.setdefault(f"{pair.target.key}:{pair.target.filter}", []).append(pair)
    first = {id(same[0].target): same for same in found.values()}
    for target in expressing.ordered((same[0].target for same in found.values()), draft.world):
        same = first[id(target)]
        yield same, [pair.intent for pair in same]


def _with(said: JsonObject | str, own: JsonObject, pair: Pair) -> JsonObject | str:
    """A target with what it has of its own, in the form that takes it."""
    if not own:
        return said
    return {**(said if isinstance(said, dict) else {"all": pair.target.who}), **own}


def settings(draft: Draft, held: Iterable[LivePair], form: Form) -> None:
    """The settings that all pairs share. One that differs among them is left as it is, which is noted."""
    pairs = [found.pair for found in held if found.direct and not found.pair.target.exclude]
    for flag in form.flags:
        values = _values(pairs, flag)
        if len(values) == 1:
            draft.say(flag, values[0], usual=flag != _ALWAYS and values[0] == PORTAL_DEFAULTS[flag])
        elif values:
            draft.notes.append(f"`{flag}` differs among its assignments, so it is not managed")


def _values(pairs: Iterable[Pair], name: str) -> list[Json]:
    """The different values of a setting, among the pairs whose intent takes it."""
    given: list[Mapping[str, Json]] = [applicable(pair.settings, pair.intent) for pair in pairs]
    return [*dict.fromkeys(settings[name] for settings in given if name in settings)]


def licensing(held: Iterable[LivePair]) -> list[Json]:
    """The different ways in which pairs take licences."""
    return _values((found.pair for found in held if found.direct), "licensing")

"""`explain` as text and Markdown: who gets which profile and why, and whether the rest of the chain reaches them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..model import JsonObject
from .markup import plain
from .members import member, objects, raw, texts
from .people import number
from .safe import quoted, safe
from .style import Style, page, wrap

_PARTS = {
    "sso-policy": "SSO policy",
    "authenticator": "Authenticator, required",
    "first-sign-in-app": "First sign-in app",
    "compliance": "Compliance policy",
}
_SIGNS = {"wins": "*", "outranked": ".", "not-for-them": ".", "not-assigned": ".", "unknown": "?"}
_STATES = {"reached": "ok", "missing": "MISSING", "partly": "MISSING", "unknown": "unknown", "provided": "ok"}
_NOT_NEEDED = "without"
"""In the place of MISSING, where people may enroll without the part."""


def text(document: JsonObject, *, style: Style) -> str:
    """The whole answer."""
    first, *rest = _about(document)
    lines = [style.paint(f"Tenant {safe(raw(member(document, 'tenant'), 'name'))}", "bold")]
    lines += [style.paint(line, "bold") for line in wrap(first, width=style.width, first="", rest="  ")] + rest
    for note in texts(member(document, "about"), "notes"):
        lines += wrap(safe(note), width=style.width, first="  ! ", rest="    ")
    sides = [*_sides(document)]
    for title, side in sides:
        lines += ["", style.paint(title, "bold"), *(_blocked(document, style) if side is sides[-1][1] else [])]
        lines += _ladder(document, side, style)
        if chain := _chain(side, style, single=_is_single(document)):
            lines += ["", *chain]
    if not sides:
        lines += ["", *_of_spec(document, style), *_blocked(document, style)]
    lines += _findings(document, style)
    for partial in texts(document, "partial"):
        lines += ["", *wrap(f"Known in part only: {safe(partial)}", width=style.width, first="", rest="  ")]
    return page(lines)


def _is_single(document: JsonObject) -> bool:
    return raw(member(document, "about"), "what") == "user"


def _about(document: JsonObject) -> Iterator[str]:
    about = member(document, "about")
    people = number(member(about, "people"))
    match raw(about, "what"):
        case "user":
            yield f"{quoted(raw(about, 'name'))}, {safe(raw(about, 'principal'))}"
        case "group":
            yield f"The group {quoted(raw(about, 'name'))}: {people}"
        case "spec":
            yield safe(raw(about, "address")) + _of_ladder(document, about, people)
        case _:
            yield f"Everybody: {people}"


def _of_ladder(document: JsonObject, about: JsonObject, people: str) -> str:
    """Whose ladder is shown below the address of a spec; nothing where none is."""
    if name := raw(about, "name"):
        return f" {quoted(name)}: it is for {people}"
    return f": the order of profiles, for everybody, {people}" if member(document, "today") else ""


def _blocked(document: JsonObject, style: Style) -> list[str]:
    """One sentence where apply would refuse the plan."""
    if sentence := _refusal(document):
        return wrap(sentence, width=style.width, first="  ! ", rest="    ")
    return []


def _refusal(document: JsonObject) -> str:
    errors = objects(document, "blocked")
    if not errors:
        return ""
    more = f", and {len(errors) - 1} more (`reconciler plan` lists them)" if len(errors) > 1 else ""
    return f"Apply would refuse the plan: {_named(errors[0])}{more}"


def _named(finding: JsonObject) -> str:
    return f"{safe(raw(finding, 'rule'))}: {safe(raw(finding, 'message'))}"


def _findings(document: JsonObject, style: Style) -> list[str]:
    """What the plan says of these people and specs; where it lies in a file, `plan` and `validate` show the line."""
    lines: list[str] = []
    for each in objects(document, "findings"):
        said = f"{safe(raw(each, 'severity'))}[{safe(raw(each, 'rule'))}]: {safe(raw(each, 'message'))}"
        lines += wrap(said, width=style.width, first="  ", rest="    ")
        if detail := raw(each, "detail"):
            lines += wrap(f"help: {safe(detail)}", width=style.width, first="    ", rest="      ")
    return ["", style.paint("Findings", "bold"), *lines] if lines else []


def _sides(document: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    today, then = member(document, "today"), member(document, "afterPlan")
    if today:
        yield "Today" + ("" if then else " (and after the plan: it changes nothing here)"), today
    if then:
        yield "After the plan", then


def _ladder(document: JsonObject, side: JsonObject, style: Style) -> list[str]:
    """The rungs in the order in which they win, each with its verdict."""
    single = _is_single(document)
    rungs = objects(side, "ladder")
    lines: list[str] = []
    for place, rung in enumerate(rungs, 1):
        sign = _SIGNS.get(raw(rung, "verdict"), " ")
        name = quoted(raw(member(rung, "profile"), "displayName"))
        kind = safe(raw(member(rung, "profile"), "typeName"))
        head = f"  {sign} {place}. {name}" + (f", {kind}" if kind else "")
        lines.append(style.paint(head, "bold") if sign == "*" else head)
        lines += wrap(_rung(rung, single=single), width=style.width, first="       ", rest="       ")
    without = member(side, "withoutProfile")
    if without.get("atMost") != 0 or not rungs:
        whom = (
            "no profile applies: the tenant's default enrollment does"
            if single
            else f"{number(without)} get no profile"
        )
        lines += wrap(whom, width=style.width, first="  ! ", rest="    ")
    return lines


def _rung(rung: JsonObject, *, single: bool) -> str:
    because, verdict = raw(rung, "because"), raw(rung, "verdict")
    if single:
        word = {"wins": "applies to them", "unknown": "not known"}.get(verdict, "does not apply to them")
        return f"{word}: {safe(because)}"
    assigned, wins = member(rung, "assigned"), member(rung, "wins")
    counts = f"assigned to {number(assigned)}, won by {number(wins)}"
    return f"{counts}: {safe(because)}"


def _chain(side: JsonObject, style: Style, *, single: bool) -> list[str]:
    """The parts of the chain for the winners of each profile."""
    lines: list[str] = []
    profile = ""
    for part in (p for p in objects(side, "chain") if raw(p, "state") != "not-asked"):
        name = raw(member(part, "profile"), "displayName")
        if name != profile:
            profile = name
            lines.append(f"  What {'they' if single else f'those who get {quoted(name)}'} need besides:")
        title = _PARTS.get(raw(part, "part"), safe(raw(part, "part")))
        lines += wrap(f"{title}: {_part(part)}", width=style.width, first=f"    {_state(part):<8}", rest=" " * 12)
    return lines


def _state(part: JsonObject) -> str:
    state = raw(part, "state")
    if state in ("missing", "partly") and part.get("needed") is False:
        return _NOT_NEEDED
    return _STATES.get(state, safe(state))


def _part(part: JsonObject) -> str:
    if raw(part, "state") == "provided":
        return "others provide it, as the workspace says"
    by = objects(part, "by")
    working = [each for each in by if each.get("works") is not False]
    idle = [f"{safe(raw(each, 'name'))} reaches them, but {_why_not(each)}" for each in by if each not in working]
    doubts = [safe(raw(each, "doubt")) for each in working if each.get("doubt")]
    return "; ".join([_brought(working, idle), *doubts, *_lacking(part)])


def _brought(working: Sequence[JsonObject], idle: Sequence[str]) -> str:
    """What brings a part, and what reaches people without doing so."""
    if working:
        by = ", ".join(f"{safe(raw(each, 'name'))} ({_through(each)})" for each in working)
        return "; ".join([f"by {by}", *idle])
    return f"none works: {'; '.join(idle)}" if idle else "nothing reaches them"


def _why_not(supply: JsonObject) -> str:
    return safe(raw(supply, "doubt")) or "it does not do its work"


def _lacking(part: JsonObject) -> Iterator[str]:
    """Who goes without, and that they may, where the profile does not need the part."""
    missing = member(part, "missing")
    if missing.get("atMost") == 0:
        return
    groups = [quoted(group) for group in texts(part, "groups")[:3]]
    if objects(part, "by"):
        yield f"not {number(missing)}" + (f" in {', '.join(groups)}" if groups else "")
    elif groups:
        yield f"{number(missing)} in {', '.join(groups)}"
    if part.get("needed") is False and raw(part, "state") in ("missing", "partly"):
        yield "they may enroll without"


def _through(supply: JsonObject) -> str:
    return ", ".join(map(safe, texts(supply, "through"))) or "not known through what"


# What a spec does for people


def _of_spec(document: JsonObject, style: Style) -> list[str]:
    """Whom the object of a spec reaches, or who uses a filter or an audience."""
    head, rows = _said_of(document)
    lines = wrap(head, width=style.width, first="", rest="  ")
    for row in rows:
        lines += wrap(row, width=style.width, first="  ", rest="    ")
    return lines


def _said_of(document: JsonObject) -> tuple[str, list[str]]:
    """A sentence, and what there is of single profiles or specs."""
    supplies, uses = member(document, "supplies"), member(document, "uses")
    if supplies:
        return _reaches(supplies), [_of_profile(each) for each in objects(supplies, "profiles")]
    return _stands_for(uses), [_used(each) for each in objects(uses, "by")]


def _reaches(found: JsonObject) -> str:
    if not member(found, "reaches"):
        return f"Whom it reaches after the plan is not known: {safe(raw(found, 'why'))}"
    through = _listed(found) or "it is assigned to nobody"
    return f"Reaches {number(member(found, 'reaches'))} after the plan: {through}"


def _of_profile(each: JsonObject) -> str:
    return f"{number(member(each, 'people'))} of those who get {quoted(raw(member(each, 'profile'), 'displayName'))}"


def _stands_for(uses: JsonObject) -> str:
    by = objects(uses, "by")
    if raw(uses, "of") == "filter":
        if not by:
            return "Nothing that was read uses it after the plan."
        if not member(uses, "people"):
            return "How many people stand behind it after the plan is not known. Used by:"
        behind = number(member(uses, "people"))
        return f"Behind it stand {behind} after the plan: whom it lets in hangs on their device. Used by:"
    whom = f"{number(member(uses, 'people'))}: {_listed(uses)}" if member(uses, "people") else "people not known"
    return f"Stands for {whom}. " + ("Used by:" if by else "No spec uses it.")


def _used(each: JsonObject) -> str:
    people, through = member(each, "people"), _listed(each)
    if not through:
        return safe(raw(each, "name")) + ("" if people else ": whom is not known, the plan does not make it")
    return f"{safe(raw(each, 'name'))}: {through}, {number(people)}"


def _listed(found: JsonObject) -> str:
    return ", ".join(map(safe, texts(found, "through")))


# Markdown


def markdown(document: JsonObject) -> str:
    """The same for a pull request or a ticket."""
    lines = [f"**{plain(''.join(_about(document)))}**", ""]
    lines += [f"> {plain(note)}" for note in texts(member(document, "about"), "notes")]
    lines += [f"> {plain(refusal)}" for refusal in [_refusal(document)] if refusal]
    sides = [*_sides(document)]
    for title, side in sides:
        lines += ["", f"### {title}", "", *_ladder_table(side), *_chain_table(side)]
    if not sides:
        head, rows = _said_of(document)
        lines += [plain(head), "", *(f"* {plain(row)}" for row in rows)]
    lines += _findings_list(document)
    lines += [f"\nKnown in part only: {plain(partial)}" for partial in texts(document, "partial")]
    return "\n".join(lines) + "\n"


def _findings_list(document: JsonObject) -> list[str]:
    found = objects(document, "findings")
    rows = [f"* {plain(raw(each, 'severity'))}: {plain(_named(each))}" for each in found]
    return ["", "### Findings", "", *rows] if rows else []


def _ladder_table(side: JsonObject) -> Iterator[str]:
    yield from ("| | profile | kind | people | why |", "|---|---|---|---|---|")
    for place, rung in enumerate(objects(side, "ladder"), 1):
        profile = member(rung, "profile")
        won = " **gets it**" if raw(rung, "verdict") == "wins" else ""
        name, kind = raw(profile, "displayName"), raw(profile, "typeName")
        cells = [name, kind, number(member(rung, "wins")), raw(rung, "because")]
        yield f"| {place}{won} | " + " | ".join(plain(cell) for cell in cells) + " |"


def _chain_table(side: JsonObject) -> Iterator[str]:
    parts = [p for p in objects(side, "chain") if raw(p, "state") != "not-asked"]
    if parts:
        yield from ("", "| profile | part | state | by |", "|---|---|---|---|")
    for part in parts:
        name, title = raw(member(part, "profile"), "displayName"), _PARTS.get(raw(part, "part"), raw(part, "part"))
        yield "| " + " | ".join(plain(cell) for cell in (name, title, _state(part), _part(part))) + " |"

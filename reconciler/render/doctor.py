"""What `doctor` found, as text. Pure: a document of `schemas/v1/doctor.json` in, text with a line end out.

What is wrong comes first, then what is not known; what is right takes a line each. Used by `cli.doctor`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..model import JsonObject
from .members import entries, member, number, objects, raw
from .members import text as shown
from .plan_text import tenant_line
from .safe import safe
from .style import Ink, Style, pad, page, plural, wrap

WORDS = {
    "failing": "failing",
    "warning": "warning",
    "unread": "not known",
    "ok": "ok",
    "not-applicable": "does not apply",
}
_INKS: dict[str, Ink] = {"failing": "red", "warning": "yellow", "unread": "magenta", "ok": "green"}
PROBLEMS = ("failing", "warning", "unread")
"""What has something to be done about, the worst first."""
COUNTS = (
    ("enrolled", "enrolled"),
    ("registered", "registered in Entra"),
    ("neverRegistered", "enrolled and never registered"),
    ("registrationUnknown", "of which Intune does not say whether they registered"),
    ("compliant", "compliant"),
    ("policyNotApplied", "without the SSO policy applied"),
    ("authenticatorNotInstalled", "without Authenticator"),
)
_WIDEST = len(WORDS["not-applicable"])
_IDS = len("DOCTOR101")
_NARROW = 60
"""Columns below which further lines are not set below the first one's text: too little would fit there."""


def text(document: JsonObject, *, style: Style) -> str:
    """The whole answer as text. The first line names the tenant."""
    body = _person(document, style) if "chains" in document else _tenant(document, style)
    return page([*tenant_line(document, style), *body, "", tally(document)])


# -- readiness ---------------------------------------------------------------------------------------------------------


def _tenant(document: JsonObject, style: Style) -> Iterator[str]:
    checks = objects(document, "checks")
    for state in PROBLEMS:
        for check in (each for each in checks if raw(each, "state") == state):
            yield ""
            yield from _block(check, shown(check, "id"), style)
    yield ""
    for state in ("ok", "not-applicable"):
        for check in (each for each in checks if raw(each, "state") == state):
            yield from _line(check, style)
    yield ""
    yield from _counts(member(document, "counts"), style)


def known(link: str) -> bool:
    """Whether a link is one of Microsoft's documentation, and may be shown as one."""
    return link.startswith("https://learn.microsoft.com/") and not set(link) & set("<> ")


def _block(check: JsonObject, rule: str, style: Style) -> Iterator[str]:
    """A check or link with something to say: what is so, what it means, what to do."""
    state = raw(check, "state")
    head = f"{WORDS.get(state, safe(state))}[{rule}]" if rule else WORDS.get(state, safe(state))
    ink = _INKS.get(state)
    title = style.paint(shown(check, "title"), "bold")
    yield f"{style.paint(head, 'bold', *([ink] if ink else []))}: {title}"
    yield from _notes(check, style, margin="  ")


def _notes(check: JsonObject, style: Style, *, margin: str) -> Iterator[str]:
    yield from wrap(shown(check, "found"), width=style.width, first=margin, rest=margin)
    for word, key in (("so:", "means"), ("do:", "remedy"), ("see:", "link")):
        if raw(check, key):
            first = f"{margin}{word:<5}"
            yield from wrap(shown(check, key), width=style.width, first=first, rest=margin + " " * 5)


def _line(check: JsonObject, style: Style) -> Iterator[str]:
    state = raw(check, "state")
    word = pad(WORDS.get(state, safe(state)), _WIDEST)
    ink = _INKS.get(state)
    margin = f"{style.paint(word, ink) if ink else word}  "
    told = f"{pad(shown(check, 'id'), _IDS)}  {shown(check, 'found')}"
    indent = " " * (_WIDEST + _IDS + 4 if style.width >= _NARROW else 4)
    first, *rest = wrap(told, width=style.width, first=" " * (_WIDEST + 2), rest=indent)
    yield margin + first[_WIDEST + 2 :]
    yield from rest
    for key in ("means", "remedy"):
        if raw(check, key):
            yield from wrap(shown(check, key), width=style.width, first=indent, rest=indent)


def _counts(counts: JsonObject, style: Style) -> Iterator[str]:
    yield style.paint(f"iPhones and iPads that enrolled since {shown(counts, 'since')}", "bold")
    yield from _numbers(counts, COUNTS, style)


def _numbers(counts: JsonObject, rows: Iterable[tuple[str, str]], style: Style) -> Iterator[str]:
    for key, words in rows:
        value, why = number_of(member(counts, key))
        yield from wrap(f"{words}{why}", width=style.width, first=f"  {value:>7}  ", rest=" " * 11)


def number_of(held: JsonObject) -> tuple[str, str]:
    """A number, or a mark where it is not known, and why it is not, or not whole."""
    value, why = held.get("value"), shown(held, "why")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value), f" (at least: {why})" if why else ""
    return "?", f" (not known: {why})"


# -- a person ----------------------------------------------------------------------------------------------------------


def _person(document: JsonObject, style: Style) -> Iterator[str]:
    yield style.paint(who(document), "bold")
    yield from _wide(objects(document, "tenantWide"), style)
    for chain in objects(document, "chains"):
        yield ""
        yield from _chain(chain, heading(chain, document), style)
    if member(document, "user").get("found") is True:
        yield from _failures(member(document, "failures"), style)


def _wide(checks: Sequence[JsonObject], style: Style) -> Iterator[str]:
    """What keeps every device of the tenant out: before anything about one of them."""
    if checks:
        yield ""
        yield style.paint("For everybody in this tenant", "bold")
    for check in checks:
        state = raw(check, "state")
        ink = _INKS.get(state)
        word = pad(WORDS.get(state, safe(state)), _WIDEST)
        first, *rest = wrap(in_a_line(check), width=style.width, first=" " * (_WIDEST + 4), rest=" " * (_WIDEST + 6))
        yield f"  {style.paint(word, ink) if ink else word}  {first[_WIDEST + 4 :]}"
        yield from rest


def in_a_line(check: JsonObject) -> str:
    """What is wrong, and what to do."""
    told = f"{shown(check, 'title')} [{shown(check, 'id')}]: {shown(check, 'found')}"
    return f"{told}; {shown(check, 'remedy')}" if raw(check, "remedy") else told


def _failures(failures: JsonObject, style: Style) -> Iterator[str]:
    events = objects(failures, "events")
    if events or failures.get("read") is False:
        yield ""
        yield style.paint("Failed enrollments", "bold")
    if failures.get("read") is False:
        yield from wrap(f"not known: {shown(failures, 'why')}", width=style.width, first="  ")
    for each in events[:5]:
        yield from wrap(event(each), width=style.width, first="  ", rest="    ")
        yield from wrap(f"do: {shown(each, 'remedy')}", width=style.width, first="    ", rest="        ")


def who(document: JsonObject) -> str:
    """The person, by name and principal name."""
    user = member(document, "user")
    name, upn = shown(user, "displayName"), shown(user, "userPrincipalName") or shown(user, "asked")
    return f"{name} ({upn})" if name else upn


def event(failed: JsonObject) -> str:
    """One failed enrollment in a line."""
    rule = f" [{shown(failed, 'rule')}]" if raw(failed, "rule") else ""
    detail = shown(failed, "detail") or shown(failed, "category")
    return f"{shown(failed, 'when')[:10]} {detail}{rule}: {shown(failed, 'means')}"


def heading(chain: JsonObject, document: JsonObject) -> str:
    """What a chain is about: a device, none, or that nobody knows."""
    devices = member(document, "devices")
    if not member(chain, "device") and devices.get("read") is False:
        return f"iPhones and iPads were not read: {shown(devices, 'why')}"
    return named(member(chain, "device"))


def _chain(chain: JsonObject, title: str, style: Style) -> Iterator[str]:
    yield style.paint(title, "bold")
    for link in objects(chain, "links"):
        state = raw(link, "state")
        ink = _INKS.get(state)
        word = pad(WORDS.get(state, safe(state)), _WIDEST)
        told = f"{shown(link, 'title')}: {shown(link, 'found')}"
        first, *rest = wrap(told, width=style.width, first=" " * (_WIDEST + 4), rest=" " * (_WIDEST + 6))
        yield f"  {style.paint(word, ink) if ink else word}  {first[_WIDEST + 4 :]}"
        yield from rest
    yield from _verdict(chain, style)


def _verdict(chain: JsonObject, style: Style) -> Iterator[str]:
    """The link to mend, what it means and what to do."""
    broken, unread = raw(chain, "firstBroken"), raw(chain, "firstUnread")
    link = next((each for each in objects(chain, "links") if raw(each, "id") == (broken or unread)), None)
    if link is None:
        yield f"  {style.paint('No link of the chain is broken.', 'bold', 'green')}"
        return
    words = "First broken link" if broken else "No link is known to be broken; the first that is not known"
    ink: Ink = "red" if broken else "magenta"
    rule = f" [{shown(link, 'rule')}]" if raw(link, "rule") else ""
    told = f"{words}: {shown(link, 'title')}{rule}"
    yield f"  {style.paint(told, 'bold', ink)}"
    yield from _notes(link, style, margin="    ")
    if before := [_title(chain, each) for each in entries(chain, "unreadBefore")]:
        told = f"not known, and earlier in the chain: {', '.join(before)}"
        yield from wrap(told, width=style.width, first="    ")


def _title(chain: JsonObject, link_id: object) -> str:
    found = (shown(each, "title") for each in objects(chain, "links") if each.get("id") == link_id)
    return next(found, safe(str(link_id)))


def named(device: JsonObject) -> str:
    """A device in a line."""
    if not device:
        return "No iPhone or iPad"
    system = f"{shown(device, 'operatingSystem')} {shown(device, 'osVersion')}".strip()
    parts = [shown(device, "model"), system, shown(device, "enrollmentType"), shown(device, "owner")]
    manager = ["enrolled by a device enrollment manager"] if device.get("byEnrollmentManager") is True else []
    return f"{shown(device, 'name') or shown(device, 'id')} ({', '.join([p for p in parts if p] + manager)})"


def tally(document: JsonObject) -> str:
    """The last line: how many of each."""
    summary = member(document, "summary")
    many = [
        f"{number(summary, 'failing')} failing",
        plural(number(summary, "warning"), "warning"),
        f"{number(summary, 'unread')} not known",
        f"{number(summary, 'ok')} ok",
    ]
    left = number(summary, "notApplicable")
    return ", ".join([*many, *([f"{left} {'does' if left == 1 else 'do'} not apply"] if left else [])])

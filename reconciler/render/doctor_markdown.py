"""What `doctor` found, as Markdown for a ticket or a pull request. Pure: its document in, text out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..model import JsonObject
from .doctor import COUNTS, PROBLEMS, WORDS, event, heading, in_a_line, known, number_of, tally, who
from .members import entries, member, objects, raw
from .plan_text import tenant_line
from .safe import safe
from .style import Style

_MARKUP = re.compile(r"(^[-+=]|[\\`*_\[\]<>|~&#$!]|(?<=www)\.|:(?=//))", re.IGNORECASE)
_ORDER = (*PROBLEMS, "ok", "not-applicable")


def markdown(document: JsonObject) -> str:
    """The whole answer. The first line names the tenant, the second counts."""
    title = "".join(tenant_line(document, Style()))
    body = _person(document) if "chains" in document else _tenant(document)
    return "\n".join([f"# {_plain(title)}", "", _plain(tally(document)), "", *body]).rstrip("\n") + "\n"


def _plain(words: str) -> str:
    return _MARKUP.sub(r"\\\1", safe(words))


def _tenant(document: JsonObject) -> Iterator[str]:
    checks = sorted(objects(document, "checks"), key=_rank)
    yield from _states("check", checks)
    for check in checks:
        if raw(check, "state") in PROBLEMS:
            yield f"## {_plain(raw(check, 'title'))}"
            yield ""
            yield from _notes(check)
    counts = member(document, "counts")
    yield f"## iPhones and iPads that enrolled since {_plain(raw(counts, 'since'))}"
    yield ""
    rows = [(words, *number_of(member(counts, key))) for key, words in COUNTS]
    yield from _table(("devices", "number"), [(words, value + why) for words, value, why in rows])


def _rank(check: JsonObject) -> int:
    state = raw(check, "state")
    return _ORDER.index(state) if state in _ORDER else -1


def _states(what: str, entries_: Sequence[JsonObject]) -> Iterator[str]:
    """A table of checks or links; what is wrong stands out."""
    yield f"| state | {what} | rule | found |"
    yield "| --- | --- | --- | --- |"
    for each in entries_:
        state = raw(each, "state")
        word = _plain(WORDS.get(state, state))
        shown = (raw(each, "title"), raw(each, "rule") or raw(each, "id"), raw(each, "found"))
        yield f"| {f'**{word}**' if state in PROBLEMS else word} | {' | '.join(map(_plain, shown))} |"
    yield ""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + " --- |" * len(head)
    yield from (f"| {' | '.join(map(_plain, row))} |" for row in rows)
    yield ""


def _notes(check: JsonObject) -> Iterator[str]:
    yield f"{_plain(raw(check, 'found'))}."
    yield ""
    for word, key in (("What it means", "means"), ("What to do", "remedy"), ("See", "link")):
        if raw(check, key):
            told = f"<{raw(check, key)}>" if key == "link" and known(raw(check, key)) else _plain(raw(check, key))
            yield f"- **{word}**: {told}"
    yield ""


def _person(document: JsonObject) -> Iterator[str]:
    yield f"## {_plain(who(document))}"
    yield ""
    if wide := objects(document, "tenantWide"):
        yield from ("### For everybody in this tenant", "")
        yield from (f"- **{_plain(WORDS.get(raw(c, 'state'), raw(c, 'state')))}** {_plain(in_a_line(c))}" for c in wide)
        yield ""
    for chain in objects(document, "chains"):
        yield f"### {_plain(heading(chain, document))}"
        yield ""
        links = objects(chain, "links")
        yield from _states("link", [{**each, "id": ""} for each in links])
        yield from _verdict(chain, links)
    failures = member(document, "failures")
    if member(document, "user").get("found") is not True:
        return
    if failures.get("read") is False:
        yield from ("### Failed enrollments", "", f"Not known: {_plain(raw(failures, 'why'))}.", "")
    elif events := objects(failures, "events"):
        yield from ("### Failed enrollments", "")
        yield from (f"- {_plain(event(each))}. {_plain(raw(each, 'remedy'))}" for each in events[:5])
        yield ""


def _verdict(chain: JsonObject, links: Sequence[JsonObject]) -> Iterator[str]:
    broken, unread = raw(chain, "firstBroken"), raw(chain, "firstUnread")
    link = next((each for each in links if raw(each, "id") == (broken or unread)), None)
    if link is None:
        yield from ("**No link of the chain is broken.**", "")
        return
    words = "First broken link" if broken else "No link is known to be broken; the first that is not known"
    yield from (f"**{words}: {_plain(raw(link, 'title'))}**", "")
    yield from _notes(link)
    titles = {raw(each, "id"): raw(each, "title") for each in links}
    if before := [titles.get(str(each), str(each)) for each in entries(chain, "unreadBefore")]:
        yield from (f"Not known, and earlier in the chain: {_plain(', '.join(before))}.", "")

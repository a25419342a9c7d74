"""The onboarding page for employees: which way is whose, its steps, and what else people ask before they begin.

What an organization sees and what goes with the management follow Microsoft's "What information can my organization see
when I enroll my device?", "Overview of Apple User Enrollment" and "Device action: retire". They differ by way:
account-driven enrollment keeps work in a volume of its own, device enrollment has none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from ..facts import ACCOUNT_DRIVEN, COMPANY_PORTAL, USER_CHOICE, WEB_BASED
from .gather import Enrollment, Situation
from .language import Texts
from .model import Block, Guide, Item, Section, Sentence, Span, link, name, paragraph, points
from .ways import BY_PROFILE, WAYS, Walk

_DIALLED: Final = re.compile(r"\+?[0-9 ()./-]+")


def page(situation: Situation, texts: Texts, only: str | None = None) -> Guide:
    """The page in one language; with `only`, for the people of this profile alone, which has to be one of those that
    say their enrollment type.
    """
    chosen = [each for each in situation.enrollments if each.told.name == only] if only else list(situation.reachable)
    walks = [Walk(texts, situation, each) for each in chosen]
    kinds = frozenset(kind for walk in walks for kind in walk.types())
    return Guide(
        readers="employees",
        tenant=situation.tenant,
        language=texts.language,
        direction=texts.direction,
        title=texts.plain("title"),
        intro=(paragraph(texts("intro")),),
        sections=(
            *_which(walks, situation, texts),
            *(_way(walk, alone=len(walks) == 1) for walk in walks),
            _trouble(walks, kinds, situation, texts),
            _sees(chosen, kinds, texts),
            _leave(kinds, situation, texts),
            _support(situation, texts),
        ),
    )


def _which(walks: Sequence[Walk], situation: Situation, texts: Texts) -> list[Section]:
    """The first line that holds decides, as the profile that ranks first does."""
    if len(walks) < 2:
        return []
    lines = [_line(walk, texts) for walk in walks]
    unsure = "which.unsure" if situation.support else "which.unsureAlone"
    blocks = (paragraph(texts("which.lead")), Block("steps", items=tuple(lines)), paragraph(texts(unsure)))
    return [Section("which", texts("which.title"), blocks)]


def _line(walk: Walk, texts: Texts) -> Item:
    way = link(f"#{_id(walk.enrollment)}", _text(texts(WAYS[str(walk.enrollment.profile.type)])))
    if not walk.enrollment.told.assigned:
        return Item(texts("which.told", way=way))
    if walk.enrollment.people.everyone:
        return Item(texts("which.all", way=way))
    return Item(texts("which.group", group=_groups(walk.enrollment, texts), way=way))


def _way(walk: Walk, *, alone: bool) -> Section:
    texts, enrollment = walk.texts, walk.enrollment
    whose: list[Block] = []
    if enrollment.people.groups and not enrollment.people.everyone and not alone:
        whose.append(paragraph(texts("for.group", group=_groups(enrollment, texts))))
    title = texts(WAYS[str(enrollment.profile.type)])
    return Section(_id(enrollment), title, (*whose, *walk.blocks()), enrollment.told.address)


def _id(enrollment: Enrollment) -> str:
    return f"profile-{enrollment.told.name}"


def _groups(enrollment: Enrollment, texts: Texts) -> Sentence:
    return texts.either(tuple(name(group) for group in enrollment.people.groups))


def _text(sentence: Sentence) -> str:
    return "".join(span.text for span in sentence)


def _trouble(walks: Sequence[Walk], kinds: frozenset[str], situation: Situation, texts: Texts) -> Section:
    home = link(situation.portal.home, situation.portal.host)
    apps = tuple(dict.fromkeys(app for walk in walks if (app := walk.app())))
    first: Span | Sentence = texts.either(apps) if apps else texts("steps.first.any")
    asked = [
        ("trouble.safari", WEB_BASED in kinds),
        ("trouble.gone", bool(kinds & BY_PROFILE)),
        ("trouble.stolen", bool(kinds & BY_PROFILE)),
        ("trouble.early", True),
        ("trouble.unknown", WEB_BASED in kinds and not kinds & {COMPANY_PORTAL}),
        ("trouble.old", COMPANY_PORTAL not in kinds),
        ("trouble.services", ACCOUNT_DRIVEN in kinds),
        ("trouble.limit", True),
        ("trouble.invalid", True),
    ]
    items = [Item(texts(key), (texts(f"{key}.do", app=first, url=home),)) for key, holds in asked if holds]
    return Section("trouble", texts("trouble.title"), (points(*items),))


def _sees(chosen: Sequence[Enrollment], kinds: frozenset[str], texts: Texts) -> Section:
    lines = [texts("sees.never", things=texts("sees.never.things"))]
    if kinds & BY_PROFILE:
        always = "sees.device" if ACCOUNT_DRIVEN in kinds else "sees.always"
        lines.append(texts(always, things=texts("sees.always.things")))
    if ACCOUNT_DRIVEN in kinds:
        lines.append(texts("sees.account"))
    lines += [texts("sees.some"), texts("sees.where")]
    if any(_asks_whose(each) for each in chosen):
        lines.append(texts("sees.company"))
    return Section("sees", texts("sees.title"), (points(*lines),))


def _asks_whose(enrollment: Enrollment) -> bool:
    """Whether people may say that a device belongs to the organization."""
    return enrollment.profile.type == USER_CHOICE and any(owner == "company" for owner, _ in enrollment.profile.options)


def _leave(kinds: frozenset[str], situation: Situation, texts: Texts) -> Section:
    gone = [texts("leave.device")] if kinds & BY_PROFILE else []
    gone += [texts("leave.account")] if ACCOUNT_DRIVEN in kinds else []
    how = texts("leave.how", url=link(situation.portal.home, situation.portal.host))
    blocks = (paragraph(how), points(*gone, texts("leave.save"), texts("leave.switch")))
    return Section("leave", texts("leave.title"), blocks)


def _support(situation: Situation, texts: Texts) -> Section:
    """What the workspace names of it; what it does not name is left out."""
    given = situation.support
    lines = [texts("support.lead", name=name(given["name"]))] if "name" in given else []
    if "email" in given:
        lines.append(texts("support.email", email=link(f"mailto:{quote(given['email'], safe='@+')}", given["email"])))
    if "phone" in given:
        lines.append(texts("support.phone", phone=_number(given["phone"])))
    if "url" in given:
        lines.append(texts("support.url", url=link(given["url"])))
    found = points(*lines) if lines else paragraph(texts("support.none"))
    return Section("support", texts("support.title"), (found,))


def _number(phone: str) -> Span:
    """A number that a phone can dial as a link; anything else, such as one with words, as it is written."""
    digits = "".join(c for c in phone if c in "0123456789")
    if not digits or not _DIALLED.fullmatch(phone.strip()):
        return name(phone)
    return link(f"tel:{'+' if phone.strip().startswith('+') else ''}{digits}", phone)

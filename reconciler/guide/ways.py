"""The ways to enroll, as an employee walks them: which steps, in which order, for each enrollment type.

Sources: "Set up web-based device enrollment for iOS", "Set up account driven Apple User Enrollment", "Overview of Apple
device enrollment" (known issues), "Set up personal iOS device for work or school" (all Microsoft), and "Install a
configuration profile on your iPhone or iPad" (Apple: a downloaded profile is deleted after 8 minutes).
"""

from __future__ import annotations

from dataclasses import dataclass

from ..facts import ACCOUNT_DRIVEN, COMPANY_PORTAL, USER_CHOICE, WEB_BASED, WITHDRAWN
from ..rules.portals import company_portal_app
from .gather import Enrollment, Situation
from .language import Texts
from .model import Block, Item, Sentence, Span, code, heading, link, name, paragraph, steps

WAYS = {
    WEB_BASED: "way.web",
    ACCOUNT_DRIVEN: "way.account",
    COMPANY_PORTAL: "way.portal",
    USER_CHOICE: "way.choice",
    WITHDRAWN: "way.withdrawn",
}
"""Enrollment types, each with the text that is its heading. A spec without a type, or with another, is not told."""
BY_PROFILE = frozenset({WEB_BASED, COMPANY_PORTAL})
"""Types with which people install a profile that they have downloaded."""
FOR_NEW_DEVICES = frozenset({WEB_BASED, ACCOUNT_DRIVEN, COMPANY_PORTAL})
"""Single types that a new device can enroll by."""


@dataclass(frozen=True, slots=True)
class Walk:
    """Writes the steps of one profile."""

    texts: Texts
    situation: Situation
    enrollment: Enrollment

    def blocks(self) -> list[Block]:
        """Everything from "before you begin" to the end of the way."""
        kind = self.enrollment.profile.type
        if kind == WITHDRAWN:
            return [paragraph(self.texts("withdrawn.text"))]
        before = [heading(self.texts("before.title")), Block("points", items=tuple(self._before()))]
        if kind == USER_CHOICE:
            return [*before, *self._choice()]
        return [*before, heading(self.texts("steps.title")), steps(*self._steps(str(kind)))]

    def types(self) -> frozenset[str]:
        """The single types that people may end up with."""
        return frozenset(kind for _, kind in self.enrollment.profile.options)

    def _say(self, key: str, *notes: Sentence, **values: Span | Sentence) -> Item:
        return Item(self.texts(key, **values), notes)

    def _before(self) -> list[Item]:
        found = [self._say("before.wifi"), self._say("before.account")]
        minimum = self.enrollment.profile.onboarding.minimum_ios
        if minimum:
            ios, ipados = (name(f"{system} {minimum.value}") for system in ("iOS", "iPadOS"))
            found.insert(0, self._say("before.ios", ios=ios, ipados=ipados))
        if ACCOUNT_DRIVEN not in self.types():  # there, an app from the App Store stands in the way of the managed one
            found.append(self._say("before.authenticator"))
        return found

    def _steps(self, kind: str) -> list[Item]:
        begin = {
            WEB_BASED: self._in_safari,
            COMPANY_PORTAL: self._in_portal,
            ACCOUNT_DRIVEN: self._in_settings,
        }[kind]
        return [*begin(), *self._end(kind)]

    # How each way begins

    def _in_safari(self) -> list[Item]:
        notes = [self.texts("steps.open.safari")]
        if self.situation.portal.web_enrollment is None:
            notes.append(self.texts("steps.open.portal"))
        return [
            self._say("steps.open", *notes, url=link(self.situation.portal.start)),
            self._say("steps.signIn"),
            self._say("steps.allow"),
            *self._install(),
        ]

    def _in_portal(self) -> list[Item]:
        return [*self._get_portal(), self._say("steps.review"), *self._portal_goes_on()]

    def _portal_goes_on(self) -> list[Item]:
        return [self._say("steps.safariOpens"), *self._install(), self._say("steps.back")]

    def _get_portal(self) -> list[Item]:
        app = link(company_portal_app(), "Company Portal")
        return [self._say("steps.getPortal", companyPortal=app), self._say("steps.openPortal")]

    def _in_settings(self) -> list[Item]:
        return [self._say("steps.settings"), *self._sign_in_in_settings()]

    def _sign_in_in_settings(self) -> list[Item]:
        domains = tuple(code(f"@{each.value}") for each in self.enrollment.profile.onboarding.domains)
        whose = (self.texts("steps.signInWork.domain", domain=self.texts.either(domains)),) if domains else ()
        return [
            self._say("steps.signInWork", *whose),
            self._say("steps.icloud", self.texts("steps.icloud.own")),
            self._say("steps.allowRemote"),
            self._say("steps.listed"),
        ]

    def _install(self) -> list[Item]:
        where, soon = self.texts("steps.profile.where"), self.texts("steps.profile.soon")
        return [self._say("steps.profile", soon, where), self._say("steps.install")]

    # How all of them end

    def _end(self, kind: str) -> list[Item]:
        return [self._wait(kind), self._first_app(), *self._check(kind), self._afterwards()]

    def _wait(self, kind: str) -> Item:
        notes = [self.texts("steps.wait.minutes"), self.texts("steps.wait.install")]
        notes.append(self.texts("steps.wait.own" if kind == ACCOUNT_DRIVEN else "steps.wait.check"))
        weight = Span(self.texts.plain("important"), "strong")
        return Item((weight, Span(" "), *self.texts("steps.wait")), tuple(notes), important=True)

    def _first_app(self) -> Item:
        app = self.app() or self.texts("steps.first.any")
        return self._say("steps.first", self.texts("steps.first.why"), app=app)

    def app(self) -> Span | None:
        """The app for the first sign-in: by the name that people know, or else by its bundle id."""
        known, chosen = self.enrollment.first_app_name, self.enrollment.first_app
        return name(known) if known else code(chosen) if chosen else None

    def _check(self, kind: str) -> list[Item]:
        """Nothing where the spec says that there is no compliance policy on purpose."""
        if self.enrollment.profile.onboarding.compliance == ():
            return []
        app = self.app() or self.texts("steps.check.app")
        if kind == COMPANY_PORTAL:
            return [self._say("steps.checkPortal", app=app)]
        return [self._say("steps.check", self.texts("steps.check.late"), app=app)]

    def _afterwards(self) -> Item:
        icon = self.situation.icon_for(self.enrollment)
        if icon:
            return self._say("steps.clip", clip=name(icon))
        return self._say("steps.website", url=link(self.situation.portal.home, self.situation.portal.host))

    # Where people choose

    def _choice(self) -> list[Block]:
        begin = [*self._get_portal(), self._say("choice.begin"), self._say("choice.owner"), self._say("choice.then")]
        blocks = [heading(self.texts("steps.title")), steps(*begin)]
        for owner in ("personal", "company"):
            title = self.texts(f"choice.{owner}")
            kinds = [
                kind for whose, kind in self.enrollment.profile.options if whose == owner and kind in FOR_NEW_DEVICES
            ]
            for kind in kinds:
                more = (Span(": "), *self.texts(WAYS[kind])) if len(kinds) > 1 else ()
                blocks += [heading((*title, *more)), steps(*self._branch(kind))]
            if not kinds:
                blocks += [heading(title), paragraph(self.texts("choice.none"))]
        return blocks

    def _branch(self, kind: str) -> list[Item]:
        """What follows the answer. Which screens lie between is not documented for every type, so both ways are told:
        Company Portal leads on, or people open the place themselves.
        """
        if kind == WEB_BASED:
            begin = [self._say("choice.safari", url=link(self.situation.portal.start)), self._say("steps.allow")]
            return [*begin, *self._install(), *self._end(WEB_BASED)]
        if kind == ACCOUNT_DRIVEN:
            return [self._say("choice.settings"), *self._sign_in_in_settings(), *self._end(ACCOUNT_DRIVEN)]
        return [self._say("steps.review"), *self._portal_goes_on(), *self._end(COMPANY_PORTAL)]

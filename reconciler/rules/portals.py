"""Where people enroll and look after their devices: the addresses of the Company Portal website, by cloud.

They change over the years, so they stand in `data/portals.json`, each with its source and date. What no documentation
names is None, and nobody makes it up: only the global cloud has a documented page that begins web-based enrollment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from .lists import read
from .model import Source


@dataclass(frozen=True, slots=True)
class Portal:
    """The addresses of one cloud."""

    home: str
    """The Company Portal website."""
    web_enrollment: str | None
    """The page that begins web-based enrollment; None: not documented for this cloud."""
    discovery: str
    """What the service discovery file of account-driven enrollment names, without its query."""
    source: Source

    @property
    def host(self) -> str:
        """The website as people type it."""
        return str(urlsplit(self.home).hostname)

    @property
    def start(self) -> str:
        """Where web-based enrollment begins: its own page or, where none is known, the website."""
        return self.web_enrollment or self.home


def portal(cloud: str) -> Portal:
    """The addresses of `global`, `usgov`, `usgov-dod` or `china`."""
    found = read("portals")["clouds"][cloud]
    return Portal(found["portal"], found["webEnrollment"], found["discovery"], _source(found["source"]))


def company_portal_app() -> str:
    """The App Store page of Company Portal."""
    return str(read("portals")["companyPortalApp"]["url"])


def superseded() -> Mapping[str, str]:
    """Addresses that used to begin an enrollment, without their scheme, each with why it should be given no more."""
    return {str(each["url"]): str(each["why"]) for each in read("portals")["superseded"]}


def checked_on() -> date:
    """When the addresses were last held against the documentation."""
    return date.fromisoformat(read("portals")["date"])


def _source(found: Mapping[str, str]) -> Source:
    return Source(found["title"], found["url"])

"""What findings mean whose ids stand in no table of the module that gives them: kinds, matching, reading, `doctor`.

Called by `catalog`. A test holds this against every id in the sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

RULES: Final[Mapping[str, str]] = {
    "ASSIGN101": "A policy set assigns an app or policy to a target with other settings than the spec wants.",
    "ASSIGN102": "A web clip cannot be taken off devices, because a policy set assigns it.",
    "ASSIGN103": "An app is offered to all devices, and offers are for users.",
    "ASSIGN104": "A group gets an app with one intent and is left out of another.",
    "ASSIGN105": "A spec sets for an App Store app what only apps from a volume-purchase token have.",
    "ASSIGN106": "An enrollment profile uses an audience with targets that profiles do not take.",
    "DOCTOR101": "The token lacks permissions that planning these specs takes.",
    "DOCTOR102": "Which SSO policies `doctor` has asked the rules about, and which rules found something.",
    "FILTER101": "The live filter of a spec's name is for devices of another platform.",
    "GRAPH101": "A live enrollment profile has a type that Graph does not name to this version.",
    "IDENT101": "Several live objects have the name of a spec's object.",
    "IDENT102": "Several live objects carry the marker of one spec.",
    "IDENT103": "The id that a spec pins is that of no live object that fits.",
    "IDENT104": "A spec's pin, its marker and the pins file point to different live objects.",
    "IDENT105": "The live object of a spec's name belongs to another spec or another owner.",
    "IDENT106": "The app or policy that a spec names is not in the tenant, or several fit.",
    "IDENT107": "Two specs stand for the same live object.",
    "IDENT108": "Nothing says which live object a spec stands for.",
    "IDENT109": "Another owner's spec assigns the same target of a shared app or policy with other settings.",
    "IDENT110": "Somebody else assigned a group of a shared policy the other way round than the spec does.",
    "IDENT111": "The marker of a spec was removed from its live object.",
    "IDENT112": "A spec makes a new object while one of its kind has lost its spec: it may have been renamed.",
    "IDENT113": "The live object that the pins have for a spec does not exist any more.",
    "IDENT114": "The spec of an app names Microsoft Authenticator, which has a kind of its own.",
    "PLAN101": "A change needs an object that does not exist and that the plan does not create.",
    "PLAN102": "The selection leaves no spec.",
    "PRIO101": "The live order of profiles cannot be worked on as it was read.",
    "PRIO102": "An order names a profile that the tenant does not have and the plan does not create.",
    "READ101": "Something that the plan rests on could not be read, so nothing is planned.",
    "READ102": "Something could not be read that makes answers partial and no plan incomplete.",
}
"""Ids of findings, each with what it means."""

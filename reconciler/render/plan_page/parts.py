"""The parts of the chain, as the page calls them."""

from __future__ import annotations

from typing import Final

TITLES: Final = {
    "sso-policy": "an SSO policy",
    "authenticator": "a required Authenticator",
    "first-sign-in-app": "their first sign-in app",
    "web-clip": "a web clip",
    "compliance": "a compliance policy",
}
"""What people lack."""
HEADINGS: Final = {
    "profile": "Enrollment profile",
    "sso-policy": "SSO policy",
    "authenticator": "Authenticator",
    "compliance": "Compliance policy",
}
"""Columns of the coverage matrix."""

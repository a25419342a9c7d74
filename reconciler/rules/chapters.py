"""The modules that rules are written in, in the order of their numbers."""

from __future__ import annotations

from . import (
    age_rules,
    allowed_rules,
    app_rules,
    assignment_rules,
    automated_rules,
    bundle_rules,
    chain_rules,
    clip_rules,
    file_rules,
    guide_rules,
    key_rules,
    list_rules,
    profile_rules,
    sso_rules,
    tenant_rules,
)

ALL: tuple[object, ...] = (
    sso_rules,
    assignment_rules,
    key_rules,
    list_rules,
    bundle_rules,
    allowed_rules,
    profile_rules,
    automated_rules,
    chain_rules,
    app_rules,
    clip_rules,
    tenant_rules,
    guide_rules,
    file_rules,
    age_rules,
)

"""The kinds that there are. Everything else finds them here and names none of them."""

from __future__ import annotations

from collections.abc import Mapping

from ..kind import Kind
from .app_assignment import APP_ASSIGNMENT
from .assignment_filter import ASSIGNMENT_FILTER
from .authenticator_assignment import AUTHENTICATOR_ASSIGNMENT
from .compliance_policy_assignment import COMPLIANCE_POLICY_ASSIGNMENT
from .enrollment_priority import ENROLLMENT_PRIORITY
from .enrollment_profile import ENROLLMENT_PROFILE
from .jit_sso_policy import JIT_SSO_POLICY
from .web_clip import WEB_CLIP

REGISTRY: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        ASSIGNMENT_FILTER,
        JIT_SSO_POLICY,
        AUTHENTICATOR_ASSIGNMENT,
        APP_ASSIGNMENT,
        WEB_CLIP,
        COMPLIANCE_POLICY_ASSIGNMENT,
        ENROLLMENT_PROFILE,
        ENROLLMENT_PRIORITY,
    )
}
"""By name; in the order in which they are compared, so that a kind finds the matches of those before it."""

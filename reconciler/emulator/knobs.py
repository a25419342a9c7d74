"""How the emulated service answers where nobody outside Microsoft knows how the real one does.

`Knobs` is a value: tests, the command line and `Emulator` hand it around. Every default is the most
plausible real behaviour; each docstring names the open question, so that a program is right only if
it holds under every setting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SetPriority = Literal["insert", "insert-shift", "swap", "refuse-gap", "duplicate"]
PostPriority = Literal["as-sent", "shift", "duplicate", "refuse-occupied", "last", "first"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """One setting per open question. Numbers are counts unless a unit is named."""

    # -- enrollment profiles and their order ---------------------------------------------------------------------

    set_priority: SetPriority = "insert"
    """What `setPriority` does to the other profiles. `insert`: the profile moves to that place and all are numbered
    anew without gaps. `insert-shift`: every number at or above goes up by one, the mover gets the number, gaps stay.
    `swap`: changes places with the holder of that number, refused without one. `refuse-gap`: as `insert`, but a
    number beyond the last is refused. `duplicate`: only writes the number."""

    set_priority_same: Literal["ok", "400"] = "ok"
    """Setting the number a profile already has: success, or the sibling resource's generic error."""

    set_priority_status: Literal[200, 204] = 204
    """Success code of `setPriority`: documented 204, seen 200 on the sibling resource."""

    numbering_start: Literal[0, 1] = 1
    """Whether the first profile has priority 0 ("0 is highest" says the schema) or 1 (what tools create)."""

    post_priority: PostPriority = "as-sent"
    """A create with an occupied `priority`. `as-sent`: the number if it is free, else the next free one after it.
    `shift`: the others move down. `duplicate`: written as it is. `refuse-occupied`: 400. `last`, `first`: the
    number in the body is ignored. A create without a number goes last, under `first` first."""

    delete_compacts_priority: bool = False
    """Whether deleting a profile closes the gap in the numbers."""

    all_users_encoding: Literal["licensed", "virtual-group"] = "licensed"
    """How all users on a profile read back: `allLicensedUsersAssignmentTarget`, or a group target with the virtual
    group of all users."""

    profile_odata_type: Literal[True, False, "no-hash"] = False
    """Whether profiles carry `@odata.type`, and with `#` or without. Types without subtypes usually carry none."""

    expand_on_profile_item: Literal["works", "empty", "400"] = "works"
    """`$expand=assignments` on one profile (on the list it is refused)."""

    default_profile_object: bool = False
    """Whether the list holds a built-in profile (priority 0, lowest precedence) which nobody may change or delete.
    Numbering then starts at 1."""

    profile_exclusions: Literal["kept", "ignored", "400"] = "kept"
    """Exclusion targets and filters on a profile: honoured, silently dropped, or refused."""

    profile_assignment_id: Literal["composite", "guid", "opaque"] = "composite"
    """Form of a profile's assignment ids: `{profile}_{group}`, a GUID, or text that has to be percent-encoded."""

    strict_patch_immutable: Literal["400", "ignored"] = "400"
    """PATCH that mentions a property which is fixed at creation (profile `platform` and `priority`, an app's
    `appStoreUrl` and `appUrl`, a filter's `platform`)."""

    # -- assignments ---------------------------------------------------------------------------------------------

    expand_assignments: Literal["filled", "absent", "empty"] = "filled"
    """What `$expand=assignments` gives on lists: the truth, no such key, or always an empty list."""

    no_filter: Literal["null", "zero-guid"] = "null"
    """How "no assignment filter" reads back on an assignment target."""

    assign_answer: Literal["set", "empty204"] | None = None
    """Answer of `/assign`: 200 and the new set, or 204. None: as documented for each type."""

    assign_bumps_version: bool = False
    """Whether `/assign` raises `version` and `lastModifiedDateTime` of the policy."""

    assign_exclusion_and_include: Literal["both", "one-lost"] = "both"
    """One group included and excluded in one `/assign`: both kept, or the later one silently lost."""

    policy_set_assignments: Literal["replaced", "kept"] = "replaced"
    """What `/assign` does to assignments that a policy set made and the body leaves out."""

    intent_case: Literal["lower-camel", "as-sent"] = "lower-camel"
    """How an `intent` sent in another case reads back. Any case is accepted."""

    filter_in_use: Literal[409, 400] = 409
    """Status of the refusal to delete an assignment filter that something is assigned with."""

    filter_held: int = 0
    """How many deletes of an assignment filter are refused as in use after the last assignment with it has gone: other
    tools wait ten seconds, and then try for most of a minute."""

    filter_payloads: Literal["empty", "item"] = "empty"
    """Whether `payloads` of an assignment filter names what is assigned with it: never, or on the filter itself. On
    lists it was seen empty."""

    # -- writes --------------------------------------------------------------------------------------------------

    patch_null: Literal["clears", "ignored", "400"] = "clears"
    """What null for a nullable property does in a PATCH."""

    patch_nested: Literal["replace", "merge"] = "replace"
    """A PATCH of a complex value with some of its members: the rest is reset, or kept."""

    patch_status: Literal[200, 204] | None = None
    """Success code of PATCH. None: 204 for policies, 200 with the object for the others."""

    noop_patch_bumps_version: bool = True
    """Whether a PATCH that changes nothing raises `version` and `lastModifiedDateTime`."""

    delete_status: Literal[200, 204] | None = None
    """Success code of DELETE. None: 200 for policies, filters and profiles, 204 for the others."""

    trims_strings: bool = False
    """Whether leading and trailing white space of names and descriptions is dropped on write."""

    bundle_id: Literal["kept", "overwritten", "computed"] = "kept"
    """`bundleId` of a created store app: as sent; always what the store says; what the store says if none was sent."""

    store_url: Literal["kept", "itunes"] = "kept"
    """How `appStoreUrl` reads back: as sent, or in the store interface's itunes.apple.com form."""

    publishing_reads: int = 0
    """How many GETs of a new app still say `publishingState: processing`; it cannot be assigned until then."""

    # -- reads ---------------------------------------------------------------------------------------------------

    page_size: int | None = None
    """Largest page of any list, whatever `$top` asks for. None: the collection's own limit."""

    empty_pages: bool = False
    """Whether an empty page with a next link stands before every page."""

    stale_reads: int = 0
    """How many GETs after a write of an object still show what was there before (or 404)."""

    configurations_order: Literal["kept", "reversed"] = "kept"
    """Order in which the pairs and bundle ids of an SSO extension read back."""

    options_order: Literal["kept", "reversed"] = "kept"
    """Order in which a profile's enrollment type options read back."""

    id_case: Literal["as-stored", "upper"] = "as-stored"
    """Case of GUIDs in answers. GUIDs in requests match in any case."""

    timestamps: Literal[7, 6, 0] = 7
    """Fractional digits of dates which the service writes."""

    unknown_enum: Literal["sentinel", "raw"] = "sentinel"
    """Enum members newer than the type: `unknownFutureValue` unless the request says
    `Prefer: include-unknown-enum-members`, or always as they are."""

    batch_shuffled: bool = False
    """Whether the answers of a `$batch` come in another order than the requests."""

    if_match: Literal["ignored", "412", "400"] = "ignored"
    """A write with `If-Match`: no Intune object was ever seen with an ETag."""

    # -- errors and limits ---------------------------------------------------------------------------------------

    error_nesting: Literal[0, 1, 2] = 1
    """How many times `error.message` is JSON in a string."""

    retry_after: Literal["seconds", "zero", "missing", "decimal", "http-date", "garbage"] = "seconds"
    """Form of `Retry-After` on 429."""

    quota_writes: int | None = None
    """Writes each Intune bucket takes in 20 seconds before it answers 429 (Microsoft documents 100). None: no limit."""

    quota_requests: int | None = None
    """Requests each Intune bucket takes in 20 seconds (Microsoft documents 1000). None: no limit."""

    refuse_writes: bool = False
    """Answers every write with 500 and changes nothing: for proving that a command only reads."""

    # -- who calls, and what that changes ------------------------------------------------------------------------

    granted: str | None = None
    """The permissions of every caller, separated by commas (`DeviceManagementConfiguration.Read.All,…`); a request
    that needs another is refused, naming those of which one is needed. None: everything is allowed."""

    forbidden_status: Literal[403, 401] = 403
    """Status of a refusal for want of a permission: Intune was seen to answer 401 with the code `Forbidden`."""

    visible_scope_tags: str | None = None
    """The ids of the scope tags that the caller's role is limited to, separated by commas: objects that have none of
    them are not listed and not found, and new objects get them. None: everything is seen."""

    token_requests: int | None = None
    """How many requests a token is good for; then it has expired, and only another token is taken. None: any."""

    # -- Multi Admin Approval ------------------------------------------------------------------------------------

    multi_admin_approval: Literal["off", "apps", "configuration", "all"] = "off"
    """Which writes need the approval of a second administrator: none, those of apps, of device configurations, or all
    of Intune's."""

    approval_missing: Literal[400, 403] = 400
    """Status of a protected write without a justification: 400 by Microsoft's how-to of August 2026 and by reports,
    403 by its earlier text."""

    approval_answer: Literal[412, 403, 202] = 412
    """Status of a protected write that has become an approval request: 412 by the current how-to and by reports, 403
    (with the code `ApprovalRequired`) by its earlier text; 202 nobody has reported."""

    approval_records: Literal["readable", "403"] = "readable"
    """Whether access policies and approval requests can be read."""

    # -- the audit log -------------------------------------------------------------------------------------------

    # -- what a readiness check reads -----------------------------------------------------------------------------

    tenant_settings: Literal["shown", "when-selected", "absent"] = "shown"
    """`settings` of `/deviceManagement` (the compliance default among them): always there, only when `$select` names
    it, or null."""

    device_filters: Literal["honoured", "ignored"] = "honoured"
    """`$filter` on managed devices: several properties, `userId` among them, were seen to be ignored, so that all
    devices come back with a 200 (microsoft-graph-explorer-v4#3125, microsoft-graph-docs-contrib#235)."""

    device_state_ids: Literal["policy", "opaque"] = "policy"
    """The id of a device's state of a policy: the policy's own, or one from which the policy cannot be told."""

    azure_ad_registered: Literal["filled", "null"] = "filled"
    """`azureADRegistered` of a managed device: seen null on iPads that are registered
    (microsoft-graph-docs-contrib#1391)."""

    configuration_statuses: Literal["served", "empty", "400"] = "served"
    """`deviceStatuses`, `userStatuses` and `deviceStatusOverview` of a configuration, which the reference calls
    unsupported from May 2026: still there, always empty, or no longer a segment."""

    app_states: Literal["listed", "by-device"] = "listed"
    """`mobileAppIntentAndStates` of a person: the documented list, or only the item of each device (which published
    scripts read), while the list is empty."""

    person_reads: Literal["readable", "403"] = "readable"
    """`licenseDetails`, `ownedDevices` and `registeredDevices` of a person, documented as not supported with
    application permissions."""

    audit_log: Literal["readable", "403", "empty", "late"] = "readable"
    """The logs of who changed what: complete, not to be read, empty, or events show only after two more readings."""

    audit_correlation: Literal["client", "service"] = "client"
    """`correlationId` of an event: the id that the client gave its request, or one of the service's own."""

    audit_objects: Literal["one", "several", "unnamed"] = "one"
    """What an event of Intune names: the object; an assignment too, under an id of its own; or objects without ids."""

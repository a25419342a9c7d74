"""Estates of a given size: spec files and the tenant that they describe, written into a folder."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID, uuid5

from reconciler.model import JsonObject

_SPACE = UUID("6f0d8a52-3a51-4c57-9f38-0b8f2f6c1d11")
OWNER = "bench"
GROUPS = 200
PAIRS = (
    ("AppPrefixAllowList", "com.apple.,com.example."),
    ("AppAllowList", "com.example.portal"),
    ("AppBlockList", "com.example.kiosk"),
)
TENANT = "c0ffee00-1a2b-4c3d-8e4f-5a6b7c8d9e0f"


def identifier(name: str) -> str:
    """A GUID that belongs to this name."""
    return str(uuid5(_SPACE, name))


def spec_text(index: int, *, changed: bool = False) -> str:
    """A spec of 51 lines, as long as those that people write with comments and several settings."""
    apps = "\n".join(f"    - com.example.department{index}.app{number}" for number in range(20 + changed))
    pairs = "\n".join(f'    - key: {key}\n      type: string\n      value: "{value}"' for key, value in PAIRS)
    first, second = index % GROUPS, (index * 7 + 1) % GROUPS
    second += second == first
    return f"""# Department {index}
apiVersion: intune.reconciler/v1
kind: JitSsoPolicy
metadata:
  name: policy-{index}
  labels:
    ring: production
spec:
  displayName: Policy {index}
  description: Single sign-on of department {index}
  jitRegistration: true
  safariSso: true
  # what this department uses
  appBundleIds:
{apps}
  additionalConfiguration:
{pairs}
  scopeTags: [Default]
  assignments:
    include:
      - group: Group {first}
      - group: Group {second % GROUPS}
"""


def live_object(index: int) -> JsonObject:
    """The live policy that `spec_text(index)` describes."""
    first, second = index % GROUPS, (index * 7 + 1) % GROUPS
    second = (second + (second == first)) % GROUPS
    pairs = [
        {
            "@odata.type": "#microsoft.graph.keyStringValuePair",
            "key": "device_registration",
            "value": "{{DEVICEREGISTRATION}}",
        },
        {"@odata.type": "#microsoft.graph.keyIntegerValuePair", "key": "browser_sso_interaction_enabled", "value": 1},
        *(
            {
                "@odata.type": "#microsoft.graph.keyStringValuePair",
                "key": key,
                "value": value,
            }
            for key, value in PAIRS
        ),
    ]
    marker = f"[reconciler owner={OWNER} kind=JitSsoPolicy name=policy-{index}]"
    return {
        "@odata.type": "#microsoft.graph.iosDeviceFeaturesConfiguration",
        "id": identifier(f"policy {index}"),
        "displayName": f"Policy {index}",
        "description": f"Single sign-on of department {index}\n{marker}",
        "roleScopeTagIds": ["0"],
        "iosSingleSignOnExtension": {
            "@odata.type": "#microsoft.graph.iosAzureAdSingleSignOnExtension",
            "enableSharedDeviceMode": False,
            "bundleIdAccessControlList": [f"com.example.department{index}.app{n}" for n in range(20)],
            "configurations": [*pairs],
        },
        "assignments": [
            {
                "target": {
                    "@odata.type": "#microsoft.graph.groupAssignmentTarget",
                    "groupId": identifier(f"group {group}"),
                }
            }
            for group in (first, second)
        ],
    }


def seed(count: int) -> JsonObject:
    """A tenant with so many policies and 200 groups."""
    return {
        "formatVersion": 1,
        "tenantId": TENANT,
        "organization": {"displayName": "Bench"},
        "collections": {
            "deviceManagement/deviceConfigurations": [live_object(index) for index in range(count)],
            "groups": [{"id": identifier(f"group {n}"), "displayName": f"Group {n}"} for n in range(GROUPS)],
        },
    }


def write(folder: Path, count: int, *, changed: int = 0, empty: bool = False) -> Path:
    """A workspace with so many specs, of which `changed` differ from the tenant; `empty` starts without any policy."""
    specs = folder / "specs"
    specs.mkdir(parents=True)
    for index in range(count):
        (specs / f"policy-{index:05}.yaml").write_text(spec_text(index, changed=index < changed), encoding="utf-8")
    (folder / "seed.json").write_text(json.dumps(seed(0 if empty else count)), encoding="utf-8")
    (folder / "reconciler.yaml").write_text(
        f"apiVersion: intune.reconciler/v1\nkind: Workspace\nowner: {OWNER}\nspecs: [specs]\n"
        "tenants:\n  sandbox: {graph: emulator}\n",
        encoding="utf-8",
    )
    return folder

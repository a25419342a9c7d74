"""Groups, users and membership: what filters find, what counts need, how nested groups flatten."""

from __future__ import annotations

import pytest

from reconciler.model import JsonObject

from .conftest import Graph, Serve

IDS = {name: f"00000000-0000-4000-8000-0000000000{number:02d}" for number, name in enumerate(
    ["ann", "bob", "cyd", "ipad", "pilots", "nested", "brien", "twin1", "twin2", "loop"], 1)}  # fmt: skip


def member(name: str, kind: str = "user") -> JsonObject:
    return {"@odata.type": f"#microsoft.graph.{kind}", "id": IDS[name]}


NESTED, LOOP = member("nested", "group"), member("loop", "group")
SEED: JsonObject = {
    "organization": {"displayName": "Contoso"},
    "collections": {
        "users": [
            {"id": IDS[name], "displayName": name.title(), "userPrincipalName": f"{name}@contoso.example"}
            for name in ("ann", "bob", "cyd")
        ],
        "groups": [
            {"id": IDS["pilots"], "displayName": "Pilots", "members": [member("ann"), NESTED]},
            {"id": IDS["nested"], "displayName": "Nested", "members": [member("bob"), member("ann"), LOOP]},
            {"id": IDS["loop"], "displayName": "Loop", "members": [NESTED, member("ipad", "device")]},
            {"id": IDS["brien"], "displayName": "O'Brien & sons + 100% #1/2"},
            {"id": IDS["twin1"], "displayName": "Twin", "groupTypes": ["DynamicMembership"], "membershipRule": "x"},
            {"id": IDS["twin2"], "displayName": "twin"},
        ],
    },
}  # fmt: skip
EVENTUAL = {"ConsistencyLevel": "eventual"}


@pytest.fixture
def tenant(serve: Serve) -> Graph:
    return serve(SEED)


def names(items: list[JsonObject]) -> list[object]:
    return [item["displayName"] for item in items]


@pytest.mark.parametrize("version", ["/v1.0", "/beta"])
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("$filter=displayName eq 'Pilots'", ["Pilots"]),
        ("$filter=displayName eq 'O''Brien %26 sons %2B 100%25 %231/2'", ["O'Brien & sons + 100% #1/2"]),
        ("$filter=displayName eq 'Twin'&$select=id,displayName", ["Twin", "twin"]),
        (f"$filter=id in ('{IDS['pilots']}','{IDS['nested']}','{IDS['ann']}')", ["Pilots", "Nested"]),
        ("$filter=displayName eq 'Pilots' or displayName eq 'Loop'", ["Pilots", "Loop"]),
        ("$filter=startswith(displayName,'N')", ["Nested"]),
    ],
)
def test_groups_by_filter(tenant: Graph, version: str, query: str, found: list[str]) -> None:
    assert names(tenant.values(f"{version}/groups?{query}")) == found


def test_form_of_a_group(tenant: Graph) -> None:
    body = tenant.get(f"/v1.0/groups/{IDS['twin1']}?$select=id,displayName,securityEnabled,groupTypes,membershipRule")
    assert body == {
        "@odata.context": f"{tenant.emulator.url}/v1.0/$metadata#groups"
        "(id,displayName,securityEnabled,groupTypes,membershipRule)/$entity",
        "id": IDS["twin1"],
        "displayName": "Twin",
        "groupTypes": ["DynamicMembership"],
        "membershipRule": "x",
        "securityEnabled": True,
    }


MEMBERS = [
    ("pilots/members", ["#microsoft.graph.user", "#microsoft.graph.group"]),
    ("pilots/members/microsoft.graph.user", ["ann"]),
    ("pilots/transitiveMembers/microsoft.graph.user", ["ann", "bob"]),
    ("pilots/transitiveMembers/microsoft.graph.group", ["nested", "loop"]),
    ("loop/transitiveMembers/microsoft.graph.user", ["bob", "ann"]),
]


@pytest.mark.parametrize(("path", "found"), MEMBERS)
def test_members(tenant: Graph, path: str, found: list[str]) -> None:
    group, _, rest = path.partition("/")
    items = tenant.values(f"/v1.0/groups/{IDS[group]}/{rest}")
    told = [str(item.get("@odata.type") or next(n for n in IDS if IDS[n] == item["id"])) for item in items]
    assert told == found


@pytest.mark.parametrize("case", ["as-stored", "upper"])
def test_ids_alone(serve: Serve, case: str) -> None:
    """What large groups are asked for has a shorter way through the service, and the same answers."""
    graph = serve(SEED, id_case=case)
    for path in (f"groups/{IDS['pilots']}/transitiveMembers", f"groups/{IDS['loop']}/members", "users", "groups"):
        whole = graph.values(f"/v1.0/{path}?$select=id,deletedDateTime")
        assert all(item.pop("deletedDateTime") is None for item in whole)
        assert graph.values(f"/v1.0/{path}?$select=id") == whole


def test_a_member_that_is_not_in_the_tenant_is_shown_by_its_id(tenant: Graph) -> None:
    items = tenant.values(f"/v1.0/groups/{IDS['loop']}/members")
    assert {"@odata.type": "#microsoft.graph.device", "id": IDS["ipad"], "deletedDateTime": None} in items


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("users/$count", "3"),
        (f"groups/{IDS['pilots']}/members/microsoft.graph.user/$count", "1"),
        (f"groups/{IDS['pilots']}/transitiveMembers/microsoft.graph.user/$count", "2"),
        (f"groups/{IDS['pilots']}/transitiveMembers/$count", "5"),
    ],
)
def test_counts_need_a_consistency_level(tenant: Graph, path: str, number: str) -> None:
    answer = tenant.send("GET", f"/v1.0/{path}", **EVENTUAL)
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (200, number, "text/plain")
    assert tenant.send("GET", f"/v1.0/{path}").status_code == 400


def test_count_of_a_list(tenant: Graph) -> None:
    assert tenant.get("/v1.0/groups?$count=true&$top=1", **EVENTUAL)["@odata.count"] == 6
    assert "@odata.count" not in tenant.get("/v1.0/groups?$count=true&$top=1")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1.0/groups?$top=999", 200),
        ("/v1.0/groups?$top=1000", 400),
        ("/v1.0/groups?$top=0", 400),
        ("/v1.0/groups?$skip=1", 400),
        ("/v1.0/groups?$search=x", 400),
        ("/v1.0/groups?$select=nonsense", 400),
        ("/v1.0/groups?$filter=displayName eq 'a'&$filter=displayName eq 'b'", 400),
        (f"/v1.0/groups/{IDS['ann']}", 404),
        ("/v1.0/groups/acacacac-9df4-4c7d-9d50-4ef0226f57a9", 404),
        (f"/v1.0/groups/{IDS['pilots']}/owners", 400),
        (f"/v1.0/groups/{IDS['pilots']}/members/microsoft.graph.device", 400),
        ("/v1.0/deviceManagement/deviceConfigurations", 400),
    ],
)
def test_statuses(tenant: Graph, path: str, status: int) -> None:
    assert tenant.send("GET", path).status_code == status


def test_users(tenant: Graph) -> None:
    (ann,) = tenant.values("/v1.0/users?$filter=userPrincipalName eq 'ANN@contoso.example'")
    assert ann["id"] == IDS["ann"]
    assert "accountEnabled" not in ann
    assert tenant.get(f"/v1.0/users/{IDS['ann']}?$select=accountEnabled")["accountEnabled"] is True
    assert tenant.get("/v1.0/users/bob@contoso.example")["id"] == IDS["bob"]


@pytest.mark.parametrize(
    ("relation", "found"),
    [("memberOf", ["Nested"]), ("transitiveMemberOf", ["Pilots", "Nested", "Loop"])],
)
def test_groups_of_a_user(tenant: Graph, relation: str, found: list[str]) -> None:
    path = f"/v1.0/users/bob@contoso.example/{relation}"
    assert names(tenant.values(f"{path}/microsoft.graph.group")) == found
    assert {item["@odata.type"] for item in tenant.values(path)} == {"#microsoft.graph.group"}


def test_directory_is_read_only(tenant: Graph) -> None:
    assert tenant.send("POST", "/v1.0/groups", {"displayName": "x"}).status_code == 405
    assert tenant.send("DELETE", f"/v1.0/groups/{IDS['pilots']}").status_code == 405


def test_organization(tenant: Graph) -> None:
    (one,) = tenant.values("/v1.0/organization")
    assert (one["id"], one["displayName"]) == (tenant.emulator.tenant_id, "Contoso")
    assert tenant.get(f"/v1.0/organization/{one['id']}")["mobileDeviceManagementAuthority"] == "intune"

"""The administrator's surface of a served emulator: what it changes, what it leaves alone, and whom it lets in."""

from __future__ import annotations

import httpx
import pytest

from reconciler.emulator import Fault
from reconciler.model import Json, JsonObject

from .bodies import APPS, store_app
from .conftest import Graph, Serve

GROUP = "00000000-0000-4000-8000-000000000010"
SEED: JsonObject = {"collections": {"groups": [{"id": GROUP, "displayName": "Pilots", "description": "first"}]}}
JUSTIFIED = {"x-msft-approval-justification": "dGVzdA=="}


def ask(graph: Graph, method: str, path: str, body: Json = None, **headers: str) -> httpx.Response:
    """A request without a token."""
    return httpx.request(method, f"{graph.emulator.url}/emulator/{path}", json=body, headers=headers, verify=False)


@pytest.fixture
def served(serve: Serve) -> Graph:
    return serve(SEED)


def test_a_group_gets_another_name(served: Graph) -> None:
    answer = ask(served, "PATCH", f"collections/groups/{GROUP}?by=ada@contoso.example", {"displayName": "Early birds"})
    assert (answer.status_code, answer.json()["description"]) == (200, "first")
    assert served.get(f"/v1.0/groups/{GROUP}")["displayName"] == "Early birds"
    (event,) = served.values("/v1.0/auditLogs/directoryAudits")
    assert event["initiatedBy"]["user"]["userPrincipalName"] == "ada@contoso.example"


def test_objects_come_and_go(served: Graph) -> None:
    made = ask(served, "PUT", "collections/deviceManagement/roleScopeTags", {"displayName": "Lab"})
    assert made.status_code == 200
    path = f"collections/deviceManagement/roleScopeTags/{made.json()['id']}"
    assert [tag["displayName"] for tag in served.values("/deviceManagement/roleScopeTags")] == ["Default", "Lab"]
    assert ask(served, "DELETE", path).status_code == 204
    assert ask(served, "DELETE", path).status_code == 404
    assert len(served.values("/deviceManagement/roleScopeTags")) == 1


def test_membership_follows_at_once(served: Graph) -> None:
    ann = ask(served, "PUT", "collections/users", {"displayName": "Ann", "userPrincipalName": "a@x.example"}).json()
    members = f"/v1.0/groups/{GROUP}/transitiveMembers"
    assert served.values(members) == []
    assert served.values(f"/v1.0/users/{ann['id']}/memberOf") == []
    ask(served, "PATCH", f"collections/groups/{GROUP}", {"members": [{"id": ann["id"]}]})
    assert [item["displayName"] for item in served.values(members)] == ["Ann"]
    assert [item["id"] for item in served.values("/v1.0/users/A@x.example/memberOf")] == [GROUP]
    ask(served, "DELETE", f"collections/users/{ann['id']}")
    assert served.values(members) == [
        {"@odata.type": "#microsoft.graph.user", "id": ann["id"], "deletedDateTime": None}
    ]


@pytest.mark.parametrize(("decision", "status"), [("approved", 201), ("rejected", 403)])
def test_a_second_administrator_decides(serve: Serve, decision: str, status: int) -> None:
    graph = serve(multi_admin_approval="apps")
    waiting = graph.send("POST", APPS, store_app(), **JUSTIFIED)
    code = waiting.headers["x-msft-approval-code"]
    body: JsonObject = {"decision": decision, "by": "eva@contoso.example", "why": "agreed"}
    assert ask(graph, "POST", f"approvals/{code}", body).status_code == 204
    (request,) = graph.values("/deviceManagement/operationApprovalRequests")
    assert (request["status"], request["approvalJustification"]) == (decision, "agreed")
    assert graph.send("POST", APPS, store_app(), **{"x-msft-approval-code": code}).status_code == status


def test_the_whole_tenant_as_a_seed(served: Graph) -> None:
    assert ask(served, "GET", "tenant").json() == served.emulator.export()


REFUSED = [
    ("GET", "", None, 400),
    ("GET", "collections/groups", None, 405),
    ("PUT", f"collections/groups/{GROUP}", {}, 405),
    ("POST", "collections/groups", {}, 405),
    ("PATCH", "collections/groups/nobody", {}, 404),
    ("PATCH", f"collections/groups/{GROUP}", [1], 400),
    ("PATCH", f"collections/groups/{GROUP}", {"securityEnabled": "yes"}, 400),
    ("PUT", "collections/deviceManagement/deviceConfigurations", {"id": "x"}, 400),
    ("PUT", "collections/printers", {}, 404),
    ("POST", "approvals/none", {"decision": "approved"}, 404),
    ("POST", "approvals/none", {"decision": "perhaps"}, 400),
    ("DELETE", "tenant", None, 400),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), REFUSED, ids=[f"{m} {p}" for m, p, *_ in REFUSED])
def test_what_is_refused_says_why(served: Graph, method: str, path: str, body: Json, status: int) -> None:
    before = served.emulator.export()
    answer = ask(served, method, path, body)
    assert (answer.status_code, bool(answer.json()["error"]["message"])) == (status, True)
    assert served.emulator.export() == before


@pytest.mark.parametrize("headers", [{"Origin": "https://contoso.example"}, {"Host": "rebound.example"}])
def test_web_pages_do_not_get_in(served: Graph, headers: dict[str, str]) -> None:
    answer = ask(served, "PATCH", f"collections/groups/{GROUP}", {"displayName": "x"}, **headers)
    assert answer.status_code == 403
    assert served.get(f"/v1.0/groups/{GROUP}")["displayName"] == "Pilots"


def test_it_is_no_part_of_graph(served: Graph) -> None:
    served.emulator.fail(Fault(status=503, times=9))
    assert ask(served, "PATCH", f"collections/groups/{GROUP}", {"displayName": "x"}).status_code == 200
    assert served.emulator.log == []
    served.emulator.heal()
    assert served.send("GET", "/beta/emulator/tenant").status_code == 400


def test_a_body_that_is_no_json(served: Graph) -> None:
    url = f"{served.emulator.url}/emulator/collections/groups"
    answer = httpx.put(url, content="displayName=x", headers={"Content-Type": "text/plain"}, verify=False)
    assert answer.status_code == 415

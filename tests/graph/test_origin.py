"""Which URLs a token may go to: everything else is refused before anything is sent."""

from __future__ import annotations

from contextlib import nullcontext
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.graph.errors import UntrustedUrl
from reconciler.graph.origin import CLOUD_HOSTS, Origin, graph_origin
from reconciler.live import quote_id

from .foreign_urls import FOREIGN

GRAPH = Origin("https", "graph.microsoft.com", 443)
HERE = "https://graph.microsoft.com/beta/deviceManagement/deviceConfigurations"


@pytest.mark.parametrize("url", FOREIGN)
def test_a_foreign_url_is_refused(url: str) -> None:
    with pytest.raises(UntrustedUrl) as refused:
        GRAPH.target(url)
    assert refused.value.message.isprintable()


@pytest.mark.parametrize(
    ("url", "target"),
    [
        (HERE, "/beta/deviceManagement/deviceConfigurations"),
        ("https://GRAPH.Microsoft.COM/v1.0/groups", "/v1.0/groups"),
        ("HTTPS://graph.microsoft.com:443/v1.0/groups", "/v1.0/groups"),
        (HERE + "?$skiptoken=%255Bcosmosdb%255D&$top='a'", None),
        (HERE + "?$filter=a%20eq%20'b%2Fc'", None),
        (HERE + "/7f0b2c2e-0000-4000-8000-000000000001/assign", None),
        ("https://graph.microsoft.com/v1.0/groups/x/members/microsoft.graph.user/$count", None),
    ],
)
def test_a_url_of_graph_passes_unchanged(url: str, target: str | None) -> None:
    assert GRAPH.target(url) == (target or url.removeprefix("https://graph.microsoft.com"))


OWN = "/beta/deviceManagement/appleUserInitiatedEnrollmentProfiles/x/assignments/"


@pytest.mark.parametrize("key", ["a%2Fb", "a%2fb%2F%2F=", "%2F", "a%2F.b", "..a%2F", "%252E%252E"])
def test_an_id_of_our_own_paths_may_hold_a_slash(key: str) -> None:
    assert GRAPH.own_target(f"{OWN}{key}?$select=id") == f"{OWN}{key}?$select=id"
    with pytest.raises(UntrustedUrl) if "%2f" in key.lower() else nullcontext():
        GRAPH.target(f"{GRAPH.url}{OWN}{key}?$select=id")


@pytest.mark.parametrize(
    "path",
    [
        f"{OWN}..",
        f"{OWN}../x",
        f"{OWN}a%2F..%2Fb",
        f"{OWN}..%2Fb",
        f"{OWN}a%2F..",
        f"{OWN}.%2f.%2f..%2fb",
        f"{OWN}%2e%2e%2fb",
        f"{OWN}a%5Cb",
        f"{OWN}a%00",
        f"{OWN}%%2F2e",
        f"{OWN}%%2F41",
        f"{OWN}a;b%2Fc",
        f"{OWN}/b",
        f"{OWN}a#b",
        "/other%2Fbeta/x",
        "%2Fbeta/x",
        "@evil.example/beta/x",
        ".evil.example/beta/x",
    ],
)
def test_our_own_paths_lead_nowhere_else(path: str) -> None:
    with pytest.raises(UntrustedUrl):
        GRAPH.own_target(path)


@settings(deadline=None, max_examples=60)
@given(st.text(min_size=1, max_size=8) | st.text("./\\;%a", min_size=1, max_size=8))
def test_an_id_stays_one_segment_below_its_collection(key: str) -> None:
    """Whatever it holds: it is refused, or sent as one segment from which nobody gets out by decoding it once."""
    try:
        target = GRAPH.own_target(OWN + quote_id(key))
    except UntrustedUrl:
        return
    assert target.startswith(OWN)
    assert "/" not in target.removeprefix(OWN)
    assert unquote(target.removeprefix(OWN)) == key
    assert not {".", ".."} & set(key.split("/"))


@pytest.mark.parametrize(
    "link",
    [
        "https://graph.microsoft.com/beta/deviceManagement/deviceConfigurations2?$skiptoken=1",
        "https://graph.microsoft.com/beta/deviceManagement?$skiptoken=1",
        "https://graph.microsoft.com/v1.0/deviceManagement/deviceConfigurations?$skiptoken=1",
        "https://graph.microsoft.com/beta/deviceManagement/deviceConfigurations/x?$skiptoken=1",
        "https://graph.microsoft.com/beta/users?$skiptoken=1",
    ],
)
def test_a_next_link_stays_on_its_collection(link: str) -> None:
    with pytest.raises(UntrustedUrl, match="leaves the collection"):
        GRAPH.next_target(link, after="/beta/deviceManagement/deviceConfigurations?$top=100")


@pytest.mark.parametrize(
    ("after", "link"),
    [
        ("/beta/groups/a/members", "https://graph.microsoft.com/beta/groups('a')/members?$skiptoken=1"),
        ("/beta/deviceAppManagement/mobileApps", "https://graph.microsoft.com/beta/deviceAppManagement/mobileapps/?x"),
        (
            "/v1.0/groups/a/members/microsoft.graph.user",
            "https://graph.microsoft.com/v1.0/groups/a/members/graph.user?x",
        ),
    ],
)
def test_a_next_link_may_spell_its_collection_as_odata_allows(after: str, link: str) -> None:
    assert GRAPH.next_target(link, after=after) == link.removeprefix("https://graph.microsoft.com")


@pytest.mark.parametrize("cloud", CLOUD_HOSTS)
def test_each_cloud_has_one_endpoint(cloud: str) -> None:
    assert graph_origin(f"https://{CLOUD_HOSTS[cloud]}", cloud).host == CLOUD_HOSTS[cloud]
    assert graph_origin("http://127.0.0.1:8080", cloud).loopback


@pytest.mark.parametrize(
    ("url", "cloud"),
    [
        ("https://graph.microsoft.us", "global"),
        ("https://graph.microsoft.com", "usgov"),
        ("https://graph.microsoft.com", "moon"),
        ("http://graph.microsoft.com", "global"),
        ("https://graph.microsoft.com:8443", "global"),
        ("https://graph.microsoft.com/beta", "global"),
        ("https://graph.microsoft.com?x", "global"),
        ("https://proxy.example", "global"),
        ("http://127.0.0.2:8080", "global"),
        ("http://127.0.0.1.evil.example", "global"),
        ("http://localhost.evil.example:80", "global"),
        ("http://0.0.0.0:8080", "global"),
        ("http://127.0.0.1:8080/beta", "global"),
        ("nonsense", "global"),
    ],
)
def test_any_other_endpoint_is_refused(url: str, cloud: str) -> None:
    with pytest.raises(UntrustedUrl):
        graph_origin(url, cloud)


_FRAGMENTS = [
    "https://",
    "http://",
    "graph.microsoft.com",
    "evil.example",
    "@",
    ":443",
    ":80",
    "/",
    "\\",
    "/beta/",
    "?",
    "#",
    "/v1.0/",
    "..",
    "%2e",
    "%41",
    "%",
    ";",
    "[",
    "]",
    "'",
    "(",
    "é",
    ".",
    "//",
    "$skiptoken=",
    "%255B",
]
_PIECES = st.lists(st.one_of(st.sampled_from([*_FRAGMENTS, " ", "\t"]), st.text(max_size=3)), max_size=10).map("".join)


@settings(deadline=None, max_examples=60)
@given(st.one_of(_PIECES, _PIECES.map("https://graph.microsoft.com/beta/".__add__)))
def test_what_is_accepted_goes_where_it_should_and_as_it_stands(url: str) -> None:
    """The law behind the table, judged by the HTTP library that does the sending."""
    try:
        target = GRAPH.target(url)
    except UntrustedUrl:
        return
    sent = httpx.URL(GRAPH.url + target)
    assert (sent.scheme, sent.host, sent.port) == ("https", "graph.microsoft.com", None)
    assert sent.raw_path.decode() == target
    assert url.lower().startswith(("https://graph.microsoft.com/", "https://graph.microsoft.com:443/"))

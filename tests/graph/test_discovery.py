"""The request for a discovery file: to whom it goes, what it carries, and when it is not made or not followed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.graph.discovery import MAX_BYTES, NotFetched, Page, fetch

PUBLIC = "93.184.215.14"


def asked(
    answer: Callable[[httpx.Request], httpx.Response],
    *,
    domain: str = "contoso.example",
    addresses: Sequence[str] = (PUBLIC,),
) -> tuple[Page | str, list[httpx.Request]]:
    """What came of it, and every request that went out."""
    seen: list[httpx.Request] = []

    def served(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answer(request)

    async def resolve(host: str) -> Sequence[str]:
        if not addresses:
            raise OSError("no such host")
        return addresses

    async def run() -> Page | str:
        try:
            return await fetch(domain, resolve=resolve, transport=httpx.MockTransport(served))
        except NotFetched as why:
            return str(why)

    return asyncio.run(run()), seen


def fine(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, headers={"Content-Type": "application/json"}, stream=_Once())


def test_it_asks_the_checked_address_in_the_name_of_the_domain_and_shows_nothing_of_us() -> None:
    page, (request,) = asked(fine, domain="Contoso.Example")
    assert page == Page(200, "application/json", b'{"Servers": []}')
    assert request.method == "GET"
    assert (request.url.scheme, request.url.host) == ("https", PUBLIC)
    assert request.url.path == "/.well-known/com.apple.remotemanagement"
    assert dict(request.url.params) == {"user-identifier": "user@contoso.example", "model-family": "iPhone"}
    assert request.extensions["sni_hostname"] == "contoso.example"
    assert request.headers["host"] == "contoso.example"
    assert set(request.headers) <= {"host", "accept", "accept-encoding"}


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.9", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "::1", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1", "2002:a00:1::", "ff02::1", "nonsense",
     "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::5db8:d70e", "::127.0.0.1", "::8.8.8.8", "fec0::1", "5f00::1",
     "3fff::1", "2001:db8::1", "2001:0:7f00:1::1", "::ffff:224.0.0.1", "168.63.129.16"],
)  # fmt: skip
def test_a_domain_that_points_into_a_private_network_is_not_asked(address: str) -> None:
    for found in ([address], [PUBLIC, address]):
        told, requests = asked(fine, addresses=found)
        assert (told, requests) == ("the domain points into a private network, and is not asked", [])


@pytest.mark.parametrize(
    "address", ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e", "2002:5db8:d70e::1"]
)
def test_an_address_of_the_newer_sort_is_asked_too(address: str) -> None:
    page, (request,) = asked(fine, addresses=[address])
    assert isinstance(page, Page)
    assert request.url.host == address


@pytest.mark.parametrize(
    "domain",
    ["localhost", "127.0.0.1", "contoso.example:8443", "contoso.example/x", "a@contoso.example", "[::1]", "",
     "a..example", "-a.example", "con\ntoso.example", "contoso.example?x", "https://contoso.example",
     "x" * 300 + ".example"],
)  # fmt: skip
def test_what_is_no_domain_name_is_not_asked(domain: str) -> None:
    told, requests = asked(fine, domain=domain)
    assert "is not a domain name" in str(told)
    assert requests == []


def test_a_domain_without_an_address_is_told() -> None:
    assert asked(fine, addresses=()) == ("the domain has no address", [])


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("https://www.contoso.example/x", "it redirects to www.contoso.example, which is not asked"),
        ("http://contoso.example/x", "it redirects to contoso.example, which is not asked"),
        ("https://contoso.example:8443/x", "it redirects to contoso.example, which is not asked"),
        ("//169.254.169.254/latest", "it redirects to 169.254.169.254, which is not asked"),
        ("https://[", "it redirects to something that is no address"),
        ("https://xn--a/", "it redirects to xn--a, which is not asked"),
        ("https://contoso.example\\@fabrikam.example/", "it redirects to fabrikam.example, which is not asked"),
        ("https://a:b@contoso.example/x", "it redirects to contoso.example, which is not asked"),
        ("https://contoso.example:99999/", "it redirects to something that is no address"),
        ("a" * 65530, "it redirects to something that is no address"),
        ("/x y", "it redirects to something that is no address"),
        ("/\x01", "it redirects to something that is no address"),
    ],
)
def test_no_redirect_leaves_the_domain(location: str, told: str) -> None:
    found, requests = asked(lambda _: httpx.Response(302, headers={"Location": location}))
    assert (found, len(requests)) == (told, 1)


def test_a_redirect_within_the_domain_is_followed_to_the_same_address() -> None:
    def moved(request: httpx.Request) -> httpx.Response:
        return fine(request) if request.url.path == "/new" else httpx.Response(301, headers={"Location": "/new?a=1"})

    page, requests = asked(moved)
    assert isinstance(page, Page)
    assert [(r.url.host, r.url.path, r.extensions["sni_hostname"]) for r in requests][1] == (
        PUBLIC, "/new", "contoso.example",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("location", "path", "query"),
    [
        ("https:foo", "/.well-known/foo", b""),
        ("https:///fabrikam.example/x", "/fabrikam.example/x", b""),
        ("?a", "/.well-known/com.apple.remotemanagement", b"a"),
        ("https://CONTOSO.example.", "/", b""),
        ("/%zz", "/%zz", b""),
        ("//contoso.example//fabrikam.example/", "//fabrikam.example/", b""),
    ],
)
def test_what_an_address_leaves_out_is_that_of_the_domain(location: str, path: str, query: bytes) -> None:
    def moved(request: httpx.Request) -> httpx.Response:
        asked_first = request.url.query.startswith(b"user-identifier")
        return httpx.Response(302, headers={"Location": location}) if asked_first else fine(request)

    page, (_, second) = asked(moved)
    assert isinstance(page, Page)
    assert second.url.host == PUBLIC
    assert (second.url.path, second.url.query) in ((path, query), (path.replace("%", "%25"), query))


@given(st.text(st.characters(min_codepoint=1, max_codepoint=0x2FF), max_size=40))
def test_whatever_a_domain_redirects_to_it_is_a_page_or_a_reason(location: str) -> None:
    found, requests = asked(lambda _: httpx.Response(302, headers=[(b"Location", location.encode())]))
    assert isinstance(found, str)
    assert {request.url.host for request in requests} == {PUBLIC}


def test_redirects_come_to_an_end() -> None:
    told, requests = asked(lambda _: httpx.Response(302, headers={"Location": "/again"}))
    assert (told, len(requests)) == ("it redirects too often", 3)


def test_an_endless_answer_is_cut_off() -> None:
    told, _ = asked(lambda _: httpx.Response(200, stream=_Endless()))
    assert told == f"its answer is longer than {MAX_BYTES >> 10} KiB"


class _Once(httpx.AsyncByteStream):
    async def __aiter__(self) -> Any:
        yield b'{"Servers": '
        yield b"[]}"


class _Endless(httpx.AsyncByteStream):
    async def __aiter__(self) -> Any:
        while True:
            yield b"x" * 4096


def test_what_the_network_does_is_told() -> None:
    def broken(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("certificate verify failed\x1b[31m")

    told, _ = asked(broken)
    assert "certificate verify failed" in str(told)
    assert "\x1b" not in str(told)

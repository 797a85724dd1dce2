"""Names, origins, targets and tokens of requests, compared as text."""

from __future__ import annotations

import re

import pytest

from workbench.app.entry import Entered, Entry
from workbench.app.hosts import Authority, Hosts, Refusal, canonical, elsewhere, is_loopback, named, strange
from workbench.core.errors import BadInput

HERE = Hosts.of("127.0.0.1")


def refused(refusal: Refusal | Entered | None, status: int, words: str) -> None:
    assert isinstance(refusal, Refusal)
    assert refusal.status == status
    assert re.search(words, f"{refusal.what} {refusal.fix}"), refusal


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:5006",
        "LocalHost:5006",
        "localhost.:5006",
        "127.0.0.1:9999",
        "127.8.0.1",
        "127.0.0.1.",
        "[::1]:5006",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]:5006",
        "localhost:",
    ],
)
def test_a_name_or_address_of_the_loopback_is_answered_at_any_port(host: str) -> None:
    assert HERE.refusal({"Host": host}) is None


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:5006",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "app.localhost",
        "192.168.1.5",
        "0.0.0.0:5006",
        "[::]:5006",
        "[fe80::1]",
        "[::ffff:8.8.8.8]",
    ],
)
def test_any_other_name_is_refused_with_the_names_that_are_not(host: str) -> None:
    refused(HERE.refusal({"Host": host}), 403, r"does not answer to the name .*localhost, 127\.0\.0\.1, \[::1\].*--allow-host")


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f.1",
        "0x7f000001:5006",
        "127.1",
        "0177.0.0.1",
        "127.0.0.01",
        "127.0.0.256",
        "[127.0.0.1]",
        "::1",
        "[::1",
        "[::1%25lo]",
        "",
        "localhost..",
        ".localhost",
        "user@localhost",
        "localhost:5006:5006",
        "localhost:65536",
        "localhost:x",
        "localhost/",
        "локалхост",
        "-a",
        "a b",
    ],
)
def test_a_host_that_no_browser_would_send_is_refused_in_words(host: str) -> None:
    refused(HERE.refusal({"Host": host}), 403, "not a host name or IP address in its standard form")


def test_a_request_without_a_host_is_refused() -> None:
    refused(HERE.refusal({}), 403, "not a host name")


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost:5006", "http://localhost:5006"),
        ("LOCALHOST:5006", "http://localhost:5006"),
        ("localhost.:5006", "http://localhost.:5006"),
        ("[::1]:5006", "http://[::1]:5006"),
        ("localhost:9999", "http://localhost:9999"),
        ("localhost", "http://localhost"),
        ("localhost:80", "http://localhost"),
        ("localhost", "http://localhost:80"),
        ("localhost", "https://localhost"),
        ("localhost:443", "https://localhost"),
    ],
)
def test_an_origin_that_equals_the_host_is_answered(host: str, origin: str) -> None:
    assert HERE.refusal({"Host": host, "Origin": origin}) is None
    assert HERE.refusal({"Host": host, "Sec-WebSocket-Origin": origin}) is None


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://evil.example",
        "http://127.0.0.1:5006",
        "http://localhost:8888",
        "http://localhost",
        "https://localhost",
        "localhost:5006",
        "file://localhost:5006",
        "http://localhost:5006/",
        "http://localhost:5006,http://evil.example",
        "http://user@localhost:5006",
        "http://[::1",
    ],
)
def test_an_origin_that_does_not_is_refused_with_both(origin: str) -> None:
    for header in ("Origin", "Sec-WebSocket-Origin"):
        refused(HERE.refusal({"Host": "localhost:5006", header: origin}), 403, re.escape(repr(origin)) + ".*localhost:5006")


@pytest.mark.parametrize(("site", "mode"), [("none", "navigate"), ("same-origin", "cors"), ("same-site", "navigate"), ("cross-site", "navigate")])
def test_a_page_of_another_site_may_link_here(site: str, mode: str) -> None:
    assert HERE.refusal({"Host": "localhost", "Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode}) is None


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("mode", ["no-cors", "cors", "websocket"])
def test_a_page_of_another_site_may_embed_nothing(site: str, mode: str) -> None:
    refused(HERE.refusal({"Host": "localhost", "Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode}), 403, "may link to this app")


def test_a_name_that_was_allowed_is_answered_and_no_other() -> None:
    hosts = Hosts.of("127.0.0.1", ["Hub.Example.", "192.168.1.5", "fe80::1", "bücher.example"])
    for host in ("hub.example:8000", "HUB.example", "hub.example.", "192.168.1.5", "[FE80:0::1]:80", "xn--bcher-kva.example", "localhost"):
        assert hosts.refusal({"Host": host}) is None, host
    for host in ("evil.hub.example", "example", "192.168.1.6", "hub.example.evil.example"):
        refused(hosts.refusal({"Host": host}), 403, "hub.example")


@pytest.mark.parametrize("name", ["", "*", "*.example", "http://hub.example", "hub example", "2130706433", "hub.example/x"])
def test_a_name_to_allow_that_is_none_is_refused_in_words(name: str) -> None:
    with pytest.raises(BadInput, match="is not a host name"):
        named(name)


def test_the_address_that_the_app_listens_at_is_a_name_of_it() -> None:
    assert Hosts.of("192.168.1.5").refusal({"Host": "192.168.1.5:5006"}) is None
    assert Hosts.of("workstation.lan").refusal({"Host": "Workstation.lan:5006"}) is None


def test_where_it_listens_at_every_address_the_one_that_a_request_arrived_at_is_a_name_of_it() -> None:
    hosts = Hosts.of("0.0.0.0")
    assert hosts.refusal({"Host": "192.168.1.5:5006"}, "192.168.1.5") is None
    assert hosts.refusal({"Host": "192.168.1.5:5006"}, "::ffff:192.168.1.5") is None
    refused(hosts.refusal({"Host": "192.168.1.6:5006"}, "192.168.1.5"), 403, "192.168.1.6")
    refused(hosts.refusal({"Host": "0.0.0.0:5006"}, "192.168.1.5"), 403, "0.0.0.0")


BEHIND = {"Host": "127.0.0.1:5006", "X-Forwarded-Host": "hub.example", "Origin": "https://hub.example"}


def test_the_host_that_a_proxy_forwards_counts_only_where_it_was_allowed() -> None:
    assert Hosts.of("127.0.0.1", ["hub.example"]).refusal(BEHIND) is None
    refused(HERE.refusal(BEHIND), 403, "hub.example")
    refused(Hosts.of("127.0.0.1", ["other.example"]).refusal(BEHIND), 403, "hub.example")
    assert HERE.refusal({**BEHIND, "Origin": "http://127.0.0.1:5006"}) is None  # ignored


def test_a_forwarded_host_never_excuses_a_foreign_host() -> None:
    hosts = Hosts.of("127.0.0.1", ["hub.example"])
    for origin in ("https://hub.example", "http://evil.example:5006"):
        refused(hosts.refusal({**BEHIND, "Host": "evil.example:5006", "Origin": origin}), 403, "does not answer to the name evil.example")


@pytest.mark.parametrize(
    "target", ["/", "/?board=plan", "/static/js/bokeh.min.js?v=1", "/user/a%40b/ws", "/user/~x/", "/%C3%A4", "/static/...", "/?a=%20b"]
)
def test_a_path_of_text_is_no_strange_target(target: str) -> None:
    assert strange(target) is None


STRANGE = [
    "/..%2f",
    "/..%2f..%2fetc/passwd",
    "/static/../x",
    "/%2e%2e/",
    "/.",
    "/static/%2e",
    "/..%5c..%5c",
    "/%5cx",
    "/\\ud800",
    "/\ud800",
    "/%ed%a0%80",
]
STRANGE += [
    "/%00",
    "/\x00",
    "/static/js/%00",
    "/%0d%0aSet-Cookie:x",
    "/\xed\xa0\x80",
    "/%ff",
    "/?x=%ff",
    "/?x=%00",
    "/?%ed%a0%80=1",
    "//evil.example/",
]
STRANGE += ["http://evil.example/", "*", "", "x", "/ä", "/a b", "/%1b[2J"]


@pytest.mark.parametrize("target", STRANGE)
def test_a_strange_target_is_400_in_words(target: str) -> None:
    refused(strange(target), 400, "not a path that this app could have")


def test_a_script_may_load_from_the_apps_own_host_only() -> None:
    assert elsewhere("http://localhost:5006/", "localhost:5006") is None
    for url in ("http://evil.example", "http://[", "http://localhost:1", "//localhost:5006", "javascript:x", ""):
        refused(elsewhere(url, "localhost:5006"), 400, "own host only")


def test_names_are_read_as_browsers_write_them() -> None:
    assert Authority.read("Example.ORG.:80") == Authority("example.org", 80)
    assert Authority.read("[2001:DB8:0::1]") == Authority("2001:db8::1")
    assert canonical("xn--bcher-kva.example") == "xn--bcher-kva.example"
    assert canonical("a" * 64) is None
    assert canonical(".".join(["a" * 60] * 5)) is None
    assert [is_loopback(n) for n in ("localhost", "127.3.2.1", "::1", "0.0.0.0", "example.org")] == [True, True, True, False, False]


@pytest.fixture
def entry() -> Entry:
    return Entry.at("0.0.0.0", 5006, "/user/x")


def test_the_token_in_the_address_is_taken_out_of_it(entry: Entry) -> None:
    token = entry.token.encode()
    for target, location in (
        (f"/user/x/?token={entry.token}", "./"),
        (f"/user/x/?board=plan&token={entry.token}&a=%C3%A4", "./?board=plan&a=%C3%A4"),
        (f"/static/a:b.js?token={entry.token}", "./a:b.js"),
    ):
        assert entry.judge(target, [token], {}) == Entered(location)
    assert entry.judge("/?token=old", [b"old"], {entry.cookie: entry.token}) == Entered("./")  # an old address, in a browser that is in


def test_the_cookie_lets_in_and_nothing_else_does(entry: Entry) -> None:
    other = Entry.at("0.0.0.0", 5007, "/user/x")
    assert entry.judge("/", [], {entry.cookie: entry.token, other.cookie: other.token}) is None
    refused(entry.judge("/", [], {}), 403, r"needs its token.*\?token=")
    refused(entry.judge("/?token=x", [b"x"], {}), 403, "another server, or of one that has ended")
    refused(entry.judge(f"/?token={other.token}", [other.token.encode()], {}), 403, "another server")
    refused(entry.judge("/", [], {other.cookie: other.token}), 403, "another server only")
    refused(entry.judge("/", [], {other.cookie: entry.token}), 403, "another server only")
    refused(entry.judge("/?token=", [b""], {entry.cookie: ""}), 403, "another server")
    refused(entry.judge("/?token=ä", ["ä".encode()], {entry.cookie: "ä"}), 403, "another server")


def test_the_cookie_of_an_ended_server_is_refused_and_will_be_replaced(entry: Entry) -> None:
    again = Entry.at("0.0.0.0", 5006, "/user/x")
    assert again.cookie == entry.cookie
    assert again.token != entry.token
    refused(again.judge("/", [], {entry.cookie: entry.token}), 403, "started anew")


def test_servers_on_one_machine_have_cookies_of_their_own(entry: Entry) -> None:
    places = [("0.0.0.0", 5007, "/user/x"), ("192.168.1.5", 5006, "/user/x"), ("0.0.0.0", 5006, "/user/y"), ("0.0.0.0", 5006, "")]
    assert len({Entry.at(*place).cookie for place in places} | {entry.cookie}) == 5
    assert (entry.path, Entry.at("0.0.0.0", 5006).path) == ("/user/x", "/")  # without a last slash, so that the path without one is within


def test_a_token_cannot_be_guessed_or_read_in_a_log(entry: Entry) -> None:
    assert len(entry.token) >= 43  # 256 bits
    assert entry.token not in repr(entry)

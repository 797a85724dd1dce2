"""Every request passes the gate: pages, sockets, autoload and static files, by name and by token, from real browsers and through proxies."""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import re
import subprocess
import sys
import threading
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import panel as pn
import pytest
from playwright.sync_api import expect

from tests.app.proxy import proxied
from tests.app.test_hosts import STRANGE
from workbench.app.listening import Place, build

pytestmark = pytest.mark.browser
PATIENT = 120_000
SOCKET = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "eW91ciB0dXJuIG5vdyAhIQ=="}
MARK = re.compile(r"bokeh|docid|token\"", re.IGNORECASE)  # what every page and script of the app holds, and no refusal
PAIRS = [
    ("127.0.0.1:{port}", None, True),
    ("127.0.0.1:{port}", "http://127.0.0.1:{port}", True),
    ("LOCALHOST.:{port}", "http://localhost.:{port}", True),
    ("[::1]:{port}", "http://[::1]:{port}", True),
    ("localhost:9", "http://localhost:9", True),  # the other end of a tunnel
    ("evil.example:{port}", None, False),
    ("evil.example:{port}", "http://evil.example:{port}", False),
    ("127.0.0.1.evil.example", None, False),
    ("127.0.0.1:{port}", "http://evil.example:{port}", False),
    ("127.0.0.1:{port}", "http://localhost:{port}", False),
    ("localhost:{port}", "http://localhost:8888", False),  # another app on this machine
    ("127.0.0.1:{port}", "null", False),
    ("2130706433:{port}", "http://2130706433:{port}", False),
]


@dataclass(frozen=True)
class App:
    """An app that runs: an address to open, with its token where it has one."""

    address: str

    @property
    def port(self) -> int:
        return urlsplit(self.address).port or 80

    @property
    def prefix(self) -> str:
        return urlsplit(self.address).path.rstrip("/")

    @property
    def token(self) -> str:
        return self.address.partition("?token=")[2]

    def get(self, path: str, host: str | None = None, method: str = "GET", **headers: str) -> Any:
        """Status, headers and text of an answer. headers: with _ for -; host: else its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in {"Host": host or f"127.0.0.1:{self.port}", **headers}.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        answer = connection.getresponse()
        text = "" if answer.status == 101 else answer.read().decode()
        connection.close()
        return answer.status, answer.headers, text

    def enter(self) -> dict[str, str]:
        """The cookie that the token is exchanged for, as a header."""
        status, headers, _ = self.get(f"{self.prefix}/?token={self.token}")
        assert status == 303
        return {"Cookie": headers["Set-Cookie"].partition(";")[0]}


@contextmanager
def small(address: str, prefix: str = "") -> Iterator[App]:
    """A server as that of the app, gate included, whose pages are small. Nothing else is answered faster by it."""
    place, started, found = Place.of(address, 0, prefix, ["hub.example"]), threading.Event(), list[Any]()

    def run() -> None:
        asyncio.set_event_loop(asyncio.new_event_loop())
        server, entry = build(lambda: pn.pane.Str("the document"), place)
        server.start()
        found.extend((server, place.url("127.0.0.1", server.port or 0, entry)))
        started.set()
        server.io_loop.start()
        server.stop()

    thread = threading.Thread(target=run)
    thread.start()
    assert started.wait(120)
    yield App(found[1])
    found[0].io_loop.add_callback(found[0].io_loop.stop)
    thread.join(60)


@pytest.fixture(scope="module")
def free() -> Iterator[App]:
    """A server that only this machine can reach."""
    with small("127.0.0.1") as app:
        yield app


@pytest.fixture(scope="module")
def locked() -> Iterator[App]:
    with small("0.0.0.0") as app:
        yield app


@pytest.fixture(scope="module")
def entered(locked: App) -> dict[str, str]:
    return locked.enter()


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The whole app, to be reached through a hub."""
    words = ["app", "shapes", "--port", "0", "--address", "0.0.0.0", "--prefix", "/user/x/", "--allow-host", "hub.example"]
    command = [sys.executable, "-m", "workbench", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path_factory.mktemp("hub")) as process:
        heard = list[str]()
        for line in process.stdout or ():
            heard.append(line)
            if found := re.search(r"http://127\.0\.0\.1:\S+", line):
                break
        else:
            raise AssertionError("it did not start:\n" + "".join(heard))
        threading.Thread(target=deque, args=(process.stdout, 0), daemon=True).start()
        yield App(found.group())
        process.terminate()


def token_of(page: str) -> str:
    found = re.search(r'"token":"([^"]+)"', page)
    assert found is not None, page
    return found.group(1)


def ask_everywhere(app: App, host: str, origin: str | None, session: str, headers: dict[str, str]) -> dict[str, Any]:
    """What a page, the autoload script, static files and the socket answer."""
    asked = {**headers, **({} if origin is None else {"Origin": origin.format(port=app.port)})}
    socket = {**SOCKET, "Sec-WebSocket-Protocol": f"bokeh, {session}"}
    paths = {
        "/": {},
        "/autoload.js?bokeh-autoload-element=x": {},
        "/static/js/bokeh.min.js": {},
        "/favicon.ico": {"Range": "x"},
        "/nothing": {},
        "/ws": socket,
    }
    del paths["/favicon.ico"]  # no text
    return {path: app.get(path, host.format(port=app.port), **asked, **more) for path, more in paths.items()}


@pytest.mark.parametrize(("host", "origin", "allowed"), PAIRS)
def test_host_and_origin_decide_alike_on_pages_sockets_autoload_and_files(
    host: str, origin: str | None, allowed: bool, free: App, locked: App, entered: dict[str, str]
) -> None:
    for app, headers in ((free, {}), (locked, entered)):
        session = token_of(app.get("/", **headers)[2])
        answers = ask_everywhere(app, host, origin, session, headers)
        expected = [200, 200, 200, 404, 101] if allowed else [403] * 5
        assert [status for status, _, _ in answers.values()] == expected
        for path, (_, _, text) in answers.items():
            assert bool(MARK.search(text)) == (allowed and path not in ("/nothing", "/ws")), path


@pytest.mark.parametrize(("host", "origin", "allowed"), PAIRS)
def test_without_the_cookie_nothing_is_answered_whatever_the_host(
    host: str, origin: str | None, allowed: bool, locked: App, entered: dict[str, str]
) -> None:
    session = token_of(locked.get("/", **entered)[2])
    for status, _, text in ask_everywhere(locked, host, origin, session, {}).values():
        assert status == 403
        assert not MARK.search(text)
        assert ("needs its token" in text) == allowed


def test_the_token_is_exchanged_for_a_cookie_that_scripts_and_other_sites_do_not_get(locked: App) -> None:
    status, headers, text = locked.get(f"/?board=plan&token={locked.token}")
    assert (status, headers["Location"], text) == (303, "./?board=plan", "")
    attributes = headers["Set-Cookie"].split("; ")
    assert attributes[0].endswith(locked.token)
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} == set(attributes[1:])


def test_the_page_does_not_hold_the_cookie_that_opened_it(locked: App, entered: dict[str, str]) -> None:
    page = locked.get("/", **entered, User_Agent="a browser")[2]
    payload = token_of(page).partition(".")[0]
    told = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    packed = told["__bk__zlib_"]
    told = json.loads(zlib.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))))
    assert (told["headers"], told["cookies"]) == ({}, {})
    assert locked.token not in page


def test_two_servers_on_one_machine_keep_each_to_its_own(locked: App) -> None:
    with small("0.0.0.0", "/user/x") as second:
        check_two(locked, second)


def check_two(locked: App, second: App) -> None:
    mine, other = locked.enter()["Cookie"], second.enter()["Cookie"]
    both = {"Cookie": f"{mine}; {other}"}
    assert locked.get("/", **both)[0] == second.get("/user/x/", **both)[0] == 200
    for app, path, cookie in ((locked, "/", other), (second, "/user/x/", mine)):
        status, _, text = app.get(path, Cookie=cookie)
        assert status == 403
        assert "that of another server only" in text
    status, _, text = locked.get(f"/?token={second.token}")
    assert status == 403
    assert "that of another server, or of one that has ended" in text


def test_sessions_are_named_by_the_server(free: App) -> None:
    for path in (
        "/?bokeh-session-id=mine",
        "/?bokeh-token=mine",
        "/autoload.js?bokeh-autoload-element=x&bokeh-session-id=mine",
        "/metadata?bokeh-session-id=mine",
    ):
        assert free.get(path)[0] == 403, path
    assert free.get("/", Bokeh_Session_Id="mine")[0] == 403
    first, second = (token_of(free.get("/")[2]) for _ in range(2))
    forged = base64.urlsafe_b64encode(b'{"session_id":"mine","session_expiry":9999999999}').decode().rstrip("=")
    for wrong in (forged, f"{forged}.{first.partition('.')[2]}", f"{first.partition('.')[0]}.{second.partition('.')[2]}", "x.y", ".", "x", ""):
        status, _, text = free.get("/ws", **SOCKET, Sec_WebSocket_Protocol=f"bokeh, {wrong}")
        assert status == 403, wrong
        assert "Load the page again" in text
    assert free.get("/ws", **SOCKET, Sec_WebSocket_Protocol=f"bokeh, {first}")[0] == 101


def test_no_other_site_may_read_the_autoload_script(free: App) -> None:
    script = "/autoload.js?bokeh-autoload-element=x"
    for headers in ({}, {"Origin": f"http://127.0.0.1:{free.port}", "Cookie": "a=b"}):
        status, answered, _ = free.get(script, **headers)
        assert status == 200
        assert not [name for name in answered if name.lower().startswith("access-control")]
    assert free.get(script, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors")[0] == 403
    assert free.get(f"{script}&bokeh-absolute-url=http://evil.example/")[0] == 400
    for headers in ({}, {"Origin": f"http://127.0.0.1:{free.port}"}):
        assert free.get(script, method="OPTIONS", **headers)[0] == 405


def test_strange_targets_are_400_and_never_a_fault(free: App) -> None:
    sent = [t for t in STRANGE if t.isascii() and t.isprintable() and " " not in t and t]
    assert len(sent) > 15
    for target in sent:
        status, _, text = free.get(target)
        assert (status, "not a path that this app could have" in text) == (400, True), target
    wrong = (
        "theme=x",
        "theme",
        "bokeh-autoload-element",
        "bokeh-absolute-url=http://[",
        "bokeh-app-path=http://[",
        "resources=x",
        "=",
        "&&",
        "%",
        "a=?&b=?#c",
        "/?/?",
    )
    paths = [
        "/static/",
        "/static/js",
        "/components/",
        "/components//a/b/c",
        "/components/.x/a/b/c",
        "/components/panel/x/_css/c",
        "/metadata",
        "/ws",
        "/%",
        "/%zz",
    ]
    for path in (*paths, *(f"{p}?{w}" for p in ("/", "/autoload.js", "/autoload.js?bokeh-autoload-element=x") for w in wrong)):
        assert free.get(path)[0] < 500, path


def test_no_address_makes_the_server_import_a_module(free: App) -> None:
    assert "antigravity" not in sys.modules
    assert free.get("/components/antigravity/fly/_css/x")[0] == 404
    assert "antigravity" not in sys.modules


@pytest.fixture
def elsewhere(browser_type: Any, browser_type_launch_args: dict[str, Any]) -> Iterator[Any]:
    """A page of a browser for which evil.example and hub.example are this machine."""
    names = "--host-resolver-rules=MAP evil.example 127.0.0.1, MAP hub.example 127.0.0.1"
    browser = browser_type.launch(**{**browser_type_launch_args, "args": [*browser_type_launch_args["args"], names]})
    yield browser.new_page()
    browser.close()


def test_a_page_on_a_foreign_name_for_this_machine_gets_nothing(server: str, elsewhere: Any) -> None:
    app = App(f"{server}/")
    address = f"http://evil.example:{app.port}/"
    answer = elsewhere.goto(address)
    assert answer.status == 403
    expect(elsewhere.locator("body")).to_contain_text("does not answer to the name evil.example")
    session = token_of(app.get("/")[2])
    asked = """async ([path, headers]) => { const answer = await fetch(path, {headers}); return [answer.status, await answer.text()] }"""
    for path in ("/", "/autoload.js?bokeh-autoload-element=x", "/static/js/bokeh.min.js", "/metadata"):
        for headers in ({}, {"X-Forwarded-Host": f"127.0.0.1:{app.port}"}):
            status, text = elsewhere.evaluate(asked, [path, headers])
            assert status == 403
            assert not MARK.search(text)
    opened = """([address, token]) => new Promise((done) => {
        const socket = new WebSocket(address, ["bokeh", token]); socket.onopen = () => done("opened"); socket.onerror = () => done("refused") })"""
    assert elsewhere.evaluate(opened, [f"ws://evil.example:{app.port}/ws", session]) == "refused"
    assert elsewhere.evaluate(opened, [f"ws://127.0.0.1:{app.port}/ws", session]) == "refused"
    script = """(source) => new Promise((done) => { const it = document.createElement("script"); it.src = source;
        it.onload = () => done("run"); it.onerror = () => done("refused"); document.head.append(it) })"""
    assert elsewhere.evaluate(script, f"http://127.0.0.1:{app.port}/autoload.js?bokeh-autoload-element=x") == "refused"


def test_a_browser_enters_by_the_printed_address_and_stays_in(locked: App, page: Any) -> None:
    page.goto(locked.address)
    page.get_by_text("the document").wait_for(timeout=PATIENT)  # brought by the socket
    assert page.url == f"http://127.0.0.1:{locked.port}/"
    assert page.evaluate("document.cookie") == ""
    page.reload()
    page.get_by_text("the document").wait_for(timeout=PATIENT)


def test_a_link_on_another_site_leads_in_too(locked: App, page: Any) -> None:
    page.goto(f"http://localhost:{locked.port}/")  # another site than 127.0.0.1
    expect(page.locator("body")).to_contain_text("needs its token")
    page.evaluate(
        "(address) => { const link = document.createElement('a'); link.href = address; link.textContent = 'app'; document.body.append(link) }",
        locked.address,
    )
    page.get_by_role("link", name="app").click()
    page.get_by_text("the document").wait_for(timeout=PATIENT)
    assert page.url == f"http://127.0.0.1:{locked.port}/"


@pytest.mark.parametrize(
    "rewrite", [pytest.param(False, id="the host is kept"), pytest.param(True, id="the host is rewritten", marks=pytest.mark.long)]
)
def test_the_app_works_behind_a_proxy_under_a_prefix(rewrite: bool, behind: App, elsewhere: Any) -> None:
    outside = list[str]()
    with proxied(behind.port, rewrite=rewrite) as port:
        elsewhere.on("request", lambda r: outside.append(r.url) if not r.url.startswith((f"http://hub.example:{port}/", "data:", "blob:")) else None)
        elsewhere.goto(f"http://hub.example:{port}/user/x/?token={behind.token}")
        elsewhere.locator(".jw-headline-sentence", has_text="other context").wait_for(timeout=PATIENT)
        assert elsewhere.url.partition("#")[0] == f"http://hub.example:{port}/user/x/"
        assert elsewhere.goto(f"http://hub.example:{port}/user/x").status == 200  # without the last slash
        assert elsewhere.url.partition("#")[0] == f"http://hub.example:{port}/user/x/"
        assert elsewhere.goto(f"http://evil.example:{port}/user/x/").status == 403
        elsewhere.goto("about:blank")
    assert [url for url in outside if "evil.example" not in url] == []

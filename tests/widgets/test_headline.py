"""The head of a board: what it refuses, and how it is held, latched, read and copied in a browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect
from traitlets import TraitError

from widgets import Headline

HOSTILE = "<img src=x onerror=document.title='broken'><b>bold</b>"


def test_unknown_keyword_names_its_neighbour() -> None:
    with pytest.raises(TypeError, match="did you mean 'sentence'"):
        Headline(sentense="a")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"source": "teacher"}, "source"),
        ({"progress": 1.5}, "share from 0 to 1"),
        ({"info": {"title": "Skill", "formulae": "1 - a/b"}}, "'formulae'"),
        ({"sources": [{"id": "twin", "label": "twin"}]}, "lacks key"),
        ({"sources": [{"id": "twin", "key": "RR", "label": "twin"}]}, "not one character"),
        ({"sources": [{"id": "nobody", "key": "N", "label": "nobody"}]}, "one of twin"),
        ({"commands": ["destroy"]}, "commands"),
    ],
)
def test_headline_refuses_what_it_could_not_show(values: dict[str, Any], message: str) -> None:
    with pytest.raises(TraitError, match=message):
        Headline(**values)


def test_two_headlines_do_not_share_their_sources() -> None:
    first, second = Headline(), Headline()
    first.sources[0]["label"] = "changed"
    assert [source["label"] for source in second.sources] == ["untrained", "other context", "position mean", "raw pixels"]


def test_commands_reach_python_by_name() -> None:
    heard: list[str] = []
    headline = Headline()
    headline.on_command = heard.append
    headline.command = ["reset", 1]
    headline.command = ["reset", 2]
    assert heard == ["reset", "reset"]


def _watched(**values: Any) -> tuple[Headline, list[str]]:
    headline = Headline(sentence="Skill 0.59 over the position mean.", detail="over 200 clips", **values)
    seen: list[str] = []
    headline.observe(lambda change: seen.append(change["new"]), "source")
    return headline, seen


@pytest.mark.browser
@pytest.mark.parametrize(("key", "source"), [("r", "twin"), ("O", "other"), ("0", "position"), ("p", "pixels")])
def test_holding_a_key_shows_its_source_until_it_is_let_go(bench: Any, key: str, source: str) -> None:
    headline, seen = _watched(note="what is shown")
    root = bench.show(headline, width="1000px")
    for _ in range(5):  # the keyboard repeats
        bench.page.keyboard.down(key)
    bench.wait(lambda: headline.source == source, f"{key} shows {source}")
    root.get_by_text("Not the model: what is shown").wait_for()
    bench.page.keyboard.up(key)
    bench.wait(lambda: headline.source == "model", "back to the model")
    assert seen == [source, "model"]
    root.get_by_text("Not the model").wait_for(state="detached")


@pytest.mark.browser
@pytest.mark.parametrize("event", ["blur", "visibilitychange"])
def test_losing_the_window_lets_go(bench: Any, event: str) -> None:
    headline, _ = _watched()
    bench.show(headline)
    bench.page.keyboard.down("r")
    bench.wait(lambda: headline.source == "twin", "held")
    bench.page.evaluate(
        """(event) => {
        if (event === "blur") return window.dispatchEvent(new Event("blur"));
        Object.defineProperty(document, "hidden", { value: true, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }""",
        event,
    )
    bench.wait(lambda: headline.source == "model", f"{event} lets go")


@pytest.mark.browser
def test_keys_are_left_alone_while_someone_types_or_chords(bench: Any) -> None:
    headline, seen = _watched()
    bench.show(headline)
    bench.page.evaluate("() => document.body.append(document.createElement('input'), document.createElement('textarea'))")
    for field in ("input", "textarea"):
        bench.page.locator(field).press_sequentially("rop0")
        expect(bench.page.locator(field)).to_have_value("rop0")
    bench.page.evaluate("() => document.activeElement.blur()")
    bench.page.keyboard.press("Control+o")
    bench.page.keyboard.down("p")
    bench.wait(lambda: headline.source == "pixels", "the bare key works again")
    assert seen == ["pixels"]


@pytest.mark.browser
def test_a_hidden_board_does_not_listen(bench: Any) -> None:
    hidden, seen = _watched()
    shown, _ = _watched()
    bench.show(hidden)
    bench.show(shown)
    bench.page.evaluate("() => { document.getElementById('view0').style.display = 'none'; }")
    bench.page.keyboard.down("r")
    bench.wait(lambda: shown.source == "twin", "the board in sight listens")
    assert seen == []


@pytest.mark.browser
def test_pointer_holds_a_button_and_a_click_leaves_nothing_behind(bench: Any) -> None:
    headline, seen = _watched()
    root = bench.show(headline, width="1000px")
    root.get_by_role("button", name="untrained").hover()
    bench.page.mouse.down()
    bench.wait(lambda: headline.source == "twin", "held by the pointer")
    bench.page.mouse.move(5, 700)
    bench.page.mouse.up()
    bench.wait(lambda: headline.source == "model", "let go outside of the button")
    root.get_by_role("button", name="other").click()
    bench.wait(lambda: seen == ["twin", "model", "other", "model"], "a click is a short hold")


@pytest.mark.browser
def test_space_latches_a_source_and_escape_returns(bench: Any) -> None:
    headline, _ = _watched()
    root = bench.show(headline, width="1000px")
    button = root.get_by_role("button", name="position")
    button.focus()
    bench.page.keyboard.press("Space")
    bench.wait(lambda: headline.source == "position", "latched")
    expect(button).to_have_attribute("aria-pressed", "true")
    bench.page.keyboard.press("Enter")
    bench.wait(lambda: headline.source == "model", "pressed again")
    bench.page.keyboard.press("Space")
    bench.wait(lambda: headline.source == "position", "latched again")
    bench.page.keyboard.press("Escape")
    bench.wait(lambda: headline.source == "model", "Escape returns")


@pytest.mark.browser
def test_a_source_that_is_off_says_why_and_does_nothing(bench: Any) -> None:
    sources = [{"id": "twin", "key": "R", "label": "twin", "enabled": False, "reason": "no published initialisation"}]
    headline, seen = _watched(sources=sources)
    root = bench.show(headline, width="1000px")
    button = root.get_by_role("button", name="twin")
    expect(button).to_have_attribute("title", re.compile("no published initialisation"))
    button.click(force=True)
    bench.page.keyboard.press("r")
    root.get_by_role("button", name="Reset").click()
    bench.wait(lambda: headline.command == ["reset", 1], "a later press arrived")
    assert seen == []


@pytest.mark.browser
def test_code_is_copied_and_escape_closes_the_sheet(bench: Any) -> None:
    code = "import workbench as wb\nwb.load('x')"
    headline, _ = _watched(code=code)
    bench.page.evaluate(
        "() => Object.defineProperty(navigator, 'clipboard', { value: { writeText: (text) => { window.copied = text; return Promise.resolve(); } } })"
    )
    root = bench.show(headline, width="1000px")
    opener = root.get_by_role("button", name="Copy as Python")
    opener.click()
    expect(opener).to_have_attribute("aria-expanded", "true")
    root.get_by_role("button", name="Copy", exact=True).click()
    root.get_by_text("Copied").wait_for()
    assert bench.page.evaluate("window.copied") == code
    bench.page.keyboard.press("Escape")
    root.get_by_role("dialog").wait_for(state="hidden")
    assert root.evaluate("(root) => root.getRootNode().activeElement?.getAttribute('aria-label')") == "Copy as Python"


@pytest.mark.browser
@pytest.mark.parametrize("shadow", [True, False])
def test_code_is_copied_where_the_clipboard_is_refused(bench: Any, shadow: bool) -> None:
    headline, _ = _watched(code="wb.load('y')")
    bench.page.evaluate(
        """() => {
        Object.defineProperty(navigator, "clipboard", { value: { writeText: () => Promise.reject(new Error("refused")) } });
        document.addEventListener("copy", () => {
            const deepest = (node) => (node?.shadowRoot?.activeElement ? deepest(node.shadowRoot.activeElement) : node);
            window.copied = deepest(document.activeElement).value;
        });
    }"""
    )
    root = bench.show(headline, width="1000px", shadow=shadow)
    root.get_by_role("button", name="Copy as Python").click()
    root.get_by_role("button", name="Copy", exact=True).click()
    root.get_by_text("Copied").wait_for()
    assert bench.page.evaluate("window.copied") == "wb.load('y')"
    expect(root.locator("textarea")).to_have_count(0)


@pytest.mark.browser
def test_a_press_elsewhere_closes_the_sheet(bench: Any) -> None:
    headline, _ = _watched(info={"title": "Skill", "cannot": "sharpness"}, code="x")
    root = bench.show(headline, width="1000px")
    root.get_by_role("button", name="About this number").click()
    root.get_by_text("sharpness").wait_for()
    root.get_by_role("button", name="Copy as Python").click()
    root.get_by_text("sharpness").wait_for(state="hidden")
    bench.page.mouse.click(20, 700)
    root.get_by_role("dialog").wait_for(state="hidden")


@pytest.mark.browser
def test_hostile_text_stays_text(bench: Any) -> None:
    headline = Headline(
        sentence=HOSTILE,
        detail=HOSTILE,
        note=HOSTILE,
        code=HOSTILE,
        source="twin",
        info=dict.fromkeys(("title", "formula", "source", "cannot"), HOSTILE),
    )
    root = bench.show(headline, width="1000px")
    root.get_by_role("button", name="About this number").click()
    expect(root.locator(".jw-headline-sentence")).to_contain_text(HOSTILE)
    for css in ("h2", ".jw-about-formula", ".jw-about-source", ".jw-about-cannot"):
        expect(root.locator(f"[role=dialog] {css}").filter(has_text=HOSTILE)).to_be_visible()
    expect(root.locator("img, b")).to_have_count(0)
    assert bench.page.title() != "broken"


@pytest.mark.browser
def test_nothing_below_moves_when_the_answer_comes(bench: Any) -> None:
    headline, _ = _watched(cancellable=True)
    root = bench.show(headline, width="1000px")
    height = root.bounding_box()["height"]
    tools = root.get_by_role("button", name="Export").bounding_box()
    headline.set_trait("busy", True)
    headline.progress = 0.4
    headline.source = "twin"
    headline.sentence = "No better than copying the nearest patch (0.34): skill 0.31 over the position mean (199 other clips); other context 0.02."
    bench.push()
    root.get_by_text("Not the model").wait_for()
    expect(root.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "40")
    assert root.bounding_box()["height"] == height
    assert root.get_by_role("button", name="Export").bounding_box() == tools
    root.get_by_role("button", name="Cancel").click()
    bench.wait(lambda: headline.command == ["cancel", 1], "cancelled")


@pytest.mark.browser
def test_closing_a_headline_leaves_no_listener(bench: Any) -> None:
    headline, seen = _watched()
    bench.show(headline)
    bench.page.evaluate("() => { window.hosts.view0.close(); delete window.hosts.view0; }")
    bench.page.keyboard.press("r")
    assert bench.page.evaluate("document.querySelectorAll('.jw-root').length") == 0
    assert seen == []

"""A row of controls: what it refuses, and how each kind is worked in a browser."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect
from traitlets import TraitError

from widgets import Toolbar

SELECT = {
    "kind": "select",
    "id": "sampler",
    "label": "sampler",
    "options": [
        {"value": "ijepa", "label": "I-JEPA"},
        {"value": "tubes", "label": "tubes", "disabled": True, "reason": "needs a video"},
        {"value": 3},
    ],
}
SLIDER = {"kind": "slider", "id": "count", "label": "targets", "min": 1, "max": 8, "step": 1}
RANGE = {"kind": "range", "id": "scale", "label": "scale", "min": 0.1, "max": 0.5, "step": 0.05, "unit": "of area"}
SEED = {"kind": "int", "id": "seed", "label": "seed", "min": 0, "max": 99}
TOGGLE = {"kind": "toggle", "id": "through", "label": "through time"}
TEXT = {"kind": "text", "id": "goal", "label": "goal"}
BUTTON = {"kind": "button", "id": "again", "label": "Draw again", "help": "a new seed"}
LABEL = {"kind": "label", "id": "said", "label": "48 tokens"}
ALL = [SELECT, SLIDER, RANGE, SEED, TOGGLE, TEXT, BUTTON, LABEL]


def test_controls_start_with_a_value_each() -> None:
    assert Toolbar(controls=ALL).values == {"sampler": "ijepa", "count": 1, "scale": [0.1, 0.5], "seed": 0, "through": False, "goal": ""}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"counts": 3}, "no control of that id"),
        ({"again": True}, "no control of that id holds a value"),
        ({"count": 9}, "a number from 1 to 8"),
        ({"count": True}, "a number from 1 to 8"),
        ({"count": float("nan")}, "a number from 1 to 8"),
        ({"scale": [0.4, 0.2]}, "low ≤ high"),
        ({"scale": 0.2}, "low ≤ high"),
        ({"seed": 1.5}, "a whole number from 0 to 99"),
        ({"sampler": "nobody"}, "one of 'ijepa'"),
        ({"sampler": "3"}, "one of 'ijepa'"),
        ({"through": 1}, "True or False"),
        ({"goal": 1}, "text"),
    ],
)
def test_a_value_its_control_cannot_show_is_refused_and_the_old_one_stays(values: dict[str, Any], message: str) -> None:
    bar = Toolbar(controls=ALL)
    before = dict(bar.values)
    with pytest.raises(TraitError, match=message):
        bar.values = values
    assert bar.values == before


@pytest.mark.parametrize(
    ("control", "message"),
    [
        ({"kind": "knob", "id": "a"}, "kinds are select"),
        ({"kind": "slider", "id": "a", "min": 0}, "lacks max"),
        ({"kind": "slider", "id": "a", "min": 2, "max": 1}, "min 2 above max 1"),
        ({"kind": "slider", "id": "a", "min": 0, "max": 1, "step": 0}, "step above 0"),
        ({"kind": "int", "id": "a", "step": 0.5}, "not an integer"),
        ({"kind": "select", "id": "a", "options": []}, "at least one"),
        ({"kind": "toggle", "id": "a", "labell": "x"}, "'labell'"),
        ({"kind": "toggle", "id": "seed"}, "another control has"),
    ],
)
def test_a_control_that_makes_no_sense_is_refused(control: dict[str, Any], message: str) -> None:
    with pytest.raises(TraitError, match=message):
        Toolbar(controls=[SEED, control])


def test_controls_and_values_change_together() -> None:
    bar = Toolbar(controls=[SLIDER], values={"count": 8})
    with pytest.raises(TraitError, match="a number from 1 to 4"):
        bar.controls = [{**SLIDER, "max": 4}]
    with bar.together():
        bar.controls = [{**SLIDER, "max": 4}, SEED]
        bar.values = {"count": 4}
    assert bar.values == {"count": 4, "seed": 0}


def test_values_of_controls_that_are_gone_are_gone() -> None:
    bar = Toolbar(controls=[SLIDER, SEED], values={"count": 3, "seed": 7})
    bar.controls = [SEED, TOGGLE]
    assert bar.values == {"seed": 7, "through": False}


def test_of_a_change_that_was_sent_for_controls_of_before_what_still_fits_is_taken_and_the_browser_is_told() -> None:
    bar = Toolbar(controls=[SELECT, SLIDER, SEED])
    heard, sent = list[dict[str, Any]](), list[object]()
    bar.on_change = lambda old, new: heard.append(new)
    old = {**bar.values, "seed": 7, "sampler": 3}
    bar.controls = [{**SELECT, "options": SELECT["options"][:1]}, SEED, TEXT]
    bar.send_state = sent.append
    bar.set_state({"values": old})
    assert bar.values == {"sampler": "ijepa", "seed": 7, "goal": ""}
    assert heard[-1] == bar.values
    assert ["values"] in sent


@pytest.mark.browser
def test_each_control_is_named_and_tells_python(bench: Any) -> None:
    bar = Toolbar(controls=ALL)
    pressed: list[str] = []
    bar.on_press = pressed.append
    root = bench.show(bar, width="1200px")
    root.get_by_label("sampler").select_option("3")
    bench.wait(lambda: bar.values["sampler"] == 3, "a number comes back as a number")
    root.get_by_label("through time").check()
    bench.wait(lambda: bar.values["through"] is True, "switched on")
    root.get_by_label("seed", exact=True).fill("250")
    bench.page.keyboard.press("Enter")
    bench.wait(lambda: bar.values["seed"] == 99, "kept inside")
    expect(root.get_by_role("button", name="seed: more")).to_be_disabled()
    root.get_by_role("button", name="seed: less").click()
    bench.wait(lambda: bar.values["seed"] == 98, "one less")
    for n in (1, 2):
        root.get_by_role("button", name="Draw again").click()
        bench.wait(lambda n=n: bar.pressed == ["again", n], f"press {n}")
    assert pressed == ["again", "again"]


@pytest.mark.browser
def test_sliders_move_by_keyboard_and_thumbs_do_not_cross(bench: Any) -> None:
    bar = Toolbar(controls=[SLIDER, RANGE], values={"count": 4, "scale": [0.2, 0.3]})
    root = bench.show(bar, width="1200px")
    root.get_by_label("targets").focus()
    bench.page.keyboard.press("ArrowRight")
    bench.wait(lambda: bar.values["count"] == 5, "one step right")
    low = root.get_by_label("scale, from")
    low.focus()
    for _ in range(5):
        bench.page.keyboard.press("ArrowRight")
    bench.wait(lambda: bar.values["scale"] == [0.3, 0.3], "stopped at the other thumb")
    expect(root.get_by_text("0.30–0.30")).to_have_count(1)
    expect(low).to_have_attribute("aria-valuetext", "0.30 of area")
    root.get_by_label("scale, to").focus()
    bench.page.keyboard.press("End")
    bench.wait(lambda: bar.values["scale"] == [0.3, 0.5], "to the end")


@pytest.mark.browser
def test_both_thumbs_of_a_range_follow_the_mouse(bench: Any) -> None:
    bar = Toolbar(controls=[{**RANGE, "width": 200}])
    root = bench.show(bar, width="1200px")
    box = root.get_by_label("scale, from").bounding_box()
    y = box["y"] + box["height"] / 2
    for start, end in ((box["x"] + 7, box["x"] + 60), (box["x"] + 193, box["x"] + 150)):
        bench.page.mouse.move(start, y)
        bench.page.mouse.down()
        bench.page.mouse.move(end, y, steps=6)
        bench.page.mouse.up()
    bench.wait(lambda: bar.values["scale"] == [0.2, 0.4], "both thumbs moved")


@pytest.mark.browser
def test_text_is_told_on_enter_or_leaving_and_escape_takes_it_back(bench: Any) -> None:
    bar = Toolbar(controls=[TEXT, SEED])
    root = bench.show(bar)
    field = root.get_by_label("goal")
    field.press_sequentially("door")
    assert bar.values["goal"] == ""
    bench.page.keyboard.press("Enter")
    bench.wait(lambda: bar.values["goal"] == "door", "told on Enter")
    field.fill("window")
    field.press("Escape")
    expect(field).to_have_value("door")
    field.fill("wall")
    root.get_by_label("seed", exact=True).focus()
    bench.wait(lambda: bar.values["goal"] == "wall", "told on leaving")


@pytest.mark.browser
def test_enter_on_a_text_that_has_not_changed_asks_for_it_once_more(bench: Any) -> None:
    bar, entered = Toolbar(controls=[TEXT, SEED]), list[str]()
    bar.on_enter = entered.append
    field = bench.show(bar).get_by_label("goal")
    field.press("Enter")
    field.fill("door")
    field.press("Enter")
    bench.wait(lambda: bar.values["goal"] == "door", "told on Enter")
    field.press("Enter")
    field.press("Enter")
    bench.wait(lambda: entered == ["goal", "goal"], "told each time, and never of an empty text")


@pytest.mark.browser
def test_new_controls_leave_a_dragged_thumb_and_the_focus_alone(bench: Any) -> None:
    bar = Toolbar(controls=[SLIDER, SEED], values={"count": 1})
    root = bench.show(bar, width="1200px")
    slider = root.get_by_label("targets")
    box = slider.bounding_box()
    y = box["y"] + box["height"] / 2
    bench.page.mouse.move(box["x"] + 7, y)
    bench.page.mouse.down()
    bench.page.mouse.move(box["x"] + box["width"] / 2, y, steps=4)
    bar.controls = [SLIDER, {**SEED, "disabled": True, "reason": "painted by hand"}, TOGGLE]
    bench.push()
    bench.page.mouse.move(box["x"] + box["width"] - 4, y, steps=4)
    bench.page.mouse.up()
    bench.wait(lambda: bar.values["count"] == 8, "the drag went on")
    expect(root.get_by_label("seed", exact=True)).to_be_disabled()
    expect(root.locator("[data-control=seed]")).to_have_attribute("title", "painted by hand")
    root.get_by_label("through time").focus()
    bar.controls = [SLIDER, {**TOGGLE, "help": "all ticks"}]
    bench.push()
    root.locator("[data-control=through][title='all ticks']").wait_for()
    bench.page.keyboard.press("Space")
    bench.wait(lambda: bar.values["through"] is True, "the focus stayed on the switch")


@pytest.mark.browser
def test_python_sets_what_is_shown(bench: Any) -> None:
    bar = Toolbar(controls=[SELECT, SLIDER, SEED])
    root = bench.show(bar, width="1200px")
    bar.values = {"sampler": 3, "count": 6, "seed": 42}
    bench.push()
    expect(root.get_by_label("seed", exact=True)).to_have_value("42")
    expect(root.get_by_label("targets")).to_have_value("6")
    assert root.get_by_label("sampler").evaluate("(select) => select.selectedIndex") == 2
    expect(root.get_by_role("option", name="tubes — needs a video")).to_be_disabled()


@pytest.mark.browser
def test_a_narrow_row_wraps_and_labels_stay_text(bench: Any) -> None:
    hostile = "<img src=x onerror=document.title='broken'>"
    bar = Toolbar(controls=[*ALL, {"kind": "toggle", "id": "bad", "label": hostile, "help": hostile}])
    root = bench.show(bar, width="340px")
    assert root.evaluate("(root) => root.scrollWidth <= root.clientWidth")
    expect(root.get_by_label(hostile)).to_have_count(1)
    expect(root.locator("img")).to_have_count(0)


@pytest.mark.browser
def test_a_button_with_a_key_is_pressed_by_it_while_nobody_types(bench: Any) -> None:
    go = {"kind": "button", "id": "go", "label": "Execute", "key": "E", "primary": True}
    bar = Toolbar(controls=[TEXT, go, {**BUTTON, "key": "P", "disabled": True}])
    row = bench.show(bar)
    bench.page.keyboard.press("e")
    bench.wait(lambda: bar.pressed == ["go", 1], "a press by its key")
    for key in ("p", "Control+e"):
        bench.page.keyboard.press(key)
    row.get_by_label("goal").fill("")
    row.get_by_label("goal").press("e")
    bench.page.keyboard.press("Tab")
    bench.page.keyboard.press("Shift+E")
    bench.wait(lambda: bar.pressed[1] > 1, "a press from within the row")
    assert bar.pressed == ["go", 2]
    expect(row.get_by_role("button", name="Execute")).to_have_attribute("aria-keyshortcuts", "E")

"""Films, curves, actions and worlds in Chromium: frame by frame, by mouse and by keys."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.waiting import at_rest
from widgets import ActionPad, ClipPlayer, Timeline, WorldStage

pytestmark = pytest.mark.browser
FRAMES = 12


def films() -> ClipPlayer:
    """Frame k of the real film has the red k·20; the imagined one the green."""
    levels = (np.arange(FRAMES) * 20).astype(np.uint8)[:, None, None]
    red, green = np.zeros((FRAMES, 16, 16, 3), np.uint8), np.zeros((FRAMES, 16, 16, 3), np.uint8)
    red[..., 0], green[..., 1] = levels, levels
    view = ClipPlayer(fps=30.0, known=2, picture_height=200, commands=["export"])
    about = {"name": "open loop from frame 2", "kind": "open loop", "note": "decoded by the model's own decoder", "comes": 9}
    view.set_films([({"name": "real", "kind": "real"}, red), (about, green)])
    view.set_curves({"open loop": ("open loop", [np.nan, np.nan, *range(FRAMES - 2)])}, unit="l2", label="error, l2")
    return view


def middle(root: Any, number: int) -> list[int]:
    script = "(c) => [...c.getContext('2d').getImageData(c.width / 2, c.height / 2, 1, 1).data].slice(0, 3)"
    return root.locator(".jw-film canvas").nth(number).evaluate(script)


def settled(bench: Any) -> None:
    bench.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def test_every_frame_is_the_right_one_in_every_film(bench: Any) -> None:
    view = films()
    root = bench.show(view, width="640px")
    for frame in (0, 5, 8):
        view.tick = frame
        bench.push()
        settled(bench)
        expect(root).to_have_attribute("data-frame", str(frame))
        assert middle(root, 0) == [frame * 20, 0, 0]
        assert middle(root, 1) == [0, frame * 20, 0]
    view.tick = 10
    bench.push()
    settled(bench)
    assert middle(root, 0) == [200, 0, 0]
    assert middle(root, 1) != [0, 200, 0]  # nobody knows


def changed(view: ClipPlayer, frame: int) -> None:
    """The imagined film has another colour at one frame; the real one stays."""
    green, red = np.zeros((2, FRAMES, 16, 16, 3), np.uint8)
    red[..., 0] = green[..., 1] = (np.arange(FRAMES) * 20).astype(np.uint8)[:, None, None]
    green[frame] = 90
    view.set_films([({"name": "real", "kind": "real"}, red), ({"name": "open loop", "kind": "open loop"}, green)])


def seen(root: Any, bench: Any, view: ClipPlayer) -> list[list[list[int]]]:
    """The middle of both films at each frame."""
    found = list[list[list[int]]]()
    for frame in range(FRAMES):
        view.tick = frame
        bench.push()
        settled(bench)
        found.append([middle(root, 0), middle(root, 1)])
    return found


def expected(frame: int) -> list[list[list[int]]]:
    return [[[20 * k, 0, 0], [90, 90, 90] if k == frame else [0, 20 * k, 0]] for k in range(FRAMES)]


def test_after_a_change_only_the_changed_frame_crosses_and_every_picture_is_right(bench: Any) -> None:
    view = films()
    root = bench.show(view, width="640px")
    settled(bench)
    changed(view, 5)
    assert len(view.frames_new) == 4 + 16 + 16 * 16 * 3
    bench.push()
    assert seen(root, bench, view) == expected(5)
    changed(view, 7)  # of the other colour again, which is there; frame 5 is what it was, and was dropped meanwhile
    assert len(view.frames_new) == 4 + 16 + 16 * 16 * 3
    bench.push()
    assert seen(root, bench, view) == expected(7)
    assert view.wanted == []


def test_views_that_come_late_and_lost_messages_get_what_they_lack_and_old_pictures_stay_until_then(bench: Any) -> None:
    view = films()
    first = bench.show(view, width="400px")
    settled(bench)
    view.version = 1
    changed(view, 5)
    bench.pending()  # lost
    view.version = 2
    changed(view, 6)
    names = bench.pending()
    view.tick = 8
    bench.send("view0", {**{k: names[k] for k in ("films", "version")}, "tick": 8})
    assert middle(first, 0) == [160, 0, 0]
    bench.send("view0", {"frames_new": names["frames_new"]})
    bench.wait(lambda: first.get_attribute("data-version") == "2", "the frames that were lost")
    assert view.wanted[0] >= 1
    late = bench.show(view, width="400px")
    bench.wait(lambda: late.get_attribute("data-version") == "2", "all frames in a view that came late")
    for root in (first, late):
        assert seen(root, bench, view) == expected(6)


def test_films_open_at_the_frame_that_is_asked_for(bench: Any) -> None:
    view = films()
    view.tick = 7
    root = bench.show(view, width="640px")
    settled(bench)
    assert middle(root, 0) == [140, 0, 0]


def test_keys_step_and_the_curve_moves_the_same_cursor(bench: Any) -> None:
    view = films()
    root = bench.show(view, width="640px")
    settled(bench)
    line = root.locator(".jw-timeline")
    line.focus()
    bench.page.keyboard.press("End")
    bench.wait(lambda: view.tick == FRAMES - 1, "the last frame")
    bench.page.keyboard.press("ArrowLeft")
    bench.wait(lambda: view.tick == FRAMES - 2, "the frame before")
    box = at_rest(line)
    bench.page.mouse.click(box["x"] + 44 + 2, box["y"] + 60)
    bench.wait(lambda: view.tick == 0, "the first frame, by the mouse")
    bench.wait(lambda: root.locator(".jw-curve-voice").inner_text().startswith("frame 0"), "the values of the first frame")


def test_space_plays_at_the_speed_asked_and_tells_where_it_stopped(bench: Any) -> None:
    view = films()
    root = bench.show(view, width="640px")
    settled(bench)
    root.locator(".jw-timeline").focus()
    seen, seconds = bench.page.evaluate(
        """async (wanted) => {
          const root = document.querySelector("#view0").shadowRoot.querySelector(".jw-root");
          root.dispatchEvent(new KeyboardEvent("keydown", { key: "k", bubbles: true, composed: true }));
          const frames = new Set();
          const start = performance.now();
          while (frames.size < wanted) {
            await new Promise((done) => requestAnimationFrame(done));
            frames.add(root.dataset.frame);
          }
          const seconds = (performance.now() - start) / 1000;
          root.dispatchEvent(new KeyboardEvent("keydown", { key: "k", bubbles: true, composed: true }));
          return [[...frames], seconds];
        }""",
        FRAMES,
    )
    assert len(seen) == FRAMES
    assert seconds > 0.9 * (FRAMES - 1) / view.fps  # not faster; a slow machine needs longer, for it shows a frame that it missed in the next round
    bench.wait(lambda: not view.playing and root.get_attribute("data-frame") == str(view.tick), "a pause at the frame that is shown")


def test_the_heat_lies_over_its_film_only(bench: Any) -> None:
    view = films()
    view.set_heat(1, np.ones((FRAMES, 2, 2), np.float32), label="surprise")
    root = bench.show(view, width="640px")
    view.tick = 3
    bench.push()
    settled(bench)
    assert middle(root, 0) == [60, 0, 0]
    assert middle(root, 1) != [0, 60, 0]
    root.get_by_role("checkbox").uncheck()
    bench.wait(lambda: not view.heat_on, "no heat")
    settled(bench)
    assert middle(root, 1) == [0, 60, 0]


def test_a_timeline_reads_the_values_that_are_pointed_at(bench: Any) -> None:
    view = Timeline(frames=5, curve_label="surprise", fps=5.0)
    view.set_curves({"possible": ("real", [0, 1, 2, 3, 4]), "impossible": ("impossible", [0, 1, 9, 3, 4])}, unit="l1")
    root = bench.show(view, width="600px")
    settled(bench)
    box = at_rest(root.locator(".jw-timeline"))
    bench.page.mouse.move(box["x"] + 44 + (600 - 44 - 150) / 2, box["y"] + 50)
    settled(bench)
    expect(root.locator(".jw-curve-voice")).to_have_text("frame 2 · possible 2 · impossible 9 l1")


def test_a_timeline_that_plays_goes_once_to_its_end_and_tells_every_step(bench: Any) -> None:
    view = Timeline(frames=4, player=True, fps=12.0, word="iteration", origin=1, tick=3)
    view.set_curves({"best": ("open loop", [4, 3, 2, 1])})
    told: list[int] = []
    view.observe(lambda change: told.append(change["new"]), names=["tick"])
    root = bench.show(view, width="400px")
    root.get_by_role("button", name="Play").click()
    bench.wait(lambda: told == [0, 1, 2, 3], "every iteration")
    root.get_by_role("button", name="Play").wait_for()
    expect(root.locator("output")).to_have_text("iteration 4 of 1–4")
    expect(root.locator(".jw-curve-voice")).to_have_text("iteration 4 · best 1")


def pad() -> ActionPad:
    view = ActionPad(names=["right", "down", "grip"], units=["", "", ""], low=[-1.0, -1.0, 0.0], high=[1.0, 1.0, 1.0], known=1, step=2)
    view.set_actions(np.zeros((6, 3)))
    return view


def test_an_action_is_dragged_on_the_pad(bench: Any) -> None:
    view = pad()
    root = bench.show(view, width="520px")
    settled(bench)
    box = at_rest(root.locator(".jw-pad"))
    mouse = bench.page.mouse
    mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.25, steps=4)
    mouse.up()
    bench.wait(lambda: abs(view.actions[2][0] - 0.5) < 0.02 and abs(view.actions[2][1] + 0.5) < 0.02, "the dragged action")
    assert view.actions[1] == [0, 0, 0]
    expect(root.locator(".jw-pad-voice")).to_contain_text(re.compile(r"step 2 of 0–5, changed: right 0\.\d+, up 0\.\d+"))


def test_keys_nudge_choose_and_restore_and_the_past_stays(bench: Any) -> None:
    view = pad()
    root = bench.show(view, width="520px")
    settled(bench)
    root.locator(".jw-pad").focus()
    press = bench.page.keyboard.press
    press("ArrowRight")
    bench.wait(lambda: view.actions[2][0] == pytest.approx(0.1), "a nudge")
    press("]")
    bench.wait(lambda: view.step == 3, "the next step")
    press("[")
    press("Delete")
    bench.wait(lambda: view.actions[2][0] == 0, "the step as it was")
    view.step = 0
    bench.push()
    press("ArrowRight")
    press("Control+z")
    bench.wait(lambda: view.command[0] == "undo", "undo is asked for")
    assert view.actions[0] == [0, 0, 0]


def test_shift_drags_one_action_along_the_strip(bench: Any) -> None:
    view = pad()
    view.actions = [[0, 0, 0], [0, 0, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]]
    root = bench.show(view, width="520px")
    settled(bench)
    box = at_rest(root.locator(".jw-strip"))
    mouse = bench.page.mouse
    bench.page.keyboard.down("Shift")
    mouse.move(box["x"] + 2.5 * 48, box["y"] + 20)
    mouse.down()
    mouse.move(box["x"] + 4.5 * 48, box["y"] + 20, steps=6)
    mouse.up()
    bench.page.keyboard.up("Shift")
    bench.wait(lambda: [row[0] for row in view.actions] == [0, 0, 1, 1, 1, 0], "a drawn sequence")


def test_a_goal_is_placed_by_a_click_and_moved_by_keys(bench: Any) -> None:
    view = WorldStage(picture_height=300, click_places="goal", nudge=0.1)
    view.set_picture(np.zeros((32, 32, 3), np.uint8))
    view.points = [{"id": "start", "x": 0.1, "y": 0.1, "kind": "start", "fixed": True}, {"id": "goal", "x": 0.9, "y": 0.9, "kind": "goal"}]
    view.paths = [WorldStage.path("imagined", "open loop", [[0.1, 0.1], [0.9, 0.9]])]
    root = bench.show(view, width="400px")
    settled(bench)
    box = at_rest(root.locator(".jw-world-box"))
    bench.page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.25)
    bench.wait(lambda: view.moved[:3] == ["goal", pytest.approx(0.5, abs=0.01), pytest.approx(0.25, abs=0.01)], "the goal")
    root.locator(".jw-handle[data-id=goal]").focus()
    bench.page.keyboard.press("ArrowRight")
    bench.wait(lambda: view.moved[1] == pytest.approx(0.6, abs=0.01), "a nudged goal")
    expect(root.locator(".jw-world-keys")).to_have_text("imagined")
    assert [p["x"] for p in view.points] == [0.1, pytest.approx(0.6, abs=0.01)]


@pytest.mark.parametrize("live", [False, True])
def test_a_point_is_told_of_while_it_is_dragged_where_that_is_asked_for(bench: Any, live: bool) -> None:
    view, told = WorldStage(picture_height=300, live=live), list[tuple[float, float]]()
    view.set_picture(np.zeros((32, 32, 3), np.uint8))
    view.points = [{"id": "ball", "x": 0.5, "y": 0.5, "kind": "ball"}]
    view.on_move = lambda _name, x, y: told.append((x, y))
    box = bench.show(view, width="400px").locator(".jw-world-box")
    settled(bench)
    room, mouse = at_rest(box), bench.page.mouse
    mouse.move(room["x"] + room["width"] / 2, room["y"] + room["height"] / 2)
    mouse.down()
    mouse.move(room["x"] + room["width"] * 0.8, room["y"] + room["height"] * 0.8, steps=4)
    if live:
        bench.wait(lambda: bool(told) and told[-1] == pytest.approx((0.8, 0.8), abs=0.01), "told while held")
    mouse.up()
    bench.wait(lambda: bool(told) and told[-1] == pytest.approx((0.8, 0.8), abs=0.01), "told when let go")
    assert (len(told) > 1) == live

"""The notebook host without a browser: a board comes at once, fills by itself, and is touched from one thread only."""

from __future__ import annotations

import asyncio
import gc
import shutil
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ipywidgets import Widget

import workbench as jw
from widgets import ChartView, Toolbar
from workbench import samples
from workbench.core.errors import BadInput, WorkbenchError
from workbench.notebook import BoardBox, Mailbox, board, family, open_view

pytestmark = pytest.mark.slow


@pytest.fixture
def shapes() -> Any:
    box = board("shapes")
    yield box
    box.close()


def test_a_board_has_its_numbers_once_it_was_waited_for(shapes: BoardBox) -> None:
    assert "Opening" in shapes.board.headline.sentence
    shapes.wait()
    assert "kill" in shapes.board.headline.sentence
    assert shapes.board.headline.detail.startswith("Over ")
    charts = [c for c in family(shapes) if isinstance(c, ChartView) and c.figure["data"]]  # the others are drawn when they are asked for
    assert [c.figure["data"][0]["type"] for c in charts] == ["bar"]


def test_painting_from_python_changes_the_numbers(shapes: BoardBox) -> None:
    shapes.wait()
    before = shapes.board.headline.sentence, shapes.board.pane.version
    mask = jw.Mask.of(shapes.space.shown.grid.shape, "0-31", ["40-47"])
    shapes.space.session.set(mask=mask)
    shapes.wait()
    assert shapes.board.headline.sentence != before[0]
    assert shapes.board.pane.version == before[1] + 1


def test_a_late_answer_of_the_bank_does_not_speak_for_a_mask_that_asks_nothing(shapes: BoardBox) -> None:
    shapes.wait()
    board, session = shapes.board, shapes.space.session
    board.toolbar.values = {**board.toolbar.values, "distance": "cosine"}
    whole = np.ones(session.state.mask.shape, dtype=bool)
    session.set(mask=jw.Mask(whole, ~whole[None]))
    shapes.wait()
    assert board.work.over_bank.answer is not None
    assert board.work.over_bank.answer.distance == "cosine"
    assert "No token is target" in board.headline.sentence


def test_boards_of_a_kernel_share_what_is_loaded() -> None:
    boxes = [board("shapes"), board("shapes", "checkpoint")]
    for box in boxes:
        box.wait()
    assert boxes[0].space.jobs is boxes[1].space.jobs
    assert "all" in boxes[1].board.headline.sentence
    for box in boxes:
        box.close()


def test_what_a_board_has_to_tell_is_read_on_it_and_raised_for_a_script(shapes: BoardBox) -> None:
    shapes.wait()
    shapes.space.open("<b>none.pt")
    with pytest.raises(WorkbenchError, match="does not exist"):
        shapes.wait()
    told = shapes.said.value
    assert "&lt;b&gt;none.pt does not exist" in told
    assert 'role="alert"' in told
    shapes.space.choice.show(1)
    shapes.wait()
    assert shapes.said.value == ""


def test_a_board_that_never_opened_says_so_once() -> None:
    box = board("none.pt")
    with pytest.raises(WorkbenchError, match="does not exist"):
        box.wait()
    assert "does not exist" in box.board.headline.sentence
    assert box.said.value == ""
    box.close()


def test_waiting_has_an_end(shapes: BoardBox) -> None:
    with pytest.raises(WorkbenchError, match="still computing"):
        shapes.wait(0.0)


def test_a_board_of_another_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(BadInput, match=r"checkpoint, masks, .*rollout, plan"):
        board("shapes", "mask")


def test_closing_leaves_no_widget_behind() -> None:
    before = len(Widget.widgets)
    box = board("shapes")
    box.wait()
    box.close()
    assert len(Widget.widgets) == before


def test_a_closed_board_is_freed_with_its_session() -> None:
    """In a thread without an event loop: the browser tests leave one in this thread that counts as running and never calls what it was handed."""
    with ThreadPoolExecutor(1) as own:
        own.submit(close_and_wait_until_freed).result()


def close_and_wait_until_freed() -> None:
    box = board("shapes")
    box.wait()
    jobs, session, space = box.space.jobs, box.space.session.id, weakref.ref(box.space)
    box.close()
    del box
    end = time.monotonic() + 120
    while space() is not None and time.monotonic() < end:  # the thread of the jobs may still compute what the board asked last
        time.sleep(0.05)
        gc.collect()
    assert space() is None
    assert session not in {slot[0] for slot in jobs._slots}


def test_inside_a_loop_answers_come_by_themselves(finish) -> None:
    async def cell() -> str:
        box = board("shapes")
        end = time.monotonic() + 120
        while "kill" not in box.board.headline.sentence and time.monotonic() < end:
            await asyncio.sleep(0.01)
        sentence = box.board.headline.sentence
        box.close()
        return sentence

    assert "kill" in finish(cell())


def test_calls_of_other_threads_run_at_home_in_their_order() -> None:
    mail, heard = Mailbox(lambda error: None), list[tuple[int, int]]()

    def post() -> None:
        for i in range(20):
            mail.post(lambda i=i: heard.append((i, threading.get_ident())))

    other = threading.Thread(target=post)
    other.start()
    assert mail.run_until(lambda: len(heard) == 20, 120)
    other.join()
    assert heard == [(i, threading.get_ident()) for i in range(20)]


def test_a_call_that_fails_is_told_and_those_after_it_run() -> None:
    told, heard = list[Exception](), list[str]()
    mail = Mailbox(told.append)
    mail.post(lambda: heard.append("before"))
    mail.post(lambda: [][0])
    mail.post(lambda: heard.append("after"))
    assert mail.run_until(lambda: len(heard) == 2, 120)
    assert heard == ["before", "after"]
    assert isinstance(told[0], IndexError)


def test_messages_of_the_browser_that_come_to_another_thread_are_handled_at_home() -> None:
    """JupyterLab sends those of widgets over subshells, which are threads of their own."""
    mail, heard = Mailbox(lambda error: None), list[int]()
    toolbar = Toolbar(controls=[{"kind": "toggle", "id": "x"}])
    toolbar.observe(lambda change: heard.append(threading.get_ident()), names=["values"])
    mail.fetch_from(toolbar)
    message = {"content": {"data": {"method": "update", "state": {"values": {"x": True}}, "buffer_paths": []}}, "buffers": []}
    other = threading.Thread(target=lambda: toolbar.comm.handle_msg(message))
    other.start()
    other.join()
    assert heard == []
    assert mail.run_until(lambda: bool(heard), 120)
    assert heard == [threading.get_ident()]


def test_a_wrapped_module_has_a_board_of_its_own_without_a_file() -> None:
    from tests.families.own_module import OwnJepa
    from workbench import wrap

    module = OwnJepa()
    jepa = wrap(module, image_size=(16, 24), encode=module.encode, predict=module.predict, untrained=lambda seed: OwnJepa())
    box = board(jepa, which="checkpoint", data="shapes")
    box.wait()
    assert "all" in box.board.headline.sentence
    assert box.board.model.model["family"] == "wrapped"
    assert box.board.model.model["tensors"] == []
    assert "jw.wrap(" in box.board.headline.code
    box.close()


def test_a_view_that_was_saved_opens_as_it_was_and_names_files_relative_to_its_folder(tmp_path: Path) -> None:
    shutil.copytree(samples.find("shapes").folder, tmp_path / "mine")
    box = board(tmp_path / "mine", data=tmp_path / "mine" / "bank.npz", clip=3)
    box.wait()
    box.board.toolbar.values = {**box.board.toolbar.values, "seed": 7}  # type: ignore[attr-defined]
    box.wait()
    assert box.save_view(tmp_path / "view.json") == ()
    assert str(tmp_path) not in (tmp_path / "view.json").read_text()
    found = open_view(tmp_path / "view.json")
    found.wait()
    assert found.board.headline.code == box.board.headline.code
    assert found.board.toolbar.values["seed"] == 7  # type: ignore[attr-defined]
    for each in (box, found):
        each.close()


def test_a_view_that_cannot_be_opened_is_refused_and_leaves_no_board_behind(tmp_path: Path) -> None:
    place = tmp_path / "view.json"
    for text, words in (
        ("{}", "is not a saved view"),
        ('{"jepa_workbench_view": 1, "board": "Masks", "model": "file:gone.pt"}', "there is no 'gone.pt' any more"),
        ('{"jepa_workbench_view": 1, "board": "Masks", "model": "file:../secret.pt"}', "outside the folders"),
        ('{"jepa_workbench_view": 1, "board": "Catalogue", "model": "sample:shapes"}', "no board 'Catalogue' in a notebook"),
    ):
        place.write_text(text)
        with pytest.raises(BadInput, match=words):
            open_view(place, folder=tmp_path)
    held = board(jw.load("shapes"), data="shapes")
    held.wait()
    with pytest.raises(BadInput, match="a module in memory"):
        held.save_view(place)
    held.close()


def test_a_run_has_a_board_and_its_checkpoints_are_opened_by_a_factory_of_ones_own(tmp_path: Path) -> None:
    shipped, opened = jw.open_run("shapes-collapse"), list[str]()
    for name in ("params-ijepa.yaml", "metrics.jsonl", "jepa-step0.pth.tar"):
        shutil.copy(shipped.path / name, tmp_path)

    def mine(path: str) -> Any:
        opened.append(Path(path).name)
        return jw.load(path)

    box = jw.board(jw.open_run(tmp_path, model=mine), data="shapes")
    assert box.board.title == "Run"
    box.wait()
    assert box.board.headline.sentence.startswith("Step 0 of 0: predictions ")
    assert set(opened) == {"jepa-step0.pth.tar"}
    assert box.board.chart.ready == ["ready"]
    box.close()

"""Still pictures: whatever `jw.show` takes, and every board, is saved with a PNG and a text for pages where no kernel runs."""

from __future__ import annotations

import base64
from typing import Any

import cv2
import numpy as np
import plotly.io as pio
import pytest

import workbench as jw
from widgets import Headline, PatchCanvas, View
from widgets.palette import rgb
from workbench.boards.every import sections
from workbench.boards.layout import Column, Either, Row
from workbench.boards.show import show
from workbench.boards.stills import png, still, words
from workbench.boards.stills.charts import chart
from workbench.boards.stills.sheet import WIDTH
from workbench.core.questions.runs import CheckpointDifference, LayerDifference, RunMaps
from workbench.core.results import Classified, Provenance
from workbench.families import toy

START, GOAL = np.array([0.2, 0.25, 0.5, 0.5]), np.array([0.8, 0.2, 0.5, 0.5])


def pixels(picture: bytes) -> np.ndarray:
    """RGB of a PNG."""
    found = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    assert found is not None
    return found[..., ::-1].astype(int)


def has(image: np.ndarray, colour: tuple[int, int, int], count: int = 20) -> bool:
    """Whether so many pixels are of a colour."""
    return int((np.abs(image - colour).max(axis=-1) <= 4).sum()) >= count


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """A result of every type that has a view, of the toy family and of a sample."""
    jepa, rng = toy.build(seed=3), np.random.default_rng(0)
    side, frames = jepa.card.image_size[0], jepa.card.frames
    bank = jw.Bank([jw.Clip(rng.integers(0, 256, (frames, side, side, 1), dtype=np.uint8), fps=8.0) for _ in range(8)], "eight toys")
    clip, shown = bank.clips[0], jw.shown_clip(jepa, bank.clips[0])
    half = np.zeros(shown.grid.shape, dtype=bool)
    half[:, :1] = True
    mask = jw.Mask(~half, half[None])
    yard, view = jw.yardsticks(jepa, clip, mask, bank=bank), jw.masked_view(jepa, clip, mask, bank=bank)
    over = jw.bank_errors(jepa, bank, sampler="random_tokens", parameters={})
    found = jw.embed(jepa, bank, what="tokens", store=tmp_path_factory.mktemp("store"))
    vectors = jw.open_vectors(found.path)
    labels = Classified(
        ["<b>cat</b>", "dog"],
        np.array([0.7, 0.3], np.float32),
        np.array([0.4, 0.6], np.float32),
        np.ones((1, 1, 1), np.float32),
        Provenance("classify", "m", {}, ""),
    )
    masked = [jepa.report, jw.describe_model(jepa), clip, shown, view, view.error, over, yard.rank, yard.quilt, labels]
    rooms, walks = jw.load("two-rooms"), jw.open_bank("two-rooms")
    plan = jw.plan_view(rooms, name="two-rooms", state=START, goal=GOAL, bank=walks, horizon=6, samples=16, iterations=3, elites=4)
    film = jw.film_view(rooms, walks.clips[0], bank=walks)
    broken = jw.surprise_view(rooms, walks.clips[0], moved=(9, 0.9, 0.9))
    land = jw.energy_landscape(rooms, walks.clips[0].still(0), walks.clips[0].still(5), steps=5)
    future = [film, film.rollout, jw.drift(rooms, walks, limit=8), plan, plan.trace, land, broken, broken.found[1]]
    decoded = [jw.decode_clip(rooms, walks.clips[0], walks), jw.decoder_prior(rooms, walks), jw.fit_decoder(rooms, walks, steps=2).fit]
    origin = Provenance("run_maps", "m", {}, "")
    whole, one = np.zeros(1, np.int64), np.zeros((1, 2, 2), bool)
    maps = RunMaps(
        np.array(["a"]), whole, whole, ("x",), np.zeros((1, 2), np.float32), 1.0, 1.0, 0.0, np.array([3, 1, 0.2], np.float32),
        whole, *(np.zeros((1, 2, 2, 3), np.uint8) for _ in range(3)), one, one, 0.5, "tokens", "", origin,
    )  # fmt: skip
    layers = (LayerDifference("encoder", "blocks.0", 0.2, 1.4, 64, False), LayerDifference("encoder", "blocks.1", 0.4, 1.4, 64, False))
    alive = jw.health(jepa, bank, views=0, predicted=0, halves=2, untrained=False)
    runs = [maps, CheckpointDifference("a.pt", "b.pt", layers, (), (), (), 0.3), alive]
    shapes, images = jw.load("shapes"), jw.open_bank("shapes")
    maps_of_tokens = [jw.features(jepa, clip), jw.joint_features(jepa, toy.build(seed=4), clip, bank), jw.similarity(jepa, clip, 0)]
    layered = [jw.attention(shapes, images.clips[0], 9), jw.layer_profile(jepa, bank)]
    errors = [jw.error_anatomy(shapes, images, limit=8, halves=2), jw.audit_masks("ijepa_multiblock", (1, 14, 14), draws=200)]
    labels = np.arange(24) % 2
    tokens = [*maps_of_tokens, *layered, *errors, jw.probe(jepa, [*bank.clips] * 3, labels=labels, draws=2, halves=2)]
    return [*masked, *future, *decoded, *runs, *tokens, found, vectors, jw.fit_projection(vectors, method="pca").result]


def test_every_result_that_has_a_view_has_a_picture_and_a_text(results: list[Any]) -> None:
    sections()  # each board brings the views of its topic
    there = {kind for kind in show.registry if kind is not object and kind.__module__.startswith("workbench.")}
    assert {type(result) for result in results} == there, "a type that is shown needs a result here"
    for result in results:
        kept = jw.show(result)._repr_mimebundle_()
        data = kept[0] if isinstance(kept, tuple) else kept
        image = pixels(base64.b64decode(data["image/png"]))
        name = type(result).__name__
        assert image.shape[1] <= WIDTH + 60, name
        assert (image.min(axis=-1) < 200).sum() > 300, f"{name}: almost blank"
        assert data["text/plain"].strip(), name
        assert "could not be drawn" not in data["text/plain"], data["text/plain"]
        assert "no picture" not in data["text/plain"]


def test_colours_of_a_still_picture_mean_what_they_mean_on_the_boards(results: list[Any]) -> None:
    shown = next(r for r in results if type(r).__name__ == "ShownClip")
    half = np.zeros(shown.grid.shape, dtype=bool)
    half[:, :1] = True
    canvas = jw.show(shown, mask=jw.Mask(~half, half[None]))
    image = pixels(png(canvas))
    assert has(image, rgb("target"))
    assert has(image, rgb("context"))
    assert f"target {half.sum()}" in words(canvas)
    film = next(r for r in results if type(r).__name__ == "FilmView")
    assert has(pixels(png(jw.show(film))), rgb("open loop"))


def test_a_chart_is_saved_without_the_html_of_plotly_where_the_notebook_draws_its_json(results: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    figure = jw.show(next(r for r in results if type(r).__name__ == "BankErrors"))
    for renderers, json, html in (("plotly_mimetype+notebook", True, False), ("colab", False, True)):
        monkeypatch.setattr(pio.renderers, "default", renderers)
        kept = figure._repr_mimebundle_()
        assert {"image/png", "text/plain"} <= kept.keys()
        assert ("application/vnd.plotly.v1+json" in kept, "text/html" in kept) == (json, html)
        assert "skill over 8 clips" in kept["text/plain"]


def test_a_label_from_a_file_is_text_in_a_picture(results: list[Any]) -> None:
    said = words(jw.show(next(r for r in results if isinstance(r, Classified))))
    assert "0.7" in said


def test_bars_are_as_long_as_their_values_say() -> None:
    figure = {
        "data": [{"type": "bar", "orientation": "h", "x": [1.0, 2.0], "y": ["a", "b"], "marker": {"color": "#d55e00"}}],
        "layout": {"xaxis": {"range": [0, 2.5]}},
    }
    drawn = chart(figure, 400, 200).astype(int)
    rows = [(np.abs(line - rgb("open loop")).max(axis=-1) <= 4).sum() for line in drawn]
    lengths = sorted({int(n) for n in rows if n})
    assert len(lengths) == 2
    assert lengths[1] / lengths[0] == pytest.approx(2, rel=0.03)


def test_controls_take_no_room_and_what_would_be_too_narrow_goes_below() -> None:
    picture = np.full((8, 8, 3), 90, np.uint8)
    canvases = [PatchCanvas.show(picture, (1, 2, 2)) for _ in range(3)]
    wide = pixels(png(Row(tuple(canvases[:2]), (0.5, 0.5))))
    stacked = pixels(png(Row(tuple(canvases), (0.45, 0.45, 0.1))))
    assert stacked.shape[0] > wide.shape[0] * 1.5
    either = Either(Headline(sentence="one"), Headline(sentence="two"))
    either.show(1)
    assert words(Column((either, canvases[0]))).startswith("two")


def test_an_answer_that_is_not_there_yet_is_said_in_the_picture() -> None:
    headline = Headline(sentence="Skill 0.32", busy=True)
    assert "Still computing" in words(headline)
    assert pixels(png(headline)).shape[0] > pixels(png(Headline(sentence="Skill 0.32"))).shape[0]


def test_a_picture_that_cannot_be_drawn_leaves_the_view_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    canvas = PatchCanvas.show(np.zeros((4, 4, 3), np.uint8), (1, 2, 2))
    canvas.set_trait("tubelet", 1)
    canvas._trait_values["pixels_shape"] = [1, 5, 5]  # bytes that do not fit
    kept = still(canvas)
    assert "could not be drawn" in kept["text/plain"]
    assert "image/png" not in kept
    assert "no still picture" in caplog.text
    shown = canvas._repr_mimebundle_()
    assert shown is not None
    assert "application/vnd.jupyter.widget-view+json" in shown[0]


def test_a_view_of_another_package_without_a_picture_says_how_to_see_it() -> None:
    class Gauge(View):
        pass

    assert "image/png" in still(Gauge())
    assert "Gauge" in still(Gauge())["text/plain"]

"""What a checkpoint holds: what the view refuses, and how it is read and searched in a browser."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect
from traitlets import TraitError

from tests.waiting import until
from widgets import ModelView

HOSTILE = "<img src=x onerror=document.title='broken'>"


def _tensors(blocks: int) -> list[dict[str, Any]]:
    names = [f"encoder.blocks.{block}.{layer}.{kind}" for block in range(blocks) for layer in ("attn", "mlp") for kind in ("weight", "bias")]
    return [{"name": name, "shape": [16, 8], "dtype": "float32", "bytes": 512, "part": "encoder_context"} for name in names]


def _model(**changes: Any) -> dict[str, Any]:
    facts = [
        {"name": "heads", "value": 6, "origin": "given", "why": "model.yaml"},
        {"name": "image_size", "value": [64, 64], "origin": "read"},
        {"name": "mean", "value": [0.485, 0.456, 0.406], "origin": "assumed", "why": "published figures"},
    ]
    parts = [
        {
            "name": "encoder_context",
            "label": "encoder (context)",
            "status": "whole",
            "matched": 150,
            "parameters": 470_000,
            "bytes": 1_900_000,
            "dtype": "float32",
        },
        {
            **{
                "name": "masked",
                "label": "predictor",
                "status": "partial",
                "matched": 7,
                "missing": ["predictor.norm.bias"],
                "unexpected": ["predictor.odd"],
            },
            **{"reshaped": [["predictor.mask_token", [1, 1, 96], [1, 1, 384]]], "refused": "Masks is off: a picture of it would be false."},
        },
        {"name": "decoder", "status": "missing"},
    ]
    return {"name": "shapes", "family": "I-JEPA", "facts": facts, "parts": parts, "other": ["optimizer"], "tensors": _tensors(12), **changes}


def _histogram(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "name": name,
        "counts": [1, 4, 2],
        "edges": [-1.0, -0.5, 0.5, 1.0],
        "mean": 0.25,
        "std": 0.5,
        "min": -1.0,
        "max": 1.0,
        "nan": 0,
        **changes,
    }


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"family": "I-JEPA"}, "lacks name"),
        (_model(licens="MIT"), "'licens'"),
        (_model(facts=[{"name": "heads", "value": 6, "origin": "guessed"}]), "one of read, inferred, given, assumed"),
        (_model(parts=[{"name": "masked", "status": "half"}]), "one of whole, partial, missing"),
        (_model(parts=[{"name": "masked", "status": "partial", "reshaped": [["a", [1]]]}]), "reshaped"),
        (_model(tensors=[{"name": "a", "shape": [-1]}]), "shape"),
        (_model(tensors=["a"]), "tensors"),
    ],
)
def test_a_model_the_view_could_not_read_is_refused(model: dict[str, Any], message: str) -> None:
    with pytest.raises(TraitError, match=message):
        ModelView(model=model)


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"edges": [0.0, 1.0]}, "3 counts and 2 edges"), ({"mean": float("nan")}, "finite number or None"), ({"counts": [-1, 0, 0]}, "counts")],
)
def test_a_histogram_that_does_not_fit_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(TraitError, match=message):
        ModelView(histogram=_histogram("a", **changes))


@pytest.mark.browser
def test_without_a_model_the_message_says_what_to_do(bench: Any) -> None:
    view = ModelView(message="Open a file to begin.")
    root = bench.show(view, width="1200px")
    expect(root.get_by_text("Open a file to begin.")).to_be_visible()
    view.model = _model()
    bench.push()
    root.get_by_role("heading", name="shapes").wait_for()
    expect(root.get_by_text("Open a file to begin.")).to_be_hidden()


@pytest.mark.browser
def test_a_partial_part_says_so_in_words_and_what_is_refused(bench: Any) -> None:
    root = bench.show(ModelView(model=_model()), width="1200px")
    part = root.locator("[data-part=masked]")
    expect(part.get_by_text("partial", exact=True)).to_be_visible()
    expect(part.get_by_text("Masks is off")).to_be_visible()
    summary = part.get_by_text("7 tensors matched · 1 missing · 1 unexpected · 1 of another shape")
    expect(part.get_by_text("predictor.norm.bias")).to_have_count(0)
    part.locator("summary").focus()
    bench.page.keyboard.press("Enter")
    part.get_by_text("predictor.norm.bias").wait_for()
    expect(part.get_by_text("predictor.mask_token: expected 1 × 1 × 96, found 1 × 1 × 384")).to_be_visible()
    expect(summary).to_be_visible()
    whole = root.locator("[data-part=encoder_context]")
    for words in ("0.47 M", "1.9 MB", "150 tensors matched"):
        expect(whole.get_by_text(words)).to_have_count(1)
    expect(root.locator("[data-part=decoder]").get_by_text("not in the file")).to_be_visible()


@pytest.mark.browser
def test_facts_carry_where_they_came_from(bench: Any) -> None:
    root = bench.show(ModelView(model=_model()), width="1200px")
    rows = [
        ["heads", "6", "given", "model.yaml"],
        ["image", "size", "64", "×", "64", "read"],
        ["mean", "0.485,", "0.456,", "0.406", "assumed", "published", "figures"],
    ]
    until(bench.page, lambda: [row.inner_text().split() for row in root.get_by_role("row").all()], lambda found: found == rows, "three facts")
    faces = {
        origin: root.locator(f"[data-origin={origin}]").evaluate("(node) => getComputedStyle(node).borderStyle") for origin in ("given", "assumed")
    }
    assert len(set(faces.values())) == 2, "told apart without colour"


def active(root: Any, title: str) -> Any:
    """The row of this title, once the tree says that the cursor is on it."""
    row = root.locator(f"[role=treeitem][title='{title}']")
    expect(row).to_have_attribute("data-cursor", "true")
    expect(root.get_by_role("tree")).to_have_attribute("aria-activedescendant", row.get_attribute("id"))
    return row


@pytest.mark.browser
def test_the_tree_is_worked_by_keyboard_and_tells_the_chosen_tensor(bench: Any) -> None:
    view = ModelView(model=_model())
    root = bench.show(view, width="1200px")
    tree = root.get_by_role("tree")
    tree.focus()
    for key in ("Home", "ArrowDown", "ArrowRight", "ArrowDown", "ArrowRight", "ArrowDown"):
        bench.page.keyboard.press(key)
    row = active(root, "encoder.blocks.0.attn.bias")
    expect(row).to_have_attribute("aria-level", "4")
    bench.page.keyboard.press("Enter")
    bench.wait(lambda: view.chosen == "encoder.blocks.0.attn.bias", "chosen by Enter")
    expect(row).to_have_attribute("aria-selected", "true")
    for _ in range(2):
        bench.page.keyboard.press("ArrowLeft")
    folded = active(root, "encoder.blocks.0.attn")
    expect(folded).to_have_attribute("aria-expanded", "false")


@pytest.mark.browser
def test_a_search_is_two_way_and_finds_by_words(bench: Any) -> None:
    view = ModelView(model=_model())
    root = bench.show(view, width="1200px")
    root.get_by_label("Search tensor names").fill("11 MLP bias")
    bench.wait(lambda: view.search == "11 MLP bias", "the search is told")
    expect(root.get_by_text("1 of 48 tensors")).to_be_visible()
    root.get_by_role("treeitem", name="bias").click()
    bench.wait(lambda: view.chosen == "encoder.blocks.11.mlp.bias", "chosen by click")
    view.search = "weight"
    bench.push()
    expect(root.get_by_text("24 of 48 tensors")).to_be_visible()


@pytest.mark.browser
def test_the_histogram_is_of_the_chosen_tensor_or_not_shown(bench: Any) -> None:
    name = "encoder.blocks.3.attn.weight"
    view = ModelView(model=_model(), chosen=name, histogram=_histogram("encoder.blocks.2.attn.weight"))
    root = bench.show(view, width="1200px")
    expect(root.get_by_text("Reading its values")).to_be_visible()
    expect(root.locator("rect")).to_have_count(0)
    expect(root.get_by_role("treeitem", selected=True)).to_have_attribute("title", name)
    view.histogram = _histogram(name, nan=2)
    bench.push()
    root.get_by_text("mean 0.25 · std 0.5 · min −1 · max 1").wait_for()
    expect(root.locator("rect")).to_have_count(3)
    expect(root.get_by_text("2 not a number: these weights are broken")).to_be_visible()


@pytest.mark.browser
def test_ten_thousand_tensors_keep_the_page_small(bench: Any) -> None:
    view = ModelView(model=_model(tensors=_tensors(2500)), search="encoder")
    root = bench.show(view, width="1200px")
    expect(root.get_by_text("10\u2009000 of 10\u2009000 tensors")).to_be_visible()
    until(bench.page, lambda: root.get_by_role("treeitem").count(), lambda rows: 0 < rows < 60, "as many rows as can be seen")
    root.get_by_role("tree").focus()
    bench.page.keyboard.press("End")
    root.locator("[title='encoder.blocks.2499.mlp.weight']").wait_for()
    until(bench.page, lambda: root.get_by_role("treeitem").count(), lambda rows: 0 < rows < 60, "as many rows as can be seen")


@pytest.mark.browser
def test_names_from_a_hostile_file_stay_text(bench: Any) -> None:
    model = _model(
        name=HOSTILE,
        family=HOSTILE,
        notes=HOSTILE,
        path=HOSTILE,
        other=[HOSTILE],
        facts=[{"name": HOSTILE, "value": HOSTILE, "origin": "read", "why": HOSTILE}],
        parts=[
            {
                "name": "masked",
                "label": HOSTILE,
                "status": "partial",
                "missing": [HOSTILE],
                "ignored": [[HOSTILE, HOSTILE]],
                "refused": HOSTILE,
                "dtype": HOSTILE,
            }
        ],
        tensors=[{"name": HOSTILE, "shape": [], "dtype": HOSTILE, "part": HOSTILE}, {"name": "__proto__.constructor", "shape": [1]}],
    )
    root = bench.show(ModelView(model=model, chosen=HOSTILE, histogram=_histogram(HOSTILE), search=""), width="1200px")
    root.locator("summary").click()
    root.get_by_text(f"{HOSTILE}: {HOSTILE}").wait_for()
    titles = ["__proto__", HOSTILE.rsplit(".", 1)[0], HOSTILE]
    until(bench.page, lambda: [row.get_attribute("title") for row in root.get_by_role("treeitem").all()], lambda found: found == titles, "the rows")
    expect(root.locator("img")).to_have_count(0)
    assert bench.page.title() != "broken"

"""The list of published checkpoints: what the view refuses, and how it is searched, opened from and copied from in a browser."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect
from traitlets import TraitError

from widgets import CatalogueView

HERE = {"name": "vit_l", "title": "V-JEPA 2 ViT-L", "family": "vjepa2", "licence": "MIT", "size": "5.1 GB", "path": "caches/vitl.pt", "role": "model"}
FAR = {"name": "vit_h", "title": "I-JEPA ViT-H", "family": "ijepa", "licence": "not stated", "fetch": "jepa-workbench catalogue vit_h --download"}


@pytest.mark.parametrize(("row", "message"), [({"name": "a"}, "lacks title"), ({**HERE, "licens": "MIT"}, "'licens'"), ({**HERE, "size": 5}, "size")])
def test_a_row_that_could_not_be_read_is_refused(row: dict[str, Any], message: str) -> None:
    with pytest.raises(TraitError, match=message):
        CatalogueView(rows=[row])


@pytest.mark.browser
def test_what_is_here_comes_first_and_can_be_opened(bench: Any) -> None:
    opened: list[str] = []
    view = CatalogueView(rows=[FAR, HERE])
    view.on_open = opened.append
    root = bench.show(view)
    for place, name in enumerate(("vit_l", "vit_h")):
        expect(root.locator("li").nth(place)).to_have_attribute("data-name", name)
    root.get_by_role("button", name="Open vit_l").click()
    bench.wait(lambda: opened == ["vit_l"], "the row was opened")
    root.get_by_role("button", name="Open vit_l").click()
    bench.wait(lambda: opened == ["vit_l", "vit_l"], "and once more")


@pytest.mark.browser
def test_what_is_not_here_shows_its_line_and_no_button_that_opens(bench: Any) -> None:
    root = bench.show(CatalogueView(rows=[FAR]))
    expect(root.locator("code")).to_have_text(FAR["fetch"])
    expect(root.get_by_role("button", name="Open")).to_have_count(0)
    expect(root.get_by_role("button", name="Copy the line that fetches vit_h")).to_have_count(1)
    root.get_by_text("None of them is in the caches").wait_for()


@pytest.mark.browser
def test_every_word_of_a_search_must_be_found(bench: Any) -> None:
    view = CatalogueView(rows=[FAR, HERE])
    root = bench.show(view)
    field = root.get_by_label("Search checkpoints")
    field.fill("VIT mit")
    root.get_by_text("1 of 2").wait_for()
    expect(root.locator("li")).to_have_attribute("data-name", "vit_l")
    bench.wait(lambda: view.search == "VIT mit", "Python knows the search")
    field.fill("unicorn")
    root.get_by_text("0 of 2").wait_for()
    expect(root.locator("li")).to_have_count(0)


@pytest.mark.browser
def test_names_from_anywhere_are_text(bench: Any) -> None:
    hostile = "<img src=x onerror=document.title='broken'>"
    root = bench.show(CatalogueView(rows=[{**FAR, "title": hostile}]))
    expect(root.get_by_text(hostile)).to_be_visible()
    expect(root.locator("img")).to_have_count(0)

"""A view as a value: what was written is read again, and what somebody else wrote is refused in words."""

from __future__ import annotations

import json

import numpy as np
import pytest

from workbench.core.errors import WorkbenchError
from workbench.core.mask import Mask
from workbench.core.selection import Selection
from workbench.core.view import (
    LARGEST_FILE,
    LONGEST_LINK,
    MARK,
    SavedView,
    array_text,
    file_of,
    fragment_of,
    mask_text,
    read_file,
    read_fragment,
    selection_text,
    text_array,
    text_mask,
    text_selection,
)

FULL = SavedView(
    board="Rollout",
    model="file:runs/a b & c=d#e/latest.pt",
    data="file:Ä/clips",
    family="lewm",
    options=(("heads", 4), ("image_size", (64, 64)), ("resize", "stretch"), ("note", "3"), ("odd", "NaN")),
    clip=12,
    file="deep/eins zwei.mp4",
    fps=4.5,
    low=1.5,
    high=2.25,
    window=2,
    bank="sample:balls",
    tick=3,
    predictor="twin",
    settings=(("how", "decoded"), ("known", 3), ("on", True), ("none", None), ("pair", ("a", ("b", 1.5))), ("text", "true"), ("quote", 'say "x"')),
)
LEAST = "v=1&board=Masks&model=sample:shapes"


@pytest.mark.parametrize("view", [FULL, SavedView("Masks", "sample:shapes")])
def test_a_link_and_a_file_give_the_view_that_was_written(view: SavedView) -> None:
    assert read_fragment(fragment_of(view)) == view
    assert read_file(file_of(view)) == view


def test_a_link_is_short_and_holds_only_characters_that_no_browser_rewrites() -> None:
    assert fragment_of(SavedView("Masks", "sample:shapes", settings=(("seed", 3),))) == f"{LEAST}&.seed=3"
    assert all(c.isascii() and c not in ' "<>`#' for c in fragment_of(FULL))


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("top", "does not describe a view"),
        ("board=Masks&model=sample:shapes", "of version None"),
        ("v=2&board=Masks&model=sample:shapes", "of version 2; this program reads version 1"),
        ("v=true&board=Masks&model=sample:shapes", "of version True"),
        ("v=1&model=sample:shapes", "lacks the field 'board'"),
        (f"{LEAST}&colour=red", "has no field 'colour'"),
        (f"{LEAST}&clip=1&clip=2", "says 'clip' twice"),
        (f"{LEAST}&.a=1&.a=2", "says '.a' twice"),
        (f"{LEAST}&clip=many", "which is no"),
        (f"{LEAST}&clip=1.5", "which is no"),
        (f"{LEAST}&clip=true", "which is no"),
        (f"{LEAST}&fps=1e999", "which is no"),
        (f"{LEAST}&fps=NaN", "which is no"),
        (f"{LEAST}&.a=1e999", "which is no setting"),
        (f"{LEAST}&settings=1", "no set of settings"),
        (f'{LEAST}&.a={{"b":1}}', "which is no setting"),
        (f"{LEAST}&mask={'x' * LONGEST_LINK}", "characters long"),
        (f"{LEAST}&file=%FF", "does not describe a view"),
        ("&".join(f".a{k}=1" for k in range(600)), "does not describe a view"),
    ],
)
def test_a_link_that_was_edited_is_refused_with_what_is_wrong_and_what_to_do(link: str, words: str) -> None:
    with pytest.raises(WorkbenchError) as caught:
        read_fragment(link)
    assert words in caught.value.what
    assert caught.value.fix
    assert len(str(caught.value)) < 600  # nothing of a huge link is repeated on screen


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not a saved view"),
        ("[1, 2]", "not a saved view"),
        ('{"a": 1}', "not a saved view"),
        (f'{{"{MARK}": 9, "board": "Masks"}}', "of version 9"),
        (f'{{"{MARK}": 1, "board": "Masks", "board": "Plan", "model": "sample:shapes"}}', "a key stands in it twice"),
        (f'{{"{MARK}": 1, "board": "Masks", "model": "sample:shapes", "low": NaN}}', "NaN is no JSON number"),
        (f'{{"{MARK}": 1, "board": ["Masks"], "model": "sample:shapes"}}', "which is no text"),
        (" " * (LARGEST_FILE + 1), "bytes"),
        ("[" * 100_000, "not a saved view"),
    ],
)
def test_a_file_that_was_edited_is_refused_with_what_is_wrong(text: str, words: str) -> None:
    with pytest.raises(WorkbenchError) as caught:
        read_file(text.encode())
    assert words in caught.value.what


def test_a_saved_view_can_be_read_by_people() -> None:
    said = json.loads(file_of(FULL))
    assert said[MARK] == 1
    assert said["settings"]["known"] == 3
    assert said["model"] == FULL.model


def test_masks_selections_and_arrays_are_as_they_were() -> None:
    rng = np.random.default_rng(0)
    context = rng.random((2, 5, 7)) < 0.5
    mask = Mask(context, np.stack([~context & (rng.random(context.shape) < 0.5) for _ in range(3)]), "ijepa_multiblock(min_keep=4: odd)")
    again = text_mask(mask_text(mask))
    assert again is not None
    assert (again.digest, again.sampler, again.shape) == (mask.digest, mask.sampler, mask.shape)
    chosen = Selection.tokens(3, [1, 5, 900])
    assert text_selection(selection_text(chosen)) == chosen
    array = rng.random((4, 2), np.float32)
    assert np.array_equal(text_array(array_text(array), 2), array)
    assert text_mask("") is None
    assert text_selection("") == Selection()


@pytest.mark.parametrize(
    "text",
    [
        "1,8,8:4:AAAA:x",  # too few bits
        "1000000,1000000,1000000:1:AAAA:x",  # a huge mask
        "99999999999999999999,1,1:1:AAAA:x",
        "1,8,-8:1:AAAA:x",
        "1,8,8:0:AAAAAAAAAAA:x",
        "1,8,8:1:////////////////:x",  # tokens that are context and target at once
        "1,8,8:1:é:x",
        "1,8:1:AAAA:x",
        "a,b,c:1:AAAA:x",
        "1,8,8",
    ],
)
def test_a_mask_that_cannot_be_is_refused_before_memory_is_taken_for_it(text: str) -> None:
    with pytest.raises(WorkbenchError):
        text_mask(text)


@pytest.mark.parametrize("text", ["tokens/1", "tokens/1,2,3", "tokens/a,b", "tokens/-1,2", "planets/1,2", "clips/1,2"])
def test_a_selection_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(WorkbenchError):
        text_selection(text)


@pytest.mark.parametrize("text", ["", "<f4:2,2:AAAA", "|O:1:AAAA", "<f4:1:AADAfw", "<f4:99999999999,99999999999:AAAA", "<U4:1:AAAA", 3, None, ("a",)])
def test_an_array_that_cannot_be_is_refused(text: object) -> None:
    with pytest.raises(WorkbenchError):
        text_array(text, 2 if isinstance(text, str) and "," in text else 1)

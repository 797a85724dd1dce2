"""The shipped samples are whole, small, described, and better than knowing nothing."""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest

from workbench import samples
from workbench.core import codec
from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.core.results import Reference
from workbench.families.load import load
from workbench.measures.bank import space

_MOST_BYTES = {"checkpoint": 3_000_000, "bank": 1_500_000}
MASKED = tuple(name for name in samples.names() if samples.find(name).masked)
FORESEEING = tuple(name for name in samples.names() if name not in MASKED)


def test_the_samples_are_listed_with_the_opening_one_first() -> None:
    assert samples.names()[: len(MASKED)] == MASKED == ("shapes", "digits", "balls-masked")
    assert set(FORESEEING) == {"two-rooms", "balls"}


@pytest.mark.parametrize("name", samples.names())
def test_every_file_has_the_sum_that_was_written_down(name: str) -> None:
    folder = samples.find(name).folder
    lines = [line.split("  ") for line in (folder / "SHA256SUMS").read_text().splitlines()]
    assert {n for _, n in lines} == {p.name for p in folder.iterdir()} - {"SHA256SUMS"}
    for digest, file in lines:
        assert hashlib.sha256((folder / file).read_bytes()).hexdigest() == digest, file


@pytest.mark.parametrize("name", samples.names())
def test_a_sample_loads_whole_and_its_bank_needs_no_resizing(name: str) -> None:
    sample = samples.find(name)
    jepa = load(sample.checkpoint)
    assert jepa.report.whole
    parts = ["encoder_context", "encoder_target", "masked"] if sample.masked else ["encoder_context", "dynamics"]
    assert [p.name for p in jepa.report.parts if p.matched and p.name != "decoder"] == parts
    assert jepa.card.family == sample.family
    with np.load(sample.bank, allow_pickle=False) as bank:
        clip = Clip(bank["pixels"][0], fps=float(bank["fps"]) if "fps" in bank else None)
    shown = jepa.encoder.prepare([clip]).shown[0].numpy()
    assert np.array_equal(shown, clip.rgb())


@pytest.mark.parametrize("name", MASKED)
def test_the_reference_lives_in_the_space_of_the_targets(name: str) -> None:
    sample = samples.find(name)
    jepa, reference = load(sample.checkpoint), codec.loads(sample.reference.read_bytes())
    assert isinstance(reference, Reference)
    assert reference.space == space(jepa)
    with np.load(sample.bank, allow_pickle=False) as bank:
        assert reference.n == len(bank["pixels"])


@pytest.mark.parametrize("name", samples.names())
def test_samples_are_small_and_say_what_they_cannot_do(name: str) -> None:
    sample = samples.find(name)
    assert sample.checkpoint.stat().st_size <= _MOST_BYTES["checkpoint"]
    assert sample.bank.stat().st_size <= _MOST_BYTES["bank"]
    assert sample.card["cannot"]
    assert sample.card["licence"]
    assert sample.licence.read_text()
    assert f"evaluate {name} --seed" in sample.card["command"]


def test_the_card_of_shapes_keeps_the_bars() -> None:
    figures = samples.find("shapes").card["figures"]
    assert figures["centred_cosine"] >= 0.40
    assert figures["centred_cosine_other_image"] <= 0.05
    assert figures["mse_over_mean"] <= 0.85


@pytest.mark.parametrize("name", FORESEEING)
def test_the_card_of_a_sample_that_foresees_prints_three_seeds_and_ships_the_middle_one(name: str) -> None:
    seeds = samples.find(name).card["seeds"]
    assert [row["training_seed"] for row in seeds] == [0, 1, 2]
    assert sum(row["shipped"] for row in seeds) == 1


def test_the_card_of_two_rooms_keeps_the_bars() -> None:
    figures = samples.find("two-rooms").card["figures"]
    plans = figures["planning"]
    assert figures["e16_over_copy"] <= 0.08
    assert figures["shuffled_e16_over_copy"] >= 0.8
    assert figures["probe_r2"] >= 0.98
    assert min(plans["model"]["all"], plans["model"]["cross_room"]) >= 0.85
    assert plans["random"]["all"] <= 0.25
    assert plans["untrained"]["all"] <= 0.15


def test_every_seed_of_balls_keeps_the_bars() -> None:
    sample = samples.find("balls")
    assert sample.checkpoint.stat().st_size <= 2_000_000
    for figures in (sample.card["figures"], *sample.card["seeds"]):
        assert min(figures["pairs"][kind]["model"] for kind in ("gravity", "freeze", "teleport")) >= 0.95
        for scores in figures["quads"].values():
            assert scores["model"] >= 0.90
            assert 0.40 <= scores["random_init"] <= 0.60
            assert scores["pixels"] == 0.5


def test_the_digits_beat_twin_and_pixels_somewhere_or_say_what_was_tried() -> None:
    card = samples.find("digits").card
    rows = [card["figures"]["probe"], *card["figures"]["few_label"].values()]
    ahead = [r["model"] >= max(r["random_init"], r["pixels"]) + 0.02 for r in rows]
    assert any(ahead) or card["tried"]


@pytest.mark.long
def test_the_figures_of_shapes_hold_on_data_of_another_seed() -> None:
    figures = samples.evaluate("shapes", seed=17)
    assert figures["centred_cosine"] >= 0.40
    assert figures["centred_cosine_other_image"] <= 0.05
    assert figures["mse_over_mean"] <= 0.85


def test_an_unknown_sample_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadInput, match="one of shapes, digits, balls-masked"):
        samples.find("faces")


def test_listing_samples_loads_no_torch() -> None:
    code = "import sys; from workbench import samples; [samples.find(n) for n in samples.names()]; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_command_line_lists_samples(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    samples.add_arguments(parser)
    assert samples.run(parser.parse_args(["list"])) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [*samples.names(), *samples.run_names()]
    assert parser.parse_args(["evaluate", "shapes", "--seed", "3", "--json"]).seed == 3


def test_figures_print_as_a_table_of_every_value() -> None:
    card = samples.find("shapes").card
    text = samples._table(card["figures"])
    assert "centred_cosine" in text
    assert "random_init" in text
    assert json.dumps(card["figures"]["seed"]) in text


def test_the_table_puts_the_model_and_its_baselines_side_by_side() -> None:
    figures = {"pairs": {"freeze": {"model": 0.5, "random_init": 0.25, "pixels": 0.0}}, "planning": {"greedy": {"all": 1.0, "cross_room": 0.125}}}
    lines = [line.split() for line in samples._table(figures).splitlines()]
    assert lines == [["pairs", "model", "random_init", "pixels"], ["freeze", "0.500", "0.250", "0.000"],
                     ["planning", "all", "cross_room"], ["greedy", "1.000", "0.125"]]  # fmt: skip
    widths = [len(line) for line in samples._table(figures).splitlines()]
    assert widths[0] == widths[1]
    assert widths[2] == widths[3]

"""Probes read what is there and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.errors import BadInput
from workbench.train import probes


@pytest.fixture(scope="module")
def blobs() -> tuple[np.ndarray, np.ndarray]:
    """Three classes of 60 in six dimensions, of which two tell them apart."""
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.repeat([0, 1, 2], 60))
    middles = np.array([[0, 3], [3, 0], [-3, -3]])[labels]
    return np.concatenate([middles + rng.normal(size=(180, 2)), rng.normal(size=(180, 4))], 1), labels


def test_classes_that_are_apart_are_read_and_more_labels_help(blobs: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = blobs
    found = probes.class_probe(x[:120], y[:120], x[120:], y[120:], draws=10)
    assert found["all"] > 0.95
    assert found["1"] < found["10"] <= 1.0


def test_labels_that_have_nothing_to_do_with_the_features_stay_at_chance(blobs: tuple[np.ndarray, np.ndarray]) -> None:
    x, _ = blobs
    y = np.random.default_rng(1).integers(0, 3, 180)
    assert probes.class_probe(x[:120], y[:120], x[120:], y[120:], draws=5)["all"] < 0.55


def test_units_of_a_feature_do_not_matter_to_a_probe(blobs: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = blobs
    scaled = x * np.array([1e-3, 1e-3, 1, 1, 1, 1])
    found = probes.class_probe(scaled[:120], y[:120], scaled[120:], y[120:], draws=3)
    assert found["all"] > 0.95


def test_the_same_seed_labels_the_same_samples(blobs: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = blobs
    first, again = (probes.class_probe(x[:120], y[:120], x[120:], y[120:], draws=3, seed=4) for _ in range(2))
    assert first == again


def test_more_labels_than_samples_are_refused() -> None:
    with pytest.raises(BadInput, match="10 labels"):
        probes.class_probe(np.eye(8), np.arange(8) % 2, np.eye(8), np.arange(8) % 2)


def test_more_features_than_samples_change_nothing_but_the_time() -> None:
    rng = np.random.default_rng(0)
    x, y, z = rng.normal(size=(12, 8)), np.arange(12) % 3, rng.normal(size=(40, 8))
    turn = np.linalg.qr(rng.normal(size=(30, 8)))[0].T
    assert np.array_equal(probes.logistic(x, y, z), probes.logistic(x @ turn, y, z @ turn))


def test_r2_is_one_for_a_linear_value_and_none_for_noise() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 5))
    line, noise = x @ rng.normal(size=(5, 2)), rng.normal(size=(300, 2))
    assert probes.r2(x[:200], line[:200], x[200:], line[200:]) > 0.999
    assert probes.r2(x[:200], noise[:200], x[200:], noise[200:]) < 0.1


def test_r2_answers_for_more_features_than_samples() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 100))
    y = x[:, :1] + 0 * x[:, :1]
    assert probes.r2(x[:40], y[:40], x[40:], y[40:]) < 1.0


def test_small_pixels_are_the_means_of_the_large_ones() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 1, 64, 64, 3), dtype=np.uint8)
    small = probes.small_pixels(pixels).reshape(2, 16, 16, 3)
    assert small[1, 3, 5] == pytest.approx(pixels[1, 0, 12:16, 20:24].mean((0, 1)) / 255)
    assert probes.small_pixels(pixels[:, :, :5, :5]).shape == (2, 75)

from __future__ import annotations

import io
import pickle
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core import codec
from workbench.core.card import ClipKey, ModelKey
from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.core.mask import Mask
from workbench.core.questions.surprise import Accuracy
from workbench.core.results import Provenance

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(PLAIN)
def test_plain_values_come_back_equal_and_of_the_same_type(value: Any) -> None:
    again = codec.loads(codec.dumps(value))
    assert again == value
    assert repr(again) == repr(value)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float16", "float32", "float64", "U3"])
@pytest.mark.parametrize("shape", [(), (0,), (2, 3)])
def test_arrays_come_back_bit_by_bit(dtype: str, shape: tuple[int, ...]) -> None:
    array = np.ones(shape).astype(dtype)
    again = codec.loads(codec.dumps({"a": [array, array[..., :0] if shape else array]}))["a"][0]
    assert (again.dtype, again.shape) == (array.dtype, array.shape)
    assert np.array_equal(again, array)


def test_what_is_not_a_number_stays_so() -> None:
    again = codec.loads(codec.dumps([float("nan"), float("inf"), -0.0, np.float32("nan")]))
    assert np.isnan([again[0], again[3]]).all()
    assert again[1] == float("inf")
    assert np.signbit(again[2])


def test_numpy_scalars_become_plain_numbers() -> None:
    again = codec.loads(codec.dumps([np.int64(3), np.float64(0.1), np.bool_(True), np.str_("a")]))
    assert again == [3, 0.1, True, "a"]
    assert [type(a) for a in again] == [int, float, bool, str]


def test_dictionaries_that_look_like_the_format_are_still_dictionaries() -> None:
    tricky = {"$": "array", "v": 0, "c": "Clip"}
    assert codec.loads(codec.dumps(tricky)) == tricky


def test_our_own_values_come_back() -> None:
    clip = Clip(np.arange(24, dtype=np.uint8).reshape(1, 2, 4, 3), fps=4.0, source="a")
    mask = Mask(np.array([[[True, False]]]), np.array([[[[False, True]]]]), "random_tube")
    key = ModelKey("m.pth", overrides=(("heads", 3), ("image_size", (32, 32))))
    made = Provenance("prediction_error", "m", {"masked": "ab"}, seed=0, parameters={"distance": "l1"})
    again_clip, again_mask, again_key, again_made = codec.loads(codec.dumps((clip, mask, key, made)))
    assert (again_clip.digest, again_clip.fps, again_clip.source) == (clip.digest, 4.0, "a")
    assert (again_mask.digest, again_mask.sampler) == (mask.digest, "random_tube")
    assert again_key == key
    assert hash(again_key) == hash(key)
    assert again_made == made


def test_a_memory_view_is_read_too() -> None:
    assert codec.loads(memoryview(codec.dumps([1, 2]))) == [1, 2]


@dataclass(frozen=True)
class Stranger:
    """A class that nobody marked."""

    a: int = 1


@pytest.mark.parametrize("value", [Stranger(), object(), 1j, b"bytes", {1, 2}, np.array([object()]), np.datetime64("2026-01-01"), [Stranger]])
def test_other_kinds_are_refused_when_written(value: Any) -> None:
    with pytest.raises(BadInput, match="cannot be stored"):
        codec.dumps(value)


class Pair(NamedTuple):
    """A tuple with names."""

    a: int
    b: int


def test_a_named_tuple_comes_back_as_a_tuple() -> None:
    assert codec.loads(codec.dumps(Pair(1, 2))) == (1, 2)


def foreign() -> dict[str, bytes]:
    whole = codec.dumps({"a": np.arange(100), "b": ClipKey("x")})
    plain = io.BytesIO()
    np.savez(plain, a=np.arange(3))
    unknown = codec.dumps(ClipKey("x")).replace(b'"ClipKey"', b'"ClipKei"')
    return {
        "empty": b"",
        "text": b"hello",
        "pickle": pickle.dumps({"a": 1}),
        "foreign npz": plain.getvalue(),
        "half": whole[: len(whole) // 2],
        "all but ten": whole[:-10],
        "flipped byte": whole[: len(whole) // 2] + bytes([whole[len(whole) // 2] ^ 0xFF]) + whole[len(whole) // 2 + 1 :],
        "other class": unknown,
    }


@pytest.mark.parametrize("name", foreign())
def test_foreign_and_damaged_bytes_are_refused(name: str) -> None:
    with pytest.raises(BadInput):
        codec.loads(foreign()[name])


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    with pytest.raises(BadInput):
        codec.loads(data)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_damaged_result_is_refused_or_still_a_result(place: int, change: int) -> None:
    data = bytearray(codec.dumps([ClipKey("x"), np.arange(5)]))
    data[place % len(data)] ^= change
    try:
        codec.loads(bytes(data))
    except BadInput as err:
        said = str(err)
    else:
        said = "a flipped bit in what zip does not read"
    assert said


def repacked(header: str, *arrays: np.ndarray) -> bytes:
    body = io.BytesIO()
    named = {f"array_{k}": a for k, a in enumerate(arrays)}
    np.savez(body, allow_pickle=False, **{"workbench.json": np.frombuffer(header.encode(), np.uint8)}, **named)
    return body.getvalue()


@pytest.mark.parametrize(
    "header",
    [
        '{"$": "object", "c": "Stranger", "v": []}',
        '{"$": "object", "c": "ClipKey", "v": [["nope", 1]]}',
        '{"$": "object", "c": "ClipKey", "v": []}',
        '{"$": "code", "v": "print(1)"}',
        '{"$": "array", "v": 7}',
        '{"$": "float", "v": "many"}',
        '{"v": 1}',
        "[1, 2",
        "[" * 100_000,
    ],
)
def test_headers_that_lie_are_refused(header: str) -> None:
    assert codec.loads(repacked("[1, 2]")) == [1, 2]
    with pytest.raises(BadInput):
        codec.loads(repacked(header))


def test_values_that_a_class_refuses_are_refused() -> None:
    overlapping = codec.dumps(Mask(np.array([[[False, True]]]), np.array([[[[True, False]]]])))
    assert codec.loads(overlapping).shape == (1, 1, 2)
    both = {"$": "object", "c": "Mask", "v": [["context", {"$": "array", "v": 0}], ["targets", {"$": "array", "v": 1}]]}
    with pytest.raises(BadInput):
        codec.loads(repacked(str(both).replace("'", '"'), np.ones((1, 1, 2), bool), np.ones((1, 1, 1, 2), bool)))


def test_saving_replaces_the_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "result.npz"
    codec.save([1], path)
    codec.save([2], path)
    assert codec.loads(path.read_bytes()) == [2]
    with pytest.raises(BadInput):
        codec.save(object(), path)
    assert codec.loads(path.read_bytes()) == [2]
    assert [p.name for p in tmp_path.iterdir()] == ["result.npz"]


def test_a_script_that_has_measured_nothing_reads_every_result(tmp_path: Path) -> None:
    codec.save(Accuracy(3, 4), tmp_path / "found.npz")
    lines = f"import workbench as jw; print(jw.read_results({str(tmp_path / 'found.npz')!r}).value)"
    done = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=False)
    assert done.stdout == "0.75\n", done.stderr

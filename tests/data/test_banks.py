from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from workbench.core.errors import ClipError
from workbench.data import Bank, banks, load_bank, open_clips, save_bank

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 8, 6, 7, 3), dtype=np.uint8)
ACTIONS = np.arange(5 * 7 * 2, dtype=np.float32).reshape(5, 7, 2)
STATES = np.arange(5 * 8 * 4, dtype=np.float32).reshape(5, 8, 4)
MEDIA = Path(__file__).parent / "media"


def header(text: str) -> bytes:
    """The beginning of an .npy file with this header."""
    body = text.encode("latin1")
    return b"\x93NUMPY\x01\x00" + len(body).to_bytes(2, "little") + body


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return save_bank(tmp_path / "bank.npz", PIXELS, fps=10.0, labels=np.arange(5), names=list("abcde"), actions=ACTIONS, states=STATES)


def test_a_bank_comes_back_as_it_was_saved(path: Path) -> None:
    bank = load_bank(path)
    assert (len(bank), bank.names, bank.kind, bank.fps) == (5, tuple("abcde"), "bank", 10.0)
    assert bank.labels is not None
    assert bank.labels.tolist() == list(range(5))
    clip = bank[3]
    assert np.array_equal(clip.pixels, PIXELS[3])
    assert clip.actions is not None
    assert clip.states is not None
    assert np.array_equal(clip.actions, ACTIONS[3])
    assert np.array_equal(clip.states, STATES[3])
    assert clip.source == f"{path} clip d"


def test_sampling_takes_the_states_along_and_drops_actions_that_no_longer_fit(path: Path) -> None:
    clip = load_bank(path, frames=4, fps=5.0)[1]
    assert np.array_equal(clip.pixels, PIXELS[1, ::2])
    assert clip.states is not None
    assert np.array_equal(clip.states, STATES[1, ::2])
    assert clip.actions is None
    assert clip.fps == 5.0
    first = load_bank(path, frames=3, fps=10.0)[1]
    assert first.actions is not None
    assert np.array_equal(first.actions, ACTIONS[1, :2])


def test_a_bare_array_is_a_bank_read_in_parts(tmp_path: Path) -> None:
    np.save(tmp_path / "bank.npy", PIXELS)
    bank = load_bank(tmp_path / "bank.npy")
    assert isinstance(bank.pixels, np.memmap)
    assert bank.names == ("0", "1", "2", "3", "4")
    assert bank[0].fps is None
    assert bank.labels is None
    assert np.array_equal(bank[-1].pixels, PIXELS[-1])


def test_the_front_door_knows_a_bank(path: Path) -> None:
    clips = open_clips(path, frames=2)
    assert isinstance(clips, Bank)
    assert clips[0].frames == 2
    assert [c.frames for c in clips[1:3]] == [2, 2]


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"images": PIXELS}, "no `pixels`"),
        ({"pixels": PIXELS[0]}, "[8, 6, 7, 3]"),
        ({"pixels": PIXELS.astype(np.float32)}, "float32"),
        ({"pixels": PIXELS[:0]}, "[0, 8, 6, 7, 3]"),
        ({"pixels": np.zeros((2, 2, 3, 3, 4), np.uint8)}, "[2, 2, 3, 3, 4]"),
        ({"pixels": PIXELS, "fps": np.arange(3)}, "fps"),
        ({"pixels": PIXELS, "fps": np.array("ten")}, "fps"),
        ({"pixels": PIXELS, "fps": np.nan}, "fps"),
        ({"pixels": PIXELS, "labels": np.arange(4)}, "labels [4]"),
        ({"pixels": PIXELS, "names": np.array("one")}, "names []"),
        ({"pixels": PIXELS, "states": STATES[:, 1:]}, "states of 7 frames"),
        ({"pixels": PIXELS, "actions": ACTIONS[:, 0]}, "actions float32 [5, 2]"),
        ({"pixels": np.array([{"a": 1}], dtype=object)}, "Object arrays"),
    ],
)
def test_another_layout_is_refused_with_the_right_one(tmp_path: Path, arrays: dict, said: str) -> None:
    path = tmp_path / "bank.npz"
    np.savez(path, **arrays)
    with pytest.raises(ClipError) as caught:
        load_bank(path)
    assert said in caught.value.what
    assert caught.value.where == str(path)
    assert "uint8 `pixels`" in caught.value.fix


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.95])
def test_a_bank_cut_short_is_refused(path: Path, keep: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(ClipError, match="not a bank"):
        load_bank(path)


def test_a_bank_with_a_flipped_byte_is_refused(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(ClipError, match="not a bank"):
        load_bank(path)


def test_a_foreign_archive_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
        file.writestr("readme.txt", "hello")
    with pytest.raises(ClipError, match="bank"):
        load_bank(tmp_path / "a.npz")


def test_an_archive_that_unpacks_to_too_much_is_refused_unopened(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(banks, "MOST_BYTES", 1000)
    with pytest.raises(ClipError, match="unpacks to"):
        load_bank(path)


def test_a_cut_bare_array_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", PIXELS)
    (tmp_path / "a.npy").write_bytes((tmp_path / "a.npy").read_bytes()[:300])
    with pytest.raises(ClipError, match="not a bank"):
        load_bank(tmp_path / "a.npy")


def test_rates_of_a_bank_without_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ClipError, match="unknown"):
        load_bank(save_bank(tmp_path / "b.npz", PIXELS), fps=4.0)


BROKEN = {
    "zlib.npz": (MEDIA / "media_48.npz").read_bytes(),
    "token.npy": (MEDIA / "media_49.npy").read_bytes(),
    "type.npy": header("{'descr': 3, 'fortran_order': False, 'shape': (2, 2, 8, 8, 3), }"),
    "deep.npy": header("(" * 900 + ")" * 900),
    "huge.npy": header("{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999, 2, 8, 8, 3), }"),
    "negative.npy": header("{'descr': '|u1', 'fortran_order': False, 'shape': (-2, 2, 8, 8, 3), }"),
    "float.npy": header("{'descr': '|u1', 'fortran_order': False, 'shape': (2.5, 2, 8, 8, 3), }"),
    "text.npy": header("\xff\xfe not a dictionary"),
    "version.npy": b"\x93NUMPY\x09\x00" + bytes(100),
    "bare.npy": b"\x93NUMPY",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_header_is_refused_in_words(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(BROKEN[name])
    with pytest.raises(ClipError) as caught:
        open_clips(tmp_path / name)[0]
    assert caught.value.where == str(tmp_path / name)
    assert caught.value.fix


def test_an_array_that_claims_more_than_its_member_holds_is_refused_before_it_is_made(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("pixels.npy", header("{'descr': '|u1', 'fortran_order': False, 'shape': (400, 100, 100, 100, 3), }"))
    with pytest.raises(ClipError, match="cut short"):
        load_bank(tmp_path / "a.npz")


@pytest.mark.slow
def test_the_cost_of_a_bank_is_read_from_its_headers(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as file, file.open("pixels.npy", "w", force_zip64=True) as member:
        member.write(header("{'descr': '|u1', 'fortran_order': False, 'shape': (600, 1, 1024, 1024, 1), }"))
        for _ in range(600):
            member.write(bytes(1 << 20))
    assert (tmp_path / "a.npz").stat().st_size < 3 << 20
    with pytest.raises(ClipError, match=r"unpacks to 0\.6 GiB, more than 0\.5"):
        load_bank(tmp_path / "a.npz")

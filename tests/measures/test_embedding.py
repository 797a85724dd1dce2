"""Embeddings: the numbers are the encoder's, nothing finished is lost or done twice, and memory does not grow with the clips."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from workbench.core import codec
from workbench.core.clip import Clip
from workbench.core.errors import BadInput, Cancelled
from workbench.core.progress import listening
from workbench.core.vectors import Vectors
from workbench.data import open_clips
from workbench.data.ahead import ahead
from workbench.families import toy
from workbench.families.load import load
from workbench.measures.embedding import embed
from workbench.model.jepa import Jepa
from workbench.store import open_vectors
from workbench.store.embeddings import Entry

ROOT = Path(__file__).parents[2]


def pictures(folder: Path, count: int, side: int = 24) -> Path:
    """Noise in two classes, with sub-folders of their names."""
    rng = np.random.default_rng(count)
    for i in range(count):
        place = folder / ("cat", "dog")[i % 2] / f"{i}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (side, side + i % 3, 3), dtype=np.uint8)).save(place)
    return folder


def films(count: int, frames: int = 4) -> list[Clip]:
    rng = np.random.default_rng(7)
    return [Clip(rng.integers(0, 256, (frames, 32, 32, 3), dtype=np.uint8)) for _ in range(count)]


def one_by_one(jepa: Jepa, clip: Clip, layer: int | None = None) -> torch.Tensor:
    """The slow second way: ticks, rows, columns, features of one clip."""
    with torch.no_grad():
        return jepa.encoder.encode(jepa.encoder.prepare([clip]).video, weights="target", layer=layer).tokens[0]


def test_vectors_are_the_encoders_latents_averaged(jepa: Jepa, tmp_path: Path) -> None:
    clips = films(5)
    for layer in (None, 0):
        tokens = torch.stack([one_by_one(jepa, clip, layer) for clip in clips])
        wanted = {"clip": tokens.mean((1, 2, 3)), "frames": tokens.mean((2, 3)).flatten(0, 1), "tokens": tokens.flatten(0, 3)}
        for what, rows in wanted.items():
            found = open_vectors(embed(jepa, clips, what=what, layer=layer, store=tmp_path).path)
            np.testing.assert_allclose(found.values, rows.numpy(), atol=1e-6)
    beside = open_vectors(embed(jepa, clips, pool="class", store=tmp_path).path)
    extra = torch.stack([jepa.encoder.encode(jepa.encoder.prepare([c]).video).extra[0] for c in clips])
    np.testing.assert_allclose(beside.values, extra[:, :, 0].mean(1).numpy(), atol=1e-6)
    largest = open_vectors(embed(jepa, clips, pool="max", store=tmp_path).path)
    np.testing.assert_allclose(largest.values, torch.stack([one_by_one(jepa, c).amax((0, 1, 2)) for c in clips]).numpy(), atol=1e-6)


def test_every_row_says_where_it_comes_from(jepa: Jepa, tmp_path: Path) -> None:
    clips = films(3)
    ticks, rows, cols = one_by_one(jepa, clips[0]).shape[:3]
    found = open_vectors(embed(jepa, clips, what="tokens", store=tmp_path).path)
    picked = ((1 * ticks + ticks - 1) * rows + 1) * cols + 2  # clip 1, last tick, row 1, column 2
    np.testing.assert_allclose(found.values[picked], one_by_one(jepa, clips[1])[-1, 1, 2].numpy(), atol=1e-6)
    assert found.name(picked) == f"1 frame {4 - 4 // ticks} token 1,2"
    assert found.origin.hashes == {"encoder_target": jepa.card.hashes["encoder_target"]}


def test_the_baselines_are_other_vectors_in_an_entry_of_their_own(jepa: Jepa, tmp_path: Path) -> None:
    clips = films(2)
    found = {source: embed(jepa, clips, what="tokens", source=source, store=tmp_path) for source in ("model", "untrained", "pixels")}
    assert len({each.path for each in found.values()}) == 3
    assert {each.rows for each in found.values()} == {found["model"].rows}
    again = embed(jepa, clips, what="tokens", source="untrained", seed=1, store=tmp_path)
    assert not np.array_equal(open_vectors(again.path).values, open_vectors(found["untrained"].path).values)
    grid, video = (prepared := jepa.encoder.prepare(clips[:1])).grid, prepared.video
    patch = video[0, :, : grid.tubelet, : grid.patch[0], grid.patch[1] : 2 * grid.patch[1]]
    np.testing.assert_allclose(open_vectors(found["pixels"].path).values[1], patch.flatten().numpy(), atol=1e-6)


def test_folders_give_classes_and_unreadable_files_are_skipped_and_listed(jepa: Jepa, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "in", 9)
    (folder / "dog" / "0 broken.png").write_bytes(b"\x89PNG\r\n\x1a\n nothing of that kind")
    found = embed(jepa, open_clips(folder), store=tmp_path / "store")
    assert (found.rows, found.clips, found.columns) == (9, 10, ("label",))
    assert [name for name, why in found.skipped if why] == ["dog/0 broken.png"]
    vectors = open_vectors(found.path)
    assert vectors.columns["label"].tolist() == ["cat"] * 5 + ["dog"] * 4
    assert vectors.skipped == found.skipped
    np.testing.assert_allclose(vectors.values[5], one_by_one(jepa, open_clips(folder)["dog/1.png"]).mean((0, 1, 2)).numpy(), atol=1e-6)


def test_films_of_several_lengths_keep_their_own_rows(jepa: Jepa, tmp_path: Path) -> None:
    clips = [*films(2, 4), *films(2, 8)]
    found = open_vectors(embed(jepa, clips, what="frames", store=tmp_path).path)
    ticks = [one_by_one(jepa, clip).shape[0] for clip in clips]
    assert np.bincount(found.clip).tolist() == ticks
    np.testing.assert_allclose(found.values, torch.cat([one_by_one(jepa, c).mean((1, 2)) for c in clips]).numpy(), atol=1e-6)


def test_what_a_bank_knows_becomes_columns(jepa: Jepa, tmp_path: Path) -> None:
    rooms = open_clips(ROOT / "sample_data" / "two-rooms" / "bank.npz", frames=5)
    found = open_vectors(embed(jepa, rooms, what="frames", store=tmp_path).path)
    for row in (0, 7, len(found) - 1):
        state = rooms[int(found.clip[row])].states[int(found.frame[row])]
        np.testing.assert_allclose([found.columns[n][row] for n in ("x", "y", "wall", "door")], state)
    assert found.columns["label"].dtype.kind == "U"


def test_what_is_there_is_not_computed_again_and_what_changed_is(jepa: Jepa, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "in", 3)
    first = embed(jepa, open_clips(folder), store=tmp_path / "store")
    again = embed(jepa, open_clips(folder), store=tmp_path / "store")
    assert (first.computed, again.computed, again.path) == (3, 0, first.path)
    os.utime(folder / "cat" / "0.png", (1, 1))
    assert embed(jepa, open_clips(folder), store=tmp_path / "store").path != first.path
    assert embed(toy.build(seed=4), open_clips(folder), store=tmp_path / "store").computed == 3


def test_the_answer_is_a_handle_that_crosses_to_the_server(jepa: Jepa, tmp_path: Path) -> None:
    found = codec.loads(codec.dumps(embed(jepa, films(1), store=tmp_path)))
    assert isinstance(open_vectors(found.path), Vectors)


def test_a_cancelled_run_keeps_its_parts_and_goes_on(jepa: Jepa, tmp_path: Path) -> None:
    folder, heard = open_clips(pictures(tmp_path / "in", 200)), list[int]()

    def listener(done: int, total: int) -> None:
        heard.append(done)
        if done >= 150:
            raise Cancelled

    with pytest.raises(Cancelled), listening(listener):
        embed(jepa, folder, store=tmp_path)
    assert heard[-1] == 160
    assert "reading ahead" not in {t.name for t in threading.enumerate()}
    assert embed(jepa, folder, store=tmp_path).computed == 200 - 128


def test_settings_that_do_not_exist_are_refused_before_anything_is_written(jepa: Jepa, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no layer 99"):
        embed(jepa, films(1), layer=99, store=tmp_path)
    with pytest.raises(BadInput, match="no class token"):
        embed(load(ROOT / "sample_data" / "digits" / "jepa-latest.pth.tar"), films(1, 1), pool="class", store=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_clips_of_which_none_can_be_read_are_refused_with_the_reason(jepa: Jepa, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(b"no picture")
    with pytest.raises(BadInput, match="none of 1 clips can be read"):
        embed(jepa, open_clips(tmp_path / "in"), store=tmp_path / "store")
    with pytest.raises(BadInput, match="no clips"):
        embed(jepa, [], store=tmp_path / "store")


@pytest.mark.skipif(os.name == "nt", reason="files have no size limit there")
def test_a_disk_that_refuses_leaves_nothing_half_written(jepa: Jepa, tmp_path: Path) -> None:
    import resource

    clips, limits = films(6), resource.getrlimit(resource.RLIMIT_FSIZE)
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        embed(jepa, clips, store=tmp_path / "file")
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (8000, limits[1]))
        with pytest.raises(BadInput, match=r"cannot be written: File too large"):
            embed(jepa, clips, what="tokens", store=tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list(tmp_path.rglob("*.partial"))
    assert embed(jepa, clips, what="tokens", store=tmp_path).computed == 6


_RUN = """
import json, os, signal, sys
import torch
torch.set_num_threads(1)
from workbench.data import open_clips
from workbench.families import toy
from workbench.measures.embedding import embed
from workbench.store import embeddings
from tests.data.mutate_media import peak_kilobytes
how, store, *folders = sys.argv[1:]
jepa = toy.build(seed=3)
settle, written = embeddings.settle, []

def dies(part, place):
    if place.parent.name == "parts":
        written.append(place)
        if how == "within" and len(written) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
    settle(part, place)

embeddings.settle = dies
for folder in folders:
    found = embed(jepa, open_clips(folder), what="frames", store=store)
    print(json.dumps([found.path, found.computed, peak_kilobytes()]), flush=True)
"""


def run(how: str, store: Path, *folders: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _RUN, how, str(store), *map(str, folders)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_a_run_that_was_killed_goes_on_and_gives_the_same_bits(jepa: Jepa, tmp_path: Path) -> None:
    """Killed when one of three parts has its place and the second is written but has not; then resumed: equal to a run that nobody disturbed."""
    folder = pictures(tmp_path / "in", 300)
    assert run("within", tmp_path / "a", folder).returncode == -signal.SIGKILL
    place = next((tmp_path / "a" / "embeddings").glob("*.zarr"))
    assert Entry(place).finished() == [0]
    assert len(list(place.rglob("*.partial"))) == 1
    with pytest.raises(BadInput, match="not complete: 1 of 3"):
        open_vectors(place)
    kept = {p: p.stat().st_mtime_ns for p in (place / "parts" / "000000").rglob("*")}
    resumed = embed(jepa, open_clips(folder), what="frames", store=tmp_path / "a")
    assert resumed.computed == 300 - 128
    assert {p: p.stat().st_mtime_ns for p in kept} == kept
    assert not list(place.rglob("*.partial"))
    straight = embed(jepa, open_clips(folder), what="frames", store=tmp_path / "b")
    one, other = open_vectors(resumed.path), open_vectors(straight.path)
    assert one.values.tobytes() == other.values.tobytes()
    assert one.clip.tolist() == other.clip.tolist()


@pytest.mark.long
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is counted otherwise elsewhere")
def test_memory_does_not_grow_with_the_clips(tmp_path: Path) -> None:
    few, many = pictures(tmp_path / "few", 50, 160), pictures(tmp_path / "many", 500, 160)
    done = run("", tmp_path / "store", few, many)
    before, after = (json.loads(line)[2] for line in done.stdout.splitlines())
    pixels = 450 * 160 * 161 * 3 / 1024  # KiB of all further pictures
    assert after - before < pixels / 2, f"{before} KiB for 50 clips, {after} KiB for 500"


def test_reading_ahead_keeps_order_and_passes_errors_on() -> None:
    def items() -> object:
        yield from range(5)
        raise BadInput("after five")

    made = ahead(items())
    assert [next(made) for _ in range(5)] == list(range(5))
    with pytest.raises(BadInput, match="after five"):
        next(made)
    begun = threading.active_count()
    for item in ahead(range(10**9)):
        if item == 3:
            break
    assert threading.active_count() <= begun

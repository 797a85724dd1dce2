"""Embedding a folder of photos against the bare forward of the same encoder on the same batches, in one process, turn by turn.

    python tests/benchmarks/bench_embed.py [--size small --side 224] [--images 256] [--rounds 3] [--memory 1000 5000 20000] [--workers 2]

embed              reading, preparing, encoding and storing, bare forward ÷ ours, so that 1 is no loss; aim 0.9. I-JEPA with random weights, JPEG of 320 px.
embed.memory       peak resident memory of a process of its own that embeds so many images, in MiB, beside that for the fewest; given with --memory.
embed.workers      images a second with so many Dask workers ÷ one, starting them included; given with --workers.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import _common as common
import numpy as np
import torch
from PIL import Image
from torch import Tensor

from workbench.core.card import ModelKey
from workbench.data import open_clips
from workbench.families.load import load
from workbench.families.sizes import SIZES
from workbench.front import embed as embed_anywhere
from workbench.measures.base import threads_for
from workbench.measures.embedding import embed
from workbench.measures.extracting import Extractor
from workbench.model.jepa import Jepa
from workbench.nn.vit import Vit, VitConfig

_PATCH, _SAVED = 16, 320


def checkpoint(file: Path, size: str, side: int) -> Path:
    """An I-JEPA of that size with random weights, as its training code saves it."""
    s = next(s for s in SIZES if s.name == f"vit_{size}")
    vit = Vit(VitConfig(s.dim, s.depth, s.heads, s.hidden, _PATCH, table=(side // _PATCH, side // _PATCH)))
    state = {f"module.{name}": torch.empty(t.shape).normal_(std=0.02) for name, t in vit.state_dict().items()}
    torch.save({"encoder": state, "target_encoder": state, "epoch": 1}, file)
    return file


def photos(folder: Path, count: int) -> Path:
    """Smooth noise as JPEG, which takes as long to decode as photos of that size."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    for i in range(count):
        small = Image.fromarray(rng.integers(0, 256, (40, 40, 3), dtype=np.uint8))
        small.resize((_SAVED, _SAVED), Image.Resampling.BICUBIC).save(folder / f"{i}.jpg", quality=90)
    return folder


def batches(jepa: Jepa, folder: Path) -> list[Tensor]:
    """The prepared pixels, in the batches that `embed` makes of them."""
    extractor = Extractor(jepa, "clip", None, "mean", "model", 0)
    clips = list(enumerate(open_clips(folder)))
    step = extractor.size(extractor.prepare(clips[:1])[0][0])
    return [extractor.prepare(clips[i : i + step])[0][0].video for i in range(0, len(clips), step)]


def throughput(jepa: Jepa, folder: Path, work: Path, images: int, rounds: int) -> None:
    """Ours and the bare forward, in turn."""
    prepared, runs = batches(jepa, folder), iter(range(1000))

    def bare() -> None:
        with threads_for(jepa), torch.inference_mode():
            for video in prepared:
                jepa.encoder.encode(video).tokens.mean((1, 2, 3))

    seconds = common.alternate({"ours": lambda: embed(jepa, open_clips(folder), store=work / f"run {next(runs)}"), "bare": bare}, rounds)
    rate = {name: round(images / median, 2) for name, median in common.medians(seconds).items()}
    common.report("embed", "torch", "zarr", ratio=common.ratio(seconds["bare"], seconds["ours"]), images_a_second=rate, images=images, aim=0.9)


def peak(file: Path, folder: Path, store: Path) -> int:
    """Bytes of a process that embeds a folder, at its highest."""
    lines = (
        "import sys; import workbench as jw\n"
        "jw.embed(sys.argv[1], sys.argv[2], store=sys.argv[3])\n"
        "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"  # not that of the parent, as ru_maxrss
    )
    command = [sys.executable, "-c", lines, str(file), str(folder), str(store)]
    return int(subprocess.run(command, cwd=common.ROOT, capture_output=True, text=True, check=True).stdout) * 1024


def workers(file: Path, folder: Path, work: Path, counts: list[int], images: int) -> None:
    """Images a second with several Dask workers."""
    rate = dict[int, float]()
    for count in counts:
        start = time.perf_counter()
        embed_anywhere(ModelKey(str(file)), folder, store=work / f"{count} workers", cluster=count)
        rate[count] = images / (time.perf_counter() - start)
    ratios = {str(count): round(rate[count] / rate[1], 3) for count in counts}
    common.report(
        "embed.workers", "torch", "distributed", ratio=ratios, images_a_second={str(c): round(r, 2) for c, r in rate.items()}, images=images
    )


def main() -> None:
    """Print every figure as one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="small")
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--images", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", type=int, nargs="*", default=[])
    parser.add_argument("--workers", type=int, default=0)
    asked = parser.parse_args()
    work = Path(tempfile.mkdtemp())
    try:
        file = checkpoint(work / "jepa-latest.pth.tar", asked.size, asked.side)
        folder = photos(work / "photos", asked.images)
        throughput(load(file), folder, work, asked.images, asked.rounds)
        found = {count: peak(file, photos(work / f"{count} photos", count), work / f"{count} store") for count in sorted(asked.memory)}
        if found:
            least = min(found.values())
            sizes = {str(count): round(size / 2**20) for count, size in found.items()}
            common.report("embed.memory", "torch", mebibytes=sizes, ratio={str(c): round(s / least, 3) for c, s in found.items()})
        if asked.workers:
            workers(file, folder, work, [1, asked.workers], asked.images)
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()

"""Damaged pictures, films and banks, opened one after another: `python -m tests.data.mutate_media SEED COUNT`.

Prints one JSON line: how many were read, refused by a WorkbenchError, or failed in any other way, the slowest of them in
seconds of the processor, and the peak memory of the process in MiB. More than 20 such seconds end the process by an alarm, a
crash by its signal; a case that waits for ever is ended after five minutes, with the place where it waits.
"""

from __future__ import annotations

import faulthandler
import io
import json
import random
import resource
import signal
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from workbench.core.errors import WorkbenchError
from workbench.data import open_clips

MEDIA = Path(__file__).parent / "media"
SECONDS, WAITING = 20, 300


def peak_kilobytes() -> int:
    """Of this program alone, where the system tells it: `getrusage` counts what the process was that started it."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def originals() -> dict[str, bytes]:
    """Whole files of every kind, by name."""
    found = {p.name: p.read_bytes() for p in sorted(MEDIA.iterdir()) if p.suffix in (".mp4", ".mkv", ".mpg", ".ts", ".avi", ".webm", ".webp")}
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8))
    for name in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "PPM", "JPEG2000", "TGA", "ICO"):
        file = io.BytesIO()
        picture.save(file, name)
        found[f"still.{name.lower()}"] = file.getvalue()
    for name in ("GIF", "WEBP", "PNG"):
        file = io.BytesIO()
        picture.save(file, name, save_all=True, append_images=[picture.rotate(90 * k) for k in (1, 2)], duration=80)
        found[f"moving.{name.lower()}"] = file.getvalue()
    pixels = np.random.default_rng(1).integers(0, 256, (3, 4, 8, 8, 3), dtype=np.uint8)
    for name, save in (
        ("bank.npz", lambda f: np.savez_compressed(f, pixels=pixels, fps=8.0, labels=np.arange(3))),
        ("bank.npy", lambda f: np.save(f, pixels)),
    ):
        file = io.BytesIO()
        save(file)
        found[name] = file.getvalue()
    return found


def mutated(data: bytes, draw: random.Random) -> bytes:
    """The file with bytes changed, cut out, repeated, or large numbers written into its header."""
    changed = bytearray(data)
    for _ in range(draw.choice((1, 1, 2, 4, 16, 64))):
        reach = len(changed) if draw.random() < 0.5 else min(len(changed), 256)
        at = draw.randrange(max(reach, 1))
        how = draw.randrange(6)
        if how == 0:
            changed[at : at + 1] = bytes([draw.randrange(256)])
        elif how == 1:
            changed[at : at + 4] = draw.choice((b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", bytes(4), b"\x00\x00\x40\x00", b"\x00\x40\x00\x00"))
        elif how == 2:
            del changed[at : at + draw.randrange(1, 64)]
        elif how == 3:
            changed[at:at] = changed[at : at + draw.randrange(1, 64)]
        elif how == 4:
            del changed[max(at, 8) :]
        else:
            changed[at : at + 8] = draw.randbytes(8)
    return bytes(changed)


def main(seed: int, count: int) -> None:
    """Open so many damaged files."""
    draw, files = random.Random(seed), originals()
    read, refused, slowest = 0, 0, 0.0
    failed: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for k in range(count):
            name = draw.choice(sorted(files))
            path = Path(folder, name)
            path.write_bytes(mutated(files[name], draw))
            print(f"seed {seed} case {k} {name}", file=sys.stderr, flush=True)
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            faulthandler.dump_traceback_later(WAITING, exit=True)
            began = time.process_time()
            try:
                clips = open_clips(path)
                for index in range(min(len(clips), 2)):
                    assert clips[index].pixels.size
                read += 1
            except WorkbenchError as err:
                refused += bool(err.what and err.fix)
                failed += [] if err.what and err.fix else [f"case {k} {name}: no way out: {err!r}"]
            except Exception as err:
                failed.append(f"case {k} {name}: {type(err).__name__}: {err}"[:300])
            slowest = max(slowest, time.process_time() - began)
            signal.setitimer(signal.ITIMER_PROF, 0)
    faulthandler.cancel_dump_traceback_later()
    peak = peak_kilobytes() >> 10
    print(json.dumps({"read": read, "refused": refused, "failed": failed, "slowest": round(slowest, 2), "peak": peak}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

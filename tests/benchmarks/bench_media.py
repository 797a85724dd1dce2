"""Opening 16 frames of a ten-minute 1080p film, and 200 photos of 12 megapixels: ours ÷ OpenCV's plain loop, and peak memory.

Each way runs in a process of its own, so that one's memory is not counted for the other. The inputs are made on the spot.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

FRAMES, PHOTOS, MINUTES, FPS = 16, 200, 10, 25
_BEGIN = "import json, resource, sys, time\nimport numpy as np\npath = sys.argv[1]\n"
_END = "print(json.dumps([time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))\n"
OURS_FILM = f"from workbench.data import load_video\nbegan = time.perf_counter()\nassert load_video(path, frames={FRAMES}).frames == {FRAMES}\n"
PLAIN_FILM = f"""
import cv2
began = time.perf_counter()
video = cv2.VideoCapture(path)
chosen = set(np.linspace(0, int(video.get(cv2.CAP_PROP_FRAME_COUNT)) - 1, {FRAMES}).round().astype(int).tolist())
found = []
for k in range(max(chosen) + 1):
    ok, frame = video.read()
    if ok and k in chosen:
        found.append(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))
assert len(found) == {FRAMES}
"""
OURS_PHOTOS = f"from workbench.data import open_clips\nbegan = time.perf_counter()\nassert sum(1 for _ in open_clips(path).readable()) == {PHOTOS}\n"
PLAIN_PHOTOS = f"""
import cv2
from pathlib import Path
began = time.perf_counter()
assert sum(cv2.cvtColor(cv2.imread(str(p)), cv2.COLOR_BGR2RGB).size > 0 for p in sorted(Path(path).iterdir())) == {PHOTOS}
"""


def measured(code: str, path: Path) -> tuple[float, float]:
    """(seconds, peak MiB) of a piece of Python in a process of its own."""
    done = subprocess.run([sys.executable, "-c", _BEGIN + code + _END, str(path)], capture_output=True, text=True, check=True)
    seconds, peak = json.loads(done.stdout)
    return seconds, peak


def make_film(path: Path) -> None:
    """Ten minutes of 1080p, a key frame every two seconds."""
    import av

    height, width = 1080, 1920
    ground = np.random.default_rng(0).integers(0, 256, (34, 60, 3), dtype=np.uint8).repeat(32, 0).repeat(32, 1)[:height, :width]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "g": str(2 * FPS)})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for k in range(MINUTES * 60 * FPS):
            frame = av.VideoFrame.from_ndarray(np.roll(ground, 4 * (k // 5), 1), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def make_photos(folder: Path) -> None:
    """Photos of 4000 × 3000, each of another content."""
    import cv2

    folder.mkdir()
    rng = np.random.default_rng(0)
    for k in range(PHOTOS):
        small = rng.integers(0, 256, (30, 40, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / f"{k}.jpg"), cv2.resize(small, (4000, 3000), interpolation=cv2.INTER_CUBIC))


def main() -> None:
    """One JSON line for the film, one for the photos."""
    with tempfile.TemporaryDirectory() as folder:
        film, photos = Path(folder, "film.mp4"), Path(folder, "photos")
        make_film(film)
        make_photos(photos)
        for name, path, ours, plain in (
            ("16 frames of 10 min 1080p", film, OURS_FILM, PLAIN_FILM),
            ("200 photos of 12 MP", photos, OURS_PHOTOS, PLAIN_PHOTOS),
        ):
            (seconds, peak), (beside, other) = measured(ours, path), measured(plain, path)
            found = {"what": name, "ours_s": seconds, "opencv_s": beside, "ratio": seconds / beside, "ours_peak_mib": peak, "opencv_peak_mib": other}
            print(json.dumps({k: round(v, 3) if isinstance(v, float) else v for k, v in found.items()}), flush=True)


if __name__ == "__main__":
    main()

"""Videos as a file that any browser plays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import UInt8

from workbench.core.films import Reel
from workbench.core.questions.base import Question, question


@question(
    "video_file",
    title="Videos as a file",
    formula="the videos side by side, each frame with its label above and below; VP8 in WebM, or H.264 in MP4",
    source="VP8 (RFC 6386), H.264 (ITU-T H.264)",
    cannot="Both codecs lose detail: measure on exported numbers, not on these pixels.",
    number="size",
)
@dataclass(frozen=True, eq=False)
class VideoFile(Question[UInt8[np.ndarray, "bytes"]]):
    """Videos side by side as one file, with their labels. It holds the pixels themselves, so it is never printed as lines of Python: those of what drew them are.

    Args:
        videos: at least one. fps: frames a second. context_frames: that a model was given. edited: the step that was changed by hand, −1 none.
        kind: of file, "webm" (VP8) or "mp4" (H.264).
    """

    videos: tuple[Reel, ...]
    fps: float = 8.0
    context_frames: int = 0
    edited: int = -1
    kind: Literal["webm", "mp4"] = "webm"

"""Images, videos, folders and banks on disk -> clips. No torch; OpenCV is imported when the first picture is decoded.

clips = open_clips("videos", frames=16, fps=4)
clips.names[0], clips[0].pixels.shape
"""

from __future__ import annotations

from workbench.data.banks import Bank, load_bank
from workbench.data.clips import Clips
from workbench.data.export import save_bank, save_png
from workbench.data.images import decode_image, load_image
from workbench.data.opening import load_clip, open_clips
from workbench.data.paths import confine
from workbench.data.statistics import action_statistics
from workbench.data.videos import load_video

__all__ = [
    "Bank",
    "Clips",
    "action_statistics",
    "confine",
    "decode_image",
    "load_bank",
    "load_clip",
    "load_image",
    "load_video",
    "open_clips",
    "save_bank",
    "save_png",
]

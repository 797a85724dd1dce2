"""What may be decoded at all: costs are worked out from headers, before the first pixel is."""

from __future__ import annotations

from workbench.core.errors import ClipError

MOST_FRAMES = 4096
MOST_BYTES = 512 << 20
MOST_FRAME_PIXELS = 8192 * 4352
# Longer sides than this are scaled down as they are decoded; models look at a few hundred pixels.
KEPT_SIDE = 1920
_SMALLEST_SIDE = 384


def check_frame(width: int, height: int, where: str) -> None:
    """Refuse a frame of a video or an animation that is too large to decode.

    Raises:
        ClipError: no pixels, or more than `MOST_FRAME_PIXELS`.
    """
    if width < 1 or height < 1:
        raise ClipError(f"its frames are {width}×{height} pixels", where=where, fix="convert it to MP4 (H.264)")
    if width * height > MOST_FRAME_PIXELS:
        raise ClipError(
            f"its frames are {width}×{height} = {width * height / 1e6:,.0f} megapixels; at most {MOST_FRAME_PIXELS / 1e6:.0f} are decoded",
            where=where,
            fix="shrink it first; models look at a few hundred pixels",
        )


def fitted(width: int, height: int, frames: int, where: str, *, most_bytes: int = MOST_BYTES, most_frames: int = MOST_FRAMES) -> tuple[int, int]:
    """The (width, height) at which so many frames are kept: as they are, or scaled down until they fit.

    A long side of more than `KEPT_SIDE` is scaled down to it. Where the frames still need more than `most_bytes`, they are
    scaled down further, to a short side of no less than 384.

    Raises:
        ClipError: too many frames, or too many bytes even so.
    """
    share = min(1.0, KEPT_SIDE / max(width, height))
    smallest = min(1.0, _SMALLEST_SIDE / min(width, height))
    affordable = (most_bytes / (3 * frames * width * height)) ** 0.5
    if affordable < share:
        share = max(affordable, min(share, smallest))
    kept = (max(1, int(width * share)), max(1, int(height * share))) if share < 1 else (width, height)
    needed = frames * kept[0] * kept[1] * 3
    if frames > most_frames or needed > most_bytes:
        raise ClipError(
            f"{frames} frames of {kept[0]}×{kept[1]} are {needed / 2**30:.1f} GiB; "
            f"at most {most_frames} frames and {most_bytes / 2**30:g} GiB are read",
            where=where,
            fix="ask for fewer frames, for fewer a second, or for a shorter length",
        )
    return kept

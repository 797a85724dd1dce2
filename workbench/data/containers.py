"""A video file opened without trusting it: one demuxer, no other file, and what its headers say before a frame is decoded."""

from __future__ import annotations

import io
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from workbench.core.errors import ClipError
from workbench.data._av import pyav
from workbench.data.headers import HEAD_BYTES, container_format
from workbench.data.limits import MOST_FRAME_PIXELS, check_frame
from workbench.data.paths import plainly

_READ_AHEAD = 1 << 18
_FRAME_THREADS = range(200_000, 2_500_000)  # pixels: below, starting threads costs more than it saves; beyond, each holds too many bytes of frames
_NAMES = {"matroska": "Matroska or WebM", "mov": "MP4 or MOV", "mpegts": "MPEG-TS", "mpeg": "MPEG", "mpegvideo": "MPEG"}


class FixedSize(io.RawIOBase):
    """A file as long as it was when it was opened, so that one that grows while it is read comes to an end."""

    def __init__(self, file: BinaryIO | io.BufferedReader) -> None:
        super().__init__()
        self._file = file
        self._size = file.seek(0, io.SEEK_END)
        file.seek(0)

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """Bytes from the start."""
        return self._file.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a byte, from the start, from here, or from the end as it was."""
        return self._file.seek(self._size + offset) if whence == io.SEEK_END else self._file.seek(offset, whence)

    def read(self, size: int = -1, /) -> bytes:
        """Bytes, none beyond the end as it was."""
        left = max(0, self._size - self._file.tell())
        return self._file.read(left if size < 0 else min(size, left))


@contextmanager
def opened(path: Path) -> Generator[tuple[Any, Any], None, None]:
    """(container, video stream) of a file, given to the one demuxer that its first bytes name.

    FFmpeg reads through a file object and is told no path, so that no demuxer can reach a neighbour of the file or an address.

    Raises:
        ClipError: not a video, damaged, without a picture, of a codec that is not decoded, or with frames too large to decode.
    """
    where = plainly(str(path))
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        name = container_format(head)
        if not name:
            raise ClipError("this is not a video that is read", where=where, fix="give an MP4, MOV, WebM, MKV, AVI, MPEG, TS, FLV, WMV or Ogg file")
        av = pyav()
        kind = _NAMES.get(name, name.upper())
        try:
            container = av.open(FixedSize(file), format=name, buffer_size=_READ_AHEAD, io_open=_no_other_file, metadata_errors="replace")
        except (av.FFmpegError, OSError, ValueError, RuntimeError, OverflowError, MemoryError) as err:
            raise ClipError(
                f"this {kind} file cannot be opened: it is damaged or cut short ({_short(err)})",
                where=where,
                fix="copy or download it again; `ffmpeg -i FILE -c:v libx264 out.mp4` saves what is left of it",
            ) from err
        try:
            yield container, _stream(container, where)
        finally:
            container.close()


def _no_other_file(url: str, flags: int, options: dict[str, Any]) -> Any:
    raise PermissionError(f"a video may not open {url!r}")


def _short(err: BaseException) -> str:
    return str(getattr(err, "strerror", None) or err or type(err).__name__).splitlines()[0][:120]


def _stream(container: Any, where: str) -> Any:
    """The first video stream that is not the cover of an album, ready to be decoded."""
    av = pyav()
    cover = av.stream.Disposition.attached_pic
    pictures = [s for s in container.streams.video if not s.disposition & cover]
    if not pictures:
        what = "holds sound and no picture" if container.streams.audio else "holds no video stream"
        raise ClipError(f"this file {what}", where=where, fix="give a file with a video stream")
    stream = pictures[0]
    context = stream.codec_context
    if context is None:
        raise ClipError(
            "this video has a codec that is not decoded",
            where=where,
            fix="convert it: ffmpeg -i FILE -c:v libx264 -pix_fmt yuv420p out.mp4",
        )
    check_frame(context.width, context.height, where)
    context.options = {"max_pixels": str(MOST_FRAME_PIXELS)}
    if context.width * context.height in _FRAME_THREADS:
        context.thread_type = "AUTO"
    else:
        context.thread_count = 1
    return stream


def tracks(container: Any) -> int:
    """How many video streams there are, covers included."""
    return len(container.streams.video)

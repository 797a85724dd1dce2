"""Reading ahead: one thread makes the next items while the caller works on this one."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from queue import Empty, Full, Queue
from typing import Any, TypeVar

Item = TypeVar("Item")
_WAIT = 0.1  # seconds after which a thread that nobody takes items from looks whether it should end


def ahead(items: Iterable[Item], most: int = 2) -> Generator[Item, None, None]:
    """The items in order, made in a thread of their own.

    Args:
        items: asked for the next one in that thread alone. most: items that wait to be taken; the thread holds one more.

    Raises:
        whatever `items` raises, where it would have stood.
    """
    queue: Queue[tuple[str, Any]] = Queue(most)
    ended = threading.Event()

    def put(kind: str, value: Any) -> bool:
        while not ended.is_set():
            try:
                queue.put((kind, value), timeout=_WAIT)
                return True
            except Full:
                continue
        return False

    def make() -> None:
        try:
            for item in items:
                if not put("item", item):
                    return
            put("end", None)
        except BaseException as error:  # it belongs to the caller
            put("error", error)

    thread = threading.Thread(target=make, daemon=True, name="reading ahead")
    thread.start()
    try:
        while True:
            try:
                kind, value = queue.get(timeout=_WAIT)
            except Empty:
                continue
            if kind == "item":
                yield value
            elif kind == "error":
                raise value
            else:
                return
    finally:
        ended.set()
        thread.join()

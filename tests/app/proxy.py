"""A small reverse proxy, as a hub or nginx is one: it passes requests and sockets on, and may rewrite their Host."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def proxied(port: int, *, rewrite: bool) -> Iterator[int]:
    """The port of a proxy before the app at this port; ended after the block.

    Args:
        rewrite: send the app its own address as Host, and what the proxy was asked for as X-Forwarded-Host; else the Host is kept.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = rewritten((await reader.readuntil(b"\r\n\r\n")).decode("latin-1"), port if rewrite else None)
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
            inner_writer.write(head.encode("latin-1"))
            await asyncio.gather(pump(reader, inner_writer), pump(inner_reader, writer), return_exceptions=True)
        except (OSError, EOFError):  # the browser has left
            writer.close()

    server = asyncio.run_coroutine_threadsafe(asyncio.start_server(pass_on, "127.0.0.1", 0), loop).result(30)
    yield server.sockets[0].getsockname()[1]

    async def end() -> None:
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    asyncio.run_coroutine_threadsafe(end(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(30)


def rewritten(head: str, port: int | None) -> str:
    """The head of a request for a connection of its own, and for the app at a port where its Host is to be rewritten."""
    first, *lines = head.split("\r\n")[:-2]
    kept = [line for line in lines if not line.lower().startswith(("host:", "connection:"))]
    host = next(line.partition(":")[2].strip() for line in lines if line.lower().startswith("host:"))
    socket = any(line.lower().startswith("upgrade:") for line in lines)
    hosts = [f"Host: {host}"] if port is None else [f"Host: 127.0.0.1:{port}", f"X-Forwarded-Host: {host}"]
    return "\r\n".join([first, *kept, *hosts, f"Connection: {'Upgrade' if socket else 'close'}", "", ""])


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass bytes on until there are no more."""
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()

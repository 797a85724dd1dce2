"""The modules of the views as files of the server: a browser fetches and compiles each once, and keeps it.

Panel sends the text of a module with every component that uses it, and compiles each text anew, as if it were TypeScript.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import Any

from tornado.web import HTTPError, RequestHandler

_YEAR = 365 * 24 * 3600  # seconds; a changed module has another address
_sources: dict[str, str] = {}
_served: list[bool] = []


@cache
def address_of(name: str, source: str) -> str:
    """Where a module is found from now on, relative to the page. name: what its file is called."""
    file = f"{name}-{sha256(source.encode()).hexdigest()[:16]}.js"
    _sources[file] = source
    return f"./views/{file}"


def routes() -> list[tuple[str, type[RequestHandler]]]:
    """What a server answers for the modules. From now on components name them by their address."""
    _served.append(True)
    return [(r"/views/([\w.-]+)", _Modules)]


def by_address(properties: dict[str, Any], document: Any) -> dict[str, Any]:
    """The properties of a component's model, with its module by address where a server of ours shows the document."""
    if _served and document is not None and document.session_context is not None:
        return {**properties, "bundle": "url", "esm": address_of(properties["class_name"], properties["esm"])}
    return properties


class _Modules(RequestHandler):
    def get(self, file: str) -> None:
        if file not in _sources:
            raise HTTPError(404)
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.set_header("Cache-Control", f"private, max-age={_YEAR}, immutable")
        self.finish(_sources[file])

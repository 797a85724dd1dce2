"""Styles come from this server, in whatever way a page is built."""

from __future__ import annotations

from typing import Any

import panel as pn
from bokeh.document import Document
from bokeh.models import ImportedStyleSheet
from panel.io.state import set_curdoc

from tests.straight import Straight
from workbench import samples
from workbench.app.shell import Start, page


def test_a_page_that_is_built_anew_for_its_socket_asks_only_this_server(finish: Any) -> None:
    """Bokeh drops the session of a page that is slower than 15 s to open its socket, and builds another, for which Panel renders no HTML."""

    async def urls() -> set[str]:
        document = Document()
        with set_curdoc(document):
            page(Straight(), Start(samples.names()[0], None, "cpu", {}, lambda path: path)).server_doc(document)
        found = {sheet.url for sheet in document.models if isinstance(sheet, ImportedStyleSheet)}
        pn.state._onload.pop(document, None)
        return found

    found = finish(urls())
    assert found, "the page has styles"
    assert not {url for url in found if "://" in url}

"""A link of every board, and how to wait until the address of a page says what is on screen."""

from __future__ import annotations

from typing import Any

from tests.waiting import until

BOARDS = {
    "Checkpoint": "v=1&board=Checkpoint&model=sample:shapes&data=sample:shapes&clip=2&.search=norm",
    "Masks": "v=1&board=Masks&model=sample:digits&data=sample:digits&clip=3&.seed=4",
    "Features": "v=1&board=Features&model=sample:shapes&data=sample:shapes&clip=2",
    "Embedding": "v=1&board=Embedding&model=sample:shapes&data=sample:shapes&clip=2&.what=clip&.method=pca&.k=20&.colour=shape",
    "Decode": "v=1&board=Decode&model=sample:shapes&data=sample:shapes&clip=2&.steps=140",
    "Sensitivity": "v=1&board=Sensitivity&model=sample:shapes&data=sample:shapes&clip=2&.nuisance_amount=0.9&.structure_amount=0.2",
    "Catalogue": "v=1&board=Catalogue&model=sample:shapes&data=sample:shapes&clip=2&.search=vith",
    "Rollout": "v=1&board=Rollout&model=sample:two-rooms&data=sample:two-rooms&clip=3&tick=4&.known=3",
    "Plan": "v=1&board=Plan&model=sample:two-rooms&data=sample:two-rooms&clip=3&.samples=64&.goal=[0.3,0.7]",
    "Surprise": "v=1&board=Surprise&model=sample:balls&data=sample:balls&clip=1&.films=teleport&.pair=3",
    "Labels": "v=1&board=Labels&model=sample:shapes&data=sample:shapes&clip=2",
    "Run": "v=1&board=Run&run=run:shapes-collapse&model=file:shapes-collapse/jepa-step20.pth.tar&data=sample:shapes&clip=2&.at=jepa-step20.pth.tar&.below=compare",
}
PRESSED = ("Embedding", "Run")  # what their links show may have to be computed first


# What a page says of its board and of its address, read at one moment: between two reads a page may take up a link.
_SAID = """(nodes) => {
  const of = (name) => nodes.filter((node) => node.classList.contains(name)).map((node) => node.dataset);
  return {
    busy: of("jw-headline").map(({ busy }) => busy),
    addresses: of("jw-address").map(({ due, shown }) => [due, shown]),
    here: location.hash.slice(1),
  };
}"""


def fragment(page: Any) -> str:
    return page.evaluate("() => location.hash.slice(1)")


def held(page: Any, *parts: str) -> str:
    """The fragment, once the app has written one that holds all of these parts, the board in sight computes nothing, and no other fragment is due."""
    both = page.locator(".jw-headline, .jw-address")

    def is_settled(said: dict[str, Any]) -> bool:
        here = said["here"]
        return said["busy"] == ["false"] and said["addresses"] == [["false", here]] and set(parts) <= set(here.split("&"))

    return until(page, lambda: both.evaluate_all(_SAID), is_settled, f"the app has written an address that holds {parts}")["here"]

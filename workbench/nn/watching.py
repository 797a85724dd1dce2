"""What networks compute on the way: outputs of blocks and attention weights, read by hooks during a forward pass that stays as it is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, runtime_checkable

from torch import Tensor, nn

from workbench.model.device import ask_memory

_COPIES = 3  # of the weights that are held while they are computed


@runtime_checkable
class Attends(Protocol):
    """A layer that can give the attention weights of what its `forward` was given: tokens [batch, tokens, dim], and where they lie."""

    heads: int

    def weights(self, *given: Any, **named: Any) -> Tensor:
        """[batch, heads, queries, keys]."""
        ...


@contextmanager
def outputs_of(blocks: Iterable[nn.Module]) -> Iterator[list[Tensor]]:
    """The outputs of these modules, in the order in which they ran in this thread."""
    found, mine = list[Tensor](), threading.get_ident()

    def keep(_: nn.Module, given: Any, out: Tensor) -> None:
        del given
        if threading.get_ident() == mine:
            found.append(out)

    handles = [block.register_forward_hook(keep) for block in blocks]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def attention_of(net: nn.Module, look: Callable[[Tensor], Tensor]) -> Iterator[list[Tensor]]:
    """What `look` keeps of the attention weights of every layer of a network, in the order in which they ran in this thread.

    The forward pass itself uses the fused kernel as always; the weights are computed beside it.

    Raises:
        OutOfMemory: the weights of one layer do not fit; before they are computed.
    """
    found, mine = list[Tensor](), threading.get_ident()

    def weigh(layer: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        if threading.get_ident() == mine and isinstance(layer, Attends):
            rows, tokens, _ = given[0].shape
            what = f"attention weights of {rows} × {tokens} tokens in {layer.heads} heads"
            ask_memory(_COPIES * 4 * rows * layer.heads * tokens**2, what, fix="use fewer frames, or a smaller image_size", device=given[0].device)
            found.append(look(layer.weights(*given, **named).float()))

    handles = [m.register_forward_pre_hook(weigh, with_kwargs=True) for m in net.modules() if isinstance(m, Attends)]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()

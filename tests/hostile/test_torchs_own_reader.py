"""Torch's own list of class names, where it can give one, is ours.

`torch.serialization.get_unsafe_globals_in_checkpoint` is not used to read files: it knows archives with the opcodes of protocol 2 only, no older
stream, no bare pickle and no name put together on the stack; it tells no tensors and no settings, and gives nothing of a damaged file. Loading with
`weights_only` hashes and builds whatever the file says: a megabyte of integers that share one hash keeps it busy for hours.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.serialization import get_unsafe_globals_in_checkpoint

from tests.checkpoints import pickled
from tests.hostile.building import valued
from workbench.checkpoints import describe

MAKERS: dict[str, Callable[[Path], Any]] = {
    "tensors": lambda path: torch.save({"w": torch.zeros(2), "epoch": 3}, path),
    **{"dino_wm": pickled.dino_wm, "lewm": pickled.lewm_object, "lightning": pickled.lightning},
}


@pytest.mark.filterwarnings("ignore:Couldn.t retrieve source code")
@pytest.mark.parametrize("kind", MAKERS)
def test_the_names_of_torchs_own_list_are_the_classes_that_are_told(kind: str, tmp_path: Path) -> None:
    MAKERS[kind](tmp_path / "model.pt")
    ours, theirs = set(describe(tmp_path / "model.pt").classes), set(get_unsafe_globals_in_checkpoint(str(tmp_path / "model.pt")))
    assert ours <= theirs
    assert all(name.startswith(("torch.", "numpy.", "_codecs.", "collections.", "__builtin__.", "builtins.")) for name in theirs - ours)


def test_a_name_put_together_on_the_stack_is_told_which_torchs_own_list_cannot_read(tmp_path: Path) -> None:
    path = valued(b"\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R")(tmp_path)
    assert describe(path).classes == ("os.system",)
    with pytest.raises(Exception, match="Unsupported operand"):
        get_unsafe_globals_in_checkpoint(str(path))

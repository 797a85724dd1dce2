"""Three hundred files of nine sources with bytes changed, a seed: `python -m tests.hostile.fuzz SEED COUNT` tries others."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.hostile.fuzz import fuzz
from tests.hostile.test_doors import faults


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="limits and measures a process as Linux does")
@pytest.mark.filterwarnings("ignore:Couldn.t retrieve source code")
@pytest.mark.parametrize("seed", [1])
def test_files_with_changed_bytes_are_told_in_words_and_none_is_run(seed: int, tmp_path: Path) -> None:
    answers = fuzz(seed, 300, tmp_path)
    assert len(answers) == 300
    assert faults(answers) == []

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.core.errors import BadInput
from workbench.data import confine


@pytest.fixture
def roots(tmp_path: Path) -> list[Path]:
    for name in ("one", "two", "outside", "one_more"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.png").write_bytes(b"")
    return [tmp_path / "one", tmp_path / "two"]


def test_what_lies_inside_is_allowed(roots: list[Path]) -> None:
    assert confine(roots[0] / "one.png", roots) == roots[0] / "one.png"
    assert confine("one.png", roots) == roots[0] / "one.png"
    assert confine("two.png", roots) == roots[1] / "two.png"
    assert confine("../two/two.png", roots) == roots[1] / "two.png"
    assert confine("sub/../one.png", roots) == roots[0] / "one.png"
    assert confine(roots[1], roots) == roots[1]
    assert confine("new.png", roots) == roots[0] / "new.png"


@pytest.mark.parametrize(
    "path",
    ["../outside/outside.png", "..", "/etc/passwd", "/", "~/a.png", "~root", "a\0b", "", "../one_more/one_more.png", "sub/../../outside"],
)
def test_what_lies_outside_is_refused_and_the_folders_are_named(path: str, roots: list[Path]) -> None:
    with pytest.raises(BadInput) as caught:
        confine(path, roots)
    assert str(roots[0]) in caught.value.fix
    assert str(roots[1]) in caught.value.fix


def test_a_neighbour_with_the_same_beginning_is_outside(roots: list[Path], tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="outside"):
        confine(tmp_path / "one_more" / "one_more.png", roots)


def test_links_are_judged_by_where_they_lead(roots: list[Path], tmp_path: Path) -> None:
    (roots[0] / "door").symlink_to(tmp_path / "outside", target_is_directory=True)
    (roots[0] / "stairs").symlink_to(roots[1], target_is_directory=True)
    with pytest.raises(BadInput, match="outside"):
        confine("door/outside.png", roots)
    assert confine("stairs/two.png", roots) == roots[1] / "two.png"


def test_a_root_may_itself_be_a_link(roots: list[Path], tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(roots[0], target_is_directory=True)
    assert confine("one.png", [tmp_path / "link"]) == roots[0] / "one.png"


def test_links_in_circles_are_refused(roots: list[Path]) -> None:
    (roots[0] / "a").symlink_to(roots[0] / "a")
    with pytest.raises(BadInput):
        confine("a", roots[:1])


def test_without_folders_nothing_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="outside"):
        confine(tmp_path, [])

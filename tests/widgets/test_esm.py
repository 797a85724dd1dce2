from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import widgets
from widgets._esm import css, esm
from widgets.palette import properties

HERE = Path(widgets.__file__).parent
VIEWS = sorted(path.name for path in HERE.glob("[a-z]*.js"))


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_becomes_one_module_without_imports(view: str) -> None:
    text = esm(view)
    assert not re.search(r"^\s*import\b", text, re.MULTILINE)
    assert len(re.findall(r"^export\b", text, re.MULTILINE)) == 1
    assert "export default { render };" in text


@pytest.mark.parametrize("view", VIEWS)
def test_each_neighbour_is_joined_once(view: str) -> None:
    scopes = re.findall(r"^const (\$\w+) = \(\(\) => \{", esm(view), re.MULTILINE)
    assert "$_kit" in scopes
    assert len(scopes) == len(set(scopes))


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_joined_modules_parse_and_offer_render(tmp_path: Path) -> None:
    for view in VIEWS:
        (tmp_path / view).with_suffix(".mjs").write_text(esm(view), "utf-8")
    calls = "".join(f"if (typeof (await import('./{Path(view).stem}.mjs')).default.render !== 'function') process.exit(2);\n" for view in VIEWS)
    (tmp_path / "all.mjs").write_text(calls)
    done = subprocess.run(["node", "all.mjs"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_styles_start_with_the_colours_and_the_kit_and_reach_nothing_outside() -> None:
    text = css("_grid.css", "patch_canvas.css")
    assert text.startswith(properties() + "\n" + (HERE / "_kit.css").read_text("utf-8"))
    for sheet in HERE.glob("*.css"):
        assert "@import" not in sheet.read_text("utf-8")
        assert "url(" not in sheet.read_text("utf-8")


def test_views_use_only_what_both_hosts_have() -> None:
    for path in HERE.glob("*.js"):
        text = path.read_text("utf-8")
        assert not re.search(r"model\.(send|widget_manager)|\.on\(\"change\"|innerHTML|document\.head", text), path.name


def test_the_package_offers_each_view_by_name() -> None:
    assert {getattr(widgets, name).__name__ for name in widgets.__all__} == set(widgets.__all__)
    with pytest.raises(AttributeError, match="no view 'PatchCanvass'"):
        _ = widgets.PatchCanvass

"""Names of models and data in links and saved views: relative to an allowed folder, so that a view says nothing of the rest of a machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from workbench import samples
from workbench.boards.clip_choice import bank_path
from workbench.boards.code import WRAPPED
from workbench.core.errors import BadInput
from workbench.data.paths import confine
from workbench.published import find_cached
from workbench.store.uploads import sent_as

_SAMPLE, _RUN, _PUBLISHED, _FILE, _WITHIN = "sample:", "run:", "published:", "file:", "in:"


class Names:
    """Names of what lies in these folders, of samples, and of published checkpoints in the caches of this machine.

    Args:
        roots: the folders in which files may be opened; a name is looked up in each in turn.
    """

    def __init__(self, roots: Sequence[Path]) -> None:
        self.roots = [root.expanduser().resolve() for root in roots]
        self._known = {"": ""}  # path -> name

    def of(self, path: str) -> str:
        """The name of a path; "" of an empty one.

        Raises:
            BadInput: it came from no file, lies outside the folders, or its name would open another file.
        """
        if path not in self._known:
            self._known[path] = self._named(path)
        return self._known[path]

    def _named(self, path: str) -> str:
        if path.startswith(WRAPPED):
            kind = "these are vectors" if path.startswith(f"{WRAPPED}vectors ") else "this model is a module"
            raise BadInput(f"{kind} in memory, which a link or a saved view cannot hold", where="view", fix="save it as a file, and open that")
        sample = next((n for n in samples.names() if path in (n, str(samples.find(n).checkpoint), str(samples.find(n).bank))), None)
        if sample is not None:
            return _SAMPLE + sample
        run = next((n for n in samples.run_names() if path in (n, str(samples.find_run(n).folder))), None)
        if run is not None:
            return _RUN + run
        published = next((n for n, cached in find_cached().items() if str(cached.path) == path), None)
        if published is not None:
            return _PUBLISHED + published
        if sent_as(path) is not None:
            what = "this file was sent from your computer for this page only, so that a link or a saved view cannot name it"
            raise BadInput(what, where="view", fix="put it into a folder that may be opened, and open it there")
        place = Path(path).resolve()
        root = next((r for r in self.roots if place.is_relative_to(r)), None)
        if root is None:
            what = f"{place.name} lies in none of the folders that may be opened, so that a link or a saved view cannot name it"
            raise BadInput(what, where="view", fix="move it into one of these folders, and open it there")
        name = place.relative_to(root).as_posix()
        if name != "." and confine(name, self.roots) == place:
            return _FILE + name
        if root.name and [r.name for r in self.roots].count(root.name) == 1:  # the folder itself, or one file of two that are called alike
            return f"{_WITHIN}{root.name}{'' if name == '.' else f'/{name}'}"
        if confine(name, self.roots) != place:
            what = f"two of the folders that may be opened hold {name}, so that a link cannot tell them apart"
            raise BadInput(what, where="view", fix="rename one of them")
        return _FILE + name

    def model(self, name: str) -> str:
        """The sample or the path of a checkpoint, as `Workspace.open` takes it.

        Raises:
            BadInput: there is none of that name, or it may not be opened.
        """
        return self._found(name, "model")

    def data(self, name: str) -> str:
        """The path of clips; "" of an empty name.

        Raises:
            BadInput: as `model`.
        """
        return bank_path(self.bank(name))

    def bank(self, name: str) -> str:
        """The sample or the path of a bank, as `ClipChoice.compare_with` takes it; "" of an empty name.

        Raises:
            BadInput: as `model`.
        """
        return self._found(name, "data") if name else ""

    def run(self, name: str) -> str:
        """The shipped run or the folder of a training run, as `OpenRun.open` takes it; "" of an empty name.

        Raises:
            BadInput: as `model`.
        """
        if name.startswith(_RUN):
            shipped = name.removeprefix(_RUN)
            samples.find_run(shipped)  # raises for one that is gone
            return shipped
        return self._found(name, "training run") if name else ""

    def _found(self, name: str, what: str) -> str:
        if name.startswith(_SAMPLE):
            sample = name.removeprefix(_SAMPLE)
            samples.find(sample)  # raises for one that is gone
            return sample
        if name.startswith(_PUBLISHED):
            cached = find_cached().get(name.removeprefix(_PUBLISHED))
            if cached is None:
                shown = name.removeprefix(_PUBLISHED)
                raise BadInput(
                    f"the published checkpoint {shown!r:.80} is not on this machine", where=what, fix="see the Catalogue for how to get it"
                )
            return str(cached.path)
        roots, begins = self.roots, _FILE
        if name.startswith(_WITHIN):
            first, _, rest = name.removeprefix(_WITHIN).partition("/")
            roots, begins = [root for root in self.roots if root.name == first], f"{_WITHIN}{first}/"
            name = f"{begins}{rest or '.'}"
        relative = name.removeprefix(begins)
        if not roots or not name.startswith(begins) or not relative or Path(relative).is_absolute() or relative.startswith("~") or "\\" in relative:
            fix = f"a name begins with {_SAMPLE}, {_RUN}, {_PUBLISHED}, {_FILE} or {_WITHIN}, and is relative to an allowed folder"
            raise BadInput(f"{name!r:.120} does not name a {what} of a view", where=what, fix=fix)
        place = confine(relative, roots)
        if not place.exists():
            where = ", ".join(root.name for root in roots)
            raise BadInput(
                f"there is no {relative!r:.120} any more", where=what, fix=f"it was looked for in the folders {where}; put it back, or open it anew"
            )
        return str(place)

"""The front door: the verbs of `import workbench`, which take a sample's name wherever they take a path."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from workbench import samples
from workbench.core.card import BankKey, FolderKey, LoadReport, ModelKey
from workbench.core.errors import BadInput
from workbench.core.questions.embedding import Embedding, Level, Pool, Source
from workbench.data import Clips
from workbench.measures.bank import Bank
from workbench.model.jepa import Jepa
from workbench.worlds.factors import ClipRow, Scenes


def resolve(path: str | Path) -> str:
    """The path of a sample by its name, else the path itself.

    Raises:
        BadInput: there is no such file, but a sample of nearly that name.
    """
    if str(path) in samples.names():
        return str(samples.find(str(path)).checkpoint)
    _refuse_misspelled(path)
    return str(path)


def _refuse_misspelled(path: str | Path) -> None:
    name = str(path).strip()
    near = get_close_matches(name.lower(), samples.names(), n=1, cutoff=0.7)
    if near and not Path(name).exists():
        fix = f"there is a sample {near[0]!r}; the samples are {', '.join(samples.names())}"
        raise BadInput(f"there is neither a file nor a sample {name!r}", where=name, fix=fix)


def load(path: str | Path, **options: Any) -> Jepa:
    """Open a checkpoint, by path or by a sample's name. Options as in `workbench.families.load.load`."""
    from workbench.families.load import load as load_file

    return load_file(resolve(path), **options)


def inspect(path: str | Path, *, overrides: tuple[tuple[str, object], ...] = (), **options: Any) -> LoadReport:
    """What of a checkpoint would load, part by part. overrides: further options, as a question names them."""
    from workbench.families.load import inspect as inspect_file

    return inspect_file(resolve(path), **dict(overrides), **options)


def open_clips(path: str | Path, *, frames: int | None = None, fps: float | None = None, start: float = 0.0, length: float | None = None) -> Clips:
    """The clips of a sample, or of an image, a video, a folder or an npz.

    Args:
        path: a sample's name, a file or a folder. frames: how many to take of each clip; None = all.
        fps: frames a second to take; None = as they come. start, length: seconds, of which part of each clip; None = to its end.
    """
    from workbench.data import open_clips as open_path

    return open_path(bank_path(path), frames=frames, fps=fps, start=start, length=length)


def bank_path(path: str | Path) -> str:
    """The bank of a sample by its name, else the path itself."""
    return str(samples.find(str(path)).bank) if str(path) in samples.names() else str(path)


def open_bank(path: str | Path, *, frames: int | None = None, fps: float | None = None) -> Bank:
    """The clips over which references and ranks are taken: a sample's own, or those of a folder or npz (at most 256, evenly taken).

    Args:
        path: a sample's name, a file or a folder. frames, fps: as of `open_clips`.
    """
    from workbench.worker.shelf import Shelf

    return Shelf().bank(BankKey(bank_path(path), frames, fps))


def embed(
    jepa: Jepa | ModelKey | str | Path,
    data: str | Path | ClipRow | Bank,
    *,
    what: Level = "clip",
    layer: int | None = None,
    pool: Pool = "mean",
    source: Source = "model",
    seed: int = 0,
    out: str | Path | None = None,
    store: str | Path | None = None,
    cluster: Any = None,
) -> Embedding:
    """Embed all clips of a path and keep the vectors on disk: `open_vectors(found.path)` reads them.

    Asked again, it goes on where it stopped; what is complete is not computed again. Files that cannot be read are skipped and listed.

    Args:
        jepa: a model, the path of a checkpoint or a key with its options, or a sample's name. data: a sample's name, an image, a video, a folder of them (with one sub-folder a
            class: column `label`), a bank, or clips. what, layer, pool, source, seed: as of `workbench.core.questions.embedding.Embed`.
        out: a .npy, .npz or .parquet to write the vectors to as well, or the folder of this embedding; None: in the store alone.
        store: folder of the store; None: that of the environment variable JEPA_WORKBENCH_STORE, else `jepa-workbench` in the user's cache folder.
        cluster: where it is computed: None: here; a number of processes on this machine; the address of a Dask scheduler; or a cluster object of
            Dask, as of dask-jobqueue. `jepa` and `data` then name files that every worker can read, and all can write to the store. A script that
            gives a number has its calls under `if __name__ == "__main__":`, since new processes import it.

    Raises:
        BadInput: no clip can be read, no such layer, another process writes this embedding, or the disk refuses. PartUnavailable: no whole encoder.
        MissingExtra: zarr, pyarrow or distributed is not installed.
    """
    from workbench.measures.embedding import embed as embed_clips
    from workbench.store import open_vectors, save_vectors

    model = jepa if isinstance(jepa, Jepa) else _opened(jepa)
    clips = open_clips(data) if isinstance(data, str | Path) else data.clips if isinstance(data, Bank) else data
    file = Path(out) if out is not None and Path(out).suffix.lower() in (".npy", ".npz", ".parquet") else None
    place = None if file is not None else out
    settings: dict[str, Any] = {"what": what, "layer": layer, "pool": pool, "source": source, "seed": seed}
    spread = None if cluster is None else _spread(cluster, jepa, clips, settings)
    found = embed_clips(model, clips, **settings, out=place, store=store, spread=spread)
    if file is not None:
        save_vectors(open_vectors(found.path), file)
    return found


def _opened(model: ModelKey | str | Path) -> Jepa:
    if not isinstance(model, ModelKey):
        return load(model)
    return load(model.path, family=model.family, device=model.device, dtype=model.dtype, **dict(model.overrides))


def _spread(cluster: Any, model: Jepa | ModelKey | str | Path, clips: ClipRow, settings: dict[str, Any]) -> Any:
    """What computes the tasks on a cluster.

    Raises:
        BadInput: a model or clips that came from no file, which no worker can open.
    """
    from workbench.core.questions.embedding import Embed
    from workbench.measures.spreading import over

    if isinstance(model, Jepa) or not isinstance(clips, Clips) or not clips.path:
        what = "a model that is open already" if isinstance(model, Jepa) else "clips that came from no file"
        raise BadInput(f"{what} cannot be given to a cluster", where="cluster", fix="give the path of the checkpoint, and the path of the data")
    key = model if isinstance(model, ModelKey) else ModelKey(resolve(model))
    place, data = str(Path(key.path).resolve()), FolderKey(str(Path(clips.path).resolve()), **clips.sampling)
    return over(cluster, Embed(replace(key, path=place, stamp=()), data, **settings))


def scenes(path: str | Path, *, frames: int | None = None, fps: float | None = None, start: float = 0.0, length: float | None = None) -> Scenes:
    """Clips, and each of them with one thing changed: what is known of a sample's world, and noise, brightness and blur for any clips.

    Args:
        path: a sample's name, or an image, a video, a folder or an npz. frames, fps, start, length: as of `open_clips`.
    """
    from workbench.worker.shelf import Shelf

    return Shelf().scenes(bank_path(path), frames=frames, fps=fps, start=start, length=length)

"""What tensors do not say: from the caller, else from the yaml or json beside the file, else from a published table, else refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.core.card import Fact, Origin
from workbench.core.errors import AmbiguousModel, BadInput, CheckpointError
from workbench.families.registry import Request
from workbench.families.sizes import Size, by_name, head_options

_MODEL_NAMES = ("meta.model_name", "model.model_name")
_MOST_PIXELS = 8192


class Settings:
    """Settles one value after another and keeps how it came to be known, as `facts`. Settings that are not stated are asked for together, by `close`."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.facts: list[Fact] = []
        self._open: list[tuple[str, str, Sequence[Any]]] = []

    def note(self, name: str, value: Any, origin: Origin, why: str, choices: Sequence[Any] = ()) -> Any:
        """Keep a fact and give its value back. choices: the values that fit the tensors, where there are few."""
        self.facts.append(Fact(name, value, origin, why, tuple(choices)))
        return value

    def settle(
        self,
        name: str,
        *,
        parse: Callable[[Any], Any],
        options: str,
        standin: Any,
        config: Sequence[str] = (),
        table: tuple[Any, Origin, str] | None = None,
        choices: Sequence[Any] = (),
    ) -> Any:
        """The value of one setting.

        Args:
            parse: the value as wanted; raises ValueError with a reason. options: what would do, for the refusal.
            standin: used for now where the setting is not stated; `close` refuses it.
            config: places in the yaml, first that speaks wins. table: (value, origin, why), the last resort; no answer where it does not fit.
            choices: the values that fit the tensors, where there are few: a form can offer them.

        Raises:
            BadInput: the override does not fit. CheckpointError: the yaml does not fit.
        """
        checkpoint = self.request.checkpoint
        if self.request.overrides.get(name) is not None:
            given = self.request.overrides[name]
            try:
                return self.note(name, parse(given), "given", "by the caller", choices)
            except (ValueError, TypeError, ArithmeticError) as err:
                raise BadInput(f"{name}={given!r} does not fit: {err}", where=f"{name}=", fix=options) from err
        for place in config:
            said = checkpoint.setting(place)
            if said is not None:
                try:
                    return self.note(name, parse(said), "given", f"{place} in {checkpoint.config_path.rpartition('/')[2]}", choices)
                except (ValueError, TypeError, ArithmeticError) as err:
                    raise CheckpointError(f"{place}: {said!r} does not fit: {err}", where=checkpoint.config_path, fix=options) from err
        if table is not None and _fits(parse, table[0]):
            return self.note(name, parse(table[0]), table[1], table[2], choices)
        self._open.append((name, options, choices))
        return standin

    def close(self) -> tuple[Fact, ...]:
        """All facts, once everything is known.

        Raises:
            AmbiguousModel: with every setting that is not stated, and the values that would fit.
        """
        if self._open:
            names = " and ".join(name for name, *_ in self._open)
            options = "; ".join(text for _, text, _ in self._open)
            choices = {name: values for name, _, values in self._open}
            what = f"neither the tensors nor a file beside them say {names}"
            raise AmbiguousModel(what, where=str(self.request.checkpoint.path), fix=options, choices=choices)
        return tuple(self.facts)

    def heads(self, name: str, dim: int, *, rotary: bool, config: Sequence[str], table: tuple[int, Origin, str] | None) -> int:
        """A number of attention heads: any wrong divisor of `dim` would load whole and give a false picture."""
        fitting = head_options(dim, rotary=rotary)
        because = " into heads of at least 12 features, an even number" if rotary else ""
        options = f"give {name}=…: {_listed(fitting)} divide {dim}{because}" if fitting else f"no number of heads divides {dim}{because}"

        def parse(value: Any) -> int:
            if isinstance(value, bool) or int(value) != value or int(value) not in fitting:
                raise ValueError(f"{dim} features cannot be cut into {value} heads")
            return int(value)

        return self.settle(name, parse=parse, options=options, standin=(*fitting, 1)[0], config=config, table=table, choices=fitting)

    def named_size(self, dim: int) -> tuple[Size, str] | None:
        """The published size that the yaml names, and where."""
        checkpoint = self.request.checkpoint
        for place in _MODEL_NAMES:
            size = by_name(checkpoint.setting(place), dim, checkpoint.config_path)
            if size is not None:
                return size, f"{place} {size.name} in {checkpoint.config_path.rpartition('/')[2]}"
        return None


def _fits(parse: Callable[[Any], Any], value: Any) -> bool:
    """Whether what a table says is possible with these tensors at all; else it is no answer."""
    try:
        parse(value)
    except (ValueError, TypeError, ArithmeticError):
        return False
    return True


def size_parser(patch: int) -> Callable[[Any], tuple[int, int]]:
    """Reads (height, width), or one number for a square; both multiples of the patch."""

    def parse(value: Any) -> tuple[int, int]:
        sides = (value, value) if isinstance(value, int) else tuple(value)
        if len(sides) != 2 or any(isinstance(s, bool) or int(s) != s or not patch <= s <= _MOST_PIXELS or s % patch for s in sides):
            raise ValueError(f"height and width must be multiples of the patch, {patch} pixels, and at most {_MOST_PIXELS}")
        return int(sides[0]), int(sides[1])

    return parse


def settle_side(settings: Settings, patch: int, side: tuple[int, int], table: str, how: str) -> tuple[int, int]:
    """(height, width) that images are prepared at: those of a stored position table, or others, for which it is resized.

    Args:
        side: (rows, cols) of the table. table: its name in the file. how: it is resized, for the report.
    """
    rows, cols = side
    native = (rows * patch, cols * patch)
    size = settings.settle(
        "image_size",
        parse=size_parser(patch),
        options=f"give (height, width) in multiples of {patch}",
        standin=native,
        table=(native, "read", f"{table} has {rows}×{cols} places of {patch} pixels"),
    )
    if size != native:
        settings.note("position table", f"resized from {rows}×{cols}", "assumed", how)
    return size


def frames_parser(tubelet: int) -> Callable[[Any], int]:
    """Reads a number of frames, a multiple of the tubelet; of several (one a data set) the largest."""

    def parse(value: Any) -> int:
        frames: Any = max(value) if isinstance(value, list | tuple) and value else value
        if isinstance(frames, bool) or int(frames) != frames or frames < tubelet or frames % tubelet:
            raise ValueError(f"frames must be a multiple of the tubelet, {tubelet}")
        return int(frames)

    return parse


def renamed(said: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The yaml's values under our names; entries that are absent or null are left out."""
    return {ours: said[theirs] for theirs, ours in names.items() if said.get(theirs) is not None}


def _listed(numbers: Sequence[int]) -> str:
    words = [str(n) for n in numbers]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"

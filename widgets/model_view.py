"""What a checkpoint holds: the card, what of each part loaded, and every tensor with its values."""

from __future__ import annotations

from typing import Any

import traitlets as t

from widgets._esm import css, esm
from widgets._schema import ANY, COUNT, FLAG, NUMBER_OR_NONE, TEXT, TEXTS, Rule, check_dict, dicts, is_count, is_list_of, is_number, is_text, one_of
from widgets._traits import View

_is_shape = is_list_of(is_count)
_SHAPE: Rule = ("a list of whole numbers", _is_shape)
_NUMBERS: Rule = ("a list of finite numbers", is_list_of(is_number))
_COUNTS: Rule = ("a list of whole numbers from 0", is_list_of(is_count))
_DICTS: Rule = ("a list of dicts", is_list_of(lambda item: isinstance(item, dict)))


def _is_pair(item: Any) -> bool:
    return isinstance(item, list | tuple) and len(list(item)) == 2 and all(map(is_text, item))  # type: ignore[reportUnknownArgumentType]


def _is_reshaped(item: Any) -> bool:
    if not isinstance(item, list | tuple) or len(list(item)) != 3:  # type: ignore[reportUnknownArgumentType]
        return False
    name, expected, found = item  # type: ignore[reportUnknownVariableType]
    return is_text(name) and _is_shape(expected) and _is_shape(found)


_PAIRS: Rule = ("a list of [name, reason]", is_list_of(_is_pair))
_RESHAPED: Rule = ("a list of [name, expected shape, found shape]", is_list_of(_is_reshaped))

_MODEL_WORDS = {key: TEXT for key in ("family", "paper", "licence", "notes", "preprocessing", "path")}
_MODEL = {**_MODEL_WORDS, "file_bytes": COUNT, "facts": _DICTS, "parts": _DICTS, "tensors": _DICTS, "wants": _DICTS, "other": TEXTS}
_FACT = {"name": TEXT, "value": ANY, "origin": one_of("read", "inferred", "given", "assumed")}
_PART = {"name": TEXT, "status": one_of("whole", "partial", "missing")}
_PART_MORE = {
    **{"label": TEXT, "matched": COUNT, "missing": TEXTS, "unexpected": TEXTS, "reshaped": _RESHAPED, "ignored": _PAIRS},
    **{"parameters": COUNT, "bytes": COUNT, "dtype": TEXT, "refused": TEXT},
}
_TENSOR = {"name": TEXT, "shape": _SHAPE}
_TENSOR_MORE = {"dtype": TEXT, "bytes": COUNT, "part": TEXT}
_HISTOGRAM = {"name": TEXT, "counts": _COUNTS, "edges": _NUMBERS}
_HISTOGRAM_MORE = {**{key: NUMBER_OR_NONE for key in ("mean", "std", "min", "max")}, "nan": COUNT, "infinite": COUNT}


class ModelView(View):
    """A checkpoint at a glance: where each value came from, which parts are whole, and what the file holds.

    `model` holds name, family, paper, licence, notes, preprocessing, path, file_bytes; facts of {name, value, origin, why};
    parts of {name, label, status, matched, missing, unexpected, reshaped, ignored, parameters, bytes, dtype, refused};
    wants of {name, alarming}: what a file that was not loaded would call; other (entries that are no part); tensors of {name, shape, dtype, bytes, part}. Empty: `message` is shown in its place.
    """

    _esm = esm("model_view.js")
    _css = css("_controls.css", "model_view.css", "_card.css", "_tensors.css")

    model = t.Dict(help="the model as described above; empty: nothing is open").tag(sync=True)
    chosen = t.Unicode("", help="name of the tensor whose values are shown").tag(sync=True)
    histogram = t.Dict(
        help="values of a tensor: name, counts, edges (one more than counts), mean, std, min, max, and how many are nan or infinite"
    ).tag(sync=True)
    search = t.Unicode("", help="shows only tensors whose name holds all these words").tag(sync=True)
    message = t.Unicode(
        "No checkpoint is open. Open a file or a folder, or begin with one of the samples.",
        help="shown while model is empty: what is missing and what to do",
    ).tag(sync=True)

    @t.validate("model")
    def _check_model(self, proposal: Any) -> Any:
        model = proposal["value"]
        if not model:
            return model
        check_dict("ModelView.model", model, {"name": TEXT}, _MODEL)
        for item in dicts("ModelView.model['facts']", model.get("facts", [])):
            check_dict("ModelView.model['facts']", item, _FACT, {"why": TEXT})
        for item in dicts("ModelView.model['parts']", model.get("parts", [])):
            check_dict(f"ModelView.model['parts'] ({item.get('name')})", item, _PART, _PART_MORE)
        for item in dicts("ModelView.model['wants']", model.get("wants", [])):
            check_dict("ModelView.model['wants']", item, {"name": TEXT, "alarming": FLAG}, {})
        for item in dicts("ModelView.model['tensors']", model.get("tensors", [])):
            check_dict(f"ModelView.model['tensors'] ({item.get('name')})", item, _TENSOR, _TENSOR_MORE)
        return model

    @t.validate("histogram")
    def _check_histogram(self, proposal: Any) -> Any:
        value = proposal["value"]
        if not value:
            return value
        check_dict("ModelView.histogram", value, _HISTOGRAM, _HISTOGRAM_MORE)
        counts, edges = value["counts"], value["edges"]
        if (counts or edges) and len(edges) != len(counts) + 1:
            raise t.TraitError(f"ModelView.histogram has {len(counts)} counts and {len(edges)} edges, one edge more than counts was expected")
        return value

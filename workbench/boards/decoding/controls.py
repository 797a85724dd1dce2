"""The controls of the Decode board."""

from __future__ import annotations

from widgets.controls import Button, Control, Int, Option, Select, Text

STEPS = 400
_NONE = "fit a decoder first"


def row(*, own: bool, fitted: bool, fit: Button) -> list[Control]:
    """The controls from left to right.

    Args:
        own: the model has a decoder. fitted: one was fitted or opened. fit: the button that fits one.
    """
    why = "" if fitted else _NONE
    ways = (
        Option("fitted", "fitted on these clips", disabled=not fitted, reason=why),
        Option("decoded", "from the checkpoint"),
    )
    return [
        *([Select("how", "decoder", options=ways)] if own else []),
        Int("steps", "steps", min=20, max=20_000, step=20, help="Training steps of the decoder; more give finer detail."),
        fit,
        Button("save", "save", help="Save the decoder as a safetensors file.").off(why),
        Text("file", "or decoder file", width=180, help="Path of a decoder saved by this program, then Enter."),
    ]

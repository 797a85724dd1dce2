"""What of the Rollout board a link holds: its controls, and the actions that were changed."""

from __future__ import annotations

from widgets import Toolbar
from workbench.boards.rollout.actions import Actions
from workbench.boards.settings import Settings, Values, set_toolbar, toolbar_values
from workbench.core.view import text_array


def rollout_settings(toolbar: Toolbar, actions: Actions) -> Settings:
    """The settings of the board."""

    def read() -> Values:
        return {**toolbar_values(toolbar), **({} if actions.of is None or actions.changed is None else {"actions": actions.changed})}

    def write(values: Values) -> list[str]:
        changed = text_array(values["actions"], 2) if "actions" in values else None
        refused = set_toolbar(toolbar, {name: value for name, value in values.items() if name != "actions"})
        if changed is not None and not actions.put(changed):
            refused.append("actions")
        elif changed is None and actions.changed is not None and actions.of is not None:
            actions.back("reset")
        return refused

    return Settings(read, write)

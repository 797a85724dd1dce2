from workbench.boards.masks.words import *  # noqa: F403
from workbench.boards.numbers import *  # noqa: F403

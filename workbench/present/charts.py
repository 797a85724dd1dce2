from widgets.palette import ink
from workbench.boards.look import *  # noqa: F403
from workbench.boards.masks.charts import *  # noqa: F403

PREDICTED, REAL, QUIET, TARGET = "#CC79A7", "#009E73", "#8A93A3", "#E69F00"
TEXT = {True: ink("real", True), False: ink("real")}

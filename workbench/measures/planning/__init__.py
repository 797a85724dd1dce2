"""Plan actions that bring a latent to a goal: search, landscapes, and execution."""

from workbench.core.planner import Planner
from workbench.measures.planning.ends import clip_ends, world_ends, world_picture
from workbench.measures.planning.landscapes import energy_landscape
from workbench.measures.planning.optimiser import Search, Task, bounds, costs, interpolation, search
from workbench.measures.planning.plans import imagine_plan, plan, task_of
from workbench.measures.planning.views import drive, first_move, plan_view, walk

__all__ = [
    "Planner",
    "Search",
    "Task",
    "bounds",
    "clip_ends",
    "costs",
    "drive",
    "energy_landscape",
    "first_move",
    "imagine_plan",
    "interpolation",
    "plan",
    "plan_view",
    "search",
    "task_of",
    "walk",
    "world_ends",
    "world_picture",
]

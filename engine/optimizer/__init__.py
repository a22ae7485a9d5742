"""Search parameters: grids and random sets scored on all cores, ranked, and seen in context."""

from engine.optimizer.dataset import Dataset, Files, Window
from engine.optimizer.grid import generate_grid, random_grid
from engine.optimizer.objective import Objective
from engine.optimizer.optimizer import ParamOptimizer
from engine.optimizer.scores import Scores
from engine.optimizer.space import Choice, Integers, Reals
from engine.optimizer.trial import Scorer

__all__ = [
    "Choice",
    "Dataset",
    "Files",
    "Integers",
    "Objective",
    "ParamOptimizer",
    "Reals",
    "Scorer",
    "Scores",
    "Window",
    "generate_grid",
    "random_grid",
]

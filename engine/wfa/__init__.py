"""Walk-forward and combinatorial cross-validation: choose on the past, trade the future."""

from engine.wfa.combinatorial import Combinatorial, CombinatorialValidator, Combined, Split
from engine.wfa.lengths import Length, Months, read_length
from engine.wfa.luck import Luck, Verdict
from engine.wfa.result import WalkForward
from engine.wfa.validator import WalkForwardValidator
from engine.wfa.windows import Rolling, Window, checked_windows

__all__ = [
    "Combinatorial",
    "CombinatorialValidator",
    "Combined",
    "Length",
    "Luck",
    "Months",
    "Rolling",
    "Split",
    "Verdict",
    "WalkForward",
    "WalkForwardValidator",
    "Window",
    "checked_windows",
    "read_length",
]

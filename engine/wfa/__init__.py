"""Walk-forward and combinatorial cross-validation: choose on the past, trade the future."""

from engine.wfa.lengths import Length, Months, read_length
from engine.wfa.luck import Luck, Verdict
from engine.wfa.result import WalkForward
from engine.wfa.validator import WalkForwardValidator
from engine.wfa.windows import Rolling, Window, checked_windows

__all__ = [
    "Length",
    "Luck",
    "Months",
    "Rolling",
    "Verdict",
    "WalkForward",
    "WalkForwardValidator",
    "Window",
    "checked_windows",
    "read_length",
]

"""Why a strategy's trades differ from a reference: the rules that part them, and their money."""

from parity.diagnose.case import Case
from parity.diagnose.diagnose import diagnose
from parity.diagnose.diagnosis import Attempt, Diagnosis, Parting, Score, Step
from parity.diagnose.document import tell_diagnosis
from parity.diagnose.rules import Change

__all__ = [
    "Attempt",
    "Case",
    "Change",
    "Diagnosis",
    "Parting",
    "Score",
    "Step",
    "diagnose",
    "tell_diagnosis",
]

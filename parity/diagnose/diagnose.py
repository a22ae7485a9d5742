"""The diagnosis from end to end."""

from __future__ import annotations

from parity.diagnose.case import Case
from parity.diagnose.diagnosis import Diagnosis


def diagnose(case: Case) -> Diagnosis:
    """Find the smallest set of rule changes under which our replay is the reference's ledger.

    Every rule is tried alone, then every pair, then the best pairs with a third. Raises InputError
    for trades that do not fit the bars.
    """
    raise NotImplementedError

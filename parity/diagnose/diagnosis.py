"""What was found: where two ledgers part, by which rules, and what each rule costs."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from parity.align import Aligned
from parity.diagnose.rules import Change


@dataclass(frozen=True, slots=True)
class Score:
    """How far a replay is from the reference; (0, 0) is the same ledger.

    ``misplaced`` counts trades of either side without a twin that enters and leaves on the same
    bars, on the same side, at the same prices. ``differing`` counts those without a twin that is
    the same in size and fees as well. ``trades`` and ``pnl`` are the replay's own.
    """

    misplaced: int
    differing: int
    trades: int
    pnl: float


@dataclass(frozen=True, slots=True)
class Attempt:
    """A set of rule changes and what remained under it."""

    changes: tuple[Change, ...]
    score: Score


@dataclass(frozen=True, slots=True)
class Parting:
    """The first trade on which the two ledgers part.

    ``bar`` and ``time`` say where, ``reference`` and ``replay`` what each did, in words.
    """

    bar: int
    time: str
    reference: str
    replay: str


@dataclass(frozen=True, slots=True)
class Step:
    """One part of the way from their PnL to ours: its money, and the PnL after it.

    Money is an exact fraction, so that the steps add up exactly.
    """

    label: str
    money: Fraction
    after: float


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why a strategy's trades differ from the reference.

    ``base`` is our replay without any change. ``best`` is the smallest set of changes that leaves
    nothing, or, if there is none, the one that leaves least: ``explained`` says which. ``others``
    are sets of the same size that leave as little. ``tried`` are the single changes and the best
    sets, least left first. ``steps`` lead from the reference's PnL to ours.
    """

    name: str
    reference_trades: int
    reference_pnl: float
    aligned: Aligned
    parting: Parting | None
    base: Score
    best: Attempt
    explained: bool
    others: tuple[Attempt, ...]
    tried: tuple[Attempt, ...]
    replays: int
    steps: tuple[Step, ...]

    @property
    def same(self) -> bool:
        """Whether there is nothing to explain."""
        return self.base.differing == 0

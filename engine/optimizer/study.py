"""Sets proposed by Optuna from what earlier ones came to, the same ones for the same seed.

Each trial has a sampler of its own, seeded by its number, so that a study that is gone on with, or
told the same again, proposes what it would have proposed.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import polars as pl

from engine.extras import load
from engine.optimizer.grid import column_of
from engine.optimizer.space import Choice, Integers, Space

Sampler = Literal["tpe", "cmaes"]
METHODS: Final = ("tpe", "cmaes")
# Sets that are proposed before the first of them is told.
AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """A proposed set and its number."""

    number: int
    params: Mapping[str, Any]


@dataclass(slots=True)
class Study:
    """Asked for sets of ``spaces`` and told their values; kept in a ``journal`` if there is one.

    ``descending``: the most is the best. ``halving``: ``behind`` drops the worse ones early.
    Raises ExtraMissing without optuna, or cmaes for a cmaes search.
    """

    spaces: Mapping[str, Space]
    method: Sampler
    seed: int = 0
    descending: bool = True
    halving: bool = False
    journal: Path | None = None
    _optuna: Any = field(init=False, repr=False)
    _study: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._optuna = optuna = optuna_of(self.method)
        storage = None
        if self.journal is not None:
            backend = optuna.storages.journal.JournalFileBackend(str(self.journal))
            storage = optuna.storages.JournalStorage(backend)
        halving = optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=2)
        self._study = optuna.create_study(
            study_name="search",
            storage=storage,
            direction="maximize" if self.descending else "minimize",
            pruner=halving if self.halving else optuna.pruners.NopPruner(),
            load_if_exists=True,
        )

    @property
    def finished(self) -> int:
        """How many sets have been told."""
        return sum(one.state.is_finished() for one in self._study.get_trials(deepcopy=False))

    def ask(self, count: int) -> list[Asked]:
        """So many sets; first those that were asked for and never told."""
        running = self._optuna.trial.TrialState.RUNNING
        asked = [one.number for one in self._study.get_trials(deepcopy=False, states=(running,))]
        while len(asked) < count:
            asked.append(self._ask())
        known = self._study.get_trials(deepcopy=False)
        return [Asked(number, known[number].params) for number in sorted(asked)]

    def tell(self, number: int, value: float | None, *, failed: bool = False) -> None:
        """What a set came to; one without a value is kept away from, one that failed is not."""
        states = self._optuna.trial.TrialState
        if failed:
            self._study.tell(number, state=states.FAIL)
        elif value is None:
            self._study.tell(number, state=states.PRUNED)
        else:
            self._study.tell(number, value)

    def behind(self, number: int, value: float, rung: int) -> bool:
        """Whether halving drops a set that came to so much on an early part of time."""
        identity = self._study.get_trials(deepcopy=False)[number]._trial_id
        trial = self._optuna.trial.Trial(self._study, identity)
        trial.report(value, rung)
        return bool(trial.should_prune())

    def table(self, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
        """Sets as a table, a column a parameter."""
        return table_of(self.spaces, rows)

    def _ask(self) -> int:
        number = len(self._study.get_trials(deepcopy=False))
        spaces = {name: _distribution(self._optuna, space) for name, space in self.spaces.items()}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._study.sampler = self._sampler(self.seed + number)
            return int(self._study.ask(spaces).number)

    def _sampler(self, seed: int) -> Any:
        samplers = self._optuna.samplers
        if self.method == "cmaes":
            return samplers.CmaEsSampler(seed=seed, warn_independent_sampling=False)
        return samplers.TPESampler(seed=seed, multivariate=True)


def optuna_of(method: Sampler) -> Any:
    """The library, quiet."""
    optuna = load("optuna", extra="opt", purpose=f"A {method} search")
    if method == "cmaes":
        load("cmaes", extra="opt", purpose="A cmaes search")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def table_of(spaces: Mapping[str, Space], rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Sets of some spaces as a table, a column a parameter."""
    columns = []
    for name, space in spaces.items():
        values = [row[name] for row in rows]
        if isinstance(space, Choice):
            columns.append(column_of(name, values, like=space.values()))
        else:
            kind = pl.Int64() if isinstance(space, Integers) else pl.Float64()
            columns.append(pl.Series(name, values, dtype=kind))
    return pl.DataFrame(columns)


def _distribution(optuna: Any, space: Space) -> Any:
    kinds = optuna.distributions
    if isinstance(space, Choice):
        return kinds.CategoricalDistribution(space.options)
    if isinstance(space, Integers):
        return kinds.IntDistribution(space.low, space.high, log=space.log, step=space.step)
    return kinds.FloatDistribution(space.low, space.high, log=space.log, step=space.step)


__all__ = ["AT_ONCE", "METHODS", "Asked", "Sampler", "Study", "optuna_of", "table_of"]

"""Each window's training searched by a study of its own: Optuna proposes, the window scores.

All windows walk in step, eight sets at a time, so that many are scored at once; what a window is
told is about its own training alone. A walk that was killed asks again and scores only what is not
known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from engine.errors import SearchError
from engine.optimizer.grid import Rules, filtered
from engine.optimizer.objective import Objective
from engine.optimizer.space import Space
from engine.optimizer.study import AT_ONCE, Sampler, Study, optuna_of, table_of
from engine.wfa.choice import Trials, side_tables
from engine.wfa.pool import Memory, Pool
from engine.wfa.scoring import SIDES, Part, Plan, Task
from engine.wfa.segments import FIELDS

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Guide:
    """What studies are asked: so many ``trials`` in each window; rules in ``where`` are on
    parameters.
    """

    spaces: Mapping[str, Space]
    method: Sampler
    trials: int
    seed: int = 0
    where: Rules = ()

    def told(self, objective: Objective) -> list[str]:
        """What decides the sets, beside the bars and the strategy."""
        version = optuna_of(self.method).__version__
        return [repr(self), repr(objective), f"optuna {version}"]

    def study(self, window: int, *, descending: bool) -> Study:
        """The study of a window; another window's proposes other sets."""
        seed = int(np.random.SeedSequence((self.seed, window)).generate_state(1)[0]) >> 1
        return Study(self.spaces, self.method, seed, descending=descending)


@dataclass(frozen=True, slots=True)
class _Tried:
    """A set that was scored in a window: its number, and its place in what its task came to."""

    number: int
    key: Key
    part: Part
    place: int

    @property
    def error(self) -> str | None:
        return self.part.errors.get(self.number)


@dataclass(slots=True)
class _Window:
    """A window's study, and what its sets came to."""

    number: int
    study: Study
    guide: Guide
    plan: Plan
    objective: Objective
    tried: list[_Tried] = field(default_factory=list)
    values: dict[Key, tuple[float | None, bool]] = field(default_factory=dict)
    asked: list[tuple[int, Key]] = field(default_factory=list)

    def ask(self, first: int, count: int) -> Task | None:
        """The sets of the next round that keep the rules and are new."""
        asked = self.study.ask(count)
        rows = self.study.table([one.params for one in asked])
        self.asked = [(one.number, key) for one, key in zip(asked, rows.iter_rows(), strict=True)]
        kept = filtered(rows, self.guide.where).unique(maintain_order=True)
        new = [row for row in kept.to_dicts() if tuple(row.values()) not in self.values]
        return Task(first, new, self.number) if new else None

    def take(self, task: Task, part: Part) -> None:
        """What the round's sets came to in training."""
        found = [
            _Tried(task.first + place, tuple(params.values()), part, place)
            for place, params in enumerate(task.sets)
        ]
        numbers = [one.number for one in found]
        ranked = self.objective.ranked(self.tables(found, numbers)["train"])
        told = dict(zip(ranked["trial"], ranked[self.objective.metric], strict=True))
        for one in found:
            self.values[one.key] = told.get(one.number), one.error is not None
        self.tried += found

    def tell(self) -> None:
        """A set that breaks a rule, or does not count, is one to keep away from."""
        for number, key in self.asked:
            value, failed = self.values.get(key, (None, False))
            self.study.tell(number, value, failed=failed)

    def tables(self, tried: Sequence[_Tried], trials: Sequence[int]) -> dict[str, pl.DataFrame]:
        """The score tables of some sets on both sides, by the trials' numbers."""
        plan = self.plan
        sums = np.array([one.part.windows[one.place, 0] for one in tried])
        more = np.array([one.part.more[one.place, 0] for one in tried])
        return side_tables(
            _rows(self.guide.spaces, tried),
            sums.reshape(len(tried), len(SIDES), len(FIELDS)),
            more.reshape(len(tried), len(SIDES), len(plan.more)),
            plan,
            _errors(tried, trials),
            trials,
        )


def search_windows(pool: Pool, guide: Guide, objective: Objective, memory: Memory) -> Trials:
    """Search all windows. Raises SearchError if no set that was proposed keeps the rules."""
    plan = pool.scoring.plan
    studies = [
        guide.study(number, descending=objective.descending) for number in range(len(plan.windows))
    ]
    walks = [_Window(number, study, guide, plan, objective) for number, study in enumerate(studies)]
    total = guide.trials * len(walks)
    memory.progress(0, total, 0)
    done = failed = 0
    for start in range(0, guide.trials, AT_ONCE):
        count = min(AT_ONCE, guide.trials - start)
        tasks = []
        for walk in walks:
            first = (start // AT_ONCE * len(walks) + walk.number) * AT_ONCE
            tasks.append(walk.ask(first, count))
        parts = _scored(pool, [task for task in tasks if task is not None], memory)
        for walk, task in zip(walks, tasks, strict=True):
            if task is not None:
                walk.take(task, parts[task.first])
                failed += len(parts[task.first].errors)
            walk.tell()
        done += count * len(walks)
        memory.progress(done, total, failed)
    return _together(walks)


def _scored(pool: Pool, tasks: Sequence[Task], memory: Memory) -> dict[int, Part]:
    parts = {task.first: memory.known[task.first] for task in tasks if task.first in memory.known}
    for part in pool.parts([task for task in tasks if task.first not in parts]):
        memory.keep(part)
        parts[part.first] = part
    return parts


def _together(walks: Sequence[_Window]) -> Trials:
    """All different sets, in the order of their numbers, and each window's scores of its own."""
    guide = walks[0].guide
    first = dict[Key, _Tried]()
    for one in sorted((one for walk in walks for one in walk.tried), key=lambda one: one.number):
        first.setdefault(one.key, one)
    if not first:
        raise SearchError(f"no set that was proposed keeps the rules {guide.where!r}")
    trial = {key: number for number, key in enumerate(first)}
    found = list(first.values())
    # Numbers run round by round: those of the first one were asked for before any was told.
    blind = AT_ONCE * len(walks)
    return Trials(
        _rows(guide.spaces, found),
        np.stack([one.part.segments[one.place] for one in found]),
        np.stack([one.part.coarse[one.place] for one in found]),
        _errors(found, range(len(found))),
        [walk.tables(walk.tried, [trial[one.key] for one in walk.tried]) for walk in walks],
        shared=False,
        blind=sum(one.number < blind for one in found),
        blind_in=[sum(one.number < blind for one in walk.tried) for walk in walks],
    )


def _rows(spaces: Mapping[str, Space], tried: Sequence[_Tried]) -> pl.DataFrame:
    return table_of(spaces, [dict(zip(spaces, one.key, strict=True)) for one in tried])


def _errors(tried: Sequence[_Tried], trials: Sequence[int]) -> dict[int, str]:
    found = ((trial, one.error) for trial, one in zip(trials, tried, strict=True))
    return {trial: error for trial, error in found if error is not None}


__all__ = ["Guide", "search_windows"]

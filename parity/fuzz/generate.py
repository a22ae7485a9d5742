"""Random scenarios from a seed: the same platform, seed and number always give the same one.

What is generated is literal data from here on: it is written into a bundle and hashed, because
another version of numpy may draw other numbers from the same seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Protocol

import numpy as np

from engine.errors import OptionError
from parity.fuzz import backtesting_py, backtrader, vectorbt, zipline
from parity.fuzz.plan import Factors, Plan, pick, plans
from scenarios import Scenario


class Space(Protocol):
    """Everything a platform's user can ask for, and how a case of it is built."""

    KINDS: dict[str, Factors]
    SHARES: dict[str, int]

    @staticmethod
    def build(kind: str, plan: Plan, rng: np.random.Generator, name: str) -> Scenario:
        """A scenario of one plan."""


SPACES: dict[str, Space] = {
    "backtesting_py": backtesting_py,  # type: ignore[dict-item]
    "backtrader": backtrader,  # type: ignore[dict-item]
    "vectorbt": vectorbt,  # type: ignore[dict-item]
    "zipline": zipline,  # type: ignore[dict-item]
}


def generate(platform: str, seed: int, cases: int, first: int = 0) -> Iterator[Scenario]:
    """Cases ``first`` to ``first + cases``; numbers continue where an earlier run stopped."""
    space = space_of(platform)
    for number, (kind, plan) in enumerate(islice(planned(platform, seed), first + cases)):
        if number >= first:
            rng = np.random.default_rng([seed, number])
            yield space.build(kind, plan, rng, f"live_{seed}_{number:06d}")


def planned(platform: str, seed: int) -> Iterator[tuple[str, Plan]]:
    """The kind and the plan of every case, without end."""
    space = space_of(platform)
    rng = np.random.default_rng([seed])
    books = {kind: plans(factors, rng.spawn(1)[0]) for kind, factors in space.KINDS.items()}
    while True:
        kind = pick(rng, space.SHARES)
        yield kind, next(books[kind])


def space_of(platform: str) -> Space:
    """The space of a platform's name; one without a space is an error."""
    if platform not in SPACES:
        known = ", ".join(sorted(SPACES))
        raise OptionError(f"no random cases for platform {platform!r}; there are some for {known}")
    return SPACES[platform]

"""A scenario is one market story: bars, a script and an account. It never holds the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from engine.script import Account, Option, Script


@dataclass(frozen=True, slots=True)
class Scenario:
    """One market story.

    ``symbols`` gives the order of the columns. ``options`` maps a platform's name to what only its
    own users can set. ``features`` are the words the pair table counts. ``platforms`` maps a
    platform's name to the idioms to record; a platform that is absent is not asked.
    ``source`` is the file it came from, for messages.
    """

    name: str
    title: str
    topic: str
    rule: str
    symbols: tuple[str, ...]
    bars: pl.DataFrame
    script: Script
    account: Account = field(default_factory=Account)
    options: Mapping[str, Mapping[str, Option]] = field(default_factory=dict)
    features: tuple[str, ...] = ()
    platforms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    source: str = ""

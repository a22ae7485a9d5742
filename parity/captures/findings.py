"""What the captures say, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Word = Literal["explained", "unexplained", "contradicts", "refused", "missing", "broken"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One capture: what became of it, and why where it explains nothing.

    ``explained``: the model gives the platform's orders under some reading of the rules it asks
    about. ``unexplained``: under none. ``contradicts``: only under readings that other captures
    rule out. ``refused``: the platform did not accept it. ``broken``: the file cannot be used.
    """

    name: str
    asks: tuple[str, ...]
    word: Word
    text: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One rule: the values the platform supports, of those there are.

    One value closes the question; several leave it open; all of them mean that nothing was learned.
    ``captures`` are those that ask about it and were explained.
    """

    rule: str
    default: Any
    values: tuple[Any, ...]
    possible: tuple[Any, ...]
    captures: tuple[str, ...]

    @property
    def closed(self) -> bool:
        """Whether one reading is left."""
        return len(self.values) == 1

    @property
    def differs(self) -> bool:
        """Whether the default is ruled out."""
        return self.default not in self.values


@dataclass(frozen=True, slots=True)
class Findings:
    """All of it: who answered, what became of each capture, and what each rule is left with."""

    package: str
    version: str
    answers: tuple[Answer, ...]
    readings: tuple[Reading, ...]

    @property
    def options(self) -> Mapping[str, Any]:
        """The options to play this platform with: closed questions whose answer is no default.

        What a price that is left out means is not among them: a batch file names its price.
        """
        told = (one for one in self.readings if one.closed and one.differs)
        return {one.rule: one.values[0] for one in told if one.rule != "entry_price"}

    @property
    def sound(self) -> bool:
        """Whether every capture was explained."""
        return all(answer.word == "explained" for answer in self.answers)

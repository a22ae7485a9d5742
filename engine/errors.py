"""Every failure a user can meet, as a type.

::

    TruefillError
    ├── InputError                 exit code 2: what was given cannot be used
    │   ├── BarsError              a bars table breaks a rule
    │   ├── ScriptError            a script breaks a rule or points outside the bars
    │   ├── OptionError            an unknown model, option or option value
    │   ├── ScenarioError          a scenario file or bundle is malformed
    │   ├── DataMissing            a dataset lacks a symbol, a month or a file
    │   ├── SchemaDrift            a file's columns are not those of the dataset
    │   ├── StrategyError          a strategy asks for what is not there
    │   │   └── LookaheadError     its past changes when its future is taken away
    │   ├── MetricsError           returns or a convention that cannot be measured
    │   ├── TreeError              a tree of stored results cannot be used
    │   │   ├── FileMissing        a file that is needed is not there
    │   │   ├── FileCorrupt        a file cannot be read as what it should be
    │   │   ├── BarsMismatch       signals or trades lie on other bars than the prices
    │   │   ├── ParamsIncomplete   a strategy has no row in the params
    │   │   ├── StrategyUnknown    a file speaks of a strategy that has no signals
    │   │   ├── DuplicateStrategy  two strategies have one id
    │   │   └── ClockClash         the clock puts two bars on one time
    │   ├── KnownError             the file of known divergences is malformed
    │   └── ReferenceError_        a stored reference cannot be trusted
    │       ├── ReferenceTampered  a table's bytes are not those of its manifest
    │       ├── ReferenceStale     request, bars, recorder or environment changed since
    │       └── ReferenceForeign   recorded from another version, engine or format
    ├── PlatformRefusal            the platform's own rules stop the whole run
    ├── StoreError                 exit code 3: results could not be written, as on a full disk
    └── PeerError                  exit code 3: something that must run could not
        ├── PeerMissing            the platform's environment is not there or cannot be built
        └── PeerFailed             the platform's recorder crashed or answered nonsense

Messages name the file, row or parameter, and say what to do.
"""

from __future__ import annotations


class TruefillError(Exception):
    """Root of every error raised on purpose."""

    exit_code = 2


class InputError(TruefillError):
    """What was given cannot be used."""


class BarsError(InputError):
    """A bars table breaks a rule."""


class ScriptError(InputError):
    """A script breaks a rule or points outside the bars."""


class OptionError(InputError):
    """An unknown model, option or option value."""


class ScenarioError(InputError):
    """A scenario file or bundle is malformed."""


class DataMissing(InputError):
    """A dataset lacks a symbol, a month or a file."""


class SchemaDrift(InputError):
    """A file's columns are not those of the dataset."""


class StrategyError(InputError):
    """A strategy asks for what is not there."""


class LookaheadError(StrategyError):
    """A strategy's past changes when its future is taken away."""


class MetricsError(InputError):
    """Returns or a convention that cannot be measured."""


class TreeError(InputError):
    """A tree of stored results cannot be used."""


class FileMissing(TreeError):
    """A file that is needed is not there."""


class FileCorrupt(TreeError):
    """A file cannot be read as what it should be."""


class BarsMismatch(TreeError):
    """Signals or trades lie on other bars than the prices."""


class ParamsIncomplete(TreeError):
    """A strategy has no row in the params."""


class StrategyUnknown(TreeError):
    """A file speaks of a strategy that has no signals."""


class DuplicateStrategy(TreeError):
    """Two strategies have one id."""


class ClockClash(TreeError):
    """The clock puts two bars on one time."""


class KnownError(InputError):
    """The file of known divergences is malformed, or grew beyond its ceiling."""


class ReferenceError_(InputError):  # noqa: N801 - ReferenceError is a Python builtin
    """A stored reference cannot be trusted."""


class ReferenceTampered(ReferenceError_):
    """A table's bytes are not those its manifest names."""


class ReferenceStale(ReferenceError_):
    """The request, bars, recorder or environment changed since the recording."""


class ReferenceForeign(ReferenceError_):
    """The reference comes from another version, engine or format."""


class PlatformRefusal(TruefillError):
    """The platform's own rules stop the whole run (for example a price of zero).

    ``reason`` is a short stable word, the same for the platform and for its model.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class StoreError(TruefillError):
    """Results could not be written, as on a full disk."""

    exit_code = 3


class PeerError(TruefillError):
    """Something that must run could not."""

    exit_code = 3


class PeerMissing(PeerError):
    """The platform's environment is not there or cannot be built."""


class PeerFailed(PeerError):
    """The platform's recorder crashed or answered nonsense."""

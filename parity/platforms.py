"""The platforms we are proven against: exact version, idiom, and the model that replays them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.errors import OptionError

PEERS = Path(__file__).parent / "peers"


@dataclass(frozen=True, slots=True)
class Platform:
    """One peer at one version, used in one idiom.

    ``model`` names the execution model; ``options`` are what the idiom adds to the scenario's own
    options for this platform (both the recorder and the replay get them).
    """

    name: str
    version: str
    idiom: str
    model: str
    options: Mapping[str, str] = field(default_factory=dict)
    python: str = "3.11"

    @property
    def id(self) -> str:
        """The folder name of its references, for example ``vectorbt@1.2.0+numba``."""
        return f"{self.name}@{self.version}+{self.idiom}"

    @property
    def folder(self) -> Path:
        """Where the recorder and the pins are."""
        return PEERS / self.name

    @property
    def recorder(self) -> Path:
        """The script that plays scenarios inside the platform's environment.

        A version that needs another one has it in ``versions``, beside its pins.
        """
        return self._own(".py") or self.folder / "recorder.py"

    @property
    def requirements(self) -> Path:
        """The exact pins of the platform's environment."""
        return self._own(".txt") or self.folder / "requirements.txt"

    def at(self, version: str) -> Platform:
        """The same peer and idiom at another version; one without pins is an error."""
        other = replace(self, version=version)
        if other.version == self.version or other._own(".txt"):
            return other
        folder = self.folder / "versions"
        known = sorted({self.version, *(pins.stem for pins in folder.glob("*.txt"))})
        raise OptionError(
            f"{self.name} {version} has no pins; there are {', '.join(known)}. "
            f"Add {folder / version}.txt, every package with =="
        )

    def _own(self, suffix: str) -> Path | None:
        """A file of this very version, if it has one."""
        path = self.folder / "versions" / f"{self.version}{suffix}"
        return path if path.is_file() else None


PLATFORMS = (
    Platform("vectorbt", "1.2.0", "numba", "vectorbt", {"engine": "numba"}),
    Platform("vectorbt", "1.2.0", "rust", "vectorbt", {"engine": "rust"}),
    Platform("backtesting_py", "0.6.6", "tape", "backtesting_py"),
    Platform("backtrader", "1.9.78.123", "siblings", "backtrader", {"idiom": "siblings"}),
    Platform("backtrader", "1.9.78.123", "bracket", "backtrader", {"idiom": "bracket"}),
    Platform("zipline", "3.2.1", "exact", "zipline", {"route": "exact"}),
    Platform("zipline", "3.2.1", "bundle", "zipline", {"route": "bundle"}),
)


# Our own model, the first version of its rules. It has no peer, so nothing is recorded of it, and
# `parity run` never asks for it.
OURS = Platform("house", "1", "ours", "house")


def find_platforms(name: str | None = None) -> tuple[Platform, ...]:
    """All platforms, or those of one name, ``name+idiom`` or id; none is an error."""
    if name is None:
        return PLATFORMS
    found = tuple(p for p in PLATFORMS if name in (p.name, f"{p.name}+{p.idiom}", p.id))
    if not found:
        known = sorted({p.name for p in PLATFORMS} | {f"{p.name}+{p.idiom}" for p in PLATFORMS})
        raise OptionError(f"unknown platform {name!r}; the platforms are {', '.join(known)}")
    return found

"""vectorbt 0.28.5: the recorder of the proven version, less what this version does not have.

It runs in Numba only and does not let its users name an engine.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import vectorbt as vbt

sys.path.append(str(Path(__file__).resolve().parents[1]))

import recorder
from wire import Peer, Unsupported, main

simulate = recorder.simulate


def without_engine(call: Mapping[str, Any]) -> vbt.Portfolio:
    """The same call; the engine asked for must be the one there is."""
    if call["engine"] != "numba":
        raise Unsupported(f"vectorbt {vbt.__version__} has no {call['engine']} engine")
    return simulate({name: value for name, value in call.items() if name != "engine"})


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    vbt.settings.caching["enabled"] = False
    recorder.simulate = without_engine
    main(
        Peer(
            name="vectorbt",
            version=vbt.__version__,
            packages=("vectorbt", "numba", "numpy", "pandas", "pyarrow"),
            idiom=lambda options: str(options["engine"]),
            play=recorder.play,
        ),
        Path(__file__).resolve(),
    )

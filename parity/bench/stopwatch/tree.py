"""One side of the race of whole batches: load a tree, play its batch when told, tell the split.

Needs the standard library and numpy only, like the other stopwatches.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from parity.bench.stopwatch.loop import peak_memory

NAME = "X_long/batch_001"
# Seconds of all processors together, which other work on the machine does not lengthen.
PROCESSOR = "processor time"
Play = Callable[[], Mapping[str, float]]


def serve(prepare: Callable[[Path], Play]) -> None:
    """Answer ``load``, ``split`` and ``memory`` until the input ends.

    ``load`` names the tree, and a small one that is played first so that all is compiled.
    """
    play: Play = dict
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        told: Mapping[str, object] = {}
        if order["do"] == "load":
            prepare(Path(order["arrays"][0]))()
            play = prepare(Path(order["folder"]))
        elif order["do"] == "split":
            began = time.process_time()
            told = {**play(), PROCESSOR: time.process_time() - began}
        elif order["do"] == "memory":
            told = {"bytes": peak_memory()}
        print(json.dumps(told), flush=True)

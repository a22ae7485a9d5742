"""Ask TA-Lib: the functions of a request, each called on the bars of every case.

Run by the TA-Lib environment's own Python: ``recorder.py BARS REQUEST ANSWERS``. A request is a
list of questions (function, inputs by column, parameters by name); the answer is one column per
output, named ``question#output``, in the order of the bars.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform as interpreter
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import talib

PACKAGES = ("ta-lib", "numpy", "pyarrow")


def about() -> dict[str, Any]:
    """TA-Lib, its exact version, that of the library in C, and the packages that matter."""
    return {
        "platform": "talib",
        "version": version("ta-lib"),
        "library": talib.__ta_version__.decode().split()[0],
        "python": interpreter.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
    }


def cases_of(bars: pa.Table) -> list[dict[str, np.ndarray]]:
    """The columns of each case, in their order."""
    names = bars["case"].to_numpy(zero_copy_only=False)
    numbers = {
        name: np.ascontiguousarray(bars[name].to_numpy())
        for name in bars.column_names
        if name != "case"
    }
    starts = [0, *np.flatnonzero(names[1:] != names[:-1]) + 1, len(names)]
    return [
        {name: column[start:stop] for name, column in numbers.items()}
        for start, stop in pairwise(starts)
    ]


def answer(question: dict[str, Any], cases: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Every output of a function, the cases one after the other."""
    function = getattr(talib, question["function"])
    parts = []
    for case in cases:
        said = function(*(case[name] for name in question["inputs"]), **question["params"])
        parts.append(said if isinstance(said, tuple) else (said,))
    return {
        f"{question['name']}#{place}": np.concatenate([part[place] for part in parts]).astype(float)
        for place in range(len(parts[0]))
    }


def main() -> None:
    """Read, ask, write."""
    parser = argparse.ArgumentParser(description="ask TA-Lib")
    for name in ("bars", "request", "answers"):
        parser.add_argument(name, nargs="?", type=Path)
    parser.add_argument("--about", action="store_true", help="print versions and stop")
    given = parser.parse_args()
    if given.about:
        print(json.dumps(about()))
        return
    if given.answers is None:
        parser.error("name the bars, the request and the file for the answers")
    cases = cases_of(pq.read_table(given.bars))
    columns: dict[str, np.ndarray] = {}
    for question in json.loads(given.request.read_text(encoding="utf-8")):
        columns |= answer(question, cases)
    pq.write_table(pa.table(columns), given.answers, compression="zstd", compression_level=19)
    head = {
        **about(),
        "recorder": hashlib.sha256(Path(__file__).read_bytes()).hexdigest(),
        "bars": hashlib.sha256(given.bars.read_bytes()).hexdigest(),
        "request": hashlib.sha256(given.request.read_bytes()).hexdigest(),
        "answers": hashlib.sha256(given.answers.read_bytes()).hexdigest(),
    }
    text = json.dumps(head, indent=1, sort_keys=True)
    given.answers.with_suffix(".json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

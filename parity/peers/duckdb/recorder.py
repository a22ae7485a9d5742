"""DuckDB records nothing: it is raced by ``parity/bench/stopwatch``; this says what it is."""

from __future__ import annotations

import json
import platform as interpreter
from importlib.metadata import version

import duckdb
import pandas as pd

if __name__ == "__main__":
    packages = {"duckdb": duckdb.__version__, "pandas": pd.__version__}
    packages["pyarrow"] = version("pyarrow")
    told = {"platform": "duckdb", "version": duckdb.__version__, "packages": packages}
    print(json.dumps({**told, "python": interpreter.python_version()}))

"""One schema, long and wide; the page that lists it is complete."""

import math
import re
from pathlib import Path

import polars as pl
import pytest

from engine.errors import InputError, MetricsError
from engine.metrics import CATALOGUE, WIDE, measure_returns, widen
from engine.metrics.catalogue import GROUPS, lengthen
from engine.schema import METRICS

PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"


def test_long_always_has_every_metric_in_one_order():
    frame = measure_returns([0.1])
    assert frame.schema == METRICS
    assert frame["name"].to_list() == [metric.name for metric in CATALOGUE] == list(WIDE)
    assert len(set(WIDE)) == len(CATALOGUE)


def test_wide_is_one_row_and_stacks():
    one, other = widen(measure_returns([0.1])), widen(measure_returns([0.2, 0.3]))
    runs = pl.concat([one, other])
    assert runs.schema == WIDE
    assert runs["best_return"].to_list() == [0.1, 0.3]


def test_wide_fills_what_an_older_table_lacks():
    old = pl.DataFrame({"name": ["sharpe"], "value": [1.5]})
    wide = widen(old)
    assert wide["sharpe"].item() == 1.5
    assert math.isnan(wide["sortino"].item())


def test_a_name_nobody_knows_is_an_error():
    with pytest.raises(MetricsError, match=r"\['sharp'\] are no metrics"):
        lengthen({"sharp": 1.0})
    with pytest.raises(MetricsError, match="twice"):
        widen(pl.DataFrame({"name": ["sharpe", "sharpe"], "value": [1.0, 2.0]}))
    with pytest.raises(InputError, match="lacks"):
        widen(pl.DataFrame({"name": ["sharpe"]}))


def test_the_page_lists_the_catalogue():
    rows = [
        (head, *row)
        for head, table in re.findall(
            r"^### `(\w+)`\n(.*?)(?=^#|\Z)", PAGE.read_text(), re.M | re.S
        )
        for row in re.findall(r"^\| `(\w+)` \| (.+?) \| (.+) \|$", table, re.M)
    ]
    listed = [
        (group, name, unit, rule.replace("|", "\\|"))
        for group, metrics in GROUPS.items()
        for name, unit, rule in metrics
    ]
    assert rows == listed

"""Our table of New York's sessions is the calendar zipline asks, day by day."""

from __future__ import annotations

import json
import subprocess
from datetime import date

import pytest

from engine.errors import PeerMissing
from engine.execution.zipline.new_york import FIRST, LAST, sessions
from parity.environments import environment_of
from parity.platforms import find_platforms

ASK = f"""
import json
import pandas as pd
from zipline.utils.calendar_utils import get_calendar
first, last = pd.Timestamp("{FIRST}-01-01"), pd.Timestamp("{LAST}-12-31")
calendar = get_calendar("XNYS", start=first, end=last)
times = [pd.DatetimeIndex(own).asi8 for own in (calendar.opens, calendar.closes)]
print(json.dumps([(own // 60_000_000_000).tolist() for own in times]))
"""


@pytest.mark.peer
def test_every_session_opens_and_closes_as_zipline_says() -> None:
    [platform] = find_platforms("zipline+exact")
    try:
        environment = environment_of(platform, build=False)
    except PeerMissing as missing:
        pytest.skip(str(missing))
    told = subprocess.run(
        [environment.python, "-W", "ignore", "-c", ASK], capture_output=True, text=True, check=True
    )
    first = (date(FIRST, 1, 1) - date(1970, 1, 1)).days
    opens, closes = sessions(first, (date(LAST, 12, 31) - date(FIRST, 1, 1)).days + 1)
    held = opens < closes
    assert [opens[held].tolist(), closes[held].tolist()] == json.loads(told.stdout)

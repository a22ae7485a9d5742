"""Kept exposures: what bt, vectorbt and backtesting.py made of them, our engines make of them."""

import numpy as np

from parity.exposures import compare_exposures, libraries, read_answers, read_cases, screened


def test_equity_is_the_librarys_bar_by_bar():
    rows = compare_exposures()
    assert [row for row in rows if not row.agrees] == []
    assert len(rows) == 11


def test_every_case_is_answered_by_all_it_asks():
    told = {library.platform.name: set(read_answers(library)) for library in libraries()}
    for name, case in read_cases().items():
        assert {who for who, names in told.items() if name in names} == set(case["asked"])
        assert np.abs(np.diff(screened(case))).max() > 0

"""A boolean matrix and its marks say the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from engine.execution.marks import marks_of


def bars_of(marks, column):
    return marks.bars[marks.start[column] : marks.start[column + 1]].tolist()


def test_three_signals_in_two_columns():
    marks = marks_of(np.array([[1, 0], [0, 0], [1, 1]], dtype=bool))
    assert marks.start.tolist() == [0, 2, 3]
    assert marks.bars.tolist() == [0, 2, 2]


@given(
    arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40)),
    st.sampled_from(["C", "F", "every second column"]),
)
def test_every_column_in_every_memory_order(matrix, order):
    if order == "every second column":
        matrix = np.repeat(matrix, 2, axis=1)[:, ::2]
    else:
        matrix = np.asarray(matrix, order=order)
    marks = marks_of(matrix)
    for column in range(matrix.shape[1]):
        assert bars_of(marks, column) == np.flatnonzero(matrix[:, column]).tolist()


@pytest.mark.parametrize("order", ["C", "F"])
def test_more_flags_than_there_was_room_for(order):
    matrix = np.ones((3000, 7), dtype=bool, order=order)
    marks = marks_of(matrix)
    assert np.array_equal(marks.bars.reshape(7, 3000), np.tile(np.arange(3000), (7, 1)))

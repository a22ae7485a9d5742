"""Asking memory early for what a later bar will need.

A loop that jumps from event to event reads places far apart, and each read waits for main memory,
longer than the bar's own work takes. A tape tells bars ahead which places those will be.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils, config
from numba.extending import intrinsic

# So many rows of a tape ahead: memory has answered by then, and the cache has not forgotten.
AHEAD = 8


def _compiled(_context: Any, values: Any, column: Any, bar: Any) -> Any:
    """The processor's instruction for it: to read, and to keep in all caches."""

    def write(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = signature.args[0]
        array = context.make_array(kind)(context, builder, args[0])
        shape, strides = (cgutils.unpack_tuple(builder, of) for of in (array.shape, array.strides))
        place = cgutils.get_item_pointer2(
            context, builder, array.data, shape, strides, kind.layout, args[1:]
        )
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        name = "llvm.prefetch.p0i8"
        told = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        ask = cgutils.get_or_insert_function(builder.module, told, name)
        to_read, in_all_caches, data = number(0), number(3), number(1)
        builder.call(ask, [builder.bitcast(place, byte), to_read, in_all_caches, data])
        return context.get_dummy_value()

    return types.void(values, types.intp, types.intp), write


def _plain(values: Any, column: int, bar: int) -> None:
    """Nothing to be done where nothing is compiled."""


# fetch(values, column, bar): ``values`` is (symbols, bars); nothing is read and no result changes.
fetch: Any = _plain if config.DISABLE_JIT else intrinsic(_compiled)

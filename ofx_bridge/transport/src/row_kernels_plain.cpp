#include "row_kernels.h"

namespace reelmend::transport {

namespace {

#include "row_kernels.inc"

}  // namespace

const RowKernels kPlainRowKernels{
    "plain",
    floats_of_bytes,
    floats_of_shorts,
    floats_of_halves,
    bytes_of_floats,
    shorts_of_floats,
    halves_of_floats,
    take_apart,
    put_together,
    divide_by_alpha,
    multiply_with_alpha,
    scale,
    choose_bytes,
    choose_shorts,
    choose_floats,
    choose_rgba,
    hash,
    stream,
    find_valid,
    add_fixed,
};

}  // namespace reelmend::transport

#include "row_kernels.h"

namespace reelmend::transport {

namespace {

#include "row_kernels.inc"

}  // namespace

const RowKernels kPlainRowKernels{
    "plain",
    plain_floats_of_bytes,
    plain_floats_of_shorts,
    plain_floats_of_halves,
    plain_bytes_of_floats,
    plain_shorts_of_floats,
    plain_halves_of_floats,
    plain_take_apart,
    plain_put_together,
    plain_divide_by_alpha,
    plain_multiply_with_alpha,
    plain_scale,
    plain_choose_bytes,
    plain_choose_shorts,
    plain_choose_floats,
    plain_choose_rgba,
    plain_hash,
    plain_copy,
    plain_fence,
    plain_within,
    plain_add_small_fixed,
    plain_find_valid,
    plain_add_fixed,
};

}  // namespace reelmend::transport

/* The table of one SIMD tier. The file that includes this has included the
 * shim of its instruction set and defined RS_TIER, the table's name. */
#include "kernel/ref/ref.h"
#include "kernel/vec/convert_vec.h"
#include "kernel/vec/eltwise_vec.h"
#include "kernel/vec/gemm_vec.h"
#include "kernel/vec/gemm_i8_vec.h"
#ifdef VF_DOT_BF16
#include "kernel/vec/gemm_bf16_vec.h"
#else /* only where the processor has the instructions do they pay */
#define vec_gemm_bf16 rs_ref_gemm_bf16
#define vec_f32_to_bf16 rs_ref_f32_to_bf16
#define vec_bf16_pairs rs_ref_bf16_pairs
#endif
#include "kernel/vec/norm_vec.h"
#include "kernel/vec/pixels_vec.h"
#include "kernel/vec/softmax_vec.h"
#include "kernel/vec/winograd_vec.h"

const rs_kern RS_TIER = {
    .f16_to_f32 = vec_f16_to_f32,
    .bf16_to_f32 = vec_bf16_to_f32,
    .add = vec_add,
    .axpby = vec_axpby,
    .add_bias = vec_add_bias,
    .silu = vec_silu,
    .gelu = vec_gelu,
    .quick_gelu = vec_quick_gelu,
    .geglu = vec_geglu,
    .layer_norm = vec_layer_norm,
    .channel_sums = vec_channel_sums,
    .scale_shift = vec_scale_shift,
    .softmax_step = vec_softmax_step,
    .wino_input = vec_wino_input,
    .wino_output = vec_wino_output,
    .wino_weight = vec_wino_weight,
    .gemm = vec_gemm,
    .gemm_bf16 = vec_gemm_bf16,
    .f32_to_bf16 = vec_f32_to_bf16,
    .bf16_pairs = vec_bf16_pairs,
    .range = vec_range,
    .quantise = vec_quantise,
    .gemm_i8 = vec_gemm_i8,
    .u8_to_f32 = vec_u8_to_f32,
    .f32_to_u8 = vec_f32_to_u8,
    .gemm_mr = GEMM_MR,
    .gemm_nr = GEMM_NR,
    .i8_nr = I8_NR,
    .i8_kr = I8_KR,
#ifdef VF_DOT_BF16
    .bf16_kr = 2,
#else
    .bf16_kr = 1,
#endif
};

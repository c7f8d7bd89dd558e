/* Which table a tier gets. The tables are constants: one here, the others in
 * the one file of their tier that is compiled for that instruction set. */
#include "kernel/kern.h"

#include "kernel/ref/ref.h"
#include "kernel/x86/tiers_x86.h"

static const rs_kern scalar = {
    .f16_to_f32 = rs_ref_f16_to_f32,
    .bf16_to_f32 = rs_ref_bf16_to_f32,
    .add = rs_ref_add,
    .axpby = rs_ref_axpby,
    .add_bias = rs_ref_add_bias,
    .silu = rs_ref_silu,
    .gelu = rs_ref_gelu,
    .quick_gelu = rs_ref_quick_gelu,
    .geglu = rs_ref_geglu,
    .layer_norm = rs_ref_layer_norm,
    .channel_sums = rs_ref_channel_sums,
    .scale_shift = rs_ref_scale_shift,
    .softmax_step = rs_ref_softmax_step,
    .wino_input = rs_ref_wino_input,
    .wino_output = rs_ref_wino_output,
    .wino_weight = rs_ref_wino_weight,
    .gemm = rs_ref_gemm,
    .gemm_bf16 = rs_ref_gemm_bf16,
    .f32_to_bf16 = rs_ref_f32_to_bf16,
    .bf16_pairs = rs_ref_bf16_pairs,
    .range = rs_ref_range,
    .quantise = rs_ref_quantise,
    .gemm_i8 = rs_ref_gemm_i8,
    .u8_to_f32 = rs_ref_u8_to_f32,
    .f32_to_u8 = rs_ref_f32_to_u8,
    .gemm_mr = 1,
    .gemm_nr = RS_REF_GEMM_NR,
    .i8_nr = RS_REF_I8_NR,
    .i8_kr = RS_REF_I8_KR,
    .bf16_kr = 1,
};

const rs_kern *rs_kern_get(rs_cpu_tier tier)
{
#if defined(__x86_64__)
    if (tier >= RS_CPU_AVX512BF16)
        return &rs_kern_avx512bf16;
    if (tier >= RS_CPU_AVX512VNNI)
        return &rs_kern_avx512vnni;
    if (tier >= RS_CPU_AVX512)
        return &rs_kern_avx512;
    if (tier >= RS_CPU_AVXVNNI)
        return &rs_kern_avxvnni;
    if (tier >= RS_CPU_AVX2)
        return &rs_kern_avx2;
#endif
    (void)tier;
    return &scalar;
}

const rs_kern *rs_kern_active(void)
{
    return rs_kern_get(rs_cpu_active());
}

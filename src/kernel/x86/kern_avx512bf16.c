/* The avx512bf16 tier: the bodies of vec/ over the avx512 shim with all its dot products. */
#if defined(__x86_64__)
#define VI_DOT4
#define VF_DOT_BF16
#include "kernel/vec/simd_avx512.h"
#include "kernel/x86/tiers_x86.h"

#define RS_TIER rs_kern_avx512bf16
#include "kernel/vec/tier.h"
#endif

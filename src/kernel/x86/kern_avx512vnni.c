/* The avx512vnni tier: the bodies of vec/ over the avx512 shim with its dot products. */
#if defined(__x86_64__)
#define VI_DOT4
#include "kernel/vec/simd_avx512.h"
#include "kernel/x86/tiers_x86.h"

#define RS_TIER rs_kern_avx512vnni
#include "kernel/vec/tier.h"
#endif

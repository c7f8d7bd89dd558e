/* The avx2 tier: the bodies of vec/ over the avx2 shim. */
#if defined(__x86_64__)
#include "kernel/vec/simd_avx2.h"
#include "kernel/x86/tiers_x86.h"

#define RS_TIER rs_kern_avx2
#include "kernel/vec/tier.h"
#endif

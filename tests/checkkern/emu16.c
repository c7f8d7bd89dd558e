/* The vector bodies 16 wide, over the shim in plain C, with dot products of bytes
 * and of bfloat16. */
#define VF_N 16
#define VI_DOT4
#define VF_DOT_BF16
#include "tests/checkkern/simd_emu.h"

#include "tests/checkkern/check.h"

#define RS_TIER ck_emu16
#include "kernel/vec/tier.h"

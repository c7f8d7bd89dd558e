/* The vector bodies 8 wide, over the shim in plain C. */
#define VF_N 8
#include "tests/checkkern/simd_emu.h"

#include "tests/checkkern/check.h"

#define RS_TIER ck_emu8
#include "kernel/vec/tier.h"

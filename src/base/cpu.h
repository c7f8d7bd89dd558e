/* What this processor can do, and how to ask for less.
 *
 * RESTYLE_CPU=scalar|avx2|avxvnni|avx512|avx512vnni|avx512bf16 asks for a lower tier, for tests
 * and for comparing results across machines. */
#ifndef RS_BASE_CPU_H
#define RS_BASE_CPU_H

#include <stdbool.h>

/* From slow to fast. Not every processor has all below its best one. */
typedef enum rs_cpu_tier {
    RS_CPU_SCALAR,     /* plain C */
    RS_CPU_AVX2,       /* AVX2, FMA, F16C */
    RS_CPU_AVXVNNI,    /* AVX2's and AVX-VNNI */
    RS_CPU_AVX512,     /* AVX2's and AVX-512 F, BW, DQ, VL */
    RS_CPU_AVX512VNNI, /* and AVX-512 VNNI */
    RS_CPU_AVX512BF16, /* and AVX-512 BF16 */
    RS_CPU_TIERS
} rs_cpu_tier;

/* Do the processor and the operating system support it? */
bool rs_cpu_has(rs_cpu_tier tier);
/* The highest tier of this machine. */
rs_cpu_tier rs_cpu_detect(void);
/* The tier to use: rs_cpu_detect(), lowered by RESTYLE_CPU. A value that is unknown
 * or that this machine does not have is ignored. */
rs_cpu_tier rs_cpu_active(void);
const char *rs_cpu_tier_name(rs_cpu_tier tier);

#endif

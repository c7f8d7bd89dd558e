/* What this processor can do, and how to ask for less.
 *
 * RESTYLE_CPU=scalar|avx2|avx512 masks the higher tiers, for tests and for
 * comparing results across machines. */
#ifndef RS_BASE_CPU_H
#define RS_BASE_CPU_H

typedef enum rs_cpu_tier {
    RS_CPU_SCALAR, /* plain C */
    RS_CPU_AVX2,   /* AVX2, FMA, F16C */
    RS_CPU_AVX512, /* and AVX-512 F, BW, DQ, VL */
    RS_CPU_TIERS
} rs_cpu_tier;

/* The highest tier the processor and the operating system support. */
rs_cpu_tier rs_cpu_detect(void);
/* The tier to use: rs_cpu_detect(), lowered by RESTYLE_CPU. An unknown value of
 * the variable is ignored. */
rs_cpu_tier rs_cpu_active(void);
const char *rs_cpu_tier_name(rs_cpu_tier tier);

#endif

#include "base/cpu.h"

#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

static const char *const names[RS_CPU_TIERS] = {
    [RS_CPU_SCALAR] = "scalar", [RS_CPU_AVX2] = "avx2", [RS_CPU_AVXVNNI] = "avxvnni",
    [RS_CPU_AVX512] = "avx512", [RS_CPU_AVX512VNNI] = "avx512vnni",
    [RS_CPU_AVX512BF16] = "avx512bf16",
};

#if defined(__x86_64__)
/* Compilers that we support do not know all of these in __builtin_cpu_supports, which
 * also asks whether the operating system keeps the registers. */
static bool have_f16c(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C);
}

/* A bit of leaf 7.1's EAX: */
enum { AVX_VNNI = 4, AVX512_BF16 = 5 };
static bool have_leaf71(int bit)
{
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a >> bit & 1);
}

bool rs_cpu_has(rs_cpu_tier tier)
{
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && have_f16c();
    const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    const bool vnni = avx512 && __builtin_cpu_supports("avx512vnni");
    switch (tier) {
    case RS_CPU_SCALAR: return true;
    case RS_CPU_AVX2: return avx2;
    case RS_CPU_AVXVNNI: return avx2 && have_leaf71(AVX_VNNI);
    case RS_CPU_AVX512: return avx512;
    case RS_CPU_AVX512VNNI: return vnni;
    case RS_CPU_AVX512BF16: return vnni && have_leaf71(AVX512_BF16);
    default: return false;
    }
}
#else
bool rs_cpu_has(rs_cpu_tier tier)
{
    return tier == RS_CPU_SCALAR;
}
#endif

rs_cpu_tier rs_cpu_detect(void)
{
    int best = RS_CPU_TIERS - 1;
    while (!rs_cpu_has((rs_cpu_tier)best))
        best--;
    return (rs_cpu_tier)best;
}

rs_cpu_tier rs_cpu_active(void)
{
    const char *want = getenv("RESTYLE_CPU");
    for (int t = 0; want && t < RS_CPU_TIERS; t++)
        if (strcmp(want, names[t]) == 0 && rs_cpu_has((rs_cpu_tier)t))
            return (rs_cpu_tier)t;
    return rs_cpu_detect();
}

const char *rs_cpu_tier_name(rs_cpu_tier tier)
{
    return names[tier];
}

#include "base/cpu.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

static const char *const names[RS_CPU_TIERS] = {
    [RS_CPU_SCALAR] = "scalar", [RS_CPU_AVX2] = "avx2", [RS_CPU_AVX512] = "avx512",
};

#if defined(__x86_64__)
/* clang's __builtin_cpu_supports does not know this one. */
static bool have_f16c(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C);
}
#endif

rs_cpu_tier rs_cpu_detect(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") ||
        !have_f16c())
        return RS_CPU_SCALAR;
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl"))
        return RS_CPU_AVX2;
    return RS_CPU_AVX512;
#else
    return RS_CPU_SCALAR;
#endif
}

rs_cpu_tier rs_cpu_active(void)
{
    const rs_cpu_tier have = rs_cpu_detect();
    const char *want = getenv("RESTYLE_CPU");
    for (int t = 0; want && t < RS_CPU_TIERS; t++)
        if (strcmp(want, names[t]) == 0 && (rs_cpu_tier)t < have)
            return (rs_cpu_tier)t;
    return have;
}

const char *rs_cpu_tier_name(rs_cpu_tier tier)
{
    return names[tier];
}

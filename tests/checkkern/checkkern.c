/* checkkern [--bench] [--list] [--seed N] [KERNEL...]
 *
 * Compares every kernel of every tier this machine can run with the scalar
 * reference, and with --bench times them instead. Exit status 0: all agree. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/checkkern/check.h"

typedef void fn(void);
/* rs_kern is kernels, then constants: one word each. */
enum { KERNELS = offsetof(rs_kern, gemm_mr) / sizeof(fn *), WORDS = sizeof(rs_kern) / sizeof(fn *) };

/* No tier may leave a word of rs_kern empty, no kernel may lack its ck_row. */
static int check_tables(const ck_tier *tiers, int n_tiers)
{
    size_t rows = 0;
    for (size_t i = 0; i < ck_n_rows; i++)
        rows += !ck_rows[i].further;
    int bad = KERNELS != rows;
    if (bad)
        fprintf(stderr, "kern.h has %d kernels, rows.c %zu\n", KERNELS, rows);
    for (int t = 0; t < n_tiers; t++) {
        fn *word[WORDS];
        memcpy(word, tiers[t].kern, sizeof word);
        for (size_t i = 0; i < WORDS; i++)
            if (!word[i]) {
                fprintf(stderr, "tier %s: word %zu of rs_kern is 0\n", tiers[t].name, i);
                bad++;
            }
    }
    return bad;
}

/* RESTYLE_CPU chooses among the tiers of this machine, and all else is ignored. */
static int check_active(void)
{
    static const char *const cases[] = {"scalar", "avx2", "avxvnni", "avx512", "avx512vnni",
                                        "avx512bf16", "nonsense", "", NULL};
    const char *was = getenv("RESTYLE_CPU");
    char *keep = was ? strdup(was) : NULL;
    const rs_cpu_tier have = rs_cpu_detect();
    int bad = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (cases[i])
            setenv("RESTYLE_CPU", cases[i], 1);
        else
            unsetenv("RESTYLE_CPU");
        const rs_cpu_tier want = i < RS_CPU_TIERS && rs_cpu_has((rs_cpu_tier)i) ? (rs_cpu_tier)i : have;
        if (rs_kern_active() != rs_kern_get(want) || rs_cpu_active() != want) {
            fprintf(stderr, "RESTYLE_CPU=%s: not the table of tier %s\n", cases[i] ? cases[i] : "(unset)",
                    rs_cpu_tier_name(want));
            bad++;
        }
    }
    if (keep)
        setenv("RESTYLE_CPU", keep, 1);
    free(keep);
    return bad;
}

/* The tiers of this machine, scalar first, then the bodies in plain C. */
static int list_tiers(ck_tier *tiers, int *n_real)
{
    static const rs_kern *const twins[RS_CPU_TIERS] = {
        [RS_CPU_AVX2] = &ck_emu8, [RS_CPU_AVXVNNI] = &ck_emu8, [RS_CPU_AVX512] = &ck_emu16,
        [RS_CPU_AVX512VNNI] = &ck_emu16, [RS_CPU_AVX512BF16] = &ck_emu16};
    int n = 0;
    for (int t = 0; t < RS_CPU_TIERS; t++) {
        const char *name = rs_cpu_tier_name((rs_cpu_tier)t);
        if (!rs_cpu_has((rs_cpu_tier)t))
            printf("%s: not on this machine\n", name);
        else
            tiers[n++] = (ck_tier){name, rs_kern_get((rs_cpu_tier)t), twins[t]};
    }
    *n_real = n;
    tiers[n++] = (ck_tier){"emu8", &ck_emu8, NULL};
    tiers[n++] = (ck_tier){"emu16", &ck_emu16, NULL};
    return n;
}

static bool wanted(const char *name, char **names, int n)
{
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return n == 0;
}

int main(int argc, char **argv)
{
    bool bench = false;
    uint64_t seed = 1;
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "--bench") == 0) {
            bench = true;
        } else if (strcmp(argv[i], "--list") == 0) {
            for (size_t k = 0; k < ck_n_rows; k++)
                puts(ck_rows[k].name);
            return 0;
        } else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
            seed = strtoull(argv[++i], NULL, 10);
        } else {
            fprintf(stderr, "usage: checkkern [--bench] [--list] [--seed N] [KERNEL...]\n");
            return 2;
        }
    }

    ck_tier tiers[RS_CPU_TIERS + 2];
    int n_real;
    const int n_tiers = list_tiers(tiers, &n_real);
    int failures = check_tables(tiers, n_tiers) + check_active(), n_run = 0;
    for (size_t k = 0; k < ck_n_rows; k++) {
        if (!wanted(ck_rows[k].name, argv + i, argc - i))
            continue;
        n_run++;
        if (bench) {
            ck_bench_row(&ck_rows[k], tiers, n_real);
            continue;
        }
        /* the name first: a read outside a buffer ends in a fault */
        printf("%s: ", ck_rows[k].name);
        fflush(stdout);
        const int bad = ck_check_row(&ck_rows[k], tiers, n_tiers, seed);
        puts(bad ? "FAIL" : "ok");
        failures += bad;
    }
    if (n_run == 0) {
        fprintf(stderr, "no such kernel: see --list\n");
        return 2;
    }
    return failures ? 1 : 0;
}

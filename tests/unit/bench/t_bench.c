/* A benchmark of the small random model: what is timed, how it adds up, the two
 * ways to print it, what it refuses, and running out of memory. */
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "restyle/bench.h"
#include "tests/lib/test.h"

static rs_err err;

static rs_bench_options small(void)
{
    rs_bench_options o;
    rs_bench_defaults(&o);
    CHECK_STR(o.arch, "sd15");
    CHECK(o.size.width == 512 && o.size.height == 512 && o.batch == 2 && o.repeat == 3);
    o.arch = "tiny";
    o.size = (rs_size){ 32, 16 };
    o.engine.threads = 2;
    return o;
}

static void check_part(const rs_bench_part *p, int runs)
{
    double seconds = 0, gflop = 0, gbyte = 0;
    CHECK_INT(p->runs, runs);
    CHECK(p->best > 0 && p->seconds >= p->best && p->row_seconds >= p->best);
    CHECK(p->gflop > 0 && p->gbyte > 0 && p->floor_seconds > 0);
    CHECK(p->n_kinds >= 3 && p->n_layers == 10);
    for (size_t i = 0; i < p->n_kinds; i++) {
        seconds += p->kinds[i].seconds;
        gflop += p->kinds[i].gflop;
        gbyte += p->kinds[i].gbyte;
        CHECK(i == 0 || p->kinds[i].seconds <= p->kinds[i - 1].seconds);
    }
    CHECK(seconds <= p->row_seconds);
    CHECK_NEAR(gflop, p->gflop, 1e-9);
    CHECK_NEAR(gbyte, p->gbyte, 1e-9);
    for (size_t i = 0; i < p->n_layers; i++) {
        CHECK(p->layers[i].name[0] && p->layers[i].kind[0] && p->layers[i].calls > 0);
        CHECK(i == 0 || p->layers[i].seconds <= p->layers[i - 1].seconds);
    }
}

static void every_part(void)
{
    rs_bench_options o = small();
    rs_bench *b = NULL;
    o.repeat = 4;
    CHECK_OK(rs_bench_run(&o, &b, &err));
    CHECK_STR(b->model, "tiny");
    CHECK_INT(b->threads, 2);
    CHECK(b->gemm_own_gflops > 0 && b->gemm_blas_gflops > 0 && b->load_seconds > 0);
    CHECK(b->gemm_gflops == fmax(b->gemm_own_gflops, b->gemm_blas_gflops));
    CHECK(b->peak_rss_bytes > 1 << 20);
    for (size_t i = 0; i < RS_BENCH_PARTS; i++) {
        CHECK_STR(b->parts[i].name, rs_bench_part_name(i));
        check_part(&b->parts[i], 4);
    }
    rs_bench_close(&b);
    CHECK(!b);
    rs_bench_close(&b);
}

/* Both passes of a guided step count. */
static void batch_counts(void)
{
    rs_bench_options o = small();
    rs_bench *one = NULL, *two = NULL;
    o.part = "unet_step";
    o.repeat = 1;
    CHECK_OK(rs_bench_run(&o, &two, &err));
    o.batch = 1;
    CHECK_OK(rs_bench_run(&o, &one, &err));
    check_part(&one->parts[1], 1);
    CHECK_INT(one->parts[0].runs + one->parts[2].runs + one->parts[3].runs, 0);
    const double ratio = two->parts[1].gflop / one->parts[1].gflop;
    CHECK(ratio > 1.98 && ratio < 2); /* the time embedding is shared */
    rs_bench_close(&one);
    rs_bench_close(&two);
}

static void put(void *cookie, const char *text, size_t len)
{
    rs_strbuf_add(cookie, text, len);
}

static double number_of(const rs_json *root, const char *key)
{
    const rs_json *v = rs_json_get(root, key);
    if (!v || v->type != RS_JSON_NUMBER)
        TEST_FAIL("no number '%s'", key);
    return v->number;
}

static void prints(void)
{
    static const char *const keys[] = { "gemm_gflops", "text_encoder_s", "unet_step_s", "vae_encode_s",
                                        "vae_decode_s", "peak_rss_bytes", "unet_step_best_s",
                                        "unet_step_linear_s", "unet_step_conv_3x3_winograd_gflop" };
    const rs_bench_options o = small();
    rs_bench *b = NULL;
    rs_strbuf sb;
    const rs_json *root;
    rs_arena *a = rs_arena_open(1 << 16);
    const rs_text_sink sink = { put, &sb };
    CHECK_OK(rs_bench_run(&o, &b, &err));
    rs_strbuf_init(&sb, 1 << 20);
    CHECK_OK(rs_bench_write(b, RS_BENCH_JSON, &sink, &err));
    CHECK_OK(rs_json_parse(a, sb.data, sb.len, "bench", &root, &err));
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        CHECK(number_of(root, keys[i]) > 0);
    for (const rs_json *m = root->first; m; m = m->next)
        CHECK(m->type == RS_JSON_NUMBER || m->type == RS_JSON_STRING); /* flat */
    CHECK_NEAR(number_of(root, "unet_step_s"), b->parts[1].seconds, 1e-6);
    rs_strbuf_clear(&sb);
    CHECK_OK(rs_bench_write(b, RS_BENCH_TABLES, &sink, &err));
    CHECK(strstr(sb.data, "vae decode") && strstr(sb.data, b->parts[1].layers[9].name));
    CHECK(strstr(sb.data, "conv 3x3 winograd"));
    rs_strbuf_release(&sb);
    rs_arena_close(&a);
    rs_bench_close(&b);
}

static void refuses(rs_bench_options o, const char *why)
{
    rs_bench *b = NULL;
    CHECK_INT(rs_bench_run(&o, &b, &err), RS_E_INVALID);
    CHECK(!b);
    if (!strstr(err.msg, why))
        TEST_FAIL("no '%s' in '%s'", why, err.msg);
}

static void refusals(void)
{
    rs_bench_options o = small();
    o.arch = "sd99";
    refuses(o, "sd99");
    o = small();
    o.part = "unet";
    refuses(o, "'unet'");
    o = small();
    o.batch = 0;
    refuses(o, "batch 0");
    o = small();
    o.size.height = 18;
    refuses(o, "multiples of 4");
    rs_bench *b = NULL;
    o = small();
    o.model = RS_SOURCE_DIR "/no/such/model";
    CHECK(rs_bench_run(&o, &b, &err) != RS_OK);
    CHECK(!b);
}

/* Whichever allocation fails, the answer is an error and nothing leaks (ASan). */
static void out_of_memory(void)
{
    rs_bench_options o = small();
    rs_bench *b = NULL;
    o.repeat = 1;
    o.part = "text_encoder";
    o.engine.threads = 1;
    long n = 0;
    for (; !b; n++) {
        rs_alloc_fail_after(n);
        const rs_status s = rs_bench_run(&o, &b, &err);
        rs_alloc_fail_after(-1);
        CHECK(s == RS_OK || s == RS_E_NOMEM);
        CHECK((s == RS_OK) == (b != NULL));
    }
    CHECK(n > 10);
    rs_bench_close(&b);
}

int main(void)
{
    TEST_RUN(every_part);
    TEST_RUN(batch_counts);
    TEST_RUN(prints);
    TEST_RUN(refusals);
    TEST_RUN(out_of_memory);
    return 0;
}

/* Simulated threads: pieces of known cost, dealt by hand; how sections get their names;
 * and a real run, whose work adds up. */
#include "bench/split.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "tests/lib/test.h"

static rs_err err;

/* A section that starts at `at`, by the clock 100 s later; half a second passes between
 * pieces. */
static double feed(rs_split *s, double at, const double *costs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        rs_split_add(s, i, n, at, at + costs[i], at + 100);
        at += costs[i] + (i + 1 < n ? 0.5 : 0);
    }
    return at;
}

static const rs_bench_split *by_hand(rs_arena *a)
{
    static const double even[] = { 1, 1, 1, 1 }, odd[] = { 1, 1, 3 }, one[] = { 2 };
    rs_split *s = NULL;
    const rs_bench_split *out = NULL;
    CHECK_OK(rs_split_open(&s, &err));
    CHECK_NEAR(feed(s, 10, even, 4), 15.5, 0); /* the pauses are nobody's */
    CHECK_NEAR(feed(s, 16, odd, 3), 22, 0);
    CHECK_NEAR(feed(s, 23, one, 1), 25, 0);
    CHECK_NEAR(feed(s, 25.25, even, 4), 30.75, 0);
    const rs_prof_event events[] = {
        { .kind = RS_PROF_LINEAR, .label = "l", .start = 110, .seconds = 12.5 }, /* the first two */
        { .kind = RS_PROF_NORM, .label = "n", .start = 122.9, .seconds = 2.2 },
    };
    /* from 9 to 32: outside of sections 1 + 0.5 + 1 + 0.25 + 1.25 */
    CHECK_OK(rs_split_tally(s, 23, events, 2, a, &out, &err));
    rs_split_close(&s);
    CHECK(!s);
    return out;
}

static void lanes(void)
{
    rs_arena *a = rs_arena_open(1 << 12);
    const rs_bench_split *o = by_hand(a);
    static const int threads[RS_BENCH_LANES] = { 1, 2, 4, 8, 16 };
    /* of sections of 1 1 1 1, 1 1 3 (dealt in order: 1, 1+3), 1 1 1 1 */
    static const double parallel[RS_BENCH_LANES] = { 13, 2 + 4 + 2, 1 + 3 + 1, 5, 5 };
    CHECK_INT(o->sections, 4);
    CHECK_INT(o->pieces, 12);
    CHECK_NEAR(o->serial_seconds, 4 + 2, 1e-12); /* the single piece too */
    CHECK_NEAR(o->work_seconds, 13, 1e-12);
    for (int i = 0; i < RS_BENCH_LANES; i++) {
        const rs_bench_lane *l = &o->lanes[i];
        CHECK_INT(l->threads, threads[i]);
        CHECK_NEAR(l->seconds, 6 + parallel[i], 1e-12);
        CHECK_NEAR(l->seconds, o->serial_seconds + o->work_seconds / l->threads + l->uneven_seconds, 1e-12);
    }
    CHECK_NEAR(o->lanes[0].uneven_seconds, 0, 1e-12);
    rs_arena_close(&a);
}

static void names(void)
{
    rs_arena *a = rs_arena_open(1 << 12);
    const rs_bench_split *o = by_hand(a);
    CHECK_INT(o->n_kinds, 3);
    CHECK_STR(o->kinds[0].name, "linear");
    CHECK_INT(o->kinds[0].sections, 2);
    CHECK_INT(o->kinds[0].pieces, 7);
    CHECK_INT(o->kinds[0].fewest, 3);
    CHECK_NEAR(o->kinds[0].seconds, 9, 1e-12);
    CHECK_NEAR(o->kinds[0].longest, 3, 0);
    CHECK_NEAR(o->kinds[0].lost, 1 + 3 - 9 / 16.0, 1e-12);
    CHECK_STR(o->kinds[1].name, "between them");
    CHECK_STR(o->kinds[2].name, "norm");
    CHECK_INT(o->n_layers, 3);
    CHECK_STR(o->layers[0].name, "l");
    CHECK_STR(o->layers[0].kind, "linear");
    CHECK_STR(o->layers[1].name, "n");
    CHECK_NEAR(o->layers[1].lost, 2 - 2 / 16.0, 1e-12);
    rs_arena_close(&a);
}

static void many_sections(void)
{
    static const double costs[] = { 1, 1 };
    rs_arena *a = rs_arena_open(1 << 12);
    rs_split *s = NULL;
    const rs_bench_split *o = NULL;
    CHECK_OK(rs_split_open(&s, &err));
    for (int i = 0; i < 5000; i++)
        feed(s, 3 * i, costs, 2);
    CHECK_OK(rs_split_tally(s, 15000, NULL, 0, a, &o, &err));
    CHECK_INT(o->sections, 5000);
    CHECK_NEAR(o->lanes[1].seconds, o->serial_seconds + 5000, 1e-6);
    CHECK_INT(o->n_layers, 1);
    rs_split_close(&s);
    rs_alloc_fail_after(1); /* the handle, then no section */
    CHECK_OK(rs_split_open(&s, &err));
    feed(s, 0, costs, 2);
    rs_alloc_fail_after(-1);
    CHECK_INT(rs_split_tally(s, 3, NULL, 0, a, &o, &err), RS_E_NOMEM);
    rs_split_close(&s);
    rs_arena_close(&a);
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

static rs_bench *bench(int side, bool split)
{
    rs_bench_options o;
    rs_bench *b = NULL;
    rs_bench_defaults(&o);
    o.arch = "tiny";
    o.size = (rs_size){ side, side };
    o.part = "unet_step";
    o.repeat = 1;
    o.engine.threads = 2;
    o.split = split;
    CHECK_OK(rs_bench_run(&o, &b, &err));
    return b;
}

static void real_run(void)
{
    rs_bench *b = bench(32, true);
    const rs_bench_split *s = b->parts[1].split;
    CHECK(s && !b->parts[0].split);
    CHECK(s->sections > 100 && s->pieces > 2 * s->sections);
    CHECK(s->serial_seconds > 0 && s->work_seconds > 0);
    double seconds = 0;
    for (size_t i = 0; i < s->n_kinds; i++)
        seconds += s->kinds[i].seconds;
    CHECK(seconds >= s->work_seconds && seconds <= s->work_seconds + s->serial_seconds);
    for (int i = 1; i < RS_BENCH_LANES; i++) {
        CHECK(s->lanes[i].seconds <= s->lanes[i - 1].seconds);
        CHECK(s->lanes[i].uneven_seconds > -1e-9);
    }
    rs_strbuf sb;
    rs_strbuf_init(&sb, 1 << 20);
    const rs_text_sink sink = { put, &sb };
    rs_arena *a = rs_arena_open(1 << 16);
    const rs_json *root;
    CHECK_OK(rs_bench_write(b, RS_BENCH_TABLES, &sink, &err));
    CHECK(strstr(sb.data, "unet step, simulated") && strstr(sb.data, s->layers[9].name));
    rs_strbuf_clear(&sb);
    CHECK_OK(rs_bench_write(b, RS_BENCH_JSON, &sink, &err));
    CHECK_OK(rs_json_parse(a, sb.data, sb.len, "bench", &root, &err));
    CHECK_NEAR(number_of(root, "unet_step_split_1_speedup"), 1, 1e-4);
    CHECK_NEAR(number_of(root, "unet_step_split_16_s"), s->lanes[4].seconds, 1e-6);
    CHECK_NEAR(number_of(root, "unet_step_split_4_serial_share"),
               s->serial_seconds / s->lanes[2].seconds, 1e-5);
    rs_strbuf_release(&sb);
    rs_arena_close(&a);
    rs_bench_close(&b);
}

/* Two sizes side by side: the rest is what attention leaves. */
static void sizes(void)
{
    rs_bench *b[] = { bench(16, false), bench(32, false) };
    const rs_bench *const both[] = { b[0], b[1] };
    rs_strbuf sb;
    rs_strbuf_init(&sb, 1 << 20);
    const rs_text_sink sink = { put, &sb };
    rs_arena *a = rs_arena_open(1 << 16);
    const rs_json *root;
    char want[64];
    CHECK_OK(rs_bench_write_sizes(both, 2, RS_BENCH_TABLES, &sink, &err));
    const rs_bench_part *p = &b[1]->parts[1];
    CHECK(p->attention_seconds > 0 && p->attention_seconds < p->row_seconds);
    snprintf(want, sizeof want, "%9.3f %6.2f\n", (p->row_seconds - p->attention_seconds) * 1e6 / 1024,
             (p->row_seconds - p->attention_seconds) / 4 /
             (b[0]->parts[1].row_seconds - b[0]->parts[1].attention_seconds));
    CHECK(strstr(sb.data, "\n32x32 "));
    CHECK(strstr(strstr(sb.data, "\n32x32 "), want));
    CHECK(!strstr(sb.data, "text encoder  "));
    rs_strbuf_clear(&sb);
    CHECK_OK(rs_bench_write_sizes(both, 2, RS_BENCH_JSON, &sink, &err));
    CHECK_OK(rs_json_parse(a, sb.data, sb.len, "bench", &root, &err));
    CHECK(root->type == RS_JSON_ARRAY && root->first && root->first->next && !root->first->next->next);
    CHECK_NEAR(number_of(root->first, "width"), 16, 0);
    CHECK_NEAR(number_of(root->first->next, "width"), 32, 0);
    CHECK_NEAR(number_of(root->first->next, "unet_step_attention_s"), p->attention_seconds, 1e-6);
    rs_strbuf_release(&sb);
    rs_arena_close(&a);
    rs_bench_close(&b[0]);
    rs_bench_close(&b[1]);
}

int main(void)
{
    TEST_RUN(lanes);
    TEST_RUN(names);
    TEST_RUN(many_sections);
    TEST_RUN(real_run);
    TEST_RUN(sizes);
    return 0;
}

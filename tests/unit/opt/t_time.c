/* Places in a film, and rates, as text and back. */
#include "opt/opt.h"
#include "tests/lib/test.h"

static rs_arena *arena;
static rs_diags diags;
static rs_opt_ctx ctx;

static bool parse(const rs_opt *row, const char *text, void *at)
{
    rs_diags_init(&diags, arena);
    rs_value *v = rs_value_scalar(arena, (rs_pos){ "test", 1, 1 }, text, strlen(text), false);
    const bool ok = row->type->parse(&ctx, row, "key", v, at);
    CHECK_INT(ok, diags.n == 0);
    return ok;
}

static const char *print(const rs_opt *row, const void *at)
{
    rs_strbuf sb;
    rs_strbuf_init(&sb, 100);
    row->type->print(&sb, row, at);
    const char *text = rs_arena_strdup(arena, rs_strbuf_str(&sb));
    rs_strbuf_release(&sb);
    return text;
}

static void moments(void)
{
    static const rs_opt row = { .key = "key", .type = &rs_opt_moment };
    static const struct { const char *text, *printed; } cases[] = {
        { "0", "0" }, { "120", "120" }, { "0s", "0.000000s" }, { "1.5s", "1.500000s" },
        { "90s", "90.000000s" },
        { "00:01:05.5", "65.500000s" }, { "1:05", "65.000000s" }, { "100:00:00", "360000.000000s" },
        { "0.0000019s", "0.000001s" },
        { "2147483647", "2147483647" },
    };
    static const char *const wrong[] = { "", "-1", "1.5", "s", ".5s", "1.s", "1:5", "1:60", "1:2:3:4",
                                         "1:05s",
                                         "1s ", "1e3", "2147483648", "99999999999999999999s",
                                         "1:0x" };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rs_moment m, again;
        CHECK(parse(&row, cases[i].text, &m));
        CHECK_STR(print(&row, &m), cases[i].printed);
        CHECK(parse(&row, cases[i].printed, &again));
        CHECK(row.type->equal(&row, &m, &again));
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        rs_moment m;
        if (parse(&row, wrong[i], &m))
            TEST_FAIL("'%s' is taken", wrong[i]);
    }
    CHECK(!row.type->equal(&row, &(rs_moment){ RS_MOMENT_FRAME, 1 }, &(rs_moment){ RS_MOMENT_TIME, 1 }));
    CHECK_STR(print(&row, &(rs_moment){ 0 }), "");
}

static void rates(void)
{
    static const rs_opt row = { .key = "key", .type = &rs_opt_rate };
    static const struct { const char *text, *printed; } cases[] = {
        { "25", "25/1" }, { "30000/1001", "30000/1001" }, { "29.97", "2997/100" }, { "12.5", "25/2" },
        { "50/2", "25/1" }, { "0.5", "1/2" }, { "999.999999", "999999999/1000000" },
    };
    static const char *const wrong[] = { "", "0", "-1", "1/0", "0/1", "1000", "1/", "/1", "25.", "25fps",
                                         "1e1", "1/2/3", "99999999999" };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rs_rational r, again;
        CHECK(parse(&row, cases[i].text, &r));
        CHECK_STR(print(&row, &r), cases[i].printed);
        CHECK(parse(&row, cases[i].printed, &again));
        CHECK(row.type->equal(&row, &r, &again));
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        rs_rational r;
        if (parse(&row, wrong[i], &r))
            TEST_FAIL("'%s' is taken", wrong[i]);
    }
    CHECK_STR(print(&row, &(rs_rational){ 0 }), "");
}

int main(void)
{
    arena = rs_arena_open(0);
    ctx = (rs_opt_ctx){ .arena = arena, .diags = &diags };
    TEST_RUN(moments);
    TEST_RUN(rates);
    rs_arena_close(&arena);
    return 0;
}

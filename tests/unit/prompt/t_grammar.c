/* The prompt grammar against A1111's own parser: every row of
 * tests/golden/prompts/grammar.json is one prompt and what that parser made of it
 * (tools/reference/prompts.py). Texts are equal byte for byte, weights as doubles. */
#include "base/json.h"
#include "prompt/prompt_and.h"
#include "prompt/prompt_schedule.h"
#include "prompt/prompt_weights.h"
#include "tests/lib/test.h"

#define GRAMMAR RS_SOURCE_DIR "/tests/golden/prompts/grammar.json"

static rs_err err;
static rs_arena *arena;
static const rs_json *rows;

static const rs_json *at(const rs_json *list, int i)
{
    const rs_json *item = list->first;
    while (item && i--)
        item = item->next;
    CHECK(item);
    return item;
}

static void check_schedule(const rs_json *row, const char *prompt)
{
    const int steps = (int)rs_json_get(row, "steps")->integer;
    const rs_json *want = rs_json_get(row, "schedule");
    rs_prompt_schedule s;
    CHECK_OK(rs_prompt_schedule_parse(arena, (rs_span){ prompt, strlen(prompt) }, steps, &s, &err));
    CHECK_INT(s.n_parts, want->n);
    int i = 0;
    for (const rs_json *w = want->first; w; w = w->next, i++) {
        CHECK_INT(s.parts[i].until, at(w, 0)->integer);
        CHECK_STR(s.texts[s.parts[i].text], at(w, 1)->string);
        CHECK_INT(rs_prompt_schedule_at(&s, s.parts[i].until), s.parts[i].text);
    }
    CHECK_INT(rs_prompt_schedule_at(&s, 0), s.parts[0].text);
    CHECK_INT(rs_prompt_schedule_at(&s, steps + 5), s.parts[i - 1].text);
}

static void check_shares(const rs_json *row, const char *prompt)
{
    const rs_json *want = rs_json_get(row, "shares");
    rs_prompt_share *shares;
    int n, i = 0;
    CHECK_OK(rs_prompt_and_parse(arena, prompt, &shares, &n, &err));
    CHECK_INT(n, want->n);
    for (const rs_json *w = want->first; w; w = w->next, i++) {
        CHECK_STR(rs_arena_strndup(arena, shares[i].text.at, shares[i].text.n), at(w, 0)->string);
        CHECK_NEAR(shares[i].weight, at(w, 1)->number, 0);
    }
}

static void check_weights(const rs_json *row, const char *prompt)
{
    const rs_json *want = rs_json_get(row, "weights");
    rs_prompt_piece *pieces;
    size_t n, i = 0;
    const rs_status s = rs_prompt_weights_parse(arena, prompt, &pieces, &n, &err);
    CHECK_INT(s, want->type == RS_JSON_NULL ? RS_E_INVALID : RS_OK);
    if (s != RS_OK)
        return;
    CHECK_INT(n, want->n);
    for (const rs_json *w = want->first; w; w = w->next, i++) {
        const bool is_break = strcmp(at(w, 0)->string, "BREAK") == 0 && at(w, 1)->number == -1;
        CHECK_INT(pieces[i].is_break, is_break);
        CHECK_STR(pieces[i].text, is_break ? "" : at(w, 0)->string);
        CHECK_NEAR(pieces[i].weight, at(w, 1)->number, 0);
    }
}

static void each(void (*check)(const rs_json *row, const char *prompt))
{
    int n = 0;
    for (const rs_json *row = rows->first; row; row = row->next, n++) {
        const rs_arena_mark mark = rs_arena_save(arena);
        printf("%d: %s\n", n + 2, rs_json_get(row, "prompt")->string);
        check(row, rs_json_get(row, "prompt")->string);
        rs_arena_rewind(arena, mark);
    }
    CHECK(n > 700);
}

static void schedules(void)
{
    each(check_schedule);
}

static void shares_of_and(void)
{
    each(check_shares);
}

static void weights(void)
{
    each(check_weights);
}

int main(void)
{
    arena = rs_arena_open(1 << 20);
    CHECK(arena);
    CHECK_OK(rs_json_read(arena, GRAMMAR, 1 << 24, &rows, &err));
    TEST_RUN(schedules);
    TEST_RUN(shares_of_and);
    TEST_RUN(weights);
    rs_arena_close(&arena);
    return 0;
}

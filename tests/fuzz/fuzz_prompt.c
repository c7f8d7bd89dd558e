/* Any text as a prompt: no crash, and what the grammar promises of its results. The
 * first byte gives the number of steps. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "prompt/prompt_and.h"
#include "prompt/prompt_schedule.h"
#include "prompt/prompt_tags.h"
#include "prompt/prompt_weights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(int right)
{
    if (!right)
        abort();
}

static void weights_of(rs_arena *arena, const char *text)
{
    rs_err err = { 0 };
    rs_prompt_piece *pieces;
    size_t n, len = 0;
    const rs_status s = rs_prompt_weights_parse(arena, text, &pieces, &n, &err);
    expect(s == RS_OK || err.msg[0]);
    for (size_t i = 0; s == RS_OK && i < n; i++) {
        len += strlen(pieces[i].text);
        expect(i == 0 || pieces[i].weight != pieces[i - 1].weight || isnan(pieces[i].weight));
    }
    expect(s != RS_OK || (n > 0 && len <= strlen(text)));
}

static void schedule_of(rs_arena *arena, rs_span text, int steps)
{
    rs_err err = { 0 };
    rs_prompt_schedule p;
    if (rs_prompt_schedule_parse(arena, text, steps, &p, &err) != RS_OK) {
        expect(err.msg[0]);
        return;
    }
    expect(p.n_parts >= 1 && p.parts[p.n_parts - 1].until == steps);
    for (int call = 0; call <= steps + 1; call++) {
        const int i = rs_prompt_schedule_at(&p, call);
        expect(i >= 0 && i < p.n_texts && strlen(p.texts[i]) <= text.n);
    }
    for (int i = 0; i < p.n_texts; i++)
        weights_of(arena, p.texts[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rs_err err = { 0 };
    rs_prompt_tags tags;
    rs_prompt_share *shares;
    const char *plain;
    int n;
    rs_arena *arena = rs_arena_open(1 << 16);
    char *text = arena && size > 1 ? rs_arena_strndup(arena, (const char *)data + 1, size - 1) : NULL;
    if (text && rs_prompt_tags_parse(arena, text, &plain, &tags, &err) == RS_OK &&
        rs_prompt_and_parse(arena, plain, &shares, &n, &err) == RS_OK) {
        expect(n >= 1);
        for (int i = 0; i < n; i++)
            schedule_of(arena, shares[i].text, 1 + data[0] % 40);
    } else if (text) {
        expect(err.msg[0] != '\0');
    }
    rs_arena_close(&arena);
    return 0;
}

#include "tests/lib/fuzz.h"

/* Texts to cross attention's keys and values: tokens, padded with the end token
 * to the encoder's length, through the text encoder, through the UNet's key and
 * value projections. In two parts, as encoder and UNet may not be there at once. */
#include <string.h>

#include "base/err.h"
#include "stage/engine.h"

#define MAX_TOKENS 4096 /* of a model's config; SD 1.x has 77 */

static rs_status tokenize(rs_model *m, const char *what, const char *text, int *ids, rs_err *err)
{
    const int length = rs_bundle_text(m->bundle)->max_tokens, room = length - 2;
    size_t n = 0;
    rs_status s = rs_tokenizer_encode(m->tokenizer, m->run_arena, text, ids + 1, (size_t)room, &n, err);
    if (s != RS_OK)
        return rs_err_wrap(err, s, "%s", what);
    if (n > (size_t)room) {
        RS_WARN(m->log, "%s has %zu tokens; the model reads the first %d", what, n, room);
        n = (size_t)room;
    }
    ids[0] = rs_tokenizer_bos(m->tokenizer);
    for (int i = (int)n + 1; i < length; i++)
        ids[i] = rs_tokenizer_eos(m->tokenizer);
    return RS_OK;
}

static rs_status encode(rs_model *m, const char *prompt, const char *negative, rs_err *err)
{
    const rs_text_config *cfg = rs_bundle_text(m->bundle);
    if (cfg->max_tokens < 3 || cfg->max_tokens > MAX_TOKENS)
        return RS_FAIL(err, RS_E_UNSUPPORTED, "text encoder of %d tokens, 3 to %d are supported",
                       cfg->max_tokens, MAX_TOKENS);
    int *ids = RS_NEW_N(m->run_arena, int, 2 * (size_t)cfg->max_tokens);
    rs_prompts *p = &m->prompts;
    if (!ids)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for the prompts");
    RS_TRY(tokenize(m, "prompt", prompt, ids, err));
    RS_TRY(tokenize(m, "negative_prompt", negative, ids + cfg->max_tokens, err));
    RS_TRY(rs_tensor_alloc(m->prompt_arena, 2, 1, cfg->max_tokens, cfg->width, &p->states, err));
    RS_TRY(rs_model_need(m, RS_PART_TEXT, err));
    RS_TRY(rs_clip_text_forward(&m->ex, m->text, ids, &p->states, err));
    char *first = rs_arena_strdup(m->prompt_arena, prompt);
    char *second = rs_arena_strdup(m->prompt_arena, negative);
    if (!first || !second)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for the prompts");
    p->prompt = first;
    p->negative = second;
    return RS_OK;
}

rs_status rs_model_set_prompts(rs_model *m, const char *prompt, const char *negative, rs_err *err)
{
    if (m->prompts.prompt && strcmp(m->prompts.prompt, prompt) == 0 &&
        strcmp(m->prompts.negative, negative) == 0)
        return RS_OK;
    m->prompts = (rs_prompts){ 0 };
    rs_arena_rewind(m->prompt_arena, m->prompt_start);
    const rs_arena_mark mark = rs_arena_save(m->run_arena);
    const rs_status s = encode(m, prompt, negative, err);
    rs_arena_rewind(m->run_arena, mark);
    return s;
}

rs_status rs_model_make_contexts(rs_model *m, rs_err *err)
{
    rs_prompts *p = &m->prompts;
    if (p->has_contexts)
        return RS_OK;
    const rs_arena_mark mark = rs_arena_save(m->prompt_arena);
    const rs_tensor first = rs_tensor_item(&p->states, 0);
    rs_status s = rs_unet_context_make(&m->ex, m->unet, m->prompt_arena, &p->states, &p->guided, err);
    if (s == RS_OK)
        s = rs_unet_context_make(&m->ex, m->unet, m->prompt_arena, &first, &p->plain, err);
    if (s != RS_OK)
        rs_arena_rewind(m->prompt_arena, mark);
    p->has_contexts = s == RS_OK;
    return s;
}

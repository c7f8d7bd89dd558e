#include "stage/prompts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "prompt/prompt_and.h"
#include "stage/engine.h"
#include "stage/prompt_chunks.h"

#define MAX_TOKENS 4096 /* of a model's config; SD 1.x has 77 */
#define MAX_CHUNKS 1000

static rs_status no_memory(rs_err *err)
{
    return RS_FAIL(err, RS_E_NOMEM, "no memory for the prompts");
}

/* The chunks of a track's texts, and how long they become. */
struct plan {
    rs_chunk **chunks; /* [n_texts] */
    int n_chunks;      /* of the longest text */
    int tokens;        /* after all filling up */
};

static rs_status plan_track(rs_model *m, const rs_chunker *c, const rs_prompt_track *track,
                            struct plan *out, rs_err *err)
{
    out->chunks = RS_NEW_N(m->run_arena, rs_chunk *, (size_t)track->schedule.n_texts);
    if (!out->chunks)
        return no_memory(err);
    for (int i = 0; i < track->schedule.n_texts; i++) {
        int n;
        RS_TRY(rs_chunks_make(c, track->schedule.texts[i], &out->chunks[i], &n, err));
        out->n_chunks = n > out->n_chunks ? n : out->n_chunks;
    }
    if (out->n_chunks > MAX_CHUNKS)
        return RS_FAIL(err, RS_E_RANGE, "a prompt has %d chunks of %d tokens; at most %d are read",
                       out->n_chunks, c->window - 2, MAX_CHUNKS);
    out->tokens = out->n_chunks * c->window;
    return RS_OK;
}

/* How often a text is used: A1111 encodes it once for each part, as one batch, whose
 * mean the emphasis restores. */
static int uses(const rs_prompt_schedule *s, int text)
{
    int n = 0;
    for (int i = 0; i < s->n_parts; i++)
        n += s->parts[i].text == text;
    return n;
}

/* EmphasisOriginal and its neighbours (modules/sd_emphasis.py) on one chunk of all
 * texts: each token times its weight, then all times mean before / mean after. */
static rs_status emphasise(rs_model *m, const rs_prompt_request *q, rs_prompt_track *track,
                           rs_chunk *const *chunks, int index, rs_err *err)
{
    const rs_text_config *cfg = rs_bundle_text(m->bundle);
    const size_t w = (size_t)cfg->width, window = (size_t)cfg->max_tokens;
    double before = 0, after = 0;
    bool any = false;
    for (int i = 0; i < track->schedule.n_texts; i++) {
        float *z = track->states[i].data + (size_t)index * window * w;
        const int n = uses(&track->schedule, i);
        double a = 0, b = 0;
        for (size_t k = 0; k < window * w; k++) {
            const float weight = chunks[i] ? chunks[i]->weights[k / w] : 1.0f;
            a += (double)z[k];
            z[k] *= weight;
            b += (double)z[k];
            any = any || weight != 1.0f;
        }
        before += n * a;
        after += n * b;
    }
    if (!any || q->params->emphasis == RS_EMPHASIS_NO_NORM)
        return RS_OK;
    const float ratio = (float)(before / after);
    if (!isfinite(ratio))
        return RS_FAIL(err, RS_E_INVALID, "the weights of the prompt cancel each other out: use smaller "
                       "ones, or emphasis: no_norm");
    for (int i = 0; i < track->schedule.n_texts; i++) {
        float *z = track->states[i].data + (size_t)index * window * w;
        for (size_t k = 0; k < window * w; k++)
            z[k] *= ratio;
    }
    return RS_OK;
}

/* chunk NULL: an empty one. dst: [window, width]. */
static rs_status encode_chunk(rs_model *m, const rs_prompt_request *q, const rs_chunk *chunk, float *dst,
                              rs_err *err)
{
    const rs_text_config *cfg = rs_bundle_text(m->bundle);
    const rs_tensor out = { 1, 1, cfg->max_tokens, cfg->width, dst };
    int empty[MAX_TOKENS];
    for (int i = 0; i < cfg->max_tokens; i++)
        empty[i] = i ? rs_tokenizer_eos(m->tokenizer) : rs_tokenizer_bos(m->tokenizer);
    const rs_clip_args args = { .skip = q->params->clip_skip, .rows = chunk ? chunk->rows : NULL };
    return rs_clip_text_encode(&m->ex, m->text, chunk ? chunk->ids : empty, &args, &out, err);
}

/* The states of a track: its chunks, then what fills them up to plan->tokens: empty
 * chunks with pad_cond_uncond, else the last vector again (A1111's stack_conds). */
static rs_status encode_track(rs_model *m, const rs_prompt_request *q, struct plan *plan,
                              rs_prompt_track *track, rs_err *err)
{
    const rs_text_config *cfg = rs_bundle_text(m->bundle);
    const size_t w = (size_t)cfg->width, chunk = (size_t)cfg->max_tokens * w;
    const int own = plan->n_chunks * cfg->max_tokens;
    for (int i = 0; i < track->schedule.n_texts; i++)
        RS_TRY(rs_tensor_alloc(m->prompt_arena, 1, 1, plan->tokens, cfg->width, &track->states[i], err));
    for (int c = 0; c < plan->n_chunks; c++) {
        for (int i = 0; i < track->schedule.n_texts; i++)
            RS_TRY(encode_chunk(m, q, plan->chunks[i], track->states[i].data + (size_t)c * chunk, err));
        if (q->params->emphasis != RS_EMPHASIS_IGNORE)
            RS_TRY(emphasise(m, q, track, plan->chunks, c, err));
        for (int i = 0; i < track->schedule.n_texts; i++)
            plan->chunks[i] = plan->chunks[i] ? plan->chunks[i]->next : NULL;
    }
    for (int i = 0; i < track->schedule.n_texts; i++) {
        float *z = track->states[i].data;
        for (int t = own; t < plan->tokens; t++)
            memcpy(z + (size_t)t * w, z + (size_t)(own - 1) * w, w * sizeof(float));
    }
    return RS_OK;
}

/* With pad_cond_uncond the empty chunks are those of an empty prompt. */
static rs_status append_empty(rs_model *m, const rs_prompt_request *q, const rs_prompt_track *track,
                              int from, rs_err *err)
{
    const rs_text_config *cfg = rs_bundle_text(m->bundle);
    for (int i = 0; i < track->schedule.n_texts; i++)
        for (int t = from; t < track->states[i].w; t += cfg->max_tokens)
            RS_TRY(encode_chunk(m, q, NULL, track->states[i].data + (size_t)t * (size_t)cfg->width, err));
    return RS_OK;
}

static rs_status encode_all(rs_model *m, const rs_prompt_request *q, rs_err *err)
{
    const rs_text_config *cfg = rs_bundle_text(m->bundle);
    rs_prompts *p = &m->prompts;
    const rs_chunker c = { m->run_arena, m->tokenizer, &m->embeddings, cfg->max_tokens, q->params->emphasis,
                           q->params->comma_backtrack };
    struct plan *plans = RS_NEW_N(m->run_arena, struct plan, (size_t)p->n + 1);
    if (!plans)
        return no_memory(err);
    struct plan *negative = &plans[p->n];
    int tokens = 0;
    for (int i = 0; i <= p->n; i++) {
        const rs_status s = plan_track(m, &c, &p->tracks[i], &plans[i], err);
        if (s != RS_OK)
            return rs_err_wrap(err, s, i < p->n ? "prompt" : "negative_prompt");
        tokens = i < p->n && plans[i].tokens > tokens ? plans[i].tokens : tokens;
    }
    const int own = q->params->pad_cond_uncond && negative->tokens < tokens ? negative->tokens : 0;
    const int positive = q->params->pad_cond_uncond && negative->tokens > tokens ? tokens : 0;
    for (int i = 0; i < p->n; i++)
        plans[i].tokens = positive ? negative->tokens : tokens;
    negative->tokens = own ? tokens : negative->tokens;
    RS_TRY(rs_model_need(m, RS_PART_TEXT, err));
    for (int i = 0; i <= p->n; i++) {
        RS_TRY(encode_track(m, q, &plans[i], &p->tracks[i], err));
        const int from = i < p->n ? positive : own;
        if (from)
            RS_TRY(append_empty(m, q, &p->tracks[i], from, err));
    }
    return RS_OK;
}

static rs_status make_track(rs_model *m, rs_span text, int steps, rs_prompt_track *out, rs_err *err)
{
    RS_TRY(rs_prompt_schedule_parse(m->prompt_arena, text, steps, &out->schedule, err));
    out->states = RS_NEW_N(m->prompt_arena, rs_tensor, (size_t)out->schedule.n_texts);
    out->contexts = RS_NEW_N(m->prompt_arena, rs_unet_context, (size_t)out->schedule.n_texts);
    return out->states && out->contexts ? RS_OK : no_memory(err);
}

static rs_status make_tracks(rs_model *m, const rs_prompt_request *q, rs_err *err)
{
    rs_prompts *p = &m->prompts;
    rs_prompt_share *shares;
    rs_status s = rs_prompt_and_parse(m->prompt_arena, q->prompt, &shares, &p->n, err);
    if (s != RS_OK)
        return rs_err_wrap(err, s, "prompt");
    p->tracks = RS_NEW_N(m->prompt_arena, rs_prompt_track, (size_t)p->n + 1);
    for (int i = 0; i < 2; i++)
        p->batches[i] = RS_NEW_N(m->prompt_arena, rs_prompt_batch, (size_t)p->n + 1);
    p->weights = RS_NEW_N(m->prompt_arena, float, (size_t)p->n);
    p->pictures = q->pictures;
    if (!p->tracks || !p->batches[0] || !p->batches[1] || !p->weights)
        return no_memory(err);
    for (int i = 0; i < p->n && s == RS_OK; i++) {
        p->weights[i] = (float)shares[i].weight;
        s = make_track(m, shares[i].text, q->steps, &p->tracks[i], err);
    }
    if (s != RS_OK)
        return rs_err_wrap(err, s, "prompt");
    s = make_track(m, (rs_span){ q->negative, strlen(q->negative) }, q->steps, &p->tracks[p->n], err);
    return s == RS_OK ? RS_OK : rs_err_wrap(err, s, "negative_prompt");
}

/* All that the states depend on, as one text in the run's arena. */
static char *make_key(rs_model *m, const rs_prompt_request *q)
{
    const rs_img2img_params *p = q->params;
    size_t size;
    if (!rs_add_size(strlen(q->prompt), strlen(q->negative), &size) || !rs_add_size(size, 100, &size))
        return NULL;
    char *key = rs_arena_alloc(m->run_arena, size);
    if (key)
        snprintf(key, size, "%zu %s%s%d %d %d %d %d %d", strlen(q->prompt), q->prompt, q->negative,
                 (int)p->emphasis, p->clip_skip, p->comma_backtrack, p->pad_cond_uncond, q->steps,
                 q->pictures);
    return key;
}

static rs_status encode(rs_model *m, const rs_prompt_request *q, const char *key, rs_err *err)
{
    const rs_text_config *cfg = rs_bundle_text(m->bundle);
    m->prompts = (rs_prompts){ 0 };
    rs_arena_rewind(m->prompt_arena, m->prompt_start);
    for (size_t i = 0; i < m->embeddings.n; i++)
        m->embeddings.used[i] = false;
    if (cfg->max_tokens < 3 || cfg->max_tokens > MAX_TOKENS)
        return RS_FAIL(err, RS_E_UNSUPPORTED, "text encoder of %d tokens, 3 to %d are supported",
                       cfg->max_tokens, MAX_TOKENS);
    if (q->params->clip_skip < 1 || q->params->clip_skip > cfg->layers)
        return RS_FAIL(err, RS_E_RANGE, "clip_skip is %d, but this model's text encoder has %d layers",
                       q->params->clip_skip, cfg->layers);
    RS_TRY(make_tracks(m, q, err));
    RS_TRY(encode_all(m, q, err));
    m->prompts.key = rs_arena_strdup(m->prompt_arena, key);
    return m->prompts.key ? RS_OK : no_memory(err);
}

rs_status rs_model_set_prompts(rs_model *m, const rs_prompt_request *q, rs_err *err)
{
    const rs_arena_mark mark = rs_arena_save(m->run_arena);
    const char *key = make_key(m, q);
    rs_status s = key ? RS_OK : no_memory(err);
    if (s == RS_OK && !(m->prompts.key && strcmp(m->prompts.key, key) == 0))
        s = encode(m, q, key, err);
    rs_arena_rewind(m->run_arena, mark);
    return s;
}

static int text_at(const rs_prompts *p, int track, int call)
{
    return rs_prompt_schedule_at(&p->tracks[track].schedule, call < p->calls ? call : p->calls - 1);
}

/* How many tracks go together from this one on: 0 and 1, 2 and 3, ... where they are
 * equally long. */
static int together(const rs_prompts *p, int track, int tracks)
{
    return track + 1 < tracks && p->tracks[track].states[0].w == p->tracks[track + 1].states[0].w ? 2 : 1;
}

static rs_status make_batches(rs_model *m, int tracks, rs_err *err)
{
    rs_prompts *p = &m->prompts;
    for (int i = 0, n; i < tracks; i += n) {
        n = together(p, i, tracks);
        rs_prompt_batch *b = &p->batches[n - 1][i];
        const rs_unet_context *like = &p->tracks[i].contexts[text_at(p, i, 0)];
        if (b->context.kv || n * p->pictures == 1)
            continue;
        RS_TRY(rs_unet_context_alloc(m->unet, m->prompt_arena, like, n * p->pictures, &b->context, err));
        b->text[0] = b->text[1] = -1;
    }
    return RS_OK;
}

static rs_status make_context(rs_model *m, rs_prompt_track *track, int text, rs_err *err)
{
    if (track->contexts[text].kv)
        return RS_OK;
    const rs_arena_mark mark = rs_arena_save(m->prompt_arena);
    const rs_status s = rs_unet_context_make(&m->ex, m->unet, m->prompt_arena, &track->states[text],
                                             &track->contexts[text], err);
    if (s != RS_OK)
        rs_arena_rewind(m->prompt_arena, mark);
    return s;
}

rs_status rs_model_make_contexts(rs_model *m, int tracks, int calls, rs_err *err)
{
    rs_prompts *p = &m->prompts;
    p->call = 0;
    p->calls = calls;
    for (int call = 0; call < calls; call++)
        for (int i = 0; i < tracks; i++)
            RS_TRY(make_context(m, &p->tracks[i], text_at(p, i, call), err));
    return make_batches(m, tracks, err);
}

/* The context of n tracks from i on for a call. */
static const rs_unet_context *context_for(rs_model *m, int i, int n, int call)
{
    rs_prompts *p = &m->prompts;
    if (n * p->pictures == 1)
        return &p->tracks[i].contexts[text_at(p, i, call)];
    rs_prompt_batch *b = &p->batches[n - 1][i];
    for (int k = 0; k < n; k++) {
        const int text = text_at(p, i + k, call);
        for (int at = 0; b->text[k] != text && at < p->pictures; at++)
            rs_unet_context_put(m->unet, &b->context, k * p->pictures + at,
                                &p->tracks[i + k].contexts[text]);
        b->text[k] = text;
    }
    return &b->context;
}

static rs_tensor items(const rs_tensor *t, int first, int n)
{
    rs_tensor v = rs_tensor_item(t, first);
    v.n = n;
    return v;
}

rs_status rs_model_predict(rs_model *m, const rs_tensor *y, const rs_tensor *x, float t, rs_err *err)
{
    rs_prompts *p = &m->prompts;
    const int call = p->call++, each = p->pictures, tracks = x->n / each;
    for (int i = 0, n; i < tracks; i += n) {
        n = together(p, i, tracks);
        const rs_tensor in = items(x, i * each, n * each), out = items(y, i * each, n * each);
        RS_TRY(rs_unet_forward(&m->ex, m->unet, &out, &in, t, context_for(m, i, n, call), err));
    }
    return RS_OK;
}

/* Fills a description of a model by probing its bundle and comparing its tensors
 * with those that a model of its sizes must have. */
#include "restyle/inspect.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "weights/bundle_parts.h"
#include "weights/names_sd15.h"
#include "weights/part_tensors.h"

#define MAX_PROBLEMS 64
#define MAX_TENSOR_PROBLEMS 8 /* a part; the rest is counted */

struct model {
    rs_model_info info; /* first: the public handle */
    rs_arena *arena;
    const char *problems[MAX_PROBLEMS];
    bool no_memory;
};

static const char *text(struct model *m, const char *fmt, ...) RS_PRINTF(2, 3);

static const char *text(struct model *m, const char *fmt, ...)
{
    char buf[sizeof(((rs_err *)0)->msg)];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(buf, sizeof(buf), fmt, ap);
    va_end(ap);
    const char *copy = rs_arena_strdup(m->arena, buf);
    m->no_memory |= copy == NULL;
    return copy;
}

static bool add_problem(void *cookie, const rs_err *err)
{
    struct model *m = cookie;
    for (size_t i = 0; i < m->info.n_problems; i++)
        if (m->problems[i] && strcmp(m->problems[i], err->msg) == 0)
            return true; /* several parts of one file may fail alike */
    if (m->info.n_problems < MAX_PROBLEMS)
        m->problems[m->info.n_problems++] = text(m, "%s", err->msg);
    return true;
}

/* Comparison of one part with the tensors it must have. */
struct comparison {
    struct model *m;
    const rs_bundle *b;
    rs_part part;
    int n_missing, n_wrong;
};

static void compare(void *cookie, const char *name, int rank, const int64_t *shape)
{
    struct comparison *c = cookie;
    const rs_wtensor *t = rs_bundle_find(c->b, c->part, name);
    rs_err err = { 0 };
    if (!t) {
        if (c->n_missing++ < MAX_TENSOR_PROBLEMS)
            RS_FAIL(&err, RS_E_NOTFOUND, "the %s has no tensor '%s'", rs_part_name(c->part), name);
    } else if (rs_wtensor_check(t, rank, shape, &err) != RS_OK) {
        if (c->n_wrong++ >= MAX_TENSOR_PROBLEMS)
            rs_err_clear(&err);
    }
    if (err.status != RS_OK)
        add_problem(c->m, &err);
}

static void compare_part(struct model *m, const rs_bundle *b, rs_part part)
{
    struct comparison c = { .m = m, .b = b, .part = part };
    if (!b->known[part] || !b->weights[part])
        return;
    rs_part_tensors(b, part, compare, &c);
    const int more = (c.n_missing > MAX_TENSOR_PROBLEMS ? c.n_missing - MAX_TENSOR_PROBLEMS : 0) +
                     (c.n_wrong > MAX_TENSOR_PROBLEMS ? c.n_wrong - MAX_TENSOR_PROBLEMS : 0);
    rs_err err = { 0 };
    if (more) {
        RS_FAIL(&err, RS_E_NOTFOUND, "%d more tensors of the %s are missing or wrong", more,
                rs_part_name(part));
        add_problem(m, &err);
    }
}

/* The part that a tensor of a single file belongs to; RS_PARTS: none. */
static rs_part part_of(const char *name)
{
    static const char *const prefixes[RS_PARTS] = {
        [RS_PART_TEXT] = RS_LDM_TEXT, [RS_PART_UNET] = RS_LDM_UNET, [RS_PART_VAE] = RS_LDM_VAE,
    };
    for (rs_part p = 0; p < RS_PARTS; p++)
        if (strncmp(name, prefixes[p], strlen(prefixes[p])) == 0)
            return p;
    return RS_PARTS;
}

/* Numbers of elements by dtype, as the file names the dtypes. */
struct shares {
    const char *name[24];
    uint64_t n[24];
    int kinds;
};

static void count_share(struct shares *s, const rs_wtensor *t)
{
    int i = 0;
    while (i < s->kinds && s->name[i] != t->dtype_text) /* one string a dtype: see dtype.c */
        i++;
    if (i == s->kinds && s->kinds < 24)
        s->name[s->kinds++] = t->dtype_text;
    if (i < s->kinds)
        s->n[i] += t->count;
}

static const char *precision(struct model *m, const struct shares *s, uint64_t total)
{
    char buf[256] = "";
    for (int i = 0; i < s->kinds; i++) {
        const size_t n = strlen(buf);
        if (s->kinds == 1)
            snprintf(buf, sizeof(buf), "%s", s->name[i]);
        else
            snprintf(buf + n, sizeof(buf) - n, "%s%s %.3g %%", i ? ", " : "", s->name[i],
                     total ? 100.0 * (double)s->n[i] / (double)total : 0.0);
    }
    return text(m, "%s", buf);
}

/* Counts of one part. Integer tensors (position numbers) are no parameters. */
static void count_part(struct model *m, const rs_bundle *b, rs_part part)
{
    rs_model_part *p = &m->info.parts[part];
    const rs_weights *w = b->weights[part];
    struct shares shares = { .kinds = 0 };
    if (!w)
        return;
    for (size_t i = 0; i < rs_weights_count(w); i++) {
        const rs_wtensor *t = rs_weights_at(w, i);
        if ((b->single && part_of(t->name) != part) || t->dtype == RS_DTYPE_I64)
            continue;
        p->tensors++;
        p->parameters += t->count;
        p->bytes += t->bytes;
        count_share(&shares, t);
    }
    if (!p->tensors)
        return;
    p->file = text(m, "%s", rs_weights_path(w));
    p->precision = precision(m, &shares, p->parameters);
}

static void count_unused(struct model *m, const rs_bundle *b)
{
    if (!b->single)
        return;
    for (size_t i = 0; i < rs_weights_count(b->weights[0]); i++) {
        const rs_wtensor *t = rs_weights_at(b->weights[0], i);
        if (part_of(t->name) != RS_PARTS || strcmp(t->name, "alphas_cumprod") == 0)
            continue;
        m->info.unused_tensors++;
        m->info.unused_bytes += t->bytes;
    }
}

/* "320, 640, 1280" */
static const char *list(const int *v, int n, char *buf, size_t size)
{
    size_t len = 0;
    for (int i = 0; i < n && len < size; i++)
        len += (size_t)snprintf(buf + len, size - len, "%s%d", i ? ", " : "", v[i]);
    return buf;
}

static void describe_sizes(struct model *m, const rs_bundle *b)
{
    char buf[128] = "";
    rs_model_part *p = m->info.parts;
    if (b->known[RS_PART_TEXT])
        p[RS_PART_TEXT].sizes =
            text(m, "CLIP, %d layers, %d wide, %d heads, %d words, prompts of %d tokens",
                 b->text.layers, b->text.width, b->text.heads, b->text.vocab_size,
                 b->text.max_tokens);
    if (b->known[RS_PART_UNET])
        p[RS_PART_UNET].sizes =
            text(m, "%d levels of %s channels, text %d wide", b->unet.n_levels,
                 list(b->unet.channels, b->unet.n_levels, buf, sizeof(buf)), b->unet.context_dim);
    if (b->known[RS_PART_VAE]) {
        m->info.multiple = 1 << (b->vae.n_levels - 1);
        p[RS_PART_VAE].sizes =
            text(m, "%d levels of %s channels, 1/%d of the size, %d latent channels",
                 b->vae.n_levels, list(b->vae.channels, b->vae.n_levels, buf, sizeof(buf)),
                 m->info.multiple, b->vae.latent_channels);
    }
}

static const char *family(const rs_bundle *b)
{
    static const int full[] = { 320, 640, 1280, 1280 };
    const rs_unet_config *u = &b->unet;
    if (!b->known[RS_PART_UNET])
        return "unknown";
    const bool size = u->n_levels == 4 && memcmp(u->channels, full, sizeof(full)) == 0;
    if (size && u->context_dim == 768)
        return "Stable Diffusion 1.x";
    if (size && u->context_dim == 1024)
        return "Stable Diffusion 2.x";
    return "Stable Diffusion 1.x, sizes of its own";
}

static void describe_noise(struct model *m, const rs_bundle *b)
{
    static const char *const names[] = {
        [RS_BETA_SCALED_LINEAR] = "scaled_linear", [RS_BETA_LINEAR] = "linear",
        [RS_BETA_COSINE] = "cosine",
    };
    const rs_noise_config *n = &b->noise;
    if (!b->noise_known)
        return;
    m->info.prediction = n->prediction == RS_PREDICT_V ? "v" : "epsilon";
    if (n->betas == RS_BETA_COSINE)
        m->info.noise = text(m, "%d steps, cosine", n->train_steps);
    else
        m->info.noise = text(m, "%d steps, %s, beta %g to %g", n->train_steps, names[n->betas],
                             n->beta_start, n->beta_end);
}

static void describe(struct model *m, const rs_bundle *b)
{
    m->info.family = family(b);
    m->info.layout = b->single ? "single file" : "diffusers folder";
    for (rs_part part = 0; part < RS_PARTS; part++) {
        compare_part(m, b, part);
        count_part(m, b, part);
    }
    count_unused(m, b);
    describe_sizes(m, b);
    describe_noise(m, b);
    m->info.note = b->note;
    m->info.tokenizer = b->vocab;
}

rs_status rs_model_inspect(const char *path, const char *tokenizer, rs_model_info **info,
                           rs_err *err)
{
    rs_arena *arena = rs_arena_open(1 << 16);
    struct model *m = arena ? RS_NEW(arena, struct model) : NULL;
    rs_bundle *b = NULL;
    rs_status s = RS_OK;
    if (!m) {
        s = RS_FAIL(err, RS_E_NOMEM, "no memory to describe '%s'", path);
    } else {
        const rs_problem_sink sink = { .take = add_problem, .cookie = m };
        m->arena = arena;
        m->info.problems = m->problems;
        m->info.path = text(m, "%s", path);
        for (rs_part part = 0; part < RS_PARTS; part++)
            m->info.parts[part].name = rs_part_name(part);
        s = rs_bundle_probe(arena, path, tokenizer, &sink, &b, err);
    }
    if (s == RS_OK) {
        describe(m, b);
        if (m->no_memory)
            s = RS_FAIL(err, RS_E_NOMEM, "no memory to describe '%s'", path);
    }
    rs_bundle_close(&b);
    if (s != RS_OK) {
        rs_arena_close(&arena);
        return s;
    }
    *info = &m->info;
    return RS_OK;
}

void rs_model_info_close(rs_model_info **info)
{
    if (!info || !*info)
        return;
    rs_arena *arena = ((struct model *)(void *)*info)->arena;
    rs_arena_close(&arena); /* which holds *info too */
    *info = NULL;
}

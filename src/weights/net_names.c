#include "weights/net_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "weights/names_sd15.h"
#include "weights/part_tensors.h"

#define MAX_NAME 256

struct rs_net_alias {
    rs_part part;
    const char *flat;
    size_t target;
};

/* Each ends a name; an earlier row wins, so ".weight" alone comes last. */
static const struct {
    const char *text;
    rs_net_role role;
} suffixes[] = {
    { ".lora_up.weight", RS_NET_UP },
    { ".lora_down.weight", RS_NET_DOWN },
    { ".lora_mid.weight", RS_NET_MID },
    { ".lora_B.weight", RS_NET_UP },
    { ".lora_A.weight", RS_NET_DOWN },
    { ".lora_B.default.weight", RS_NET_UP },
    { ".lora_A.default.weight", RS_NET_DOWN },
    { ".lora.up.weight", RS_NET_UP },
    { ".lora.down.weight", RS_NET_DOWN },
    { "_lora.up.weight", RS_NET_UP },
    { "_lora.down.weight", RS_NET_DOWN },
    { ".lora_linear_layer.up.weight", RS_NET_UP },
    { ".lora_linear_layer.down.weight", RS_NET_DOWN },
    { ".hada_w1_a", RS_NET_HADA_1A },
    { ".hada_w1_b", RS_NET_HADA_1B },
    { ".hada_w2_a", RS_NET_HADA_2A },
    { ".hada_w2_b", RS_NET_HADA_2B },
    { ".hada_t1", RS_NET_HADA_T1 },
    { ".hada_t2", RS_NET_HADA_T2 },
    { ".lokr_w1", RS_NET_LOKR_1 },
    { ".lokr_w1_a", RS_NET_LOKR_1A },
    { ".lokr_w1_b", RS_NET_LOKR_1B },
    { ".lokr_w2", RS_NET_LOKR_2 },
    { ".lokr_w2_a", RS_NET_LOKR_2A },
    { ".lokr_w2_b", RS_NET_LOKR_2B },
    { ".lokr_t2", RS_NET_LOKR_T2 },
    { ".on_input", RS_NET_ON_INPUT },
    { ".diff", RS_NET_DIFF },
    { ".diff_b", RS_NET_BIAS },
    { ".w_norm", RS_NET_DIFF },
    { ".b_norm", RS_NET_BIAS },
    { ".alpha", RS_NET_ALPHA },
    { ".scale", RS_NET_SCALE },
    { ".dora_scale", RS_NET_DORA },
    { ".lora_magnitude_vector", RS_NET_MAGNITUDE },
    { ".lora_magnitude_vector.weight", RS_NET_MAGNITUDE },
    { ".lora_magnitude_vector.default.weight", RS_NET_MAGNITUDE },
    { ".weight", RS_NET_IA3 },
};

/* Prefixes of flat names; a name without one is of either part. */
static const struct {
    const char *text;
    rs_part part;
} prefixes[] = {
    { "lora_unet_", RS_PART_UNET },
    { "unet_", RS_PART_UNET },
    { "model_diffusion_model_", RS_PART_UNET },
    { "diffusion_model_", RS_PART_UNET },
    { "lora_te_", RS_PART_TEXT },
    { "lora_te1_", RS_PART_TEXT },
    { "text_encoder_", RS_PART_TEXT },
};

static int by_layer(const void *a, const void *b)
{
    const rs_net_target *x = a, *y = b;
    return x->part != y->part ? (x->part < y->part ? -1 : 1) : strcmp(x->layer, y->layer);
}

static int by_flat(const void *a, const void *b)
{
    const struct rs_net_alias *x = a, *y = b;
    return x->part != y->part ? (x->part < y->part ? -1 : 1) : strcmp(x->flat, y->flat);
}

/* Filled by two walks over the model's tensors: the first counts. */
struct collect {
    rs_arena *arena;
    rs_net_target *at; /* NULL in the first walk */
    size_t n;
    rs_part part;
    bool nomem;
};

static void visit(void *cookie, const char *name, int rank, const int64_t *shape)
{
    struct collect *c = cookie;
    const char *kind = strrchr(name, '.');
    if (strcmp(kind, ".weight") != 0) { /* a bias comes right behind its weight */
        if (c->at)
            c->at[c->n - 1].bias = true;
        return;
    }
    if (c->at) {
        rs_net_target *t = &c->at[c->n];
        *t = (rs_net_target){ .part = c->part, .rank = rank,
                              .layer = rs_arena_strndup(c->arena, name, (size_t)(kind - name)) };
        memcpy(t->shape, shape, (size_t)rank * sizeof(*shape));
        c->nomem |= !t->layer;
    }
    c->n++;
}

static void walk(struct collect *c, const rs_bundle *b)
{
    c->n = 0;
    c->part = RS_PART_TEXT;
    rs_part_tensors(b, RS_PART_TEXT, visit, c);
    c->part = RS_PART_UNET;
    rs_part_tensors(b, RS_PART_UNET, visit, c);
}

static bool add_alias(rs_arena *arena, rs_net_targets *t, size_t target, const char *name)
{
    char *flat = rs_arena_strdup(arena, name);
    if (!flat)
        return false;
    for (char *c = flat; *c; c++)
        if (*c == '.')
            *c = '_';
    t->aliases[t->n_aliases++] = (struct rs_net_alias){ t->at[target].part, flat, target };
    return true;
}

/* The layer's name, how the original code named it, and old spellings: at most three. */
static bool add_aliases(rs_arena *arena, const rs_bundle *b, rs_net_targets *t, size_t i)
{
    const rs_net_target *target = &t->at[i];
    const char *layer = target->layer;
    const size_t len = strlen(layer), skip = strlen("text_model.");
    char name[MAX_NAME], ldm[MAX_NAME];
    if (!add_alias(arena, t, i, layer))
        return false;
    if (target->part == RS_PART_TEXT)
        return strncmp(layer, "text_model.", skip) != 0 || add_alias(arena, t, i, layer + skip);
    snprintf(name, sizeof(name), "%s.weight", layer);
    if (rs_ldm_unet_name(rs_bundle_unet(b), name, ldm, sizeof(ldm))) {
        ldm[strlen(ldm) - strlen(".weight")] = '\0';
        if (!add_alias(arena, t, i, ldm + strlen(RS_LDM_UNET)))
            return false;
    }
    if (len < 9 || strcmp(layer + len - 9, ".to_out.0") != 0)
        return true;
    snprintf(name, sizeof(name), "%.*s", (int)len - 2, layer); /* of attention processors */
    return add_alias(arena, t, i, name);
}

rs_status rs_net_targets_init(rs_arena *arena, const rs_bundle *b, rs_net_targets *out, rs_err *err)
{
    struct collect c = { .arena = arena };
    rs_net_targets t = { 0 };
    walk(&c, b);
    c.at = t.at = RS_NEW_N(arena, rs_net_target, c.n);
    t.aliases = RS_NEW_N(arena, struct rs_net_alias, 3 * c.n);
    bool ok = t.at && t.aliases;
    if (ok) {
        walk(&c, b);
        t.n = c.n;
        ok = !c.nomem;
    }
    if (ok)
        qsort(t.at, t.n, sizeof(*t.at), by_layer);
    for (size_t i = 0; ok && i < t.n; i++)
        ok = add_aliases(arena, b, &t, i);
    if (!ok)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for the names of the model's layers");
    qsort(t.aliases, t.n_aliases, sizeof(*t.aliases), by_flat);
    *out = t;
    return RS_OK;
}

size_t rs_net_target_find(const rs_net_targets *targets, rs_part part, const char *layer, size_t len)
{
    char name[MAX_NAME];
    if ((size_t)snprintf(name, sizeof(name), "%.*s", (int)len, layer) != len)
        return SIZE_MAX;
    const rs_net_target key = { .part = part, .layer = name };
    const rs_net_target *t = bsearch(&key, targets->at, targets->n, sizeof(key), by_layer);
    return t ? (size_t)(t - targets->at) : SIZE_MAX;
}

static bool find_flat(const rs_net_targets *targets, rs_part part, const char *flat, size_t *target)
{
    const struct rs_net_alias key = { .part = part, .flat = flat };
    const struct rs_net_alias *a = bsearch(&key, targets->aliases, targets->n_aliases, sizeof(key),
                                           by_flat);
    if (a)
        *target = a->target;
    return a != NULL;
}

/* Takes "_processor" out of "attn1_processor_to_q". */
static void drop_processor(char *flat)
{
    static const char word[] = "_processor_to_";
    char *at = strstr(flat, word);
    if (at)
        memmove(at, at + strlen("_processor"), strlen(at + strlen("_processor")) + 1);
}

static bool find_layer(const rs_net_targets *targets, const char *name, size_t len, size_t *target)
{
    static const char peft[] = "base_model_model_";
    char buf[MAX_NAME], *flat = buf;
    if ((size_t)snprintf(buf, sizeof(buf), "%.*s", (int)len, name) != len)
        return false;
    for (char *c = buf; *c; c++)
        if (*c == '.')
            *c = '_';
    drop_processor(buf);
    if (strncmp(flat, peft, sizeof(peft) - 1) == 0)
        flat += sizeof(peft) - 1;
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
        const size_t n = strlen(prefixes[i].text);
        if (strncmp(flat, prefixes[i].text, n) == 0)
            return find_flat(targets, prefixes[i].part, flat + n, target);
    }
    return find_flat(targets, RS_PART_UNET, flat, target) ||
           find_flat(targets, RS_PART_TEXT, flat, target);
}

bool rs_net_name_parse(const rs_net_targets *targets, const char *name, size_t *target,
                       rs_net_role *role)
{
    const size_t len = strlen(name);
    *role = RS_NET_ROLES;
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
        const size_t n = strlen(suffixes[i].text);
        if (len > n && strcmp(name + len - n, suffixes[i].text) == 0) {
            *role = suffixes[i].role;
            return find_layer(targets, name, len - n, target);
        }
    }
    return false;
}

/* The parameters of a picture, made into a pipeline: known fields become keys in
 * the schema's order, everything else comments. */
#define _POSIX_C_SOURCE 200809L
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "conf/yaml_tree.h"
#include "infotext/infotext.h"
#include "media/video_text.h"
#include "pipe/infotext_fields.h"
#include "pipe/infotext_names.h"
#include "pipe/made_text.h"
#include "pipe/override.h"
#include "pipe/schema.h"
#include "pipe/video_pipeline.h"
#include "restyle/infotext.h"

#define PARAMETERS "parameters" /* where their values come from, for diagnostics */
enum { ARENA_BLOCK = 16 * 1024, MAX_TEXT = 4 << 20 };

struct reading {
    rs_arena *arena;
    rs_opt_ctx ctx;
    rs_pipeline_spec spec;
    rs_value *root;    /* what becomes a key */
    rs_strbuf remarks; /* what becomes a comment */
};

static rs_status read_texts(rs_arena *arena, const char *path, rs_picture_text *text, rs_err *err)
{
    RS_TRY(rs_made_text_read(arena, path, text, err));
    return text->parameters || text->pipeline
               ? RS_OK : RS_FAIL(err, RS_E_NOTFOUND, "'%s' carries no parameters", path);
}

rs_status rs_infotext_read(const char *path, const rs_text_sink *sink, rs_err *err)
{
    rs_arena *arena = rs_arena_open(ARENA_BLOCK);
    rs_picture_text t = { 0 };
    const rs_status s = arena ? read_texts(arena, path, &t, err)
                              : RS_FAIL(err, RS_E_NOMEM, "no memory to read '%s'", path);
    const char *text = t.parameters ? t.parameters : t.pipeline;
    if (s == RS_OK)
        sink->put(sink->cookie, text, strlen(text));
    rs_arena_close(&arena);
    return s;
}

/* A comment ends with its line, so nothing that YAML takes for a line break may be
 * in it. */
static void remark(struct reading *r, const char *key, const char *value, const char *why)
{
    const char *const end = value + strlen(value);
    rs_strbuf_printf(&r->remarks, "#   %s: ", key);
    while (value < end) {
        char utf8[4];
        uint32_t c = rs_utf8_next(&value, end);
        if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff ||
            c == 0xfffe || c == 0xffff)
            c = ' ';
        rs_strbuf_add(&r->remarks, utf8, rs_utf8_put(utf8, c));
    }
    rs_strbuf_printf(&r->remarks, "%s%s%s\n", why ? " (" : "", why ? why : "", why ? ")" : "");
}

/* Whether the value at "img2img.steps" was understood. */
static bool accepted(const rs_value *root, const char *path)
{
    for (const char *dot; (dot = strchr(path, '.')) != NULL; path = dot + 1)
        root = rs_value_find(root, path, (size_t)(dot - path))->value;
    return rs_opt_given(root, path) != NULL;
}

/* A value that its option refuses is a remark instead: parsed alone, first. */
static void set(struct reading *r, const char *key, const char *path, const char *value)
{
    const rs_pos pos = { .where = PARAMETERS };
    rs_diags trial;
    rs_opt_ctx ctx = r->ctx;
    rs_pipeline_spec spec = r->spec;
    rs_value *v = rs_value_scalar(r->arena, pos, value, strlen(value), false);
    rs_value *root = rs_value_map(r->arena, pos);
    rs_diags_init(&trial, r->arena);
    ctx.diags = &trial;
    if (!v || !root || !rs_value_set(r->arena, root, path, v)) {
        r->ctx.diags->nomem = true;
        return;
    }
    rs_opt_parse(&ctx, &rs_pipeline_group, "", root, &spec);
    if (trial.nomem || !accepted(root, path))
        remark(r, key, value, "no value for a key");
    else if (!rs_value_set(r->arena, r->root, path, v))
        r->ctx.diags->nomem = true;
}

static const char *our_word(const rs_infotext_word *words, const char *value)
{
    for (; words && words->ours; words++)
        if (strcmp(words->theirs, value) == 0)
            return words->ours;
    return value;
}

static void set_sampling(struct reading *r, const rs_infotext *info)
{
    const char *sampler = rs_infotext_get(info, "Sampler");
    const char *schedule = rs_infotext_get(info, "Schedule type"), *name, *points;
    if (!sampler)
        return;
    rs_infotext_sampling(sampler, schedule, rs_infotext_get(info, "Version"), &name, &points);
    if (name)
        set(r, "Sampler", "img2img.sampler", name);
    else
        remark(r, "Sampler", sampler, "restyle has none of that name");
    if (points)
        set(r, "Schedule type", "img2img.scheduler", points);
    else
        remark(r, "Schedule type", schedule ? schedule : sampler, "restyle has none of that name");
}

static void set_field(struct reading *r, const rs_infotext_field *f)
{
    const rs_infotext_row *row = rs_infotext_row_find(f->key);
    const bool done = strcmp(f->key, "Sampler") == 0 || strcmp(f->key, "Schedule type") == 0;
    /* GPU is A1111's name for what a card's generator gives: the same numbers */
    const bool gpu = strcmp(f->key, "RNG") == 0 && strcmp(f->value, "GPU") == 0;
    if (!row || !row->path)
        remark(r, f->key, f->value, NULL);
    else if (!done)
        set(r, f->key, row->path, gpu ? "nv" : our_word(row->words, f->value));
}

static void set_all(struct reading *r, const rs_infotext *info)
{
    if (info->prompt[0])
        set(r, "Prompt", "img2img.prompt", info->prompt);
    if (info->negative[0])
        set(r, "Negative prompt", "img2img.negative_prompt", info->negative);
    set_sampling(r, info);
    for (size_t i = 0; i < info->n; i++)
        if (rs_infotext_get(info, info->fields[i].key) == info->fields[i].value)
            set_field(r, &info->fields[i]);
}

static bool is_prompt(const char *key)
{
    return strcmp(key, "img2img.prompt") == 0 || strcmp(key, "img2img.negative_prompt") == 0;
}

/* Takes the value at "img2img.steps" out of root; false: there is none. */
static bool take_out(rs_value *root, const char *path)
{
    for (const char *dot; (dot = strchr(path, '.')) != NULL; path = dot + 1) {
        const rs_entry *e = rs_value_find(root, path, (size_t)(dot - path));
        if (!e)
            return false;
        root = e->value;
    }
    const rs_entry *found = rs_value_find(root, path, strlen(path));
    rs_entry **at = &root->first;
    while (found && *at != found)
        at = &(*at)->next;
    if (found)
        *at = found->next;
    return found;
}

/* What was said against a key does not keep it, and its groups, from being printed. */
static void keep(const rs_value *root, const char *path)
{
    for (rs_entry *e; root; root = e ? e->value : NULL) {
        const size_t n = strcspn(path, ".");
        if ((e = rs_value_find(root, path, n)) != NULL)
            e->bad = false;
        path += path[n] ? n + 1 : n;
    }
}

/* A value of the text that does not go with the others becomes a remark. */
static bool drop_refused(struct reading *r)
{
    for (size_t i = 0; i < r->ctx.diags->n; i++) {
        const rs_diag *d = &r->ctx.diags->items[i];
        if (strcmp(d->where, PARAMETERS) == 0 && !is_prompt(d->key) && take_out(r->root, d->key)) {
            remark(r, d->key, d->text, NULL);
            return true;
        }
    }
    return false;
}

/* Makes r->spec of r->root, and leaves in the diagnostics what cannot be helped. */
static void settle(struct reading *r)
{
    do {
        const bool nomem = r->ctx.diags->nomem;
        rs_diags_init(r->ctx.diags, r->arena);
        r->ctx.diags->nomem = nomem;
        rs_pipeline_defaults(&r->ctx, r->root, &r->spec);
        rs_opt_parse(&r->ctx, &rs_pipeline_group, "", r->root, &r->spec);
    } while (drop_refused(r));
}

/* The keys that root gives, in the schema's order, with the values that were
 * understood. */
static void print_keys(rs_strbuf *sb, const rs_opt_group *group, const rs_value *root,
                       const void *values, int indent)
{
    for (const rs_opt *row = group->rows; row->key; row++) {
        const rs_entry *e = rs_opt_given(root, row->key);
        const rs_opt_group *sub = rs_opt_subgroup(row);
        if (!e || (sub && !e->value->first))
            continue;
        rs_strbuf_printf(sb, "%*s%s:%s", indent, "", row->key, sub ? "\n" : " ");
        if (sub) {
            print_keys(sb, sub, e->value, rs_opt_field(row, values), indent + 2);
        } else {
            row->type->print(sb, row, rs_opt_field(row, values));
            rs_strbuf_puts(sb, "\n");
        }
    }
}

static void print_missing(rs_strbuf *sb, const struct reading *r, const rs_infotext *info)
{
    static const char *const required[] = { "model", "input", "output" };
    for (size_t i = 0; i < 3; i++)
        if (!rs_opt_given(r->root, required[i]))
            rs_strbuf_printf(sb, "# %s: PATH   (missing: write it here, or run with --%s PATH)\n",
                             required[i], required[i]);
    if (rs_opt_given(r->root, "inpaint") && !r->spec.inpaint.mask)
        rs_strbuf_puts(sb, "# inpaint.mask: PATH   (missing: a picture's text does not say it)\n");
    if (strstr(info->prompt, "<lora:") && !r->spec.img2img.lora_dir)
        rs_strbuf_puts(sb, "# img2img.lora_dir: PATH   (missing: where <lora:...> finds its file)\n");
    if (strstr(info->prompt, "<hypernet:") && !r->spec.img2img.hypernetwork_dir)
        rs_strbuf_puts(sb, "# img2img.hypernetwork_dir: PATH   (missing: where <hypernet:...> finds its "
                           "file)\n");
    if (info->n && !rs_infotext_get(info, "Denoising strength"))
        rs_strbuf_puts(sb, "# The picture was made from text alone: it says nothing on img2img.strength.\n");
    if (r->remarks.len)
        rs_strbuf_printf(sb, "# Fields that have no key here:\n%s", rs_strbuf_str(&r->remarks));
}

/* Malformed bytes become U+FFFD: rows print sound UTF-8 only. */
static char *sound_utf8(rs_arena *arena, const char *text, size_t *size)
{
    const char *p = text, *const end = text + *size;
    size_t room, n = 0;
    char *out = rs_mul_size(*size, 3, &room) ? rs_arena_alloc(arena, room + 1) : NULL;
    while (out && p < end)
        n += rs_utf8_put(out + n, rs_utf8_next(&p, end));
    *size = n;
    return out;
}

static rs_status convert(struct reading *r, const char *text, size_t size,
                         const rs_override *overrides, size_t n, rs_strbuf *out, rs_err *err)
{
    rs_infotext info;
    text = sound_utf8(r->arena, text, &size);
    if (!text)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to make a pipeline");
    RS_TRY(rs_infotext_parse(r->arena, text, size, &info, err));
    r->root = rs_value_map(r->arena, (rs_pos){ .where = PARAMETERS });
    if (!r->root)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to make a pipeline");
    set_all(r, &info);
    for (size_t i = 0; i < n; i++)
        rs_override_apply(&r->ctx, r->root, &overrides[i], (int)i + 1);
    settle(r);
    if (r->ctx.diags->nomem)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to make a pipeline");
    for (size_t i = 0; i < r->ctx.diags->n; i++) {
        const rs_diag *d = &r->ctx.diags->items[i];
        if (strcmp(d->where, PARAMETERS) != 0)
            return RS_FAIL(err, RS_E_INVALID, "a pipeline cannot have these values");
        keep(r->root, d->key);
        if (strcmp(d->key, "inpaint.mask") != 0) /* print_missing's */
            remark(r, d->key, d->text, NULL);
    }
    rs_strbuf_puts(out, "# From the parameters of a picture, by 'restyle info --pipeline'.\n");
    print_missing(out, r, &info);
    print_keys(out, &rs_pipeline_group, r->root, &r->spec, 0);
    return out->failed || r->remarks.failed ? RS_FAIL(err, RS_E_NOMEM, "no memory to print a pipeline")
                                            : RS_OK;
}

/* An output of ours carries the pipeline itself. Its paths are names, which stay what they are. */
static rs_status take_over(struct reading *r, const char *yaml, const rs_override *overrides, size_t n,
                           rs_strbuf *out, rs_err *err)
{
    r->ctx.file_dir = "";
    r->root = rs_yaml_parse(r->arena, "the pipeline in the file", yaml, strlen(yaml), r->ctx.diags);
    if (r->root)
        rs_video_pipeline_tame(r->root);
    for (size_t i = 0; r->root && i < n; i++)
        rs_override_apply(&r->ctx, r->root, &overrides[i], (int)i + 1);
    if (r->root) {
        rs_pipeline_defaults(&r->ctx, r->root, &r->spec);
        rs_opt_parse(&r->ctx, &rs_pipeline_group, "", r->root, &r->spec);
    }
    if (r->ctx.diags->nomem)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to make a pipeline");
    if (!r->root || r->ctx.diags->n)
        return RS_FAIL(err, RS_E_INVALID, "a pipeline cannot have these values");
    rs_strbuf_puts(out, "# The pipeline that a file carries, by 'restyle info --pipeline'. Files stand "
                        "here by their names alone;\n# a command (exec) is left out. Read it before you "
                        "run it.\n");
    print_missing(out, r, &(rs_infotext){ .prompt = "" });
    print_keys(out, &rs_pipeline_group, r->root, &r->spec, 0);
    return out->failed ? RS_FAIL(err, RS_E_NOMEM, "no memory to print a pipeline") : RS_OK;
}

rs_status rs_infotext_to_pipeline(const char *text, size_t size, const rs_override *overrides,
                                  size_t n_overrides, const rs_diag_sink *diags,
                                  const rs_text_sink *sink, rs_err *err)
{
    rs_strbuf out;
    rs_arena *arena = rs_arena_open(ARENA_BLOCK);
    rs_diags *d = arena ? RS_NEW(arena, rs_diags) : NULL;
    char *current = arena ? rs_arena_calloc(arena, 4096, 1) : NULL;
    rs_status s = RS_OK;
    rs_strbuf_init(&out, MAX_TEXT);
    if (!d || !current || !getcwd(current, 4096)) {
        s = RS_FAIL(err, RS_E_NOMEM, "no memory to make a pipeline");
    } else {
        rs_diags_init(d, arena);
        struct reading r = { .arena = arena,
                             .ctx = { .arena = arena, .diags = d, .root = &rs_pipeline_group,
                                      .file_dir = current, .current_dir = current, .partial = true } };
        rs_opt_defaults(&rs_pipeline_group, &r.spec);
        rs_strbuf_init(&r.remarks, MAX_TEXT);
        const char *copy = rs_arena_strndup(arena, text, size); /* up to a zero in it */
        const char *yaml = copy ? rs_video_text_pipeline(copy) : NULL;
        s = yaml ? take_over(&r, yaml, overrides, n_overrides, &out, err)
                 : convert(&r, text, size, overrides, n_overrides, &out, err);
        rs_strbuf_release(&r.remarks);
        if (diags && s == RS_E_INVALID)
            rs_diags_send(d, diags);
    }
    if (s == RS_OK)
        sink->put(sink->cookie, rs_strbuf_str(&out), out.len);
    rs_strbuf_release(&out);
    rs_arena_close(&arena);
    return s;
}

rs_status rs_infotext_file_to_pipeline(const char *path, const rs_override *overrides,
                                       size_t n_overrides, const rs_diag_sink *diags,
                                       const rs_text_sink *sink, rs_err *err)
{
    rs_strbuf text;
    rs_picture_text t = { 0 };
    rs_arena *arena = rs_arena_open(ARENA_BLOCK);
    rs_status s = arena ? read_texts(arena, path, &t, err)
                        : RS_FAIL(err, RS_E_NOMEM, "no memory to read '%s'", path);
    rs_strbuf_init(&text, MAX_TEXT);
    rs_strbuf_puts(&text, t.pipeline ? RS_VIDEO_TEXT_MARK : t.parameters ? t.parameters : "");
    rs_strbuf_puts(&text, t.pipeline ? t.pipeline : "");
    if (s == RS_OK && text.failed)
        s = RS_FAIL(err, RS_E_RANGE, "the parameters of '%s' are too long", path);
    if (s == RS_OK)
        s = rs_infotext_to_pipeline(rs_strbuf_str(&text), text.len, overrides, n_overrides, diags, sink,
                                    err);
    rs_strbuf_release(&text);
    rs_arena_close(&arena);
    return s;
}

#include "job/identity.h"

#include <string.h>

#include "base/arena.h"
#include "base/cpu.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "job/journal.h"
#include "media/path_identity.h"
#include "opt/opt.h"
#include "opt/opt_text.h"
#include "pipe/schema.h"
#include "restyle/version.h"
#include "stage/hypernets.h"
#include "stage/loras.h"

enum { TEXT_MAX = 1 << 22, SHOWN = 120 };
#define CONTENTS "contents of "

static void put_key(rs_strbuf *sb, const char *text, size_t len)
{
    const rs_record r = { .kind = RS_RECORD_KEY, .text = text, .len = len };
    rs_record_put(sb, &r);
}

/* Line by line; values are quoted, so they have no line breaks. */
static void put_keys(rs_strbuf *sb, const rs_strbuf *lines)
{
    const char *p = rs_strbuf_str(lines);
    for (size_t n; *p; p += n + (p[n] == '\n')) {
        n = strcspn(p, "\n");
        put_key(sb, p, n);
    }
    sb->failed = sb->failed || lines->failed;
}

static rs_status put_contents(void *lines, const char *key, const char *path, rs_err *err)
{
    char hex[RS_IDENTITY_SIZE];
    RS_TRY(rs_path_identity(path, hex, err));
    rs_strbuf_printf(lines, CONTENTS "%s: %s\n", key, hex);
    return RS_OK;
}

/* Of a folder of frames only those: outputs, and this very job, may lie beside them. */
static rs_status put_input(rs_strbuf *lines, const rs_pipeline_spec *spec, rs_err *err)
{
    char hex[RS_IDENTITY_SIZE];
    rs_folder list;
    if (!rs_is_dir(spec->input))
        return put_contents(lines, "input", spec->input, err);
    rs_arena *arena = rs_arena_open(1 << 16);
    rs_status s = arena ? rs_folder_list(arena, spec->input, spec->recursive, &list, err)
                        : RS_FAIL(err, RS_E_NOMEM, "no memory for a list of files");
    if (s == RS_OK)
        s = rs_pictures_identity(&list, hex, err);
    if (s == RS_OK)
        rs_strbuf_printf(lines, CONTENTS "input: %s\n", hex);
    rs_arena_close(&arena);
    return s;
}

/* Networks are found by name in their folders, where only those that are used count. */
static bool is_used_whole(const rs_opt *row)
{
    return row->type == &rs_opt_path && (row->flags & RS_OPT_PATH_IN) && strcmp(row->key, "lora_dir") != 0 &&
           strcmp(row->key, "hypernetwork_dir") != 0 && strcmp(row->key, "input") != 0;
}

struct visitor {
    rs_read_visit *visit;
    void *cookie;
};

static rs_status visit_rows(const struct visitor *v, const rs_opt_group *group, const char *prefix,
                            const void *values, rs_err *err)
{
    for (const rs_opt *row = group->rows; row->key; row++) {
        const rs_opt_group *sub = rs_opt_subgroup(row);
        rs_strbuf name;
        rs_status s = RS_OK;
        rs_strbuf_init(&name, TEXT_MAX);
        rs_strbuf_printf(&name, "%s%s%s", prefix, row->key, sub ? "." : "");
        const char *const *path = rs_opt_field(row, values);
        if (sub)
            s = visit_rows(v, sub, rs_strbuf_str(&name), rs_opt_field(row, values), err);
        else if (is_used_whole(row) && *path && **path == '/') /* else a word, such as inpaint's alpha */
            s = v->visit(v->cookie, rs_strbuf_str(&name), *path, err);
        rs_strbuf_release(&name);
        RS_TRY(s);
    }
    return RS_OK;
}

static rs_status visit_networks(const struct visitor *v, const rs_img2img_params *p, rs_err *err)
{
    rs_arena *arena = rs_arena_open(1 << 14);
    const char *prompt, *negative;
    rs_list loras = { 0 }, hypernets = { 0 };
    rs_status s = arena ? rs_loras_of(arena, p, &loras, &prompt, &negative, err)
                        : RS_FAIL(err, RS_E_NOMEM, "no memory for a list of files");
    if (s == RS_OK)
        s = rs_hypernets_of(arena, p, &hypernets, err);
    for (size_t i = 0; s == RS_OK && i < loras.n + hypernets.n; i++) {
        const char *path = i < loras.n ? ((const rs_lora *)loras.at)[i].path
                                       : ((const rs_hypernetwork *)hypernets.at)[i - loras.n].path;
        s = v->visit(v->cookie, rs_path_name(path), path, err);
    }
    rs_arena_close(&arena);
    return s;
}

rs_status rs_identity_files(const rs_pipeline_spec *spec, rs_read_visit *visit, void *cookie, rs_err *err)
{
    const struct visitor v = { visit, cookie };
    RS_TRY(visit_rows(&v, &rs_pipeline_group, "", spec, err));
    return visit_networks(&v, &spec->img2img, err);
}

rs_status rs_identity_put(rs_strbuf *sb, const rs_pipeline_spec *spec, rs_err *err)
{
    const rs_record head = { .kind = RS_RECORD_JOB, .format = RS_JOURNAL_FORMAT };
    rs_strbuf lines;
    rs_strbuf_init(&lines, TEXT_MAX);
    rs_strbuf_printf(&lines, "restyle's numbers: %d\nprocessor: %s\n", RS_NUMERIC_VERSION,
                     rs_cpu_tier_name(rs_cpu_active()));
    rs_strbuf_puts(&lines, "output: ");
    rs_print_yaml_string(&lines, rs_path_name(spec->output));
    rs_strbuf_puts(&lines, "\n");
    rs_opt_fingerprint(&lines, &rs_pipeline_group, "", spec);
    rs_status s = rs_identity_files(spec, put_contents, &lines, err);
    if (s == RS_OK)
        s = put_input(&lines, spec, err);
    rs_record_put(sb, &head);
    put_keys(sb, &lines);
    rs_strbuf_release(&lines);
    if (s == RS_OK && sb->failed)
        s = RS_FAIL(err, RS_E_NOMEM, "no memory for the identity of a job");
    return s;
}

static size_t name_length(const rs_record *r)
{
    size_t n = 0;
    while (n + 1 < r->len && !(r->text[n] == ':' && r->text[n + 1] == ' '))
        n++;
    return n;
}

/* The key of that name; kind is another one when there is none. */
static rs_record find_key(const uint8_t *data, size_t size, const char *name, size_t len)
{
    rs_record r;
    for (size_t pos = 0; rs_record_next(data, size, &pos, &r);)
        if (r.kind == RS_RECORD_KEY && name_length(&r) == len && memcmp(r.text, name, len) == 0)
            return r;
    return (rs_record){ .kind = RS_RECORD_JOB };
}

static rs_status differs(const char *name, const rs_record *mine, const rs_record *theirs, rs_err *err)
{
    const size_t n = name_length(mine), value = n + 2;
    const int len = (int)n;
    static const char remedy[] = "run it as it was, or begin anew with --restart";
    if (theirs->kind != RS_RECORD_KEY)
        return RS_FAIL(err, RS_E_INVALID, "'%s' was begun without '%.*s': %s", name, len, mine->text, remedy);
    const size_t skip = sizeof(CONTENTS) - 1;
    if (n > skip && memcmp(mine->text, CONTENTS, skip) == 0)
        return RS_FAIL(err, RS_E_INVALID, "'%s' was begun with other contents of '%.*s': %s", name,
                       len - (int)skip, mine->text + skip, remedy);
    if (n == sizeof("processor") - 1 && memcmp(mine->text, "processor", n) == 0)
        return RS_FAIL(err, RS_E_INVALID, "'%s' was begun with the kernels of '%.*s', which round "
                       "differently: set RESTYLE_CPU to that, or begin anew with --restart", name,
                       (int)(theirs->len - value), theirs->text + value);
    const int a = (int)rs_least(theirs->len - value, SHOWN), b = (int)rs_least(mine->len - value, SHOWN);
    return RS_FAIL(err, RS_E_INVALID, "'%s' was begun with %.*s: %.*s, not %.*s: %s", name, len, mine->text,
                   a, theirs->text + value, b, mine->text + value, remedy);
}

rs_status rs_identity_check(const char *name, const uint8_t *journal, size_t size, const rs_strbuf *mine,
                            rs_err *err)
{
    const uint8_t *head = (const uint8_t *)rs_strbuf_str(mine);
    rs_record r;
    size_t pos = 0;
    if (!rs_record_next(journal, size, &pos, &r) || r.kind != RS_RECORD_JOB)
        return RS_FAIL(err, RS_E_CORRUPT, "the journal of '%s' is damaged: begin anew with --restart", name);
    if (r.format != RS_JOURNAL_FORMAT)
        return RS_FAIL(err, RS_E_INVALID, "'%s' was begun by another version of restyle: finish it with "
                       "that, or begin anew with --restart", name);
    for (pos = 0; rs_record_next(head, mine->len, &pos, &r);) {
        if (r.kind != RS_RECORD_KEY)
            continue;
        const rs_record theirs = find_key(journal, size, r.text, name_length(&r));
        if (theirs.kind != RS_RECORD_KEY || theirs.len != r.len || memcmp(theirs.text, r.text, r.len) != 0)
            return differs(name, &r, &theirs, err);
    }
    return RS_OK;
}

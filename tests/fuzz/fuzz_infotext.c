/* Any bytes as parameters of a picture: no crash, sound fields, what was read can be
 * written and read again, and the pipeline made of it is one that can be opened. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/yaml_tree.h"
#include "infotext/infotext.h"
#include "restyle/infotext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(const rs_infotext *info, rs_strbuf *sb)
{
    rs_infotext_put_prompts(sb, info->prompt, info->negative);
    for (size_t i = 0; i < info->n; i++) {
        const rs_infotext_field *f = &info->fields[i];
        if (strlen(f->key) < 2 || strpbrk(f->key, ":,\n") || !rs_infotext_get(info, f->key))
            abort();
        rs_infotext_put(sb, f->key, f->value);
    }
}

static void collect(void *cookie, const char *text, size_t len)
{
    rs_strbuf_add(cookie, text, len);
}

static bool is_one_of(const char *key, const char *const *keys)
{
    for (; *keys; keys++)
        if (strcmp(key, *keys) == 0)
            return true;
    return false;
}

/* No text gets out of its comment or its quotes: only keys that restyle writes. A video's own
 * pipeline may have more of them, but says nothing of what is written or run. */
static void check_pipeline(rs_arena *arena, const char *text, size_t size)
{
    static const char *const keys[] = { "size", "img2img", "precision", "compat", "resize", "inpaint",
                                        "outpaint", "loops", "sd_upscale", NULL };
    static const char *const never[] = { "output", "events", "exec", "overwrite", NULL };
    rs_err err = { 0 };
    rs_strbuf yaml;
    rs_diags *diags = RS_NEW(arena, rs_diags);
    rs_strbuf_init(&yaml, 8 << 20);
    const rs_status s = rs_infotext_to_pipeline(text, size, NULL, 0, NULL,
                                                &(rs_text_sink){ collect, &yaml }, &err);
    if (s != RS_OK && !err.msg[0])
        abort();
    rs_diags_init(diags, arena);
    const bool any = s == RS_OK && yaml.len < RS_YAML_MAX_BYTES && strstr(yaml.data, ":\n  ");
    const rs_value *root = any ? rs_yaml_parse(arena, "f", yaml.data, yaml.len, diags) : NULL;
    if (any && (!root || diags->n))
        abort();
    for (const rs_entry *e = root ? root->first : NULL; e; e = e->next) {
        const bool video = strstr(yaml.data, "# The pipeline that a file carries") == yaml.data;
        if (is_one_of(e->key, never) || !(video || is_one_of(e->key, keys)))
            abort();
    }
    rs_strbuf_release(&yaml);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rs_err err = { 0 };
    rs_infotext first, second;
    rs_strbuf sb;
    rs_arena *arena = rs_arena_open(4096);
    if (!arena)
        abort();
    rs_strbuf_init(&sb, 8 << 20);
    const rs_status s = rs_infotext_parse(arena, (const char *)data, size, &first, &err);
    if (s == RS_OK) {
        write_again(&first, &sb);
        if (sb.failed || rs_infotext_parse(arena, sb.data, sb.len, &second, &err) != RS_OK)
            abort();
    } else if (!err.msg[0]) {
        abort();
    }
    rs_strbuf_release(&sb);
    check_pipeline(arena, (const char *)data, size);
    rs_arena_close(&arena);
    return 0;
}

#include "tests/lib/fuzz.h"

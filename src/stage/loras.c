#include "stage/loras.h"

#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/mem.h"
#include "stage/styles.h"
#include "weights/weights.h"

#define SET_BLOCK ((size_t)1 << 20)

static rs_status no_memory(rs_err *err)
{
    return RS_FAIL(err, RS_E_NOMEM, "no memory for the networks");
}

/* A search below a folder. */
struct search {
    rs_arena *arena;
    const char *name, *ext;
    const char *stem, *alias;       /* paths of what has the name; NULL: none yet */
    const char *stem_2, *alias_2;   /* of another one */
};

static void note(const char *path, const char **first, const char **second)
{
    *(*first ? second : first) = path;
}

/* Files that cannot be read have no other name; whoever names them is told. */
static bool has_alias(const struct search *s, const char *path)
{
    rs_weights *w = NULL;
    const rs_arena_mark mark = rs_arena_save(s->arena);
    bool same = false;
    if (rs_weights_open(s->arena, path, &w, NULL) == RS_OK) {
        const char *alias = rs_weights_metadata(w, "ss_output_name");
        same = alias && strcmp(alias, s->name) == 0;
    }
    rs_weights_close(&w);
    rs_arena_rewind(s->arena, mark);
    return same;
}

static rs_status look_at(void *cookie, const char *path)
{
    struct search *s = cookie;
    const char *file = rs_path_name(path), *ext = rs_path_ext(path);
    const size_t n = strlen(s->name);
    if (strcmp(ext, s->ext) != 0)
        return RS_OK;
    if ((size_t)(ext - file) == n && memcmp(file, s->name, n) == 0)
        note(path, &s->stem, &s->stem_2);
    else if (has_alias(s, path))
        note(path, &s->alias, &s->alias_2);
    return RS_OK;
}

static rs_status search_file(const rs_tag_place *place, const rs_prompt_tag *tag, struct search *s,
                             const char **path, rs_err *err)
{
    RS_TRY(rs_each_file(s->arena, place->dir, look_at, s, err));
    const char *found = s->stem ? s->stem : s->alias, *other = s->stem ? s->stem_2 : s->alias_2;
    if (other)
        return RS_FAIL(err, RS_E_INVALID, "prompt: <%.20s:%.100s>: '%.200s' and '%.200s' both have that "
                       "name: rename one, or list it by its path", tag->kind, tag->name, found, other);
    if (!found)
        return RS_FAIL(err, RS_E_NOTFOUND, "prompt: <%.20s:%.100s>: there is no '%.400s'", tag->kind,
                       tag->name, *path);
    *path = found;
    return RS_OK;
}

rs_status rs_tag_file(rs_arena *arena, const rs_tag_place *place, const rs_prompt_tag *tag,
                      const char **path, rs_err *err)
{
    const size_t size = strlen(tag->name) + strlen(place->ext) + 1;
    struct search s = { .arena = arena, .name = tag->name, .ext = place->ext };
    char *name = rs_arena_alloc(arena, size);
    if (!name)
        return no_memory(err);
    if (!place->dir)
        return RS_FAIL(err, RS_E_INVALID, "prompt: <%.20s:%.100s>: '%s' must say in which folder "
                       "networks are", tag->kind, tag->name, place->key);
    if (tag->name[0] == '/' || strstr(tag->name, ".."))
        return RS_FAIL(err, RS_E_INVALID, "prompt: <%.20s:%.100s>: a name leads out of '%s'",
                       tag->kind, tag->name, place->key);
    snprintf(name, size, "%s%s", tag->name, place->ext);
    if (!(*path = rs_path_join(arena, place->dir, name)))
        return no_memory(err);
    return rs_is_file(*path) ? RS_OK : search_file(place, tag, &s, path, err);
}

static rs_status from_tag(rs_arena *arena, const char *dir, const rs_prompt_tag *tag, rs_lora *out,
                          rs_err *err)
{
    const rs_tag_place place = { dir, "lora_dir", ".safetensors" };
    if (strcmp(tag->kind, "lora") != 0 && strcmp(tag->kind, "lyco") != 0)
        return RS_FAIL(err, RS_E_INVALID, "prompt: <%.20s:%.100s>: tags of the kinds lora, lyco and hypernet "
                       "are supported", tag->kind, tag->name);
    *out = (rs_lora){ .weight = 1, .te = (float)tag->te, .unet = (float)tag->unet, .dyn = tag->dyn };
    return rs_tag_file(arena, &place, tag, &out->path, err);
}

rs_status rs_loras_of(rs_arena *arena, const rs_img2img_params *params, rs_list *loras,
                      const char **prompt, const char **negative, rs_err *err)
{
    rs_prompt_tags tags;
    const char *styled;
    const size_t before = params->loras.n;
    RS_TRY(rs_styles_apply(arena, params, &styled, negative, err));
    RS_TRY(rs_prompt_tags_parse(arena, styled, prompt, &tags, err));
    *loras = params->loras;
    if (tags.n == 0)
        return RS_OK;
    rs_lora *all = RS_NEW_N(arena, rs_lora, before + tags.n);
    if (!all)
        return no_memory(err);
    if (before)
        memcpy(all, params->loras.at, before * sizeof(*all));
    size_t n = before;
    for (size_t i = 0; i < tags.n; i++)
        if (strcmp(tags.items[i].kind, "hypernet") != 0)
            RS_TRY(from_tag(arena, params->lora_dir, &tags.items[i], &all[n++], err));
    *loras = (rs_list){ n, all };
    return RS_OK;
}

static rs_status fill(rs_bundle *bundle, rs_list loras, rs_pool *pool, rs_lora_set *set, rs_err *err)
{
    rs_lora *copy = RS_NEW_N(set->arena, rs_lora, loras.n);
    if (!copy)
        return no_memory(err);
    for (size_t i = 0; i < loras.n; i++) {
        copy[i] = ((const rs_lora *)loras.at)[i];
        if (!(copy[i].path = rs_arena_strdup(set->arena, copy[i].path)))
            return no_memory(err);
    }
    set->loras = (rs_list){ loras.n, copy };
    return rs_networks_open(set->arena, bundle, copy, loras.n, pool, &set->networks, err);
}

rs_status rs_lora_set_open(rs_bundle *bundle, rs_list loras, rs_pool *pool, rs_lora_set *set, rs_err *err)
{
    rs_lora_set s = { 0 };
    if (loras.n) {
        if (!(s.arena = rs_arena_open(SET_BLOCK)))
            return no_memory(err);
        const rs_status status = fill(bundle, loras, pool, &s, err);
        if (status != RS_OK) {
            rs_lora_set_close(&s);
            return status;
        }
    }
    *set = s;
    return RS_OK;
}

void rs_lora_set_close(rs_lora_set *set)
{
    rs_networks_close(&set->networks);
    rs_arena_close(&set->arena);
    *set = (rs_lora_set){ 0 };
}

#include "stage/hypernets.h"

#include <string.h>

#include "base/fs.h"
#include "prompt/prompt_tags.h"
#include "stage/engine.h"
#include "stage/styles.h"

#define SET_BLOCK ((size_t)1 << 20)

static rs_status no_memory(rs_err *err)
{
    return RS_FAIL(err, RS_E_NOMEM, "no memory for the hypernetworks");
}

rs_status rs_hypernets_of(rs_arena *arena, const rs_img2img_params *params, rs_list *files, rs_err *err)
{
    rs_prompt_tags tags;
    const char *styled, *negative;
    const size_t before = params->hypernetworks.n;
    RS_TRY(rs_styles_apply(arena, params, &styled, &negative, err));
    RS_TRY(rs_prompt_tags_parse(arena, styled, &styled, &tags, err));
    rs_hypernetwork *all = RS_NEW_N(arena, rs_hypernetwork, before + tags.n + 1);
    if (!all)
        return no_memory(err);
    size_t n = before;
    if (n)
        memcpy(all, params->hypernetworks.at, n * sizeof(*all));
    for (size_t i = 0; i < tags.n; i++) {
        if (strcmp(tags.items[i].kind, "hypernet") != 0)
            continue;
        const rs_tag_place place = { params->hypernetwork_dir, "hypernetwork_dir", ".pt" };
        all[n].weight = (float)tags.items[i].te;
        RS_TRY(rs_tag_file(arena, &place, &tags.items[i], &all[n++].path, err));
    }
    *files = (rs_list){ n, all };
    return RS_OK;
}

bool rs_hypernet_fits(const rs_hypernet *net, const rs_unet_config *unet)
{
    for (int i = 0; i < net->n; i++) {
        const int width = net->sizes[i].width;
        if (width == unet->context_dim)
            return true;
        for (int k = 0; k < unet->n_levels; k++)
            if (width == unet->channels[k])
                return true;
    }
    return false;
}

static bool same(rs_list a, rs_list b)
{
    const rs_hypernetwork *x = a.at, *y = b.at;
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (strcmp(x[i].path, y[i].path) != 0 || x[i].weight != y[i].weight)
            return false;
    return true;
}

static rs_status load(rs_model *m, const rs_hypernetwork *file, rs_hypernet *net, rs_err *err)
{
    RS_TRY(rs_hypernet_load(&m->ex, m->hypernets.arena, file->path, net, err));
    net->weight = file->weight;
    if (!rs_hypernet_fits(net, rs_bundle_unet(m->bundle)))
        return RS_FAIL(err, RS_E_UNSUPPORTED, "'%s' is for another kind of model: its networks are %d wide",
                       file->path, net->sizes[0].width);
    return RS_OK;
}

static rs_status load_all(rs_model *m, rs_list files, rs_err *err)
{
    rs_hyper_set *set = &m->hypernets;
    rs_hypernetwork *copy = RS_NEW_N(set->arena, rs_hypernetwork, files.n);
    rs_hypernet *nets = RS_NEW_N(set->arena, rs_hypernet, files.n);
    if (!copy || !nets)
        return no_memory(err);
    for (size_t i = 0; i < files.n; i++) {
        copy[i] = ((const rs_hypernetwork *)files.at)[i];
        if (!(copy[i].path = rs_arena_strdup(set->arena, copy[i].path)))
            return no_memory(err);
        RS_TRY(load(m, &copy[i], &nets[i], err));
    }
    set->files = (rs_list){ files.n, copy };
    set->nets = (rs_hypernets){ nets, files.n };
    return RS_OK;
}

rs_status rs_model_use_hypernets(rs_model *m, rs_list files, rs_err *err)
{
    rs_status s = RS_OK;
    if (same(m->hypernets.files, files))
        return RS_OK;
    rs_hyper_set_close(&m->hypernets);
    if (files.n)
        s = (m->hypernets.arena = rs_arena_open(SET_BLOCK)) ? load_all(m, files, err) : no_memory(err);
    if (s != RS_OK)
        rs_hyper_set_close(&m->hypernets);
    m->prompts = (rs_prompts){ 0 }; /* their keys and values are those of the old set */
    rs_arena_rewind(m->prompt_arena, m->prompt_start);
    return s;
}

void rs_hyper_set_close(rs_hyper_set *set)
{
    rs_arena_close(&set->arena);
    *set = (rs_hyper_set){ 0 };
}

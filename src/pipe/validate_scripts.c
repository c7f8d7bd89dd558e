/* loops, sd_upscale and upscale: what excludes each other, and what would do nothing.
 * A default that is written down is never wrong: a resolved pipeline has them all. */
#include <string.h>

#include "pipe/validate.h"
#include "stage/script_opts.h"

/* The entry of "group.key", or NULL. */
static const rs_entry *given(const rs_value *map, const char *group, const char *key)
{
    const rs_entry *g = rs_value_find(map, group, strlen(group));
    return g && g->value->kind == RS_VALUE_MAP ? rs_opt_given(g->value, key) : NULL;
}

/* A problem for each row of the group that differs from its default, but for `but`. */
static void idle_rows(rs_opt_ctx *ctx, const rs_value *map, const char *name, const rs_opt_group *group,
                      const void *values, const char *but, const char *remedy)
{
    for (const rs_opt *row = group->rows; row->key; row++) {
        const rs_entry *e = given(map, name, row->key);
        if (!e || strcmp(row->key, but) == 0 ||
            row->type->equal(row, rs_opt_field(row, values), rs_opt_field(row, group->defaults)))
            continue;
        rs_strbuf path;
        rs_strbuf_init(&path, 128);
        rs_strbuf_printf(&path, "%s.%s", name, row->key);
        rs_diags_add(ctx->diags, e->value->pos, rs_strbuf_str(&path), RS_E_INVALID, NULL,
                     "has no effect alone: set %s", remedy);
        rs_strbuf_release(&path);
    }
}

static void add(rs_opt_ctx *ctx, const rs_entry *e, const char *path, const char *text)
{
    rs_diags_add(ctx->diags, e->value->pos, path, RS_E_INVALID, NULL, "%s", text);
}

static void check_loops(rs_opt_ctx *ctx, const rs_value *map, const rs_pipeline_spec *spec)
{
    const rs_entry *count = given(map, "loops", "count");
    if (spec->loops.count == 1) {
        idle_rows(ctx, map, "loops", &rs_loops_group, &spec->loops, "count", "loops.count above 1");
        return;
    }
    if (count && spec->loopback.enabled)
        add(ctx, count, "loops.count", "every picture cannot be looped by itself and into the next one: "
            "set it to 1, or loopback.enabled to false");
    if (count && spec->sd_upscale.factor > 0)
        add(ctx, count, "loops.count", "loops would enlarge the picture each time: set it to 1, or "
            "sd_upscale.factor to off");
}

static void check_sd_upscale(rs_opt_ctx *ctx, const rs_value *map, const rs_pipeline_spec *spec)
{
    const rs_sd_upscale *up = &spec->sd_upscale;
    const rs_entry *factor = given(map, "sd_upscale", "factor");
    const rs_entry *tile = given(map, "sd_upscale", "tile");
    if (!(up->factor > 0)) {
        idle_rows(ctx, map, "sd_upscale", &rs_sd_upscale_group, up, "factor", "sd_upscale.factor");
        return;
    }
    if (!factor)
        return;
    if (tile && up->tile % 8 != 0)
        add(ctx, tile, "sd_upscale.tile", "must be a multiple of 8");
    if (up->overlap >= up->tile)
        add(ctx, factor, "sd_upscale.factor", "sd_upscale.overlap must be smaller than sd_upscale.tile");
    if (spec->img2img.tiling)
        add(ctx, factor, "sd_upscale.factor", "img2img.tiling would make each tile wrap around, not the "
            "picture: turn one of the two off");
    if (spec->resize == RS_RESIZE_LATENT)
        add(ctx, factor, "sd_upscale.factor", "'resize: latent' enlarges as well: choose another resize, "
            "or set the factor to off");
}

static void check_upscale(rs_opt_ctx *ctx, const rs_value *map, const rs_pipeline_spec *spec)
{
    const rs_upscale_params *up = &spec->upscale;
    const rs_entry *model = given(map, "upscale", "model");
    if (!up->model) {
        idle_rows(ctx, map, "upscale", &rs_upscale_group, up, "model", "upscale.model");
        return;
    }
    if (!model || (ctx->check_files && !rs_check_input(ctx, NULL, "upscale.model", model->value, &up->model)))
        return;
    if (up->tile > 0 && up->overlap >= up->tile)
        add(ctx, model, "upscale.model", "upscale.overlap must be smaller than upscale.tile");
    if (up->when == RS_UPSCALE_BEFORE && spec->resize == RS_RESIZE_LATENT)
        add(ctx, model, "upscale.model", "'resize: latent' sets the size after upscaling before it: choose "
            "another resize, or 'when: after'");
}

void rs_check_scripts(rs_opt_ctx *ctx, const rs_value *map, const rs_pipeline_spec *spec)
{
    check_loops(ctx, map, spec);
    check_sd_upscale(ctx, map, spec);
    check_upscale(ctx, map, spec);
}

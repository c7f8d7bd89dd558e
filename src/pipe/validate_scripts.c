/* outpaint, loops, sd_upscale and upscale: what excludes each other, and what would do nothing.
 * A default that is written down is never wrong: a resolved pipeline has them all. */
#include <string.h>

#include "pipe/validate.h"
#include "stage/outpaint_opts.h"
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

/* The first side that grows, and is written in map; NULL: none. */
static const rs_entry *outpaint_side(const rs_value *map, const rs_outpaint *o, const char **path)
{
    const struct {
        int pixels;
        const char *key, *path;
    } sides[] = { { o->left, "left", "outpaint.left" }, { o->right, "right", "outpaint.right" },
                  { o->up, "up", "outpaint.up" }, { o->down, "down", "outpaint.down" } };
    const rs_entry *e = NULL;
    for (int i = 0; i < 4 && !e; i++) {
        *path = sides[i].path;
        e = sides[i].pixels > 0 ? given(map, "outpaint", sides[i].key) : NULL;
    }
    return e;
}

/* Keys of the other method. */
static void check_outpaint_method(rs_opt_ctx *ctx, const rs_value *map, const rs_outpaint *o)
{
    const rs_outpaint *usual = rs_outpaint_group.defaults;
    const rs_entry *content = given(map, "outpaint", "content");
    const rs_entry *falloff = given(map, "outpaint", "falloff");
    const rs_entry *color = given(map, "outpaint", "color_variation");
    const bool mk2 = o->method == RS_OUTPAINT_MK2;
    if (mk2 && content && o->content != usual->content)
        add(ctx, content, "outpaint.content", "mk2 begins with noise: delete it, or write "
            "'method: poor_man'");
    if (!mk2 && falloff && o->falloff != usual->falloff)
        add(ctx, falloff, "outpaint.falloff", "poor_man has none: delete it, or write 'method: mk2'");
    if (!mk2 && color && o->color_variation != usual->color_variation)
        add(ctx, color, "outpaint.color_variation", "poor_man has none: delete it, or write 'method: mk2'");
}

static void check_outpaint(rs_opt_ctx *ctx, const rs_value *map, const rs_pipeline_spec *spec)
{
    const rs_outpaint *o = &spec->outpaint;
    const rs_entry *tile = given(map, "outpaint", "tile");
    const char *path;
    const rs_entry *side = outpaint_side(map, o, &path);
    if (!rs_outpaint_grows(o)) {
        idle_rows(ctx, map, "outpaint", &rs_outpaint_group, o, "left", "outpaint.left, right, up or down");
        return;
    }
    if (!side)
        return;
    check_outpaint_method(ctx, map, o);
    if (tile && o->tile % 8 != 0)
        add(ctx, tile, "outpaint.tile", "must be a multiple of 8");
    if (o->left > o->tile - 64 || o->right > o->tile - 64 || o->up > o->tile - 64 || o->down > o->tile - 64)
        add(ctx, side, path, "outpaint.tile must be larger by 64 than each side that is added");
    if (spec->inpaint.mask)
        add(ctx, side, path, "has a mask of its own: delete inpaint.mask, and inpaint in another run");
    if (spec->sd_upscale.factor > 0)
        add(ctx, side, path, "sd_upscale repaints the whole picture: set sd_upscale.factor to off, and "
            "upscale in another run");
    if (spec->loops.count > 1)
        add(ctx, side, path, "loops would enlarge the picture each time: set loops.count to 1");
    if (spec->loopback.enabled)
        add(ctx, side, path, "a larger output cannot be mixed into the next frame: set loopback.enabled to "
            "false");
    if (spec->img2img.tiling)
        add(ctx, side, path, "img2img.tiling would join the edges of each tile: set it to false");
    if (spec->resize == RS_RESIZE_LATENT)
        add(ctx, side, path, "a mask needs the picture's own latent: write another 'resize' than latent");
}

void rs_check_scripts(rs_opt_ctx *ctx, const rs_value *map, const rs_pipeline_spec *spec)
{
    check_outpaint(ctx, map, spec);
    check_loops(ctx, map, spec);
    check_sd_upscale(ctx, map, spec);
    check_upscale(ctx, map, spec);
}

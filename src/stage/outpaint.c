/* A1111's scripts/poor_mans_outpainting.py and scripts/outpainting_mk_2.py. They hand bytes
 * from run to run; here floats go on. */
#include "restyle/outpaint.h"

#include <string.h>

#include "base/err.h"
#include "media/crop_box.h"
#include "stage/engine.h"
#include "stage/matched_noise.h"
#include "stage/outpaint_plan.h"
#include "stage/script_progress.h"

struct outpaint {
    rs_model *m;
    rs_img2img_params p;
    const rs_outpaint *o;
    rs_inpaint_params ip;
    rs_script_progress progress;
    rs_image large;                /* the picture on the canvas */
    rs_mask mask, latent;          /* of all of it; latent: of poor_man */
    rs_image part, painted;
    rs_mask part_mask, part_latent;
    rs_tile_canvas canvas;
};

static void release(struct outpaint *r)
{
    rs_image_release(&r->large);
    rs_mask_release(&r->mask);
    rs_mask_release(&r->latent);
    rs_image_release(&r->part);
    rs_image_release(&r->painted);
    rs_mask_release(&r->part_mask);
    rs_mask_release(&r->part_latent);
    rs_tile_canvas_release(&r->canvas);
}

static rs_status new_image(rs_image *image, rs_size size, rs_err *err)
{
    rs_image_release(image);
    RS_TRY(rs_image_alloc(image, size.width, size.height, err));
    memset(image->rgb, 0, (size_t)size.width * (size_t)size.height * 3 * sizeof(float));
    return RS_OK;
}

static rs_status new_mask(rs_mask *mask, rs_size size, rs_err *err)
{
    rs_mask_release(mask);
    return rs_mask_alloc(mask, size.width, size.height, err);
}

/* `to` at x, y becomes `from`, as far as it reaches. */
static void paste(const rs_image *to, int x, int y, const rs_image *from)
{
    const int w = from->width < to->width - x ? from->width : to->width - x;
    for (int i = 0; i < from->height && y + i < to->height; i++)
        memcpy(to->rgb + 3 * ((size_t)(y + i) * (size_t)to->width + (size_t)x),
               from->rgb + 3 * (size_t)i * (size_t)from->width, (size_t)w * 3 * sizeof(float));
}

/* The part, under its masks, into painted. */
static rs_status paint_part(struct outpaint *r, rs_err *err)
{
    const rs_progress steps = { rs_script_step, &r->progress };
    const rs_inpaint_picture in = { .init = &r->part, .mask = &r->part_mask, .latent_mask = &r->part_latent };
    const rs_size blur = rs_outpaint_deviation(r->o);
    RS_TRY(rs_mask_blur(&r->part_mask, blur.width, blur.height, err));
    RS_TRY(rs_inpaint(r->m, &r->p, &r->ip, &in, &r->painted, &steps, err));
    rs_script_next(&r->progress, rs_img2img_steps(&r->p));
    return RS_OK;
}

static rs_status paint_tile(struct outpaint *r, const rs_tiles *t, int col, int row, rs_err *err)
{
    const int x = rs_tiles_x(t, col), y = rs_tiles_y(t, row);
    const rs_box box = { x, y, x + t->tile_w, y + t->tile_h };
    RS_TRY(rs_mask_cut(&r->part_mask, &r->mask, box, err));
    RS_TRY(rs_mask_cut(&r->part_latent, &r->latent, box, err));
    RS_TRY(paint_part(r, err));
    r->p.seed++;
    return RS_OK;
}

static rs_status poor_man(struct outpaint *r, const rs_image *init, rs_image *out, rs_err *err)
{
    const rs_margins m = rs_outpaint_margins(r->o, init->width, init->height);
    const rs_tiles t = rs_outpaint_tiles(r->o, init->width, init->height);
    const rs_size old = { init->width, init->height }, size = { t.width, t.height };
    const int blur = rs_outpaint_blur(r->o);
    r->ip.content = r->o->content;
    RS_TRY(new_image(&r->large, size, err));
    RS_TRY(new_mask(&r->mask, size, err));
    RS_TRY(new_mask(&r->latent, size, err));
    RS_TRY(rs_outpaint_mask(&r->mask, m, old, 2 * blur, err));
    RS_TRY(rs_outpaint_mask(&r->latent, m, old, blur / 2, err));
    paste(&r->large, m.left, m.up, init);
    RS_TRY(rs_tile_canvas_open(&r->canvas, &t, 1, out, err));
    for (int row = 0; row < t.rows; row++)
        for (int col = 0; col < t.cols; col++) {
            const bool stays = rs_outpaint_tile_stays(&t, m, col, row);
            RS_TRY(rs_tiles_cut(&t, &r->large, col, row, &r->part, err));
            if (!stays)
                RS_TRY(paint_tile(r, &t, col, row, err));
            RS_TRY(rs_tile_canvas_put(&r->canvas, col, row, stays ? &r->part : &r->painted, err));
        }
    return RS_OK;
}

/* *picture grows by one side; it is replaced. */
static rs_status grow_side(struct outpaint *r, const rs_outpaint_side *s, rs_image *picture, rs_err *err)
{
    const int blur = rs_outpaint_blur(r->o);
    const rs_margins m = s->grow;
    const rs_box box = { s->x, s->y, s->x + s->part.width, s->y + s->part.height };
    RS_TRY(new_image(&r->large, s->canvas, err));
    RS_TRY(new_mask(&r->mask, s->canvas, err));
    RS_TRY(rs_outpaint_mask(&r->mask, m, s->from, blur, err));
    paste(&r->large, m.left, m.up, picture);
    RS_TRY(rs_matched_noise(&r->large, &r->mask, r->o->falloff, r->o->color_variation, err));
    RS_TRY(rs_image_cut(&r->part, &r->large, box, err));
    RS_TRY(rs_mask_cut(&r->part_mask, &r->mask, box, err));
    RS_TRY(new_mask(&r->part_latent, s->part, err));
    RS_TRY(rs_outpaint_mask(&r->part_latent, m, s->seen, 2 * blur, err));
    RS_TRY(paint_part(r, err));
    paste(&r->large, s->x, s->y, &r->painted);
    return rs_image_cut(picture, &r->large, (rs_box){ 0, 0, s->to.width, s->to.height }, err);
}

static rs_status mk2(struct outpaint *r, const rs_image *init, rs_image *out, rs_err *err)
{
    rs_outpaint_side sides[RS_OUTPAINT_SIDES];
    const int n = rs_outpaint_sides(r->o, init->width, init->height, rs_model_multiple(r->m), sides);
    r->ip.content = RS_INPAINT_ORIGINAL;
    RS_TRY(rs_image_cut(out, init, (rs_box){ 0, 0, init->width, init->height }, err));
    for (int i = 0; i < n; i++)
        RS_TRY(grow_side(r, &sides[i], out, err));
    return RS_OK;
}

static rs_status check(const rs_outpaint *o, rs_err *err)
{
    const int sides[] = { o->left, o->right, o->up, o->down };
    for (int i = 0; i < RS_OUTPAINT_SIDES; i++)
        if (sides[i] < 0 || sides[i] > o->tile - 64)
            return RS_FAIL(err, RS_E_RANGE, "outpainting by %d pixels in tiles of %d: expected 0 or more, "
                           "and a tile at least 64 larger", sides[i], o->tile);
    return RS_OK;
}

rs_status rs_img2img_outpaint(rs_model *model, const rs_img2img_params *params, const rs_outpaint *o,
                              const rs_image *init, rs_image *out, const rs_progress *progress,
                              rs_err *err)
{
    struct outpaint r = { .m = model, .p = *params, .o = o };
    RS_TRY(check(o, err));
    rs_inpaint_defaults(&r.ip);
    r.progress = (rs_script_progress){
        .progress = progress,
        .n_steps = rs_outpaint_runs(o, init->width, init->height) * rs_img2img_steps(params) };
    const rs_status s = o->method == RS_OUTPAINT_MK2 ? mk2(&r, init, out, err) : poor_man(&r, init, out, err);
    release(&r);
    return s;
}

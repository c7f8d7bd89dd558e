/* A1111's scripts/sd_upscale.py with Lanczos as its upscaler (a network comes before, as
 * the pipeline's upscale stage): enlarge, restyle tile by tile, blend. */
#include "base/err.h"
#include "restyle/scripts.h"
#include "stage/script_progress.h"
#include "stage/tiles.h"

rs_size rs_sd_upscale_size(const rs_sd_upscale *up, int width, int height)
{
    return rs_tiles_enlarged(up->factor, width, height);
}

static rs_tiles split(const rs_sd_upscale *up, int width, int height)
{
    const rs_size s = rs_sd_upscale_size(up, width, height);
    return rs_tiles_split(s.width, s.height, up->tile, up->overlap);
}

int rs_sd_upscale_tiles(const rs_sd_upscale *up, int width, int height)
{
    const rs_tiles t = split(up, width, height);
    return t.cols * t.rows;
}

struct run {
    rs_image large, tile, painted;
    rs_tile_canvas canvas;
};

static rs_status enlarge(const rs_sd_upscale *up, const rs_image *init, rs_image *large, rs_err *err)
{
    const rs_size s = rs_sd_upscale_size(up, init->width, init->height);
    RS_TRY(rs_image_alloc(large, s.width, s.height, err));
    return rs_image_resize(large, init, RS_RESIZE_STRETCH, err);
}

static rs_status tiles(struct run *r, rs_model *model, rs_img2img_params *p, const rs_tiles *t,
                       rs_image *out, rs_script_progress *progress, rs_err *err)
{
    const rs_progress steps = { rs_script_step, progress };
    RS_TRY(rs_tile_canvas_open(&r->canvas, t, 1, out, err));
    for (int row = 0; row < t->rows; row++)
        for (int col = 0; col < t->cols; col++, p->seed++) {
            RS_TRY(rs_tiles_cut(t, &r->large, col, row, &r->tile, err));
            RS_TRY(rs_img2img(model, p, &r->tile, &r->painted, &steps, err));
            RS_TRY(rs_tile_canvas_put(&r->canvas, col, row, &r->painted, err));
            rs_script_next(progress, rs_img2img_steps(p));
        }
    return RS_OK;
}

rs_status rs_img2img_upscale(rs_model *model, const rs_img2img_params *params, const rs_sd_upscale *up,
                             const rs_image *init, rs_image *out, const rs_progress *progress,
                             rs_err *err)
{
    struct run r = { 0 };
    rs_img2img_params p = *params;
    if (!(up->factor > 0) || up->tile < 8 || up->overlap < 0 || up->overlap >= up->tile)
        return RS_FAIL(err, RS_E_RANGE, "sd_upscale by %g in tiles of %d with overlap %d: expected a "
                       "factor above 0, and an overlap below the tile", (double)up->factor, up->tile,
                       up->overlap);
    const rs_tiles t = split(up, init->width, init->height);
    rs_script_progress all = { .progress = progress,
                               .n_steps = t.cols * t.rows * rs_img2img_steps(&p) };
    rs_status s = enlarge(up, init, &r.large, err);
    if (s == RS_OK)
        s = tiles(&r, model, &p, &t, out, &all, err);
    rs_image_release(&r.large);
    rs_image_release(&r.tile);
    rs_image_release(&r.painted);
    rs_tile_canvas_release(&r.canvas);
    return s;
}

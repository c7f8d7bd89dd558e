/* Upscaling as A1111 does it (modules/upscaler.py `Upscaler.upscale`, upscaler_utils.py
 * `upscale_with_model`): passes of the network until the size is reached, each in tiles that
 * are put together with feathered seams, then Lanczos to the size. */
#include "restyle/upscale.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "model/esrgan.h"
#include "stage/pad.h"
#include "stage/script_opts.h"
#include "stage/script_progress.h"
#include "stage/tiles.h"

#define MAX_PASSES 3
#define ARENA_BLOCK ((size_t)64 << 20) /* address space, see base/arena.h */

struct rs_upscaler {
    rs_arena *arena, *scratch;
    rs_exec ex;
    rs_weights *weights;
    rs_esrgan *net;
    char name[64];
};

void rs_upscale_defaults(rs_upscale_params *params)
{
    memcpy(params, rs_upscale_group.defaults, sizeof(*params));
}

static rs_status open_in(rs_upscaler *u, const char *path, int threads, rs_err *err)
{
    u->arena = rs_arena_open(ARENA_BLOCK);
    u->scratch = u->ex.scratch = rs_arena_open(ARENA_BLOCK);
    if (!u->arena || !u->scratch)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for upscaler '%s'", path);
    RS_TRY(rs_pool_open(threads, &u->ex.pool, err));
    u->ex.kern = rs_kern_active();
    RS_TRY(rs_weights_open(u->arena, path, &u->weights, err));
    RS_TRY(rs_esrgan_load(&u->ex, u->arena, u->weights, &u->net, err));
    const rs_esrgan *n = u->net;
    if (n->rrdb)
        snprintf(u->name, sizeof(u->name), "RRDBNet of %d blocks, x%d", n->rrdb->n_blocks, n->scale);
    else
        snprintf(u->name, sizeof(u->name), "SRVGGNetCompact of %d convolutions, x%d", n->srvgg->n_convs,
                 n->scale);
    return RS_OK;
}

rs_status rs_upscaler_open(const char *path, int threads, rs_upscaler **upscaler, rs_err *err)
{
    rs_upscaler *u = rs_calloc(sizeof(*u));
    if (!u)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for upscaler '%s'", path);
    const rs_status s = open_in(u, path, threads, err);
    if (s != RS_OK) {
        rs_upscaler_close(&u);
        return s;
    }
    *upscaler = u;
    return RS_OK;
}

void rs_upscaler_close(rs_upscaler **upscaler)
{
    if (!upscaler || !*upscaler)
        return;
    rs_upscaler *u = *upscaler;
    rs_weights_close(&u->weights);
    rs_pool_close(&u->ex.pool);
    rs_arena_close(&u->scratch);
    rs_arena_close(&u->arena);
    rs_free(u);
    *upscaler = NULL;
}

int rs_upscaler_scale(const rs_upscaler *upscaler)
{
    return upscaler->net->scale;
}

const char *rs_upscaler_name(const rs_upscaler *upscaler)
{
    return upscaler->name;
}

rs_size rs_upscale_size(float factor, int width, int height)
{
    return rs_tiles_enlarged(factor, width, height);
}

/* One tile through the network; *out gets its enlarged size. */
static rs_status run_tile(rs_upscaler *u, const rs_image *tile, rs_image *out, rs_err *err)
{
    const int f = u->net->scale;
    rs_tensor x, y;
    RS_TRY(rs_tensor_alloc(u->scratch, 1, rs_pad_size(tile->height, u->net->multiple),
                           rs_pad_size(tile->width, u->net->multiple), 3, &x, err));
    RS_TRY(rs_tensor_alloc(u->scratch, 1, x.h * f, x.w * f, 3, &y, err));
    rs_pad_picture(&x, tile);
    RS_TRY(rs_esrgan_forward(&u->ex, u->net, &y, &x, err));
    if (!rs_tensor_is_finite(&y))
        return RS_FAIL(err, RS_E_NOT_FINITE, "the upscaled picture is not finite (NaN or infinity); the "
                       "upscaler's weights may be damaged");
    for (int i = 0; i < out->height; i++) {
        const float *from = y.data + (size_t)i * (size_t)y.w * 3;
        float *to = out->rgb + (size_t)i * (size_t)out->width * 3;
        for (size_t k = 0; k < (size_t)out->width * 3; k++)
            to[k] = fminf(fmaxf(from[k], 0.0f), 1.0f);
    }
    return RS_OK;
}

struct pass {
    rs_tiles tiles;
    rs_tile_canvas canvas;
    rs_image tile, large;
};

static rs_tiles split(const rs_upscale_params *p, int width, int height)
{
    const int whole = width > height ? width : height;
    return rs_tiles_split(width, height, p->tile > 0 ? p->tile : whole, p->tile > 0 ? p->overlap : 0);
}

static rs_status pass_tiles(rs_upscaler *u, struct pass *p, const rs_image *src, rs_image *out,
                            rs_script_progress *progress, rs_err *err)
{
    const int f = u->net->scale;
    RS_TRY(rs_tile_canvas_open(&p->canvas, &p->tiles, f, out, err));
    RS_TRY(rs_image_alloc(&p->large, p->tiles.tile_w * f, p->tiles.tile_h * f, err));
    for (int row = 0; row < p->tiles.rows; row++)
        for (int col = 0; col < p->tiles.cols; col++) {
            if (!rs_script_step(progress, 0, 1))
                return RS_FAIL(err, RS_E_CANCELLED, "stopped while upscaling");
            RS_TRY(rs_tiles_cut(&p->tiles, src, col, row, &p->tile, err));
            const rs_arena_mark mark = rs_arena_save(u->scratch);
            const rs_status s = run_tile(u, &p->tile, &p->large, err);
            rs_arena_rewind(u->scratch, mark);
            RS_TRY(s);
            RS_TRY(rs_tile_canvas_put(&p->canvas, col, row, &p->large, err));
            rs_script_next(progress, 1);
        }
    return RS_OK;
}

static rs_status run_pass(rs_upscaler *u, const rs_upscale_params *params, const rs_image *src,
                          rs_image *out, rs_script_progress *progress, rs_err *err)
{
    struct pass p = { .tiles = split(params, src->width, src->height) };
    const rs_status s = pass_tiles(u, &p, src, out, progress, err);
    rs_tile_canvas_release(&p.canvas);
    rs_image_release(&p.tile);
    rs_image_release(&p.large);
    return s;
}

/* Whether another pass is due, as in A1111: at least one, even for a factor of 1. */
static bool goes_on(int pass, int scale, rs_size now, rs_size want)
{
    return pass == 0 || (pass < MAX_PASSES && scale > 1 &&
                         (now.width < want.width || now.height < want.height));
}

/* The tiles of all passes, *n, and what they take. */
static rs_esrgan_cost all_tiles(const rs_upscaler *u, const rs_upscale_params *p, rs_size now, rs_size want,
                                int *n)
{
    rs_esrgan_cost all = { 0 };
    *n = 0;
    for (int i = 0; goes_on(i, u->net->scale, now, want); i++) {
        const rs_tiles t = split(p, now.width, now.height);
        const rs_esrgan_cost one = rs_esrgan_cost_of(u->net, rs_pad_size(t.tile_h, u->net->multiple),
                                                     rs_pad_size(t.tile_w, u->net->multiple));
        *n += t.cols * t.rows;
        all.flop += one.flop * t.cols * t.rows;
        all.bytes = fmax(all.bytes, one.bytes);
        now.width *= u->net->scale;
        now.height *= u->net->scale;
    }
    return all;
}

void rs_upscale_cost(const rs_upscaler *u, const rs_upscale_params *params, rs_size size, double *gflop,
                     double *bytes)
{
    int n;
    const rs_size want = rs_upscale_size(params->factor, size.width, size.height);
    const rs_esrgan_cost c = all_tiles(u, params, size, want, &n);
    *gflop = c.flop / 1e9;
    *bytes = c.bytes;
    for (size_t i = 0; i < rs_weights_count(u->weights); i++)
        *bytes += (double)rs_weights_at(u->weights, i)->bytes;
}

static rs_status fit(rs_image *large, rs_size want, rs_image *out, rs_err *err)
{
    if (large->width == want.width && large->height == want.height) {
        rs_image_release(out);
        *out = *large;
        *large = (rs_image){ 0 };
        return RS_OK;
    }
    if (out->width != want.width || out->height != want.height) {
        rs_image_release(out);
        RS_TRY(rs_image_alloc(out, want.width, want.height, err));
    }
    return rs_image_resize(out, large, RS_RESIZE_STRETCH, err);
}

rs_status rs_upscale(rs_upscaler *upscaler, const rs_upscale_params *params, const rs_image *src,
                     rs_image *out, const rs_progress *progress, rs_err *err)
{
    const rs_size want = rs_upscale_size(params->factor, src->width, src->height);
    rs_size now = { src->width, src->height };
    rs_image large = { 0 }, next = { 0 };
    if (!(params->factor > 0) || params->tile < 0 || params->overlap < 0 ||
        (params->tile > 0 && params->overlap >= params->tile))
        return RS_FAIL(err, RS_E_RANGE, "upscale by %g in tiles of %d with overlap %d: expected a factor "
                       "above 0, and an overlap below the tile", (double)params->factor, params->tile,
                       params->overlap);
    rs_script_progress all = { .progress = progress };
    all_tiles(upscaler, params, now, want, &all.n_steps);
    rs_status s = RS_OK;
    for (int i = 0; s == RS_OK && goes_on(i, upscaler->net->scale, now, want); i++) {
        s = run_pass(upscaler, params, i ? &large : src, &next, &all, err);
        rs_image_release(&large);
        large = next;
        next = (rs_image){ 0 };
        now = (rs_size){ large.width, large.height };
    }
    if (s == RS_OK)
        s = fit(&large, want, out, err);
    rs_image_release(&large);
    return s;
}

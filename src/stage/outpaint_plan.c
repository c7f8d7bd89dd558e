#include "stage/outpaint_plan.h"

#include <string.h>

enum { STEP = 64 };

static int most(int a, int b)
{
    return a > b ? a : b;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int up_to(int v, int multiple)
{
    return (v + multiple - 1) / multiple * multiple;
}

bool rs_outpaint_grows(const rs_outpaint *o)
{
    return o->left > 0 || o->right > 0 || o->up > 0 || o->down > 0;
}

int rs_outpaint_blur(const rs_outpaint *o)
{
    return o->mask_blur >= 0 ? o->mask_blur : o->method == RS_OUTPAINT_MK2 ? 8 : 4;
}

rs_size rs_outpaint_deviation(const rs_outpaint *o)
{
    const int blur = rs_outpaint_blur(o);
    if (o->method != RS_OUTPAINT_MK2)
        return (rs_size){ 2 * blur, 2 * blur };
    return (rs_size){ o->left + o->right > 0 ? 4 * blur : 0, o->up + o->down > 0 ? 4 * blur : 0 };
}

static void share(int side, int *low, int *high)
{
    const int more = *low + *high > 0 ? up_to(side + *low + *high, STEP) - side : 0;
    if (*low > 0)
        *low = (int)((int64_t)*low * more / (*low + *high));
    if (*high > 0)
        *high = more - *low;
}

rs_margins rs_outpaint_margins(const rs_outpaint *o, int width, int height)
{
    rs_margins m = { o->left, o->right, o->up, o->down };
    share(width, &m.left, &m.right);
    share(height, &m.up, &m.down);
    return m;
}

rs_size rs_outpaint_size(const rs_outpaint *o, int width, int height)
{
    const rs_margins m = rs_outpaint_margins(o, width, height);
    return (rs_size){ width + m.left + m.right, height + m.up + m.down };
}

rs_status rs_outpaint_mask(rs_mask *mask, rs_margins m, rs_size old, int inset, rs_err *err)
{
    const int x1 = m.left > 0 ? m.left + inset : 0, y1 = m.up > 0 ? m.up + inset : 0;
    const int x2 = m.left + old.width - (m.right > 0 ? inset : 0);
    const int y2 = m.up + old.height - (m.down > 0 ? inset : 0);
    if (x2 < x1 || y2 < y1)
        return RS_FAIL(err, RS_E_INVALID, "a picture of %dx%d is too small to be outpainted with this mask "
                       "blur: choose a smaller outpaint.mask_blur", old.width, old.height);
    memset(mask->v, 255, (size_t)mask->width * (size_t)mask->height);
    const int w = least(x2 + 1, mask->width) - x1;
    for (int y = y1; w > 0 && y <= y2 && y < mask->height; y++)
        memset(mask->v + (size_t)y * (size_t)mask->width + x1, 0, (size_t)w);
    return RS_OK;
}

rs_tiles rs_outpaint_tiles(const rs_outpaint *o, int width, int height)
{
    const rs_size s = rs_outpaint_size(o, width, height);
    const int overlap = most(most(o->left, o->right), most(o->up, o->down));
    return rs_tiles_split(s.width, s.height, o->tile, overlap);
}

bool rs_outpaint_tile_stays(const rs_tiles *t, rs_margins m, int col, int row)
{
    const int x = rs_tiles_x(t, col), y = rs_tiles_y(t, row);
    return x >= m.left && x + t->tile_w <= t->width - m.right && y >= m.up &&
           y + t->tile_h <= t->height - m.down;
}

static rs_outpaint_side side_of(rs_size from, rs_margins grow, int tile, int multiple)
{
    const bool across = grow.left + grow.right > 0;
    const rs_size to = { from.width + grow.left + grow.right, from.height + grow.up + grow.down };
    rs_outpaint_side s = { .grow = grow, .from = from, .to = to };
    s.canvas = (rs_size){ up_to(to.width, STEP), up_to(to.height, STEP) };
    s.part = s.canvas;
    s.seen = from;
    if (across) {
        s.part.width = up_to(least(tile, to.width), multiple);
        s.seen.width = s.part.width - grow.left - grow.right;
    } else {
        s.part.height = up_to(least(tile, to.height), multiple);
        s.seen.height = s.part.height - grow.up - grow.down;
    }
    s.x = grow.left > 0 ? 0 : s.canvas.width - s.part.width;
    s.y = grow.up > 0 ? 0 : s.canvas.height - s.part.height;
    return s;
}

int rs_outpaint_sides(const rs_outpaint *o, int width, int height, int multiple,
                      rs_outpaint_side sides[RS_OUTPAINT_SIDES])
{
    const rs_margins m = rs_outpaint_margins(o, width, height);
    const rs_margins each[RS_OUTPAINT_SIDES] = {
        { .left = m.left }, { .right = m.right }, { .up = m.up }, { .down = m.down } };
    rs_size from = { width, height };
    int n = 0;
    for (int i = 0; i < RS_OUTPAINT_SIDES; i++) {
        if (each[i].left + each[i].right + each[i].up + each[i].down == 0)
            continue;
        sides[n] = side_of(from, each[i], o->tile, multiple);
        from = sides[n++].to;
    }
    return n;
}

int rs_outpaint_runs(const rs_outpaint *o, int width, int height)
{
    rs_outpaint_side sides[RS_OUTPAINT_SIDES];
    if (o->method == RS_OUTPAINT_MK2)
        return rs_outpaint_sides(o, width, height, 1, sides);
    const rs_tiles t = rs_outpaint_tiles(o, width, height);
    const rs_margins m = rs_outpaint_margins(o, width, height);
    int n = 0;
    for (int i = 0; i < t.cols * t.rows; i++)
        n += !rs_outpaint_tile_stays(&t, m, i % t.cols, i / t.cols);
    return n;
}

rs_size rs_outpaint_run_size(const rs_outpaint *o, int width, int height, int multiple, int i)
{
    rs_outpaint_side sides[RS_OUTPAINT_SIDES];
    if (o->method == RS_OUTPAINT_MK2) {
        rs_outpaint_sides(o, width, height, multiple, sides);
        return sides[i].part;
    }
    const rs_tiles t = rs_outpaint_tiles(o, width, height);
    return (rs_size){ t.tile_w, t.tile_h };
}

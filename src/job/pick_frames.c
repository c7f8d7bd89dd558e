#include "job/pick_frames.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

enum { SIDE = 8, VALUES = SIDE * SIDE * 3 };

#define TIME_WEIGHT 0.25f /* of the whole clip's length, in the range of values */
#define PLAIN 0.02f       /* standard deviation of a miniature that shows nothing */

typedef struct miniature {
    int64_t index;
    float rgb[VALUES];
    bool plain;
} miniature;

struct clip {
    miniature *at; /* [RS_PICK_LOOK_AT] */
    int n;
    int64_t stride;
    rs_source_info of;
};

static void shrink(const rs_image *image, miniature *m)
{
    float sum = 0, squares = 0;
    memset(m->rgb, 0, sizeof m->rgb);
    for (int cell = 0; cell < SIDE * SIDE; cell++) {
        const int y0 = cell / SIDE * image->height / SIDE, x0 = cell % SIDE * image->width / SIDE;
        int y1 = (cell / SIDE + 1) * image->height / SIDE, x1 = (cell % SIDE + 1) * image->width / SIDE;
        y1 = y1 > y0 ? y1 : y0 + 1;
        x1 = x1 > x0 ? x1 : x0 + 1;
        float *to = m->rgb + 3 * cell;
        for (int y = y0; y < y1; y++)
            for (int x = x0; x < x1; x++)
                for (int c = 0; c < 3; c++)
                    to[c] += image->rgb[((size_t)y * (size_t)image->width + (size_t)x) * 3 + (size_t)c];
        for (int c = 0; c < 3; c++) {
            to[c] /= (float)((y1 - y0) * (x1 - x0));
            sum += to[c];
            squares += to[c] * to[c];
        }
    }
    const float mean = sum / VALUES;
    m->plain = squares / VALUES - mean * mean < PLAIN * PLAIN;
}

/* Every second one goes when there are too many. */
static void thin_out(struct clip *c)
{
    int n = 0;
    for (int i = 0; i < c->n; i += 2)
        c->at[n++] = c->at[i];
    c->n = n;
    c->stride *= 2;
}

static rs_status look(const char *input, const rs_source_options *options, struct clip *c, rs_err *err)
{
    rs_source *source = NULL;
    rs_frame frame = { 0 };
    bool end = false;
    RS_TRY(rs_source_open_with(input, options, &source, err));
    c->of = *rs_source_get_info(source);
    c->of.path = NULL;
    c->of.n_frames = 0;
    rs_status s = RS_OK;
    while (s == RS_OK && (s = rs_source_next(source, &frame, &end, err)) == RS_OK && !end) {
        c->of.n_frames = frame.index + 1;
        if (frame.index % c->stride != 0)
            continue;
        if (c->n == RS_PICK_LOOK_AT)
            thin_out(c);
        if (frame.index % c->stride != 0)
            continue;
        c->at[c->n].index = frame.index;
        shrink(&frame.image, &c->at[c->n++]);
    }
    rs_frame_release(&frame);
    rs_source_close(&source);
    return s;
}

static float looks_apart(const float *a, const float *b)
{
    float sum = 0;
    for (int i = 0; i < VALUES; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sqrtf(sum / VALUES);
}

static int nearest_to_average(const struct clip *c, bool plain_too)
{
    float mean[VALUES] = { 0 };
    int best = -1;
    float least = INFINITY;
    for (int i = 0; i < c->n; i++)
        for (int k = 0; k < VALUES; k++)
            mean[k] += c->at[i].rgb[k] / (float)c->n;
    for (int i = 0; i < c->n; i++) {
        const float d = looks_apart(c->at[i].rgb, mean);
        if (d < least && (plain_too || !c->at[i].plain)) {
            least = d;
            best = i;
        }
    }
    return best;
}

/* chosen: indices into at, ascending. */
static int choose(const struct clip *c, int want, int *chosen, float *apart)
{
    int usable = 0, n = 0;
    for (int i = 0; i < c->n; i++) {
        usable += !c->at[i].plain;
        apart[i] = INFINITY;
    }
    const bool plain_too = usable < want;
    for (int next = nearest_to_average(c, plain_too); next >= 0 && n < want;) {
        int k = n++;
        for (; k > 0 && chosen[k - 1] > next; k--)
            chosen[k] = chosen[k - 1];
        chosen[k] = next;
        const miniature *new = &c->at[next];
        float most = 0;
        next = -1;
        for (int i = 0; i < c->n; i++) {
            const float time = fabsf((float)(c->at[i].index - new->index)) / (float)c->of.n_frames;
            const float d = looks_apart(c->at[i].rgb, new->rgb) + TIME_WEIGHT * time;
            apart[i] = fminf(apart[i], d);
            if (apart[i] > most && (plain_too || !c->at[i].plain)) {
                most = apart[i];
                next = i;
            }
        }
    }
    return n;
}

static rs_status fetch(rs_arena *names, const char *input, const rs_source_options *options,
                       const struct clip *c, const int *chosen, int n, rs_frame *out, int *n_out, rs_err *err)
{
    rs_source *source = NULL;
    rs_frame frame = { 0 };
    bool end = false;
    RS_TRY(rs_source_open_with(input, options, &source, err));
    rs_status s = RS_OK;
    while (s == RS_OK && *n_out < n && (s = rs_source_next(source, &frame, &end, err)) == RS_OK && !end) {
        rs_frame *to = &out[*n_out];
        if (frame.index != c->at[chosen[*n_out]].index)
            continue;
        *to = frame;
        to->name = to->png_name = to->file_name = to->text = NULL;
        frame.image = (rs_image){ 0 };
        ++*n_out;
        if (frame.name && !(to->name = rs_arena_strdup(names, frame.name)))
            s = RS_FAIL(err, RS_E_NOMEM, "no memory for the names of frames");
    }
    rs_frame_release(&frame);
    rs_source_close(&source);
    return s;
}

rs_status rs_pick_frames(rs_arena *arena, const char *input, const rs_source_options *options, int want,
                         rs_frame *out, int *n, rs_source_info *clip, rs_err *err)
{
    rs_arena *own = rs_arena_open(1 << 20);
    struct clip c = { .stride = 1 };
    c.at = own ? RS_NEW_N(own, miniature, RS_PICK_LOOK_AT) : NULL;
    int *chosen = own ? RS_NEW_N(own, int, (size_t)want) : NULL;
    float *apart = own ? RS_NEW_N(own, float, RS_PICK_LOOK_AT) : NULL;
    *n = 0;
    rs_status s = c.at && chosen && apart ? look(input, options, &c, err)
                                          : RS_FAIL(err, RS_E_NOMEM, "no memory to look at '%s'", input);
    if (s == RS_OK && c.n == 0)
        s = RS_FAIL(err, RS_E_FORMAT, "'%s' has no frames", input);
    if (s == RS_OK) {
        *clip = c.of;
        s = fetch(arena, input, options, &c, chosen, choose(&c, want, chosen, apart), out, n, err);
    }
    rs_arena_close(&own);
    return s;
}

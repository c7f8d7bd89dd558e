/* A frame is held back where its duration, or how often it is repeated, depends on the
 * next one: `every` adds the time of those left out to the one kept, and `fps` asks how
 * many of the new frames fall to it.
 *
 * The rule of `fps` is that of FFmpeg's filter of that name: every time is rounded to the
 * nearest new frame, halves up; of frames that meet there the last is shown, and where there
 * is none, the one before again. The last frame ends at its rounded end. */
#include "media/reel.h"

#include <inttypes.h>
#include <string.h>

#include <libavutil/mathematics.h>

#include "base/mem.h"
#include "media/alpha.h"
#include "media/frame_chain.h"

struct rs_reel {
    rs_timeline t;
    rs_reel_feed feed;
    rs_source_info info;
    rs_frame_chain *chain; /* NULL: none */
    rs_frame plain;        /* in front of it */
    AVRational from, to;   /* time bases: of the feed, and of what comes out */
    int64_t n_seen;        /* in the range */
    int64_t n_plain, n_out; /* before and after the chain */
    int64_t origin;        /* subtracted from times; in `from` */
    int64_t tick;          /* with `fps`: the time of the next frame */
    int64_t kept_end;
    int64_t last_end;      /* in `from`: of the range's last frame, where that is told by number */
    rs_frame fresh;        /* as the feed gave it */
    rs_frame first;        /* read by open */
    rs_frame kept;         /* with `every`: waits for its end */
    rs_frame shown, ahead; /* with `fps`: is repeated up to the time of the one ahead */
    bool have_first, have_kept, have_shown, have_ahead;
    bool range_ended, timed_ended, plain_ended;
};

static const AVRational microseconds = { 1, 1000000 };

static void swap(rs_frame *a, rs_frame *b)
{
    const rs_frame t = *a;
    *a = *b;
    *b = t;
}

/* Whether the frame comes before the moment, which is given. */
static bool is_before(const rs_reel *r, const rs_frame *f, rs_moment m)
{
    return m.kind == RS_MOMENT_FRAME ? f->index < m.value
                                     : av_compare_ts(f->pts, r->from, m.value, microseconds) < 0;
}

static bool is_in_range(const rs_reel *r, const rs_frame *f)
{
    return r->t.range.end.kind == RS_MOMENT_NONE || is_before(r, f, r->t.range.end);
}

/* The next frame of the range, into fresh. */
static rs_status next_in_range(rs_reel *r, bool *end, rs_err *err)
{
    const rs_moment start = r->t.range.start;
    bool none = r->range_ended;
    do {
        if (!none)
            RS_TRY(r->feed.next(r->feed.cookie, &r->fresh, &none, err));
    } while (!none && start.kind != RS_MOMENT_NONE && is_before(r, &r->fresh, start));
    r->fresh.source_index = r->fresh.index;
    r->range_ended = none || !is_in_range(r, &r->fresh);
    *end = r->range_ended;
    /* containers do not always say how long a frame is until the next */
    if (!*end && r->last_end > r->fresh.pts && r->fresh.index == r->t.range.end.value - 1)
        r->fresh.duration = r->last_end - r->fresh.pts;
    return RS_OK;
}

/* The next frame that `every` keeps. */
static rs_status next_kept(rs_reel *r, rs_frame *out, bool *end, rs_err *err)
{
    const int every = r->t.range.every;
    for (;;) {
        RS_TRY(next_in_range(r, end, err));
        if (*end || r->n_seen++ % every == 0)
            break;
        r->kept_end = r->fresh.pts + r->fresh.duration;
    }
    if (every == 1) {
        if (!*end)
            swap(out, &r->fresh);
        return RS_OK;
    }
    if (!r->have_kept && !*end) { /* the very first: it waits for the second */
        swap(&r->kept, &r->fresh);
        r->have_kept = true;
        r->kept_end = r->kept.pts + r->kept.duration;
        return next_kept(r, out, end, err);
    }
    if (!r->have_kept)
        return RS_OK;
    r->kept.duration = (*end ? r->kept_end : r->fresh.pts) - r->kept.pts;
    swap(out, &r->kept);
    r->have_kept = !*end;
    swap(&r->kept, &r->fresh);
    r->kept_end = r->kept.pts + r->kept.duration;
    *end = false;
    return RS_OK;
}

/* The same, counted from the range's start; the one that open has read comes first. */
static rs_status next_timed(rs_reel *r, rs_frame *out, bool *end, rs_err *err)
{
    if (r->have_first) {
        swap(out, &r->first);
        rs_frame_release(&r->first);
        r->have_first = false;
        *end = false;
    } else {
        RS_TRY(next_kept(r, out, end, err));
    }
    if (!*end)
        out->pts -= r->origin;
    return RS_OK;
}

static bool resamples(const rs_reel *r)
{
    return r->t.fps.num && r->info.kind != RS_SOURCE_FOLDER;
}

static int64_t to_tick(const rs_reel *r, int64_t t)
{
    return av_rescale_q_rnd(t, r->from, r->to, AV_ROUND_NEAR_INF);
}

static rs_status copy_frame(rs_frame *to, const rs_frame *from, rs_err *err)
{
    const rs_image *a = &from->image;
    rs_image b = to->image;
    const size_t n = (size_t)a->width * (size_t)a->height;
    if (!a->rgb) { /* names_only */
        rs_image_release(&b);
        *to = *from;
        return RS_OK;
    }
    if (!b.rgb || b.width != a->width || b.height != a->height) {
        rs_image_release(&b);
        to->image = b;
        RS_TRY(rs_image_alloc(&b, a->width, a->height, err));
    }
    *to = *from;
    to->image = b;
    memcpy(b.rgb, a->rgb, n * 3 * sizeof(float));
    rs_alpha_drop(&to->image);
    if (!a->alpha)
        return RS_OK;
    RS_TRY(rs_alpha_alloc(&to->image, err));
    memcpy(to->image.alpha, a->alpha, n * sizeof(float));
    return RS_OK;
}

/* The tick at which shown is over. */
static int64_t shown_until(const rs_reel *r)
{
    if (r->have_ahead)
        return to_tick(r, r->ahead.pts);
    const int64_t end = to_tick(r, r->shown.pts + r->shown.duration);
    return r->n_plain == 0 && end <= r->tick ? r->tick + 1 : end; /* a film has a frame */
}

static rs_status next_resampled(rs_reel *r, rs_frame *out, bool *end, rs_err *err)
{
    for (;;) {
        if (!r->have_ahead && !r->timed_ended) {
            RS_TRY(next_timed(r, &r->ahead, &r->timed_ended, err));
            r->have_ahead = !r->timed_ended;
        }
        if (r->have_shown && r->tick < shown_until(r)) {
            RS_TRY(copy_frame(out, &r->shown, err));
            out->pts = r->tick++;
            out->duration = 1;
            *end = false;
            return RS_OK;
        }
        *end = !r->have_ahead;
        if (*end)
            return RS_OK;
        swap(&r->shown, &r->ahead);
        r->have_ahead = false;
        r->tick = r->have_shown ? r->tick : to_tick(r, r->shown.pts);
        r->have_shown = true;
    }
}

static rs_status next_plain(rs_reel *r, rs_frame *out, bool *end, rs_err *err)
{
    RS_TRY(resamples(r) ? next_resampled(r, out, end, err) : next_timed(r, out, end, err));
    if (!*end)
        out->index = r->n_plain++;
    return RS_OK;
}

static rs_status next_filtered(rs_reel *r, rs_frame *out, bool *end, rs_err *err)
{
    for (;;) {
        bool got;
        RS_TRY(rs_frame_chain_pull(r->chain, out, &got, err));
        *end = !got && r->plain_ended;
        if (got || *end)
            return RS_OK;
        RS_TRY(next_plain(r, &r->plain, &r->plain_ended, err));
        RS_TRY(rs_frame_chain_push(r->chain, r->plain_ended ? NULL : &r->plain, err));
    }
}

rs_status rs_reel_next(rs_reel *r, rs_frame *frame, bool *end, rs_err *err)
{
    RS_TRY(r->chain ? next_filtered(r, frame, end, err) : next_plain(r, frame, end, err));
    if (*end)
        r->info.truncated = r->feed.info->truncated;
    else
        frame->index = r->n_out++;
    return RS_OK;
}

/* A moment as a number of frames, rounded up: the first frame at or after it. */
static int64_t in_frames(const rs_reel *r, rs_moment m)
{
    const AVRational frame = { r->info.rate.den, r->info.rate.num };
    return m.kind == RS_MOMENT_TIME ? av_rescale_q_rnd(m.value, microseconds, frame, AV_ROUND_UP) : m.value;
}

/* Where the range ends in a film, also for what surrounds its picture. */
static rs_status find_end(rs_reel *r, rs_err *err)
{
    const rs_moment end = r->t.range.end;
    int64_t *us = &r->info.cut.end;
    *us = end.kind == RS_MOMENT_TIME ? end.value : 0;
    if (end.kind != RS_MOMENT_FRAME || r->info.kind != RS_SOURCE_VIDEO)
        return RS_OK;
    RS_TRY(r->feed.time_of(r->feed.cookie, end.value, us, err));
    r->last_end = av_rescale_q(*us, microseconds, r->from);
    return RS_OK;
}

/* The number of frames, as far as it can be told before they are read. */
static void count_frames(rs_reel *r)
{
    const rs_range *range = &r->t.range;
    rs_source_info *i = &r->info;
    int64_t start = 0, end = i->n_frames;
    if (end == 0)
        return;
    if (range->start.kind != RS_MOMENT_NONE)
        start = in_frames(r, range->start);
    if (range->end.kind != RS_MOMENT_NONE && in_frames(r, range->end) < end)
        end = in_frames(r, range->end);
    i->n_frames = start < end ? (end - start + range->every - 1) / range->every : 0;
    if (resamples(r)) {
        const AVRational was = { i->rate.den, i->rate.num }, is = { r->t.fps.den, r->t.fps.num };
        i->n_frames = av_rescale_q(i->n_frames * range->every, was, is);
    }
    i->n_frames_exact = i->n_frames_exact && range->start.kind != RS_MOMENT_TIME &&
                        range->end.kind != RS_MOMENT_TIME && !resamples(r);
}

static void make_info(rs_reel *r)
{
    rs_source_info *i = &r->info;
    const rs_range *range = &r->t.range;
    count_frames(r);
    i->cut.start = av_rescale_q(r->origin, r->from, microseconds);
    i->first = r->first.source_index;
    i->width = i->file_width = r->first.image.width;
    i->height = i->file_height = r->first.image.height;
    i->file_aspect = i->sample_aspect;
    if (resamples(r)) {
        i->rate = r->t.fps;
        i->time_base = (rs_rational){ i->rate.den, i->rate.num };
        r->to = (AVRational){ i->rate.den, i->rate.num };
    } else {
        av_reduce(&i->rate.num, &i->rate.den, i->rate.num, (int64_t)i->rate.den * range->every, INT32_MAX);
    }
}

/* Pictures of a folder are all as long. */
static rs_moment start_of_feed(const rs_reel *r)
{
    const rs_moment start = r->t.range.start;
    return r->info.kind == RS_SOURCE_FOLDER ? (rs_moment){ RS_MOMENT_FRAME, in_frames(r, start) } : start;
}

/* The chain, and what it makes of size and rate. How many frames it gives is a guess. */
static rs_status open_chain(rs_reel *r, const rs_log *log, const rs_stop *stop, rs_err *err)
{
    rs_source_info *i = &r->info;
    const bool alpha = i->alpha || i->kind == RS_SOURCE_FOLDER; /* whose pictures differ */
    rs_stage_format f = { i->width, i->height, i->rate, i->time_base, i->sample_aspect, alpha };
    RS_TRY(rs_frame_chain_open(&r->t, RS_CHAIN_BEFORE, &f, log, stop, &r->chain, err));
    if (!r->chain)
        return RS_OK;
    const AVRational was = { i->rate.den, i->rate.num }, is = { f.rate.den, f.rate.num };
    i->n_frames = av_rescale_q(i->n_frames, was, is);
    i->n_frames_exact = false;
    i->width = f.width;
    i->height = f.height;
    i->rate = f.rate;
    i->time_base = f.time_base;
    i->sample_aspect = f.sample_aspect;
    return RS_OK;
}

static rs_status no_frames(const rs_reel *r, rs_err *err)
{
    const rs_source_info *i = r->feed.info;
    return RS_FAIL(err, RS_E_INVALID, "'%s' has no frames in this range: it has %s%" PRId64
                   " frame%s, %.3f s", i->path, i->n_frames_exact ? "" : "about ", i->n_frames,
                   i->n_frames == 1 ? "" : "s",
                   (double)i->n_frames * r->info.rate.den / r->info.rate.num);
}

static rs_status read_first(rs_reel *r, rs_err *err)
{
    bool end;
    const rs_moment start = r->t.range.start;
    const bool cut = start.kind != RS_MOMENT_NONE && start.value > 0;
    const bool by_number = r->feed.numbered || start.kind == RS_MOMENT_FRAME ||
                           r->t.range.end.kind == RS_MOMENT_FRAME;
    if (cut)
        RS_TRY(r->feed.skip_to(r->feed.cookie, start_of_feed(r), by_number, err));
    RS_TRY(next_kept(r, &r->first, &end, err));
    if (end)
        return no_frames(r, err);
    r->have_first = true;
    /* a film that is only cut at its end keeps its start */
    r->origin = cut ? r->first.pts : 0;
    return RS_OK;
}

rs_status rs_reel_open(const rs_timeline *timeline, rs_reel_feed feed, const rs_log *log,
                       const rs_stop *stop, rs_reel **reel, rs_err *err)
{
    rs_reel *r = rs_calloc(sizeof(*r));
    if (!r)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to open '%s'", feed.info->path);
    r->t = *timeline;
    if (feed.info->kind == RS_SOURCE_STILL)
        r->t = (rs_timeline){ .filters = timeline->filters, .exec = timeline->exec };
    r->t.range.every = r->t.range.every > 1 ? r->t.range.every : 1;
    r->feed = feed;
    r->info = *feed.info;
    if (r->t.fps.num && !resamples(r)) { /* pictures have no times of their own: this is their rate */
        r->info.rate = r->t.fps;
        r->info.time_base = (rs_rational){ r->t.fps.den, r->t.fps.num };
    }
    r->from = (AVRational){ r->info.time_base.num, r->info.time_base.den };
    rs_status s = find_end(r, err);
    if (s == RS_OK)
        s = read_first(r, err);
    if (s == RS_OK) {
        make_info(r);
        s = open_chain(r, log, stop, err);
    }
    if (s == RS_OK)
        *reel = r;
    else
        rs_reel_close(&r);
    return s;
}

void rs_reel_close(rs_reel **reel)
{
    if (!reel || !*reel)
        return;
    rs_reel *r = *reel;
    rs_frame_release(&r->fresh);
    rs_frame_release(&r->first);
    rs_frame_release(&r->kept);
    rs_frame_release(&r->shown);
    rs_frame_release(&r->ahead);
    rs_frame_release(&r->plain);
    rs_frame_chain_close(&r->chain);
    rs_free(r);
    *reel = NULL;
}

const rs_source_info *rs_reel_info(const rs_reel *reel)
{
    return &reel->info;
}

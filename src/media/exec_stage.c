/* Both pipes are served at once, so neither side can wait for the other for ever: whenever there
 * is something to write, what has come is read first and kept. What the program has not answered
 * yet is counted, and waits with its time and name. */
#include "media/exec_stage.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/mem.h"
#include "media/alpha.h"
#include "media/convert.h"
#include "media/frame_label.h"

enum { MAX_WAITING = 1024, HEADER = 128 };

#define END_SECONDS 5.0 /* for a program that has given all its frames */

/* A frame that was sent; pixels: its answer, once that has come. */
struct waiting {
    rs_frame_label *label;
    int64_t pts, duration;
    uint8_t *pixels;
};

struct exec_stage {
    const rs_exec_spec *spec;
    const rs_log *log;
    const rs_stop *stop;
    rs_child child;
    rs_stage_format in, out;
    struct waiting at[MAX_WAITING]; /* a ring */
    size_t first, n_waiting, n_answered;
    int64_t n_sent;
    uint8_t *frame, *spare; /* what is sent; a buffer for an answer */
    size_t frame_bytes, answer_bytes, answer_at;
    char header[HEADER];
    size_t header_at;
    bool have_header, ended;
    rs_frame_label *given;
};

static size_t n_values(const rs_stage_format *f)
{
    return (size_t)f->width * (size_t)f->height * 3;
}

static void stage_close(void *self)
{
    struct exec_stage *s = self;
    int code;
    rs_child_end(&s->child, 0, NULL, &code);
    for (size_t i = 0; i < s->n_waiting; i++) {
        struct waiting *w = &s->at[(s->first + i) % MAX_WAITING];
        rs_free(w->label);
        rs_free(w->pixels);
    }
    rs_free(s->given);
    rs_free(s->frame);
    rs_free(s->spare);
    rs_free(s);
}

static rs_status stopped(const struct exec_stage *s, rs_err *err)
{
    return RS_FAIL(err, RS_E_CANCELLED, "exec: stopped while '%s' was waited for", s->spec->command);
}

/* What became of the program, which has closed a pipe too early. */
static rs_status fail_ended(struct exec_stage *s, rs_err *err)
{
    int code;
    const int64_t n = s->n_sent - (int64_t)(s->n_waiting - s->n_answered);
    const bool by_itself = rs_child_end(&s->child, END_SECONDS, s->stop, &code);
    if (rs_stop_asked(s->stop))
        return stopped(s, err);
    if (!by_itself)
        return RS_FAIL(err, RS_E_IO, "exec: '%s' closed its output after %" PRId64 " of %" PRId64 " frames",
                       s->spec->command, n, s->n_sent);
    return RS_FAIL(err, RS_E_IO, "exec: '%s' ended after %" PRId64 " of %" PRId64 " frames, with %s %d",
                   s->spec->command, n, s->n_sent, code < 0 ? "signal" : "exit code",
                   code < 0 ? -code : code);
}

static const char *format_name(const struct exec_stage *s)
{
    return s->spec->bits == 16 ? "rgb48le" : "rgb24";
}

static rs_status check_header(struct exec_stage *s, rs_err *err)
{
    char want[HEADER], format[16] = "";
    int w = 0, h = 0;
    snprintf(want, sizeof(want), "RESTYLE1 %d %d %s", s->out.width, s->out.height, format_name(s));
    const bool read = sscanf(s->header, "RESTYLE1 %d %d %15s", &w, &h, format) == 3;
    s->have_header = read && w == s->out.width && h == s->out.height && strcmp(format, format_name(s)) == 0;
    for (char *p = s->header; *p; p++)
        *p = *p >= ' ' && *p < 0x7f ? *p : '?';
    return s->have_header ? RS_OK
                          : RS_FAIL(err, RS_E_FORMAT, "exec: '%s' answers with '%.60s', expected '%s' (set "
                                    "exec.size if it changes the size)", s->spec->command, s->header, want);
}

/* Up to and with the header's end. */
static rs_status take_header(struct exec_stage *s, const uint8_t **data, size_t *n, rs_err *err)
{
    while (*n > 0 && !s->have_header) {
        const char c = (char)**data;
        ++*data;
        --*n;
        if (c == '\n' || s->header_at == HEADER - 1)
            RS_TRY(check_header(s, err));
        else
            s->header[s->header_at++] = c;
    }
    return RS_OK;
}

static rs_status take(struct exec_stage *s, const uint8_t *data, size_t n, rs_err *err)
{
    RS_TRY(take_header(s, &data, &n, err));
    while (n > 0) {
        if (s->n_answered == s->n_waiting)
            return RS_FAIL(err, RS_E_FORMAT, "exec: '%s' gives more than one frame for each that it gets",
                           s->spec->command);
        if (!s->spare && !(s->spare = rs_alloc(s->answer_bytes)))
            return RS_FAIL(err, RS_E_NOMEM, "no memory for a frame");
        const size_t part = rs_least(n, s->answer_bytes - s->answer_at);
        memcpy(s->spare + s->answer_at, data, part);
        s->answer_at += part;
        data += part;
        n -= part;
        if (s->answer_at < s->answer_bytes)
            continue;
        s->at[(s->first + s->n_answered++) % MAX_WAITING].pixels = s->spare;
        s->spare = NULL;
        s->answer_at = 0;
    }
    return RS_OK;
}

/* What has come. *end: nothing more will. */
static rs_status read_some(struct exec_stage *s, bool *end, rs_err *err)
{
    uint8_t buf[65536];
    const ssize_t n = read(s->child.from, buf, sizeof(buf));
    *end = n == 0;
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        return rs_err_sys(err, errno, "exec: cannot read from '%s'", s->spec->command);
    return n > 0 ? take(s, buf, (size_t)n, err) : RS_OK;
}

/* Up to so many seconds for one of the pipes, as poll() says; *n: how many are ready. */
static rs_status wait_for(const struct exec_stage *s, struct pollfd fds[2], double seconds, int *n,
                          rs_err *err)
{
    const double until = rs_clock_now() + seconds;
    do {
        if (rs_stop_asked(s->stop))
            return stopped(s, err);
        *n = poll(fds, 2, RS_STOP_ASK_MS);
        if (*n < 0 && errno != EINTR)
            return rs_err_sys(err, errno, "exec: cannot wait for '%s'", s->spec->command);
    } while (*n <= 0 && rs_clock_now() <= until);
    return RS_OK;
}

/* Waits until a pipe is ready. */
static rs_status wait_ready(const struct exec_stage *s, bool to_write, bool *writable, bool *readable,
                            rs_err *err)
{
    struct pollfd fds[] = { { .fd = s->child.from, .events = POLLIN },
                            { .fd = to_write ? s->child.to : -1, .events = POLLOUT } };
    int n;
    RS_TRY(wait_for(s, fds, s->spec->timeout, &n, err));
    if (n <= 0)
        return RS_FAIL(err, RS_E_IO, "exec: '%s' neither takes nor gives anything for %d s "
                       "(exec.timeout)", s->spec->command, s->spec->timeout);
    *readable = fds[0].revents != 0;
    *writable = fds[1].revents != 0;
    return RS_OK;
}

static rs_status send_bytes(struct exec_stage *s, const uint8_t *data, size_t n, rs_err *err)
{
    while (n > 0) {
        bool writable, readable, end = false;
        RS_TRY(wait_ready(s, true, &writable, &readable, err));
        if (readable)
            RS_TRY(read_some(s, &end, err));
        if (end)
            return fail_ended(s, err);
        if (!writable)
            continue;
        const ssize_t part = rs_child_write(&s->child, data, n);
        if (part < 0 && errno == EPIPE)
            return fail_ended(s, err);
        if (part < 0 && errno != EAGAIN && errno != EINTR)
            return rs_err_sys(err, errno, "exec: cannot write to '%s'", s->spec->command);
        data += part > 0 ? part : 0;
        n -= part > 0 ? (size_t)part : 0;
    }
    return RS_OK;
}

static rs_status send_header(struct exec_stage *s, rs_err *err)
{
    char line[HEADER];
    const int n = snprintf(line, sizeof(line), "RESTYLE1 %d %d %s %d/%d\n", s->in.width, s->in.height,
                           format_name(s), s->in.rate.num, s->in.rate.den);
    return send_bytes(s, (const uint8_t *)line, (size_t)n, err);
}

static rs_status stage_push(void *self, const rs_frame *frame, rs_err *err)
{
    struct exec_stage *s = self;
    if (!frame) {
        rs_child_close_input(&s->child);
        return RS_OK;
    }
    const rs_image *image = &frame->image;
    if (image->width != s->in.width || image->height != s->in.height)
        return RS_FAIL(err, RS_E_INVALID, "exec takes frames of one size: %s is %dx%d, those before it %dx%d",
                       frame->name ? frame->name : "the next one", image->width, image->height, s->in.width,
                       s->in.height);
    if (s->n_waiting == MAX_WAITING)
        return RS_FAIL(err, RS_E_INVALID, "exec: '%s' keeps %d frames without an answer", s->spec->command,
                       (int)MAX_WAITING);
    rs_frame_label *label = rs_frame_label_of(frame);
    if (!label)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for a frame");
    s->at[(s->first + s->n_waiting++) % MAX_WAITING] = (struct waiting){ label, frame->pts, frame->duration,
                                                                         NULL };
    if (s->spec->bits == 16)
        rs_floats_to_u16((uint16_t *)(void *)s->frame, image->rgb, n_values(&s->in));
    else
        rs_floats_to_u8(s->frame, image->rgb, n_values(&s->in));
    if (s->n_sent++ == 0)
        RS_TRY(send_header(s, err));
    return send_bytes(s, s->frame, s->frame_bytes, err);
}

static rs_status give(struct exec_stage *s, rs_frame *out, rs_err *err)
{
    struct waiting *w = &s->at[s->first];
    const size_t n = n_values(&s->out);
    if (!out->image.rgb || out->image.width != s->out.width || out->image.height != s->out.height) {
        rs_image_release(&out->image);
        RS_TRY(rs_image_alloc(&out->image, s->out.width, s->out.height, err));
    }
    rs_alpha_drop(&out->image);
    for (size_t i = 0; i < n; i += 3)
        rs_samples_over_rgb(out->image.rgb + i, w->pixels + i * (size_t)(s->spec->bits / 8), 3,
                            s->spec->bits / 8);
    out->pts = w->pts;
    out->duration = w->duration;
    rs_frame_label_put(w->label, out);
    rs_free(s->given);
    s->given = w->label;
    if (s->spare)
        rs_free(w->pixels);
    else
        s->spare = w->pixels;
    *w = (struct waiting){ 0 };
    s->first = (s->first + 1) % MAX_WAITING;
    s->n_waiting--;
    s->n_answered--;
    return RS_OK;
}

/* All frames are here; the program still has to end well, and to say nothing more. */
static rs_status finish(struct exec_stage *s, rs_err *err)
{
    struct pollfd fds[] = { { .fd = s->child.from, .events = POLLIN }, { .fd = -1 } };
    bool end = false;
    int code, n = 1;
    while (!end && n > 0) {
        RS_TRY(wait_for(s, fds, END_SECONDS, &n, err));
        if (n > 0)
            RS_TRY(read_some(s, &end, err));
    }
    s->ended = true;
    const bool by_itself = rs_child_end(&s->child, END_SECONDS, s->stop, &code);
    if (rs_stop_asked(s->stop))
        return stopped(s, err);
    if (!by_itself) {
        RS_WARN(s->log, "exec: '%s' has given all frames, but does not end: it is stopped", s->spec->command);
        return RS_OK;
    }
    return code ? RS_FAIL(err, RS_E_IO, "exec: '%s' ended with %s %d", s->spec->command,
                          code < 0 ? "signal" : "exit code", code < 0 ? -code : code)
                : RS_OK;
}

/* Behind the last frame: up to an answer, or the end. */
static rs_status read_rest(struct exec_stage *s, rs_err *err)
{
    while (s->n_answered == 0 && !s->ended) {
        bool writable, readable, end;
        if (s->n_waiting == 0)
            return finish(s, err);
        RS_TRY(wait_ready(s, false, &writable, &readable, err));
        RS_TRY(read_some(s, &end, err));
        if (end)
            return fail_ended(s, err);
    }
    return RS_OK;
}

static rs_status stage_pull(void *self, rs_frame *out, bool *got, rs_err *err)
{
    struct exec_stage *s = self;
    bool end;
    *got = false;
    if (s->ended)
        return RS_OK;
    if (s->child.to < 0)
        RS_TRY(read_rest(s, err));
    else if (s->n_answered == 0)
        RS_TRY(read_some(s, &end, err)); /* an early end is told when the next frame is sent */
    *got = s->n_answered > 0;
    return *got ? give(s, out, err) : RS_OK;
}

static rs_status open_all(struct exec_stage *s, rs_stage_format *format, rs_err *err)
{
    const size_t bytes = (size_t)s->spec->bits / 8;
    s->in = s->out = *format;
    if (s->spec->size.width > 0) {
        s->out.width = s->spec->size.width;
        s->out.height = s->spec->size.height;
    }
    if (!rs_mul_size(n_values(&s->in), bytes, &s->frame_bytes) ||
        !rs_mul_size(n_values(&s->out), bytes, &s->answer_bytes))
        return RS_FAIL(err, RS_E_RANGE, "exec: frames are too large");
    s->frame = rs_alloc(s->frame_bytes);
    if (!s->frame)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for a frame");
    *format = s->out;
    return rs_child_start(&s->child, s->spec->command, err);
}

rs_status rs_exec_stage_open(const rs_exec_spec *spec, rs_stage_format *format, const rs_log *log,
                             const rs_stop *stop, rs_frame_stage *stage, rs_err *err)
{
    struct exec_stage *s = rs_calloc(sizeof(*s));
    if (!s)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for '%s'", spec->command);
    s->spec = spec;
    s->log = log;
    s->stop = stop;
    s->child = (rs_child){ -1, -1, -1 };
    const rs_status status = open_all(s, format, err);
    if (status == RS_OK)
        *stage = (rs_frame_stage){ stage_push, stage_pull, stage_close, s };
    else
        stage_close(s);
    return status;
}

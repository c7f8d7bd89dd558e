#include "job/frame_event.h"

#include <inttypes.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/line_file.h"
#include "base/mem.h"
#include "base/strbuf.h"

enum { MAX_LINE = 1 << 16 };
#define MARK "{\"clip\": "

struct rs_event_log {
    rs_line_file file;
    const rs_source_info *info;
    rs_strbuf line; /* its memory is used again */
};

rs_status rs_event_log_open(const char *path, const rs_source_info *info, const rs_stop *stop,
                            rs_event_log **log, rs_err *err)
{
    rs_event_log *l = rs_calloc(sizeof(*l));
    if (!l)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to write '%s'", path);
    l->info = info;
    const rs_status s = rs_line_file_open(&l->file, path, MARK, stop, err);
    if (s != RS_OK) {
        rs_free(l);
        return s;
    }
    rs_strbuf_init(&l->line, MAX_LINE);
    *log = l;
    return RS_OK;
}

void rs_event_log_close(rs_event_log **log)
{
    if (!log || !*log)
        return;
    rs_line_file_close(&(*log)->file);
    rs_strbuf_release(&(*log)->line);
    rs_free(*log);
    *log = NULL;
}

static void put_drift(rs_strbuf *sb, const char *key, double drift)
{
    if (drift >= 0)
        rs_strbuf_printf(sb, ", \"%s\": %.6f", key, drift);
}

static void put_line(rs_strbuf *sb, const rs_source_info *info, const rs_frame *f, const rs_frame_event *e,
                     double write)
{
    const rs_rational tb = info->time_base;
    rs_strbuf_puts(sb, MARK);
    rs_strbuf_json(sb, rs_path_name(info->path));
    rs_strbuf_printf(sb, ", \"frame\": %" PRId64 ", \"time\": %.6f", f->index + 1,
                     (double)f->pts * tb.num / tb.den);
    if (f->name) {
        rs_strbuf_puts(sb, ", \"name\": ");
        rs_strbuf_json(sb, f->name);
    }
    rs_strbuf_printf(sb, ", \"size\": [%d, %d], \"seed\": %" PRIu64 ", \"held\": %s, \"retried\": %s",
                     f->image.width, f->image.height, e->seed, f->held ? "true" : "false",
                     e->retried ? "true" : "false");
    if (e->stands_in)
        rs_strbuf_printf(sb, ", \"stands_in\": \"%s\"", e->stands_in);
    if (e->scene_score >= 0)
        rs_strbuf_printf(sb, ", \"scene\": %" PRId64 ", \"scene_score\": %.4f", f->scene + 1,
                         e->scene_score);
    put_drift(sb, "drift_source", e->drift_source);
    put_drift(sb, "drift_previous", e->drift_previous);
    rs_strbuf_printf(sb, ", \"seconds\": {\"decode\": %.6f, \"scale\": %.6f, \"prompts\": %.6f, "
                     "\"vae_encode\": %.6f, \"steps\": %.6f, \"vae_decode\": %.6f, \"make\": %.6f, "
                     "\"write\": %.6f}}\n", e->decode, e->scale, e->parts.prompts, e->parts.encode,
                     e->parts.steps, e->parts.decode, e->make, write);
}

rs_status rs_event_log_write(rs_event_log *log, const rs_frame *frame, const rs_frame_event *event,
                             double write, rs_err *err)
{
    rs_strbuf_clear(&log->line);
    put_line(&log->line, log->info, frame, event, write);
    if (log->line.failed)
        return RS_FAIL(err, RS_E_NOMEM, "no memory to write '%s'", log->file.path);
    return rs_line_file_add(&log->file, log->line.data, log->line.len, err);
}

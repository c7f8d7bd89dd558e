/* Any bytes as a job's journal: records that are written as they were read, an identity that
 * fits or does not, and a list of frames in order. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "job/done_frames.h"
#include "job/identity.h"
#include "job/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void comes_back(const rs_record *r)
{
    rs_strbuf sb;
    rs_record again;
    size_t pos = 0;
    rs_strbuf_init(&sb, 1 << 20);
    rs_record_put(&sb, r);
    if (!sb.failed && (!rs_record_next((const uint8_t *)sb.data, sb.len, &pos, &again) || pos != sb.len ||
                       again.kind != r->kind || again.index != r->index || again.len != r->len))
        abort();
    rs_strbuf_release(&sb);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rs_err err = { 0 };
    rs_strbuf mine;
    rs_record r;
    rs_done_frames d = { 0 };
    for (size_t pos = 0; rs_record_next(data, size, &pos, &r);)
        comes_back(&r);
    rs_strbuf_init(&mine, 1 << 10);
    const rs_record key = { .kind = RS_RECORD_KEY, .text = "img2img.seed: 7", .len = 15 };
    rs_record_put(&mine, &key);
    if (rs_identity_check("x.job", data, size, &mine, &err) != RS_OK && !err.msg[0])
        abort();
    rs_strbuf_release(&mine);
    if (rs_done_frames_add(&d, data, size, "chain", &err) == RS_OK) {
        rs_done_frames_sort(&d);
        for (size_t i = 1; i < d.n; i++)
            if (d.at[i - 1].index >= d.at[i].index)
                abort();
    }
    rs_done_frames_release(&d);
    return 0;
}

#include "tests/lib/fuzz.h"

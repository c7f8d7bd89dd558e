#include "job/journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/crc32.h"

enum { CRC_DIGITS = 8, LINE_MAX_BYTES = 4 << 20 };

static const char *const kinds[] = {
    [RS_RECORD_JOB] = "job",     [RS_RECORD_KEY] = "key",     [RS_RECORD_BEGIN] = "begin",
    [RS_RECORD_FRAME] = "frame", [RS_RECORD_ERROR] = "error", [RS_RECORD_DONE] = "done",
};

/* Words of a line, separated by one blank each. */
struct scan {
    const char *p, *end;
    bool ok;
};

static const char *word(struct scan *s, size_t *n)
{
    const char *at = s->p;
    while (s->p < s->end && *s->p != ' ')
        s->p++;
    *n = (size_t)(s->p - at);
    s->ok = s->ok && *n > 0;
    if (s->p < s->end)
        s->p++;
    return at;
}

static uint64_t number(struct scan *s, uint64_t max)
{
    size_t n;
    uint64_t v = 0;
    const char *at = word(s, &n);
    for (size_t i = 0; i < n && s->ok; i++) {
        const uint64_t digit = (uint64_t)(at[i] - '0');
        s->ok = at[i] >= '0' && at[i] <= '9' && v <= (max - digit) / 10;
        v = v * 10 + digit;
    }
    return s->ok ? v : 0;
}

static int64_t positive(struct scan *s)
{
    return (int64_t)number(s, INT64_MAX);
}

static uint32_t hex(struct scan *s)
{
    size_t n;
    uint32_t v = 0;
    const char *at = word(s, &n);
    s->ok = s->ok && n == CRC_DIGITS;
    for (size_t i = 0; i < n && s->ok; i++) {
        const char *digits = "0123456789abcdef", *d = at[i] ? strchr(digits, at[i]) : NULL;
        s->ok = d != NULL;
        v = s->ok ? v << 4 | (uint32_t)(d - digits) : 0;
    }
    return v;
}

static bool chain(struct scan *s, rs_record *r)
{
    if (s->end - s->p < 2 || *s->p != '-') {
        r->chain_crc = hex(s);
        return true;
    }
    s->p += 2;
    return false;
}

static bool last(struct scan *s)
{
    size_t n;
    const char *at = word(s, &n);
    s->ok = s->ok && n == 1 && (*at == '+' || *at == '.');
    return s->ok && *at == '.';
}

static void scan_frame(struct scan *s, rs_record *r)
{
    r->index = positive(s);
    r->seed = number(s, UINT64_MAX);
    r->width = (int64_t)number(s, INT32_MAX);
    r->height = (int64_t)number(s, INT32_MAX);
    r->size = positive(s);
    r->crc = hex(s);
    r->has_chain = chain(s, r);
    r->scene = positive(s);
    r->scene_last = last(s);
    r->milliseconds = positive(s);
    r->when = positive(s);
}

static bool scan_record(const char *line, size_t len, rs_record *r)
{
    struct scan s = { line, line + len, true };
    size_t n, kind = 0;
    const char *name = word(&s, &n);
    const size_t n_kinds = sizeof(kinds) / sizeof(kinds[0]);
    while (kind < n_kinds && (strlen(kinds[kind]) != n || memcmp(kinds[kind], name, n) != 0))
        kind++;
    *r = (rs_record){ .kind = (rs_record_kind)kind };
    if (kind == n_kinds)
        return false;
    switch (r->kind) {
    case RS_RECORD_JOB: r->format = positive(&s); break;
    case RS_RECORD_KEY: break;
    case RS_RECORD_BEGIN:
        r->when = positive(&s);
        r->n_frames = positive(&s);
        r->pid = positive(&s);
        break;
    case RS_RECORD_FRAME: scan_frame(&s, r); break;
    case RS_RECORD_ERROR: r->when = positive(&s); break;
    case RS_RECORD_DONE:
        r->when = positive(&s);
        r->size = positive(&s);
        r->crc = hex(&s);
        break;
    }
    r->text = s.p;
    r->len = (size_t)(s.end - s.p);
    const bool has_text = r->kind != RS_RECORD_JOB && r->kind != RS_RECORD_DONE;
    return s.ok && (has_text || r->len == 0);
}

bool rs_record_next(const uint8_t *data, size_t size, size_t *pos, rs_record *record)
{
    while (*pos < size) {
        const char *line = (const char *)data + *pos;
        const char *end = memchr(line, '\n', size - *pos);
        if (!end)
            return false; /* torn */
        const size_t len = (size_t)(end - line);
        *pos += len + 1;
        struct scan s = { line, end, true };
        const uint32_t crc = hex(&s);
        if (s.ok && rs_crc32(0, s.p, (size_t)(end - s.p)) == crc &&
            scan_record(s.p, (size_t)(end - s.p), record))
            return true;
    }
    return false;
}

static void put_text(rs_strbuf *sb, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        rs_strbuf_add(sb, (unsigned char)text[i] < ' ' ? " " : text + i, 1);
}

static void put_words(rs_strbuf *sb, const rs_record *r)
{
    char chained[16] = "-";
    rs_strbuf_printf(sb, "%s ", kinds[r->kind]);
    switch (r->kind) {
    case RS_RECORD_JOB: rs_strbuf_printf(sb, "%" PRId64, r->format); break;
    case RS_RECORD_KEY: break;
    case RS_RECORD_BEGIN:
        rs_strbuf_printf(sb, "%" PRId64 " %" PRId64 " %" PRId64 " ", r->when, r->n_frames, r->pid);
        break;
    case RS_RECORD_FRAME:
        if (r->has_chain)
            snprintf(chained, sizeof(chained), "%08" PRIx32, r->chain_crc);
        rs_strbuf_printf(sb, "%" PRId64 " %" PRIu64 " %" PRId64 " %" PRId64 " %" PRId64, r->index, r->seed,
                         r->width, r->height, r->size);
        rs_strbuf_printf(sb, " %08" PRIx32 " %s %" PRId64 " %s %" PRId64 " %" PRId64 " ", r->crc, chained,
                         r->scene, r->scene_last ? "." : "+", r->milliseconds, r->when);
        break;
    case RS_RECORD_ERROR: rs_strbuf_printf(sb, "%" PRId64 " ", r->when); break;
    case RS_RECORD_DONE:
        rs_strbuf_printf(sb, "%" PRId64 " %" PRId64 " %08" PRIx32, r->when, r->size, r->crc);
        break;
    }
    put_text(sb, r->text, r->len);
}

void rs_record_put(rs_strbuf *sb, const rs_record *record)
{
    const size_t at = sb->len;
    rs_strbuf_puts(sb, "00000000 ");
    put_words(sb, record);
    if (sb->failed)
        return;
    char crc[CRC_DIGITS + 1];
    const size_t body = at + CRC_DIGITS + 1;
    snprintf(crc, sizeof(crc), "%08" PRIx32, rs_crc32(0, sb->data + body, sb->len - body));
    memcpy(sb->data + at, crc, CRC_DIGITS);
    rs_strbuf_puts(sb, "\n");
}

rs_status rs_journal_open(rs_journal *journal, const char *path, rs_err *err)
{
    return rs_line_file_open(journal, path, "", NULL, err);
}

rs_status rs_journal_add(rs_journal *journal, const rs_record *record, rs_err *err)
{
    rs_strbuf sb;
    rs_strbuf_init(&sb, LINE_MAX_BYTES);
    rs_record_put(&sb, record);
    const rs_status s = sb.failed ? RS_FAIL(err, RS_E_NOMEM, "no memory to write '%s'", journal->path)
                                  : rs_line_file_add(journal, sb.data, sb.len, err);
    rs_strbuf_release(&sb);
    return s;
}

void rs_journal_close(rs_journal *journal)
{
    rs_line_file_close(journal);
}

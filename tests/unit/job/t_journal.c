/* Journals, locks, and the files of a job's folder. */
#include "job/journal.h"

#include <unistd.h>

#include "base/fs.h"
#include "job/chain.h"
#include "job/identity.h"
#include "job/lock.h"
#include "tests/lib/test.h"
#include "tests/lib/tmpdir.h"

#define tmp tmpdir_at

static const rs_record samples[] = {
    { .kind = RS_RECORD_JOB, .format = RS_JOURNAL_FORMAT },
    { .kind = RS_RECORD_KEY, .text = "img2img.prompt: \"a \\\"cat\\\"\"", .len = 27 },
    { .kind = RS_RECORD_BEGIN, .when = 1795370000, .n_frames = 240, .pid = 1234, .text = "host", .len = 4 },
    { .kind = RS_RECORD_FRAME, .index = 17, .seed = UINT64_MAX, .width = 512, .height = 256,
      .size = INT64_MAX, .crc = 0x89abcdef, .milliseconds = 12345, .when = 1795370012,
      .text = "a b.png", .len = 7 },
    { .kind = RS_RECORD_FRAME, .has_chain = true, .chain_crc = 7, .scene = 3, .scene_last = true,
      .text = "00000000.png", .len = 12 },
    { .kind = RS_RECORD_ERROR, .when = 1, .text = "cannot write 'x'", .len = 16 },
    { .kind = RS_RECORD_ERROR },
    { .kind = RS_RECORD_DONE, .when = 2, .size = 3, .crc = 4 },
};
enum { N_SAMPLES = sizeof(samples) / sizeof(samples[0]) };

static bool equal(const rs_record *a, const rs_record *b)
{
    return a->kind == b->kind && a->format == b->format && a->when == b->when && a->n_frames == b->n_frames &&
           a->pid == b->pid && a->index == b->index && a->seed == b->seed && a->width == b->width &&
           a->height == b->height && a->size == b->size && a->crc == b->crc && a->has_chain == b->has_chain &&
           a->scene == b->scene && a->scene_last == b->scene_last && a->chain_crc == b->chain_crc &&
           a->milliseconds == b->milliseconds && a->len == b->len &&
           (a->len == 0 || memcmp(a->text, b->text, a->len) == 0);
}

static void put_all(rs_strbuf *sb)
{
    rs_strbuf_init(sb, 1 << 20);
    for (int i = 0; i < N_SAMPLES; i++)
        rs_record_put(sb, &samples[i]);
    CHECK(!sb->failed);
}

static void records_come_back(void)
{
    rs_strbuf sb;
    rs_record r;
    size_t pos = 0;
    put_all(&sb);
    for (int i = 0; i < N_SAMPLES; i++) {
        CHECK(rs_record_next((const uint8_t *)sb.data, sb.len, &pos, &r));
        CHECK(equal(&r, &samples[i]));
    }
    CHECK(!rs_record_next((const uint8_t *)sb.data, sb.len, &pos, &r) && pos == sb.len);
    rs_strbuf_release(&sb);
}

/* Any cut loses the lines behind it, any changed byte one line or two, and nothing else
 * changes. */
static void damage(void)
{
    rs_strbuf sb;
    put_all(&sb);
    uint8_t *d = (uint8_t *)sb.data;
    for (size_t at = 0; at < sb.len; at++) {
        rs_record r;
        size_t pos = 0;
        int n = 0, k = 0;
        d[at] ^= 0x15;
        for (; rs_record_next(d, sb.len, &pos, &r); n++, k++) {
            while (k < N_SAMPLES && !equal(&r, &samples[k]))
                k++;
            CHECK(k < N_SAMPLES);
        }
        CHECK(n == N_SAMPLES - 1 || (n == N_SAMPLES - 2 && d[at] == ('\n' ^ 0x15)));
        d[at] ^= 0x15;
        pos = 0;
        for (n = 0; rs_record_next(d, at, &pos, &r); n++)
            CHECK(equal(&r, &samples[n]));
    }
    rs_strbuf_release(&sb);
}

static void text_is_one_line(void)
{
    rs_strbuf sb;
    rs_record r;
    size_t pos = 0;
    const rs_record two = { .kind = RS_RECORD_ERROR, .text = "a\nb\tc", .len = 5 };
    rs_strbuf_init(&sb, 1 << 10);
    rs_record_put(&sb, &two);
    CHECK(rs_record_next((const uint8_t *)sb.data, sb.len, &pos, &r) && r.len == 5);
    CHECK(memcmp(r.text, "a b c", 5) == 0);
    rs_strbuf_release(&sb);
}

static void torn_line_is_cut(void)
{
    rs_err err = { 0 };
    rs_strbuf sb;
    rs_journal j = { 0 };
    rs_map map;
    rs_record r;
    size_t pos = 0;
    int n = 0;
    put_all(&sb);
    tmpdir_write("journal", sb.data, sb.len - 3);
    CHECK_OK(rs_journal_open(&j, tmp("journal"), &err));
    CHECK_OK(rs_journal_add(&j, &samples[N_SAMPLES - 1], &err));
    rs_journal_close(&j);
    CHECK_OK(rs_map_open(tmp("journal"), &map, &err));
    CHECK(map.size == sb.len && memcmp(map.data, sb.data, sb.len) == 0);
    while (rs_record_next(map.data, map.size, &pos, &r))
        n++;
    CHECK_INT(n, N_SAMPLES);
    rs_map_close(&map);
    rs_strbuf_release(&sb);
}

static void identities(void)
{
    static const struct { const char *theirs, *says; } cases[] = {
        { "a: 1", NULL },
        { "a: 2", "begun with a: 2, not 1" },
        { "b: 1", "begun without 'a'" },
    };
    rs_err err = { 0 };
    rs_strbuf mine, theirs;
    const rs_record head = { .kind = RS_RECORD_JOB, .format = RS_JOURNAL_FORMAT };
    const rs_record a = { .kind = RS_RECORD_KEY, .text = "a: 1", .len = 4 };
    rs_strbuf_init(&mine, 1 << 10);
    rs_strbuf_init(&theirs, 1 << 10);
    rs_record_put(&mine, &head);
    rs_record_put(&mine, &a);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const rs_record key = { .kind = RS_RECORD_KEY, .text = cases[i].theirs, .len = 4 };
        rs_strbuf_clear(&theirs);
        rs_record_put(&theirs, &head);
        rs_record_put(&theirs, &key);
        const rs_status t = rs_identity_check("x.job", (const uint8_t *)theirs.data, theirs.len, &mine, &err);
        CHECK_INT(t, cases[i].says ? RS_E_INVALID : RS_OK);
        CHECK(!cases[i].says || strstr(err.msg, cases[i].says));
    }
    const rs_record later = { .kind = RS_RECORD_JOB, .format = RS_JOURNAL_FORMAT + 1 };
    rs_strbuf_clear(&theirs);
    rs_record_put(&theirs, &later);
    const rs_status s = rs_identity_check("x.job", (const uint8_t *)theirs.data, theirs.len, &mine, &err);
    CHECK_INT(s, RS_E_INVALID);
    CHECK(strstr(err.msg, "another version"));
    CHECK_INT(rs_identity_check("x.job", NULL, 0, &mine, &err), RS_E_CORRUPT);
    rs_strbuf_release(&mine);
    rs_strbuf_release(&theirs);
}

static void locks(void)
{
    rs_err err = { 0 };
    rs_lock a = { 0 }, b = { 0 };
    bool busy = true;
    char who[128], me[32];
    snprintf(me, sizeof(me), "process %ld on ", (long)getpid());
    CHECK_OK(rs_lock_try(&a, tmp("lock"), RS_LOCK_ALONE, &busy, who, &err));
    CHECK(!busy && a.held);
    CHECK_OK(rs_lock_try(&b, tmp("lock"), RS_LOCK_SHARED, &busy, who, &err));
    CHECK(busy && !b.held && strncmp(who, me, strlen(me)) == 0);
    rs_lock_share(&a);
    CHECK_OK(rs_lock_try(&b, tmp("lock"), RS_LOCK_SHARED, &busy, who, &err));
    CHECK(!busy && b.held);
    rs_lock_release(&b);
    CHECK_OK(rs_lock_try(&b, tmp("lock"), RS_LOCK_ALONE, &busy, who, &err));
    CHECK(busy);
    CHECK_STR(who, ""); /* who shares it is not known */
    rs_lock_release(&a);
    CHECK_OK(rs_lock_try(&b, tmp("lock"), RS_LOCK_ALONE, &busy, who, &err));
    CHECK(!busy);
    rs_lock_release(&b);
    CHECK_INT(rs_lock_try(&b, "/nosuch/folder/lock", RS_LOCK_ALONE, &busy, who, &err), RS_E_NOTFOUND);
}

static void chains(void)
{
    rs_err err = { 0 };
    rs_chain a = { .box = { 1, 2, 3, 4, 5, 6 } }, b = { 0 };
    uint32_t crc = 0;
    CHECK_OK(rs_chain_write(tmp("chain"), &a, 4, &crc, &err)); /* a box alone */
    CHECK_OK(rs_chain_read(tmp("chain"), 4, crc, &b, &err));
    CHECK(!b.previous.rgb && memcmp(&a.box, &b.box, sizeof(a.box)) == 0);
    CHECK_OK(rs_image_alloc(&a.previous, 5, 3, &err));
    for (int i = 0; i < 45; i++)
        a.previous.rgb[i] = (float)i / 7 - 1;
    CHECK_OK(rs_chain_write(tmp("chain"), &a, 5, &crc, &err));
    CHECK_INT(rs_chain_read(tmp("chain"), 3, crc, &b, &err), RS_E_CORRUPT);
    CHECK_INT(rs_chain_read(tmp("chain"), 5, crc + 1, &b, &err), RS_E_CORRUPT);
    CHECK_OK(rs_chain_read(tmp("chain"), 5, crc, &b, &err));
    CHECK(b.previous.width == 5 && b.previous.height == 3);
    CHECK(memcmp(a.previous.rgb, b.previous.rgb, 45 * sizeof(float)) == 0);
    rs_image_release(&a.previous);
    rs_image_release(&b.previous);
}

int main(void)
{
    tmpdir_open();
    TEST_RUN(records_come_back);
    TEST_RUN(damage);
    TEST_RUN(text_is_one_line);
    TEST_RUN(torn_line_is_cut);
    TEST_RUN(identities);
    TEST_RUN(locks);
    TEST_RUN(chains);
    tmpdir_close();
    return 0;
}

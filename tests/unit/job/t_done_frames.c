/* Which frames of earlier runs are taken, and from which loops go on. */
#include "job/done_frames.h"

#include "job/chain.h"
#include "job/frame_store.h"
#include "tests/lib/test.h"
#include "tests/lib/tmpdir.h"

static rs_err err;

/* Of two records of a frame the later one counts, in whatever order frames came. */
static void frames_by_index(void)
{
    static const int order[] = { 5, 1, 3, 1, 0, 5, 9 };
    rs_strbuf sb;
    rs_done_frames d = { 0 };
    rs_strbuf_init(&sb, 1 << 16);
    for (int i = 0; i < 7; i++) {
        const rs_record r = { .kind = RS_RECORD_FRAME, .index = order[i], .size = i, .text = "x", .len = 1 };
        rs_record_put(&sb, &r);
    }
    CHECK_OK(rs_done_frames_add(&d, (const uint8_t *)sb.data, sb.len, "here", &err));
    rs_done_frames_sort(&d);
    CHECK_INT(d.n, 5);
    static const int want[][2] = { { 0, 4 }, { 1, 3 }, { 3, 2 }, { 5, 5 }, { 9, 6 } };
    for (size_t i = 0; i < 5; i++) {
        CHECK_INT(d.at[i].index, want[i][0]);
        CHECK_INT(d.at[i].size, want[i][1]);
        CHECK(!rs_done_frames_find(&d, want[i][0])); /* nobody has looked at its file */
        d.at[i].usable = true;
        CHECK(rs_done_frames_find(&d, want[i][0]) == &d.at[i]);
    }
    CHECK(!rs_done_frames_find(&d, 2) && !rs_done_frames_find(&d, 10));
    CHECK_INT(rs_done_frames_usable(&d), 5);
    CHECK_STR(rs_done_frames_name(&d, &d.at[4]), "x");
    CHECK_STR(rs_done_frames_chain(&d, &d.at[4]), "here");
    rs_strbuf_release(&sb);
    rs_done_frames_release(&d);
}

/* A frame of a chained job: "index scene", and whether its scene ends with it. */
struct made {
    int index, scene;
    bool last;
};

/* The journal of one run, its chains beside it; the file of frame `damaged` is not what it says. */
static void put_run(rs_done_frames *d, const char *chain_name, const struct made *frames, int n, int damaged)
{
    rs_strbuf sb;
    char chain[512];
    rs_arena *a = rs_arena_open(0);
    tmpdir_path(chain, sizeof(chain), chain_name);
    rs_strbuf_init(&sb, 1 << 16);
    for (int i = 0; i < n; i++) {
        char name[16];
        rs_record r = { .kind = RS_RECORD_FRAME, .index = frames[i].index, .scene = frames[i].scene,
                        .scene_last = frames[i].last, .text = name };
        r.len = (size_t)snprintf(name, sizeof(name), "%d", frames[i].index);
        tmpdir_write(name, name, r.len);
        CHECK_OK(rs_frame_store_sum(tmpdir_at(name), &r.size, &r.crc, &err));
        r.crc += r.index == damaged;
        r.has_chain = !r.scene_last;
        const rs_chain handed_on = { .box = { i, 0, 0, 0, 0, 0 } };
        if (r.has_chain)
            CHECK_OK(rs_chain_write(rs_chain_path(a, chain, r.index), &handed_on, r.index, &r.chain_crc,
                                    &err));
        rs_record_put(&sb, &r);
    }
    CHECK_OK(rs_done_frames_add(d, (const uint8_t *)sb.data, sb.len, chain, &err));
    rs_strbuf_release(&sb);
    rs_arena_close(&a);
}

/* want: the frames that are taken, such as "0126". */
static void takes(rs_done_frames *d, bool chained, const char *want)
{
    char have[16] = "";
    int64_t damaged;
    rs_arena *a = rs_arena_open(0);
    const char *dir = tmpdir_at(".");
    rs_done_frames_sort(d);
    CHECK_OK(rs_done_frames_check(d, dir, chained, &damaged, &err));
    for (int i = 0; i < 10; i++)
        if (rs_done_frames_find(d, i))
            snprintf(have + strlen(have), sizeof(have) - strlen(have), "%d", i);
    CHECK_STR(have, want);
    rs_arena_close(&a);
    rs_done_frames_release(d);
}

static const struct made two_scenes[] = {
    { 0, 0, false }, { 1, 0, false }, { 2, 0, true }, { 3, 1, false }, { 4, 1, false }, { 5, 1, false },
};

/* Scenes that are whole need no chain; the one that was being made goes on from its last frame. */
static void whole_scenes(void)
{
    rs_done_frames d = { 0 };
    put_run(&d, "chain", two_scenes, 6, -1);
    CHECK_INT(d.n, 6);
    takes(&d, true, "012345");
}

/* The last chain is torn: the one before it is taken up. */
static void torn_chain(void)
{
    rs_done_frames d = { 0 };
    put_run(&d, "chain", two_scenes, 6, -1);
    tmpdir_write("chain-1", "torn", 4);
    takes(&d, true, "01234");
    put_run(&d, "chain", two_scenes, 6, -1);
    tmpdir_write("chain-1", "torn", 4);
    tmpdir_write("chain-0", "torn", 4);
    takes(&d, true, "012"); /* the second scene from its beginning, not the first one */
    put_run(&d, "chain", two_scenes, 6, -1);
    tmpdir_write("chain-1", "torn", 4);
    takes(&d, false, "012345"); /* nobody asks for it */
}

/* A damaged frame is made of the one before it, in its own scene. */
static void damaged_frame(void)
{
    static const char *const want[] = { "12345", "2345", "345", "01245", "0125", "01234" };
    for (int i = 0; i < 6; i++) {
        rs_done_frames d = { 0 };
        put_run(&d, "chain", two_scenes, 6, i);
        takes(&d, true, want[i]);
    }
}

/* Of shards each has chains of its own; what is missing between theirs is another scene's. */
static void shards(void)
{
    static const struct made first[] = { { 0, 0, false }, { 1, 0, true }, { 4, 2, false }, { 5, 2, false } };
    static const struct made second[] = { { 2, 1, false }, { 6, 3, false }, { 7, 3, true } };
    rs_done_frames d = { 0 };
    put_run(&d, "shard-1-of-2.chain", first, 4, -1);
    takes(&d, true, "0145");
    put_run(&d, "shard-1-of-2.chain", first, 4, -1);
    put_run(&d, "shard-2-of-2.chain", second, 3, -1);
    /* 2's chain went with that of 6 */
    takes(&d, true, "014567");
    put_run(&d, "shard-1-of-2.chain", first, 4, -1);
    put_run(&d, "shard-2-of-2.chain", second, 1, -1);
    rs_done_frames_sort(&d);
    int64_t damaged;
    CHECK_OK(rs_done_frames_check(&d, tmpdir_at("."), true, &damaged, &err));
    CHECK_INT(rs_done_frames_chain_at(&d, tmpdir_at("shard-1-of-2.chain")), 5);
    CHECK_INT(rs_done_frames_chain_at(&d, tmpdir_at("shard-2-of-2.chain")), 2);
    CHECK_INT(rs_done_frames_chain_at(&d, tmpdir_at("chain")), -1);
    rs_done_frames_release(&d);
}

int main(void)
{
    tmpdir_open();
    TEST_RUN(frames_by_index);
    TEST_RUN(whole_scenes);
    TEST_RUN(torn_chain);
    TEST_RUN(damaged_frame);
    TEST_RUN(shards);
    tmpdir_close();
    return 0;
}

/* Hashes of networks: a trainer's own, and what files of a job cost: reading each once. The
 * others are compared with sha256sum in tests/cli/infotext.sh. */
#include "base/mem.h"
#include "job/used_networks.h"
#include "tests/lib/st_writer.h"
#include "tests/lib/test.h"
#include "tests/lib/tmpdir.h"

static rs_err err;

static void add(st_writer *w, const char *hash)
{
    const int64_t shape[] = { 2, 3 };
    if (hash)
        st_metadata(w, "sshs_model_hash", hash);
    st_add_ramp(w, "x", 2, shape);
}

static void stored_and_made(void)
{
    static const char digits[] = "0123456789abcdef0123";
    rs_hash_cache cache = { 0 };
    rs_img2img_params p;
    rs_strbuf sb;
    st_writer *a = st_open(), *b = st_open(), *c = st_open();
    add(a, digits);
    add(b, NULL);
    add(c, NULL);
    st_metadata(c, "ss_output_name", "other"); /* another header, the same tensors */
    st_close(a, tmpdir_at("a: one, two.safetensors"));
    st_close(b, tmpdir_at("b.safetensors"));
    st_close(c, tmpdir_at("c.safetensors"));
    const rs_lora loras[] = { { .path = tmpdir_at("a: one, two.safetensors") },
                              { .path = tmpdir_at("b.safetensors") },
                              { .path = tmpdir_at("c.safetensors") } };
    rs_img2img_defaults(&p);
    p.loras = (rs_list){ 3, loras };
    rs_strbuf_init(&sb, 4096);
    CHECK_OK(rs_lora_hashes(&cache, &p, &sb, &err));
    char want[160];
    CHECK(sb.len > 50);
    const char *made = strstr(rs_strbuf_str(&sb), "b: ") + 3;
    snprintf(want, sizeof want, "a one two: 0123456789ab, b: %.12s, c: %.12s", made, made);
    CHECK_STR(rs_strbuf_str(&sb), want);
    CHECK_INT(remove(loras[0].path), 0); /* is not read again */
    rs_strbuf_clear(&sb);
    CHECK_OK(rs_lora_hashes(&cache, &p, &sb, &err));
    CHECK_STR(rs_strbuf_str(&sb), want);
    rs_strbuf_release(&sb);
    rs_hash_cache_release(&cache);
}

int main(void)
{
    tmpdir_open();
    TEST_RUN(stored_and_made);
    tmpdir_close();
    return 0;
}

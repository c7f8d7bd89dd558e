/* The text encoder, and the tokenizer in front of it, against transformers. */
#include "model/clip_text.h"
#include "model/tokenizer_clip.h"
#include "tests/lib/golden_model.h"

static rs_err err;

/* The prompt as ids: start, tokens, padded with the end token to the window. */
static void prompt_ids(struct golden_model *m, const char *prompt, int *ids, size_t window)
{
    rs_tokenizer *t;
    size_t n = 0;
    CHECK_OK(rs_tokenizer_open(m->arena, rs_bundle_vocab(m->bundle), rs_bundle_merges(m->bundle), &t, &err));
    for (size_t i = 0; i < window; i++)
        ids[i] = rs_tokenizer_eos(t);
    ids[0] = rs_tokenizer_bos(t);
    CHECK_OK(rs_tokenizer_encode(t, m->arena, prompt, ids + 1, window - 2, &n, &err));
}

static void one_prompt(struct golden_model *m, const rs_clip_text *text, int i)
{
    char name[64];
    int ids[128];
    size_t count;
    const rs_text_config *cfg = rs_bundle_text(m->bundle);
    snprintf(name, sizeof name, "%s/%d", m->name, i);
    const char *prompt = rs_weights_metadata(m->file.file, name);
    CHECK(prompt && cfg->max_tokens <= 128);
    prompt_ids(m, prompt, ids, (size_t)cfg->max_tokens);
    snprintf(name, sizeof name, "%s/%d/ids", m->name, i);
    const int64_t *want = golden_i64(&m->file, name, &count);
    CHECK_INT(count, cfg->max_tokens);
    for (size_t k = 0; k < count; k++)
        if (ids[k] != want[k])
            TEST_FAIL("%s: token %zu is %d, want %d", name, k, ids[k], (int)want[k]);
    rs_tensor out = golden_model_new(m, 1, 1, cfg->max_tokens, cfg->width);
    CHECK_OK(rs_clip_text_forward(&m->ex, text, ids, &out, &err));
    printf("%s: relative error %.2g\n", name, golden_model_compare(m, &out, WHOLE_TOL, "%d/out", i));
}

/* Prompts side by side in a batch do not touch each other. */
static void batch(struct golden_model *m, const rs_clip_text *text)
{
    const rs_text_config *cfg = rs_bundle_text(m->bundle);
    const size_t window = (size_t)cfg->max_tokens;
    int ids[256];
    char name[64];
    size_t count;
    rs_tensor out = golden_model_new(m, 2, 1, cfg->max_tokens, cfg->width);
    for (int i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "%s/%d/ids", m->name, i);
        const int64_t *from = golden_i64(&m->file, name, &count);
        for (size_t k = 0; k < window; k++)
            ids[(size_t)i * window + k] = (int)from[k];
    }
    CHECK_OK(rs_clip_text_forward(&m->ex, text, ids, &out, &err));
    for (int i = 0; i < 2; i++) {
        const rs_tensor item = rs_tensor_item(&out, i);
        golden_model_compare(m, &item, WHOLE_TOL, "%d/out", i);
    }
}

int main(void)
{
    static const struct {
        const char *name;
        int n_prompts;
    } models[] = { { "tiny", 4 }, { "tiny2", 2 } };
    for (size_t i = 0; i < 2; i++) {
        struct golden_model m;
        rs_clip_text *text;
        golden_model_open(&m, models[i].name, "text.safetensors", 2);
        CHECK_OK(rs_clip_text_load(&m.ex, m.arena, m.bundle, &text, &err));
        for (int k = 0; k < models[i].n_prompts; k++)
            one_prompt(&m, text, k);
        batch(&m, text);
        CHECK_INT(rs_arena_used(m.ex.scratch), 0);
        golden_model_close(&m);
    }
    return 0;
}

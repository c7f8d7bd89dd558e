#include "job/frame_text.h"

#include "base/err.h"
#include "base/fs.h"
#include "infotext/infotext.h"
#include "media/file_hash.h"
#include "pipe/infotext_fields.h"
#include "pipe/infotext_prompts.h"

enum { HASH_DIGITS = 10 /* A1111's short hash */, ARENA_BLOCK = 64 * 1024 };

static rs_status no_memory(rs_err *err)
{
    return RS_FAIL(err, RS_E_NOMEM, "no memory for the parameters of a picture");
}

rs_status rs_frame_texts_init(rs_frame_texts *t, const rs_pipeline_spec *spec, const rs_model *model,
                              rs_err *err)
{
    t->spec = spec;
    t->model = model;
    t->arena = rs_arena_open(ARENA_BLOCK);
    for (int i = 0; i < RS_FRAME_TEXTS; i++)
        rs_strbuf_init(&t->texts[i], RS_INFOTEXT_MAX_BYTES);
    if (!t->arena)
        return no_memory(err);
    if (!spec->infotext.write || !spec->infotext.model_hash || !rs_is_file(spec->model))
        return RS_OK;
    RS_TRY(rs_file_sha256(spec->model, t->hash, err));
    t->hash[HASH_DIGITS] = '\0';
    return RS_OK;
}

void rs_frame_texts_release(rs_frame_texts *t)
{
    for (int i = 0; i < RS_FRAME_TEXTS; i++)
        rs_strbuf_release(&t->texts[i]);
    rs_hash_cache_release(&t->hashes);
    rs_arena_close(&t->arena);
}

/* "" becomes NULL. */
static const char *text_or_null(const rs_strbuf *sb)
{
    return sb->len ? rs_strbuf_str(sb) : NULL;
}

static rs_status make(rs_frame_texts *t, rs_strbuf *sb, const rs_pipeline_spec *used, rs_strbuf *loras,
                      rs_strbuf *embeddings, rs_err *err)
{
    if (t->spec->infotext.network_hashes) {
        RS_TRY(rs_lora_hashes(&t->hashes, &used->img2img, loras, err));
        RS_TRY(rs_embedding_hashes(&t->hashes, t->model, embeddings, err));
    }
    rs_pipeline_spec written = *used;
    RS_TRY(rs_infotext_prompts(t->arena, &used->img2img, &written.img2img.prompt,
                               &written.img2img.negative_prompt, err));
    const rs_infotext_facts facts = { t->hash[0] ? t->hash : NULL, text_or_null(loras),
                                      text_or_null(embeddings), used->batch.size, t->batch_pos };
    rs_strbuf_clear(sb);
    rs_infotext_make(sb, &written, &facts);
    return sb->failed || loras->failed || embeddings->failed ? no_memory(err) : RS_OK;
}

rs_status rs_frame_texts_make(rs_frame_texts *t, int slot, const rs_img2img_params *params,
                              rs_size size, const char **text, rs_err *err)
{
    rs_strbuf loras, embeddings;
    *text = NULL;
    if (!t->spec->infotext.write)
        return RS_OK;
    rs_pipeline_spec used = *t->spec;
    used.img2img = *params;
    used.size = size;
    rs_strbuf_init(&loras, RS_INFOTEXT_MAX_BYTES);
    rs_strbuf_init(&embeddings, RS_INFOTEXT_MAX_BYTES);
    const rs_arena_mark mark = rs_arena_save(t->arena);
    const rs_status s = make(t, &t->texts[slot], &used, &loras, &embeddings, err);
    rs_arena_rewind(t->arena, mark);
    rs_strbuf_release(&loras);
    rs_strbuf_release(&embeddings);
    if (s == RS_OK)
        *text = rs_strbuf_str(&t->texts[slot]);
    return s;
}

#include "job/frame_text.h"

#include "base/err.h"
#include "base/fs.h"
#include "infotext/infotext.h"
#include "media/file_hash.h"
#include "pipe/infotext_fields.h"

enum { HASH_DIGITS = 10 }; /* A1111's short hash */

rs_status rs_frame_texts_init(rs_frame_texts *t, const rs_pipeline_spec *spec, rs_err *err)
{
    t->spec = spec;
    for (int i = 0; i < RS_FRAME_TEXTS; i++)
        rs_strbuf_init(&t->texts[i], RS_INFOTEXT_MAX_BYTES);
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
}

rs_status rs_frame_texts_make(rs_frame_texts *t, int slot, const rs_img2img_params *params,
                              rs_size size, const char **text, rs_err *err)
{
    rs_strbuf *sb = &t->texts[slot];
    *text = NULL;
    if (!t->spec->infotext.write)
        return RS_OK;
    rs_pipeline_spec used = *t->spec;
    used.img2img = *params;
    used.size = size;
    rs_strbuf_clear(sb);
    rs_infotext_make(sb, &used, t->hash[0] ? t->hash : NULL);
    if (sb->failed)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for the parameters of a picture");
    *text = rs_strbuf_str(sb);
    return RS_OK;
}

#include "pipe/video_text_make.h"

#include "base/arena.h"
#include "infotext/infotext.h"
#include "media/video_text.h"
#include "pipe/infotext_fields.h"
#include "pipe/infotext_prompts.h"
#include "pipe/schema.h"
#include "stage/compat.h"

enum { ARENA_BLOCK = 16 * 1024 };

static rs_status put_parameters(rs_arena *arena, rs_strbuf *sb, const rs_pipeline_spec *spec, rs_err *err)
{
    rs_pipeline_spec written = *spec;
    RS_TRY(rs_infotext_prompts(arena, &spec->img2img, &written.img2img.prompt,
                               &written.img2img.negative_prompt, err));
    rs_infotext_make(sb, &written, NULL);
    return RS_OK;
}

static bool put_pipeline(rs_arena *arena, rs_strbuf *sb, const rs_pipeline_spec *spec)
{
    rs_pipeline_spec named = *spec, usual;
    if (!named.inputs.n && named.input) /* a spec that was not read */
        named.inputs = (rs_list){ 1, &spec->input };
    named.output = NULL;
    rs_opt_defaults(&rs_pipeline_group, &usual);
    rs_img2img_compat(&usual.img2img, spec->compat);
    if (!rs_opt_name_paths(arena, &rs_pipeline_group, &named))
        return false;
    rs_opt_dump_changed(sb, &rs_pipeline_group, &named, &usual);
    return true;
}

static rs_status no_memory(rs_err *err)
{
    return RS_FAIL(err, RS_E_NOMEM, "no memory for what an output tells of its pipeline");
}

rs_status rs_pipeline_text_make(rs_strbuf *sb, const rs_pipeline_spec *spec, rs_err *err)
{
    rs_arena *arena = rs_arena_open(ARENA_BLOCK);
    const bool put = arena && put_pipeline(arena, sb, spec) && !sb->failed;
    rs_arena_close(&arena);
    return put ? RS_OK : no_memory(err);
}

rs_status rs_video_text_make(rs_strbuf *sb, const rs_pipeline_spec *spec, rs_err *err)
{
    rs_arena *arena = rs_arena_open(ARENA_BLOCK);
    const rs_status s = arena ? put_parameters(arena, sb, spec, err) : no_memory(err);
    rs_arena_close(&arena);
    RS_TRY(s);
    rs_strbuf_puts(sb, RS_VIDEO_TEXT_MARK);
    return rs_pipeline_text_make(sb, spec, err);
}

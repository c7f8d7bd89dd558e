#include "pipe/batch_names.h"

#include <inttypes.h>

#include "base/fs.h"
#include "base/strbuf.h"
#include "media/media.h"
#include "media/still_encode.h"

enum { PATH_MAX_LEN = 1 << 16 };

void rs_batch_picture(const rs_pipeline_spec *spec, int i, rs_img2img_params *out)
{
    rs_batch_params(&spec->img2img, i * spec->loops.count, out);
}

int rs_batch_files(const rs_batch_spec *batch)
{
    return rs_batch_pictures(batch) + (batch->grid ? 1 : 0);
}

/* file: whose name is used, without its extension. */
static const char *path_of(rs_arena *arena, const rs_pipeline_spec *spec, int i, const char *dir,
                           const char *file, const char *ext)
{
    const char *name = rs_path_name(file);
    rs_img2img_params p;
    rs_strbuf sb;
    rs_strbuf_init(&sb, PATH_MAX_LEN);
    rs_strbuf_add(&sb, name, (size_t)(rs_path_ext(name) - name));
    rs_batch_picture(spec, i, &p);
    if (i == rs_batch_pictures(&spec->batch))
        rs_strbuf_puts(&sb, "-grid");
    else if (p.variation_strength > 0)
        rs_strbuf_printf(&sb, "-%" PRIu64 "-%" PRIu64, p.seed, p.variation_seed);
    else
        rs_strbuf_printf(&sb, "-%" PRIu64, p.seed);
    rs_strbuf_puts(&sb, ext);
    const char *path = sb.failed ? NULL : rs_path_join(arena, dir, rs_strbuf_str(&sb));
    rs_strbuf_release(&sb);
    return path;
}

const char *rs_batch_path(rs_arena *arena, const rs_pipeline_spec *spec, int i)
{
    rs_sink_kind kind;
    if (rs_sink_kind_of(spec->output, true, &kind, NULL) == RS_OK && kind == RS_SINK_FOLDER)
        return path_of(arena, spec, i, spec->output, spec->input,
                       rs_picture_format_ext(spec->encode.picture_format));
    const char *dir = rs_path_dir(arena, spec->output);
    return dir ? path_of(arena, spec, i, dir, spec->output, rs_path_ext(spec->output)) : NULL;
}

rs_status rs_batch_check_files(rs_arena *arena, const rs_pipeline_spec *spec, rs_err *err)
{
    for (int i = 0; !spec->overwrite && i < rs_batch_files(&spec->batch); i++) {
        const char *path = rs_batch_path(arena, spec, i);
        if (!path)
            return RS_FAIL(err, RS_E_NOMEM, "no memory for the names of a batch");
        RS_TRY(rs_sink_check_free(path, err));
    }
    return RS_OK;
}

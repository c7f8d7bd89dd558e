#include "pipe/made_text.h"

#include "base/fs.h"
#include "media/still_text.h"
#include "media/video_text.h"

rs_status rs_made_text_read(rs_arena *arena, const char *path, rs_picture_text *text, rs_err *err)
{
    rs_map map;
    RS_TRY(rs_map_open(path, &map, err));
    rs_status s = rs_still_text(arena, map.data, map.size, path, text, err);
    rs_map_close(&map);
    if (s != RS_E_FORMAT || rs_video_text_read(arena, path, &text->parameters, NULL) != RS_OK)
        return s;
    text->pipeline = text->parameters ? rs_video_text_pipeline(text->parameters) : NULL;
    return RS_OK;
}

bool rs_made_text_there(rs_arena *arena, const char *path)
{
    rs_picture_text text;
    return rs_made_text_read(arena, path, &text, NULL) == RS_OK && text.pipeline;
}

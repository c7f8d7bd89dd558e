#include "pipe/video_pipeline.h"

#include <string.h>

#include "base/fs.h"
#include "pipe/schema.h"

static void name_path(rs_value *v)
{
    if (v->kind == RS_VALUE_SCALAR)
        v->text = rs_path_name(v->text);
}

static void tame_map(const rs_opt_group *group, rs_value *map);

static void tame_value(const rs_opt *row, rs_value *v)
{
    const rs_opt_list_of *of = row->type == &rs_opt_list ? row->priv : NULL;
    if (row->type == &rs_opt_path)
        name_path(v);
    else if (rs_opt_subgroup(row))
        tame_map(rs_opt_subgroup(row), v);
    else if (of && v->kind == RS_VALUE_LIST)
        for (rs_entry *e = v->first; e; e = e->next)
            tame_value(of->item, e->value);
    else if (of)
        tame_value(of->item, v);
}

static void tame_map(const rs_opt_group *group, rs_value *map)
{
    rs_entry **at = &map->first;
    while (map->kind == RS_VALUE_MAP && *at) {
        rs_entry *e = *at;
        const rs_opt *row = strchr(e->key, '.') ? NULL : rs_opt_find(group, e->key);
        const bool gone = row && (!rs_opt_matters(row) || row->flags & RS_OPT_PATH_OUT);
        if (row && !gone)
            tame_value(row, e->value);
        if (gone || strcmp(e->key, "exec") == 0)
            *at = e->next;
        else
            at = &e->next;
    }
}

void rs_video_pipeline_tame(rs_value *root)
{
    tame_map(&rs_pipeline_group, root);
}

/* Cross attention's keys and values: of a text, for every block of the UNet; and what changes
 * them on the way. */
#include <string.h>

#include "base/mem.h"
#include "model/unet_parts.h"

static rs_status level_context(const rs_exec *ex, const rs_unet_level *lev, rs_arena *arena,
                               const rs_tensor *context, rs_kv *kv, rs_err *err)
{
    kv += lev->first_kv;
    for (int i = 0; i < lev->n_attentions; i++, kv += lev->attentions[0].depth)
        RS_TRY(rs_transformer_context(ex, &lev->attentions[i], arena, context, kv, err));
    return RS_OK;
}

rs_status rs_unet_context_make(const rs_exec *ex, const rs_unet *u, rs_arena *arena,
                               const rs_tensor *context, rs_unet_context *out, rs_err *err)
{
    rs_unet_context c = { .n = context->n, .kv = RS_NEW_N(arena, rs_kv, (size_t)u->n_kv) };
    if (!c.kv)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for %d keys and values", u->n_kv);
    for (int i = 0; i < u->cfg.n_levels; i++) {
        RS_TRY(level_context(ex, &u->down[i], arena, context, c.kv, err));
        RS_TRY(level_context(ex, &u->up[i], arena, context, c.kv, err));
    }
    RS_TRY(level_context(ex, &u->mid, arena, context, c.kv, err));
    *out = c;
    return RS_OK;
}

static void level_hypernets(rs_unet_level *lev, const rs_hypernets *nets)
{
    for (int i = 0; i < lev->n_attentions; i++)
        for (int k = 0; k < lev->attentions[i].depth; k++) {
            lev->attentions[i].blocks[k].self.hyper = nets;
            lev->attentions[i].blocks[k].cross.hyper = nets;
        }
}

void rs_unet_use_hypernets(rs_unet *u, const rs_hypernets *nets)
{
    for (int i = 0; i < u->cfg.n_levels; i++) {
        level_hypernets(&u->down[i], nets);
        level_hypernets(&u->up[i], nets);
    }
    level_hypernets(&u->mid, nets);
}

rs_status rs_unet_context_alloc(const rs_unet *u, rs_arena *arena, const rs_unet_context *like, int n,
                                rs_unet_context *out, rs_err *err)
{
    rs_unet_context c = { .n = n, .kv = RS_NEW_N(arena, rs_kv, (size_t)u->n_kv) };
    if (!c.kv)
        return RS_FAIL(err, RS_E_NOMEM, "no memory for %d keys and values", u->n_kv);
    for (int i = 0; i < u->n_kv; i++) {
        const rs_tensor *k = &like->kv[i].k;
        RS_TRY(rs_tensor_alloc(arena, n, k->h, k->w, k->c, &c.kv[i].k, err));
        RS_TRY(rs_tensor_alloc(arena, n, k->h, k->w, k->c, &c.kv[i].v, err));
    }
    *out = c;
    return RS_OK;
}

static void put(const rs_tensor *dst, int i, const rs_tensor *src)
{
    const rs_tensor item = rs_tensor_item(dst, i);
    RS_BUG_IF(src->n != 1 || !rs_tensor_same_shape(&item, src));
    memcpy(item.data, src->data, rs_tensor_count(src) * sizeof(float));
}

void rs_unet_context_put(const rs_unet *u, const rs_unet_context *dst, int i, const rs_unet_context *src)
{
    for (int b = 0; b < u->n_kv; b++) {
        put(&dst->kv[b].k, i, &src->kv[b].k);
        put(&dst->kv[b].v, i, &src->kv[b].v);
    }
}

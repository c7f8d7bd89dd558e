#include "stage/batch.h"

#include "base/err.h"
#include "sample/sampler.h"
#include "stage/script_progress.h"

static const rs_opt_word rows_auto = { "auto", RS_GRID_AUTO, "as many as make it square" };

#define OPT_STRUCT rs_batch_spec
static const rs_opt rows[] = {
    { "count", OPT_INT(count), RANGE(1, 1000), AFFECTS_OUTPUT,
      HELP("batches made of one picture, one after the other; each picture has its own seed: "
           "img2img.seed, that plus 1, and so on") },
    { "size", OPT_INT(size), RANGE(1, RS_BATCH_MAX_SIZE), AFFECTS_OUTPUT,
      HELP("pictures of a batch, which go through the network together: more memory, the same "
           "pictures") },
    { "grid", OPT_BOOL(grid), AFFECTS_OUTPUT, HELP("also write a picture of all of them") },
    { "grid_rows", OPT_INT(grid_rows), RANGE(0, 1000), WORD(&rows_auto),
      FLAGS(RS_OPT_ADVANCED | RS_OPT_AFFECTS_OUTPUT), HELP("rows of the grid; 0 is as many as `size`") },
    { 0 }
};
#undef OPT_STRUCT

const rs_opt_group rs_batch_group = {
    .help = "several pictures of one (A1111's batch count and batch size), named NAME-SEED.png beside "
            "the output's NAME.png, and NAME-grid.png",
    .rows = rows,
    .size = sizeof(rs_batch_spec),
    .defaults = &(const rs_batch_spec){ .count = 1, .size = 1, .grid_rows = RS_GRID_AUTO },
};

int rs_batch_pictures(const rs_batch_spec *batch)
{
    return batch->count > 1 || batch->size > 1 ? batch->count * batch->size : 1;
}

void rs_batch_params(const rs_img2img_params *params, int i, rs_img2img_params *out)
{
    *out = *params;
    out->variation_seed += (uint64_t)i;
    if (!(params->variation_strength > 0))
        out->seed += (uint64_t)i;
}

static rs_status one_by_one(rs_model *model, const rs_img2img_params *each, int n, const rs_image *init,
                            rs_image *outs, const rs_progress *progress, rs_err *err)
{
    const int steps = rs_img2img_steps(each);
    rs_script_progress all = { .progress = progress, .n_steps = n * steps };
    for (int i = 0; i < n; i++) {
        RS_TRY(rs_img2img_together(model, &each[i], 1, init, &outs[i], &(rs_progress){ rs_script_step, &all },
                                   err));
        rs_script_next(&all, steps);
    }
    return RS_OK;
}

rs_status rs_img2img_batch(rs_model *model, const rs_img2img_params *params, int n, const rs_image *init,
                           rs_image *outs, const rs_progress *progress, rs_err *err)
{
    const rs_sampler *sampler;
    rs_img2img_params each[RS_BATCH_MAX_SIZE];
    if (n < 1 || n > RS_BATCH_MAX_SIZE)
        return RS_FAIL(err, RS_E_RANGE, "a batch of %d pictures, expected 1 to %d", n, RS_BATCH_MAX_SIZE);
    RS_TRY(rs_sampler_find(params->sampler, &sampler, err));
    for (int i = 0; i < n; i++)
        rs_batch_params(params, i, &each[i]);
    return (sampler->flags & RS_SAMPLER_ALONE ? one_by_one : rs_img2img_together)(model, each, n, init, outs,
                                                                                 progress, err);
}

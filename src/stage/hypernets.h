/* Which hypernetworks a picture is made with, and a model's way from one set to another. */
#ifndef RS_STAGE_HYPERNETS_H
#define RS_STAGE_HYPERNETS_H

#include "nn/hypernet.h"
#include "restyle/img2img.h"

/* Those a loaded model uses; zeroed: none. */
typedef struct rs_hyper_set {
    rs_arena *arena; /* of all that follows */
    rs_list files;   /* of rs_hypernetwork */
    rs_hypernets nets;
} rs_hyper_set;

/* *files: params->hypernetworks and behind them what the prompt's tags <hypernet:name:weight>
 * name: the file name.pt in params->hypernetwork_dir. In memory of arena, or of params. */
rs_status rs_hypernets_of(rs_arena *arena, const rs_img2img_params *params, rs_list *files, rs_err *err);

/* Makes the model use exactly these (rs_hypernetwork), and forgets the prompts unless it does.
 * A file without a network for any width of the model's attention is RS_E_UNSUPPORTED. */
rs_status rs_model_use_hypernets(rs_model *m, rs_list files, rs_err *err);
void rs_hyper_set_close(rs_hyper_set *set); /* zeroes *set */

/* Whether net has a network for a width that attention has: of the text or of a level. */
bool rs_hypernet_fits(const rs_hypernet *net, const rs_unet_config *unet);

#endif

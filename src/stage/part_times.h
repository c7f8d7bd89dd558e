/* Where the time of a picture went. */
#ifndef RS_STAGE_PART_TIMES_H
#define RS_STAGE_PART_TIMES_H

#include "restyle/img2img.h"

/* Seconds. */
typedef struct rs_part_times {
    double prompts, encode, steps, decode;
} rs_part_times;

/* Of all since the last call, or since the model was opened. */
rs_part_times rs_model_take_times(rs_model *model);

#endif

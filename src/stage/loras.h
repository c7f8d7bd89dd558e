/* Which networks a picture is made with, and a model's way from one set to another. */
#ifndef RS_STAGE_LORAS_H
#define RS_STAGE_LORAS_H

#include "prompt/prompt_tags.h"
#include "restyle/img2img.h"
#include "weights/networks.h"

/* The networks merged into a loaded model; zeroed: none. */
typedef struct rs_lora_set {
    rs_arena *arena; /* of all that follows */
    rs_list loras;   /* of rs_lora */
    rs_networks *networks;
} rs_lora_set;

/* Where tags of a kind find their files. */
typedef struct rs_tag_place {
    const char *dir;     /* NULL: nowhere */
    const char *key, *ext; /* the option that names it; ".safetensors" */
} rs_tag_place;

/* The file that a tag names: its name with the extension, in that folder; else in a folder in it;
 * else the one whose metadata have that name as ss_output_name, as A1111 finds it
 * (extensions-builtin/Lora/networks.py). RS_E_INVALID: several of one kind have it. */
rs_status rs_tag_file(rs_arena *arena, const rs_tag_place *place, const rs_prompt_tag *tag,
                      const char **path, rs_err *err);

/* *loras: params->loras and behind them what the prompt's tags <lora:name:te:unet> name
 * (<lyco:...> means the same): the file name.safetensors in params->lora_dir. *prompt and
 * *negative: the prompts with styles and without tags. All in memory of arena, or of params.
 * A tag of no file, or of a kind that is none of these and not hypernet (hypernets.h), and an
 * unknown style are errors. */
rs_status rs_loras_of(rs_arena *arena, const rs_img2img_params *params, rs_list *loras,
                      const char **prompt, const char **negative, rs_err *err);

/* Makes *set of copies of these; an empty list needs nothing. */
rs_status rs_lora_set_open(rs_bundle *bundle, rs_list loras, rs_pool *pool, rs_lora_set *set, rs_err *err);
void rs_lora_set_close(rs_lora_set *set); /* zeroes *set */

#endif

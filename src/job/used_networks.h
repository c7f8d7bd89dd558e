/* What a picture's parameters say of networks and embeddings: their hashes, as A1111 knows
 * them (extensions-builtin/Lora, network.py and extra_networks_lora.py;
 * modules/textual_inversion; modules/sd_hijack_clip.py). */
#ifndef RS_JOB_USED_NETWORKS_H
#define RS_JOB_USED_NETWORKS_H

#include "base/arena.h"
#include "base/strbuf.h"
#include "restyle/img2img.h"

/* Hashes of files, each read once in a job. Zero it before the first use. */
typedef struct rs_hash_cache {
    rs_arena *arena;
    struct rs_hash_entry *first;
} rs_hash_cache;

void rs_hash_cache_release(rs_hash_cache *cache);

/* Appends "name: hash, name: hash" of the LoRAs of params, of lists and tags: 12 digits of
 * sshs_model_hash in the file, else of the SHA-256 of its tensors. */
rs_status rs_lora_hashes(rs_hash_cache *cache, const rs_img2img_params *params, rs_strbuf *out, rs_err *err);

/* The same of the embeddings that stand in the prompts of model's last picture: SHA-256 of
 * the file. */
rs_status rs_embedding_hashes(rs_hash_cache *cache, const rs_model *model, rs_strbuf *out, rs_err *err);

#endif

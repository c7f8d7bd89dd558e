/* Any bytes as a config.json of the part that the first byte picks: no crash,
 * and sizes that are accepted have tensors that can be listed. */
#include <stdint.h>
#include <stdlib.h>

#include "weights/bundle_parts.h"
#include "weights/config_file.h"
#include "weights/part_tensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count(void *cookie, const char *name, int rank, const int64_t *shape)
{
    size_t *n = cookie;
    for (int i = 0; i < rank; i++)
        if (shape[i] < 1 || !name[0])
            abort();
    ++*n;
}

/* Larger ones are only slow. */
static bool small(const rs_unet_config *u)
{
    int n = 0;
    for (int l = 0; l < u->n_levels; l++)
        n += u->layers_per_block[l] * u->transformer_layers[l];
    return n < 64;
}

static rs_status read_part(uint8_t part, const rs_config_file *c, size_t *n)
{
    rs_unet_config unet;
    rs_vae_config vae;
    rs_text_config text;
    rs_noise_config noise;
    switch (part % 4) {
    case 0:
        RS_TRY(rs_unet_config_read(c, &unet));
        RS_TRY(rs_unet_check(&unet, "f", c->err));
        if (small(&unet))
            rs_unet_tensors(&unet, count, n);
        return RS_OK;
    case 1:
        RS_TRY(rs_vae_config_read(c, &vae));
        RS_TRY(rs_vae_check(&vae, "f", c->err));
        rs_vae_tensors(&vae, count, n);
        return RS_OK;
    case 2:
        RS_TRY(rs_text_config_read(c, &text));
        RS_TRY(rs_text_check(&text, "f", c->err));
        rs_text_tensors(&text, count, n);
        return RS_OK;
    default:
        RS_TRY(rs_noise_config_read(c, &noise));
        return rs_noise_check(&noise, "f", c->err);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rs_err err = { 0 };
    rs_config_file c = { .path = "f", .err = &err };
    rs_arena *arena = rs_arena_open(4096);
    size_t n = 0;
    if (!arena)
        abort();
    if (size && rs_json_parse(arena, (const char *)data + 1, size - 1, "f", &c.root, &err) == RS_OK &&
        read_part(data[0], &c, &n) != RS_OK && !err.msg[0])
        abort();
    rs_arena_close(&arena);
    return 0;
}

#include "tests/lib/fuzz.h"

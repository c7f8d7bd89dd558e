/* The diffusers layout: a folder with model_index.json and one folder a part. */
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "weights/bundle_parts.h"
#include "weights/config_file.h"

static const struct {
    const char *folder, *stem;
    const char *old_stem; /* of files of torch.save */
    const char *what;
} parts[RS_PARTS] = {
    [RS_PART_TEXT] = { "text_encoder", "model", "pytorch_model", "the text encoder" },
    [RS_PART_UNET] = { "unet", "diffusion_pytorch_model", "diffusion_pytorch_model", "the unet" },
    [RS_PART_VAE] = { "vae", "diffusion_pytorch_model", "diffusion_pytorch_model", "the autoencoder" },
};

const char *rs_part_name(rs_part part)
{
    return parts[part].folder;
}

/* "folder/part/stem.ending" of the bundle; NULL when out of memory. */
static char *part_file(const rs_bundle *b, const char *folder, const char *stem, const char *ending)
{
    char name[160];
    snprintf(name, sizeof(name), "%s/%s%s", folder, stem, ending);
    return rs_path_join(b->arena, b->path, name);
}

static rs_status no_memory(const rs_bundle *b, rs_err *err)
{
    return RS_FAIL(err, RS_E_NOMEM, "no memory to open '%s'", b->path);
}

static bool begins(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* What a pipeline class of diffusers is, when it is not what restyle runs. */
static const char *other_pipeline(const char *name)
{
    if (begins(name, "StableDiffusionXL"))
        return "Stable Diffusion XL, which has two text encoders";
    if (begins(name, "StableDiffusion3"))
        return "Stable Diffusion 3, which has no UNet";
    if (strstr(name, "Upscale"))
        return "an upscaler";
    if (strstr(name, "Depth2Img") || strstr(name, "Pix2Pix"))
        return "a model with further input channels";
    if (begins(name, "LatentConsistency"))
        return "a latent consistency model, which takes the guidance as an input";
    return begins(name, "StableDiffusion") ? NULL : "another kind of model";
}

/* model_index.json may be absent, but when it is there it must name a pipeline
 * of Stable Diffusion 1.x or 2.x. */
static rs_status check_index(const rs_bundle *b, rs_err *err)
{
    char *path = rs_path_join(b->arena, b->path, "model_index.json");
    if (!path)
        return no_memory(b, err);
    if (!rs_is_file(path))
        return RS_OK;
    rs_config_file c;
    const char *name = "StableDiffusionPipeline";
    RS_TRY(rs_config_open(b->arena, path, &c, err));
    RS_TRY(rs_json_string(path, c.root, "_class_name", &name, err));
    const char *other = other_pipeline(name);
    if (other)
        return rs_json_fail(err, RS_E_UNSUPPORTED, path, rs_json_get(c.root, "_class_name"),
                            "'%.80s' is %s; restyle runs Stable Diffusion 1.x", name, other);
    return RS_OK;
}

rs_status rs_folder_identify(rs_bundle *b, rs_err *err)
{
    char *index = rs_path_join(b->arena, b->path, "model_index.json");
    char *unet = rs_path_join(b->arena, b->path, "unet");
    char *second = rs_path_join(b->arena, b->path, "text_encoder_2");
    char *transformer = rs_path_join(b->arena, b->path, "transformer");
    if (!index || !unet || !second || !transformer)
        return no_memory(b, err);
    RS_TRY(check_index(b, err));
    if (rs_is_dir(second))
        return RS_FAIL(err, RS_E_UNSUPPORTED,
                       "'%s' is Stable Diffusion XL (it has a folder 'text_encoder_2'); restyle "
                       "runs "
                       "Stable Diffusion 1.x", b->path);
    if (rs_is_dir(transformer) && !rs_is_dir(unet))
        return RS_FAIL(err, RS_E_UNSUPPORTED,
                       "'%s' has a transformer in place of a UNet; restyle runs Stable Diffusion "
                       "1.x",
                       b->path);
    if (!rs_is_file(index) && !rs_is_dir(unet))
        return RS_FAIL(err, RS_E_NOTFOUND,
                       "'%s' is no model folder: neither 'model_index.json' nor a folder 'unet' "
                       "is in "
                       "it; of a model in one file give the path of the .safetensors file",
                       b->path);
    return RS_OK;
}

rs_status rs_folder_weights(rs_bundle *b, rs_part part, rs_err *err)
{
    /* Full precision first; both spellings that diffusers had for sharded variants. */
    static const char *const endings[] = {
        ".safetensors", ".safetensors.index.json", ".fp16.safetensors", ".fp16.safetensors.index.json",
        ".safetensors.index.fp16.json", ".bin", ".bin.index.json", ".fp16.bin",
    };
    enum { N_SAFE = 5 }; /* those behind are of torch.save */
    const char *folder = parts[part].folder;
    char *dir = rs_path_join(b->arena, b->path, folder);
    if (!dir)
        return no_memory(b, err);
    if (!rs_is_dir(dir))
        return RS_OK; /* rs_folder_config has reported it */
    for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
        char *path = part_file(b, folder, i < N_SAFE ? parts[part].stem : parts[part].old_stem, endings[i]);
        if (!path)
            return no_memory(b, err);
        if (rs_is_file(path))
            return rs_weights_open(b->arena, path, &b->weights[part], err);
    }
    return RS_FAIL(err, RS_E_NOTFOUND, "'%s/%s' has no weights: expected '%s.safetensors' or '%s.bin'",
                   b->path, folder, parts[part].stem, parts[part].old_stem);
}

/* Opens the config at "folder/file", naming the part when it is not there. */
static rs_status open_config(const rs_bundle *b, const char *folder, const char *file,
                             const char *what, rs_config_file *c, rs_err *err)
{
    char *dir = rs_path_join(b->arena, b->path, folder);
    char *path = dir ? rs_path_join(b->arena, dir, file) : NULL;
    if (!path)
        return no_memory(b, err);
    if (!rs_is_dir(dir))
        return RS_FAIL(err, RS_E_NOTFOUND, "'%s' has no folder '%s': %s is missing", b->path,
                       folder, what);
    if (!rs_is_file(path))
        return RS_FAIL(err, RS_E_NOTFOUND, "'%s' has no '%s', which describes %s", dir, file,
                       what);
    return rs_config_open(b->arena, path, c, err);
}

rs_status rs_folder_config(rs_bundle *b, rs_part part, rs_err *err)
{
    rs_config_file c;
    RS_TRY(open_config(b, parts[part].folder, "config.json", parts[part].what, &c, err));
    const char *path = c.path;
    switch (part) {
    case RS_PART_UNET:
        RS_TRY(rs_unet_config_read(&c, &b->unet));
        RS_TRY(rs_unet_check(&b->unet, path, err));
        break;
    case RS_PART_VAE:
        RS_TRY(rs_vae_config_read(&c, &b->vae));
        RS_TRY(rs_vae_check(&b->vae, path, err));
        break;
    default:
        RS_TRY(rs_text_config_read(&c, &b->text));
        RS_TRY(rs_text_check(&b->text, path, err));
        break;
    }
    b->known[part] = true;
    return RS_OK;
}

rs_status rs_folder_noise(rs_bundle *b, rs_err *err)
{
    rs_config_file c;
    RS_TRY(open_config(b, "scheduler", "scheduler_config.json", "the noise schedule", &c, err));
    RS_TRY(rs_noise_config_read(&c, &b->noise));
    RS_TRY(rs_noise_check(&b->noise, c.path, err));
    b->noise_known = true;
    return RS_OK;
}

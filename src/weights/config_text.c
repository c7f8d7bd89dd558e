/* text_encoder/config.json (transformers' CLIPTextModel, or a CLIPModel that
 * holds it under "text_config"). */
#include "weights/bundle_parts.h"
#include "weights/config_file.h"

static const rs_config_fixed fixed[] = {
    { "model_type", "\"clip_text_model\"", "\"clip\"" },
};

static const char *const acts[] = {
    [RS_TEXT_QUICK_GELU] = "quick_gelu", [RS_TEXT_GELU] = "gelu", NULL,
};

rs_status rs_text_config_read(const rs_config_file *c, rs_text_config *out)
{
    rs_config_file at = *c;
    RS_TRY(rs_config_check_fixed(&at, fixed, 1));
    const rs_json *nested = rs_json_get(c->root, "text_config");
    if (nested && nested->type == RS_JSON_OBJECT)
        at.root = nested;
    const char *const file = at.path;
    /* Defaults of the class, for keys that a file leaves out. */
    rs_text_config t = {
        .vocab_size = 49408, .width = 512, .layers = 12, .heads = 8, .mlp_width = 2048,
        .max_tokens = 77,
    };
    int act = RS_TEXT_QUICK_GELU;
    double eps = 1e-5;
    RS_TRY(rs_json_int(file, at.root, "vocab_size", 3, 1 << 20, &t.vocab_size, c->err));
    RS_TRY(rs_json_int(file, at.root, "hidden_size", 1, 16384, &t.width, c->err));
    RS_TRY(rs_json_int(file, at.root, "intermediate_size", 1, 65536, &t.mlp_width, c->err));
    RS_TRY(rs_json_int(file, at.root, "num_hidden_layers", 1, 128, &t.layers, c->err));
    RS_TRY(rs_json_int(file, at.root, "num_attention_heads", 1, 1024, &t.heads, c->err));
    RS_TRY(rs_json_int(file, at.root, "max_position_embeddings", 3, 4096, &t.max_tokens, c->err));
    RS_TRY(rs_config_choice(&at, "hidden_act", acts, &act));
    RS_TRY(rs_json_double(file, at.root, "layer_norm_eps", 1e-12, 1, &eps, c->err));
    t.act = (rs_text_act)act;
    t.norm_eps = (float)eps;
    *out = t;
    return RS_OK;
}

rs_status rs_text_check(const rs_text_config *t, const char *source, rs_err *err)
{
    if (t->width % t->heads)
        return RS_FAIL(err, RS_E_FORMAT,
                       "'%s': the text encoder is %d wide, which %d attention heads do not divide",
                       source, t->width, t->heads);
    return RS_OK;
}

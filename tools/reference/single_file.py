"""A model in the single-file layout of the original Stable Diffusion code, and its proof.

The names follow the layout's own construction (input_blocks counts convolution, layers and
downsamplers in a row; the decoder's up levels run from fine to coarse); the result is converted
back by diffusers' loader and compared with what it was made from."""
import torch
from diffusers.loaders import single_file_utils as sfu

from store import save

RESNET = {"norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1",
          "norm2": "out_layers.0", "conv2": "out_layers.3", "conv_shortcut": "skip_connection"}


def unet_prefixes(config):
    """(diffusers prefix, original prefix) of every block."""
    n, layers = len(config["block_out_channels"]), config["layers_per_block"]
    yield "conv_in", "input_blocks.0.0"
    yield "time_embedding.linear_1", "time_embed.0"
    yield "time_embedding.linear_2", "time_embed.2"
    yield "conv_norm_out", "out.0"
    yield "conv_out", "out.2"
    at = 1
    for i in range(n):
        for j in range(layers):
            yield f"down_blocks.{i}.resnets.{j}", f"input_blocks.{at}.0"
            yield f"down_blocks.{i}.attentions.{j}", f"input_blocks.{at}.1"
            at += 1
        yield f"down_blocks.{i}.downsamplers.0.conv", f"input_blocks.{at}.0.op"
        at += 1
    yield "mid_block.resnets.0", "middle_block.0"
    yield "mid_block.attentions.0", "middle_block.1"
    yield "mid_block.resnets.1", "middle_block.2"
    at = 0
    for i in range(n):
        attn = config["up_block_types"][i].startswith("CrossAttn")
        for j in range(layers + 1):
            yield f"up_blocks.{i}.resnets.{j}", f"output_blocks.{at}.0"
            yield f"up_blocks.{i}.attentions.{j}", f"output_blocks.{at}.1"
            at += 1
        yield f"up_blocks.{i}.upsamplers.0.conv", f"output_blocks.{at - 1}.{2 if attn else 1}.conv"


def vae_prefixes(config):
    n = len(config["block_out_channels"])
    for side in ("encoder", "decoder"):
        yield f"{side}.conv_in", f"{side}.conv_in"
        yield f"{side}.conv_norm_out", f"{side}.norm_out"
        yield f"{side}.conv_out", f"{side}.conv_out"
        for j in range(2):
            yield f"{side}.mid_block.resnets.{j}", f"{side}.mid.block_{j + 1}"
        yield f"{side}.mid_block.attentions.0", f"{side}.mid.attn_1"
    for i in range(n):
        for j in range(config["layers_per_block"] + 1):
            yield f"encoder.down_blocks.{i}.resnets.{j}", f"encoder.down.{i}.block.{j}"
            yield f"decoder.up_blocks.{i}.resnets.{j}", f"decoder.up.{n - 1 - i}.block.{j}"
        yield f"encoder.down_blocks.{i}.downsamplers.0", f"encoder.down.{i}.downsample"
        yield f"decoder.up_blocks.{i}.upsamplers.0", f"decoder.up.{n - 1 - i}.upsample"
    yield "quant_conv", "quant_conv"
    yield "post_quant_conv", "post_quant_conv"


VAE_INNER = {"conv_shortcut": "nin_shortcut", "group_norm": "norm", "to_q": "q", "to_k": "k",
             "to_v": "v", "to_out.0": "proj_out"}


def rename(state, prefixes, inner):
    table = sorted(prefixes, key=lambda p: -len(p[0]))
    out = {}
    for name, value in state.items():
        old, new = next(p for p in table if name.startswith(p[0] + "."))
        rest = name[len(old) + 1:]
        leaf = rest.rsplit(".", 1)
        if len(leaf) == 2 and leaf[0] in inner(old):
            rest = inner(old)[leaf[0]] + "." + leaf[1]
        out[f"{new}.{rest}"] = value
    return out


def write_single(model, path):
    c = model.config
    unet = rename(model.unet.state_dict(), unet_prefixes(c["unet"]),
                  lambda p: RESNET if ".resnets." in p else {})
    vae = rename(model.vae.state_dict(), vae_prefixes(c["vae"]), lambda p: VAE_INNER)
    for k in vae:  # attention of the autoencoder is made of 1x1 convolutions there
        if ".attn_1." in k and k.endswith("weight") and ".norm." not in k:
            vae[k] = vae[k][:, :, None, None]
    state = {"model.diffusion_model." + k: v for k, v in unet.items()}
    state |= {"first_stage_model." + k: v for k, v in vae.items()}
    state |= {"cond_stage_model.transformer." + k: v for k, v in model.text_state().items()}
    check(model, state)
    save({k: v.half() for k, v in state.items()}, path, {
        "format": "pt",
        "restyle.heads": str(c["unet"]["attention_head_dim"]),
        "restyle.text_heads": str(c["text"]["num_attention_heads"]),
        "restyle.norm_groups": str(c["unet"]["norm_num_groups"]),
        "restyle.vae_norm_groups": str(c["vae"]["norm_num_groups"]),
        "restyle.scaling_factor": str(c["vae"]["scaling_factor"])})


def check(model, state):
    """diffusers must turn the file back into the model it came from."""
    unet = sfu.convert_ldm_unet_checkpoint(dict(state), config=dict(model.unet.config))
    vae = sfu.convert_ldm_vae_checkpoint(dict(state), config=dict(model.vae.config))
    for got, want in ((unet, model.unet.state_dict()), (vae, model.vae.state_dict())):
        assert got.keys() == want.keys(), sorted(got.keys() ^ want.keys())[:8]
        for k, v in want.items():
            assert torch.equal(got[k].reshape(v.shape), v), k
    for k, v in state.items():
        assert torch.equal(v.half().float(), v), f"{k} is not representable in half precision"

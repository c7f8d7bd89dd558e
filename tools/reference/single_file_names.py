"""Pairs of tensor names, diffusers layout and single-file layout, into tests/golden/names_*.txt.

The single-file names are enumerated as CompVis' openaimodel.py and autoencoder.py number their
modules; each carries its own number as a value through diffusers' converters
(diffusers.loaders.single_file_utils), so the pairs are what diffusers itself does. The result must
name exactly the tensors of the diffusers models of the same geometry, with their shapes.

    python tools/reference/single_file_names.py tests/golden
"""
import sys
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.loaders.single_file_utils import (
    convert_ldm_clip_checkpoint, convert_ldm_unet_checkpoint, convert_ldm_vae_checkpoint)
from transformers import CLIPTextConfig, CLIPTextModel

SD15 = dict(
    unet=dict(block_out_channels=[320, 640, 1280, 1280], layers_per_block=2, attention_head_dim=8,
              cross_attention_dim=768,
              down_block_types=["CrossAttnDownBlock2D"] * 3 + ["DownBlock2D"],
              up_block_types=["UpBlock2D"] + ["CrossAttnUpBlock2D"] * 3),
    vae=dict(block_out_channels=[128, 256, 512, 512], layers_per_block=2, latent_channels=4),
    text=dict(vocab_size=49408, hidden_size=768, intermediate_size=3072, num_hidden_layers=12,
              num_attention_heads=12))
# Attention on the lower levels only, more levels than layers, two transformer blocks, linear projections.
ODD = dict(
    unet=dict(block_out_channels=[32, 64, 64], layers_per_block=1, attention_head_dim=4,
              cross_attention_dim=24, transformer_layers_per_block=2, use_linear_projection=True,
              down_block_types=["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
              up_block_types=["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"]),
    vae=dict(block_out_channels=[32, 64], layers_per_block=3, latent_channels=3),
    text=dict(vocab_size=50, hidden_size=24, intermediate_size=48, num_hidden_layers=2,
              num_attention_heads=2))


def both(module):
    return [module + ".weight", module + ".bias"]


def unet_resnet(p, shortcut):
    parts = ["in_layers.0", "in_layers.2", "emb_layers.1", "out_layers.0", "out_layers.3"]
    return [n for m in parts + (["skip_connection"] if shortcut else []) for n in both(f"{p}.{m}")]


def transformer(p, depth):
    names = [n for m in ("norm", "proj_in", "proj_out") for n in both(f"{p}.{m}")]
    for d in range(depth):
        b = f"{p}.transformer_blocks.{d}"
        for a in ("attn1", "attn2"):
            names += [f"{b}.{a}.{m}.weight" for m in ("to_q", "to_k", "to_v")] + both(f"{b}.{a}.to_out.0")
        names += [n for m in ("ff.net.0.proj", "ff.net.2", "norm1", "norm2", "norm3") for n in both(f"{b}.{m}")]
    return names


def unet_names(cfg):
    """openaimodel.UNetModel: all layers of the way down in one list, all of the way up in another."""
    ch, layers = cfg["block_out_channels"], cfg["layers_per_block"]
    depth = cfg.get("transformer_layers_per_block", 1)
    attention = [t.startswith("Cross") for t in cfg["down_block_types"]]
    names = both("time_embed.0") + both("time_embed.2") + both("input_blocks.0.0")
    n, here, skips = 1, ch[0], [ch[0]]
    for level, c in enumerate(ch):
        for _ in range(layers):
            names += unet_resnet(f"input_blocks.{n}.0", here != c)
            names += transformer(f"input_blocks.{n}.1", depth) if attention[level] else []
            here = c
            skips.append(c)
            n += 1
        if level + 1 < len(ch):
            names += both(f"input_blocks.{n}.0.op")
            skips.append(c)
            n += 1
    names += unet_resnet("middle_block.0", False) + transformer("middle_block.1", depth)
    names += unet_resnet("middle_block.2", False)
    n = 0
    for level in reversed(range(len(ch))):
        for i in range(layers + 1):
            names += unet_resnet(f"output_blocks.{n}.0", here + skips.pop() != ch[level])
            names += transformer(f"output_blocks.{n}.1", depth) if attention[level] else []
            here = ch[level]
            if level and i == layers:
                names += both(f"output_blocks.{n}.{2 if attention[level] else 1}.conv")
            n += 1
    return ["model.diffusion_model." + x for x in names + both("out.0") + both("out.2")]


def vae_resnet(p, shortcut):
    parts = ["norm1", "conv1", "norm2", "conv2"] + (["nin_shortcut"] if shortcut else [])
    return [n for m in parts for n in both(f"{p}.{m}")]


def vae_names(cfg):
    """autoencoder.Encoder and Decoder: blocks numbered by level, also on the way up."""
    ch, layers = cfg["block_out_channels"], cfg["layers_per_block"]
    names = both("quant_conv") + both("post_quant_conv")
    for half in ("encoder", "decoder"):
        names += both(f"{half}.conv_in") + both(f"{half}.norm_out") + both(f"{half}.conv_out")
        names += vae_resnet(f"{half}.mid.block_1", False) + vae_resnet(f"{half}.mid.block_2", False)
        names += [n for m in ("norm", "q", "k", "v", "proj_out") for n in both(f"{half}.mid.attn_1.{m}")]
    here = ch[0]
    for level, c in enumerate(ch):
        for i in range(layers):
            names += vae_resnet(f"encoder.down.{level}.block.{i}", here != c)
            here = c
        names += both(f"encoder.down.{level}.downsample.conv") if level + 1 < len(ch) else []
    for level, c in reversed(list(enumerate(ch))):
        for i in range(layers + 1):
            names += vae_resnet(f"decoder.up.{level}.block.{i}", here != c)
            here = c
        names += both(f"decoder.up.{level}.upsample.conv") if level else []
    return ["first_stage_model." + x for x in names]


def text_names(model):
    return ["cond_stage_model.transformer." + k for k in model]


def convert(names, shapes, convert_with):
    """{diffusers name: single-file name} by what the converter does with numbered tensors."""
    conv = [len(shapes.get(n, ())) == 4 for n in names]
    marked = {n: torch.full((1,) * (4 if c else 1), float(i)) for i, (n, c) in enumerate(zip(names, conv))}
    return {k: names[int(v.flatten()[0])] for k, v in convert_with(marked).items()}


def clip_state(cfg):
    """Names as all released models have them; transformers 5 leaves out their first part."""
    state = CLIPTextModel(CLIPTextConfig(**cfg)).state_dict()
    strip = "text_model."
    return {strip + k.removeprefix(strip): v for k, v in state.items() if "position_ids" not in k}


def write(path, geometry):
    with torch.device("meta"):
        unet = UNet2DConditionModel(**geometry["unet"]).state_dict()
        n = len(geometry["vae"]["block_out_channels"])
        vae = AutoencoderKL(down_block_types=["DownEncoderBlock2D"] * n, up_block_types=["UpDecoderBlock2D"] * n,
                            **geometry["vae"]).state_dict()
        text = clip_state(geometry["text"])
    uc = dict(layers_per_block=geometry["unet"]["layers_per_block"])
    vc = dict(down_block_types=[0] * n, up_block_types=[0] * n)
    # attention of the old autoencoder is a 1x1 convolution: the converter must see four axes
    attn4 = {x: (1, 1, 1, 1) for x in vae_names(geometry["vae"]) if ".attn_1." in x and x.endswith("weight")}
    parts = [
        ("unet", unet, convert(unet_names(geometry["unet"]), {}, lambda m: convert_ldm_unet_checkpoint(m, uc))),
        ("vae", vae, convert(vae_names(geometry["vae"]), attn4, lambda m: convert_ldm_vae_checkpoint(m, vc))),
        ("text_encoder", text, convert(text_names(text), {}, convert_ldm_clip_checkpoint))]
    with open(path, "w") as f:
        for part, state, pairs in parts:
            assert set(pairs) == set(state), (part, sorted(set(pairs) ^ set(state))[:5])
            assert len(set(pairs.values())) == len(pairs), part
            for name in sorted(state):
                shape = "x".join(map(str, state[name].shape))
                f.write(f"{part} {name} {pairs[name]} {shape}\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    write(sys.argv[1] + "/names_sd15.txt", SD15)
    write(sys.argv[1] + "/names_odd.txt", ODD)

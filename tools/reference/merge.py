"""Small checkpoints and what A1111's merger (modules/extras.py, run_modelmerger) makes of them, by the
same torch operations in float32, with block weights what the extension merge-block-weighted makes of them.

    python tools/reference/merge.py tests/golden --blocks CHECKOUT

CHECKOUT: of bbc-mc/sdweb-merge-block-weighted-gui, whose function is executed.
"""
import argparse
import os
import pathlib
import re
import tempfile
import types

import torch
from safetensors.torch import load_file

from a1111_checkout import Checkout
from store import save

U = "model.diffusion_model."
SHAPES = {U + "time_embed.0.weight": (6, 4), U + "input_blocks.0.0.weight": (4, 4, 3, 3),
          U + "input_blocks.11.0.in_layers.2.weight": (5, 3, 3, 3), U + "middle_block.1.norm.weight": (7,),
          U + "output_blocks.0.0.in_layers.0.bias": (3,), U + "output_blocks.11.1.to_out.0.weight": (4, 4),
          U + "out.2.weight": (2, 4, 3, 3), "first_stage_model.encoder.conv_in.weight": (3, 3, 3, 3),
          "cond_stage_model.transformer.text_model.final_layer_norm.bias": (5,), "alphas_cumprod": (9,)}
BLOCKS = [0.15 + 0.03 * i for i in range(26)]  # BASE, IN00..IN11, M00, OUT00..OUT11


def checkpoint(seed, dtype=torch.float32, inpainting=False):
    g = torch.Generator().manual_seed(seed)
    t = {k: torch.randn(s, generator=g).to(dtype) for k, s in SHAPES.items()}
    if inpainting:
        t[U + "input_blocks.0.0.weight"] = torch.randn((4, 9, 3, 3), generator=g).to(dtype)
    t["cond_stage_model.transformer.text_model.embeddings.position_ids"] = torch.arange(5)[None] + seed
    return t


def merge_blocks(checkout, a, b):
    """The extension's own merge(), executed; it takes checkpoints by name and writes a file."""
    sd_models = types.SimpleNamespace(get_closet_checkpoint_match=lambda name: types.SimpleNamespace(filename=name),
                                      read_state_dict=lambda name, map_location: dict({"a": a, "b": b}[name]))
    names = ["NUM_INPUT_BLOCKS", "NUM_MID_BLOCK", "NUM_OUTPUT_BLOCKS", "NUM_TOTAL_BLOCKS", "KEY_POSITION_IDS", "dprint"]
    mbw = Checkout(checkout).take("scripts/mbw/merge_block_weighted.py", names + ["merge"], re=re, torch=torch, os=os,
                                  sd_models=sd_models, tqdm=lambda keys, desc: keys)
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/merged.safetensors"
        done, why = mbw.merge(",".join(map(repr, BLOCKS[1:])), "a", "b", base_alpha=BLOCKS[0], output_file=path,
                              save_as_safetensors=True, skip_position_ids=1)
        assert done, why
        return load_file(path)


def merge(a, b, c=None, m=None):
    out = {k: v.clone() for k, v in a.items()}
    for k in a:
        if "model" not in k or k not in b or "position_ids" in k or (c is not None and k not in c):
            continue
        x, y = a[k].float(), b[k].float()
        if c is None:
            f = lambda t0: ((1 - m) * t0) + (m * y)
        else:
            f = lambda t0: t0 + (m * (y - c[k].float()))
        if x.shape != y.shape:
            assert x.shape[1] == 9 and y.shape[1] == 4
            out[k] = x.clone()
            out[k][:, 0:4] = f(x[:, 0:4])
        else:
            out[k] = f(x)
    if c is None:
        out |= {k: v for k, v in b.items() if "model" in k and k not in out}
    return out


def to(state, dtypes):
    """dtypes: one type for all floats, or the state whose types are kept."""
    return {k: v if not v.is_floating_point() else
            v.to(dtypes if isinstance(dtypes, torch.dtype) else dtypes.get(k, v).dtype)
            for k, v in state.items()}


def main(out, checkout):
    out.mkdir(exist_ok=True)
    a, b, c = checkpoint(1), checkpoint(2), checkpoint(3, torch.float16)
    b["model_only_b"] = torch.ones(3)
    del c[U + "out.2.weight"]
    inp = checkpoint(4, inpainting=True)
    vae = {"encoder.conv_in.weight": torch.full((3, 3, 3, 3), 0.3)}
    for name, t in (("a", a), ("b", b), ("c", c), ("inpaint", inp), ("vae", vae)):
        save(t, out / f"{name}.safetensors")
    baked = merge(a, b, m=0.3)
    baked["first_stage_model.encoder.conv_in.weight"] = vae["encoder.conv_in.weight"]
    for name, t in (("sum", merge(a, b, m=0.3)), ("difference", merge(a, b, c, 0.7)),
                    ("blocks", merge_blocks(checkout, a, b)),
                    ("f16", to(baked, torch.float16)), ("bf16", to(merge(a, b, m=0.3), torch.bfloat16)),
                    ("inpainting", merge(inp, b, m=0.4)), ("keep", to(merge(c, b, m=0.3), c))):
        save(t, out / f"want_{name}.safetensors")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("golden", type=pathlib.Path)
    parser.add_argument("--blocks", required=True)
    args = parser.parse_args()
    main(args.golden / "merge", args.blocks)

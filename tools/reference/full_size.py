"""Compare the engine with diffusers at the full size of SD 1.5.

    python tools/reference/full_size.py build/full_size      (needs 12 GB of memory, 2.5 GB of disk)
    RS_FULL_SIZE=build/full_size build/unit/model/t_full_size

Writes into the folder: model.safetensors, a random checkpoint in the single-file layout (made by
random_checkpoint.py), tokenizer files that hold CLIP's number of tokens, and golden.safetensors:
inputs and outputs of text encoder, UNet (two 64x64 latents, one pass of guidance) and autoencoder
(256x256), computed by transformers and diffusers in float32. Nothing of it is committed.
"""
import json
import pathlib
import subprocess
import sys

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.loaders import single_file_utils as sfu
from safetensors.torch import load_file, save_file
from transformers import CLIPTextConfig, CLIPTextModel

UNET = dict(
    sample_size=64, in_channels=4, out_channels=4, block_out_channels=(320, 640, 1280, 1280),
    layers_per_block=2, cross_attention_dim=768, attention_head_dim=8,
    down_block_types=("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
    up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3)
VAE = dict(
    block_out_channels=(128, 256, 512, 512), layers_per_block=2, latent_channels=4,
    down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4)
TEXT = dict(
    vocab_size=49408, hidden_size=768, intermediate_size=3072, num_hidden_layers=12,
    num_attention_heads=12, max_position_embeddings=77, hidden_act="quick_gelu",
    bos_token_id=49406, eos_token_id=49407, pad_token_id=49407)


def loaded(model, state):
    state = {k: v.float() for k, v in state.items()}
    missing, unexpected = model.load_state_dict(state, strict=False)
    missing = [m for m in missing if "position_ids" not in m]
    assert not missing and not unexpected, (missing[:5], unexpected[:5])
    return model.eval()


def tokenizer(folder):
    """As many tokens as CLIP has; only the sizes matter here."""
    alphabet = [chr(c) for c in range(33, 127)]
    vocab = alphabet + [a + "</w>" for a in alphabet]
    vocab += [f"t{i}" for i in range(TEXT["vocab_size"] - 2 - len(vocab))]
    vocab += ["<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({t: i for i, t in enumerate(vocab)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model.safetensors"
    if not path.exists():
        script = pathlib.Path(__file__).with_name("random_checkpoint.py")
        subprocess.run([sys.executable, script, path], check=True)
    tokenizer(folder)
    torch.set_grad_enabled(False)
    torch.manual_seed(1)
    state = load_file(path)
    g = {}

    def put(name, value):
        g[name] = value.contiguous().clone()

    text = CLIPTextModel(CLIPTextConfig(**TEXT))
    prefix = "cond_stage_model.transformer."
    part = {k[len(prefix):]: v for k, v in state.items() if k.startswith(prefix)}
    own = text.state_dict().keys()
    if not any(k.startswith("text_model.") for k in own):  # newer transformers
        part = {k.removeprefix("text_model."): v for k, v in part.items()}
    text = loaded(text, part)
    ids = torch.randint(0, 49406, (2, 77))
    ids[:, 0], ids[:, 20:] = 49406, 49407
    context = text(input_ids=ids).last_hidden_state
    put("text/ids", ids.to(torch.int32).float())
    put("text/out", context)
    del text

    unet = UNet2DConditionModel(**UNET)
    unet = loaded(unet, sfu.convert_ldm_unet_checkpoint(dict(state), dict(unet.config)))
    x = torch.randn(2, 4, 64, 64)
    put("unet/in", x)
    put("unet/timestep", torch.tensor([523.25]))
    put("unet/out", unet(x, 523.25, encoder_hidden_states=context).sample)
    del unet

    vae = AutoencoderKL(**VAE)
    vae = loaded(vae, sfu.convert_ldm_vae_checkpoint(dict(state), dict(vae.config)))
    picture = torch.rand(1, 3, 256, 256) * 2 - 1
    mean = vae.encode(picture).latent_dist.mean
    put("vae/picture", picture)
    put("vae/mean", mean)
    put("vae/latent", torch.randn(1, 4, 32, 32))
    put("vae/out", vae.decode(g["vae/latent"]).sample)
    save_file(g, folder / "golden.safetensors")
    for k, v in g.items():
        print(f"{k}: {list(v.shape)}, std {v.std():.4g}")


if __name__ == "__main__":
    main()

"""Write the model folder in the diffusers layout of SD 1.x, float16.  python export.py WORK FOLDER"""
import json
import os
import shutil
import sys

import torch
from safetensors.torch import save_file

import model
from common import load


def write(path, obj):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        json.dump(obj, f, indent=2, sort_keys=True)
        f.write("\n")


def half(state, path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    save_file({k: v.detach().cpu().half().contiguous() for k, v in state.items()}, path, metadata={"format": "pt"})
    os.chmod(path, 0o644)


def plain(config, drop=()):
    return {k: v for k, v in dict(config).items() if k not in drop and not (k.startswith("_") and k != "_class_name")}


def main(work, folder):
    tok = json.load(open(f"{work}/tokenizer/vocab.json"))
    bos, eos = tok["<|startoftext|>"], tok["<|endoftext|>"]
    shutil.rmtree(f"{folder}/tokenizer", ignore_errors=True)
    shutil.copytree(f"{work}/tokenizer", f"{folder}/tokenizer")

    vae = model.autoencoder()
    vae.load_state_dict(load(f"{work}/vae.ckpt")["ema"])
    with torch.no_grad():   # the encoder is deterministic: a variance of exp(-12)
        vae.quant_conv.weight[model.LATENT:] = 0
        vae.quant_conv.bias[model.LATENT:] = -12
    half(vae.state_dict(), f"{folder}/vae/diffusion_pytorch_model.safetensors")
    conf = plain(vae.config, ("latents_mean", "latents_std", "shift_factor"))
    conf.update(_class_name="AutoencoderKL", scaling_factor=float(open(f"{work}/scale.txt").read()))
    write(f"{folder}/vae/config.json", conf)

    s = load(f"{work}/unet.ckpt")["ema"]
    pick = lambda p: {k[len(p):]: v for k, v in s.items() if k.startswith(p)}
    net = model.unet()
    net.load_state_dict(pick("unet."))
    half(net.state_dict(), f"{folder}/unet/diffusion_pytorch_model.safetensors")
    conf = plain(net.config)
    conf["_class_name"] = "UNet2DConditionModel"
    write(f"{folder}/unet/config.json", conf)

    txt = model.text_encoder(len(tok), bos, eos)
    txt.load_state_dict(pick("text."))
    state = {k if k.startswith("text_model.") else "text_model." + k: v for k, v in txt.state_dict().items()
             if "position_ids" not in k}
    half(state, f"{folder}/text_encoder/model.safetensors")
    c = txt.config
    write(f"{folder}/text_encoder/config.json", {
        "architectures": ["CLIPTextModel"], "model_type": "clip_text_model", "vocab_size": c.vocab_size,
        "hidden_size": c.hidden_size, "intermediate_size": c.intermediate_size, "projection_dim": c.projection_dim,
        "num_hidden_layers": c.num_hidden_layers, "num_attention_heads": c.num_attention_heads,
        "max_position_embeddings": c.max_position_embeddings, "hidden_act": c.hidden_act,
        "layer_norm_eps": c.layer_norm_eps, "attention_dropout": 0.0, "dropout": 0.0, "initializer_factor": 1.0,
        "initializer_range": 0.02, "bos_token_id": bos, "eos_token_id": eos, "pad_token_id": eos,
        "torch_dtype": "float16"})

    write(f"{folder}/scheduler/scheduler_config.json", {
        "_class_name": "EulerDiscreteScheduler", "beta_schedule": "scaled_linear", "beta_start": model.BETA_START,
        "beta_end": model.BETA_END, "num_train_timesteps": model.STEPS, "prediction_type": "v_prediction",
        "use_karras_sigmas": True, "timestep_spacing": "linspace", "steps_offset": 1, "interpolation_type": "linear",
        "trained_betas": None})
    write(f"{folder}/model_index.json", {
        "_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.30.0",
        "feature_extractor": [None, None], "image_encoder": [None, None], "safety_checker": [None, None],
        "requires_safety_checker": False, "scheduler": ["diffusers", "EulerDiscreteScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"], "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"], "vae": ["diffusers", "AutoencoderKL"]})
    print(folder, sum(os.path.getsize(os.path.join(d, f)) for d, _, fs in os.walk(folder) for f in fs) / 1e6, "MB")


if __name__ == "__main__":
    main(*sys.argv[1:3])

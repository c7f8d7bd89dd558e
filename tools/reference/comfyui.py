"""Pictures by ComfyUI's published sampling functions: tests/golden/comfyui.safetensors.

    python tools/reference/comfyui.py --comfyui CHECKOUT [OUT.safetensors]

CHECKOUT holds comfy/samplers.py, sample.py, model_sampling.py, k_diffusion/ and
ldm/modules/diffusionmodules/util.py of ComfyUI (read for the golden data: a copy of February 2025,
calcuis/gguf-pack c60b672). What is executed of them: prepare_noise, KSampler's step count and schedules,
KSAMPLER.sample with its scaling of the noise, the discrete model sampling, the samplers. Networks,
weights and prompts are those of compat.py, over tests/golden/tiny in float32; the autoencoder's mean is
taken, and SaveImage's clip and astype(uint8). ComfyUI tells the network the nearest whole timestep, which
near a half hangs on its single precision: the cases keep away from there.

Today's default_noise_sampler adds 1 to the seed on processors (read at 02159d81); for an
older checkout that 1 is added here. init, CASE and the metadata as in compat.safetensors.
"""
import argparse
import functools
import json
import logging
import math
import pathlib
import types
import typing

import numpy
import scipy.stats
import torch
from diffusers import StableDiffusionImg2ImgPipeline

from a1111_checkout import Checkout
from a1111_samplers import stub
from compat import NEGATIVE, PROMPT, ROOT, source
from store import Store

# name -> ComfyUI's sampler and scheduler, ours, strength, steps, guidance, seed
CASES = {
    "normal": ("euler", "normal", "euler", "normal", 0.55, 20, 5.0, 42),
    "simple": ("euler", "simple", "euler", "simple", 0.55, 13, 5.0, 42),
    "beta": ("heun", "beta", "heun", "beta", 0.7, 9, 4.0, 1),
    "sgm_uniform": ("lms", "sgm_uniform", "lms", "sgm_uniform", 0.45, 12, 4.0, 2),
    "ddim_uniform": ("euler", "ddim_uniform", "euler", "ddim", 0.55, 20, 4.0, 3),
    "karras": ("dpmpp_2m", "karras", "dpmpp_2m", "karras", 0.65, 11, 5.0, 4),
    "exponential": ("dpm_2", "exponential", "dpm2", "exponential", 0.5, 8, 5.0, 5),
    "whole": ("euler", "normal", "euler", "normal", 1.0, 8, 3.0, 6),
    "ancestral": ("euler_ancestral", "normal", "euler_a", "normal", 0.5, 10, 3.0, 11),
    "ancestral_2": ("dpm_2_ancestral", "karras", "dpm2_a", "karras", 0.6, 8, 3.0, 12),
    "sde": ("dpmpp_2m_sde", "karras", "dpmpp_2m_sde", "karras", 0.6, 10, 3.0, 13),
    "sde_3": ("dpmpp_3m_sde", "exponential", "dpmpp_3m_sde", "exponential", 0.6, 10, 3.0, 14),
}


def module(name, text, **members):
    made = stub(name, **members)
    if text is not None:
        exec(compile(text, name, "exec"), made.__dict__)
    return made


def load(folder):
    """The functions of samplers.py, sample.prepare_noise and the module model_sampling."""
    checkout = Checkout(folder)
    read = lambda path: (checkout.folder / path).read_text()
    util = checkout.take("comfy/ldm/modules/diffusionmodules/util.py", ["make_beta_schedule"], torch=torch, np=numpy)
    for name in ("comfy", "comfy.model_patcher", "comfy.ldm", "comfy.ldm.modules",
                 "comfy.ldm.modules.diffusionmodules", "comfy.k_diffusion"):
        module(name, None)
    module("comfy.ldm.modules.diffusionmodules.util", None, make_beta_schedule=util.make_beta_schedule)
    model_sampling = module("comfy.model_sampling", read("comfy/model_sampling.py"))
    module("comfy.k_diffusion.utils", None, append_dims=lambda x, n: x[(...,) + (None,) * (n - x.ndim)])
    module("comfy.k_diffusion.deis", None)
    path = "comfy/k_diffusion/sampling.py"
    sampling = module("comfy.k_diffusion.sampling", None, __package__="comfy.k_diffusion")
    exec(compile(read(path), path, "exec"), sampling.__dict__)
    if "seed += 1" not in read(path):
        older = sampling.default_noise_sampler
        sampling.default_noise_sampler = lambda x, seed=None: older(x, seed=seed + 1)
    names = ["KSampler", "KSAMPLER", "Sampler", "KSamplerX0Inpaint", "ksampler", "calculate_sigmas", "sampler_object",
             "SchedulerHandler", "SCHEDULER_HANDLERS", "SCHEDULER_NAMES", "KSAMPLER_NAMES", "SAMPLER_NAMES",
             "simple_scheduler", "ddim_scheduler", "normal_scheduler", "beta_scheduler",
             "linear_quadratic_schedule", "kl_optimal_scheduler"]
    samplers = checkout.take("comfy/samplers.py", names, torch=torch, math=math, numpy=numpy, scipy=scipy,
                             partial=functools.partial, NamedTuple=typing.NamedTuple, Callable=typing.Callable,
                             logging=logging, k_diffusion_sampling=sampling)
    sample = checkout.take("comfy/sample.py", ["prepare_noise"], torch=torch, np=numpy)
    return samplers, sample.prepare_noise, model_sampling


class Wrap:
    """What a sampler calls: ComfyUI's scaling around diffusers' network, under guidance."""

    def __init__(self, sampling, unet, texts, cfg):
        self.inner_model = types.SimpleNamespace(model_sampling=sampling)
        self.unet, self.texts, self.cfg = unet, texts, cfg

    def __call__(self, x, sigma, **_):
        sampling = self.inner_model.model_sampling
        t, scaled = sampling.timestep(sigma).float(), sampling.calculate_input(sigma, x)
        both = self.unet(scaled.repeat(2, 1, 1, 1), t.repeat(2), self.texts).sample.chunk(2)
        cond, uncond = (sampling.calculate_denoised(sigma, e, x) for e in both)
        return uncond + (cond - uncond) * self.cfg


def encode(pipe, text):
    ids = pipe.tokenizer(text, padding="max_length", truncation=True,
                         max_length=pipe.tokenizer.model_max_length, return_tensors="pt").input_ids
    return pipe.text_encoder(ids)[0]


def paint(comfy, pipe, sampling, init, case):
    samplers, prepare_noise, _ = comfy
    sampler, scheduler, _, _, strength, steps, cfg, seed = case
    scale = pipe.vae.config.scaling_factor
    pixels = torch.from_numpy(init.astype(numpy.float32) / 255).permute(2, 0, 1)[None] * 2 - 1
    latent = pipe.vae.encode(pixels).latent_dist.mode() * scale
    model = types.SimpleNamespace(get_model_object=lambda _: sampling)
    run = samplers.KSampler(model, steps, "cpu", sampler, scheduler, strength)
    rows = numpy.interp(run.sigmas[:-1].log(), sampling.log_sigmas, numpy.arange(len(sampling.sigmas)))
    assert (abs(rows % 1 - 0.5) > 1e-3).all(), case
    wrap = Wrap(sampling, pipe.unet, torch.cat([encode(pipe, PROMPT), encode(pipe, NEGATIVE)]), cfg)
    x = samplers.sampler_object(run.sampler).sample(wrap, run.sigmas, {"model_options": {}, "seed": seed}, None,
                                                    prepare_noise(latent, seed), latent, disable_pbar=True)
    out = (pipe.vae.decode(x / scale).sample[0].permute(1, 2, 0) + 1) / 2
    return numpy.clip(255.0 * out.numpy(), 0, 255).astype(numpy.uint8)


@torch.no_grad()
def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--comfyui", required=True)
    p.add_argument("out", nargs="?", type=pathlib.Path, default=ROOT / "tests/golden/comfyui.safetensors")
    args = p.parse_args()
    torch.set_num_threads(1)
    comfy = load(args.comfyui)
    pipe = StableDiffusionImg2ImgPipeline.from_pretrained(ROOT / "tests/golden/tiny", torch_dtype=torch.float32)

    class Sampling(comfy[2].ModelSamplingDiscrete, comfy[2].EPS):
        pass

    init, store = source(), Store()
    store.put("init", torch.from_numpy(init.astype(numpy.float32)))
    for name, case in CASES.items():
        store.put(name, torch.from_numpy(paint(comfy, pipe, Sampling(), init, case).astype(numpy.float32)))
        store.metadata[name] = " ".join(str(x) for x in case[2:])
    store.metadata["cases"] = json.dumps(list(CASES))
    store.metadata["prompt"], store.metadata["negative"] = PROMPT, NEGATIVE
    store.write(args.out)


if __name__ == "__main__":
    main()

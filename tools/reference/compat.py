"""Whole pictures of diffusers' own img2img pipeline: tests/golden/compat.safetensors.

    python tools/reference/compat.py [OUT.safetensors]

StableDiffusionImg2ImgPipeline over tests/golden/tiny in float32, as a person calls it. The scheduler of
a case is either in the configuration that SD 1.5 has with leading timesteps throughout (offset 1), or
made by from_config of the model's own scheduler_config.json, in some cases with another spacing. init:
the source [h, w, 3] in 8 bits; CASE: the picture that the pipeline gives, [h, w, 3] in 8 bits, as
float32; the metadata holds the cases' parameters.

spaced/CLASS/SPACING/OFFSET/N: timesteps that CLASS makes of N steps (of 1000), spacing `own` its default.
"""
import json
import pathlib
import sys

import torch
from diffusers import (DDIMScheduler, DPMSolverMultistepScheduler, EulerAncestralDiscreteScheduler,
                       EulerDiscreteScheduler, PNDMScheduler, StableDiffusionImg2ImgPipeline,
                       UniPCMultistepScheduler)
from PIL import Image
import numpy as np

from store import Store

ROOT = pathlib.Path(__file__).parents[2]
SD15 = dict(num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear",
            steps_offset=1, timestep_spacing="leading")
KINDS = {
    "euler": lambda: EulerDiscreteScheduler(**SD15),
    "euler_a": lambda: EulerAncestralDiscreteScheduler(**SD15),
    "ddim": lambda: DDIMScheduler(**SD15, clip_sample=False, set_alpha_to_one=True),
    "karras": lambda: EulerDiscreteScheduler(**{**SD15, "timestep_spacing": "linspace"}, use_karras_sigmas=True),
}
# name -> sampler and scheduler by our names, strength, steps, guidance, seed
CASES = {
    "euler": ("euler", "ddim", 0.6, 20, 5.0, 42),
    "euler_short": ("euler", "ddim", 0.75, 10, 1.0, 7),
    "ddim": ("ddim", "ddim", 0.55, 20, 4.0, 3),
    "karras": ("euler", "karras", 0.6, 20, 5.0, 42),
    "euler_a": ("euler_a", "ddim", 0.5, 10, 3.0, 11),
}
# by the model's scheduler_config.json: sampler by our name -> class, and what SD 1.5's file says besides
CLASSES = {
    "euler": (EulerDiscreteScheduler, {}),
    "euler_a": (EulerAncestralDiscreteScheduler, {}),
    "ddim": (DDIMScheduler, {}),
    "plms": (PNDMScheduler, {"skip_prk_steps": True}),
    "dpmpp_2m": (DPMSolverMultistepScheduler, {}),
    "unipc": (UniPCMultistepScheduler, {}),
}
# name -> sampler, spacing (own: what the file says, or the class's default), strength, steps, guidance, seed
FROM_CONFIG = {
    "own_euler": ("euler", "own", 0.6, 20, 5.0, 42),
    "own_ddim": ("ddim", "own", 0.55, 20, 4.0, 3),
    "own_plms": ("plms", "own", 0.55, 20, 4.0, 3),
    "plms_whole": ("plms", "own", 1.0, 10, 3.0, 8),
    "plms_all_but_one": ("plms", "own", 0.9, 10, 3.0, 8),
    "plms_two": ("plms", "own", 0.1, 10, 3.0, 8),
    "plms_trailing": ("plms", "trailing", 0.7, 15, 4.0, 9),
    "ddim_trailing": ("ddim", "trailing", 0.7, 15, 4.0, 9),
    "ddim_linspace": ("ddim", "linspace", 0.7, 15, 4.0, 9),
    "own_dpmpp_2m": ("dpmpp_2m", "own", 0.6, 20, 5.0, 4),
    "dpmpp_2m_leading": ("dpmpp_2m", "leading", 0.8, 10, 5.0, 4),
    "own_unipc": ("unipc", "own", 0.6, 20, 5.0, 5),
    "unipc_trailing": ("unipc", "trailing", 0.8, 8, 5.0, 5),
}
PROMPT, NEGATIVE = "a watercolor painting of a cat", "blurry, low quality"


def source():
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:40, 0:48]
    init = np.stack([128 + 90 * np.sin(x / 7), 4 * y + rng.integers(0, 60, x.shape), 255 - 4 * x], -1)
    return init.clip(0, 255).astype(np.uint8)


def main():
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "tests/golden/compat.safetensors"
    torch.set_num_threads(1)
    init = source()
    store = Store()
    store.put("init", torch.from_numpy(init.astype(np.float32)))
    pipe = StableDiffusionImg2ImgPipeline.from_pretrained(ROOT / "tests/golden/tiny", torch_dtype=torch.float32)
    pipe.set_progress_bar_config(disable=True)
    own = pipe.scheduler.config

    def paint(name, scheduler, sampler, said, strength, steps, cfg, seed):
        pipe.scheduler = scheduler
        picture = pipe(prompt=PROMPT, negative_prompt=NEGATIVE, image=Image.fromarray(init), strength=strength,
                       num_inference_steps=steps, guidance_scale=cfg,
                       generator=torch.Generator().manual_seed(seed)).images[0]
        store.put(name, torch.from_numpy(np.asarray(picture).astype(np.float32)))
        store.metadata[name] = f"{sampler} {said} {strength} {steps} {cfg} {seed}"

    for name, (sampler, scheduler, *rest) in CASES.items():
        paint(name, KINDS[scheduler if scheduler == "karras" else sampler](), sampler, scheduler, *rest)
    for name, (sampler, spacing, *rest) in FROM_CONFIG.items():
        kind, more = CLASSES[sampler]
        more = more | ({} if spacing == "own" else {"timestep_spacing": spacing})
        paint(name, kind.from_config(own, **more), sampler, spacing, *rest)
    for sampler, (kind, more) in CLASSES.items():
        for spacing in "own", "leading", "linspace", "trailing":
            for offset, n in (0, 20), (1, 7), (1, 30):
                config = {**SD15, **more, "steps_offset": offset, "timestep_spacing": spacing}
                if spacing == "own":
                    del config["timestep_spacing"]
                scheduler = kind(**config)
                scheduler.set_timesteps(n)
                store.put(f"spaced/{sampler}/{spacing}/{offset}/{n}", scheduler.timesteps.double())
    store.metadata["cases"] = json.dumps([*CASES, *FROM_CONFIG])
    store.metadata["prompt"], store.metadata["negative"] = PROMPT, NEGATIVE
    store.write(out)


if __name__ == "__main__":
    main()

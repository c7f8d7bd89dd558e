"""Whole pictures of diffusers' own img2img pipeline: tests/golden/compat.safetensors.

    python tools/reference/compat.py [OUT.safetensors]

StableDiffusionImg2ImgPipeline over tests/golden/tiny in float32, as a person calls it, with the
scheduler of each case in the configuration that SD 1.5 has (leading timesteps, offset 1). init:
the source [h, w, 3] in 8 bits; CASE: the picture that the pipeline gives, [h, w, 3] in 8 bits, as
float32; the metadata holds the cases' parameters.
"""
import json
import pathlib
import sys

import torch
from diffusers import (DDIMScheduler, EulerAncestralDiscreteScheduler, EulerDiscreteScheduler,
                       StableDiffusionImg2ImgPipeline)
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
PROMPT, NEGATIVE = "a watercolor painting of a cat", "blurry, low quality"


def main():
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "tests/golden/compat.safetensors"
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:40, 0:48]
    init = np.stack([128 + 90 * np.sin(x / 7), 4 * y + rng.integers(0, 60, x.shape), 255 - 4 * x], -1)
    init = init.clip(0, 255).astype(np.uint8)
    store = Store()
    store.put("init", torch.from_numpy(init.astype(np.float32)))
    for name, (sampler, scheduler, strength, steps, cfg, seed) in CASES.items():
        pipe = StableDiffusionImg2ImgPipeline.from_pretrained(ROOT / "tests/golden/tiny", torch_dtype=torch.float32)
        pipe.scheduler = KINDS[scheduler if scheduler == "karras" else sampler]()
        pipe.set_progress_bar_config(disable=True)
        picture = pipe(prompt=PROMPT, negative_prompt=NEGATIVE, image=Image.fromarray(init), strength=strength,
                       num_inference_steps=steps, guidance_scale=cfg,
                       generator=torch.Generator().manual_seed(seed)).images[0]
        store.put(name, torch.from_numpy(np.asarray(picture).astype(np.float32)))
        store.metadata[name] = f"{sampler} {scheduler} {strength} {steps} {cfg} {seed}"
    store.metadata["cases"] = json.dumps(list(CASES))
    store.metadata["prompt"], store.metadata["negative"] = PROMPT, NEGATIVE
    store.write(out)


if __name__ == "__main__":
    main()

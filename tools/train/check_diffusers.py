"""Load the model folder with diffusers' own StableDiffusionImg2ImgPipeline and restyle one picture.

python check_diffusers.py MODEL PICTURE OUT.png [--prompt "a watercolor painting of a cat"] [--strength 0.55] ...
"""
import argparse

import torch
from diffusers import StableDiffusionImg2ImgPipeline
from PIL import Image, ImageOps

p = argparse.ArgumentParser()
p.add_argument("model"); p.add_argument("picture"); p.add_argument("out")
p.add_argument("--prompt", default="a watercolor painting")
p.add_argument("--negative", default="")
p.add_argument("--strength", type=float, default=0.55)
p.add_argument("--steps", type=int, default=20)
p.add_argument("--cfg", type=float, default=1.0)
p.add_argument("--seed", type=int, default=1)
p.add_argument("--size", type=int, default=256)
a = p.parse_args()
pipe = StableDiffusionImg2ImgPipeline.from_pretrained(a.model, torch_dtype=torch.float32)
picture = ImageOps.fit(Image.open(a.picture).convert("RGB"), (a.size, a.size), Image.LANCZOS)
out = pipe(prompt=a.prompt, negative_prompt=a.negative, image=picture, strength=a.strength, num_inference_steps=a.steps,
           guidance_scale=a.cfg, generator=torch.Generator().manual_seed(a.seed)).images[0]
out.save(a.out)
print("ok", a.out, out.size)

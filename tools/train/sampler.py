"""Img2img with the exported folder: Euler over the tail of a Karras schedule, steps counted as A1111 does."""
import json

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTokenizer

import model
from common import DEVICE


class Restyler:
    def __init__(self, folder):
        f = lambda c, n: c.from_pretrained(f"{folder}/{n}", torch_dtype=torch.float32).to(DEVICE).eval()
        self.vae, self.unet, self.text = f(AutoencoderKL, "vae"), f(UNet2DConditionModel, "unet"), f(CLIPTextModel, "text_encoder")
        self.tok = CLIPTokenizer.from_pretrained(f"{folder}/tokenizer")
        self.scale = self.vae.config.scaling_factor
        assert json.load(open(f"{folder}/scheduler/scheduler_config.json"))["beta_end"] == model.BETA_END

    @torch.no_grad()
    def words(self, prompts):
        ids = self.tok(prompts, padding="max_length", truncation=True, max_length=model.LENGTH, return_tensors="pt").input_ids
        return self.text(ids.to(DEVICE)).last_hidden_state

    @torch.no_grad()
    def __call__(self, pictures, prompts, strength=0.6, cfg=1.0, steps=20, seed=1, negative=""):
        """pictures: B x 3 x H x W in -1..1."""
        cond, unc = self.words(prompts), self.words([negative] * len(prompts))
        z = self.vae.encode(pictures.to(DEVICE)).latent_dist.mean * self.scale
        noise = torch.randn(z.shape[1:], generator=torch.Generator().manual_seed(seed)).to(DEVICE)
        sig = model.karras(steps)[steps - int(min(strength, 0.999) * steps) - 1:]
        x = z + noise * float(sig[0])
        for a, b in zip(sig[:-1], sig[1:]):
            t = model.sigma_to_t(a[None]).to(DEVICE).expand(len(x))
            a, b = float(a), float(b)
            c = x / (a * a + 1) ** 0.5
            v = self.unet(c, t, cond).sample
            if cfg != 1:
                u = self.unet(c, t, unc).sample
                v = u + cfg * (v - u)
            d = x / (a * a + 1) - v * a / (a * a + 1) ** 0.5
            x = x + (x - d) / a * (b - a)
        return self.vae.decode(x / self.scale).sample.clamp(-1, 1)

"""Whole inpaint runs over the tiny model: tests/golden/inpaint_runs.safetensors and tests/golden/tiny_inpaint.

    python tools/reference/inpaint_runs.py --a1111 CHECKOUT --k-diffusion build/k-diffusion

The order of StableDiffusionProcessingImg2Img.init with A1111's own functions for masks, soft inpainting and overlay,
its blend of latents in k-diffusion's samplers; and diffusers' StableDiffusionInpaintPipeline with a network of nine
channels. Networks compute in float64; A1111's posterior sample is replaced by the mean."""
import argparse
import copy
import math
import pathlib
import sys
import tempfile
import types

import cv2
import numpy as np
import torch
from diffusers import EulerDiscreteScheduler, StableDiffusionInpaintPipeline, UNet2DConditionModel
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from diffusers.pipelines.stable_diffusion import pipeline_stable_diffusion_inpaint
from PIL import Image, ImageFilter, ImageOps

import runs
import tiny_models
from a1111_checkout import Checkout
from inpaint import LANCZOS, bytes_of, pillow_9
from store import save

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "tests/golden"
W, H, F = 40, 24, 2
BASE = dict(sampler="euler", steps=6, strength=0.7, cfg_scale=4.0, seed=42, blur=2, content=1, padding=0, soft=0)
RUNS = {
    "original": {}, "ancestral": dict(sampler="euler_a"), "fill": dict(content=0), "noise": dict(content=2),
    "nothing": dict(content=3, blur=0), "only_masked": dict(padding=6), "soft": dict(soft=1, blur=4),
    "soft_bent": dict(soft=2, blur=4, content=0), "soft_only_masked": dict(soft=1, blur=1, padding=7),
}
SOFT = {1: (1, 0.5, 4, 0, 0.5, 2), 2: (0.5, 1.25, 1.5, 0.75, 1.5, 3)}


class Webui:
    """A1111's functions, with the modules that they import by name."""

    def __init__(self, folder):
        c = Checkout(folder)
        opts = types.SimpleNamespace(upscaler_for_img2img=None)
        self.images = c.take("modules/images.py", ["resize_image"], Image=Image, LANCZOS=LANCZOS, opts=opts)
        self.processing = c.take("modules/processing.py", ["create_binary_mask", "uncrop", "apply_overlay"],
                                 Image=Image, images=self.images)
        self.masking = c.take("modules/masking.py", ["get_crop_region_v2", "expand_crop_region", "fill"],
                              Image=Image, ImageFilter=ImageFilter, ImageOps=ImageOps)
        self.soft = c.take("extensions-builtin/soft-inpainting/scripts/soft_inpainting.py",
                           ["SoftInpaintingSettings", "latent_blend", "get_modified_nmask", "apply_adaptive_masks",
                            "weighted_histogram_filter", "smootherstep", "get_gaussian_kernel"], np=np, math=math)
        package = types.ModuleType("modules")
        package.processing, package.images = self.processing, self.images
        sys.modules.update({"modules": package, "modules.processing": self.processing, "modules.images": self.images})


def picture(w, h):
    y, x = np.mgrid[0:h, 0:w]
    noise = np.random.default_rng(8).normal(0, 25, (h, w, 3))
    im = np.stack([255 * x / w, 127 + 100 * np.sin(x / 5 + y / 3), 255 * y / h], -1) + noise
    return Image.fromarray(np.clip(im, 0, 255).astype(np.uint8), "RGB")


def mask_of(p, w, h):
    """A box whose padded shape is that of the output, so that nothing is scaled; a dot in the whole picture."""
    m = np.zeros((h, w), np.uint8)
    if p["padding"]:
        grown = p["padding"] + int(2.5 * p["blur"] + 0.5)
        m[10 + grown:10 + H - grown, 8 + grown:8 + W - grown] = 255
    else:
        m[5:17, 9:27] = 255
        m[3:6, 33:36] = 160
    return Image.fromarray(m, "L")


class Prepared:
    """What init() makes of picture and mask; latent_mask: the latent's own."""

    def __init__(self, web, p, full, raw, latent_mask=None):
        self.full, self.raw, mask = full, raw, raw
        self.size = (W, H) if p["padding"] else full.size
        for turn, blur in ((1, p["blur"]), (-1, p.get("blur_y", p["blur"]))):
            if blur:
                size = (2 * int(2.5 * blur + 0.5) + 1, 1)[::turn]
                mask = Image.fromarray(cv2.GaussianBlur(np.array(mask), size, blur))
        self.paste_to, image, self.blurred = None, self.full, mask
        if p["padding"]:
            overlay = mask
            region = web.masking.get_crop_region_v2(mask, p["padding"])
            region = web.masking.expand_crop_region(region, W, H, *mask.size)
            x1, y1, x2, y2 = region
            assert (x2 - x1, y2 - y1) == (W, H), region
            self.paste_to = (x1, y1, W, H)
            image, mask = image.crop(region), web.images.resize_image(2, mask.crop(region), W, H).convert("L")
        else:
            overlay = Image.fromarray(np.clip(np.array(mask).astype(np.float32) * 2, 0, 255).astype(np.uint8))
        masked = Image.new("RGBa", self.full.size)
        masked.paste(self.full.convert("RGBA").convert("RGBa"), mask=ImageOps.invert(overlay.convert("L")))
        self.overlay = masked.convert("RGBA")
        mask = latent_mask or mask
        self.image = web.masking.fill(image, mask) if p["content"] != 1 else image
        small = mask.convert("RGB").resize((self.size[0] // F, self.size[1] // F))
        latent = np.array(small)[:, :, 0].astype(np.float32) / 255
        latent = latent if p["soft"] else np.around(latent)
        self.nmask = torch.from_numpy(np.tile(latent[None], (4, 1, 1))).double()
        self.mask = 1 - self.nmask


def a1111_run(web, kd, model, p, prepared):
    external, sampling = kd[:2]
    unet = tiny_models.cast(model.unet, torch.float64)
    vae = copy.deepcopy(model.vae).double()
    text = copy.deepcopy(model.text).double()
    scale = model.config["vae"]["scaling_factor"]
    cond, uncond = (text(model.encode_ids(s)).last_hidden_state for s in (runs.PROMPT, runs.NEGATIVE))
    den = runs.make_denoiser(external, model, unet, torch.float64, cond, uncond, p["cfg_scale"])
    sigmas = runs.get_sigmas(sampling, den, "karras", p["steps"])
    sigmas = sigmas[p["steps"] - int(min(p["strength"], 0.999) * p["steps"]) - 1:]
    image = torch.from_numpy(np.array(prepared.image)).permute(2, 0, 1)[None].double() / 255
    init = vae.encode(image * 2 - 1).latent_dist.mean * scale
    g = torch.Generator().manual_seed(p["seed"])

    def noise(*_):
        return torch.randn(tuple(init.shape), generator=g).double()

    start = noise()
    if p["content"] == 2:
        init = init * prepared.mask + start * prepared.nmask
    elif p["content"] == 3:
        init = init * prepared.mask
    settings = web.soft.SoftInpaintingSettings(*SOFT[p["soft"]]) if p["soft"] else None

    def blend(latent, sigma):
        if settings is None:
            return latent * prepared.nmask + init * prepared.mask
        return web.soft.latent_blend(settings, init, latent,
                                     web.soft.get_modified_nmask(settings, prepared.nmask, sigma))

    def masked(x, sigma, **_):
        return blend(den(x, sigma), sigma[0])

    sample = sampling.sample_euler if p["sampler"] == "euler" else sampling.sample_euler_ancestral
    extra = {} if p["sampler"] == "euler" else dict(noise_sampler=noise)
    x = sample(masked, init + start * sigmas[0], sigmas, disable=True, **extra)
    x = x if settings else blend(x, None)
    decoded = ((vae.decode(x / scale).sample + 1) / 2).clamp(0, 1)
    overlay = prepared.overlay
    if settings:
        overlays = [prepared.full.convert("RGBA")]
        web.soft.apply_adaptive_masks(settings, prepared.nmask, init, x, overlays, *prepared.size, prepared.paste_to)
        overlay = overlays[0]
    made = Image.fromarray((255.0 * decoded[0].permute(1, 2, 0).numpy()).astype(np.uint8))
    composite, _ = web.processing.apply_overlay(made, prepared.paste_to, overlay)
    return {"init": bytes_of(prepared.full), "raw": bytes_of(prepared.raw), "image": decoded[0].permute(1, 2, 0).float(),
            "composite": bytes_of(composite)}


def nine_channels(model):
    """The tiny network with a first convolution of nine inputs, beside tiny's other parts."""
    unet = UNet2DConditionModel(**{**model.config["unet"], "in_channels": 9}).eval()
    tiny_models.randomise(unet, torch.Generator().manual_seed(1009), torch.float16)
    unet.requires_grad_(False)
    folder = GOLDEN / "tiny_inpaint"
    (folder / "unet").mkdir(parents=True, exist_ok=True)
    save({k: v.half() for k, v in unet.state_dict().items()},
         folder / "unet/diffusion_pytorch_model.safetensors", {"format": "pt"})
    unet.save_config(folder / "unet")
    tiny_models.tidy_config(folder / "unet/config.json")
    for part in ("vae", "text_encoder", "tokenizer", "scheduler", "model_index.json"):
        if not (folder / part).is_symlink():
            (folder / part).symlink_to(f"../tiny/{part}")
    return unet


def diffusers_run(model, unet, steps=6, strength=0.7, cfg_scale=4.0, seed=42):
    DiagonalGaussianDistribution.sample = lambda self, generator=None: self.mean
    pipeline_stable_diffusion_inpaint.randn_tensor = lambda shape, generator=None, dtype=None, **_: torch.randn(
        shape, generator=generator).to(dtype)  # float32 draws other numbers than float64
    scheduler = EulerDiscreteScheduler(num_train_timesteps=1000, use_karras_sigmas=True, timestep_spacing="linspace",
                                       **{k: v for k, v in model.config["scheduler"].items()})
    pipe = StableDiffusionInpaintPipeline(
        vae=copy.deepcopy(model.vae).double(), text_encoder=copy.deepcopy(model.text).double(),
        tokenizer=model.tokenizer, unet=tiny_models.cast(unet, torch.float64), scheduler=scheduler,
        safety_checker=None, feature_extractor=None, requires_safety_checker=False)
    pipe.set_progress_bar_config(disable=True)
    full = picture(W, H)
    mask = mask_of(dict(BASE), W, H)
    result = pipe(prompt=runs.PROMPT, negative_prompt=runs.NEGATIVE, image=full, mask_image=mask, height=H, width=W,
                  strength=strength, num_inference_steps=steps, guidance_scale=cfg_scale, output_type="np",
                  generator=torch.Generator().manual_seed(seed)).images[0]
    return {"init": bytes_of(full), "raw": bytes_of(mask), "image": torch.from_numpy(result).float()}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--a1111", required=True)
    parser.add_argument("--k-diffusion", required=True)
    args = parser.parse_args()
    pillow_9()
    web, kd = Webui(args.a1111), runs.load_k_diffusion(args.k_diffusion)
    tensors, metadata = {}, {"runs": ",".join(RUNS), "prompt": runs.PROMPT, "negative": runs.NEGATIVE}
    with tempfile.TemporaryDirectory() as folder:
        model = tiny_models.load(folder, "tiny")
    for name, changes in RUNS.items():
        p = BASE | changes
        full = picture(60, 48) if p["padding"] else picture(W, H)
        for k, v in a1111_run(web, kd, model, p, Prepared(web, p, full, mask_of(p, *full.size))).items():
            tensors[f"{name}/{k}"] = v
        metadata |= {f"{name}/{k}": str(v) for k, v in p.items()}
    for k, v in diffusers_run(model, nine_channels(model)).items():
        tensors[f"nine/{k}"] = v
    save(tensors, GOLDEN / "inpaint_runs.safetensors", metadata)


if __name__ == "__main__":
    main()

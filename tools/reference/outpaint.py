"""Outpainting as A1111's two scripts do it, executed: tests/golden/outpaint.safetensors.

    pip install scikit-image
    python tools/reference/outpaint.py --a1111 CHECKOUT --k-diffusion build/k-diffusion

noise/CASE: get_matched_noise on small pictures. runs: Script.run of scripts/poor_mans_outpainting.py and
scripts/outpainting_mk_2.py whole, process_images being inpaint_runs.a1111_run over the tiny model. pcg64/SEED: numpy's
default_rng. fft: numpy's transform as get_matched_noise centres it. Pictures are float16, which holds bytes."""
import argparse
import math
import pathlib
import tempfile
import types

import numpy as np
import skimage.exposure
import torch
from PIL import Image, ImageDraw

import inpaint_runs
import runs
import tiny_models
from a1111_checkout import Checkout
from inpaint import pillow_9
from store import Store

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "tests/golden"
NOISE = {  # picture, box of what is visible, fall-off exponent, colour variation
    "left": (64, 64, (26, 0, 64, 64), 1.0, 0.05),
    "wide": (128, 64, (0, 0, 128, 41), 0.5, 0.3),
    "odd": (42, 22, (0, 0, 29, 22), 2.5, 0.0),  # factors 3, 7, 11
}
SIZE = (64, 40)
BASE = dict(sampler="euler", steps=5, strength=0.8, cfg_scale=4.0, padding=0, soft=0)
RUNS = {
    "poor_man": dict(method="poor_man", left=24, right=24, up=24, down=0, blur=2, content=0, tile=96),
    "poor_man_noise": dict(method="poor_man", left=0, right=16, up=0, down=16, blur=0, content=2, tile=80),
    "mk2": dict(method="mk2", left=24, right=0, up=0, down=24, blur=1, falloff=1.0, color_variation=0.05, tile=96),
    "mk2_bent": dict(method="mk2", left=0, right=24, up=24, down=0, blur=2, falloff=0.5, color_variation=0.5, tile=128),
}


def bytes_of(image):
    return torch.from_numpy(np.array(image).astype(np.float16))


class Scripts:
    """The published scripts; process(p) answers process_images."""

    def __init__(self, folder, process):
        c = Checkout(folder)
        grid = c.take("modules/images.py", ["Grid", "split_grid", "combine_grid"], Image=Image, math=math, np=np,
                      namedtuple=__import__("collections").namedtuple)
        grid.image_grid = lambda images: images[0]
        space = dict(math=math, np=np, skimage=skimage, Image=Image, ImageDraw=ImageDraw, images=grid,
                     scripts=types.SimpleNamespace(Script=object), devices=types.SimpleNamespace(torch_gc=lambda: None),
                     state=types.SimpleNamespace(), process_images=process,
                     opts=types.SimpleNamespace(samples_save=False, grid_save=False, return_grid=False,
                                                grid_only_if_multiple=True),
                     Processed=lambda p, images, seed, info: types.SimpleNamespace(images=images))
        self.poor_man = c.take("scripts/poor_mans_outpainting.py", ["Script"], **space).Script()
        mk2 = c.take("scripts/outpainting_mk_2.py", ["get_matched_noise", "Script"], **space)
        self.mk2, self.noise = mk2.Script(), mk2.get_matched_noise


def picture(w, h):
    y, x = np.mgrid[0:h, 0:w]
    im = np.stack([255 * x / w, 127 + 100 * np.sin(x / 5 + y / 3), 255 * y / h], -1)
    im += np.random.default_rng(5).normal(0, 20, im.shape)
    return Image.fromarray(np.clip(im, 0, 255).astype(np.uint8), "RGB")


def noise_cases(out, scripts):
    for name, (w, h, box, falloff, color) in NOISE.items():
        canvas = Image.new("RGB", (w, h))
        canvas.paste(picture(w, h).crop(box), box[:2])
        mask = Image.new("RGB", (w, h), "white")
        mask.paste((0, 0, 0), box)
        made = scripts.noise(np.asarray(canvas) / 255.0, np.asarray(mask) / 255.0, falloff, color)
        out.put(f"noise/{name}/in", bytes_of(canvas))
        out.put(f"noise/{name}/mask", bytes_of(mask.convert("L")))
        out.put(f"noise/{name}/out", bytes_of(Image.fromarray(np.clip(made * 255., 0., 255.).astype(np.uint8))))
        out.metadata |= {f"noise/{name}/falloff": str(falloff), f"noise/{name}/color_variation": str(color)}
    out.metadata["noise"] = ",".join(NOISE)


def numbers(out):
    for seed in (0, 12345678901):
        out.put(f"pcg64/{seed}", torch.from_numpy(np.random.default_rng(seed).random(20)))
    shape = (22, 42)
    g = np.random.default_rng(1)
    x = g.normal(size=shape) + 1j * g.normal(size=shape)
    out.put("fft/in", torch.view_as_real(torch.from_numpy(x)))
    y = np.fft.ifftshift(np.fft.fft2(np.fft.fftshift(x), norm="ortho"))
    out.put("fft/out", torch.view_as_real(torch.from_numpy(y)))


def outpaint(scripts, r):
    sides = {k: r[k] for k in ("left", "right", "up", "down") if r[k]}
    assert len(set(sides.values())) == 1
    pixels = next(iter(sides.values()))
    wide = SIZE[0] + r["left"] + r["right"]
    high = SIZE[1] + r["up"] + r["down"]
    p = types.SimpleNamespace(**BASE, seed=42, init_images=[picture(*SIZE)], n_iter=1, batch_size=1, prompt="",
                              width=min(r["tile"], math.ceil(wide / 64) * 64),
                              height=min(r["tile"], math.ceil(high / 64) * 64))
    if r["method"] == "mk2":
        p.width = p.height = r["tile"]
        result = scripts.mk2.run(p, None, pixels, r["blur"], list(sides), r["falloff"], r["color_variation"])
    else:
        result = scripts.poor_man.run(p, pixels, r["blur"], r["content"], list(sides))
    return result.images[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--a1111", required=True)
    parser.add_argument("--k-diffusion", required=True)
    args = parser.parse_args()
    pillow_9()
    web, kd = inpaint_runs.Webui(args.a1111), runs.load_k_diffusion(args.k_diffusion)
    with tempfile.TemporaryDirectory() as folder:
        model = tiny_models.load(folder, "tiny")

    def process(p):
        init = p.init_images[0]
        assert init.size == (p.width, p.height), (init.size, p.width, p.height)
        across, down = (vars(p).get(f"mask_blur{axis}", vars(p).get("mask_blur")) for axis in ("_x", "_y"))
        values = BASE | dict(seed=p.seed, blur=across, blur_y=down, content=p.inpainting_fill)
        prepared = inpaint_runs.Prepared(web, values, init, p.image_mask.convert("L"), p.latent_mask.convert("L"))
        made = inpaint_runs.a1111_run(web, kd, model, values, prepared)["composite"].numpy().astype(np.uint8)
        return types.SimpleNamespace(images=[Image.fromarray(made).convert("RGB")], seed=p.seed, info="")

    scripts = Scripts(args.a1111, process)
    out = Store()
    numbers(out)
    noise_cases(out, scripts)
    out.put("init", bytes_of(picture(*SIZE)))
    for name, r in RUNS.items():
        out.put(f"{name}/out", bytes_of(outpaint(scripts, r)))
        out.metadata |= {f"{name}/{k}": str(v) for k, v in (BASE | r).items()}
    out.metadata |= {"runs": ",".join(RUNS), "prompt": runs.PROMPT, "negative": runs.NEGATIVE}
    out.write(GOLDEN / "outpaint.safetensors")


if __name__ == "__main__":
    main()

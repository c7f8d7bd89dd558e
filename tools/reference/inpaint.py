"""Reference data of tests/unit/*/t_inpaint*.c, t_mask.c and t_latent_resize.c: tests/golden/inpaint.safetensors.

    python tools/reference/inpaint.py --a1111 CHECKOUT

Needs torch, numpy, Pillow, OpenCV and a checkout of AUTOMATIC1111/stable-diffusion-webui (1.9 or later), whose
functions are executed, not copied. Pictures and masks are stored as floats that hold bytes."""
import argparse
import pathlib
import types

import cv2
import numpy as np
import torch
from PIL import Image, ImageFilter, ImageOps

from a1111_checkout import Checkout
from store import Store

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "tests/golden"
LANCZOS = Image.Resampling.LANCZOS


def latent_resize(out):
    """What A1111 does to the latent in its resize mode 3."""
    g = torch.Generator().manual_seed(31)
    x = torch.randn((1, 4, 9, 7), generator=g)
    out.put("latent_resize/in", x)
    for h, w in ((9, 7), (18, 14), (5, 11), (1, 1), (3, 20)):
        out.put(f"latent_resize/{h}x{w}", torch.nn.functional.interpolate(x, size=(h, w), mode="bilinear"))


def pillow_9(resize=Image.Image.resize):
    """Pillow scaled rows before columns in A1111's days; since then, sometimes columns first."""
    def rows_first(im, size, resample=Image.Resampling.BICUBIC, box=None, **_):
        if box is None:
            im = resize(im, (size[0], im.height), resample)
        return resize(im, size, resample, box)
    Image.Image.resize = rows_first


def bytes_of(image):
    """A picture or a mask as a tensor [h, w, ...]."""
    return torch.from_numpy(np.array(image).astype(np.float32))


def scene(w, h, seed):
    """A picture with smooth parts, an edge and noise."""
    y, x = np.mgrid[0:h, 0:w]
    rng = np.random.default_rng(seed)
    im = np.stack([255 * x / w, 127 + 127 * np.sin(y / 4), 255 * (x > w // 2)], -1)
    return Image.fromarray(np.clip(im + rng.normal(0, 12, im.shape), 0, 255).astype(np.uint8), "RGB")


def blob(w, h):
    """A mask with hard edges that touches the right border, and a soft spot."""
    y, x = np.mgrid[0:h, 0:w]
    m = np.where((x - 0.7 * w) ** 2 + (y - 0.4 * h) ** 2 < (0.3 * h) ** 2, 255, 0)
    m[int(0.4 * h):int(0.5 * h), int(0.7 * w):] = 255
    m = np.maximum(m, 200 * np.exp(-((x - 0.2 * w) ** 2 + (y - 0.8 * h) ** 2) / 6))
    return Image.fromarray(m.astype(np.uint8), "L")


def masks(out, images, processing):
    mask = blob(41, 33)
    out.put("mask/in", bytes_of(mask))
    for x, y in ((4, 4), (1, 0), (0, 7), (20, 2)):
        m = np.array(mask)
        if x:
            m = cv2.GaussianBlur(m, (2 * int(2.5 * x + 0.5) + 1, 1), x)
        if y:
            m = cv2.GaussianBlur(m, (1, 2 * int(2.5 * y + 0.5) + 1), y)
        out.put(f"mask/blur_{x}_{y}", bytes_of(m))
    for w, h in ((64, 64), (20, 24), (48, 16)):
        for mode in range(3):
            resized = images.resize_image(mode, mask, w, h).convert("L")
            out.put(f"mask/resize_{mode}_{w}x{h}", bytes_of(resized))
    for w, h in ((5, 4), (8, 8), (20, 16)):
        latent = np.array(mask.convert("RGB").resize((w, h)))[:, :, 0]
        out.put(f"mask/latent_{w}x{h}", bytes_of(latent))
    picture = scene(41, 33, 1)
    out.put("mask/picture", bytes_of(picture))
    out.put("mask/picture_as_mask", bytes_of(processing.create_binary_mask(picture)))
    rgba = picture.convert("RGBA")
    rgba.putalpha(mask.filter(ImageFilter.GaussianBlur(2)))
    out.put("mask/alpha", bytes_of(rgba.split()[-1]))
    out.put("mask/alpha_rounded", bytes_of(processing.create_binary_mask(rgba)))


def fill(out, masking):
    for name, size, blur in (("hard", (41, 33), 0), ("soft", (41, 33), 3), ("wide", (90, 20), 2)):
        picture, mask = scene(*size, 2), blob(*size).filter(ImageFilter.GaussianBlur(blur))
        out.put(f"fill/{name}/picture", bytes_of(picture))
        out.put(f"fill/{name}/mask", bytes_of(mask))
        out.put(f"fill/{name}/out", bytes_of(masking.fill(picture, mask)))


def boxes(out, masking):
    """Rows: picture width and height, the mask's box, padding, width and height of the output; what
    get_crop_region_v2 and what expand_crop_region give."""
    rng = np.random.default_rng(5)
    rows = []
    for i in range(300):
        w, h = (int(v) for v in rng.integers(4, 400, 2))
        x1, y1 = int(rng.integers(0, w)), int(rng.integers(0, h))
        x2, y2 = int(rng.integers(x1, w)) + 1, int(rng.integers(y1, h)) + 1
        pad, pw, ph = int(rng.integers(0, 80)) * (i % 3 > 0), *(int(v) * 8 for v in rng.integers(1, 100, 2))
        mask = Image.new("L", (w, h))
        mask.paste(1 + i % 255, (x1, y1, x2, y2))
        region = masking.get_crop_region_v2(mask, pad)
        expanded = masking.expand_crop_region(region, pw, ph, w, h)
        rows.append([w, h, x1, y1, x2, y2, pad, pw, ph, *region, *expanded])
    assert masking.get_crop_region_v2(Image.new("L", (9, 9)), 3) is None
    out.put("boxes", torch.tensor(rows, dtype=torch.int64))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--a1111", required=True)
    a1111 = Checkout(parser.parse_args().a1111)
    opts = types.SimpleNamespace(upscaler_for_img2img=None)
    images = a1111.take("modules/images.py", ["resize_image"], Image=Image, LANCZOS=LANCZOS, opts=opts)
    processing = a1111.take("modules/processing.py", ["create_binary_mask"])
    masking = a1111.take("modules/masking.py", ["get_crop_region_v2", "expand_crop_region", "fill"],
                         Image=Image, ImageFilter=ImageFilter, ImageOps=ImageOps)
    pillow_9()
    out = Store()
    latent_resize(out)
    masks(out, images, processing)
    fill(out, masking)
    boxes(out, masking)
    out.write(GOLDEN / "inpaint.safetensors")


if __name__ == "__main__":
    main()

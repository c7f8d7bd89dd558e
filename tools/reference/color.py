"""Reference data for colour correction: tests/golden/color.safetensors.

    pip install --no-deps blendmodes==2022 scikit-image lazy-loader
    python tools/reference/color.py

OpenCV's 8-bit CIELAB, skimage's match_histograms and blendmodes' LUMINOSITY, put together as A1111's
apply_color_correction (modules/processing.py). --exhaust FILE writes all 2^24 conversions both ways
(100 MB), to compare once; they are not committed."""
import argparse
import pathlib

import cv2
import numpy as np
import torch
from blendmodes.blend import BlendType, blendLayers
from PIL import Image
from skimage import exposure

from store import Store


def correct(target, picture):
    lab = exposure.match_histograms(cv2.cvtColor(picture, cv2.COLOR_RGB2LAB),
                                    cv2.cvtColor(target, cv2.COLOR_RGB2LAB), channel_axis=2)
    image = Image.fromarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB).astype("uint8"))
    blended = blendLayers(image, Image.fromarray(picture), BlendType.LUMINOSITY)
    return np.asarray(blended.convert("RGB"))


def scene(rng, w, h, tint, contrast):
    """Smooth colours with some noise, clipped here and there."""
    y, x = np.mgrid[0:h, 0:w].astype(np.float64)
    waves = np.stack([np.sin(x / (5 + k) + k) + np.cos(y / (4 + k) - k) for k in range(3)], axis=2)
    v = 128 + contrast * waves + np.asarray(tint) + rng.normal(0, 12, (h, w, 3))
    return np.clip(v, 0, 255).astype(np.uint8)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default="tests/golden", help="default: %(default)s")
    parser.add_argument("--exhaust", help="file for all conversions")
    args = parser.parse_args()
    rng = np.random.default_rng(5001)
    store = Store()
    colours = rng.integers(0, 256, (1, 4096, 3), dtype=np.uint8)
    store.put("bytes", torch.from_numpy(colours))
    store.put("rgb2lab", torch.from_numpy(cv2.cvtColor(colours, cv2.COLOR_RGB2LAB)))
    store.put("lab2rgb", torch.from_numpy(cv2.cvtColor(colours, cv2.COLOR_LAB2RGB)))
    for name, size, tint, contrast in (("warm", (40, 28), (30, 0, -40), 40),
                                       ("dark", (17, 33), (-90, -80, -60), 30),
                                       ("hard", (32, 32), (0, 0, 0), 150), ("flat", (9, 9), (20, 20, 20), 0)):
        target = scene(rng, 36, 30, tint, contrast)
        picture = scene(rng, *size, (0, 10, 20), 70)
        store.put(f"{name}/target", torch.from_numpy(target))
        store.put(f"{name}/picture", torch.from_numpy(picture))
        store.put(f"{name}/out", torch.from_numpy(correct(target, picture).copy()))
    store.write(pathlib.Path(args.out) / "color.safetensors")
    if args.exhaust:
        every = np.arange(1 << 24, dtype=np.uint32).view(np.uint8).reshape(1, -1, 4)[:, :, :3].copy()
        with open(args.exhaust, "wb") as f:
            f.write(cv2.cvtColor(every, cv2.COLOR_RGB2LAB).tobytes())
            f.write(cv2.cvtColor(every, cv2.COLOR_LAB2RGB).tobytes())


if __name__ == "__main__":
    main()

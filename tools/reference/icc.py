"""Reference data for ICC profiles: tests/golden/icc.safetensors, and a picture with one, media/p3.webp.

    pip install pillow colour-science
    python tools/reference/icc.py

Profiles of curves and a matrix, made here as the specification says (ICC.1:2022), and what Little CMS
(Pillow's ImageCms) makes of 8-bit colours in them: sRGB, by relative colorimetry."""
import argparse
import io
import pathlib
import struct

import colour
import numpy as np
import torch
from PIL import Image, ImageCms

from store import Store

D50 = np.array([0.9642, 1.0, 0.8249])


def fixed(values):
    return b"".join(struct.pack(">i", round(float(v) * 65536)) for v in values)


def gamma(g):
    return b"curv" + struct.pack(">IIH", 0, 1, round(g * 256)) + b"\0\0"


def table(points):
    return b"curv" + struct.pack(">II", 0, len(points)) + np.round(points * 65535).astype(">u2").tobytes()


def function(kind, *params):
    return b"para" + struct.pack(">IHH", 0, kind, 0) + fixed(params)


def profile(space, curves):
    s = colour.RGB_COLOURSPACES[space]
    white = colour.xy_to_XYZ(s.whitepoint)
    adapt = colour.adaptation.matrix_chromatic_adaptation_VonKries(white, D50, transform="Bradford")
    columns = (adapt @ s.matrix_RGB_to_XYZ).T
    tags = [(n, b"XYZ \0\0\0\0" + fixed(c)) for n, c in zip([b"rXYZ", b"gXYZ", b"bXYZ"], columns)]
    tags += list(zip([b"rTRC", b"gTRC", b"bTRC"], curves))
    tags.append((b"wtpt", b"XYZ \0\0\0\0" + fixed(D50)))
    at, entries, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, data in tags:
        data += b"\0" * (-len(data) % 4)
        entries += name + struct.pack(">II", at + len(body), len(data))
        body += data
    header = struct.pack(">I4sI4s4s4s12x4s", at + len(body), b"none", 0x04300000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    header += bytes(68 - len(header)) + fixed(D50)
    return header + bytes(128 - len(header)) + struct.pack(">I", len(tags)) + entries + body


def convert(data, rgb):
    srgb = ImageCms.createProfile("sRGB")
    t = ImageCms.buildTransform(ImageCms.ImageCmsProfile(io.BytesIO(data)), srgb, "RGB", "RGB",
                                renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC, flags=ImageCms.Flags.NOOPTIMIZE)
    return np.asarray(ImageCms.applyTransform(Image.fromarray(rgb[None]), t))[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default="tests/golden", help="default: %(default)s")
    args = parser.parse_args()
    srgb = function(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    ramp = np.linspace(0, 1, 256)
    profiles = {
        "display_p3": profile("Display P3", [srgb] * 3),
        "adobe_rgb": profile("Adobe RGB (1998)", [gamma(563 / 256)] * 3),
        "rec2020": profile("ITU-R BT.2020", [function(4, 1 / 0.45, 1 / 1.09929682, 0.09929682 / 1.09929682, 1 / 4.5,
                                                      0.08124286, 0, 0)] * 3),
        "tables": profile("Display P3", [table(ramp**1.8), table(ramp**2.2), table(ramp**2.6)]),
        "shifted": profile("sRGB", [function(0, 1.8), function(1, 2.2, 0.9, 0.1), function(2, 2.0, 0.8, 0.1, 0.05)]),
        "srgb": profile("sRGB", [srgb] * 3),
    }
    rng = np.random.default_rng(9)
    grey = np.repeat(np.arange(0, 256, 15, dtype=np.uint8)[:, None], 3, axis=1)
    rgb = np.concatenate([grey, rng.integers(0, 256, (200, 3), dtype=np.uint8)])
    store = Store()
    store.put("rgb", torch.tensor(rgb.astype(np.float32)))
    for name, data in profiles.items():
        store.put(f"{name}.icc", torch.tensor(np.frombuffer(data, np.uint8).astype(np.float32)))
        store.put(name, torch.tensor(convert(data, rgb).astype(np.float32)))
    store.write(pathlib.Path(args.out) / "icc.safetensors")
    Image.new("RGB", (4, 4), (200, 100, 50)).save(pathlib.Path(args.out) / "media" / "p3.webp", lossless=True,
                                                  icc_profile=profiles["display_p3"])


if __name__ == "__main__":
    main()

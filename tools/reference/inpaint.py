"""Reference data of tests/unit/*/t_inpaint*.c: tests/golden/inpaint.safetensors.

    python tools/reference/inpaint.py

Needs torch."""
import pathlib

import torch

from store import Store

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "tests/golden"


def latent_resize(out):
    """What A1111 does to the latent in its resize mode 3."""
    g = torch.Generator().manual_seed(31)
    x = torch.randn((1, 4, 9, 7), generator=g)
    out.put("latent_resize/in", x)
    for h, w in ((9, 7), (18, 14), (5, 11), (1, 1), (3, 20)):
        out.put(f"latent_resize/{h}x{w}", torch.nn.functional.interpolate(x, size=(h, w), mode="bilinear"))


def main():
    out = Store()
    latent_resize(out)
    out.write(GOLDEN / "inpaint.safetensors")


if __name__ == "__main__":
    main()

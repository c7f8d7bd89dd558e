"""Reference data for tiling: tests/golden/tiling.safetensors.

    python tools/reference/tiling.py

A1111's "Tiling" sets padding_mode of every Conv2d of UNet and autoencoder to 'circular'
(modules/processing.py, sd_hijack.py); the same is done here to diffusers' modules. The downsamplers
of the autoencoder's encoder pad by hand (below and right, zeros) before a convolution without
padding, and stay as they are."""
import argparse
import pathlib

import diffusers
import torch

import tiny_models
from engine import randn, run
from store import Store


def make_circular(module):
    for m in module.modules():
        if isinstance(m, torch.nn.Conv2d):
            m.padding_mode = "circular"
            # torch reads this for every mode but zeros; made in the constructor
            m._reversed_padding_repeated_twice = [p for p in reversed(m.padding) for _ in range(2)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default="tests/golden", help="default: %(default)s")
    args = parser.parse_args()
    diffusers.logging.set_verbosity_error()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    out = pathlib.Path(args.out)
    store = Store()
    g = torch.Generator().manual_seed(4001)
    with torch.no_grad():
        for name in tiny_models.MODELS:
            m = tiny_models.load(out, name)
            for part in (m.unet, m.vae):
                make_circular(part)
            ctx = m.config["unet"]["cross_attention_dim"]
            tokens = m.config["text"]["max_position_embeddings"]
            for tag, n, h, w in (("a", 2, 12, 20), ("b", 1, 7, 5), ("c", 1, 2, 2)):
                run(store, f"{name}/unet/{tag}", m.unet,
                    {"in": randn(g, n, 4, h, w), "timestep": torch.tensor([513.37]),
                     "context": randn(g, n, tokens, ctx)})
            f = 2 ** (len(m.config["vae"]["block_out_channels"]) - 1)
            image = torch.rand((2, 3, 7 * f, 5 * f), generator=g) * 2 - 1
            run(store, f"{name}/vae/encode", m.vae, {"in": image},
                call=lambda v, x: v.encode(x).latent_dist.mean)
            run(store, f"{name}/vae/decode", m.vae, {"in": randn(g, 2, 4, 7, 5)},
                call=lambda v, z: v.decode(z).sample)
    store.write(out / "tiling.safetensors")


if __name__ == "__main__":
    main()

"""Latents of the renditions by the trained autoencoder, so that the UNet need not wait for them.

python encode.py WORK    writes lat_tile.npy (the photo and six other styles of each crop), lat_big.npy (all twelve)
"""
import sys

import numpy as np
import torch

import model
import styles
from common import DEVICE, load

# how many of the crops: on two cores encoding costs as much as training
TILES, BIG = (1600, 10) if DEVICE == "cpu" else (3600, 64)


@torch.no_grad()
def encode(net, u8):
    x = torch.from_numpy(np.ascontiguousarray(u8)).to(DEVICE).permute(0, 3, 1, 2).float() / 127.5 - 1
    return net.encode(x.contiguous(memory_format=torch.channels_last)).latent_dist.mean


def main(work):
    net = model.autoencoder().to(DEVICE, memory_format=torch.channels_last).eval()
    net.load_state_dict(load(f"{work}/vae.ckpt")["ema"])
    for name, keep, limit in (("tile", 6, TILES), ("big", len(styles.STYLES) - 1, BIG)):
        src = np.load(f"{work}/{name}.npy", mmap_mode="r")[:limit]
        rng = np.random.RandomState(7)
        pick = np.stack([np.concatenate([[0], 1 + rng.permutation(len(styles.STYLES) - 1)[:keep]]) for _ in src])
        side = src.shape[2] // model.FACTOR
        out = np.empty((len(src), keep + 1, model.LATENT, side, side), np.float16)
        for i in range(len(src)):
            out[i] = encode(net, src[i][pick[i]]).cpu().numpy()
            if i % 500 == 499:
                print(name, i + 1, flush=True)
        np.save(f"{work}/lat_{name}.npy", out)
        np.save(f"{work}/pick_{name}.npy", pick)
    z = np.load(f"{work}/lat_tile.npy", mmap_mode="r")[::7].astype(np.float32)
    print("latents: mean", z.mean((0, 1, 3, 4)), "std", z.std((0, 1, 3, 4)), "scaling_factor", 1 / z.std())
    open(f"{work}/scale.txt", "w").write(f"{1 / z.std():.5f}\n")


if __name__ == "__main__":
    main(sys.argv[1])

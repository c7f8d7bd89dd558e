"""The judge: a small convolutional net that names the style of a picture, trained on procedural renditions only.

python classifier.py WORK [minutes]    trains it (further), and prints its accuracy on held-out pictures at 256 x 256
"""
import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

import model
import styles
from common import DEVICE, Average, Clock, load, rate, save


class Judge(nn.Module):
    def __init__(self):
        super().__init__()
        def block(i, o, s):
            return nn.Sequential(nn.Conv2d(i, o, 3, s, 1, bias=False), nn.BatchNorm2d(o), nn.ReLU())
        self.body = nn.Sequential(block(3, 24, 1), block(24, 32, 2), block(32, 48, 2), block(48, 96, 2), block(96, 128, 1))
        self.head = nn.Linear(256, len(styles.STYLES))

    def forward(self, x):
        h = self.body(x)
        return self.head(torch.cat([h.mean((2, 3)), h.var((2, 3)).add(1e-4).sqrt()], 1))


@torch.no_grad()
def held_out(net, work):
    test = np.load(f"{work}/test.npy", mmap_mode="r")
    hits = np.zeros((len(styles.STYLES), len(styles.STYLES)), int)
    for r in test:
        x = torch.from_numpy(r).to(DEVICE).permute(0, 3, 1, 2).float() / 127.5 - 1
        for k, g in enumerate(net(x).argmax(1).tolist()):
            hits[k, g] += 1
    return hits


def softener(work):
    """Pictures through the autoencoder and back: what any output of the model has gone through too."""
    vae = model.autoencoder().to(DEVICE)
    vae.load_state_dict(load(f"{work}/vae.ckpt")["ema"])
    vae.eval().requires_grad_(False)
    return lambda x: vae.decode(vae.encode(x).latent_dist.mean).sample.clamp(-1, 1)


def main(work, minutes):
    soften = softener(work)
    tiles = np.load(f"{work}/tile.npy", mmap_mode="r")
    net = Judge().to(DEVICE)
    if s := load(f"{work}/judge.ckpt"):
        net.load_state_dict(s["net"])
    opt = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=1e-3)
    rng, clock, step, n = np.random.RandomState(5), Clock(minutes), 0, 36
    while clock.progress() < 1:
        for g in opt.param_groups:
            g["lr"] = rate(2e-3, step, clock.progress())
        k = rng.permutation(np.arange(n) % len(styles.STYLES))
        x = np.empty((n, 80, 80, 3), np.uint8)
        for b in range(n):
            y0, x0 = rng.randint(0, 49, 2)
            x[b] = tiles[rng.randint(len(tiles)), k[b], y0:y0 + 80, x0:x0 + 80]
        x = torch.from_numpy(x).to(DEVICE).permute(0, 3, 1, 2).float() / 127.5 - 1
        # a judge of style, not of sharpness: the autoencoder, light blur, noise, tone
        x[::2] = soften(x[::2])
        if rng.rand() < 0.4:
            w = torch.rand(n, 1, 1, 1, device=DEVICE) * 0.8
            x = x * (1 - w) + w * F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, 1)
        x = x * (0.9 + 0.2 * torch.rand(n, 1, 1, 1, device=DEVICE)) + 0.1 * torch.randn(n, 1, 1, 1, device=DEVICE)
        x = (x + 0.06 * torch.rand(n, 1, 1, 1, device=DEVICE) * torch.randn_like(x)).clamp(-1, 1)
        loss = F.cross_entropy(net(x), torch.from_numpy(k).to(DEVICE))
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
        step += 1
        if step % 200 == 0:
            print(f"step {step} loss {loss.item():.4f}", flush=True)
    net.eval()
    h = held_out(net, work)
    print(f"held-out renditions named right: {h.trace() / h.sum():.4f}\n", h)
    save(f"{work}/judge.ckpt", net=net.state_dict())


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 5)

"""Train the autoencoder on patches of every rendition.  python train_vae.py WORK [minutes]"""
import sys

import numpy as np
import torch
import torch.nn.functional as F

import model
from common import DEVICE, Average, Clock, load, rate, save

work, minutes = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 20
PATCH, BATCH, PEAK = 48, 8 if DEVICE == "cpu" else 64, 2e-3
tiles = np.load(f"{work}/tile.npy", mmap_mode="r")
test = np.load(f"{work}/test.npy", mmap_mode="r")
torch.manual_seed(0)
rng = np.random.RandomState()
net = model.autoencoder().to(DEVICE, memory_format=torch.channels_last)
net.quant_conv.bias.data[model.LATENT:].fill_(-12)
ema = Average(net)
opt = torch.optim.AdamW(net.parameters(), PEAK, betas=(0.9, 0.98), weight_decay=1e-4)
step, used = 0, 0.0
if s := load(f"{work}/vae.ckpt"):
    net.load_state_dict(s["net"]); ema.net.load_state_dict(s["ema"]); opt.load_state_dict(s["opt"])
    step, used, ema.n = s["step"], s["used"], s["step"]
clock = Clock(minutes, used)


def batch():
    out = np.empty((BATCH, PATCH, PATCH, 3), np.uint8)
    for b in range(BATCH):
        i, k = rng.randint(len(tiles)), rng.randint(tiles.shape[1])
        y, x = rng.randint(0, (tiles.shape[2] - PATCH) // 4 + 1, 2) * 4
        out[b] = tiles[i, k, y:y + PATCH, x:x + PATCH]
    x = torch.from_numpy(out).to(DEVICE).permute(0, 3, 1, 2).float() / 127.5 - 1
    return x.contiguous(memory_format=torch.channels_last)


def edges(x):
    return x[..., 1:, :] - x[..., :-1, :], x[..., 1:] - x[..., :-1]


@torch.no_grad()
def psnr(net):
    out = []
    for i in range(0, len(test), 5):
        x = torch.from_numpy(test[i]).to(DEVICE).permute(0, 3, 1, 2).float() / 127.5 - 1
        y = net.decode(net.encode(x).latent_dist.mean).sample.clamp(-1, 1)
        out.append(-10 * torch.log10(((x - y) / 2).pow(2).mean((1, 2, 3))))
    return torch.stack(out).mean(0)


while clock.progress() < 1:
    for g in opt.param_groups:
        g["lr"] = rate(PEAK, step, clock.progress())
    x = batch()
    z = net.encode(x).latent_dist.mean
    y = net.decode(z + 0.05 * torch.randn_like(z)).sample
    d = y - x
    pull = z.mean((0, 2, 3)).pow(2).mean() + (z.var((0, 2, 3)) - 1).pow(2).mean()
    ey, ex = edges(y), edges(x)
    # without its own term colour is given up for texture: four channels then hold one axis of hue, and grass is brown
    c = F.avg_pool2d(d, 4)
    c = c - c.mean(1, keepdim=True)
    hue = 3 * c.abs().mean() + 6 * c.pow(2).mean()
    loss = d.abs().mean() + 2 * d.pow(2).mean() + 0.25 * sum(F.l1_loss(a, b) for a, b in zip(ey, ex)) + hue + 0.003 * pull
    opt.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    opt.step()
    ema.update(net)
    step += 1
    if step % 100 == 0:
        print(f"step {step} {clock.used() / 60:.1f} min  loss {loss.item():.4f}  patch psnr "
              f"{-10 * np.log10(d.pow(2).mean().item() / 4):.2f}  hue {hue.item():.3f}  z var {z.var((0, 2, 3)).tolist()}", flush=True)
    if step % 500 == 0 or clock.progress() >= 1:
        p = psnr(ema.net)
        print(f"step {step} held-out psnr {p.mean():.2f}  by style {[round(v, 1) for v in p.tolist()]}", flush=True)
        save(f"{work}/vae.ckpt", net=net.state_dict(), ema=ema.net.state_dict(), opt=opt.state_dict(), step=step, used=clock.used())

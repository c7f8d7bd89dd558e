"""Train UNet and text encoder together, paired from the beginning.  python train_unet.py WORK [minutes]

Img2img starts from photo + sigma0 * noise, and a sampler that follows the denoised prediction D walks
x = (1 - r) * styled + r * photo + sigma * noise with r = sigma / sigma0 (in the variance-exploding form).
Training draws exactly these points and asks for D = styled, so sampling is a straight flow from the
noised photograph to its rendition; a small part of the batch is ordinary denoising (r = 0). Words that
name no style, and the empty prompt, mean the photograph itself, which is also what guidance departs from.
"""
import os
import subprocess
import sys

# On a CPU one process of one thread for each core, averaging gradients once a step: threads that meet at every
# layer lose far more whenever another program takes a core.
import torch

WORLD = 1 if torch.cuda.is_available() else int(os.environ.get("THREADS", os.cpu_count()))
RANK = int(os.environ.get("RANK", -1))
if WORLD > 1 and RANK < 0:
    store = f"{sys.argv[1]}/meeting.{os.getpid()}"
    team = [subprocess.Popen([sys.executable] + sys.argv, env=dict(os.environ, RANK=str(r), MEET=store))
            for r in range(WORLD)]
    bad = [p.wait() for p in team]
    os.remove(store) if os.path.exists(store) else None
    sys.exit(max(abs(b) for b in bad))
RANK = max(RANK, 0)

import numpy as np
from transformers import CLIPTokenizer

import model
import styles
import text
from common import DEVICE, Average, Clock, load, rate, save

work, minutes = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 65
BATCH, PEAK = (max(4, 12 // WORLD), 2e-3) if DEVICE == "cpu" else (64, 2e-3)
if WORLD > 1:
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", init_method=f"file://{os.environ['MEET']}", rank=RANK, world_size=WORLD)
tok = CLIPTokenizer.from_pretrained(f"{work}/tokenizer")
scale = float(open(f"{work}/scale.txt").read())
sets = {n: (np.load(f"{work}/lat_{n}.npy"), np.load(f"{work}/pick_{n}.npy"),
            open(f"{work}/{n}.txt").read().split("\n")) for n in ("tile", "big")}
torch.manual_seed(0)
rng = np.random.RandomState()
net = torch.nn.ModuleDict({"unet": model.unet(), "text": model.text_encoder(len(tok), tok.bos_token_id, tok.eos_token_id)})
net.to(DEVICE)
ema = Average(net, 0.997)
decay, rest = [p for p in net.parameters() if p.ndim > 1], [p for p in net.parameters() if p.ndim <= 1]
opt = torch.optim.AdamW([{"params": decay, "weight_decay": 0.01}, {"params": rest, "weight_decay": 0}], PEAK, betas=(0.9, 0.98))
step, used = 0, 0.0
if s := load(f"{work}/unet.ckpt"):
    net.load_state_dict(s["net"]); ema.net.load_state_dict(s["ema"]); opt.load_state_dict(s["opt"])
    step, used, ema.n = s["step"], s["used"], s["step"]
clock = Clock(minutes, used)
torch.manual_seed(1000 * RANK + step)
p = clock.progress()


def share():
    """Average the gradients; the first process's clock counts for all."""
    if WORLD == 1:
        return clock.progress()
    grads = [q.grad for q in net.parameters() if q.grad is not None]
    flat = torch.cat([g.flatten() for g in grads] + [torch.tensor([WORLD * clock.progress() if RANK == 0 else 0.0])])
    torch.distributed.all_reduce(flat)
    flat /= WORLD
    for g, part in zip(grads, flat[:-1].split([g.numel() for g in grads])):
        g.copy_(part.view_as(g))
    return flat[-1].item()


S = model.sigmas()
lo, hi = float(S[0] ** (1 / 7)), float(S[-1] ** (1 / 7))


def ramp(u):
    """Continuous Karras schedule: u = 0 is the largest sigma, 1 the smallest."""
    return (hi + u * (lo - hi)) ** 7


def start(strength, steps=20):
    return (steps - 1 - int(min(strength, 0.999) * steps)) / (steps - 1)


def noise_levels(n):
    """(sigma, r) of each sample."""
    sigma, r = np.empty(n), np.empty(n)
    for b in range(n):
        if rng.rand() < 0.05:
            sigma[b], r[b] = ramp(rng.rand()), 0
            continue
        u0 = start(rng.choice([0.5, 0.55, 0.55, 0.6])) if rng.rand() < 0.75 else rng.uniform(start(0.85), start(0.3))
        sigma0 = ramp(u0)
        sigma[b] = sigma0 if rng.rand() < 0.35 else ramp(u0 + (1 - u0) * rng.rand())
        r[b] = sigma[b] / sigma0
        if r[b] < 1 and rng.rand() < 0.15:
            r[b] = min(1, r[b] * np.exp(0.3 * rng.randn()))
    f = lambda a: torch.tensor(a, dtype=torch.float32, device=DEVICE)[:, None, None, None]
    return f(sigma), f(r)


# Strong textures are learnt long before these: the last part of the training is mostly theirs.
SLOW = {"oil painting": 3, "watercolor": 1.5, "cartoon": 4, "pixel art": 3, "neon": 3}
LATE = np.array([SLOW.get(n, 0.6) for n in styles.NAMES])


def draw(name, n, side):
    lat, pick, known = sets[name]
    photo, styled, words, ordinary = [], [], [], []
    full = lat.shape[-1]
    sigma, r = noise_levels(n)
    for b in range(n):
        i = rng.randint(len(lat))
        weight = LATE[pick[i, 1:]] if clock.progress() > 0.7 else np.ones(lat.shape[1] - 1)
        j = 0 if rng.rand() < 0.05 else 1 + rng.choice(len(weight), p=weight / weight.sum())
        if r[b] == 0:
            t = "" if rng.rand() < 0.15 else text.caption(rng, pick[i, j], known[i])
        elif rng.rand() < 0.11:
            j, t = 0, text.no_style(rng)
        else:
            t = text.caption(rng, pick[i, j], known[i])
        y, x = rng.randint(0, (full - side) // 4 + 1, 2) * 4      # whole 16-pixel tiles
        photo.append(lat[i, 0, :, y:y + side, x:x + side])
        styled.append(lat[i, j, :, y:y + side, x:x + side])
        words.append(t)
    f = lambda a: torch.from_numpy(np.stack(a)).to(DEVICE).float() * scale
    ids = tok(words, padding="max_length", truncation=True, max_length=model.LENGTH, return_tensors="pt").input_ids
    return f(photo), f(styled), sigma, r, ids.to(DEVICE)


run = []
while p < 1:
    for g in opt.param_groups:
        g["lr"] = rate(PEAK, step, p, warm=250, floor=0.01)
    # mostly small windows; later whole crops and a few pictures of the demo's size, for the attention
    k = np.random.RandomState(step).rand()
    name, n, side = ("tile", BATCH, 24)
    if p > 0.6 and k < 0.35:
        name, n, side = "tile", max(1, BATCH * 9 // 16), 32
    elif p > 0.75 and k < 0.45:
        name, n, side = "big", max(1, BATCH // 6), 64 if k < 0.40 else 48
    photo, styled, sigma, r, ids = draw(name, n, side)
    x = styled + r * (photo - styled) + sigma * torch.randn_like(styled)
    s2 = sigma ** 2
    v = (x / (s2 + 1) - styled) * (s2 + 1).sqrt() / sigma
    out = net["unet"](x / (s2 + 1).sqrt(), model.sigma_to_t(sigma.flatten()), net["text"](ids).last_hidden_state).sample
    d2 = (out - v).pow(2)
    loss = (d2 * s2 / (s2 + 0.2)).mean()      # the error of D counts about evenly at every level
    opt.zero_grad(set_to_none=True)
    loss.backward()
    p = share()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    opt.step()
    step += 1
    if RANK:
        continue
    ema.update(net)
    if step % 5 == 0:
        with torch.no_grad():   # error of the denoised latent at the first step, the rest
            x0 = (d2 * s2 / (s2 + 1)).mean((1, 2, 3))
            first = (r == 1).flatten()
        run.append((loss.item(), x0[first].mean().item() if first.any() else np.nan, x0[~first].mean().item()))
    if step % 50 == 0:
        print(f"step {step} {clock.used() / 60:.1f} min  loss / x0 error at the start / later:",
              " ".join(f"{q:.4f}" for q in np.nanmean(run, 0)), flush=True)
        run = []
    if step % 250 == 0 or p >= 1:
        save(f"{work}/unet.ckpt", net=net.state_dict(), ema=ema.net.state_dict(), opt=opt.state_dict(), step=step, used=clock.used())

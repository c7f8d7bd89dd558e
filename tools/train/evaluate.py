"""Measure the model against its bar, and draw the contact sheet.

python evaluate.py WORK MODEL [--photos 24] [--strength 0.6] [--cfg 1.0] [--write]

1. the judge (classifier.py, trained on procedural renditions only) names >= 95 % of held-out renditions right;
2. it names the prompted style for >= 75 % of our outputs, and >= 50 % in every style;
3. gradient correlation of output and source after 4 x 4 pooling: >= 0.7 of what the renditions reach;
4. the photo prompt, and the empty one, give the picture back with >= 18 dB.
"""
import argparse
import os

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFont

import data
import styles
from classifier import Judge, held_out
from common import DEVICE, load
from sampler import Restyler

PROMPTS = ["a photo", "a pencil sketch", "a coloured pencil drawing", "an oil painting", "a watercolor painting",
           "a cartoon", "an ink woodcut", "pixel art", "stained glass", "a halftone comic", "neon", "a vintage sepia photo"]
SHEET = ["s_chelsea", "s_astronaut", "g_explore_world_animals_001", "s_coffee"]


def gradients(x):
    """Grey gradients after 4 x 4 pooling, one row a picture."""
    g = (x * torch.tensor([0.299, 0.587, 0.114], device=x.device)[:, None, None]).sum(1, keepdim=True)
    g = F.avg_pool2d(g, 4)
    v = torch.cat([(g[..., 1:] - g[..., :-1]).flatten(1), (g[..., 1:, :] - g[..., :-1, :]).flatten(1)], 1)
    v = v - v.mean(1, keepdim=True)
    return v / v.norm(dim=1, keepdim=True).clamp_min(1e-6)


def structure(a, b):
    return (gradients(a) * gradients(b)).sum(1).abs()


def psnr(a, b):
    return -10 * torch.log10(((a - b) / 2).pow(2).mean((1, 2, 3)))


def tensor(u8):
    return torch.from_numpy(np.ascontiguousarray(u8)).permute(0, 3, 1, 2).float() / 127.5 - 1


def picture(x):
    return Image.fromarray(((x.permute(1, 2, 0).cpu().numpy() + 1) * 127.5 + 0.5).clip(0, 255).astype(np.uint8))


def sheet(path, rows, labels, cell=160, head=22):
    out = Image.new("RGB", (cell * len(labels), head + cell * len(rows)), "white")
    draw, font = ImageDraw.Draw(out), ImageFont.load_default(13)
    for c, label in enumerate(labels):
        draw.text((c * cell + cell / 2, head / 2), label, "black", font, "mm")
        for r, row in enumerate(rows):
            out.paste(row[c].resize((cell - 4, cell - 4), Image.LANCZOS), (c * cell + 2, head + r * cell + 2))
    out.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("work"); p.add_argument("model")
    p.add_argument("--photos", type=int, default=24)
    p.add_argument("--strength", type=float, default=0.6)
    p.add_argument("--cfg", type=float, default=1.0)
    p.add_argument("--steps", type=int, default=20)
    p.add_argument("--write", action="store_true", help="write RESULTS.md and samples/styles.png")
    p.add_argument("--sheet", help="draw the contact sheet here")
    a = p.parse_args()
    here = os.path.dirname(os.path.abspath(__file__))
    judge = Judge().to(DEVICE)
    judge.load_state_dict(load(f"{a.work}/judge.ckpt")["net"])
    judge.eval()
    h = held_out(judge, a.work)
    judged = h.trace() / h.sum()
    test = np.load(f"{a.work}/test.npy", mmap_mode="r")
    names = [os.path.basename(q)[:-4] for q in data.split(a.work)[1]]
    # those of the sheet first, then evenly through the held-out photographs
    order = [names.index(n) for n in SHEET]
    others = [i for i in range(len(names)) if i not in order]
    order += [others[i] for i in np.linspace(0, len(others) - 1, max(0, a.photos - len(order))).round().astype(int)]
    order = order[:a.photos]
    model = Restyler(a.model)
    n = len(styles.STYLES)
    guess, corr, best, round_trip = np.zeros((n, n), int), np.zeros((n, 0)), np.zeros((n, 0)), np.zeros((n, 0))
    plain, empty, rows = [], [], []
    for i in order:
        src = tensor(test[i, :1]).to(DEVICE)
        ren = tensor(test[i]).to(DEVICE)
        out = torch.cat([model(src.expand(4, -1, -1, -1), (PROMPTS + [""] * 4)[k:k + 4], a.strength, a.cfg, a.steps)
                         for k in range(0, n, 4)])
        none = model(src, [""], a.strength, a.cfg, a.steps)
        with torch.no_grad():
            for k, g in enumerate(judge(out).argmax(1).tolist()):
                guess[k, g] += 1
            latent = model.vae.decode(model.vae.encode(ren).latent_dist.mean).sample.clamp(-1, 1)
        corr = np.hstack([corr, structure(out, src.expand_as(out)).cpu().numpy()[:, None]])
        best = np.hstack([best, structure(ren, src.expand_as(ren)).cpu().numpy()[:, None]])
        round_trip = np.hstack([round_trip, psnr(latent, ren).cpu().numpy()[:, None]])
        plain.append(psnr(out[:1], src).item())
        empty.append(psnr(none, src).item())
        if len(rows) < len(SHEET):
            rows.append([picture(src[0])] + [picture(o) for o in out])
        print(names[i], "right:", int(guess.trace()), "of", int(guess.sum()), flush=True)
    acc = guess.diagonal() / guess.sum(1)
    ratio = corr.mean() / best.mean()
    t = ["| style | prompt | named right | taken for | structure | of the rendition's | autoencoder dB |",
         "|---|---|---|---|---|---|---|"]
    for k in range(n):
        wrong = guess[k].copy()
        wrong[k] = 0
        t.append(f"| {styles.NAMES[k]} | {PROMPTS[k]} | {100 * acc[k]:.0f} % | "
                 f"{styles.NAMES[wrong.argmax()] if wrong.max() else ''} | {corr[k].mean():.2f} | "
                 f"{best[k].mean():.2f} | {round_trip[k].mean():.1f} |")
    t.append(f"| **all** | | **{100 * acc.mean():.1f} %** | | {corr.mean():.2f} | {best.mean():.2f} | {round_trip.mean():.1f} |")
    bar = [("the judge names held-out renditions", f"{100 * judged:.1f} %", ">= 95 %", judged >= 0.95),
           ("style named right, all", f"{100 * acc.mean():.1f} %", ">= 75 %", acc.mean() >= 0.75),
           ("style named right, worst style", f"{100 * acc.min():.0f} %", ">= 50 %", acc.min() >= 0.5),
           ("structure, of the renditions'", f"{ratio:.2f}", ">= 0.70", ratio >= 0.7),
           ("photo prompt, PSNR against the source", f"{np.mean(plain):.1f} dB (least {min(plain):.1f})", ">= 18 dB", np.mean(plain) >= 18),
           ("empty prompt, PSNR against the source", f"{np.mean(empty):.1f} dB (least {min(empty):.1f})", ">= 18 dB", np.mean(empty) >= 18)]
    text = [f"{len(order)} photographs that training never saw, 256 x 256, {a.steps} steps, Euler, Karras, "
            f"strength {a.strength}, guidance {a.cfg}, seed 1.", "", "| measure | result | bar | |", "|---|---|---|---|"]
    text += [f"| {m} | {v} | {b} | {'met' if ok else '**missed**'} |" for m, v, b, ok in bar] + [""] + t
    text = "\n".join(text) + "\n"
    print(text)
    if a.write:
        open(f"{here}/RESULTS.md", "w").write("# The embedded model, measured\n\n"
                                              "Written by `evaluate.py --write`; the sheet is `samples/styles.png`.\n\n" + text)
    if a.write or a.sheet:
        sheet(a.sheet or f"{here}/../../samples/styles.png", rows, ["source"] + styles.NAMES)


if __name__ == "__main__":
    main()

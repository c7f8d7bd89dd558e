"""Reference data for the upscalers: tests/golden/esrgan.safetensors and esrgan/.

    python tools/reference/esrgan.py

RRDBNet and SRVGGNetCompact written anew in torch from the published architectures (Wang et al.,
"ESRGAN", 2018, figures 3 and 4; "Real-ESRGAN", 2021, with pixel unshuffle for x2 and x1;
Real-ESRGAN's "compact" network: convolutions with PReLU, pixel shuffle, plus the enlarged input), with
tiny random weights, in float64. Each is stored under the names of the repositories that use it.

Also tiles.safetensors: pictures cut and put together as A1111's split_grid and combine_grid
(modules/images.py), in numpy and Pillow."""
import argparse
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from store import Store, save


class Dense(torch.nn.Module):
    def __init__(self, c, grow):
        super().__init__()
        self.convs = torch.nn.ModuleList(
            torch.nn.Conv2d(c + k * grow, grow if k < 4 else c, 3, padding=1) for k in range(5))

    def forward(self, x):
        seen = [x]
        for conv in self.convs[:4]:
            seen.append(F.leaky_relu(conv(torch.cat(seen, 1)), 0.2))
        return x + 0.2 * self.convs[4](torch.cat(seen, 1))


class RRDB(torch.nn.Module):
    def __init__(self, c, grow, blocks, ups, unshuffle):
        super().__init__()

        def conv(a, b):
            return torch.nn.Conv2d(a, b, 3, padding=1)

        self.unshuffle = unshuffle
        self.first = conv(3 * unshuffle ** 2, c)
        self.blocks = torch.nn.ModuleList(
            torch.nn.ModuleList(Dense(c, grow) for _ in range(3)) for _ in range(blocks))
        self.trunk, self.high, self.last = conv(c, c), conv(c, c), conv(c, 3)
        self.ups = torch.nn.ModuleList(conv(c, c) for _ in range(ups))

    def forward(self, x):
        if self.unshuffle > 1:
            x = F.pixel_unshuffle(x, self.unshuffle)
        x = y = self.first(x)
        for block in self.blocks:
            z = y
            for dense in block:
                z = dense(z)
            y = y + 0.2 * z
        x = x + self.trunk(y)
        for up in self.ups:
            x = F.leaky_relu(up(F.interpolate(x, scale_factor=2, mode="nearest")), 0.2)
        return self.last(F.leaky_relu(self.high(x), 0.2))


class Compact(torch.nn.Module):
    def __init__(self, c, convs, scale):
        super().__init__()
        self.scale = scale
        sizes = [3] + [c] * (convs + 1) + [3 * scale ** 2]
        self.convs = torch.nn.ModuleList(
            torch.nn.Conv2d(a, b, 3, padding=1) for a, b in zip(sizes, sizes[1:]))
        self.acts = torch.nn.ModuleList(torch.nn.PReLU(c) for _ in range(convs + 1))

    def forward(self, x):
        y = x
        for conv, act in zip(self.convs, self.acts):
            y = act(conv(y))
        y = F.pixel_shuffle(self.convs[-1](y), self.scale)
        return y + F.interpolate(x, scale_factor=self.scale, mode="nearest")


def rrdb_names(net, style):
    first, trunk, high, last = {"new": ("conv_first", "conv_body", "conv_hr", "conv_last"),
                                "trunk": ("conv_first", "trunk_conv", "HRconv", "conv_last"),
                                "old": ("model.0", f"model.1.sub.{len(net.blocks)}",
                                        f"model.{2 + 3 * len(net.ups)}",
                                        f"model.{4 + 3 * len(net.ups)}")}[style]
    names = {first: net.first, trunk: net.trunk, high: net.high, last: net.last}
    for i, up in enumerate(net.ups):
        names[{"new": f"conv_up{i + 1}", "trunk": f"upconv{i + 1}",
               "old": f"model.{3 + 3 * i}"}[style]] = up
    for i, block in enumerate(net.blocks):
        for d, dense in enumerate(block):
            for k, conv in enumerate(dense.convs):
                names[{"new": f"body.{i}.rdb{d + 1}.conv{k + 1}",
                       "trunk": f"RRDB_trunk.{i}.RDB{d + 1}.conv{k + 1}",
                       "old": f"model.1.sub.{i}.RDB{d + 1}.conv{k + 1}.0"}[style]] = conv
    return names


def compact_names(net):
    names = {f"body.{2 * i}": conv for i, conv in enumerate(net.convs)}
    names.update({f"body.{2 * i + 1}": act for i, act in enumerate(net.acts)})
    return names


def state(names, prefix=""):
    return {f"{prefix}{n}.{k}": v for n, m in names.items() for k, v in m.state_dict().items()}


def randomise(net, g):
    for p in net.parameters():  # values exact in half precision keep the files small
        fan = p[0].numel() if p.dim() > 1 else 1
        scale = 1.5 / math.sqrt(fan) if p.dim() > 1 else 0.1
        p.data = (torch.randn(p.shape, generator=g) * scale).half().float()
    if isinstance(net, Compact):
        for act in net.acts:
            act.weight.data = (torch.rand(act.weight.shape, generator=g) - 0.3).half().float()


def networks(g):
    cases = {
        "rrdb_x4": (RRDB(16, 8, 2, 2, 1), lambda n: state(rrdb_names(n, "new"))),
        "rrdb_x2": (RRDB(12, 8, 1, 2, 2), lambda n: state(rrdb_names(n, "new"), "params_ema.")),
        "rrdb_x1": (RRDB(8, 4, 1, 2, 4), lambda n: state(rrdb_names(n, "new"), "params.")),
        "rrdb_trunk": (RRDB(8, 8, 2, 2, 1), lambda n: state(rrdb_names(n, "trunk"))),
        "rrdb_trunk_x2": (RRDB(8, 4, 1, 1, 1), lambda n: state(rrdb_names(n, "trunk"))),
        "rrdb_old": (RRDB(8, 8, 2, 2, 1), lambda n: state(rrdb_names(n, "old"))),
        "rrdb_old_x8": (RRDB(8, 4, 1, 3, 1), lambda n: state(rrdb_names(n, "old"))),
        "rrdb_old_x1": (RRDB(8, 4, 1, 0, 1), lambda n: state(rrdb_names(n, "old"))),
        "compact_x4": (Compact(16, 3, 4), lambda n: state(compact_names(n))),
        "compact_x2": (Compact(8, 2, 2), lambda n: state(compact_names(n), "params.")),
    }
    for net, _ in cases.values():
        randomise(net, g)
    return cases


def split_grid(w, h, tile, overlap):
    """A1111's places: rows of (y, [x, ...]); the tile's size is min(tile, side)."""
    tw, th = min(tile, w), min(tile, h)

    def places(side, t):
        n = math.ceil((side - overlap) / (tile - overlap)) if side > t else 1
        step = (side - t) / (n - 1) if n > 1 else 0
        return [min(int(i * step), side - t) for i in range(n)]

    return tw, th, places(w, tw), places(h, th)


def combine(picture_of, w, h, tile, overlap):
    """combine_grid with Pillow's paste and its 8-bit masks."""
    tw, th, xs, ys = split_grid(w, h, tile, overlap)

    def ramp(shape, axis):
        r = np.arange(overlap, dtype=np.float32) * 255 / overlap
        r = r.astype(np.uint8)
        r = np.broadcast_to(r[:, None] if axis == 0 else r, shape)
        return Image.fromarray(np.ascontiguousarray(r))

    out = Image.new("RGB", (w, h))
    for j, y in enumerate(ys):
        band = Image.new("RGB", (w, th))
        for i, x in enumerate(xs):
            t = Image.fromarray(picture_of(i, j, tw, th))
            if x == 0:
                band.paste(t, (0, 0))
                continue
            band.paste(t.crop((0, 0, overlap, th)), (x, 0), mask=ramp((th, overlap), 1))
            band.paste(t.crop((overlap, 0, tw, th)), (x + overlap, 0))
        if y == 0:
            out.paste(band, (0, 0))
            continue
        out.paste(band.crop((0, 0, w, overlap)), (0, y), mask=ramp((overlap, w), 0))
        out.paste(band.crop((0, overlap, w, th)), (0, y + overlap))
    return np.asarray(out)


def write_tiles(path):
    store = Store()
    for w, h, tile, overlap in ((50, 37, 24, 8), (64, 64, 32, 4), (40, 20, 32, 16), (16, 16, 32, 8)):
        name = f"{w}x{h}/{tile}/{overlap}"
        tw, th, xs, ys = split_grid(w, h, tile, overlap)

        def flat(i, j, tw, th):  # every tile its own colours, so that seams show
            v = np.array([40 + 37 * i % 200, 90 + 53 * j % 160, (i * 71 + j * 29) % 256], dtype=np.uint8)
            return np.ascontiguousarray(np.broadcast_to(v, (th, tw, 3)))

        store.put(f"{name}/x", torch.tensor(xs))
        store.put(f"{name}/y", torch.tensor(ys))
        store.put(f"{name}/out", torch.from_numpy(combine(flat, w, h, tile, overlap).copy()))
    store.write(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default="tests/golden", help="default: %(default)s")
    args = parser.parse_args()
    torch.set_num_threads(1)
    out = pathlib.Path(args.out)
    (out / "esrgan").mkdir(exist_ok=True)
    g = torch.Generator().manual_seed(6001)
    store = Store()
    with torch.no_grad():
        for name, (net, named) in networks(g).items():
            tensors = {k: v.half() for k, v in named(net).items()}
            if name == "rrdb_x2":  # as BasicSR writes them
                tensors = {k.removeprefix("params_ema."): v for k, v in tensors.items()}
                torch.save({"params_ema": tensors}, out / "esrgan" / f"{name}.pth")
            else:
                save(tensors, out / "esrgan" / f"{name}.safetensors")
            for tag, h, w in (("a", 8, 12), ("b", 4, 4)):
                x = torch.rand((1, 3, h, w), generator=g)
                y = net.float()(x)
                exact = net.double()(x.double())
                error = ((y - exact).norm() / exact.norm()).item()
                assert error < 2e-6, (name, error)
                store.put(f"{name}/{tag}/in", x)
                store.put(f"{name}/{tag}/out", exact.float())
            print(f"{name}: rms {exact.square().mean().sqrt():.3f}, float32 off by {error:.1e}", flush=True)
    store.write(out / "esrgan.safetensors")
    write_tiles(out / "tiles.safetensors")


if __name__ == "__main__":
    main()

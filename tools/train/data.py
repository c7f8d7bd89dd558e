"""Pictures for training, out of Debian packages: sources, crops, renditions.

  python data.py sources WORK   collect photographs and stamps (needs the packages of packages.txt)
  python data.py render WORK    crops and their twelve renditions
"""
import glob
import hashlib
import os
import re
import subprocess
import sys
from multiprocessing import Pool

import cv2
import numpy as np
from PIL import Image

import styles

HERE = os.path.dirname(os.path.abspath(__file__))
TILE, BIG = 128, 256           # training crops, and the size of the demo
N_TILE, N_BIG = 3600, 64
WALLPAPERS = ["/usr/share/wallpapers/*/contents/images*/*", "/usr/share/backgrounds/**/*"]
STAMPS = "/usr/share/tuxpaint/stamps"
# parts of gcompris-qt-data that hold photographs and paintings
CARVE = ["explore_monuments", "explore_world_animals", "explore_farm_animals", "explore_world_music",
         "categorization", "erase", "details", "lang"]


def _rgb(path_or_file):
    im = Image.open(path_or_file)
    if im.mode in ("RGBA", "LA", "P"):
        im = im.convert("RGBA")
        bg = Image.new("RGBA", im.size, (255, 255, 255, 255))
        im = Image.alpha_composite(bg, im)
    return im.convert("RGB")


def _save(im, out):
    """Keep at most 1024 pixels on the short side: the crops are smaller."""
    k = 1024 / min(im.size)
    if k < 1:
        im = im.resize((round(im.width * k), round(im.height * k)), Image.LANCZOS)
    im.save(out, quality=95)


def _wallpaper(job):
    path, out = job
    try:
        _save(_rgb(path), out)
    except Exception as e:  # vector files and the like
        print("skipped", path, e)


def _carve(data):
    """JPEG and WebP files stored plainly inside a Qt resource file."""
    for m in re.finditer(rb"RIFF(....)WEBP", data, re.S):
        n = int.from_bytes(m.group(1), "little") + 8
        yield data[m.start():m.start() + n]
    for m in re.finditer(rb"\xff\xd8\xff[\xe0\xe1\xdb]", data):
        yield data[m.start():m.start() + 4_000_000]


def sources(work):
    import io
    out = f"{work}/photos"
    os.makedirs(out, exist_ok=True)
    best = {}
    for pattern in WALLPAPERS:
        for p in sorted(glob.glob(pattern, recursive=True)):
            if not p.lower().endswith((".jpg", ".jpeg", ".png", ".webp")) or os.path.islink(p):
                continue
            name = p.split("/")[4] if "/wallpapers/" in p else re.sub(r"_\d+x\d+$", "", os.path.splitext(os.path.basename(p))[0])
            size = os.path.getsize(p)
            if name not in best or abs(size - 2e6) < abs(best[name][0] - 2e6):
                best[name] = (size, p)
    with Pool() as pool:
        pool.map(_wallpaper, [(p, f"{out}/w_{re.sub('[^A-Za-z0-9]+', '_', n)}.jpg") for n, (_, p) in best.items()])
    deb = f"{work}/deb"
    os.makedirs(deb, exist_ok=True)
    for pkg in ("gcompris-qt-data", "python3-skimage"):
        if not os.path.isdir(f"{deb}/{pkg}"):
            subprocess.run(f"cd {deb} && apt-get download {pkg} && dpkg -x {pkg}_*.deb {pkg}", shell=True, check=True)
    seen = set()
    for part in CARVE:
        for rcc in glob.glob(f"{deb}/gcompris-qt-data/**/{part}.rcc", recursive=True):
            for i, blob in enumerate(_carve(open(rcc, "rb").read())):
                try:
                    im = _rgb(io.BytesIO(blob))
                except Exception:
                    continue
                h = hashlib.md5(im.tobytes()).hexdigest()
                a = np.asarray(im.resize((64, 64)))
                if min(im.size) < 200 or h in seen or a.std() < 20:
                    continue
                seen.add(h)
                _save(im, f"{out}/g_{part}_{i:03}.jpg")
    for n in ("chelsea.png", "astronaut.png", "coffee.png", "rocket.jpg", "motorcycle_left.png"):
        for p in glob.glob(f"{deb}/python3-skimage/**/data/{n}", recursive=True):
            _save(_rgb(p), f"{out}/s_{n.split('.')[0]}.jpg")
    print(len(os.listdir(out)), "photographs and paintings")


def split(work):
    """Training pictures, and those of heldout.txt that training never sees."""
    every = sorted(glob.glob(f"{work}/photos/*.jpg"))
    named = open(f"{HERE}/heldout.txt").read().split()
    test = [p for p in every if os.path.basename(p)[:-4] in named]
    # drawings on white paper count once, photographs three times
    train = [p for p in every if p not in test]
    return train + 2 * [p for p in train if "g_lang" not in p], test


def stamps():
    """Stamps with their English caption; letters, signs and money are left out."""
    out = []
    for p in sorted(glob.glob(f"{STAMPS}/**/*.png", recursive=True)):
        if re.search(r"/symbols/|/flags/|roadsigns", p) or "_mirror" in p or "_flip" in p:
            continue
        t = p[:-4] + ".txt"
        cap = open(t, encoding="utf-8", errors="ignore").readline().strip() if os.path.exists(t) else ""
        out.append((p, re.sub(r"[^a-z0-9 ,'-]", "", cap.lower())))
    return out


def crop(rng, im, size):
    """A square crop of `size` at a random scale, on the whole picture or a part of it."""
    h, w = im.shape[:2]
    s = min(h, w)
    lo = min(size, s)
    side = int(np.exp(rng.uniform(np.log(max(lo, s * 0.22)), np.log(s))))
    y, x = rng.randint(0, h - side + 1), rng.randint(0, w - side + 1)
    c = cv2.resize(im[y:y + side, x:x + side], (size, size), interpolation=cv2.INTER_AREA if side >= size else cv2.INTER_CUBIC)
    return c


def augment(rng, c):
    if rng.rand() < 0.5:
        c = c[:, ::-1]
    if rng.rand() < 0.15:
        c = c[..., rng.permutation(3)]
    x = c.astype(np.float32) / 255
    x = np.clip(x, 0, 1) ** np.exp(rng.uniform(-0.45, 0.45))
    x = (x - 0.5) * rng.uniform(0.75, 1.15) + 0.5 + rng.uniform(-0.08, 0.08)
    return np.ascontiguousarray(np.clip(x * 255, 0, 255).astype(np.uint8))


def paste(rng, c, stamp):
    """A stamp over the crop, kept recognisable."""
    im = Image.open(stamp).convert("RGBA")
    k = c.shape[0] * rng.uniform(0.6, 1.0) / max(im.size)
    im = im.resize((max(1, round(im.width * k)), max(1, round(im.height * k))), Image.LANCZOS)
    base = Image.fromarray(c)
    base.paste(im, (rng.randint(0, c.shape[1] - im.width + 1), rng.randint(0, c.shape[0] - im.height + 1)), im)
    return np.asarray(base)


_cache = {}


def _load(p):
    if p not in _cache:
        _cache[p] = np.asarray(Image.open(p).convert("RGB"))
    return _cache[p]


def _one(job):
    seed, size, paths, stamp_list, plain = job
    cv2.setNumThreads(1)
    rng = np.random.RandomState(seed)
    text = ""
    for _ in range(8):
        p = paths[rng.randint(len(paths))]
        c = crop(rng, _load(p), size) if not plain else center(_load(paths[seed % len(paths)]), size)
        if not plain:
            c = augment(rng, c)
            if rng.rand() < 0.22:
                s, text = stamp_list[rng.randint(len(stamp_list))]
                c = paste(rng, c if rng.rand() < 0.7 else cv2.GaussianBlur(c, (0, 0), 8), s)
        if c.std() > 22 or plain:
            break
    return np.stack([styles.render(c, k) for k in range(len(styles.STYLES))]), text


def center(im, size):
    h, w = im.shape[:2]
    s = min(h, w)
    im = im[(h - s) // 2:(h - s) // 2 + s, (w - s) // 2:(w - s) // 2 + s]
    return cv2.resize(im, (size, size), interpolation=cv2.INTER_AREA)


def render(work):
    train, test = split(work)
    st = stamps()
    print(len(train), "training pictures,", len(test), "held out,", len(st), "stamps")
    for name, n, size, paths, plain, seed0 in (
            ("test", len(test), BIG, test, True, 0),
            ("tile", N_TILE, TILE, train, False, 1000),
            ("big", N_BIG, BIG, train, False, 90000)):
        out = np.lib.format.open_memmap(f"{work}/{name}.npy", "w+", np.uint8,
                                        (n, len(styles.STYLES), size, size, 3))
        texts = []
        with Pool() as pool:
            jobs = ((seed0 + i, size, paths, st, plain) for i in range(n))
            for i, (r, t) in enumerate(pool.imap(_one, jobs, chunksize=8)):
                out[i] = r
                texts.append(t)
                if i % 400 == 399:
                    print(name, i + 1, flush=True)
        out.flush()
        open(f"{work}/{name}.txt", "w").write("\n".join(texts) + "\n")


if __name__ == "__main__":
    {"sources": sources, "render": render}[sys.argv[1]](sys.argv[2])

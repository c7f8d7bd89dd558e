"""Reference data for the picture tests: everything under tests/golden/media except clip_frames.txt and README.md.

    python tools/reference/pictures.py

Needs Pillow and numpy. source.png is a synthetic picture with smooth parts, hard edges, fine lines and
noise. resize_MODE_WxH.png is what A1111's resize_image makes of it with Pillow's LANCZOS, bands included.
oriented.jpg carries an EXIF
orientation, whose value the test replaces. anim_*.webp are animations with transparency; anim_*.png are
their frames as Pillow decodes them, over white, one below the other."""
import pathlib

import numpy as np
from PIL import Image

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests/golden/media"
SIZES = {
    "stretch": [(64, 64), (32, 24), (160, 120), (24, 96), (97, 61), (50, 200)],
    "crop": [(64, 64), (48, 96), (33, 17)],
    "fill": [(64, 64), (48, 96), (96, 33)],
}


def source(w=97, h=61):
    y, x = np.mgrid[0:h, 0:w].astype(np.float64)
    r = 127.5 + 127.5 * np.sin(x / 9.0) * np.cos(y / 7.0)
    g = 255.0 * x / (w - 1)
    b = 255.0 * y / (h - 1)
    im = np.stack([r, g, b], -1)
    im[10:30, 20:50] = (255, 255, 255)
    im[14:26, 24:46] = (0, 0, 0)
    im[:, 70:90:2] = (250, 20, 30)
    im[40:50:3, :60] = (10, 240, 20)
    noise = np.random.default_rng(7).integers(0, 256, (12, 24, 3))
    im[46:58, 4:28] = noise
    return Image.fromarray(np.clip(np.rint(im), 0, 255).astype(np.uint8), "RGB")


def resize(im, mode, width, height):
    """modules/images.py of A1111, the bands being resizes of an empty box at the edge."""
    if mode == "stretch":
        return im.resize((width, height), Image.LANCZOS)
    wider = width / height > im.width / im.height
    if mode == "crop":
        w = width if wider else im.width * height // im.height
        h = height if not wider else im.height * width // im.width
    else:
        narrower = width / height < im.width / im.height
        w = width if narrower else im.width * height // im.height
        h = height if not narrower else im.height * width // im.width
    out = Image.new("RGB", (width, height))
    fitted = im.resize((w, h), Image.LANCZOS)
    x, y = width // 2 - w // 2, height // 2 - h // 2
    out.paste(fitted, box=(x, y))
    if mode == "fill" and y > 0:
        out.paste(fitted.resize((width, y), box=(0, 0, w, 0)), box=(0, 0))
        out.paste(fitted.resize((width, y), box=(0, h, w, h)), box=(0, y + h))
    elif mode == "fill" and x > 0:
        out.paste(fitted.resize((x, height), box=(0, 0, 0, h)), box=(0, 0))
        out.paste(fitted.resize((x, height), box=(w, 0, w, h)), box=(x + w, 0))
    return out


def animation():
    """A half transparent disc that moves over a transparent ground, and a full frame in between."""
    y, x = np.mgrid[0:30, 0:40]
    frames = []
    for t in range(6):
        im = np.zeros((30, 40, 4), np.uint8)
        disc = (x - 8 - 5 * t) ** 2 + (y - 14) ** 2 < 60
        im[disc] = (200, 40 * t, 90, 160)
        if t == 3:
            im[:, :] = (10, 120, 230, 255)
            im[5:25, 10:30] = (250, 250, 20, 255)
        frames.append(Image.fromarray(im, "RGBA"))
    return frames


def save_animation(name, **options):
    first, *rest = animation()
    path = OUT / f"{name}.webp"
    first.save(path, save_all=True, append_images=rest, duration=[100, 40, 70, 100, 30, 200], **options)
    frames = []
    with Image.open(path) as im:
        for i in range(im.n_frames):
            im.seek(i)
            frame = im.convert("RGBA")
            frames.append(Image.alpha_composite(Image.new("RGBA", frame.size, "white"), frame).convert("RGB"))
    strip = Image.new("RGB", (40, 30 * len(frames)))
    for i, frame in enumerate(frames):
        strip.paste(frame, (0, 30 * i))
    strip.save(OUT / f"{name}.png", optimize=True)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    im = source()
    im.save(OUT / "source.png", optimize=True)
    for mode, sizes in SIZES.items():
        for w, h in sizes:
            resize(im, mode, w, h).save(OUT / f"resize_{mode}_{w}x{h}.png", optimize=True)
    exif = Image.Exif()
    exif[0x0112] = 6
    im.crop((0, 0, 48, 32)).save(OUT / "oriented.jpg", quality=90, subsampling=0, exif=exif)
    save_animation("anim_lossless", lossless=True)
    save_animation("anim_lossy", quality=80, allow_mixed=False)


if __name__ == "__main__":
    main()

"""The twelve styles: a procedural rendition of a photograph for each, and the words that name it.

Every pattern (dots, lines, tiles, hatching) is anchored to the picture's own 8- or 16-pixel grid
or to the picture itself, never to random numbers. The latent of a 16-pixel tile is 4x4, which is
what the network's two halvings can tell apart, so each rendition is a function of the photograph
that a small network can learn exactly; in a video the patterns stay in place.
"""
import cv2
import numpy as np

GRID = 16  # renditions repeat exactly when the picture is shifted by this many pixels


def _tile(pattern, h, w):
    """Repeat a small pattern over h x w."""
    ph, pw = pattern.shape[:2]
    return np.tile(pattern, (-(-h // ph), -(-w // pw)) + (1,) * (pattern.ndim - 2))[:h, :w]


def _luma(x):
    return x @ np.array([0.299, 0.587, 0.114], np.float32)


def _saturate(x, k):
    g = _luma(x)[..., None]
    return np.clip(g + (x - g) * k, 0, 1)


def _contrast(x, k, mid=0.5):
    return np.clip(mid + (x - mid) * k, 0, 1)


def _blur(x, s):
    return cv2.GaussianBlur(x, (0, 0), s)


def _level(g):
    """Local contrast: dark and pale photographs both use the tones of a print."""
    m = _blur(g, 10)
    return np.clip(0.5 + 1.35 * (g - m) + 0.85 * (m - 0.47), 0, 1)


def _bilateral(u8, rounds=2):
    for _ in range(rounds):
        u8 = cv2.bilateralFilter(u8, 7, 50, 7)
    return u8.astype(np.float32) / 255


def _ink(u8, block=9, c=5):
    """Soft black outlines, 1 where there is ink."""
    g = cv2.cvtColor(u8, cv2.COLOR_RGB2GRAY)
    g = cv2.bilateralFilter(g, 5, 40, 5)
    m = cv2.adaptiveThreshold(g, 255, cv2.ADAPTIVE_THRESH_GAUSSIAN_C, cv2.THRESH_BINARY_INV, block, c)
    return _blur(m.astype(np.float32) / 255, 0.6)


def _dodge(u8, s=4.0):
    """Pencil lines: the picture divided by its own blur."""
    g = _luma(u8.astype(np.float32) / 255)
    return np.clip((g + 0.02) / (_blur(g, s) + 0.02), 0, 1) ** 2.2


def photo(u8):
    return u8.astype(np.float32) / 255


def pencil_sketch(u8):
    x = u8.astype(np.float32) / 255
    line = _dodge(u8)
    shade = 0.55 + 0.45 * np.clip(_luma(_blur(x, 1.2)) * 1.7, 0, 1)
    g = np.clip(line * shade, 0, 1) * 0.86 + 0.1
    return np.repeat(g[..., None], 3, 2)


_y, _x = np.mgrid[0:16, 0:16].astype(np.float32)
_HATCH = 0.5 + 0.5 * np.cos(2 * np.pi * (_x + _y) / 8)
_DOT = np.roll(0.5 - 0.25 * (np.cos(2 * np.pi * (_x + _y) / 8) + np.cos(2 * np.pi * (_x - _y) / 8)), 2, 1)
_PAPER = np.random.RandomState(3).rand(8, 8).astype(np.float32)
_PAPER = cv2.GaussianBlur(np.tile(_PAPER, (3, 3)), (0, 0), 0.8)[8:16, 8:16]
_PAPER = (_PAPER - _PAPER.mean()) / _PAPER.std()


def coloured_pencil(u8):
    h, w = u8.shape[:2]
    x = _saturate(_bilateral(u8, 1), 2.0)
    tone = _level(_luma(x))
    hatch = _tile(_HATCH, h, w)
    cover = np.clip(0.30 + 1.15 * (1 - tone) - 0.75 * hatch, 0.06, 0.92)[..., None]
    out = 1 - cover * (1 - x * 0.82)
    return np.clip(out * (0.45 + 0.55 * _dodge(u8, 3)[..., None]), 0, 1)


def oil_painting(u8):
    x = cv2.xphoto.oilPainting(u8, 4, 2).astype(np.float32) / 255
    g = _blur(_luma(x), 0.8)
    relief = g - np.roll(np.roll(g, 2, 0), 2, 1)
    x = _saturate(_contrast(x, 1.2), 1.6)
    x = x * np.array([1.0, 0.92, 0.72], np.float32) + np.array([0.03, 0.015, 0.0], np.float32)   # old varnish
    return np.clip(x + 0.6 * relief[..., None], 0, 1)


def watercolor(u8):
    h, w = u8.shape[:2]
    s = cv2.edgePreservingFilter(u8, flags=1, sigma_s=14, sigma_r=0.35).astype(np.float32) / 255
    g = _luma(s)
    gx, gy = cv2.Sobel(g, cv2.CV_32F, 1, 0), cv2.Sobel(g, cv2.CV_32F, 0, 1)
    rim = np.clip(np.hypot(gx, gy) * 0.35, 0, 0.25)
    g = g[..., None]
    s = _saturate(s + (_level(g[..., 0])[..., None] - g) * 0.6 + 0.08, 1.9)
    wash = 1 - (1 - s) * (0.70 - 0.15 * g)
    paper = 1 + 0.03 * _tile(_PAPER, h, w)
    return np.clip((wash - rim[..., None]) * paper[..., None] * np.array([1.0, 0.99, 0.96], np.float32), 0, 1)


def cartoon(u8):
    x = _bilateral(u8, 3)
    g = _luma(x)[..., None]
    q = (np.floor(g * 4.999) + 0.6) / 5
    x = np.clip(x * (q / np.maximum(g, 0.04)), 0, 1)
    return _saturate(x, 1.9) * (1 - 0.95 * _ink(u8)[..., None])


def woodcut(u8):
    h, w = u8.shape[:2]
    g = _luma(u8.astype(np.float32) / 255)
    tone = _contrast(_level(_blur(g, 1.0)), 1.25)
    bend = 2.0 * _blur(tone, 3)                      # lines follow the relief of the picture
    yy = np.arange(h, dtype=np.float32)[:, None] + bend
    wave = 0.5 + 0.5 * np.cos(2 * np.pi * yy / 8)
    ink = 1 / (1 + np.exp(-14 * (wave - tone * 1.05 + 0.02)))
    ink = np.maximum(ink, _ink(u8, 9, 7))[..., None]
    return (1 - ink) * np.array([0.95, 0.90, 0.78], np.float32) + ink * np.array([0.07, 0.05, 0.05], np.float32)


def pixel_art(u8):
    h, w = u8.shape[:2]
    s = cv2.resize(u8, (w // 8, h // 8), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    s = _saturate(_contrast(s, 1.25), 1.5)
    s = np.round(s * 5) / 5
    return cv2.resize(s, (w, h), interpolation=cv2.INTER_NEAREST)


def _cells():
    """Irregular hexagons that repeat every 16 pixels: index of the cell and distance to its edge."""
    pts = [(3.0, 4.0), (12.0, 11.0)]
    cand = [(px + 16 * i, py + 16 * j, k, i, j) for k, (px, py) in enumerate(pts)
            for i in (-1, 0, 1) for j in (-1, 0, 1)]
    d = np.stack([np.hypot(_x - c[0], (_y - c[1]) * 1.1) for c in cand])
    o = np.sort(d, 0)
    who = np.argmin(d, 0)
    ident = np.array([(c[2], c[3], c[4]) for c in cand])[who]
    return ident, o[1] - o[0]


_CELL, _EDGE = _cells()


def stained_glass(u8):
    h, w = u8.shape[:2]
    x = u8.astype(np.float32) / 255
    ty, tx = np.mgrid[0:h, 0:w] // 16
    cell = _tile(_CELL, h, w)
    th, tw = h // 16 + 3, w // 16 + 3
    label = (cell[..., 0] * th + (ty + cell[..., 2] + 1)) * tw + (tx + cell[..., 1] + 1)
    n = np.maximum(np.bincount(label.ravel(), minlength=2 * th * tw), 1)
    mean = np.stack([np.bincount(label.ravel(), x[..., c].ravel(), 2 * th * tw) / n for c in range(3)], -1)
    glass = mean[label].astype(np.float32) * 0.55 + x * 0.45
    glass = _saturate(_contrast(glass, 1.3, 0.45), 2.2) * 0.92 + 0.06
    lead = np.clip((_tile(_EDGE, h, w) - 0.5) / 1.5, 0, 1)[..., None]
    return glass * lead + (1 - lead) * 0.03


def halftone(u8):
    h, w = u8.shape[:2]
    x = _bilateral(u8, 1)
    tone = _contrast(_level(_blur(_luma(x), 1.5)), 1.1)
    dot = _tile(_DOT, h, w)
    ink = 1 / (1 + np.exp(-16 * (1 - dot - tone * 1.25 + 0.02)))
    flat = _saturate(np.clip(x * 1.2 + 0.25, 0, 1), 2.2)
    flat = np.round(flat * 3) / 3 * np.array([1.0, 0.96, 0.80], np.float32)
    ink = np.maximum(ink * 0.92, _ink(u8))[..., None]
    return flat * (1 - ink) + ink * np.array([0.08, 0.07, 0.16], np.float32)


def neon(u8):
    x = _blur(u8.astype(np.float32) / 255, 0.8)
    m = np.max(np.stack([np.hypot(cv2.Sobel(x[..., c], cv2.CV_32F, 1, 0), cv2.Sobel(x[..., c], cv2.CV_32F, 0, 1))
                         for c in range(3)]), 0)
    m = np.clip(m * 1.2 - 0.06, 0, 1)
    c = _blur(x, 2)
    c = c - c.min(2, keepdims=True) * 0.85
    c = c / np.maximum(c.max(2, keepdims=True), 0.06)
    c = 0.12 + 0.88 * c
    glow = _blur(m, 2.5)[..., None] * c * 0.5
    return np.clip(np.array([0.03, 0.02, 0.09], np.float32) + glow + m[..., None] * c, 0, 1)


def sepia(u8):
    g = _luma(_blur(u8.astype(np.float32) / 255, 0.6))
    g = 0.16 + 0.74 * _contrast(_level(g), 1.05)
    return np.clip(g[..., None] * np.array([1.08, 0.88, 0.64], np.float32) + np.array([0.02, 0.01, 0.0], np.float32), 0, 1)


# name, how it is drawn, and how a prompt may name it: {} is the subject.
STYLES = [
    ("photo", photo, ["a photo of {}", "a photograph of {}", "photo", "a realistic photo of {}", "{}"]),
    ("pencil sketch", pencil_sketch, ["a pencil sketch of {}", "pencil sketch", "a pencil drawing of {}",
                                      "a graphite sketch of {}", "{}, pencil sketch"]),
    ("coloured pencil", coloured_pencil, ["a coloured pencil drawing of {}", "coloured pencil", "{}, colored pencil",
                                          "a colored pencil drawing of {}", "crayon drawing of {}"]),
    ("oil painting", oil_painting, ["an oil painting of {}", "oil painting", "{}, oil on canvas",
                                    "{}, oil painting", "a painting of {} in oil, thick brush strokes"]),
    ("watercolor", watercolor, ["a watercolor painting of {}", "watercolor", "a watercolour of {}",
                                "{}, watercolor", "{}, watercolour painting"]),
    ("cartoon", cartoon, ["a cartoon of {}", "cartoon", "{}, cartoon style", "a cel shaded cartoon of {}",
                          "{}, anime"]),
    ("woodcut", woodcut, ["an ink woodcut of {}", "woodcut", "a woodcut print of {}", "{}, ink engraving",
                          "{}, woodcut"]),
    ("pixel art", pixel_art, ["pixel art of {}", "pixel art", "{}, pixel art", "an 8 bit video game sprite of {}",
                              "{}, pixelated"]),
    ("stained glass", stained_glass, ["a stained glass window of {}", "stained glass", "a mosaic of {}",
                                      "{}, stained glass mosaic", "{}, stained glass"]),
    ("halftone comic", halftone, ["a halftone comic of {}", "halftone comic", "a comic book print of {}",
                                  "{}, halftone dots", "{}, pop art comic"]),
    ("neon", neon, ["neon edges of {}", "neon", "{}, neon lights", "glowing neon outlines of {}", "{}, neon"]),
    ("sepia", sepia, ["a vintage sepia photo of {}", "vintage sepia", "an old sepia photograph of {}",
                      "{}, sepia", "{}, vintage sepia tone"]),
]
NAMES = [s[0] for s in STYLES]


def render(u8, k):
    """Rendition k of an RGB uint8 picture whose sides are multiples of GRID."""
    return np.clip(STYLES[k][1](u8) * 255 + 0.5, 0, 255).astype(np.uint8)

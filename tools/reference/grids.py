"""How a batch's pictures lie in a grid: tests/golden/grids.txt.

    python tools/reference/grids.py --a1111 STABLE_DIFFUSION_WEBUI [OUT.txt]

Executes image_grid of A1111's modules/images.py. A line a grid: batch count, batch size, the option
n_rows (-1: automatic), then the rows, of a number a picture and - for an empty place.
"""
import argparse
import math
import pathlib
import types

from PIL import Image, ImageColor

from a1111 import functions

CASES = [(n, 1, -1) for n in range(2, 32)] + [(3, 4, 0), (5, 2, 0), (2, 3, 1), (7, 1, 3), (2, 2, 9)]


def main():
    root = pathlib.Path(__file__).parents[2]
    p = argparse.ArgumentParser()
    p.add_argument("--a1111", type=pathlib.Path, required=True)
    p.add_argument("out", nargs="?", type=pathlib.Path, default=root / "tests/golden/grids.txt")
    a = p.parse_args()
    opts = types.SimpleNamespace(n_rows=-1, grid_prevent_empty_spots=False, grid_background_color="#ffffff")
    callbacks = types.SimpleNamespace(image_grid_callback=lambda params: None,
                                      ImageGridLoopParams=lambda imgs, cols, rows: types.SimpleNamespace(
                                          imgs=imgs, cols=cols, rows=rows))
    grid = functions(a.a1111 / "modules/images.py", ["image_grid"],
                     {"opts": opts, "math": math, "Image": Image, "ImageColor": ImageColor,
                      "script_callbacks": callbacks})["image_grid"]
    lines = []
    for count, size, opts.n_rows in CASES:
        made = grid([Image.new("RGB", (1, 1), (i, 0, 0)) for i in range(count * size)], size).convert("RGB")
        rows = [[made.getpixel((x, y)) for x in range(made.width)] for y in range(made.height)]
        cells = [" ".join("-" if c[1] else str(c[0]) for c in row) for row in rows]
        lines.append(f"{count} {size} {opts.n_rows}: " + " / ".join(cells))
    a.out.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

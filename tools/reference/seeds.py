"""Start noise under variation seed and seed resize: tests/golden/seeds.safetensors.

    python tools/reference/seeds.py --a1111 STABLE_DIFFUSION_WEBUI [OUT.safetensors]

Runs A1111's own modules/rng.py (ImageRNG). CASE.start and CASE.next: the first and second draw
[4, h, w] of one image; the parameters of a case are in the metadata.
"""
import argparse
import json
import pathlib

import torch

from a1111 import rng_module
from store import Store

# name -> h, w of the latent, and what A1111's fields are set to
CASES = {
    "plain": dict(h=5, w=7, seed=42),
    "variation": dict(h=5, w=7, seed=42, subseed=43, strength=0.3),
    "variation_whole": dict(h=4, w=6, seed=1, subseed=2**32 - 3, strength=1.0),
    "variation_same": dict(h=4, w=6, seed=9, subseed=9, strength=0.25),
    "larger": dict(h=8, w=12, seed=5, from_h=48, from_w=56),
    "smaller": dict(h=5, w=6, seed=5, from_h=64, from_w=72),
    "mixed": dict(h=6, w=9, seed=77, from_h=80, from_w=40, subseed=3, strength=0.6),
}


def main():
    root = pathlib.Path(__file__).parents[2]
    p = argparse.ArgumentParser()
    p.add_argument("--a1111", type=pathlib.Path, required=True)
    p.add_argument("out", nargs="?", type=pathlib.Path, default=root / "tests/golden/seeds.safetensors")
    a = p.parse_args()
    torch.set_num_threads(1)
    store = Store()
    for kind, source in (("cpu", "CPU"), ("nv", "NV")):
        module = rng_module(a.a1111, source)
        for name, c in CASES.items():
            image = module.ImageRNG((4, c["h"], c["w"]), [c["seed"]], [c.get("subseed", 0)],
                                    c.get("strength", 0), c.get("from_h", 0), c.get("from_w", 0))
            store.put(f"{kind}.{name}.start", image.next()[0])
            store.put(f"{kind}.{name}.next", image.next()[0])
    keys = ("h", "w", "seed", "subseed", "strength", "from_h", "from_w")
    for name, c in CASES.items():
        store.metadata[name] = " ".join(str(c.get(k, 0)) for k in keys)
    store.metadata["cases"] = json.dumps(list(CASES))
    store.write(a.out)


if __name__ == "__main__":
    main()

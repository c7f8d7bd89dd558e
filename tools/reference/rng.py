"""Golden random numbers: tests/golden/rng.safetensors.

    python tools/reference/rng.py [OUT.safetensors]

CPU values come from torch itself. NVIDIA values come from the numpy model of the
generator below (Philox4x32-10, Salmon et al. 2011; counter and Box-Muller as
A1111 uses them), checked against the four values that A1111's rng_philox.py
documents for seed 0. Those were made with an exact 2 pi / 2^32; its code, and
so this one, rounds that factor to single precision, as the GPU does, which moves
values by up to 3e-7.

Tensors, for each seed and kind (cpu, nv):
    sizes                 lengths of consecutive draws of one generator
    KIND.SEED.row         those draws, one behind the other
    KIND.SEED.fresh       each length drawn by a generator of its own
Draws of more than STRIDE * 16 values are stored as every STRIDE-th value.
"""
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file

SIZES = [3, 16, 1, 15, 17, 5, 31, 32, 100, 16384, 7, 1, 63]
SEEDS = [0, 42, 2**32 + 5, 2**64 - 1]
STRIDE = 61  # prime, so that every place within a block of 16 is seen


class Philox:
    def __init__(self, seed):
        self.key = (seed & 0xFFFFFFFF, seed >> 32)
        self.calls = 0

    def randn(self, n):
        mask = np.uint64(0xFFFFFFFF)
        c = [np.full(n, self.calls, np.uint64), np.zeros(n, np.uint64), np.arange(n, dtype=np.uint64),
             np.zeros(n, np.uint64)]
        k0, k1 = self.key
        self.calls += 1
        for _ in range(10):
            a, b = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
            c = [(b >> np.uint64(32)) ^ c[1] ^ np.uint64(k0), b & mask,
                 (a >> np.uint64(32)) ^ c[3] ^ np.uint64(k1), a & mask]
            k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
        unit = float(np.float32(2.3283064e-10))
        angle = float(np.float32(2.3283064e-10 * 6.2831855))
        u = c[0].astype(np.float64) * unit + unit / 2
        v = c[1].astype(np.float64) * angle + angle / 2
        return (np.sqrt(-2.0 * np.log(u)) * np.sin(v)).astype(np.float32)


class Torch:
    def __init__(self, seed):
        self.generator = torch.Generator().manual_seed(seed)

    def randn(self, n):
        return torch.randn(n, generator=self.generator).numpy()


def thin(values):
    return values[::STRIDE] if len(values) > STRIDE * 16 else values


def main():
    out = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2] / "tests/golden/rng.safetensors")
    torch.set_num_threads(1)
    documented = np.array([-0.92466259, -0.42534415, -2.6438457, 0.14518388], np.float32)
    assert np.abs(Philox(0).randn(4) - documented).max() < 3e-7
    tensors = {"sizes": np.array(SIZES, np.int64), "seeds": np.array(SEEDS, np.uint64).view(np.int64),
               "stride": np.array([STRIDE], np.int64)}
    for kind, make in (("cpu", Torch), ("nv", Philox)):
        for i, seed in enumerate(SEEDS):
            generator = make(seed)
            tensors[f"{kind}.{i}.row"] = np.concatenate([thin(generator.randn(n)) for n in SIZES])
            tensors[f"{kind}.{i}.fresh"] = np.concatenate([thin(make(seed).randn(n)) for n in SIZES])
    save_file(tensors, out, {"made_by": f"tools/reference/rng.py, torch {torch.__version__.split('+')[0]}, "
                                        f"{torch.backends.cpu.get_cpu_capability()}"})


if __name__ == "__main__":
    main()

"""Shared by the training scripts: device, schedule by the clock, averaged weights, checkpoints."""
import copy
import math
import os
import time

import torch

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
if DEVICE == "cpu":
    torch.set_num_threads(int(os.environ.get("THREADS", os.cpu_count())))
    torch.set_flush_denormal(True)
else:
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cudnn.allow_tf32 = True


class Clock:
    """Progress from 0 to 1 over a budget of minutes, whatever the machine; survives a restart and a pause."""

    def __init__(self, minutes, used=0.0):
        self.total, self.spent, self.last = minutes * 60, used, time.time()

    def used(self):
        now = time.time()
        self.spent += min(now - self.last, 10)      # longer than that, the process was stopped
        self.last = now
        return self.spent

    def progress(self):
        return min(self.used() / self.total, 1.0)


def rate(peak, step, progress, warm=150, floor=0.02):
    """Warm-up by steps, then half a cosine by the clock."""
    return peak * min(1, (step + 1) / warm) * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * progress)))


class Average:
    """Exponential moving average of a module's weights."""

    def __init__(self, net, decay=0.999):
        self.net, self.decay, self.n = copy.deepcopy(net).eval().requires_grad_(False), decay, 0

    @torch.no_grad()
    def update(self, net):
        self.n += 1
        d = min(self.decay, (1 + self.n) / (10 + self.n))
        mine, theirs = list(self.net.parameters()), list(net.parameters())
        torch._foreach_lerp_(mine, theirs, 1 - d)


def save(path, **state):
    torch.save(state, path + ".part")
    os.replace(path + ".part", path)


def load(path):
    return torch.load(path, map_location=DEVICE, weights_only=False) if os.path.exists(path) else None

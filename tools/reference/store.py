"""safetensors files with the same bytes on every run."""
import json
import struct

import torch
from safetensors.torch import save_file


def save(tensors, path, metadata=None):
    """save_file leaves __metadata__ in random order: it is sorted afterwards."""
    save_file({k: v.contiguous() for k, v in tensors.items()}, path, metadata=metadata)
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    if "__metadata__" in header:
        header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode().ljust(size)
    assert len(text) == size
    path.write_bytes(data[:8] + text + data[8 + size:])


class Store:
    """Tensors and texts of one golden file."""

    def __init__(self):
        self.tensors, self.metadata = {}, {}

    def put(self, name, value):
        assert name not in self.tensors, name
        assert torch.isfinite(value).all(), name
        self.tensors[name] = value.detach().clone()

    def write(self, path):
        save(self.tensors, path, self.metadata or None)

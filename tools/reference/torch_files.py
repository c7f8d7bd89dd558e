"""Files of torch.save for tests/golden/torch and the corpus of tests/fuzz/fuzz_torch.

    python tools/reference/torch_files.py

Each file holds tensors of known values, in the forms that embeddings, upscalers and checkpoints are
shared in; tests/unit/weights/t_torch.c says what must come out. The zip format is written by the
installed torch; archives are packed anew with fixed names, so that the bytes do not change."""
import collections
import io
import pathlib
import zipfile

import torch


def ramp(*shape, dtype=torch.float32):
    n = 1
    for s in shape:
        n *= s
    return (torch.arange(n) / 16 - 1).reshape(shape).to(dtype)


def save_zip(value, path):
    """torch.save, with the archive's folder and dates fixed."""
    raw = io.BytesIO()
    torch.save(value, raw)
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(path, "w") as new:
        for e in old.infolist():
            name = e.filename.split("/", 1)[1]
            if name.startswith(".") and name != ".data":
                continue
            new.writestr(zipfile.ZipInfo("archive/" + name), old.read(e))


def save_old(value, path):
    torch.save(value, path, _use_new_zipfile_serialization=False)


class Evil:
    def __reduce__(self):
        import os
        return os.system, ("true",)


def main():
    out, corpus = pathlib.Path("tests/golden/torch"), pathlib.Path("tests/fuzz/corpus/torch")
    out.mkdir(parents=True, exist_ok=True)
    corpus.mkdir(parents=True, exist_ok=True)
    embedding = {"string_to_token": {"*": 265}, "string_to_param": {"*": ramp(3, 24)}, "name": "style",
                 "step": 500, "sd_checkpoint": None, "sd_checkpoint_name": None}
    params = torch.nn.ParameterDict({"*": torch.nn.Parameter(ramp(2, 24))})
    checkpoint = {"epoch": 1, "state_dict": collections.OrderedDict(
        a=ramp(2, 3), half=ramp(4, dtype=torch.float16), brain=ramp(4, dtype=torch.bfloat16),
        turned=ramp(3, 2).t(), part=ramp(10)[2:5], double=ramp(2, dtype=torch.float64),
        steps=torch.tensor(7), empty=torch.zeros(0, 3), flag=torch.tensor([True, False])),
        "optimizer_states": [{"lr": 0.1, "m": ramp(5)}]}
    save_zip(embedding, out / "embedding.pt")
    save_zip({"string_to_param": params, "name": "old"}, out / "parameters.pt")
    save_zip(checkpoint, out / "checkpoint.ckpt")
    save_old(checkpoint, out / "old.pth")
    save_zip({"<concept>": ramp(24)}, out / "concept.bin")
    save_zip({"a": Evil()}, out / "evil.pt")
    for f in out.iterdir():
        (corpus / f.stem).write_bytes(f.read_bytes())


if __name__ == "__main__":
    main()

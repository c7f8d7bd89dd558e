"""Parts of a diffusers folder as other programs leave them: tests/golden/old_folder.

    python tools/reference/old_folder.py

The text encoder of tests/golden/tiny as torch.save writes its state in half precision
(pytorch_model.bin), and its tokenizer as transformers saves it, in one tokenizer.json."""
import pathlib
import tempfile

import torch
from safetensors.torch import load_file
from transformers import CLIPTokenizerFast

from torch_files import save_zip


def main():
    root = pathlib.Path(__file__).parents[2] / "tests/golden"
    out = root / "old_folder"
    for part in ("text_encoder", "tokenizer"):
        (out / part).mkdir(parents=True, exist_ok=True)
    state = load_file(root / "tiny/text_encoder/model.safetensors")
    half = {k: v.half() for k, v in state.items()}
    assert all(torch.equal(v.float(), state[k].float()) for k, v in half.items())
    save_zip(half, out / "text_encoder/pytorch_model.bin")
    tokenizer = CLIPTokenizerFast.from_pretrained(root / "tiny/tokenizer")
    with tempfile.TemporaryDirectory() as tmp:
        tokenizer.save_pretrained(tmp)
        (out / "tokenizer/tokenizer.json").write_bytes((pathlib.Path(tmp) / "tokenizer.json").read_bytes())


if __name__ == "__main__":
    main()

"""Golden data for networks (LoRA and relatives): small files on the tiny model of every kind and in
every naming, the weights they lead to, and one prediction of the UNet each.

    python tools/reference/networks.py tests/golden

What is executed: diffusers' own loading and fusing (PEFT) for its two namings of LoRA and for DoRA;
LyCORIS' modules for LoHa, LoKr, IA3, full, norms and DoRA, in kohya's names. A
multiplier below 1 with DoRA is A1111's W + m (W_dora - W), over LyCORIS' W_dora. All in float64,
rounded to float32 at the end."""
import copy
import pathlib
import sys
import tempfile

import torch
from diffusers import StableDiffusionPipeline
from diffusers.training_utils import _collate_lora_metadata
from diffusers.utils import logging
from lycoris.modules.full import FullModule
from lycoris.modules.ia3 import IA3Module
from lycoris.modules.locon import LoConModule
from lycoris.modules.loha import LohaModule
from lycoris.modules.lokr import LokrModule
from lycoris.modules.norms import NormModule
from peft import LoraConfig
from peft.tuners.tuners_utils import BaseTunerLayer
from peft.utils import get_peft_model_state_dict
from safetensors import safe_open
from safetensors.torch import load_file

from store import Store, save
from tiny_models import Model, cast

logging.set_verbosity_error()
ATTN = "down_blocks.1.attentions.0.transformer_blocks.0."
LAYERS = {  # one of each shape: linear, wide linear, 1x1 and 3x3 convolution, strided, norm
    "q": ATTN + "attn1.to_q", "k": ATTN + "attn2.to_k", "out": ATTN + "attn2.to_out.0",
    "ff": ATTN + "ff.net.0.proj", "proj": "down_blocks.1.attentions.0.proj_in",
    "conv": "mid_block.resnets.0.conv1", "down": "down_blocks.0.downsamplers.0.conv",
    "in": "conv_in", "short": "up_blocks.1.resnets.0.conv_shortcut"}
TEXT = {"tq": "text_model.encoder.layers.1.self_attn.q_proj", "fc": "text_model.encoder.layers.2.mlp.fc1"}


def text_layer(model, name):
    try:
        return model.text.get_submodule(name)
    except AttributeError:  # transformers 5 leaves text_model out
        return model.text.get_submodule(name.removeprefix("text_model."))


def merged(m, shape):
    """The weight that the module's forward computes with. LyCORIS 4.1.3's get_merged_weight scales
    LoHa and LoKr twice; their forward does not."""
    if not isinstance(m, (LohaModule, LokrModule)):
        return m.get_merged_weight(1.0, shape)
    w = m.org_weight + m.get_weight(shape)
    return m.apply_weight_decompose(w) if m.wd else w, None


class Lycoris:
    """A network file in kohya's names, made of LyCORIS modules with random values."""

    def __init__(self, model, seed, te=1.0, unet=1.0):
        self.model, self.g, self.te, self.unet = model, torch.Generator().manual_seed(seed), te, unet
        self.file, self.weights, self.biases = {}, {}, {}

    def add(self, cls, key, **kwargs):
        te = key in TEXT
        name = TEXT[key] if te else LAYERS.get(key, key)
        layer = copy.deepcopy(text_layer(self.model, name) if te else self.model.unet.get_submodule(name))
        layer = layer.double()
        m = cls("x", layer, 1.0, **kwargs).double()
        for k, p in m.named_parameters():
            if k == "dora_scale":
                p.data *= 1 + 0.2 * torch.randn(p.shape, generator=self.g, dtype=torch.float64)
            else:
                p.data = torch.randn(p.shape, generator=self.g, dtype=torch.float64) * 0.3
            p.data = p.data.half().double()  # small files, exact values
        if hasattr(m, "scalar"):
            m.scalar.fill_(1)
        w, b = merged(m, layer.weight.shape)
        by = self.te if te else self.unet
        old = layer.weight
        self.weights[(te, name)] = (old + by * (w.reshape(old.shape) - old)).detach()
        if b is not None:
            self.biases[(te, name)] = (layer.bias + by * (b - layer.bias)).detach()
        prefix = ("lora_te_" if te else "lora_unet_") + name.replace(".", "_") + "."
        state = m.custom_state_dict() or m.state_dict()
        if isinstance(m, FullModule):  # its own expects the layer's weights inside
            state = {"diff": m.weight, "diff_b": m.bias}
        for k, v in state.items():
            if isinstance(v, torch.Tensor):
                self.file[prefix + k] = v.detach() if v.dtype == torch.int64 else v.detach().half()
        return self


def lycoris_cases(model):
    big = dict(lora_dim=3, alpha=2.0)
    c = {}
    c["lora"] = Lycoris(model, 1, 0.75, -0.5)
    for k in ("q", "k", "out", "ff", "proj", "conv", "down", "in", "short", "tq", "fc"):
        c["lora"].add(LoConModule, k, **big)
    c["mid"] = Lycoris(model, 2)
    for k in ("conv", "down"):
        c["mid"].add(LoConModule, k, use_tucker=True, **big)
    c["loha"] = Lycoris(model, 3, 1.0, 0.5)
    for k in ("q", "k", "proj", "conv", "tq"):
        c["loha"].add(LohaModule, k, **big)
    c["loha"].add(LohaModule, "down", use_tucker=True, **big)
    c["lokr"] = Lycoris(model, 4, 1.0, 0.5)
    c["lokr"].add(LokrModule, "q", lora_dim=2, alpha=1.0, factor=2)
    c["lokr"].add(LokrModule, "ff", lora_dim=2, alpha=1.0, factor=4, decompose_both=True)
    c["lokr"].add(LokrModule, "proj", lora_dim=1000, alpha=1.0, factor=4)  # both factors whole
    c["lokr"].add(LokrModule, "conv", lora_dim=2, alpha=3.0, factor=2)
    c["lokr"].add(LokrModule, "mid_block.resnets.1.conv2", lora_dim=2, alpha=1.0, factor=2, use_tucker=True)
    c["lokr"].add(LokrModule, "fc", lora_dim=2, alpha=1.0, factor=2)
    c["ia3"] = Lycoris(model, 5, 1.0, 0.8)
    for k, i in (("k", False), ("q", True), ("conv", False), ("down", True), ("fc", False)):
        c["ia3"].add(IA3Module, k, train_on_input=i)
    c["full"] = Lycoris(model, 6, 0.5, 0.5)
    for k in ("q", "proj", "conv", "fc"):
        c["full"].add(FullModule, k)
    c["full"].add(NormModule, ATTN + "norm1")
    c["full"].add(NormModule, "mid_block.resnets.0.norm2")
    c["dora"] = Lycoris(model, 7, 1.0, 0.6)
    for k, rows in (("q", True), ("k", False), ("conv", True), ("down", False), ("proj", False)):
        c["dora"].add(LoConModule, k, weight_decompose=True, wd_on_out=rows, **big)
    c["dora"].add(LohaModule, "ff", weight_decompose=True, wd_on_out=True, **big)
    c["dora"].add(LokrModule, "out", lora_dim=2, alpha=1.0, factor=2, weight_decompose=True, wd_on_out=False)
    return c


def pipeline(folder):
    return StableDiffusionPipeline.from_pretrained(folder, safety_checker=None, feature_extractor=None)


def diffusers_cases(folder, nets):
    """Files in PEFT's names with its config as metadata, LoRA and DoRA, written by diffusers, loaded
    by diffusers' load_lora_weights into a new pipeline and merged by PEFT."""
    for case, dora in (("peft", False), ("peft_dora", True)):
        pipe, g = pipeline(folder), torch.Generator().manual_seed(8)
        pipe.unet.add_adapter(LoraConfig(
            r=2, lora_alpha=3, use_dora=dora,
            target_modules=["to_q", "to_out.0", "proj_in", "conv1", "ff.net.0.proj"]))
        for k, p in pipe.unet.named_parameters():
            if "lora_" in k:
                r = torch.randn(p.shape, generator=g)
                p.data = (p.data * (1 + 0.2 * r) if "magnitude" in k else 0.3 * r).half()
        state = get_peft_model_state_dict(pipe.unet)
        config = _collate_lora_metadata({"unet": pipe.unet})
        StableDiffusionPipeline.save_lora_weights(nets, state, weight_name="raw.safetensors",
                                                  unet_lora_adapter_metadata=config["unet_lora_adapter_metadata"])
        with safe_open(nets / "raw.safetensors", "pt") as f:
            meta = f.metadata()
        save(load_file(nets / "raw.safetensors"), nets / f"{case}.safetensors", meta)
        (nets / "raw.safetensors").unlink()
        pipe = pipeline(folder)
        pipe.load_lora_weights(nets, weight_name=f"{case}.safetensors")
        pipe.unet.double()
        for m in pipe.unet.modules():
            if isinstance(m, BaseTunerLayer):
                m.merge()
        yield case, {(False, k.removesuffix(".base_layer.weight")): v
                     for k, v in pipe.unet.state_dict().items() if k.endswith("base_layer.weight")}


def predict(model, store, case, weights, biases=None):
    unet = cast(model.unet, torch.float64)
    with torch.no_grad():
        for (te, name), w in weights.items():
            if not te:
                unet.get_submodule(name).weight.copy_(w)
        for (te, name), b in (biases or {}).items():
            if not te:
                unet.get_submodule(name).bias.copy_(b)
        y = unet(store.x, 500.0, encoder_hidden_states=store.context).sample
    store.put(f"tiny/{case}/out", y.float())


def main(out):
    model = Model("tiny", 1001)
    store = Store()
    g = torch.Generator().manual_seed(99)
    store.x = torch.randn((1, 4, 8, 6), generator=g).double()
    store.context = torch.randn((1, 5, 24), generator=g).double()
    store.put("tiny/in", store.x.float())
    store.put("tiny/context", store.context.float())
    nets = out / "networks"
    nets.mkdir(exist_ok=True)
    for case, c in lycoris_cases(model).items():
        save(c.file, nets / f"{case}.safetensors", {"ss_output_name": case})
        store.metadata[case] = f"{c.te} {c.unet}"
        for (te, name), w in c.weights.items():
            store.put(f"{case}/{'text' if te else 'unet'}/{name}.weight", w.float())
        for (te, name), b in c.biases.items():
            store.put(f"{case}/{'text' if te else 'unet'}/{name}.bias", b.float())
        predict(model, store, case, c.weights, c.biases)
    with tempfile.TemporaryDirectory() as tmp:
        model.write(pathlib.Path(tmp))
        for case, weights in diffusers_cases(tmp, nets):
            store.metadata[case] = "1 1"
            for (_, name), w in list(weights.items())[:6]:
                store.put(f"{case}/unet/{name}.weight", w.float())
            predict(model, store, case, weights)
    store.write(out / "networks.safetensors")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))

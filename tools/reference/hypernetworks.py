"""Golden data for hypernetworks: tests/golden/hypernets/*.pt, tests/golden/hypernets.safetensors.

    python tools/reference/hypernetworks.py --a1111 STABLE_DIFFUSION_WEBUI

Executes HypernetworkModule, Hypernetwork.save and apply_hypernetworks of A1111's
modules/hypernetworks/hypernetwork.py: `act/NAME` are its activations over `act/in`; `tiny/FILE/WIDTH/in`,
`k`, `v` a context and what becomes of it at the multiplier in the metadata value FILE; `tiny/chain/out`
a prediction of tiny's UNet, in every attention of which two files are chained. Computed in float64,
rounded to float32. `old.pt` has the names of A1111's first files."""
import argparse
import inspect
import os
import pathlib
import tempfile
import types

import torch
from torch import nn
from torch.nn.init import (kaiming_normal_, kaiming_uniform_, normal_, xavier_normal_, xavier_uniform_,
                           zeros_)

from a1111_checkout import Checkout
from store import Store
from tiny_models import Model, cast
from torch_files import save_zip

NAMES = ["HypernetworkModule", "parse_dropout_structure", "Hypernetwork", "apply_single_hypernetwork",
         "apply_hypernetworks"]
# multiplier, widths (of tiny's UNet: 8, 16, 20 of its levels, 24 of its text), what was asked for
FILES = {
    "plain": (0.8, [8, 16, 20, 24], dict(layer_structure=[1, 2, 1], activation_func="linear")),
    "norm": (-0.5, [16, 24], dict(layer_structure=[1, 1.5, 1], activation_func="relu", add_layer_norm=True,
                                  use_dropout=True, activate_output=False)),
    "deep": (1.0, [24], dict(layer_structure=[1, 2, 2, 1], activation_func="swish", add_layer_norm=True,
                             use_dropout=True, activate_output=True, last_layer_dropout=True)),
    "old": (0.6, [24], dict(layer_structure=[1, 2, 1], activation_func="linear")),
}
ACTIVATIONS = ["linear", "relu", "relu6", "leakyrelu", "rrelu", "elu", "celu", "selu", "hardsigmoid",
               "hardswish", "swish", "hardtanh", "tanh", "sigmoid", "logsigmoid", "silu", "softplus",
               "mish", "gelu", "softsign", "tanhshrink", "hardshrink", "softshrink"]


class Processor:
    """A1111's attention: keys and values of what hypernetworks make of the context."""

    def __init__(self, code, nets):
        self.code, self.nets = code, nets

    def __call__(self, attn, x, encoder_hidden_states=None, attention_mask=None, temb=None, **kwargs):
        context = x if encoder_hidden_states is None else encoder_hidden_states
        k, v = self.code.apply_hypernetworks(self.nets, context)
        q, k, v = (attn.head_to_batch_dim(t) for t in (attn.to_q(x), attn.to_k(k), attn.to_v(v)))
        p = (q @ k.transpose(1, 2) * attn.scale).softmax(-1)
        return attn.to_out[0](attn.batch_to_head_dim(p @ v))


def reference(folder):
    same = types.SimpleNamespace(device=torch.device("cpu"), cond_cast_unet=lambda x: x,
                                 cond_cast_float=lambda x: x, torch_npu_set_device=lambda: None)
    options = types.SimpleNamespace(opts=types.SimpleNamespace(save_optimizer_state=False,
                                                               print_hypernet_extra=False))
    return Checkout(folder).take("modules/hypernetworks/hypernetwork.py", NAMES, torch=torch, inspect=inspect,
                                 os=os, devices=same, shared=options, normal_=normal_, zeros_=zeros_,
                                 xavier_normal_=xavier_normal_, xavier_uniform_=xavier_uniform_,
                                 kaiming_normal_=kaiming_normal_, kaiming_uniform_=kaiming_uniform_)


def make(code, name, widths, asked, path):
    """Random weights, in half precision in the file."""
    net = code.Hypernetwork(name, widths, weight_init="Normal", **asked)
    for p in net.weights():
        if p.dim() > 1:
            nn.init.normal_(p, std=p.shape[1] ** -0.5)
        else:
            p.add_(0.1 * torch.randn(p.shape))
        p.data = p.data.half()
    with tempfile.TemporaryDirectory() as tmp:
        raw = pathlib.Path(tmp) / "x.pt"
        net.save(raw)
        state = torch.load(raw)
    if name == "old":
        old = {"linear.0": "linear1", "linear.1": "linear2"}
        state = {w: tuple({old[k[:8]] + k[8:]: v for k, v in half.items()} for half in state[w])
                 for w in widths} | {"step": 1, "name": name}
    save_zip(state, path)
    for layers in net.layers.values():
        for layer in layers:
            layer.double()
    return net


def main():
    root = pathlib.Path(__file__).parents[2]
    p = argparse.ArgumentParser()
    p.add_argument("--a1111", type=pathlib.Path, required=True)
    a = p.parse_args()
    code, store = reference(a.a1111), Store()
    torch.manual_seed(20)
    torch.set_grad_enabled(False)
    x = torch.cat([torch.linspace(-9, 9, 61), torch.tensor([-0.5, 0.5, -3.0, 3.0, 25.0, -25.0])])
    store.put("act/in", x)
    for name in ACTIVATIONS:
        act = code.HypernetworkModule.activation_dict[name]().eval()
        store.put(f"act/{name}", act(x.double()).float())
    folder = root / "tests/golden/hypernets"
    folder.mkdir(exist_ok=True)
    nets = {}
    for name, (multiplier, widths, asked) in FILES.items():
        nets[name] = make(code, name, widths, asked, folder / f"{name}.pt").set_multiplier(multiplier)
        store.metadata[name] = str(multiplier)
        for w in widths:
            context = torch.randn(2, 3, w)
            k, v = code.apply_single_hypernetwork(nets[name], context.double(), context.double())
            for key, value in (("in", context), ("k", k.float()), ("v", v.float())):
                store.put(f"tiny/{name}/{w}/{key}", value)
    unet = cast(Model("tiny", 1001).unet, torch.float64)
    latent, context = torch.randn(2, 4, 8, 6), torch.randn(2, 5, 24)
    for case, used in (("chain", ["plain", "norm"]), ("turned", ["norm", "plain"])):
        unet.set_attn_processor(Processor(code, [nets[n] for n in used]))
        out = unet(latent.double(), 500.0, encoder_hidden_states=context.double()).sample
        store.put(f"tiny/{case}/out", out.float())
    store.put("tiny/chain/in", latent)
    store.put("tiny/chain/context", context)
    store.write(root / "tests/golden/hypernets.safetensors")


if __name__ == "__main__":
    main()

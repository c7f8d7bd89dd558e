"""A1111's samplers and schedules, executed without the rest of the program.

FOLDER holds, in a folder `modules`, these files of AUTOMATIC1111's web UI or of a fork that kept them
(read for the golden data: Panchovix/stable-diffusion-webui-reForge, 3b56b268):

    sd_schedulers.py  sd_samplers_extra.py  sd_samplers_timesteps_impl.py  sd_samplers_lcm.py
    models/diffusion/uni_pc/uni_pc.py

What they import of the program is replaced by stubs; k-diffusion is the one given."""
import pathlib
import sys
import types

import torch


def stub(name, **members):
    module = types.ModuleType(name)
    module.__path__ = []
    module.__dict__.update(members)
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, module)
    return module


def execute(folder, name):
    path = pathlib.Path(folder) / "modules" / (name.replace(".", "/") + ".py")
    module = stub("modules." + name)
    exec(compile(path.read_text(), str(path), "exec"), module.__dict__)
    return module


class Anything:
    def __init__(self, *_, **__):
        pass


class Torch:
    """torch for k-diffusion, whose randn_like is the run's noise: A1111's TorchHijack."""
    def __init__(self, noise):
        self.randn_like = noise

    def __getattr__(self, name):
        return getattr(torch, name)


def load(folder, external, sampling, utils):
    options = types.SimpleNamespace(sd_sampling="A1111", beta_dist_alpha=0.6, beta_dist_beta=0.6,
                                    uni_pc_variant="bh1", uni_pc_skip_type="time_uniform", uni_pc_order=3,
                                    uni_pc_lower_order_final=True)
    model = types.SimpleNamespace(is_sdxl=False)
    stub("modules")
    shared = stub("modules.shared", opts=options, sd_model=model)
    stub("modules.torch_utils", float64=lambda x: torch.float64)
    stub("k_diff")
    stub("k_diff.k_diffusion", sampling=sampling, external=external, utils=utils)
    for name, module in (("sampling", sampling), ("external", external), ("utils", utils)):
        sys.modules["k_diff.k_diffusion." + name] = module
    for name in ("models", "models.diffusion", "models.diffusion.uni_pc"):
        stub("modules." + name)
    stub("modules.sd_samplers_cfg_denoiser", CFGDenoiser=Anything)
    stub("modules.sd_samplers_kdiffusion", KDiffusionSampler=Anything)
    stub("modules.sd_samplers_common", SamplerData=Anything)
    parts = {n.rpartition(".")[2]: execute(folder, n) for n in (
        "sd_schedulers", "sd_samplers_extra", "models.diffusion.uni_pc.uni_pc", "sd_samplers_timesteps_impl",
        "sd_samplers_lcm")}
    return types.SimpleNamespace(shared=shared, options=options, **parts)

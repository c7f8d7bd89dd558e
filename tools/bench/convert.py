"""Convert one part to OpenVINO's format, or quantise the UNet by NNCF; each call is a process of its own.

    python tools/bench/convert.py step|encode|decode|int8 WORK

Static shapes, float32 weights: the processor plugin picks the precision when it compiles.
"""
import gc
import os
import pathlib
import sys

import sd15

CALIBRATION = 2   # enough for ranges; the speed does not depend on them


def module(net, call):
    """A part as a module, which is what the converter traces."""
    import torch

    class Part(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = net

        def forward(self, *args):
            return call(*args)

    return Part().eval()


def path(work, part):
    return work / f"{part}.xml"


def save(model, work, part):
    """The .xml comes last and under its name only when complete: it is what says "done"."""
    import openvino
    part_path = work / f"part_{part}.xml"
    openvino.save_model(model, part_path, compress_to_fp16=False)
    os.replace(part_path.with_suffix(".bin"), path(work, part).with_suffix(".bin"))
    os.replace(part_path, path(work, part))


def convert(work, part):
    import openvino
    import torch
    torch.set_grad_enabled(False)
    net = sd15.unet(work) if part == "step" else sd15.vae(work)
    model = openvino.convert_model(
        module(net, sd15.calls(net, net)[part]),
        example_input=sd15.inputs(part, latent=8),   # a small one: tracing runs it several times
        input=[tuple(x.shape) for x in sd15.inputs(part)])
    del net
    gc.collect()
    save(model, work, part)


def quantise(work):
    """Weights and activations of convolutions and matrix products to int8."""
    import nncf
    import openvino
    samples = [tuple(x.numpy() for x in sd15.inputs("step", seed)) for seed in range(CALIBRATION)]
    parameters = nncf.AdvancedQuantizationParameters(
        disable_bias_correction=True,   # no influence on speed
        smooth_quant_alphas=nncf.AdvancedSmoothQuantParameters(matmul=-1))
    model = nncf.quantize(
        openvino.Core().read_model(path(work, "step")), nncf.Dataset(samples),
        subset_size=CALIBRATION, model_type=nncf.ModelType.TRANSFORMER, advanced_parameters=parameters)
    save(model, work, "int8")


def main():
    what, work = sys.argv[1], pathlib.Path(sys.argv[2])
    if what == "int8":
        quantise(work)
    else:
        convert(work, what)


if __name__ == "__main__":
    main()

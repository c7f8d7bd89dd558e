"""One peer in a process of its own: loads its model, then times one part for each line it reads.

    python tools/bench/worker.py PEER WORK THREADS STEP,ENCODE,DECODE

Answers are JSON lines on stdout: {"versions": ...} when loaded, {"seconds": s} for each part named, and
{"peak_bytes": n} at the end of input. Whatever libraries print goes to stderr.
"""
import json
import os
import pathlib
import sys
import time

import convert
import sd15


def peak_bytes():
    """The high-water mark of this program alone (getrusage also counts the process it was forked from)."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))


def load_openvino(peer, work, threads, parts):
    """Part -> function that runs it, and the versions to print."""
    import openvino
    hints = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY",
             "INFERENCE_PRECISION_HINT": "bf16" if peer == "openvino-bf16" else "f32"}
    core = openvino.Core()

    def prepared(part):
        file = convert.path(work, "int8" if peer == "openvino-int8" else part)
        request = core.compile_model(file, "CPU", hints).create_infer_request()
        arguments = [x.numpy() for x in sd15.inputs(part)]
        return lambda: request.infer(arguments, share_inputs=True, share_outputs=True)

    return {part: prepared(part) for part in parts}, {"OpenVINO": openvino.__version__.split("-")[0]}


def load_diffusers(peer, work, threads, parts):
    import diffusers
    import torch
    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)
    kind = torch.bfloat16 if peer == "diffusers-bf16" else torch.float32

    def ready(net):
        return net.to(kind).to(memory_format=torch.channels_last)

    unet = ready(sd15.unet(work)) if "step" in parts else None
    vae = ready(sd15.vae(work)) if {"encode", "decode"} & set(parts) else None
    calls = sd15.calls(unet, vae)

    def prepared(part):
        arguments = [x.to(kind) for x in sd15.inputs(part)]
        arguments = [x.to(memory_format=torch.channels_last) if x.dim() == 4 else x for x in arguments]
        return lambda: calls[part](*arguments)

    versions = {"diffusers": diffusers.__version__, "PyTorch": torch.__version__.split("+")[0]}
    return {part: prepared(part) for part in parts}, versions


def main():
    peer, work, threads, parts = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(**fields):
        print(json.dumps(fields), file=answers, flush=True)

    load = load_openvino if peer.startswith("openvino") else load_diffusers
    functions, versions = load(peer, pathlib.Path(work), int(threads), parts.split(","))
    answer(versions=versions)
    for line in sys.stdin:
        start = time.perf_counter()
        functions[line.strip()]()
        answer(seconds=time.perf_counter() - start)
    answer(peak_bytes=peak_bytes())


if __name__ == "__main__":
    main()

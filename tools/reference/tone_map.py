"""Reference data for tone mapping: tests/golden/tone_map.safetensors.

    pip install colour-science
    python tools/reference/tone_map.py [--zscale]

PQ, HLG and the change of primaries (by Bradford's transform where the white differs) by colour-science's
own functions, BT.2390's curve by numpy as the report writes it, all in float64. --zscale compares with FFmpeg's zscale filter, whose tonemap has other
curves: only what lies below the knee, where none of them bends, can agree, and it prints by how much."""
import argparse
import pathlib
import subprocess

import colour
import numpy as np
import torch

from store import Store

WHITE = 203.0


def pq(light):
    return colour.models.eotf_inverse_ST2084(light, 10000)


def eetf(light, peak):
    """ITU-R BT.2390-10, 5.4.1, from black to `peak`, to a display from black to WHITE."""
    e1 = np.minimum(pq(light) / pq(peak), 1)
    most = pq(WHITE) / pq(peak)
    ks = 1.5 * most - 0.5
    t = (e1 - ks) / (1 - ks) if ks < 1 else e1 * 0
    p = ((2 * t**3 - 3 * t**2 + 1) * ks + (t**3 - 2 * t**2 + t) * (1 - ks)
         + (-2 * t**3 + 3 * t**2) * most)
    return colour.models.eotf_ST2084(np.where(e1 < ks, e1, p) * pq(peak), 10000)


def hlg(v, space):
    """BT.2100's system with the weights of luminance that these primaries have; colour's own are BT.2020's."""
    scene = colour.models.oetf_inverse_BT2100_HLG(v)
    weights = colour.RGB_COLOURSPACES[space].matrix_RGB_to_XYZ[1]
    y = (scene * weights).sum(axis=1, keepdims=True)
    return 1000 * np.where(y > 0, y, 1) ** 0.2 * scene


def to_light(samples, hdr, space="ITU-R BT.2020"):
    v = samples / 65535
    return colour.models.eotf_ST2084(v, 10000) if hdr == "pq" else hlg(v, space)


def to_709(rgb, space):
    return colour.RGB_to_RGB(rgb, space, "ITU-R BT.709", chromatic_adaptation_transform="Bradford")


def sdr(samples, space, curve):
    """Only other primaries: the same curve before and behind."""
    v = samples / 65535
    light = colour.models.eotf_sRGB(v) if curve == "srgb" else v ** 2.4
    light = np.clip(to_709(light, space), 0, 1)
    return colour.models.eotf_inverse_sRGB(light) if curve == "srgb" else light ** (1 / 2.4)


def tone_map(samples, hdr, space, peak):
    rgb = np.maximum(to_709(to_light(samples, hdr, space), space), 0)
    most = rgb.max(axis=1, keepdims=True)
    rgb = rgb * np.where(most > 0, eetf(most, peak) / np.maximum(most, 1e-30), 0) / WHITE
    return np.clip(rgb, 0, 1) ** (1 / 2.4)


def zscale(samples):
    """FFmpeg's way of the same, without any tone mapping, for RGB below 100 cd/m2."""
    data = samples.astype("<u2")
    data = np.repeat(data[:, None], 8, axis=1)  # zscale wants more than a row
    planar = data.transpose(2, 1, 0)[[1, 2, 0]].tobytes()
    command = ["ffmpeg", "-nostdin", "-v", "error", "-f", "rawvideo", "-pix_fmt", "gbrp16le", "-s", f"{len(data)}x8",
               "-i", "-", "-vf", "zscale=tin=smpte2084:pin=2020:min=gbr:rin=full:t=linear:p=709:m=gbr:npl=203,"
               "format=gbrpf32le,zscale=tin=linear:pin=709:min=gbr:t=709:p=709:m=gbr:r=full,format=gbrp16le", "-f", "rawvideo", "-"]
    out = subprocess.run(command, input=planar, stdout=subprocess.PIPE, check=True).stdout
    return np.frombuffer(out, "<u2").reshape(3, 8, -1)[[2, 0, 1], 0].T / 65535


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default="tests/golden", help="default: %(default)s")
    parser.add_argument("--zscale", action="store_true", help="compare with FFmpeg and write nothing")
    args = parser.parse_args()
    rng = np.random.default_rng(5)
    grey = np.repeat(np.linspace(0, 65535, 65).round()[:, None], 3, axis=1)
    samples = np.concatenate([grey, rng.integers(0, 65536, (191, 3)), np.eye(3) * 40000, np.eye(3) * 65535])
    if args.zscale:
        dark = samples[to_light(samples, "pq").max(axis=1) < 60]
        diff = np.abs(zscale(dark) - tone_map(dark, "pq", "ITU-R BT.2020", 1000)) * 255
        print(f"{len(dark)} colours: off by at most {diff.max():.3f} of 255")
        return
    store = Store()
    store.put("samples", torch.tensor(samples, dtype=torch.float32))
    for name, hdr, space, peak in [("pq1000", "pq", "ITU-R BT.2020", 1000), ("pq4000", "pq", "ITU-R BT.2020", 4000),
                                   ("pq203", "pq", "ITU-R BT.2020", 203), ("pq709", "pq", "ITU-R BT.709", 1000),
                                   ("pq_p3", "pq", "Display P3", 1000), ("pq_dci", "pq", "DCI-P3", 1000),
                                   ("hlg", "hlg", "ITU-R BT.2020", 1000), ("hlg_p3", "hlg", "Display P3", 1000)]:
        store.put(name, torch.tensor(tone_map(samples, hdr, space, peak), dtype=torch.float32))
    for name, space, curve in [("sdr_p3", "Display P3", "srgb"), ("sdr_dci", "DCI-P3", "bt1886"),
                               ("sdr_2020", "ITU-R BT.2020", "srgb")]:
        store.put(name, torch.tensor(sdr(samples, space, curve), dtype=torch.float32))
    store.write(pathlib.Path(args.out) / "tone_map.safetensors")


if __name__ == "__main__":
    main()

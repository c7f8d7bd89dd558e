"""The results as Markdown: seconds and memory, how often faster ours is, and the floor beside it."""
import statistics

NAMES = {
    "ours-exact": "restyle, `precision: exact` (float32)",
    "ours-fast": "restyle, `precision: fast`",
    "openvino-f32": "OpenVINO, float32",
    "openvino-bf16": "OpenVINO, bf16",
    "openvino-int8": "OpenVINO, int8 by NNCF",
    "diffusers-f32": "diffusers, float32",
    "diffusers-bf16": "diffusers, bf16",
    "sdcpp-f16": "stable-diffusion.cpp, f16",
}
PARTS = "step", "encode", "decode"
OURS = "ours-exact", "ours-fast"


def median(book, name, part):
    cell = book["peers"].get(name, {}).get("parts", {}).get(part)
    return statistics.median(cell["seconds"]) if cell else None


def earlier(book, name, part):
    """A star for figures that are not of the latest run."""
    return "" if book["peers"][name]["parts"][part]["run"] == book["run"] else "*"


def row(cells):
    return "| " + " | ".join(cells) + " |"


def rows(head, body):
    return [row(head), row(["---"] * len(head))] + [row(r) for r in body]


def seconds_cell(book, name, part):
    value = median(book, name, part)
    return "" if value is None else f"{value:.2f}{earlier(book, name, part)}"


def seconds_table(book):
    body = []
    for name in NAMES:
        if name in book["peers"]:
            peak = book["peers"][name].get("peak_bytes")
            body.append([NAMES[name]] + [seconds_cell(book, name, p) for p in PARTS]
                        + [f"{peak / 1e9:.2f} GB" if peak else ""])
    return rows(["seconds", *PARTS, "peak memory"], body + floor_rows(book))


def floor_rows(book):
    """What the products alone take at the rate of the machine's best plain matrix product."""
    if not book["gemm"]:
        return []
    rate = statistics.median(book["gemm"]) * 1e9
    plain = [f"{book['flops'][p][0] / rate:.2f}" for p in PARTS]
    winograd = [f"{book['flops'][p][1] / rate:.2f}" for p in PARTS]
    return [[f"floor: FLOPs at {rate / 1e9:.0f} GFLOP/s (float32 matrix product)", *plain, ""],
            ["the same, 3x3 convolutions as Winograd F(4x4)", *winograd, ""]]


def ratio_cell(book, ours, name, part):
    mine, other = median(book, ours, part), median(book, name, part)
    if mine is None or other is None:
        return ""
    return f"{other / mine:.2f}{earlier(book, ours, part) or earlier(book, name, part)}"


def ratio_table(book):
    present = [o for o in OURS if o in book["peers"]]
    head = ["times faster than"] + [f"{o.removeprefix('ours-')}: {p}" for o in present for p in PARTS]
    body = [[NAMES[name]] + [ratio_cell(book, o, name, p) for o in present for p in PARTS]
            for name in NAMES if name in book["peers"] and name not in OURS]
    return rows(head, body) if present and body else []


def notes(book):
    machine = [book["processor"], f"{book['threads']} threads", book["run"]]
    versions = [f"{k} {v}" for k, v in sorted(book["versions"].items())]
    lines = [", ".join(machine + versions) + ".",
             "SD 1.5, random weights, 512x512; a step is both passes of guidance in one batch."]
    lines += [f"Not measured: {NAMES[n]}: {why}." for n, why in sorted(book["missing"].items())]
    runs = [part["run"] for peer in book["peers"].values() for part in peer["parts"].values()]
    if any(run != book["run"] for run in runs):
        lines.append("\\* in an earlier run, so a ratio to it compares two moments of the machine.")
    return lines


def markdown(book):
    blocks = [seconds_table(book), ratio_table(book), notes(book)]
    return "\n\n".join("\n".join(b) for b in blocks if b)

"""Time OpenVINO, diffusers, stable-diffusion.cpp and restyle side by side, and print the table.

    python tools/bench/peers.py --work build/peers [--only openvino-f32,ours-exact] [--sdcpp PATH]

The programs take turns, so that a machine which slows down slows all of them; a figure is the median
over the rounds. See README.md.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import time

import table

HERE = pathlib.Path(__file__).resolve().parent
PARTS = "step", "encode", "decode"
PEERS = ("openvino-f32", "openvino-bf16", "openvino-int8", "diffusers-f32", "diffusers-bf16", "sdcpp-f16",
         "ours-exact", "ours-fast")
BF16_FLAGS = {"avx512_bf16", "amx_bf16"}


class Unavailable(Exception):
    """Why a peer has no figures here."""


def processor():
    """Name and flags; one call for all, for they are the same on every core."""
    text = pathlib.Path("/proc/cpuinfo").read_text()
    field = dict(re.findall(r"^(model name|flags)\s*: (.*)$", text, re.MULTILINE))
    return field.get("model name", "unknown processor"), set(field.get("flags", "").split())


def last_line(path):
    lines = [x.strip() for x in path.read_text(errors="replace").splitlines() if x.strip()]
    return lines[-1] if lines else "it said nothing"


class Worker:
    """A Python peer: one process that stays, loaded and warmed up in its first turn."""

    def __init__(self, name, args, parts):
        if name.endswith("bf16") and not processor()[1] & BF16_FLAGS:
            raise Unavailable("the processor has no bfloat16 instructions")
        self.name, self.args = name, args
        self.parts = [p for p in parts if p == "step" or name != "openvino-int8"]
        if not self.parts:
            raise Unavailable("only its UNet is quantised")
        self.log = args.work / f"{name}.log"
        self.process, self.versions, self.peak = None, {}, 0
        if name.startswith("openvino"):
            for file in self.parts + ["int8"] * (name == "openvino-int8"):
                converted(args.work, file)

    def start(self):
        command = [sys.executable, HERE / "worker.py", self.name, self.args.work, str(self.args.threads),
                   ",".join(self.parts)]
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=log, text=True)
        self.versions = self.answer()["versions"]
        self.measure()   # the warm-up

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise Unavailable(last_line(self.log))
        return json.loads(line)

    def measure(self):
        seconds = {}
        for part in self.parts:
            try:
                self.process.stdin.write(part + "\n")
                self.process.stdin.flush()
            except BrokenPipeError:
                raise Unavailable(last_line(self.log)) from None
            seconds[part] = self.answer()["seconds"]
        return seconds

    def turn(self):
        if not self.process:
            self.start()
        return self.measure()

    def stop(self):
        if self.process:
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass   # it died; one_turn() has said why
            line = self.process.stdout.readline()
            self.peak = max(self.peak, json.loads(line)["peak_bytes"] if line else 0)
            self.process.wait()
            self.process = None


class Ours:
    """One process a turn: `bench` warms up by itself."""

    NAMES = {"step": "unet_step", "encode": "vae_encode", "decode": "vae_decode"}

    def __init__(self, name, args, parts):
        if not pathlib.Path(args.restyle).exists():
            raise Unavailable("build/restyle is not built")
        self.parts, self.versions, self.peak, self.gemm = parts, {}, 0, []
        self.command = [args.restyle, "bench", "--arch", "sd15", "--size", "512x512", "--batch", "2",
                        "--threads", str(args.threads), "--repeat", "1", "--json"]
        if name == "ours-fast":   # exact is the default
            self.command += ["--precision", "fast"]
        if len(parts) == 1:
            self.command += ["--part", self.NAMES[parts[0]]]

    def turn(self):
        done = subprocess.run(self.command, capture_output=True, text=True)
        if done.returncode:
            raise Unavailable((done.stderr.strip().splitlines() or ["it said nothing"])[0])
        out = json.loads(done.stdout)
        self.peak = max(self.peak, out["peak_rss_bytes"])
        self.gemm.append(out["gemm_gflops"])
        return {part: out[self.NAMES[part] + "_s"] for part in self.parts}

    def stop(self):
        pass


class SdCpp:
    """An img2img of one step, whose log has the seconds; once a run, for it takes minutes."""

    LINES = {"step": r"sampling completed, taking ([\d.]+)s",
             "encode": r"encode_first_stage completed, taking ([\d.]+)s",
             "decode": r"decode_first_stage completed, taking ([\d.]+)s"}

    def __init__(self, name, args, parts):
        if not args.sdcpp:
            raise Unavailable("no --sdcpp")
        self.args, self.parts, self.versions, self.peak, self.done = args, parts, {}, 0, False
        self.log = args.work / f"{name}.log"

    def command(self):
        from PIL import Image
        import sd15
        picture = self.args.work / "picture.png"
        Image.effect_noise((512, 512), 64).convert("RGB").save(picture)
        return [self.args.sdcpp, "--model", sd15.checkpoint(self.args.work), "--type", "f16", "--eager-load",
                "--init-img", picture, "-W", "512", "-H", "512", "--prompt", "a", "--negative-prompt", "b",
                "--cfg-scale", "7", "--sampling-method", "euler", "--steps", "1", "--strength", "1",
                "--threads", str(self.args.threads), "--output", self.args.work / "sdcpp.png"]

    def turn(self):
        if self.done:
            return {}
        self.done = True
        with open(self.log, "w") as log:
            process = subprocess.Popen(self.command(), stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        text = self.log.read_text(errors="replace")
        found = {part: re.search(self.LINES[part], text) for part in self.parts}
        if status or not all(found.values()):
            raise Unavailable(last_line(self.log))
        self.peak = 1024 * usage.ru_maxrss
        return {part: float(match.group(1)) for part, match in found.items()}

    def stop(self):
        pass


def converted(work, part):
    """Makes what the peer reads, once, in a process that gives its memory back."""
    import convert
    if part == "int8":
        converted(work, "step")
    if not convert.path(work, part).exists():
        print(f"converting {part}", file=sys.stderr)
        with open(work / f"convert-{part}.log", "w") as log:
            rc = subprocess.run([sys.executable, HERE / "convert.py", part, work], stdout=log, stderr=log)
        if rc.returncode:
            raise Unavailable(last_line(work / f"convert-{part}.log"))


def flops(work):
    path = work / "flops.json"
    if not path.exists():
        out = subprocess.run([sys.executable, HERE / "sd15.py"], check=True, capture_output=True, text=True)
        path.write_text(out.stdout)
    return json.loads(path.read_text())


def peer_of(name, args, parts):
    kinds = {"ours": Ours, "sdcpp": SdCpp}
    return kinds.get(name.split("-")[0], Worker)(name, args, parts)


class Book:
    """The results file. It is written after every turn, so a run that is stopped keeps what it has."""

    def __init__(self, args):
        self.path = args.work / "results.json"
        self.data = {"run": None, "peers": {}, "versions": {}, "gemm": [], "missing": {}}
        if self.path.exists():
            self.data = json.loads(self.path.read_text())

    def begin(self, args):
        self.data.update(run=time.strftime("%Y-%m-%d %H:%M:%S"), processor=processor()[0],
                         threads=args.threads, flops=flops(args.work))

    def write(self):
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(self.data, indent=1))
        part.rename(self.path)

    def add(self, name, seconds, peer):
        """Figures of the same peer and part of earlier runs are replaced."""
        run, row = self.data["run"], self.data["peers"].setdefault(name, {"parts": {}})
        for part, value in seconds.items():
            if row["parts"].get(part, {}).get("run") != run:
                row["parts"][part] = {"seconds": [], "run": run}
            row["parts"][part]["seconds"].append(value)
        self.data["missing"].pop(name, None)
        self.data["versions"].update(peer.versions)
        self.data["gemm"] = getattr(peer, "gemm", self.data["gemm"])
        self.write()

    def lacks(self, name, why):
        print(f"{name}: {why}", file=sys.stderr)
        self.data["missing"][name] = str(why)
        self.write()

    def peak(self, name, peer):
        self.data["peers"][name]["peak_bytes"] = peer.peak
        self.write()


def opened(args, book):
    """Name -> peer, of those that can run here."""
    peers = {}
    for name in args.only:
        try:
            peers[name] = peer_of(name, args, args.parts)
        except Unavailable as why:
            book.lacks(name, why)
    return peers


def one_turn(name, peers, book, number):
    try:
        seconds = peers[name].turn()
    except Unavailable as why:
        book.lacks(name, why)
        peers.pop(name).stop()
        return
    for part, s in seconds.items():
        print(f"round {number}, {name}, {part}: {s:.2f} s", file=sys.stderr)
    book.add(name, seconds, peers[name])


def take_turns(args, book):
    peers = opened(args, book)
    for number in range(1, args.rounds + 1):
        for name in list(peers):
            one_turn(name, peers, book, number)
            if args.one_at_a_time and name in peers:
                peers[name].stop()
    for name, peer in peers.items():
        peer.stop()
        if args.parts == list(PARTS):   # with fewer parts the peak would not be comparable
            book.peak(name, peer)


def listed(known):
    def parse(text):
        names = text.split(",")
        unknown = [n for n in names if n not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"{unknown[0]} is none of {', '.join(known)}")
        return [n for n in known if n in names]
    return parse


def arguments():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--work", type=pathlib.Path, required=True, help="folder of converted models and results")
    p.add_argument("--only", type=listed(PEERS), default=list(PEERS), help="of " + ",".join(PEERS))
    p.add_argument("--parts", type=listed(PARTS), default=list(PARTS), help="of " + ",".join(PARTS))
    p.add_argument("--rounds", type=int, default=2, help="timed runs of each part after one warm-up")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--restyle", default=HERE.parent.parent / "build" / "restyle", help="our program")
    p.add_argument("--sdcpp", help="stable-diffusion.cpp's sd-cli, a native build")
    p.add_argument("--one-at-a-time", action="store_true", help="load again each round: slower, less memory")
    p.add_argument("--table", action="store_true", help="measure nothing, print what earlier runs found")
    return p.parse_args()


def main():
    args = arguments()
    args.work.mkdir(parents=True, exist_ok=True)
    book = Book(args)
    if not args.table:
        book.begin(args)
        take_turns(args, book)
    print(table.markdown(book.data))


if __name__ == "__main__":
    main()

"""What the text encoder and the whole model make of A1111's prompts: tests/golden/prompts/.

    pip install --no-deps --target build/k-diffusion k-diffusion==0.1.1.post1
    python tools/reference/conditioning.py --parser PROMPT_PARSER_PY --lark build/lark \\
        --k-diffusion build/k-diffusion

conditioning.safetensors: `N/out` [tokens, width], what cross attention reads of prompt N under the
parameters in the metadata value `N` (JSON). runs.safetensors: whole pictures with AND, negative
weights, changing prompts and prompts of unlike lengths, `NAME/image`, parameters as JSON in `NAME`.
embeddings/: files for textual inversion, in the forms they are shared in.

Prompts are parsed by A1111's own prompt_parser.py, as in prompts.py. Chunks, emphasis, clip skip and
embeddings are written here after modules/sd_hijack_clip.py, sd_emphasis.py and
textual_inversion.py, around transformers' CLIPTextModel and in float64; guidance after
sd_samplers_cfg_denoiser.py, around k-diffusion's Euler and DPM++ 2M. float32 torch is off by less
than a fifth of what the tests allow, or the script stops."""
import argparse
import copy
import json
import pathlib
import sys

import diffusers
import torch
from safetensors.torch import save_file

import runs
import tiny_models
from prompts import load
from store import save
from torch_files import save_zip

WINDOW = 77
LONG = ", ".join(f"a {w} cat and the old red dog" for w in
                 "small blue old bad red running ink neon stained halftone vintage pencil".split())


def case(prompt, **options):
    return dict(dict(prompt=prompt, emphasis="Original", clip_skip=1, backtrack=20, steps=10,
                     embeddings=False), **options)


CASES = [
    case("a watercolor painting of a cat"), case(""), case("a (watercolor:1.4) of [a] ((cat)), (sea:0.3)"),
    case("a (cat:-1.5) and a dog"), case("(a cat:1.3)", emphasis="No norm"), case("(a cat:1.3)", emphasis="Ignore"),
    case("(a cat:1.3) \\(x\\)", emphasis="None"), case("a cat", clip_skip=2), case("a (cat:1.2)", clip_skip=3),
    case(LONG), case(LONG, backtrack=0), case(LONG, backtrack=5), case(LONG + ", (the sea:1.5)"),
    case("a cat BREAK a dog"), case("BREAK"), case("a BREAK BREAK b"), case("(a BREAK b:1.2)"), case("a BREAK (  )"),
    case(("x" * 75).replace("x", "! ")), case(("x" * 76).replace("x", "! ")), case("! " * 75 + ", a"),
    case("a [cat:(dog:1.5):4] in the sea"), case("[a|(b:1.2)|] c", steps=7), case("[a:" + LONG + ":5] sea"),
    case("a painting by style-one, old", embeddings=True), case("(tiny vec:1.4) cat", embeddings=True),
    case("! " * 73 + "style-one a", embeddings=True), case("a concept STYLE-ONE concepts", embeddings=True),
]


def embedding_files(folder):
    g = torch.Generator().manual_seed(6001)
    vectors = {"style-one": 3, "tiny vec": 2, "concept": 1}
    values = {n: torch.randn((k, 24), generator=g) * 0.6 for n, k in vectors.items()}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "more").mkdir(exist_ok=True)
    save_zip({"string_to_token": {"*": 265}, "string_to_param": {"*": values["style-one"]},
              "name": "style-one", "step": 1}, folder / "style-one.pt")
    save_file({"emb_params": values["tiny vec"].half()}, folder / "more" / "tiny vec.safetensors")
    values["tiny vec"] = values["tiny vec"].half().float()
    save_zip({"<concept>": values["concept"][0]}, folder / "concept.bin")
    save_file({"emb_params": torch.zeros(2, 32)}, folder / "cat.safetensors")  # for another model
    return values


class Encoder:
    """FrozenCLIPEmbedderWithCustomWords around a tiny model, in one dtype."""

    def __init__(self, model, parser, embeddings, dtype):
        self.parser, self.dtype = parser, dtype
        self.tokenizer = model.tokenizer
        self.text = copy.deepcopy(model.text).to(dtype)
        base = self.text if hasattr(self.text, "encoder") else self.text.text_model
        self.table, self.norm = base.embeddings.token_embedding, base.final_layer_norm
        self.bos, self.eos = model.tokenizer.bos_token_id, model.tokenizer.eos_token_id
        self.comma = self.ids(",")[0]
        self.names = sorted(((self.ids(n), v.to(dtype)) for n, v in embeddings.items()),
                            key=lambda x: -len(x[0]))

    def ids(self, text):
        return self.tokenizer(text, truncation=False, add_special_tokens=False)["input_ids"]

    def find(self, tokens, at):
        for ids, vec in self.names:
            if tokens[at:at + len(ids)] == ids:
                return ids, vec
        return None, None

    def chunks(self, line, o):
        """tokenize_line: a list of (tokens, multipliers, fixes), each of 75 tokens at most."""
        room = WINDOW - 2
        parsed = [[line, 1.0]] if o["emphasis"] == "None" else self.parser.parse_prompt_attention(line)
        done, now, comma = [], ([], [], []), -1

        def close():
            nonlocal now, comma
            done.append(now)
            now, comma = ([], [], []), -1

        for text, weight in parsed:
            if text == "BREAK" and weight == -1:
                close()
                continue
            tokens, at = self.ids(text), 0
            while at < len(tokens):
                if tokens[at] == self.comma:
                    comma = len(now[0])
                elif (o["backtrack"] and len(now[0]) == room and comma != -1
                      and len(now[0]) - comma <= o["backtrack"]):
                    rest = now[0][comma + 1:], now[1][comma + 1:]
                    now = now[0][:comma + 1], now[1][:comma + 1], now[2]
                    close()
                    now[0].extend(rest[0])
                    now[1].extend(rest[1])
                if len(now[0]) == room:
                    close()
                ids, vec = self.find(tokens, at) if o["embeddings"] else (None, None)
                if vec is None:
                    now[0].append(tokens[at])
                    now[1].append(weight)
                    at += 1
                    continue
                if len(now[0]) + len(vec) > room:
                    close()
                now[2].append((len(now[0]), vec))
                now[0].extend([0] * len(vec))
                now[1].extend([weight] * len(vec))
                at += len(ids)
        if now[0] or not done:
            close()
        return done

    def transform(self, batch, o):
        """One chunk of every text: [batch, WINDOW, width]."""
        rows, mults, fixes = [], [], []
        for tokens, weights, fix in batch:
            fill = WINDOW - 2 - len(tokens)
            rows.append([self.bos] + tokens + [self.eos] * (fill + 1))
            mults.append([1.0] + weights + [1.0] * (fill + 1))
            fixes.append(fix)

        def replace(module, args, out):
            out = out.clone()
            for i, fix in enumerate(fixes):
                for at, vec in fix:
                    out[i, at + 1:at + 1 + len(vec)] = vec
            return out

        hook = self.table.register_forward_hook(replace)
        result = self.text(torch.tensor(rows), output_hidden_states=True)
        hook.remove()
        z = result.last_hidden_state if o["clip_skip"] == 1 else \
            self.norm(result.hidden_states[-o["clip_skip"]])
        if o["emphasis"] in ("None", "Ignore"):
            return z
        before = z.mean()
        z = z * torch.tensor(mults, dtype=self.dtype)[..., None]
        return z if o["emphasis"] == "No norm" else z * (before / z.mean())

    def encode(self, texts, o):
        """All texts of a schedule at once, as A1111 does."""
        lines = [self.chunks(t, o) for t in texts]
        n = max(map(len, lines))
        empty = ([], [], [])
        return torch.cat([self.transform([c[i] if i < len(c) else empty for c in lines], o)
                          for i in range(n)], 1)

    def schedule(self, prompt, o):
        parts = self.parser.get_learned_conditioning_prompt_schedules([prompt], o["steps"])[0]
        z = self.encode([t for _, t in parts], o)
        return [(until, z[i]) for i, (until, _) in enumerate(parts)]


def at(schedule, step):
    """reconstruct_cond_batch."""
    return next((z for until, z in schedule if step <= until), schedule[0][1])


def write_conditioning(model, parser, embeddings, path):
    tensors, metadata = {}, {"n": str(len(CASES))}
    encoders = [Encoder(model, parser, embeddings, d) for d in (torch.float32, torch.float64)]
    for i, o in enumerate(CASES):
        outs = []
        for e in encoders:
            parts = e.schedule(o["prompt"], o)
            outs.append(torch.cat([z for _, z in parts][:3]))
        error = ((outs[0] - outs[1]).norm() / outs[1].norm()).item()
        print(f"case {i}: {tuple(outs[1].shape)}, float32 off by {error:.1e}", flush=True)
        assert error < 1e-5 / 5
        tensors[f"{i}/out"] = outs[1].float()
        metadata[str(i)] = json.dumps(o)
    save(tensors, path, metadata)


def run_list():
    base = dict(negative="blurry, low quality", strength=0.6, steps=8, cfg_scale=4.0, seed=42, sampler="euler",
                pad=False)
    return {
        "and": dict(base, prompt="a cat AND a dog :0.5 AND the sea :-0.25"),
        "and_lengths": dict(base, prompt=f"a cat AND {LONG} :0.7"),
        "weight": dict(base, prompt="a cat :1.2"),
        "edit": dict(base, prompt="a [cat:dog:3] in the sea", negative="[blurry|low quality]"),
        "alternate": dict(base, prompt="[a cat|the (sea:1.3)] AND [night:0.3]", sampler="dpmpp_2m"),
        "lengths": dict(base, prompt=LONG),
        "lengths_padded": dict(base, prompt="a cat", negative=LONG, pad=True),
        "and_padded": dict(base, prompt=f"a cat AND {LONG}", negative="x BREAK y BREAK z", pad=True),
        "cfg1": dict(base, prompt="a cat AND a dog", cfg_scale=1.0),
    }


class Guided:
    """CFGDenoiser as the inner model of k-diffusion's wrapper."""

    def __init__(self, model, encoder, unet, p, dtype):
        o = case("", steps=p["steps"])
        indexes, flat, _ = encoder.parser.get_multicond_prompt_list(encoder.parser.SdConditioning([p["prompt"]]))
        self.shares = [(encoder.schedule(flat[i], o), w) for i, w in indexes[0]]
        self.negative = encoder.schedule(p["negative"], o)
        self.empty = encoder.encode([""], o)[0]
        self.p, self.unet, self.dtype, self.step = p, unet, dtype, 0

    def __call__(self, x, t, **_):
        conds = [at(s, self.step) for s, _ in self.shares]
        longest = max(len(c) for c in conds)
        conds = [torch.cat([c, c[-1:].repeat(longest - len(c), 1)]) for c in conds]
        uncond = at(self.negative, self.step)
        if self.p["pad"]:
            fill = self.empty.repeat((abs(longest - len(uncond)) // WINDOW, 1))
            if longest < len(uncond):
                conds = [torch.cat([c, fill]) for c in conds]
            elif longest > len(uncond):
                uncond = torch.cat([uncond, fill])
        self.step += 1
        x, t = x.to(self.dtype), t.to(self.dtype)
        c = [self.unet(x, t, encoder_hidden_states=z[None]).sample.double() for z in conds]
        u = self.unet(x, t, encoder_hidden_states=uncond[None]).sample.double()
        out = u.clone()
        for (_, w), ci in zip(self.shares, c):
            out += (ci - u) * (w * self.p["cfg_scale"])
        return out


def picture(kd, model, encoder, p, image, dtype):
    external, sampling = kd
    unet, vae = tiny_models.cast(model.unet, dtype), copy.deepcopy(model.vae).to(dtype)
    scale = model.config["vae"]["scaling_factor"]
    den = external.DiscreteEpsDDPMDenoiser(Guided(model, encoder, unet, p, dtype),
                                           runs.alphas_cumprod(model.config["scheduler"]), quantize=False)
    den.t_to_sigma = lambda t: runs.interpolate(den.log_sigmas, t)
    t_enc = int(min(p["strength"], 0.999) * p["steps"])
    sigmas = runs.get_sigmas(sampling, den, "karras", p["steps"])[p["steps"] - t_enc - 1:]
    mean = vae.encode((image * 2 - 1).to(dtype)).latent_dist.mean.double() * scale
    noise = torch.randn(tuple(mean.shape), generator=torch.Generator().manual_seed(p["seed"])).double()
    sampler = {"euler": sampling.sample_euler, "dpmpp_2m": sampling.sample_dpmpp_2m}[p["sampler"]]
    x = sampler(den, mean + noise * sigmas[0], sigmas, disable=True)
    return (vae.decode((x / scale).to(dtype)).sample.double() / 2 + 0.5).clamp(0, 1)


def write_runs(model, parser, embeddings, folder, path):
    kd = runs.load_k_diffusion(folder)
    image = torch.rand((1, 3, 24, 40), generator=torch.Generator().manual_seed(6002))
    tensors, metadata = {"init": image}, {"runs": ",".join(run_list())}
    encoders = [(Encoder(model, parser, embeddings, d), d) for d in (torch.float32, torch.float64)]
    for name, p in run_list().items():
        single, exact = (picture(kd, model, e, p, image, d) for e, d in encoders)
        error = ((single - exact).norm() / exact.norm()).item()
        print(f"{name}: float32 off by {error:.1e}", flush=True)
        assert error < runs.RUN_TOLERANCE / 5
        tensors[f"{name}/image"] = exact.float()
        metadata[name] = json.dumps(p)
    save(tensors, path, metadata)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parser", required=True)
    parser.add_argument("--lark", required=True)
    parser.add_argument("--k-diffusion", required=True)
    args = parser.parse_args()
    diffusers.logging.set_verbosity_error()
    torch.set_num_threads(1)
    sys.path.insert(0, args.lark)
    real = sys.modules["torch"]
    pp = load(args.parser)
    sys.modules["torch"] = real
    out = pathlib.Path("tests/golden/prompts")
    model = tiny_models.Model("tiny", 1001)
    model.write(pathlib.Path("build/reference/tiny"))
    embeddings = embedding_files(out / "embeddings")
    with torch.no_grad():
        write_conditioning(model, pp, embeddings, out / "conditioning.safetensors")
        write_runs(model, pp, embeddings, args.k_diffusion, out / "runs.safetensors")


if __name__ == "__main__":
    main()

"""Reference data for the engine's golden tests: everything under tests/golden except tokenizer/.

    pip install --no-deps --target build/k-diffusion k-diffusion==0.1.1.post1
    python tools/reference/engine.py --k-diffusion build/k-diffusion

Needs torch, diffusers and transformers. Runs on one CPU thread from fixed seeds. Networks run in
float32 as stored here; each is also run in float64, and the script stops when the two differ by
more than a fifth of what the tests allow, since a chaotic configuration would prove nothing.
tests/golden/README.md describes the files it writes."""
import argparse
import pathlib

import diffusers
import torch

import tiny_models
from runs import write_runs
from single_file import write_single
from store import Store

BLOCK_TOLERANCE = 1e-5  # what tests/unit/model allow a block; the whole run has 1e-4
PROMPTS = {
    "tiny": ["", "a watercolor painting of a cat", "Café, l'été: 3 dogs & 12 birds!?",
             "the old harbour at night " * 30],
    "tiny2": ["an oil painting", "blurry " * 40],
}


def relative(a, b):
    return ((a.double() - b.double()).norm() / b.double().norm()).item()


def first(x):
    """The tensor of a module's output, which may be a tuple or an output object."""
    if torch.is_tensor(x):
        return x
    return first(x[0] if isinstance(x, (tuple, list)) else x.to_tuple()[0])


def convert(x, dtype):
    if torch.is_tensor(x):
        return x.to(dtype) if x.is_floating_point() else x
    if isinstance(x, (tuple, list)):
        return type(x)(convert(v, dtype) for v in x)
    return x


def run(store, name, module, inputs, kwargs=None, call=None, hooks=(), extra=None):
    """Runs module in float32 and float64, and stores the float64 outputs rounded to float32.

    inputs: name -> tensor, stored and passed in order; kwargs: passed but not stored. hooks: names
    of inner modules whose outputs are stored too; extra: name -> another call to store."""
    kwargs = kwargs or {}
    call = call or (lambda m, *a, **k: first(m(*a, **k)))
    results = []
    for dtype in (torch.float32, torch.float64):
        m = tiny_models.cast(module, dtype)
        seen = {}
        for h in hooks:
            m.get_submodule(h).register_forward_hook(
                lambda mod, args, out, h=h: seen.__setitem__(h, first(out)))
        out = call(m, *(convert(v, dtype) for v in inputs.values()),
                   **{k: convert(v, dtype) for k, v in kwargs.items()})
        seen["out"] = out
        for k, f in (extra or {}).items():
            seen[k] = f(m, *(convert(v, dtype) for v in inputs.values()))
        results.append(seen)
    for k, v in inputs.items():
        store.put(f"{name}/{k}", v)
    for k, exact in results[1].items():
        error = relative(results[0][k], exact)
        assert error < BLOCK_TOLERANCE / 5, f"{name}/{k}: float32 is off by {error:.2g}"
        store.put(f"{name}/{k}", exact.float())
    print(f"{name}: rms {results[1]['out'].square().mean().sqrt():.3f}, "
          f"float32 off by {relative(results[0]['out'], results[1]['out']):.1e}", flush=True)


def write_text(models, path):
    store = Store()
    for m in models:
        for i, prompt in enumerate(PROMPTS[m.name]):
            name = f"{m.name}/{i}"
            store.metadata[name] = prompt
            n = m.config["text"]["num_hidden_layers"]
            base = m.text if hasattr(m.text, "encoder") else m.text.text_model
            prefix = "" if base is m.text else "text_model."
            hooks = [f"{prefix}embeddings"] + [f"{prefix}encoder.layers.{k}" for k in range(n)]
            run(store, name, m.text, {"ids": m.encode_ids(prompt)}, hooks=hooks if i == 1 else ())
    store.tensors = {k.replace("/text_model.", "/"): v for k, v in store.tensors.items()}
    store.write(path)


def randn(g, *shape):
    return torch.randn(shape, generator=g)


def faint(g, *shape):
    """Input of blocks that begin with a norm: small enough for its epsilon to count."""
    return 0.02 * randn(g, *shape)


def unet_blocks(store, m, g):
    """Each kind of UNet block alone, on odd sizes; one time embedding serves the whole batch."""
    unet, c = m.unet, m.config["unet"]
    ch, ctx = c["block_out_channels"], c["cross_attention_dim"]
    emb = 4 * ch[0]
    level = next(i for i, t in enumerate(c["down_block_types"]) if t.startswith("Cross"))
    width = ch[level]

    def path(p):
        return f"{m.name}/unet/{p}", unet.get_submodule(p)

    def res(p, n, h, w):
        name, mod = path(p)
        run(store, name, mod, {"in": faint(g, n, mod.in_channels, h, w), "temb": randn(g, 1, emb)})

    res("down_blocks.0.resnets.0", 2, 7, 5)
    res("down_blocks.1.resnets.0", 1, 6, 9)
    res("up_blocks.0.resnets.0", 2, 3, 4)
    block = f"down_blocks.{level}.attentions.0.transformer_blocks.0"
    name, mod = path(block + ".attn1")
    run(store, name, mod, {"in": randn(g, 2, 35, width)})
    name, mod = path(block + ".attn2")
    run(store, name, mod, {"in": randn(g, 2, 35, width), "context": randn(g, 2, 13, ctx)})
    name, mod = path(block + ".ff")
    run(store, name, mod, {"in": randn(g, 2, 11, width)})
    name, mod = path(block)
    run(store, name, mod, {"in": faint(g, 1, 21, width), "context": randn(g, 1, 77, ctx)},
        call=lambda b, x, e: b(x, encoder_hidden_states=e))
    name, mod = path(f"down_blocks.{level}.attentions.0")
    run(store, name, mod, {"in": faint(g, 2, width, 7, 5), "context": randn(g, 2, 9, ctx)},
        call=lambda b, x, e: first(b(x, encoder_hidden_states=e)))
    for h, w in ((6, 8), (7, 5)):
        name, mod = path("down_blocks.0.downsamplers.0")
        run(store, f"{name}/{h}x{w}", mod, {"in": randn(g, 2, ch[0], h, w)})
    name, mod = path("up_blocks.0.upsamplers.0")
    run(store, f"{name}/3x5", mod, {"in": randn(g, 2, ch[-1], 3, 5)})
    run(store, f"{name}/3x5to5x9", mod, {"in": randn(g, 2, ch[-1], 3, 5)},
        kwargs={"output_size": (5, 9)})


def vae_blocks(store, m, g):
    vae, ch = m.vae, m.config["vae"]["block_out_channels"]

    def one(p, tag="", **inputs):
        run(store, f"{m.name}/vae/{p}{tag}", vae.get_submodule(p), inputs,
            call=lambda b, x: first(b(x, temb=None) if "resnets" in p else b(x)))

    one("encoder.down_blocks.0.resnets.0", **{"in": faint(g, 2, ch[0], 7, 5)})
    one("encoder.down_blocks.1.resnets.0", **{"in": faint(g, 1, ch[0], 6, 9)})
    for h, w in ((6, 8), (7, 5)):  # padded by one row below and one column to the right only
        one("encoder.down_blocks.0.downsamplers.0", f"/{h}x{w}", **{"in": randn(g, 2, ch[0], h, w)})
    if m.config["vae"].get("mid_block_add_attention", True):
        one("encoder.mid_block.attentions.0", **{"in": faint(g, 2, ch[-1], 7, 5)})
    one("decoder.up_blocks.0.upsamplers.0", **{"in": randn(g, 1, ch[-1], 3, 5)})


def leaves(module, *names):
    """Paths of the layers whose outputs a whole run records."""
    kinds = ("ResnetBlock2D", "Transformer2DModel", "Attention", "Downsample2D", "Upsample2D",
             "TimestepEmbedding")
    return [k for k, mod in module.named_modules()
            if (type(mod).__name__ in kinds and ".transformer_blocks." not in k) or k in names]


def vae_whole(store, m, g):
    """Encode to the posterior's mean, and decode; latents are in the network's own scale."""
    f = 2 ** (len(m.config["vae"]["block_out_channels"]) - 1)
    names = [f"{side}.{k}" for side in ("encoder", "decoder") for k in ("conv_in", "conv_norm_out")]
    hooks = leaves(m.vae, *names)
    for tag, n, h, w in (("a", 1, 4, 3), ("b", 2, 7, 5)):
        image = torch.rand((n, 3, h * f, w * f), generator=g) * 2 - 1
        run(store, f"{m.name}/vae/encode/{tag}", m.vae, {"in": image},
            hooks=[k for k in hooks if k.startswith("encoder")] if tag == "a" else (),
            call=lambda v, x: v.encode(x).latent_dist.mean, extra={
                "logvar": lambda v, x: v.encode(x).latent_dist.logvar})
        run(store, f"{m.name}/vae/decode/{tag}", m.vae, {"in": randn(g, n, 4, h, w)},
            hooks=[k for k in hooks if k.startswith("decoder")] if tag == "a" else (),
            call=lambda v, z: v.decode(z).sample)


def write_blocks(models, path):
    store = Store()
    g = torch.Generator().manual_seed(2001)
    for m in models:
        unet_blocks(store, m, g)
        vae_blocks(store, m, g)
        vae_whole(store, m, g)
    store.write(path)


def write_unet(models, path):
    """Whole predictions; case a also stores the output of every inner layer."""
    store = Store()
    g = torch.Generator().manual_seed(3001)
    for m in models:
        ctx = m.config["unet"]["cross_attention_dim"]
        tokens = m.config["text"]["max_position_embeddings"]
        hooks = leaves(m.unet, "conv_in", "conv_norm_out")
        cases = (("a", 1, 8, 4, 1.0), ("b", 2, 12, 20, 513.37), ("c", 1, 10, 14, 999.0),
                 ("d", 1, 7, 5, 0.0), ("e", 1, 1, 1, 250.5))
        for tag, n, h, w, t in cases:
            run(store, f"{m.name}/{tag}", m.unet,
                {"in": randn(g, n, 4, h, w), "timestep": torch.tensor([t]),
                 "context": randn(g, n, tokens, ctx)}, hooks=hooks if tag == "a" else ())
    store.write(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--k-diffusion", required=True, help="folder holding k_diffusion/")
    parser.add_argument("--out", default="tests/golden", help="default: %(default)s")
    args = parser.parse_args()
    diffusers.logging.set_verbosity_error()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    out = pathlib.Path(args.out)
    models = [tiny_models.load(out, name) for name in tiny_models.MODELS]
    write_single(models[0], out / "tiny_single.safetensors")
    with torch.no_grad():
        write_text(models, out / "text.safetensors")
        write_blocks(models, out / "blocks.safetensors")
        write_unet(models, out / "unet.safetensors")
        write_runs(models, args.k_diffusion, out / "runs.safetensors")


if __name__ == "__main__":
    main()

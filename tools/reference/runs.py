"""Whole img2img runs: k-diffusion's samplers over the tiny models, by A1111's step rule."""
import copy
import math

import torch
from diffusers import DDIMScheduler

import tiny_models
from a1111_samplers import Torch
from samplers import SAMPLERS, TREE, Tree, load_k_diffusion
from store import save

MODEL = {"tiny": dict(width=40, height=24), "tiny2": dict(width=36, height=28)}
PROMPT, NEGATIVE = "a watercolor painting of a cat", "blurry, low quality"
RUN_TOLERANCE = 1e-4  # what tests/unit/model allow a whole run


def run_list():
    """name -> parameters."""
    base = dict(model="tiny", steps=8, strength=0.6, cfg_scale=4.0, seed=42, eta=0.0)
    runs = {}
    for sampler in ("euler", "euler_a", "dpmpp_2m", "ddim"):
        for scheduler in ("uniform", "karras"):
            runs[f"{sampler}_{scheduler}"] = dict(
                base, sampler=sampler, scheduler=scheduler, eta=1.0 if sampler == "euler_a" else 0.0)
    plain = dict(sampler="euler", scheduler="karras")
    runs["cfg1"] = dict(base, **plain, cfg_scale=1.0)
    runs["strength1"] = dict(base, **plain, strength=1.0, seed=7)
    runs["ddim_eta"] = dict(base, sampler="ddim", scheduler="uniform", eta=0.7)
    runs["vpred"] = dict(base, model="tiny2", sampler="dpmpp_2m", scheduler="karras", seed=123456789012)
    runs["vpred_euler_a"] = dict(base, model="tiny2", sampler="euler_a", scheduler="uniform", eta=1.0)
    steps = dict(base, steps=7, eta=1.0, seed=99)
    runs["dpmpp_sde_karras"] = dict(steps, sampler="dpmpp_sde", scheduler="karras")
    runs["dpmpp_3m_sde_auto"] = dict(steps, sampler="dpmpp_3m_sde", scheduler="automatic")
    runs["dpm2_a_ensd"] = dict(steps, sampler="dpm2_a", scheduler="automatic", eta_noise_seed_delta=31337)
    runs["heun_churn"] = dict(steps, sampler="heun", scheduler="uniform", eta=0.0, s_churn=2.0, s_noise=1.05)
    runs["lms_more"] = dict(steps, sampler="lms", scheduler="exponential", eta=0.0, extra_noise=0.15,
                            noise_multiplier=0.9)
    return runs


def alphas_cumprod(config):
    """diffusers' own, float32 as it keeps them; everything made from them is float64."""
    return DDIMScheduler(num_train_timesteps=1000, **config).alphas_cumprod.double()


def make_denoiser(external, model, unet, dtype, cond, uncond, cfg_scale):
    """k-diffusion's wrapper with classifier-free guidance; float64 outside the network."""
    def predict(x, t, **_):
        x, t = x.to(dtype), t.to(dtype)
        c = unet(x, t, encoder_hidden_states=cond).sample.double()
        if cfg_scale == 1.0:
            return c
        u = unet(x, t, encoder_hidden_states=uncond).sample.double()
        return u + cfg_scale * (c - u)
    kind = {"epsilon": external.DiscreteEpsDDPMDenoiser,
            "v_prediction": external.DiscreteVDDPMDenoiser}
    config = model.config["scheduler"]
    den = kind[config["prediction_type"]](predict, alphas_cumprod(config), quantize=False)
    den.t_to_sigma = lambda t: interpolate(den.log_sigmas, t)
    return den


def interpolate(log_sigmas, t):
    """k-diffusion's t_to_sigma, which would cast t to float32."""
    low, high, w = t.floor().long(), t.ceil().long(), t.frac()
    return ((1 - w) * log_sigmas[low] + w * log_sigmas[high]).exp()


def get_sigmas(sampling, den, scheduler, n):
    if scheduler == "uniform":
        t = torch.linspace(len(den.sigmas) - 1, 0, n, dtype=torch.float64)
        return sampling.append_zero(den.t_to_sigma(t))
    share = torch.linspace(0, 1, n, dtype=torch.float64)
    low, high = den.sigmas[0].item(), den.sigmas[-1].item()
    if scheduler == "exponential":
        return sampling.append_zero((math.log(high) + share * (math.log(low) - math.log(high))).exp())
    return sampling.append_zero((high ** (1 / 7) + share * (low ** (1 / 7) - high ** (1 / 7))) ** 7)


def schedule(sampling, den, p):
    """A1111's KDiffusionSampler.get_sigmas and its cut for img2img: all of it, and the part run."""
    _, automatic, discard = SAMPLERS[p["sampler"]]
    scheduler = automatic if p["scheduler"] == "automatic" else p["scheduler"]
    whole = get_sigmas(sampling, den, scheduler, p["steps"] + discard)
    if discard:
        whole = torch.cat([whole[:-2], whole[-1:]])
    t_enc = int(min(p["strength"], 0.999) * p["steps"])
    return whole, whole[p["steps"] - t_enc - 1:]


def sample_ddim(den, x, sigmas, eta, noise, callback):
    """diffusers' DDIMScheduler.step, formula (12) of the DDIM paper, on x / sqrt(1 + sigma^2)."""
    for i in range(len(sigmas) - 1):
        a, a_prev = 1 / (1 + sigmas[i] ** 2), 1 / (1 + sigmas[i + 1] ** 2)
        callback({"x": x})
        x0 = den(x, sigmas[i].expand(x.shape[0]))
        sample = x * a.sqrt()
        eps = (sample - a.sqrt() * x0) / (1 - a).sqrt()
        std = eta * ((1 - a_prev) / (1 - a) * (1 - a / a_prev)).sqrt()
        prev = a_prev.sqrt() * x0 + (1 - a_prev - std ** 2).clamp(min=0).sqrt() * eps
        if eta > 0 and sigmas[i + 1] > 0:
            prev = prev + std * noise()
        x = prev / a_prev.sqrt()
    return x


def img2img(kd, model, p, image, dtype):
    """One run. Noise: the seed's generator gives the start noise, then one draw a noisy step."""
    external, sampling, _ = kd
    unet = tiny_models.cast(model.unet, dtype)
    vae = copy.deepcopy(model.vae).to(dtype)
    text = copy.deepcopy(model.text).to(dtype)
    scale = model.config["vae"]["scaling_factor"]
    cond, uncond = (text(model.encode_ids(s)).last_hidden_state for s in (PROMPT, NEGATIVE))
    den = make_denoiser(external, model, unet, dtype, cond, uncond, p["cfg_scale"])
    whole, sigmas = schedule(sampling, den, p)
    mean = vae.encode((image * 2 - 1).to(dtype)).latent_dist.mean.double() * scale
    g = torch.Generator().manual_seed(p["seed"])

    def noise(*_):
        return torch.randn(tuple(mean.shape), generator=g).double()

    start = noise() * p.get("noise_multiplier", 1)
    x = mean + start * (sigmas[0] + p.get("extra_noise", 0))
    if p.get("eta_noise_seed_delta"):
        g.manual_seed(p["seed"] + p["eta_noise_seed_delta"])
    sampling.torch = Torch(noise)
    trace = []
    extra = dict(callback=lambda d: trace.append(d["x"].clone()))
    if p["sampler"] in TREE:
        tree = Tree(sampling, whole[-2], whole[0], p["seed"], torch.float64, n=mean.numel())
        extra |= dict(eta=p["eta"], noise_sampler=lambda a, b: tree(a, b).reshape(mean.shape))
    elif p["eta"] > 0:
        extra |= dict(eta=p["eta"], noise_sampler=noise)
    extra |= {k: p[k] for k in ("s_churn", "s_noise") if k in p}
    if p["sampler"] == "ddim":
        x = sample_ddim(den, x, sigmas, p["eta"], noise, extra["callback"])
    else:
        x = getattr(sampling, SAMPLERS[p["sampler"]][0])(den, x, sigmas, disable=True, **extra)
    out = vae.decode((x / scale).to(dtype)).sample.double()
    return {"sigmas": sigmas, "mean": mean, "x": torch.cat(trace + [x]),
            "latent": x, "image": (out / 2 + 0.5).clamp(0, 1)}


def write_runs(models, folder, path):
    kd = load_k_diffusion(folder)
    models = {m.name: m for m in models}
    g = torch.Generator().manual_seed(4001)
    tensors, metadata = {}, {"runs": ",".join(run_list()), "prompt": PROMPT, "negative": NEGATIVE}
    images = {}
    for name, size in MODEL.items():
        images[name] = torch.rand((1, 3, size["height"], size["width"]), generator=g)
        tensors[f"init/{name}"] = images[name]
    for name, p in run_list().items():
        image = images[p["model"]]
        single, exact = (img2img(kd, models[p["model"]], p, image, d)
                         for d in (torch.float32, torch.float64))
        for k in exact:
            error = ((single[k] - exact[k]).norm() / exact[k].norm()).item()
            assert error < RUN_TOLERANCE / 5, f"{name}/{k}: float32 is off by {error:.2g}"
            if k != "latent":  # the last row of x
                tensors[f"{name}/{k}"] = exact[k].float()
        inside = ((exact["image"] > 0) & (exact["image"] < 1)).double().mean().item()
        print(f"{name}: {len(exact['sigmas']) - 1} steps, latent rms "
              f"{exact['latent'].square().mean().sqrt():.2f}, {inside:.0%} of pixels unclamped, "
              f"float32 off by {error:.1e}", flush=True)
        metadata |= {f"{name}/{k}": str(v) for k, v in p.items()}
    save(tensors, path, metadata)

"""Golden schedules and sampler runs: tests/golden/samplers.safetensors.

    pip install --no-deps --target build/k-diffusion k-diffusion==0.1.1.post1 torchsde==0.2.6 trampoline
    python tools/reference/samplers.py --k-diffusion build/k-diffusion --a1111 build/a1111 [--out OUT]

build/a1111: see a1111_samplers.py. The runs go through k-diffusion's samplers and denoisers, A1111's restart, LCM,
PLMS, DDIM and UniPC, and diffusers' Euler, DDIM, PNDM, UniPC and TCD schedulers, in float64, over a
network of one layer that C can repeat in three lines:

    raw(x, t, condition) = tanh(weight @ x + t / 1000 * slope + bias[condition])

Start noise and the noise of steps come from one torch generator: the start first, then one draw a time;
that of the SDE samplers from torchsde's tree over the whole schedule, as A1111 asks for it: seeded by
the run's seed, with float32 levels and normals.

Tensors:
    levels.NAME           alphas_cumprod of diffusers; metadata "levels.NAME": train_steps, schedule, betas
    to_t.sigma, to_t.t    sigmas and their timesteps between the rows of levels.sd
    schedule.NAME.N       N points of k-diffusion's or A1111's schedule and 0, for levels.sd, in float32 as
                          peers run it; metadata "schedule.NAME.N": scheduler N [key=value ...]
    steps.strength, steps.steps, steps.count    step rule: [strength, steps, (a1111, exact, diffusers)], where
                          exact is the length of the stretched schedule
    toy.weight, toy.slope, toy.bias, toy.latent
    run.NAME              final latent; metadata "run.NAME":
                          sampler scheduler mode strength steps cfg eta prediction seed [key=value ...]
    peer.NAME.sigmas, peer.NAME.latent          a run over a peer's own sigmas; metadata as a run's
    tree.levels, tree.cpu, tree.nv              from, to, ... and torchsde's normals between them
    seeds.WORDS           numpy's SeedSequence of entropy and keys in the metadata, 4 words
"""
import argparse
import importlib
import math
import pathlib
import sys
import types

import numpy as np
import torch
from diffusers import (DDIMScheduler, EulerDiscreteScheduler, PNDMScheduler, TCDScheduler,
                       UniPCMultistepScheduler)
from safetensors.numpy import save_file

import a1111_samplers as a1111
import rng

N = 48
LEVELS = {
    "sd": dict(num_train_timesteps=1000, beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012),
    "linear": dict(num_train_timesteps=1000, beta_schedule="linear", beta_start=0.0001, beta_end=0.02),
    "cosine": dict(num_train_timesteps=1000, beta_schedule="squaredcos_cap_v2", beta_start=0.0001, beta_end=0.02),
    "short": dict(num_train_timesteps=37, beta_schedule="scaled_linear", beta_start=0.0015, beta_end=0.0195),
}
STRENGTHS = [i / 100 for i in range(101)] + [0.001, 0.0625, 0.125, 0.333, 0.3333333, 0.6666667, 0.999, 0.9995]
STEPS = [1, 2, 3, 5, 7, 8, 10, 12, 15, 20, 25, 28, 30, 40, 50, 60, 75, 100, 150, 1000]
LIST = (12.0, 7.5, 3.25, 1.5, 0.625, 0.25, 0.05)

# A1111 since 1.9: the function in k-diffusion, what "Automatic" means, whether it drops the last sigma but one.
SAMPLERS = {
    "euler": ("sample_euler", "uniform", False), "euler_a": ("sample_euler_ancestral", "uniform", False),
    "heun": ("sample_heun", "uniform", False), "lms": ("sample_lms", "uniform", False),
    "dpm2": ("sample_dpm_2", "karras", True), "dpm2_a": ("sample_dpm_2_ancestral", "karras", True),
    "dpmpp_2s_a": ("sample_dpmpp_2s_ancestral", "karras", False),
    "dpmpp_2m": ("sample_dpmpp_2m", "karras", False), "dpmpp_sde": ("sample_dpmpp_sde", "karras", False),
    "dpmpp_2m_sde": ("sample_dpmpp_2m_sde", "exponential", False),
    "dpmpp_2m_sde_heun": ("sample_dpmpp_2m_sde", "exponential", False),
    "dpmpp_3m_sde": ("sample_dpmpp_3m_sde", "exponential", True),
    "dpm_fast": ("sample_dpm_fast", "uniform", False), "dpm_adaptive": ("sample_dpm_adaptive", "uniform", False),
    "ddim": (None, "uniform", False), "plms": (None, "uniform", False), "unipc": (None, "uniform", False),
    "lcm": (None, "uniform", False), "restart": (None, "karras", False),
}
NOISY = {"euler_a": 1.0, "dpm2_a": 1.0, "dpmpp_2s_a": 1.0, "dpmpp_sde": 1.0, "dpmpp_2m_sde": 1.0,
         "dpmpp_2m_sde_heun": 1.0, "dpmpp_3m_sde": 1.0, "dpm_fast": 1.0, "dpm_adaptive": 1.0}
TREE = {"dpmpp_sde", "dpmpp_2m_sde", "dpmpp_2m_sde_heun", "dpmpp_3m_sde"}
QUIRKY = {"ddim", "plms", "unipc"}


def run_list():
    """name -> (sampler, scheduler, mode, strength, steps, cfg, eta, prediction, seed, more)"""
    runs = {}
    for sampler in SAMPLERS:
        eta = NOISY.get(sampler, 0.0)
        if sampler in ("plms", "unipc"):  # their sound way has diffusers for a peer
            continue
        schedules = ("uniform",) if sampler == "lcm" else ("uniform", "karras")
        for scheduler in schedules:
            runs[f"{sampler}_{scheduler}"] = (sampler, scheduler, "a1111", 0.6, 12, 4.0, eta, "epsilon", 42, {})
        if sampler != "lcm":  # A1111's knows epsilon only
            runs[f"{sampler}_v"] = (sampler, "karras", "a1111", 0.55, 20, 4.0, eta, "v", 7, {})
        runs[f"{sampler}_auto"] = (sampler, "automatic", "a1111", 0.75, 14, 3.0, eta, "epsilon", 21, {})
        if eta:
            runs[f"{sampler}_eta"] = (sampler, "karras", "a1111", 0.7, 10, 3.0, 0.4, "epsilon", 11, {"s_noise": 1.03})
            runs[f"{sampler}_eta_0"] = (sampler, "karras", "a1111", 0.7, 10, 3.0, 0.0, "epsilon", 11, {})
    plain = ("a1111", 0.7, 11, 3.0, 0.0, "epsilon", 9)
    for name in ("exponential", "polyexponential", "sgm_uniform", "simple", "normal", "ddim", "beta",
                 "align_your_steps", "kl_optimal", "explicit"):
        runs[f"on_{name}"] = ("dpmpp_2m", name, *plain, {"sigmas": LIST} if name == "explicit" else {})
    for sampler in ("euler", "heun", "dpm2"):
        runs[f"{sampler}_churn"] = (sampler, "karras", *plain, {"s_churn": 3.0, "s_noise": 1.05})
        runs[f"{sampler}_churn_some"] = (sampler, "karras", *plain,
                                         {"s_churn": 9.0, "s_tmin": 0.2, "s_tmax": 4.0})
    runs["restart_twice"] = ("restart", "karras", "a1111", 0.9, 42, 3.0, 0.0, "epsilon", 9, {"s_noise": 1.02})
    runs["restart_once"] = ("restart", "exponential", "a1111", 0.8, 30, 3.0, 0.0, "epsilon", 9, {})
    runs["restart_low"] = ("restart", "karras", "a1111", 0.3, 80, 3.0, 0.0, "epsilon", 9, {})
    for steps in (3, 5, 7):
        runs[f"dpm_fast_{steps}"] = ("dpm_fast", "uniform", "a1111", 0.999, steps, 3.0, 1.0, "epsilon", 9, {})
    runs["discard"] = ("euler", "karras", *plain, {"discard": 1})
    runs["no_discard"] = ("dpm2", "karras", *plain, {"discard": 0})
    runs["karras_bent"] = ("euler", "karras", *plain, {"rho": 3.0, "sigma_min": 0.1, "sigma_max": 10.0})
    runs["lcm_few"] = ("lcm", "automatic", "a1111", 0.6, 5, 1.0, 0.0, "epsilon", 9, {})
    for sampler in QUIRKY:
        for strength, steps in ((0.5, 20), (0.75, 30), (0.9, 8)):
            runs[f"a1111_{sampler}_{steps}"] = (sampler, "automatic", "a1111", strength, steps, 3.0, 0.0,
                                                "epsilon", 9, {"a1111": 1})
    for name, strength, steps, more in (
            ("vary", 0.6, 15, {"variant": 3}), ("vary_few", 0.9, 5, {"variant": 3}), ("bh2", 0.6, 15, {"variant": 2}),
            ("vary_2", 0.6, 15, {"variant": 3, "order": 2}), ("vary_1", 0.6, 15, {"variant": 3, "order": 1}),
            ("quadratic", 0.6, 15, {"skip": 1}), ("log_snr", 0.6, 15, {"skip": 2}),
            ("high_to_the_end", 0.6, 15, {"keep_order": 1}), ("vary_to_the_end", 0.8, 6, {"variant": 3, "keep_order": 1})):
        runs[f"a1111_unipc_{name}"] = ("unipc", "automatic", "a1111", strength, steps, 3.0, 0.0, "epsilon", 9,
                                       {"a1111": 1} | more)
    runs["a1111_ddim_eta"] = ("ddim", "automatic", "a1111", 0.6, 15, 3.0, 0.7, "epsilon", 9, {"a1111": 1})
    runs["a1111_kl_optimal"] = ("heun", "kl_optimal", "a1111", 0.6, 15, 3.0, 0.0, "epsilon", 9, {"a1111": 1})
    runs["cfg_1"] = ("dpmpp_2m", "karras", "a1111", 0.6, 12, 1.0, 0.0, "epsilon", 42, {})
    runs["cfg_0"] = ("euler", "uniform", "a1111", 0.6, 12, 0.0, 0.0, "epsilon", 42, {})
    runs["strength_1"] = ("euler", "karras", "a1111", 1.0, 10, 3.0, 0.0, "epsilon", 5, {})
    runs["one_step"] = ("dpmpp_2m", "karras", "a1111", 0.05, 10, 3.0, 0.0, "epsilon", 5, {})
    runs["one_of_one"] = ("euler_a", "uniform", "a1111", 1.0, 1, 3.0, 1.0, "epsilon", 5, {})
    runs["exact"] = ("dpmpp_2m", "karras", "exact", 0.35, 6, 3.0, 0.0, "epsilon", 5, {})
    runs["exact_uniform"] = ("euler_a", "uniform", "exact", 0.35, 6, 3.0, 1.0, "epsilon", 5, {})
    runs["diffusers"] = ("euler", "uniform", "diffusers", 0.5, 10, 3.0, 0.0, "epsilon", 5, {})
    runs["eta_3"] = ("euler_a", "karras", "a1111", 0.7, 10, 3.0, 3.0, "epsilon", 11, {})  # clamped
    runs["ddim_eta"] = ("ddim", "uniform", "a1111", 0.7, 10, 3.0, 0.7, "epsilon", 11, {})
    runs["ddim_eta_1"] = ("ddim", "karras", "a1111", 0.7, 10, 3.0, 1.0, "v", 11, {})
    runs["noise_more"] = ("euler_a", "karras", "a1111", 0.7, 10, 3.0, 1.0, "epsilon", 11,
                          {"noise_multiplier": 0.9, "extra_noise": 0.2})
    return runs


def load_k_diffusion(folder):
    """sampling, external and utils only; what they import for other uses may be absent."""
    sys.path.insert(0, str(folder))  # torchsde
    package = types.ModuleType("k_diffusion")
    package.__path__ = [str(pathlib.Path(folder) / "k_diffusion")]
    sys.modules["k_diffusion"] = package
    for name in ("torchdiffeq", "torchvision", "torchvision.transforms"):
        try:
            importlib.import_module(name)
        except ImportError:
            stub = types.ModuleType(name)
            stub.odeint = stub.functional = stub.transforms = None
            sys.modules[name] = stub
    from k_diffusion import external, sampling, utils
    return external, sampling, utils


class Toy:
    def __init__(self, dtype):
        generator = torch.Generator().manual_seed(2024)
        draw = lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float32)
        self.weight = (draw(N, N) * (0.6 / N ** 0.5)).to(dtype)
        self.slope, self.bias, self.latent = draw(N).to(dtype), draw(2, N).to(dtype), draw(N).to(dtype) * 0.8
        self.dtype = dtype

    def raw(self, x, t, condition):
        """x: [1, N] of unit variance"""
        return torch.tanh(x @ self.weight.T + t.reshape(()).to(x.dtype) / 1000 * self.slope + self.bias[condition])

    def guided(self, x, t, cfg):
        shape = x.shape  # A1111's LCM and UniPC want pictures
        x = x.reshape(1, N)
        t = torch.as_tensor(t, dtype=self.dtype).reshape(-1)[:1]
        cond = self.raw(x, t, 0)
        e = cond if cfg == 1.0 else (lambda u: u + cfg * (cond - u))(self.raw(x, t, 1))
        return e.reshape(shape)

    def tensors(self):
        return {f"toy.{k}": getattr(self, k).float().numpy() for k in ("weight", "slope", "bias", "latent")}


class Noise:
    def __init__(self, seed, dtype):
        self.generator, self.dtype = torch.Generator().manual_seed(seed), dtype

    def __call__(self, *x):
        shape = x[0].shape if x and torch.is_tensor(x[0]) and x[0].numel() == N else (1, N)
        return torch.randn(N, generator=self.generator, dtype=torch.float32).to(self.dtype).reshape(shape)


def seeded_normals(kind):
    """What A1111 puts in the place of torchsde's _randn (sd_samplers_common.py)."""
    def randn(size, dtype, device, seed):
        n = math.prod(size)
        if kind == "nv":
            return torch.from_numpy(np.asarray(rng.Philox(int(seed)).randn(n), np.float32)).reshape(size).to(dtype)
        generator = torch.Generator().manual_seed(int(seed))
        return torch.randn(n, generator=generator, dtype=torch.float32).reshape(size).to(dtype)
    return randn


class Tree:
    """k-diffusion's BrownianTreeNoiseSampler in float32, whatever the run is in."""
    def __init__(self, sampling, low, high, seed, dtype, kind="cpu", n=N):
        import torchsde._brownian.brownian_interval as interval
        interval._randn = seeded_normals(kind)
        f = lambda v: torch.tensor(float(v), dtype=torch.float32)
        self.f, self.dtype = f, dtype
        x = torch.zeros(1, n, dtype=torch.float32)
        self.sampler = sampling.BrownianTreeNoiseSampler(x, f(low), f(high), seed=[seed])

    def __call__(self, sigma, sigma_next):
        return self.sampler(self.f(sigma), self.f(sigma_next)).to(self.dtype)


def step_rule(mode, strength, steps):
    """Points of the schedule and executed steps, as the peers' code counts them."""
    if strength == 0:
        return 0, 0
    if mode == "a1111":
        return steps, int(min(strength, 0.999) * steps) + 1
    if mode == "exact":
        return int(steps / min(strength, 0.999)), steps
    return steps, min(int(steps * strength), steps)


def ddim(denoise, x, sigmas, eta, noise):
    """Song et al. 2021, equation 12, in its own variables: alpha for alpha bar, y for the scaled latent."""
    alpha = 1 / (1 + sigmas ** 2)
    y = x * alpha[0].sqrt()
    for i in range(len(sigmas) - 1):
        a, b = alpha[i], alpha[i + 1]
        x0 = denoise(y / a.sqrt(), sigmas[i] * x.new_ones(1))
        e = (y - a.sqrt() * x0) / (1 - a).sqrt()
        s = eta * ((1 - b) / (1 - a)).sqrt() * (1 - a / b).sqrt()
        y = b.sqrt() * x0 + (1 - b - s ** 2).clamp(min=0).sqrt() * e
        if s > 0:
            y = y + s * noise()
    return y


def interpolate(log_sigmas, t):
    """k-diffusion's t_to_sigma, which would cast t to float32."""
    low, high, w = t.floor().long(), t.ceil().long(), t.frac()
    return ((1 - w) * log_sigmas[low] + w * log_sigmas[high]).exp()


def explicit(n, levels):
    """A1111's interpolation of Align Your Steps, over another list."""
    at = np.interp(np.linspace(0, 1, n), np.linspace(0, 1, len(levels)), np.log(np.array(levels)))
    return torch.tensor([*np.exp(at), 0.0])


def get_sigmas(web, sampling, inner, scheduler, n, more, quirk):
    """A1111's KDiffusionSampler.get_sigmas for the schedule's function."""
    low, high = more.get("sigma_min", inner.sigmas[0].item()), more.get("sigma_max", inner.sigmas[-1].item())
    if scheduler == "explicit":
        return explicit(n, more["sigmas"])
    if scheduler == "kl_optimal" and not quirk:  # ComfyUI's spacing
        share = torch.linspace(0, 1, n)
        return sampling.append_zero((share * math.atan(low) + (1 - share) * math.atan(high)).tan())
    if scheduler == "align_your_steps":  # A1111's own table; the fork scales it by the largest sigma
        table = [14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029]
        return explicit(n, table)
    web.options.beta_dist_alpha, web.options.beta_dist_beta = more.get("beta_alpha", .6), more.get("beta_beta", .6)
    row = web.sd_schedulers.schedulers_map[scheduler]
    extra = {"rho": more["rho"]} if "rho" in more else {}
    function = {"karras": sampling.get_sigmas_karras, "exponential": sampling.get_sigmas_exponential,
                "polyexponential": sampling.get_sigmas_polyexponential}.get(scheduler, row.function)
    if row.need_inner_model:
        extra["inner_model"] = inner
    return function(n=n, sigma_min=low, sigma_max=high, device="cpu", **extra)


def run_timesteps(web, sampling, toy, alphas, sampler, total, count, cfg, eta, noise, more):
    """A1111's CompVisSampler.sample_img2img."""
    encode = count - 1
    timesteps = torch.clip(torch.asarray(list(range(0, 1000, 1000 // total))) + 1, 0, 999)
    a = alphas.double()
    shape = (1, 1, 1, N)
    start = noise(torch.zeros(shape))
    x = toy.latent.reshape(shape) * a[timesteps[encode]].sqrt() + start * (1 - a[timesteps[encode]]).sqrt()
    sampling.torch = a1111.Torch(noise)
    inner = types.SimpleNamespace(inner_model=types.SimpleNamespace(inner_model=types.SimpleNamespace(alphas_cumprod=a)))

    class Model:
        inner_model = inner.inner_model

        def __call__(self, x, t, **_):
            return toy.guided(x, t, cfg)

    kwargs = dict(callback=lambda d: None, disable=True)
    impl = web.sd_samplers_timesteps_impl
    if sampler == "ddim":
        return impl.ddim(Model(), x, timesteps[:encode], eta=eta, **kwargs)
    if sampler == "plms":
        return impl.plms(Model(), x, timesteps[:encode], **kwargs)
    web.options.uni_pc_variant = ("bh1", "bh1", "bh2", "vary_coeff")[more.get("variant", 0)]
    web.options.uni_pc_skip_type = ("time_uniform", "time_quadratic", "logSNR")[more.get("skip", 0)]
    web.options.uni_pc_order = more.get("order", 3)
    web.options.uni_pc_lower_order_final = not more.get("keep_order")
    return impl.unipc(Model(), x, timesteps[:encode], is_img2img=True, extra_args={}, **kwargs)


def run_lcm(web, sampling, toy, alphas, total, count, cfg, noise):
    inner = types.SimpleNamespace(device="cpu", alphas_cumprod=alphas.double(),
                                  apply_model=lambda x, t: toy.guided(x, t, cfg))
    web.sd_samplers_lcm.default_noise_sampler = lambda x: noise
    denoiser = web.sd_samplers_lcm.LCMCompVisDenoiser(inner)
    denoiser.sigmas = ((1 - denoiser_alphas(alphas)) / denoiser_alphas(alphas)) ** 0.5
    denoiser.log_sigmas = denoiser.sigmas.log()
    last = len(denoiser.sigmas) - 1
    rows = lambda t: ((t - 19) / 20).clamp(0, last)
    denoiser.t_to_sigma = lambda t: interpolate(denoiser.log_sigmas, rows(t.double()))
    sigmas = denoiser.get_sigmas(total)[total - count:].to(toy.dtype)
    x = toy.latent.reshape(1, N) + noise() * sigmas[0]
    return web.sd_samplers_lcm.sample_lcm(denoiser, x, sigmas, disable=True)


def denoiser_alphas(alphas):
    return alphas.double()[19::20]


def sigmas_of(web, kd, alphas, parameters):
    """The whole schedule of a run and what is run of it."""
    external, sampling, _ = kd
    sampler, scheduler, mode, strength, steps, _, _, _, _, more = parameters
    _, automatic, discard = SAMPLERS[sampler]
    inner = external.DiscreteSchedule(((1 - alphas.double()) / alphas.double()) ** 0.5, False)
    inner.t_to_sigma = lambda t: interpolate(inner.log_sigmas, t.double())
    total, count = step_rule(mode, strength, steps)
    scheduler = automatic if scheduler == "automatic" else scheduler
    discard = bool(more.get("discard", discard))
    whole = get_sigmas(web, sampling, inner, scheduler, total + discard, more, more.get("a1111")).double()
    if discard:
        whole = torch.cat([whole[:-2], whole[-1:]])
    return whole, whole[total - count:], total, count


def run(kd, web, toy, alphas, parameters):
    external, sampling, _ = kd
    sampler, _, _, _, _, cfg, eta, prediction, seed, more = parameters
    sampling.torch = torch
    noise = Noise(seed, toy.dtype)
    whole, sigmas, total, count = sigmas_of(web, kd, alphas, parameters)
    if more.get("a1111") and sampler in QUIRKY:
        return run_timesteps(web, sampling, toy, alphas, sampler, total, count, cfg, eta, noise, more).reshape(N)
    if sampler == "lcm":
        return run_lcm(web, sampling, toy, alphas, total, count, cfg, noise).reshape(N)
    sigmas = sigmas.to(toy.dtype)
    wrapper = external.DiscreteVDDPMDenoiser if prediction == "v" else external.DiscreteEpsDDPMDenoiser
    denoise = wrapper(lambda x, t: toy.guided(x, t, cfg), alphas.to(toy.dtype), False)
    start = noise() * more.get("noise_multiplier", 1)
    x = toy.latent.reshape(1, N) + start * sigmas[0] + start * more.get("extra_noise", 0)
    sampling.torch = a1111.Torch(noise)
    if sampler in TREE:
        noise = Tree(sampling, whole[whole > 0].min(), whole.max(), seed, toy.dtype)
    if sampler == "ddim":
        return ddim(denoise, x, sigmas, eta, noise).reshape(N)
    kwargs = {k: more[k] for k in ("s_churn", "s_tmin", "s_tmax", "s_noise") if k in more}
    if sampler in NOISY:
        kwargs |= dict(eta=eta, noise_sampler=noise)
    if sampler == "dpmpp_2m_sde_heun":
        kwargs["solver_type"] = "heun"
    if sampler == "restart":
        return web.sd_samplers_extra.restart_sampler(denoise, x, sigmas, disable=True, **kwargs).reshape(N)
    function = getattr(sampling, SAMPLERS[sampler][0])
    if sampler == "dpm_fast":
        return function(denoise, x, sigmas[-2], sigmas[0], len(sigmas) - 1, disable=True, **kwargs).reshape(N)
    if sampler == "dpm_adaptive":
        return function(denoise, x, sigmas[-2], sigmas[0], disable=True, **kwargs).reshape(N)
    return function(denoise, x, sigmas, disable=True, **kwargs).reshape(N)


def peer_run(scheduler, toy, alphas, cfg, eta, skip, seed, end=0.0):
    """The scheduler's own loop, from its timestep number `skip` on; end: the level its last step goes to."""
    scheduler.set_timesteps(10)
    pndm, unipc = isinstance(scheduler, PNDMScheduler), isinstance(scheduler, UniPCMultistepScheduler)
    timesteps = scheduler.timesteps[skip:]
    if pndm:  # its second timestep stands twice
        scheduler.set_timesteps(10 - skip if skip else 10)
        timesteps = scheduler.timesteps
    unique = torch.unique(timesteps).flip(0)
    a = alphas.to(toy.dtype)[unique.long()]
    sigmas = torch.cat([((1 - a) / a).sqrt(), a.new_tensor([end])])
    noise = Noise(seed, toy.dtype)
    x = toy.latent.reshape(1, N) + noise() * sigmas[0]
    if isinstance(scheduler, EulerDiscreteScheduler):
        scheduler.sigmas = torch.cat([scheduler.sigmas[:skip].to(toy.dtype), sigmas])  # in float64
    else:
        x = x * a[0].sqrt()
    if unipc:
        scheduler.sigmas = torch.cat([scheduler.sigmas[:skip].to(toy.dtype), sigmas])
        scheduler.set_begin_index(skip)
    if isinstance(scheduler, TCDScheduler):
        scheduler.set_begin_index(skip)
    for k, t in enumerate(timesteps):
        e = toy.guided(scheduler.scale_model_input(x, t), t, cfg)
        if isinstance(scheduler, DDIMScheduler):
            last = t == timesteps[-1]
            variance = noise() if eta > 0 and not last else torch.zeros_like(x)
            x = scheduler.step(e, t, x, eta=eta, variance_noise=variance).prev_sample
        elif isinstance(scheduler, TCDScheduler):
            from diffusers.schedulers import scheduling_tcd
            scheduling_tcd.randn_tensor = lambda *_, **__: noise()
            x = scheduler.step(e, t, x, eta=eta).prev_sample
        else:
            x = scheduler.step(e, t, x).prev_sample
    if end:  # from the scaled latent back
        x = x * (1 + end ** 2) ** 0.5
    return sigmas.double().numpy(), x.reshape(N)


def peers(toy, alphas):
    options = dict(LEVELS["sd"], timestep_spacing="leading", steps_offset=0)
    make_ddim = lambda: DDIMScheduler(clip_sample=False, set_alpha_to_one=True, **options)
    yield "ddim", ("ddim", 0.0), peer_run(make_ddim(), toy, alphas, 3.0, 0.0, 4, 3)
    yield "ddim_eta", ("ddim", 0.6), peer_run(make_ddim(), toy, alphas, 3.0, 0.6, 4, 3)
    yield "euler", ("euler", 0.0), peer_run(EulerDiscreteScheduler(**options), toy, alphas, 3.0, 0.0, 4, 3)
    plms = PNDMScheduler(skip_prk_steps=True, set_alpha_to_one=True, **options)
    plms.alphas_cumprod = plms.alphas_cumprod.to(toy.dtype)
    yield "plms", ("plms", 0.0), peer_run(plms, toy, alphas, 3.0, 0.0, 0, 3)
    least = ((1 - alphas[0].double()) / alphas[0].double()).sqrt().item()
    for variant in ("bh1", "bh2"):
        for order in (1, 2, 3):
            scheduler = UniPCMultistepScheduler(solver_order=order, solver_type=variant, **options)
            yield f"unipc_{variant}_{order}", ("unipc", 0.0, variant, order), \
                peer_run(scheduler, toy, alphas, 3.0, 0.0, 3, 3, least if variant == "bh1" else 0)  # else NaN
    for eta in (0.0, 0.3, 1.0):
        scheduler = TCDScheduler(clip_sample=False, set_alpha_to_one=True, **LEVELS["sd"])
        scheduler.alphas_cumprod = scheduler.alphas_cumprod.to(toy.dtype)
        yield f"tcd_{eta}", ("tcd", eta), peer_run(scheduler, toy, alphas, 1.0, eta, 2, 3, least)


def schedules(web, kd, alphas):
    """As the peers run them: in float32."""
    external, sampling, _ = kd
    inner = external.DiscreteSchedule(((1 - alphas) / alphas) ** 0.5, False)
    for name in ("uniform", "karras", "exponential", "polyexponential", "sgm_uniform", "simple", "normal", "ddim",
                 "beta", "align_your_steps", "kl_optimal", "explicit"):
        for n in (1, 2, 3, 8, 11, 20, 30, 50):
            if name == "kl_optimal" and n == 1:
                continue  # 0 / 0 in ComfyUI
            more = {"sigmas": LIST} if name == "explicit" else {}
            yield f"{name}.{n}", f"{name} {n}", get_sigmas(web, sampling, inner, name, n, more, False)
    ends = {"sigma_min": 0.1, "sigma_max": 10.0}
    for name, more in (("karras", ends | {"rho": 5.0}), ("polyexponential", ends | {"rho": 2.5}),
                       ("exponential", ends), ("sgm_uniform", ends), ("normal", ends), ("kl_optimal", ends),
                       ("beta", {"beta_alpha": 0.8, "beta_beta": 1.7}), ("beta", {"beta_alpha": 3.0, "beta_beta": 0.3})):
        note = " ".join(f"{k}={v}" for k, v in more.items())
        yield f"{name}.bent.{more.get('beta_alpha', 0)}", f"{name} 12 {note}", \
            get_sigmas(web, sampling, inner, name, 12, more, False)


def trees(sampling):
    levels = [14.6146, 9.1, 3.3333333, 3.3, 2.000002, 2, 1.2345678, 0.5, 0.1, 0.0291675, 0.0291675, 14.6146, 0.4, 0.39]
    pairs = list(zip(levels[:-1], levels[1:])) + [(20.0, 0.01), (9.1, 0.5)]
    pairs = [p for p in pairs if p[0] != p[1]]
    out = {"tree.levels": np.array(pairs)}
    for kind, seed in (("cpu", 1234567890), ("nv", 2 ** 33 + 7)):
        tree = Tree(sampling, 0.0291675, 14.6146, seed, torch.float32, kind)
        out[f"tree.{kind}"] = torch.cat([tree(a, b) for a, b in pairs]).numpy()
    return out


def scaled(got, want):
    return ((got.double() - want.double()).abs().max() / want.double().abs().max()).item()


def note_of(parameters):
    more = dict(parameters[-1])
    more.pop("sigmas", None)
    return " ".join(map(str, parameters[:-1])) + "".join(f" {k}={v}" for k, v in more.items())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--k-diffusion", required=True)
    parser.add_argument("--a1111", required=True)
    parser.add_argument("--out", default=pathlib.Path(__file__).parents[2] / "tests/golden/samplers.safetensors")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    kd = load_k_diffusion(arguments.k_diffusion)
    web = a1111.load(arguments.a1111, *kd)
    tensors, notes = {}, {"made_by": "tools/reference/samplers.py"}

    for name, config in LEVELS.items():
        tensors[f"levels.{name}"] = DDIMScheduler(**config).alphas_cumprod.numpy()
        notes[f"levels.{name}"] = "{num_train_timesteps} {beta_schedule} {beta_start} {beta_end}".format(**config)
    alphas = torch.from_numpy(tensors["levels.sd"])
    for name, note, sigmas in schedules(web, kd, alphas):
        tensors[f"schedule.{name}"], notes[f"schedule.{name}"] = sigmas.float().numpy(), note
    tensors["schedule_list"] = np.array(LIST, np.float32)
    double = kd[0].DiscreteSchedule(((1 - alphas.double()) / alphas.double()) ** 0.5, False)
    sigma = torch.cat([torch.logspace(-2, 1.5, 90, dtype=torch.float64), double.sigmas[[0, 1, 500, 998, 999]]])
    tensors["to_t.sigma"], tensors["to_t.t"] = sigma.numpy(), double.sigma_to_t(sigma).numpy()

    tensors["steps.strength"] = np.array(STRENGTHS, np.float32)
    tensors["steps.steps"] = np.array(STEPS, np.int64)
    modes = ("a1111", 1), ("exact", 0), ("diffusers", 1)
    tensors["steps.count"] = np.array([[[step_rule(m, s, n)[k] for m, k in modes] for n in STEPS]
                                       for s in STRENGTHS], np.float32)  # all below 2^24
    tensors.update(trees(kd[1]))
    for k, (entropy, keys) in enumerate([(0, ()), (42, ()), (2 ** 64 - 1, (5, 3)), (7, (2 ** 40 + 1, 41)), (1, (0, 0))]):
        sequence = np.random.SeedSequence(entropy, spawn_key=keys, pool_size=24)
        tensors[f"seeds.{k}"] = sequence.generate_state(4).astype(np.int64)
        notes[f"seeds.{k}"] = " ".join(map(str, (entropy, len(keys), *keys)))

    torch.set_default_dtype(torch.float64)
    exact, rough = Toy(torch.float64), Toy(torch.float32)
    tensors.update(exact.tensors())
    for name, parameters in run_list().items():
        x = run(kd, web, exact, alphas, parameters)
        if parameters[0] not in QUIRKY | {"lcm"} | TREE:  # code that mixes both; a tree with steps in it
            drift = scaled(run(kd, web, rough, alphas, parameters), x)
            assert drift < 2e-5, f"{name}: float32 is {drift} off float64: too chaotic to test with"
        tensors[f"run.{name}"] = x.float().numpy()
        notes[f"run.{name}"] = note_of(parameters)
    for name, parameters, (sigmas, x) in peers(exact, alphas):
        tensors[f"peer.{name}.sigmas"], tensors[f"peer.{name}.latent"] = sigmas, x.float().numpy()
        notes[f"peer.{name}"] = " ".join(map(str, parameters))
    save_file(tensors, arguments.out, notes)


if __name__ == "__main__":
    main()

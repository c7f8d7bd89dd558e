"""Golden schedules and sampler runs: tests/golden/samplers.safetensors.

    pip install --no-deps --target build/k-diffusion k-diffusion==0.1.1.post1
    python tools/reference/samplers.py --k-diffusion build/k-diffusion [--out OUT.safetensors]

The runs go through k-diffusion's samplers and denoisers, and diffusers' Euler and DDIM schedulers,
in float64, over a network of one layer that C can repeat in three lines:

    raw(x, t, condition) = tanh(weight @ x + t / 1000 * slope + bias[condition])

Start noise and ancestral noise come from one torch generator: the start first, then one draw a step.

Tensors:
    levels.NAME           alphas_cumprod of diffusers; metadata "levels.NAME": train_steps, schedule, betas
    to_t.sigma, to_t.t    sigmas and their timesteps between the rows of levels.sd
    schedule.NAME.N       k-diffusion's N sigmas and 0, for levels.sd, in float32 as peers run it
    steps.strength, steps.steps, steps.count    step rule: [strength, steps, (a1111, exact, diffusers)], where
                          exact is the length of the stretched schedule
    toy.weight, toy.slope, toy.bias, toy.latent
    run.NAME              final latent; metadata "run.NAME":
                          sampler scheduler mode strength steps cfg eta prediction seed
    peer.NAME.sigmas, peer.NAME.latent          a run over a peer's own sigmas; metadata as a run's
"""
import argparse
import importlib
import pathlib
import sys
import types

import numpy as np
import torch
from diffusers import DDIMScheduler, EulerDiscreteScheduler
from safetensors.numpy import save_file

N = 48
LEVELS = {
    "sd": dict(num_train_timesteps=1000, beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012),
    "linear": dict(num_train_timesteps=1000, beta_schedule="linear", beta_start=0.0001, beta_end=0.02),
    "cosine": dict(num_train_timesteps=1000, beta_schedule="squaredcos_cap_v2", beta_start=0.0001, beta_end=0.02),
    "short": dict(num_train_timesteps=37, beta_schedule="scaled_linear", beta_start=0.0015, beta_end=0.0195),
}
STRENGTHS = [i / 100 for i in range(101)] + [0.001, 0.0625, 0.125, 0.333, 0.3333333, 0.6666667, 0.999, 0.9995]
STEPS = [1, 2, 3, 5, 7, 8, 10, 12, 15, 20, 25, 28, 30, 40, 50, 60, 75, 100, 150, 1000]


def run_list():
    """name -> (sampler, scheduler, mode, strength, steps, cfg, eta, prediction, seed)"""
    runs = {}
    for sampler in ("euler", "euler_a", "dpmpp_2m", "ddim"):
        eta = 1.0 if sampler == "euler_a" else 0.0
        for scheduler in ("uniform", "karras"):
            runs[f"{sampler}_{scheduler}"] = (sampler, scheduler, "a1111", 0.6, 12, 4.0, eta, "epsilon", 42)
        runs[f"{sampler}_v"] = (sampler, "karras", "a1111", 0.55, 20, 4.0, eta, "v", 7)
    runs["cfg_1"] = ("dpmpp_2m", "karras", "a1111", 0.6, 12, 1.0, 0.0, "epsilon", 42)
    runs["cfg_0"] = ("euler", "uniform", "a1111", 0.6, 12, 0.0, 0.0, "epsilon", 42)
    runs["strength_1"] = ("euler", "karras", "a1111", 1.0, 10, 3.0, 0.0, "epsilon", 5)
    runs["one_step"] = ("dpmpp_2m", "karras", "a1111", 0.05, 10, 3.0, 0.0, "epsilon", 5)
    runs["one_of_one"] = ("euler_a", "uniform", "a1111", 1.0, 1, 3.0, 1.0, "epsilon", 5)
    runs["exact"] = ("dpmpp_2m", "karras", "exact", 0.35, 6, 3.0, 0.0, "epsilon", 5)
    runs["exact_uniform"] = ("euler_a", "uniform", "exact", 0.35, 6, 3.0, 1.0, "epsilon", 5)
    runs["diffusers"] = ("euler", "uniform", "diffusers", 0.5, 10, 3.0, 0.0, "epsilon", 5)
    runs["euler_a_eta"] = ("euler_a", "karras", "a1111", 0.7, 10, 3.0, 0.4, "epsilon", 11)
    runs["eta_3"] = ("euler_a", "karras", "a1111", 0.7, 10, 3.0, 3.0, "epsilon", 11)  # clamped
    runs["ddim_eta"] = ("ddim", "uniform", "a1111", 0.7, 10, 3.0, 0.7, "epsilon", 11)
    runs["ddim_eta_1"] = ("ddim", "karras", "a1111", 0.7, 10, 3.0, 1.0, "v", 11)
    return runs


def load_k_diffusion(folder):
    """sampling and external only; what they import for other uses may be absent."""
    package = types.ModuleType("k_diffusion")
    package.__path__ = [str(pathlib.Path(folder) / "k_diffusion")]
    sys.modules["k_diffusion"] = package
    for name in ("torchdiffeq", "torchsde", "torchvision", "torchvision.transforms", "scipy"):
        try:
            importlib.import_module(name)
        except ImportError:
            stub = types.ModuleType(name)
            stub.odeint = stub.functional = stub.transforms = stub.integrate = None
            sys.modules[name] = stub
    from k_diffusion import external, sampling
    return external, sampling


class Toy:
    def __init__(self, dtype):
        generator = torch.Generator().manual_seed(2024)
        draw = lambda *shape: torch.randn(*shape, generator=generator)
        self.weight = (draw(N, N) * (0.6 / N ** 0.5)).to(dtype)
        self.slope, self.bias, self.latent = draw(N).to(dtype), draw(2, N).to(dtype), draw(N).to(dtype) * 0.8
        self.dtype = dtype

    def raw(self, x, t, condition):
        """x: [1, N] of unit variance"""
        return torch.tanh(x @ self.weight.T + t.reshape(()).to(x.dtype) / 1000 * self.slope + self.bias[condition])

    def guided(self, x, t, cfg):
        cond = self.raw(x, t, 0)
        return cond if cfg == 1.0 else (lambda u: u + cfg * (cond - u))(self.raw(x, t, 1))

    def tensors(self):
        return {f"toy.{k}": getattr(self, k).float().numpy() for k in ("weight", "slope", "bias", "latent")}


class Noise:
    def __init__(self, seed, dtype):
        self.generator, self.dtype = torch.Generator().manual_seed(seed), dtype

    def __call__(self, *_):
        return torch.randn(N, generator=self.generator).to(self.dtype).reshape(1, N)


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


def run(kd, toy, alphas, parameters):
    external, sampling = kd
    sampler, scheduler, mode, strength, steps, cfg, eta, prediction, seed = parameters
    single = external.DiscreteSchedule(((1 - alphas) / alphas) ** 0.5, False)
    total, count = step_rule(mode, strength, steps)
    if scheduler == "karras":
        sigmas = sampling.get_sigmas_karras(total, single.sigma_min.item(), single.sigma_max.item())
    else:
        sigmas = single.get_sigmas(total)
    sigmas = sigmas[total - count:].to(toy.dtype)
    wrapper = external.DiscreteVDDPMDenoiser if prediction == "v" else external.DiscreteEpsDDPMDenoiser
    denoise = wrapper(lambda x, t: toy.guided(x, t, cfg), alphas.to(toy.dtype), False)
    noise = Noise(seed, toy.dtype)
    x = toy.latent.reshape(1, N) + noise() * sigmas[0]
    if sampler == "euler_a":
        x = sampling.sample_euler_ancestral(denoise, x, sigmas, eta=eta, noise_sampler=noise, disable=True)
    elif sampler == "ddim":
        x = ddim(denoise, x, sigmas, eta, noise)
    else:
        x = getattr(sampling, f"sample_{sampler}")(denoise, x, sigmas, disable=True)
    return x.reshape(N)


def peer_run(scheduler, toy, alphas, cfg, eta, skip, seed):
    """The scheduler's own loop, from its timestep number `skip` on."""
    scheduler.set_timesteps(10)
    timesteps = scheduler.timesteps[skip:]
    a = alphas.to(toy.dtype)[timesteps.long()]
    sigmas = torch.cat([((1 - a) / a).sqrt(), a.new_zeros(1)])
    noise = Noise(seed, toy.dtype)
    x = toy.latent.reshape(1, N) + noise() * sigmas[0]
    if isinstance(scheduler, DDIMScheduler):
        x = x * a[0].sqrt()
    else:
        scheduler.sigmas = torch.cat([scheduler.sigmas[:skip].to(toy.dtype), sigmas])  # in float64
    for t in timesteps:
        e = toy.guided(scheduler.scale_model_input(x, t), t, cfg)
        if isinstance(scheduler, DDIMScheduler):
            last = t == timesteps[-1]
            variance = noise() if eta > 0 and not last else torch.zeros_like(x)
            x = scheduler.step(e, t, x, eta=eta, variance_noise=variance).prev_sample
        else:
            x = scheduler.step(e, t, x).prev_sample
    return sigmas.double().numpy(), x.reshape(N)


def peers(toy, alphas):
    options = dict(LEVELS["sd"], timestep_spacing="leading", steps_offset=0)
    make_ddim = lambda: DDIMScheduler(clip_sample=False, set_alpha_to_one=True, **options)
    yield "ddim", ("ddim", 0.0), peer_run(make_ddim(), toy, alphas, 3.0, 0.0, 4, 3)
    yield "ddim_eta", ("ddim", 0.6), peer_run(make_ddim(), toy, alphas, 3.0, 0.6, 4, 3)
    yield "euler", ("euler", 0.0), peer_run(EulerDiscreteScheduler(**options), toy, alphas, 3.0, 0.0, 4, 3)


def scaled(got, want):
    return ((got.double() - want.double()).abs().max() / want.double().abs().max()).item()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--k-diffusion", required=True)
    parser.add_argument("--out", default=pathlib.Path(__file__).parents[2] / "tests/golden/samplers.safetensors")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    kd = load_k_diffusion(arguments.k_diffusion)
    tensors, notes = {}, {"made_by": "tools/reference/samplers.py"}

    for name, config in LEVELS.items():
        tensors[f"levels.{name}"] = DDIMScheduler(**config).alphas_cumprod.numpy()
        notes[f"levels.{name}"] = "{num_train_timesteps} {beta_schedule} {beta_start} {beta_end}".format(**config)
    alphas = torch.from_numpy(tensors["levels.sd"])
    single = kd[0].DiscreteSchedule(((1 - alphas) / alphas) ** 0.5, False)
    for n in (1, 2, 3, 8, 20, 50):
        tensors[f"schedule.uniform.{n}"] = single.get_sigmas(n).numpy()
        karras = kd[1].get_sigmas_karras(n, single.sigma_min.item(), single.sigma_max.item())
        tensors[f"schedule.karras.{n}"] = karras.numpy()
    double = kd[0].DiscreteSchedule(((1 - alphas.double()) / alphas.double()) ** 0.5, False)
    sigma = torch.cat([torch.logspace(-2, 1.5, 90, dtype=torch.float64), double.sigmas[[0, 1, 500, 998, 999]]])
    tensors["to_t.sigma"], tensors["to_t.t"] = sigma.numpy(), double.sigma_to_t(sigma).numpy()

    tensors["steps.strength"] = np.array(STRENGTHS, np.float32)
    tensors["steps.steps"] = np.array(STEPS, np.int64)
    modes = ("a1111", 1), ("exact", 0), ("diffusers", 1)
    tensors["steps.count"] = np.array([[[step_rule(m, s, n)[k] for m, k in modes] for n in STEPS]
                                       for s in STRENGTHS], np.float32)  # all below 2^24

    exact, rough = Toy(torch.float64), Toy(torch.float32)
    tensors.update(exact.tensors())
    for name, parameters in run_list().items():
        x = run(kd, exact, alphas, parameters)
        drift = scaled(run(kd, rough, alphas, parameters), x)
        assert drift < 2e-5, f"{name}: float32 is {drift} off float64: too chaotic to test with"
        tensors[f"run.{name}"] = x.float().numpy()
        notes[f"run.{name}"] = " ".join(map(str, parameters))
    for name, parameters, (sigmas, x) in peers(exact, alphas):
        tensors[f"peer.{name}.sigmas"], tensors[f"peer.{name}.latent"] = sigmas, x.float().numpy()
        notes[f"peer.{name}"] = " ".join(map(str, parameters))
    save_file(tensors, arguments.out, notes)


if __name__ == "__main__":
    main()

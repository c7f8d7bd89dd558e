"""SD 1.5 for the peers: diffusers' UNet and autoencoder with the weights of one random checkpoint.

The checkpoint (f16, single file) is made once by tools/reference/random_checkpoint.py, so that every
program that reads a file gets the same weights. Shapes and names come from tools/reference/full_size.py.
"""
import json
import pathlib
import subprocess
import sys

REFERENCE = pathlib.Path(__file__).resolve().parent.parent / "reference"
sys.path.insert(0, str(REFERENCE))

LATENT, TOKENS, WIDTH, BATCH = 64, 77, 768, 2   # 512x512, one pass of guidance


def checkpoint(work):
    """The path of the random checkpoint; made in the first call."""
    path = work / "model.safetensors"
    if not path.exists():
        part = work / "model.part"
        subprocess.run([sys.executable, REFERENCE / "random_checkpoint.py", part], check=True)
        part.rename(path)
    return path


def state(work, prefix):
    """Mapped, and f16: loading widens each tensor as it is copied, so that no second copy lies in memory."""
    from safetensors import safe_open
    with safe_open(checkpoint(work), "pt") as file:
        return {k: file.get_tensor(k) for k in file.keys() if k.startswith(prefix)}


def unet(work):
    import full_size
    from diffusers import UNet2DConditionModel
    from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint
    net = UNet2DConditionModel(**full_size.UNET)
    net.load_state_dict(convert_ldm_unet_checkpoint(state(work, "model.diffusion_model."), dict(net.config)))
    return net.eval()


def vae(work):
    import full_size
    from diffusers import AutoencoderKL
    from diffusers.loaders.single_file_utils import convert_ldm_vae_checkpoint
    net = AutoencoderKL(**full_size.VAE)
    net.load_state_dict(convert_ldm_vae_checkpoint(state(work, "first_stage_model."), dict(net.config)))
    return net.eval()


def inputs(part, seed=0, latent=LATENT):
    """What each part eats, as float32 torch tensors."""
    import torch
    rng = torch.Generator().manual_seed(seed)

    def randn(*shape):
        return torch.randn(shape, generator=rng)

    if part == "step":
        return randn(BATCH, 4, latent, latent), torch.tensor(523.25), randn(BATCH, TOKENS, WIDTH)
    if part == "encode":
        return (torch.rand((1, 3, 8 * latent, 8 * latent), generator=rng) * 2 - 1,)
    return (randn(1, 4, latent, latent),)


def calls(net_unet, net_vae):
    """Part -> function of its inputs."""
    return {
        "step": lambda x, t, context: net_unet(x, t, encoder_hidden_states=context).sample,
        "encode": lambda picture: net_vae.encode(picture).latent_dist.mean,
        "decode": lambda latent: net_vae.decode(latent).sample,
    }


def count_flops():
    """Part -> (FLOPs, FLOPs with 3x3 convolutions of stride 1 as Winograd F(4x4)), by a run on no data.

    Winograd takes 36 products where a plain convolution takes 144; its transforms are not counted.
    """
    import full_size
    import torch
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from torch.utils.flop_counter import FlopCounterMode
    saved = 0

    def hook(conv, args, out):
        nonlocal saved
        if conv.kernel_size == (3, 3) and conv.stride == (1, 1):
            saved += 2 * 9 * conv.in_channels * out.numel() * 3 / 4

    counts = {}
    with torch.device("meta"):
        nets = UNet2DConditionModel(**full_size.UNET).eval(), AutoencoderKL(**full_size.VAE).eval()
    for net in nets:
        for module in net.modules():
            if isinstance(module, torch.nn.Conv2d):
                module.register_forward_hook(hook)
    for part, call in calls(*nets).items():
        saved = 0
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            call(*(x.to("meta") for x in inputs(part)))
        total = counter.get_total_flops()
        counts[part] = total, total - saved
    return counts


if __name__ == "__main__":
    print(json.dumps(count_flops()))

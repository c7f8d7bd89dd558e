"""The shapes of the embedded model: autoencoder, text encoder, UNet, noise schedule."""
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

LATENT, FACTOR, WIDTH, LENGTH = 4, 4, 128, 77
# Much less noise than SD 1.x (whose sigma goes to 14.6; here 1.7): at 256 x 256 a strength of 0.6 starts at a
# sigma of 0.39, where faces and edges are still there to be drawn. At 0.8 they were not, whatever the training.
BETA_START, BETA_END, STEPS = 0.0001, 0.0035, 1000


def autoencoder():
    return AutoencoderKL(
        in_channels=3, out_channels=3, latent_channels=LATENT, layers_per_block=1,
        down_block_types=["DownEncoderBlock2D"] * 3, up_block_types=["UpDecoderBlock2D"] * 3,
        block_out_channels=[24, 48, 64], norm_num_groups=8, mid_block_add_attention=False,
        sample_size=256, scaling_factor=1.0, force_upcast=False)


def unet():
    return UNet2DConditionModel(
        sample_size=64, in_channels=LATENT, out_channels=LATENT, layers_per_block=1,
        block_out_channels=[32, 64, 128],
        down_block_types=["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
        up_block_types=["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
        cross_attention_dim=WIDTH, attention_head_dim=4, norm_num_groups=8)


def text_encoder(vocab, bos, eos):
    return CLIPTextModel(CLIPTextConfig(
        vocab_size=vocab, hidden_size=WIDTH, intermediate_size=4 * WIDTH, projection_dim=WIDTH,
        num_hidden_layers=3, num_attention_heads=4, max_position_embeddings=LENGTH,
        hidden_act="quick_gelu", bos_token_id=bos, eos_token_id=eos, pad_token_id=eos))


def alphas_cumprod():
    betas = torch.linspace(BETA_START ** 0.5, BETA_END ** 0.5, STEPS, dtype=torch.float64) ** 2
    return torch.cumprod(1 - betas, 0)


def sigmas():
    a = alphas_cumprod()
    return ((1 - a) / a).sqrt()


def karras(n=20, rho=7.0):
    """The n sigmas of a Karras schedule between the model's own extremes, then zero."""
    s = sigmas()
    lo, hi = s[0] ** (1 / rho), s[-1] ** (1 / rho)
    ramp = torch.linspace(0, 1, n, dtype=torch.float64)
    return torch.cat([(hi + ramp * (lo - hi)) ** rho, torch.zeros(1, dtype=torch.float64)])


def sigma_to_t(sigma):
    """Fractional timestep of a sigma, by its logarithm."""
    logs = sigmas().log().to(sigma.device)
    x = sigma.double().log().clamp(logs[0], logs[-1])
    hi = torch.searchsorted(logs, x).clamp(1, STEPS - 1)
    lo = hi - 1
    return (lo + (x - logs[lo]) / (logs[hi] - logs[lo])).float()

"""The two random-weight models of tests/golden: their configurations, weights and tokenizer.

Values are rounded to half (tiny, tiny2's UNet) or bfloat16 (tiny2's autoencoder) before anything is
computed from them, so every precision they are stored in holds the same numbers."""
import copy
import json
import math
import pathlib

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from store import save

# Text the small vocabularies are trained on: enough for prompts to mix whole words and pieces.
CORPUS = """a watercolor painting of a cat and a dog in the old harbour at night
an oil painting of the mountains by the sea, pencil sketch, ink woodcut, pixel art
a photo of a red car, vintage sepia, neon edges, cartoon of a small bird in the snow
blurry, low quality, bad drawing, the portrait of an old woman with a blue hat
stained glass mosaic of the sun and the moon, halftone comic of a running horse"""

MODELS = {
    # Convolution projections, an int for the number of heads, quick_gelu, two-level autoencoder.
    "tiny": dict(
        unet=dict(
            sample_size=20, in_channels=4, out_channels=4, layers_per_block=2,
            block_out_channels=(8, 16, 20), norm_num_groups=4, attention_head_dim=2,
            cross_attention_dim=24,
            down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
            up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D")),
        vae=dict(
            in_channels=3, out_channels=3, latent_channels=4, layers_per_block=1, sample_size=40,
            block_out_channels=(6, 18), norm_num_groups=3, scaling_factor=0.18215,
            down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2),
        text=dict(hidden_size=24, intermediate_size=56, num_hidden_layers=3, num_attention_heads=3,
                  max_position_embeddings=77, hidden_act="quick_gelu"),
        merges=120, dtypes=dict(unet=torch.float32, vae=torch.float32, text_encoder=torch.float32),
        scheduler=dict(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012,
                       prediction_type="epsilon")),
    # Linear projections, lists of heads / layers / transformer layers, gelu, three-level
    # autoencoder without attention, v prediction over linear betas, a short text window, and
    # epsilons in the norms that are large enough to be seen.
    "tiny2": dict(
        unet=dict(
            sample_size=10, in_channels=4, out_channels=4, layers_per_block=[1, 2],
            block_out_channels=(12, 18), norm_num_groups=6, norm_eps=1e-3, attention_head_dim=[2, 3],
            transformer_layers_per_block=[1, 2], cross_attention_dim=20, use_linear_projection=True,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D")),
        vae=dict(
            in_channels=3, out_channels=3, latent_channels=4, layers_per_block=2, sample_size=40,
            block_out_channels=(8, 12, 16), norm_num_groups=4, scaling_factor=0.3,
            mid_block_add_attention=False,
            down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3),
        text=dict(hidden_size=20, intermediate_size=36, num_hidden_layers=2, num_attention_heads=4,
                  max_position_embeddings=24, hidden_act="gelu", layer_norm_eps=1e-3),
        merges=60, dtypes=dict(unet=torch.float16, vae=torch.bfloat16, text_encoder=torch.float32),
        scheduler=dict(beta_schedule="linear", beta_start=0.0001, beta_end=0.02,
                       prediction_type="v_prediction")),
}


def byte_alphabet():
    """GPT-2's printable stand-ins for the 256 bytes, in CLIP's order."""
    plain = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    extra = [b for b in range(256) if b not in plain]
    return [chr(b) for b in plain] + [chr(256 + i) for i in range(len(extra))]


def train_merges(corpus, count):
    """Plain BPE on the words of the corpus; ties go to the pair that sorts first."""
    words = [(*w[:-1], w[-1] + "</w>") for w in corpus.replace(",", " ").split()]
    merges = []
    for _ in range(count):
        pairs = {}
        for w in words:
            for p in zip(w, w[1:]):
                pairs[p] = pairs.get(p, 0) + 1
        best = min(pairs, key=lambda p: (-pairs[p], p))
        merges.append(best)
        out = []
        for w in words:
            new = []
            for t in w:
                if new and (new[-1], t) == best:
                    new[-1] += t
                else:
                    new.append(t)
            out.append(tuple(new))
        words = out
    return merges


def write_tokenizer(folder, merges):
    """vocab.json and merges.txt as OpenAI's CLIP orders them."""
    folder.mkdir(parents=True, exist_ok=True)
    chars = byte_alphabet()
    tokens = chars + [c + "</w>" for c in chars] + ["".join(m) for m in merges]
    tokens = list(dict.fromkeys(tokens)) + ["<|startoftext|>", "<|endoftext|>"]
    vocab = {t: i for i, t in enumerate(tokens)}
    (folder / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=False) + "\n")
    (folder / "merges.txt").write_text(
        "#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))
    return vocab


def randomise(module, generator, dtype):
    """O(1) activations everywhere: fan-in scaled weights, norms around one, visible biases."""
    with torch.no_grad():
        for name, p in module.named_parameters():
            r = torch.randn(p.shape, generator=generator)
            if name.endswith("bias"):
                v = 0.2 * r
            elif p.dim() == 1:
                v = 1 + 0.2 * r
            elif "embedding.weight" in name:
                v = 0.6 * r
            else:
                v = r / p[0].numel() ** 0.5
            p.copy_(v.to(dtype).float())


class ExactTimesteps(torch.nn.Module):
    """diffusers' sinusoids, whose angles it always rounds to float32, in float64."""

    def __init__(self, channels):
        super().__init__()
        self.half = channels // 2

    def forward(self, t):
        k = torch.arange(self.half, dtype=torch.float64)
        angle = t.double()[:, None] * torch.exp(-math.log(10000) * k / self.half)
        return torch.cat([angle.cos(), angle.sin()], 1)


def cast(module, dtype):
    """A copy that computes in dtype throughout."""
    m = copy.deepcopy(module).to(dtype)
    if dtype == torch.float64 and hasattr(m, "time_proj"):
        m.time_proj = ExactTimesteps(m.time_proj.num_channels)
    return m


def tidy_config(path):
    """Drops versions, which would change the file without a change of meaning."""
    config = {k: v for k, v in json.loads(path.read_text()).items()
              if k not in ("_diffusers_version", "transformers_version", "_name_or_path")}
    path.write_text(json.dumps(config, indent=2) + "\n")


class Model:
    """One model in memory, and how it is written as a diffusers folder."""

    def __init__(self, name, seed):
        c = MODELS[name]
        g = torch.Generator().manual_seed(seed)
        self.name, self.config = name, c
        self.merges = train_merges(CORPUS, c["merges"])
        half = {torch.float32: torch.float16}  # F32 files hold half-precision values: see above
        rounding = {k: half.get(v, v) for k, v in c["dtypes"].items()}
        self.unet = UNet2DConditionModel(**c["unet"]).eval()
        randomise(self.unet, g, rounding["unet"])
        self.vae = AutoencoderKL(**c["vae"]).eval()
        randomise(self.vae, g, rounding["vae"])
        with torch.no_grad():  # most decoded pixels inside (-1, 1), where clamping hides nothing
            w = self.vae.decoder.conv_out.weight
            w.copy_((w * 0.5).to(rounding["vae"]).float())
        n_vocab = 512 + len(self.merges) + 2
        self.text = CLIPTextModel(CLIPTextConfig(
            vocab_size=n_vocab, bos_token_id=n_vocab - 2, eos_token_id=n_vocab - 1,
            pad_token_id=n_vocab - 1, **c["text"])).eval()
        randomise(self.text, g, rounding["text_encoder"])
        for m in (self.unet, self.vae, self.text):
            m.requires_grad_(False)

    def text_state(self):
        """transformers 5 names tensors without the prefix that every published SD 1.x file has."""
        return {k if k.startswith("text_model.") else "text_model." + k: v
                for k, v in self.text.state_dict().items() if "position_ids" not in k}

    def write(self, folder):
        parts = {"unet": (self.unet.state_dict(), "diffusion_pytorch_model"),
                 "vae": (self.vae.state_dict(), "diffusion_pytorch_model"),
                 "text_encoder": (self.text_state(), "model")}
        for part, (state, stem) in parts.items():
            (folder / part).mkdir(parents=True, exist_ok=True)
            dtype = self.config["dtypes"][part]
            save({k: v.to(dtype) for k, v in state.items()},
                 folder / part / f"{stem}.safetensors", {"format": "pt"})
        self.unet.save_config(folder / "unet")
        self.vae.save_config(folder / "vae")
        self.text.config.architectures = ["CLIPTextModel"]
        self.text.config.save_pretrained(folder / "text_encoder")
        for part in parts:
            tidy_config(folder / part / "config.json")
        write_tokenizer(folder / "tokenizer", self.merges)
        (folder / "tokenizer" / "tokenizer_config.json").write_text(json.dumps({
            "tokenizer_class": "CLIPTokenizer",
            "model_max_length": self.config["text"]["max_position_embeddings"]}, indent=2) + "\n")
        (folder / "scheduler").mkdir(exist_ok=True)
        (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps({
            "_class_name": "DDIMScheduler", "num_train_timesteps": 1000, "clip_sample": False,
            "set_alpha_to_one": False, "steps_offset": 1, **self.config["scheduler"]},
            indent=2) + "\n")
        (folder / "model_index.json").write_text(json.dumps({
            "_class_name": "StableDiffusionImg2ImgPipeline",
            "feature_extractor": [None, None], "safety_checker": [None, None],
            "image_encoder": [None, None], "requires_safety_checker": False,
            "scheduler": ["diffusers", "DDIMScheduler"],
            "text_encoder": ["transformers", "CLIPTextModel"],
            "tokenizer": ["transformers", "CLIPTokenizer"],
            "unet": ["diffusers", "UNet2DConditionModel"],
            "vae": ["diffusers", "AutoencoderKL"]}, indent=2) + "\n")
        self.tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer")

    def encode_ids(self, prompt):
        """[1, max_position_embeddings] ids: bos, tokens, eos, padded with eos."""
        return self.tokenizer(prompt, padding="max_length", truncation=True, return_tensors="pt",
                              max_length=self.config["text"]["max_position_embeddings"]).input_ids

    def encode_text(self, prompt):
        return self.text(self.encode_ids(prompt)).last_hidden_state


def load(out, name):
    model = Model(name, {"tiny": 1001, "tiny2": 1002}[name])
    model.write(pathlib.Path(out) / name)
    return model

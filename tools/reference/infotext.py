"""Parameter texts and what A1111 reads out of them: tests/golden/infotext/texts.json.

    python tools/reference/infotext.py --a1111 STABLE_DIFFUSION_WEBUI [OUT.json]

Executes parse_generation_parameters and quote of A1111's modules/infotext_utils.py. `texts` holds
the text, its prompts, and its fields (a value "512x768" is split there into NAME-1 and NAME-2);
`quotes` pairs of a value and how it is written. Fields that A1111 adds when a text lacks them are
left out, unless the text has them.
"""
import argparse
import json
import pathlib
import re
import types

from a1111 import functions

LINE = "Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 965400086, Size: 512x768"
TEXTS = [
    "a watercolor painting\nNegative prompt: blurry, low quality\n" + LINE +
    ", Model hash: 6ce0161689, Model: v1-5-pruned-emaonly, Denoising strength: 0.55, Clip skip: 2, Version: v1.9.4",
    "two\nlines, and (weights:1.2)\n\nafter an empty one\nNegative prompt: bad\nhands\n" + LINE,
    "Negative prompt: only that\n" + LINE,
    LINE,
    "a prompt and nothing else",
    "too few, of: these, pairs: two",
    "Steps: 1, two: 2, three: 3\nSteps: the last line is no line of pairs",
    "  spaced \t\n Negative prompt:  also  \n  " + LINE + "  \n",
    'a\nSteps: 20, Lora hashes: "one: 123abc, two: 456def", TI hashes: "x: 1", Model: "with, comma: and \\"quote\\"", Seed: 3',
    'a\nSteps: 20, Model: "no end, Seed: 3, Size: 64x64, Empty: , Quoted: "", Last: "',
    'a\nSteps: 20, Model: "escapes \\n\\t\\u00e9 \\\\", Bad: "wrong \\q escape, x", Trail: "x"y, Seed: 3',
    "a\nSteps: 20, Prompt-like/Key 2: v, _under: 1, x: too short a key, 9lives: 9, Größe: 1x2, 日本: 語, Seed: 3",
    "a\nSteps: 20,Sampler: Euler a,Seed:3,  Size :64x64, Size: 64x64px, (Paren: 5), Key: a: b, Twice: 1, Twice: 2",
    "a\r\nNegative prompt: windows\r\nSteps: 20, Seed: 3, Size: 8x8\r\n",
    "caf\u00e9 \U0001f3a8\u3000\nNegative prompt:\u00a0wide space\u2003\nSteps: 20, Seed: 3, Sampler: \u2003Euler\u2003, Size: 1x2",
    "x\nSteps: 28, Sampler: DPM++ 2M Karras, CFG scale: 7.5, Seed: 1, Size: 512x512, Hires upscale: 2, Mask blur: 4",
    ", , , \n:::,\nSteps:: 20, Seed: 1:, Size: 1x1x1, A-: -, -A: 1",
    "",
]
QUOTES = ["plain", "a, b", "a: b", "two\nlines", 'said "x"', 'said "x", so', "tab\t, back\\slash", "\x01, caf\u00e9", "\r:\b\f"]


def main():
    root = pathlib.Path(__file__).parents[2]
    p = argparse.ArgumentParser()
    p.add_argument("--a1111", type=pathlib.Path, required=True)
    p.add_argument("out", nargs="?", type=pathlib.Path, default=root / "tests/golden/infotext/texts.json")
    a = p.parse_args()
    opts = types.SimpleNamespace(infotext_styles="Ignore", use_old_hires_fix_width_height=False)
    names = ("re_param_code", "re_param", "re_imagesize", "quote", "unquote", "parse_generation_parameters",
             "restore_old_hires_fix_params")
    scope = functions(a.a1111 / "modules/infotext_utils.py", names,
                      {"re": re, "json": json, "shared": types.SimpleNamespace(opts=opts),
                       "infotext_versions": types.SimpleNamespace(backcompat=lambda d: None)})
    texts = []
    for text in TEXTS:
        fields = scope["parse_generation_parameters"](text)
        prompt, negative = fields.pop("Prompt"), fields.pop("Negative prompt")
        # what the text itself says: the names that its last line holds
        last = text.strip().split("\n")[-1]
        said = {k for k, _ in scope["re_param"].findall(last)}
        fields = {k: v for k, v in fields.items() if k in said or re.sub(r"-[12]$", "", k) in said}
        texts.append({"text": text, "prompt": prompt, "negative": negative, "fields": fields})
    out = {"texts": texts, "quotes": [[q, scope["quote"](q)] for q in QUOTES]}
    a.out.write_text(json.dumps(out, indent=1, ensure_ascii=True) + "\n")


if __name__ == "__main__":
    main()

"""Reference ids of CLIP's tokenizer: tests/golden/tokenizer.

    pip download --no-deps --dest build/clip clip-anytorch==2.6.0
    python tools/reference/tokenizer.py --clip build/clip/clip_anytorch-2.6.0-py3-none-any.whl

The wheel carries OpenAI's bpe_simple_vocab_16e6.txt.gz (MIT). Its first 48,894 merges make the
vocabulary of SD 1.x, in the order of OpenAI's SimpleTokenizer; merges.txt holds them, and the test
derives vocab.json from it. prompts.txt has one prompt a line as a JSON string, ids.txt the ids that
transformers' CLIPTokenizer gives, without start and end token."""
import argparse
import gzip
import json
import pathlib
import random
import zipfile

from transformers import CLIPTokenizer

from tiny_models import byte_alphabet

FIXED = [
    "", " ", "a", "A", "1", "!", "'", "\u00e9", "\U0001f600", "\t\n", "</w>", "a</w>", "<|", "|>",
    "it's", "IT'S we'll they've I'd you're I'm don't", "'s't're've'm'll'd", "''s", "'red 'dog 'tis",
    "rock'n'roll o'clock", "'S 'LL", "\u2019s it\u2019s", "a'", "a's", "!'s", "1's",
    "2024 3.14 1,000,000 1/2 v1.5 8k 4K 50mm f/1.8 16:9", "\u00bd \u2163 \u0663\u0664 \u4e09 \u2460 \U0001d7d8",
    "<|startoftext|>", "<|endoftext|>", "a<|endoftext|>b", "<|startoftext|> a cat <|endoftext|>",
    "<|STARTOFTEXT|>", "x<|EndOfText|>!!", "!<|StartOfText|>s", "<|ENDOFTEXT|><|endoftext|>", "<|endoftext",
    "<|startoftext|", "|<|Endoftext|>|<|Endoftext|>", "<|endoftext|><|endoftext|>",
    "caf\u00e9 cafe\u0301 CAF\u00c9 CAFE\u0301", "\u212b \u00c5 A\u030a \u2126 \u03a9 K \u212a",
    "a\u0323\u0307 a\u0307\u0323 \u1ea1\u0307 \u1e9b\u0323 \u0344 \u0308\u0301",
    "\u1100\u1161 \u1100\u1161\u11a8 \uac00\u11a8 \uac01 \ud55c\uae00 \u1112\u1161\u11ab",
    "\u03a3\u0391\u03a3 \u03c3\u03b1\u03c2 \u0130stanbul I\u0307 \u0131 \u1e9e \u00df SS \ufb01 \u01c5",
    "\u0958 \u0915\u093c \u09cb \u09c7\u09be \u0cca \u0dde \u1025\u102e \U000110ab \U0002f800 \uf900",
    "\u0300", "\u0301a", "a\u0301\u0301\u0301", "\u0315\u0300\u05ae\u0062", "\u1e0b\u0323", "q\u0307\u0323",
    "a\u00a0b\u2003c\u3000d\u200be\u2028f\u0085g\u1680h\ufeffi\u180ej\u202fk", "  a   b\t\tc\r\nd\x0b\x0ce  ",
    "a\x01b\x1cc\x1dd\x1ee\x1ff\x7fg\x80h\x9fi", "\u200d\u200c\u2060\u00ad", "\ufffd\ufffe\uffff",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea \u2764\ufe0f \U0001f44d\U0001f3fd",
    "(a:1.2) [b] {c} ((masterpiece)), <lora:x:0.8> a|b a_b a-b a--b ... \u2026 \u2014 \u201cq\u201d",
    "C:\\path\\file \"quoted\" back`tick ~tilde^ @at #hash $5 100% a&b *star* a+b=c;d?",
    "x" * 300, "ab" * 400, "\u00e4" * 100, "!" * 200, "1" * 90, "supercalifragilisticexpialidocious",
    "pneumonoultramicroscopicsilicovolcanoconiosis " * 5, "\u0301" * 60, "\U0001f600" * 40,
]
MEDIA = ["oil painting", "watercolor painting", "pencil sketch", "3D render", "35mm photo", "woodcut",
         "stained glass", "pixel-art", "ukiyo-e print", "charcoal drawing", "low-poly model", "fresco"]
SUBJECTS = ["a cat wearing sunglasses", "the Eiffel Tower at dusk", "two astronauts on Mars", "an old man's face",
            "a 1967 Ford Mustang", "a bowl of ramen", "Mount Fuji", "a T-Rex in Times Square", "my friend's dog",
            "a girl with a pearl earring", "cyberpunk samurai", "steampunk airship", "a hummingbird"]
TAILS = ["", ", trending on ArtStation", ", highly detailed, 8k, HDR", ", by Vincent van Gogh", " -- blurry, low-res",
         "; f/2.8, ISO 100", ", (soft light:1.3), [noise]", "!!!", " in the style of Studio Ghibli", ", #art @night"]
WORDS = """\u0421\u043e\u0431\u0430\u043a\u0430 \u0431\u0435\u0436\u0438\u0442 \u041c\u041e\u0421\u041a\u0412\u0410 \u0401\u043b\u043a\u0430 \u0439\u043e\u0433 \u0407\u0436\u0430\u043a \u0396\u03c9\u03b3\u03c1\u03b1\u03c6\u03b9\u03ba\u03ae \u1f08\u03c1\u03c7\u03ae
\u732b\u306e\u7d75 \u30ab\u30bf\u30ab\u30ca \u3072\u3089\u304c\u306a \u6c34\u5f69\u753b \u4e00\u53ea\u732b \u98a8\u666f \uace0\uc591\uc774 \uc218\ucc44\ud654 \u0642\u0637\u0629 \u062c\u0645\u064a\u0644\u0629 \u05d7\u05ea\u05d5\u05dc \u0e41\u0e21\u0e27
\u092c\u093f\u0932\u094d\u0932\u0940 \u09ac\u09bf\u09a1\u09bc\u09be\u09b2 \u0bae\u0bc7\u0b95\u0bae\u0bcd \u10d9\u10d0\u10e2\u10d0 \u0544\u0561\u057d\u056b\u057d Stra\u00dfe na\u00efve fa\u00e7ade Gar\u00e7on \u0141\u00f3d\u017a \u010ce\u0161tina \u0130zmir Tr\u01b0\u1eddng \u1ea4m
pi\u00f1ata \u00c6r\u00f8 \u0152uvre \u00de\u00f3r jalape\u00f1o M\u00fcnchen cr\u00e8me br\u00fbl\u00e9e""".split()


def typo(rng, word):
    at = rng.randrange(len(word))
    return word[:at] + rng.choice("abcdefghijklmnopqrstuvwxyz") + word[at + 1:]


def prompts(vocab):
    """1,000 texts; vocab lends words, so that many different tokens occur."""
    whole = [t[:-4] for t in vocab if t.endswith("</w>") and t[:-4].isascii() and len(t) > 6]
    parts = [t for t in vocab if not t.endswith("</w>") and t.isascii() and t.isalpha() and len(t) > 2]
    rng = random.Random(5001)
    out = list(FIXED)
    while len(out) < 300:
        out.append(f"{rng.choice(['', 'A ', 'a beautiful '])}{rng.choice(MEDIA)} of {rng.choice(SUBJECTS)}"
                   f"{rng.choice(TAILS)}{rng.choice(TAILS)}")
    while len(out) < 500:  # vocabulary words, pieces stuck together, misspellings, capitals
        words = [rng.choice([rng.choice(whole), rng.choice(parts) + rng.choice(whole),
                             typo(rng, rng.choice(whole))]) for _ in range(rng.randint(3, 12))]
        out.append(" ".join(rng.choice([w, w, w.upper(), w.title()]) for w in words))
    while len(out) < 650:  # scripts mixed, spaces of all kinds
        words = rng.choices(WORDS + SUBJECTS + ["\U0001f408", "\u2728", "99", "...", "\u00bf", "\u4e2d"], k=rng.randint(1, 9))
        out.append("".join(w + rng.choice([" ", " ", "  ", ", ", "\u3000", "\n", "", "-"]) for w in words))
    blocks = [(0x20, 0x7E), (0x80, 0x24F), (0x250, 0x36F), (0x370, 0x52F), (0x590, 0x6FF), (0x900, 0xDFF),
              (0xE00, 0x11FF), (0x1E00, 0x2BFF), (0x3000, 0x33FF), (0x4E00, 0x9FFF), (0xA640, 0xABFF),
              (0xAC00, 0xD7A3), (0xF900, 0xFFFD), (0x10000, 0x1FFFF), (0x20000, 0x2FA1F), (0xE0000, 0xE01EF)]
    while len(out) < 850:  # any code points of one or a few blocks
        chosen = rng.choices(blocks, k=rng.choice([1, 1, 2, 3]))
        out.append("".join(chr(rng.randint(*rng.choice(chosen))) for _ in range(rng.randint(1, 40))))
    letters = "aeiouyncszAEIOUYNCSZ\u03b1\u03c9\u03a9\u0438\u0418\u304b\u30cf\u0915\u05d0\u0627\u1100\u1161\u11a8"
    marks = [*map(chr, range(0x300, 0x345)), "\u3099", "\u309a", "\u093c", "\u05b4", "\u0653", "\u0654", "\u0342"]
    while len(out) < 940:  # marks in any order
        out.append("".join(rng.choice(letters) + "".join(rng.choices(marks, k=rng.randint(0, 4)))
                           + rng.choice(["", "", " "]) for _ in range(rng.randint(1, 12))))
    signs = "'\"!?.,;:-_()[]{}<>|/\\@#$%^&*+=~` 0123456789stmdrvel"
    while len(out) < 1000:
        out.append("".join(rng.choices(signs, k=rng.randint(1, 60))))
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clip", required=True, help="the clip-anytorch wheel")
    parser.add_argument("--out", default="tests/golden/tokenizer", help="default: %(default)s")
    args = parser.parse_args()
    packed = zipfile.ZipFile(args.clip).read("clip/bpe_simple_vocab_16e6.txt.gz")
    lines = gzip.decompress(packed).decode().split("\n")[1:49152 - 256 - 2 + 1]
    merges = [tuple(line.split()) for line in lines]
    chars = byte_alphabet()
    tokens = chars + [c + "</w>" for c in chars] + ["".join(m) for m in merges]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    vocab = {t: i for i, t in enumerate(tokens)}
    assert len(vocab) == 49408
    tokenizer = CLIPTokenizer(vocab=vocab, merges=merges)
    texts = prompts(vocab)
    assert len(texts) == 1000 and not any("\0" in t for t in texts)
    out = pathlib.Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))
    (out / "prompts.txt").write_text("".join(json.dumps(t) + "\n" for t in texts))
    rows = [tokenizer(t, add_special_tokens=False).input_ids for t in texts]
    (out / "ids.txt").write_text("".join(" ".join(map(str, r)) + "\n" for r in rows))
    print(f"{len(texts)} prompts, {sum(map(len, rows))} tokens, "
          f"{len({i for r in rows for i in r})} different ones")


if __name__ == "__main__":
    main()

"""Captions, and the small byte-pair vocabulary in CLIP's format that reads them."""
import collections
import json
import os
import re

import numpy as np

import styles

NOUNS = """cat dog bird horse cow sheep fox bear panda lion tiger elephant giraffe monkey rabbit bunny squirrel mouse
frog fish shark whale dolphin turtle snake lizard butterfly bee dragonfly duck goose chicken owl eagle parrot penguin
man woman boy girl child baby person people family couple face portrait friend musician dancer king queen knight
astronaut robot wizard dragon house home castle church temple tower bridge street road city town village building
window door wall garden park tree forest jungle flower rose sunflower leaf grass meadow field farm mountain hill valley
river lake sea ocean beach island waterfall sky cloud sun moon star night sunset sunrise desert snow winter summer
spring autumn rain storm car truck bus train bicycle bike motorcycle boat ship plane airplane rocket cup coffee tea
apple orange banana strawberry bread cake table chair lamp book clock phone guitar piano violin drum hat shoe shirt
dress ball kite windmill pyramid statue monument landscape scene view scenery still life kitchen room market crowd
skyline harbour lighthouse barn cottage fountain square path cave canyon volcano""".split()
ADJECTIVES = """red green blue yellow white black brown golden silver dark bright small big little large old young new
beautiful happy sad quiet busy sleeping running standing sitting wild lonely ancient modern colorful foggy sunny rainy
snowy wooden stone tall smiling cute furry talking driving flying""".split()
PLACES = """in a forest|on the beach|in the city|at night|in the snow|in front of a house|under a tree|in a garden|
on a table|by the sea|in the mountains|at sunset|in a meadow|on the street|in a car|near a lake|in the park|
in the rain|with flowers|with a friend|against the sky|in a room""".replace("\n", "").split("|")
SUFFIXES = """highly detailed|masterpiece, best quality|4k|sharp focus|beautiful|trending on artstation|detailed|
high quality|simple|intricate|vivid colors|soft light|best quality|8k, ultra detailed|dramatic lighting""".replace("\n", "").split("|")
NEGATIVE = """blurry|low quality, blurry|bad anatomy, worst quality|ugly, deformed|text, watermark, signature|
jpeg artifacts, noise|out of focus|oversaturated""".replace("\n", "").split("|")


def article(noun):
    return ("an " if noun[0] in "aeiou" else "a ") + noun


def subject(rng, known=""):
    """The stamp's own caption where there is one; else any subject, so that no word but the style matters."""
    if known and rng.rand() < 0.8:
        return " ".join(known.split()[:rng.randint(4, 12)]).rstrip(" ,")
    n = NOUNS[rng.randint(len(NOUNS))]
    if rng.rand() < 0.45:
        n = ADJECTIVES[rng.randint(len(ADJECTIVES))] + " " + n
    s = rng.choice(["the " + n, article(n), article(n), n])
    if rng.rand() < 0.3:
        s += " " + PLACES[rng.randint(len(PLACES))]
    if rng.rand() < 0.1:
        s += " and " + article(NOUNS[rng.randint(len(NOUNS))])
    return s


def caption(rng, style, known=""):
    forms = styles.STYLES[style][2]
    text = forms[rng.randint(len(forms))].replace("{}", subject(rng, known))
    if rng.rand() < 0.2:
        text += ", " + SUFFIXES[rng.randint(len(SUFFIXES))]
    return text


def no_style(rng):
    """Empty, or words that name no style: the picture stays a photograph."""
    return "" if rng.rand() < 0.85 else NEGATIVE[rng.randint(len(NEGATIVE))]


def bytes_to_unicode():
    """CLIP's printable stand-ins for the 256 bytes."""
    keep = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    out, n = {b: chr(b) for b in keep}, 0
    order = list(keep)
    for b in range(256):
        if b not in out:
            out[b] = chr(256 + n)
            order.append(b)
            n += 1
    return {b: out[b] for b in order}


def build(folder, known=(), merges=900):
    """Learn merges from captions; write vocab.json, merges.txt and the tokenizer's configuration."""
    rng = np.random.RandomState(0)
    count = collections.Counter()
    for i in range(20000):
        k = known[i % len(known)] if len(known) and i % 3 == 0 else ""
        for w in re.findall(r"[a-z]+|[0-9]|[^\sa-z0-9]+", caption(rng, i % len(styles.STYLES), k).lower()):
            count[w] += 1
    for w in NOUNS + ADJECTIVES + " ".join(PLACES + SUFFIXES + NEGATIVE).replace(",", " ").split():
        count[w] += 5
    table = bytes_to_unicode()
    words = {}
    for w, c in count.items():
        u = [table[b] for b in w.encode()]
        u[-1] += "</w>"
        words[tuple(u)] = words.get(tuple(u), 0) + c
    learned = []
    while len(learned) < merges:
        pairs = collections.Counter()
        for w, c in words.items():
            for p in zip(w, w[1:]):
                pairs[p] += c
        if not pairs:
            break
        best = max(pairs, key=lambda p: (pairs[p], p))
        if pairs[best] < 3:
            break
        learned.append(best)
        new = {}
        for w, c in words.items():
            out, i = [], 0
            while i < len(w):
                if i + 1 < len(w) and (w[i], w[i + 1]) == best:
                    out.append(w[i] + w[i + 1])
                    i += 2
                else:
                    out.append(w[i])
                    i += 1
            new[tuple(out)] = new.get(tuple(out), 0) + c
        words = new
    chars = list(table.values())
    vocab = chars + [c + "</w>" for c in chars]
    for a, b in learned:
        if a + b not in vocab:
            vocab.append(a + b)
    vocab += ["<|startoftext|>", "<|endoftext|>"]
    os.makedirs(folder, exist_ok=True)
    json.dump({t: i for i, t in enumerate(vocab)}, open(f"{folder}/vocab.json", "w", encoding="utf-8"), ensure_ascii=False)
    with open(f"{folder}/merges.txt", "w", encoding="utf-8") as f:
        f.write("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in learned))
    json.dump({"tokenizer_class": "CLIPTokenizer", "model_max_length": 77, "do_lower_case": True, "errors": "replace",
               "add_prefix_space": False, "bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>",
               "unk_token": "<|endoftext|>", "pad_token": "<|endoftext|>"},
              open(f"{folder}/tokenizer_config.json", "w"), indent=2)
    json.dump({"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>",
               "pad_token": "<|endoftext|>"}, open(f"{folder}/special_tokens_map.json", "w"), indent=2)
    return len(vocab)


if __name__ == "__main__":
    import sys

    import data
    print(build(f"{sys.argv[1]}/tokenizer", [c for _, c in data.stamps() if c]), "tokens")

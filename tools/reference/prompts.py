"""Prompt grammar data for tests/golden/prompts, by running A1111's own parser.

    pip install --no-deps --target build/lark lark==1.1.2
    python tools/reference/prompts.py --parser PROMPT_PARSER_PY --lark build/lark

PROMPT_PARSER_PY is modules/prompt_parser.py of AUTOMATIC1111/stable-diffusion-webui (1.6 to 1.10);
1.1.2 is the version of lark that it asks for. The grammar is ambiguous, and lark settles some
prompts by the order of a Python set: the script parses each prompt under several hash seeds, and
keeps those on which all agree.

grammar.json: a list of {"prompt", "steps", "schedule": [[until, text], ...], "shares":
[[text, weight], ...], "weights": [[text, weight], ...]}; "weights" is null where A1111 fails."""
import argparse
import importlib.util
import json
import os
import pathlib
import random
import subprocess
import sys

WRITTEN = [
    "", " ", "test", "a [b:3]", "a [b: 3]", "a [b:3 ]", "a [b:\t3\n]", "a [[[b]]:2]", "[(a:2):3]",
    "a [b : c : 1] d", "a[b:[c:d:2]:1]e", "a [unbalanced", "a [b:.5] c", "a [{b|d{:.5] c",
    "((a][:b:c [d:3]", "[a|(b:1.1)]", "[fe|]male", "[fe|||]male", "[|]", "[a|b|c]x[d|e]",
    "[[a|b]:[c|d]:4]", "[a:b:0]", "[a:b:-3]", "[a:b:0.0]", "[a:b:1.0]", "[a:b:1.]", "[a:b:+2]", "[a:b:99]",
    "[a::2]", "[:a:2]", "[::2]", "[:2]", "[a:2]", "[2]", "[a:b:c:2]", "[a:b:1e0]", "[a:b:2.5e-1]",
    "[a:b:1e-1]", "[a:b:x]", "(a:b)", "(a:b:c)", "(a|b)", "a|b", "[a|b", "[a:b|c:3]", "[a|b:c]", "[[a:b:3]",
    "[a:b:3]]", "\\[a:b:3\\]", "[a\\:b:3]", "[a\\|b|c]", "trailing\\", "a\\\\", "[a:b:3\\]", "\\", "\\\n",
    "a\nb [c:\nd:2]", "[a:b:3][c:d:3]", "[a:[b:[c:d:6]:4]:2]", "a (b [c:d:3]:1.2) e", "[(a:1.2)|[b]|]",
    "fantasy landscape with a [mountain:lake:0.25] and [an oak:a christmas tree:0.75]"
    "[ in foreground::0.6][ in background:0.25] [shoddy:masterful:0.5]",
    # weights
    "normal text", "an (important) word", "(unbalanced", "\\(literal\\]", "(unnecessary)(parens)",
    "a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).", "(a:1.5", "a:1.5)", "(a:-1)", "(a: 1.5 )",
    "(a:1.5.1)", "(a:.)", "(a:1e3)", "(a:+.5)", "(a:2.)", "(a:0)", "[a:1.5]", "[[a](b)]", "([a)]", "a)b]c",
    "\\n \\a", "(a\\))", "(\\\\)", "(a:b:1.2)", "::", "(:)", "(:1.2)", "()", "[]", "(a)(b:1.1)", "((a))",
    "(a (b (c:0.9):1.2) d)", "a BREAK b", "a BREAK", "BREAK", " BREAK  BREAK ", "aBREAK BREAKb _BREAK",
    "(a BREAK b)", "(a BREAK b:1.3)", "((x:-1) BREAK y:1)", "(BREAK:-1)", "break Break", "a,BREAK,b",
    "a\u00a0BREAK\u2003b", "\u00e9BREAK BREAK\u00e9", "(caf\u00e9:1.2) \u732b [\u72ac:2]",
    # and
    "a AND b", "a AND b :1.5", "a :0.5 AND b: -2 AND c", "cat:1.2", "cat : 1.2 ", "cat:1.2:3", "cat:1.2 dog",
    "cat:x", "cat:1e3", "cat:.5", "cat:5.", "cat:.", "cat:+.25 ", "AND", "AND AND", "a ANDb", "a AND_ b",
    "aAND b", "a,AND,b", "(a AND b:1.2)", "a and b", "a [b:c:3] AND [d|e] :0.7", ":1.5", " AND :2",
    "\u00e9AND b", "a\u3000AND\u3000b", "a\n:1.1\nAND\nb\n", "[a AND b:3]",
]
PIECES = ["a", "b c", " ", ",", ":", ":", "|", "[", "]", "[", "]", "(", ")", "\\", "\\[", "\\)", "1", "0.5", "3",
          ":2]", ":0.3]", ":1.2)", "[x:y:4]", "[p|q]", " BREAK ", " AND ", "\u00e9", "-", "."]


def random_prompts(count):
    r = random.Random(5001)
    return ["".join(r.choice(PIECES) for _ in range(r.randint(1, 14))) for _ in range(count)]


def prompts():
    seen = dict.fromkeys(WRITTEN + random_prompts(900))
    return [(p, (10, 7, 20, 1)[i % 4] if i >= len(WRITTEN) else 10) for i, p in enumerate(seen)]


def load(path):
    spec = importlib.util.spec_from_file_location("prompt_parser", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["torch"] = sys  # imported for other functions only
    spec.loader.exec_module(module)
    return module


def parse_all(path):
    pp = load(path)
    out = []
    for prompt, steps in prompts():
        try:
            schedule = pp.get_learned_conditioning_prompt_schedules([prompt], steps)[0]
        except (OverflowError, RecursionError):
            schedule = None
        indexes, flat, _ = pp.get_multicond_prompt_list(pp.SdConditioning([prompt]))
        try:
            weights = pp.parse_prompt_attention(prompt)
        except ValueError:
            weights = None
        out.append({"prompt": prompt, "steps": steps, "schedule": schedule,
                    "shares": [[flat[i], w] for i, w in indexes[0]], "weights": weights})
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parser", required=True)
    parser.add_argument("--lark", required=True)
    parser.add_argument("--dump", action="store_true", help="print one parse of all and stop")
    args = parser.parse_args()
    sys.path.insert(0, args.lark)
    if args.dump:
        json.dump(parse_all(args.parser), sys.stdout)
        return
    runs = []
    for seed in range(8):
        run = subprocess.run([sys.executable, *sys.argv, "--dump"], check=True, capture_output=True,
                             env=dict(os.environ, PYTHONHASHSEED=str(seed)))
        runs.append(json.loads(run.stdout))
    kept = [c[0] for c in zip(*runs) if all(x == c[0] for x in c) and c[0]["schedule"]]
    print(f"{len(kept)} of {len(runs[0])} prompts do not depend on the hash seed")
    folder = pathlib.Path("tests/golden/prompts")
    folder.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(c, ensure_ascii=False, separators=(",", ":")) for c in kept)
    (folder / "grammar.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()

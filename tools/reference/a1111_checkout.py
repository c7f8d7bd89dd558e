"""A1111's published functions, executed: taken by name out of a checkout of stable-diffusion-webui."""
import ast
import pathlib
import types


class Checkout:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def take(self, path, names, **namespace):
        """Functions, classes and constants of one file, run with `namespace` as their globals."""
        tree = ast.parse((self.folder / path).read_text())
        kept = []
        for node in tree.body:
            targets = getattr(node, "targets", [])
            defined = {getattr(node, "name", None)} | {getattr(t, "id", None) for t in targets}
            if defined & set(names):
                kept.append(node)
        assert len(kept) >= len(names), f"{path}: not all of {names} are there"
        space = dict(namespace)
        exec(compile(ast.Module(kept, []), path, "exec"), space)
        return types.SimpleNamespace(**{n: space[n] for n in names})

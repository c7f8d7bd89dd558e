"""Parts of a checkout of A1111's stable-diffusion-webui, executed without its user interface.

The folder is one with `modules/`; only the files named by a caller are read. What they import of the
rest is replaced by the few values they use.
"""
import ast
import sys
import types

import torch


def rng_module(folder, source):
    """modules/rng.py with randn_source CPU or NV; Philox is tools/reference/rng.py's, checked there."""
    from rng import Philox

    class Generator:
        def __init__(self, seed):
            self.philox = Philox(int(seed))

        def randn(self, shape):
            n = 1
            for s in shape:
                n *= s
            return self.philox.randn(n).reshape(tuple(shape))

    opts = types.SimpleNamespace(randn_source=source, eta_noise_seed_delta=0)
    cpu = torch.device("cpu")
    package = types.ModuleType("modules")
    package.devices = types.SimpleNamespace(device=cpu, cpu=cpu)
    package.rng_philox = types.SimpleNamespace(Generator=Generator)
    package.shared = types.ModuleType("modules.shared")
    package.shared.opts, package.shared.device = opts, cpu
    sys.modules["modules"], sys.modules["modules.shared"] = package, package.shared
    module = types.ModuleType("a1111_rng")
    exec(compile((folder / "modules/rng.py").read_text(), "rng.py", "exec"), module.__dict__)
    return module


def functions(path, names, scope):
    """The functions and constants called names out of a file, defined in scope."""
    tree = ast.parse(path.read_text())
    wanted = [n for n in tree.body
              if (isinstance(n, ast.FunctionDef) and n.name in names)
              or (isinstance(n, ast.Assign) and getattr(n.targets[0], "id", None) in names)]
    assert len(wanted) == len(names), [getattr(n, "name", n) for n in wanted]
    exec(compile(ast.Module(wanted, []), str(path), "exec"), scope)
    return scope

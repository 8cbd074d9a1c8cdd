"""From the user's code to a PyTorch module that says how it is trained."""

import inspect

from millrace_trainer import usercode
from millrace_trainer.usercode import UserError


class Libraries:
    """PyTorch, with its random numbers begun anew."""

    def __init__(self, seed):
        import numpy
        import torch

        self.torch, self.np = torch, numpy
        torch.manual_seed(int(seed) % (1 << 63))
        numpy.random.seed(int(seed) % (1 << 32))
        torch.use_deterministic_algorithms(True, warn_only=True)

    def scope(self):
        torch = self.torch
        return {
            "torch": torch,
            "nn": torch.nn,
            "F": torch.nn.functional,
            "optim": torch.optim,
            "np": self.np,
        }

    def versions(self):
        return {"torch": self.torch.__version__, "numpy": self.np.__version__}


class Recipe:
    """A module with its loss, its optimizer and its metrics."""

    def __init__(self, module, loss, optimizer, metrics):
        self.module, self.loss, self.optimizer, self.metrics = module, loss, optimizer, metrics


def build(job, libraries):
    """The user's model; raises UserError when there is none that can be trained."""
    scope = usercode.load(job, libraries.scope())
    if not hasattr(scope, "model"):
        raise UserError("the code does not define 'model': its last line should be model = Net()")
    model = scope.model
    if inspect.isclass(model) and issubclass(model, libraries.torch.nn.Module):
        model = model()
    if not isinstance(model, libraries.torch.nn.Module):
        raise UserError("'model' is of type %s: expected a torch.nn.Module" % type(model).__name__)
    loss = _said(model, "loss_fn")
    optimizer = _said(model, "optimizer")
    if not callable(loss):
        raise UserError("loss_fn gives a %s: expected a function" % type(loss).__name__)
    if not isinstance(optimizer, libraries.torch.optim.Optimizer):
        raise UserError(
            "optimizer gives a %s: expected a torch.optim.Optimizer" % type(optimizer).__name__
        )
    metrics = _said(model, "metrics") if hasattr(model, "metrics") else {}
    if not isinstance(metrics, dict):
        raise UserError("metrics gives a %s: expected a dict" % type(metrics).__name__)
    return Recipe(model, loss, optimizer, metrics)


def _said(model, name):
    """What a method of the module gives; a plain attribute is taken too."""
    if not hasattr(model, name):
        raise UserError(
            "the module has no method %s: expected def %s(self) beside forward" % (name, name)
        )
    value = getattr(model, name)
    return value() if inspect.ismethod(value) and not _takes_answers(value) else value


def _takes_answers(method):
    """loss_fn(self, answers, labels) is the loss itself, loss_fn(self) gives it."""
    needed = [
        p
        for p in inspect.signature(method).parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    return len(needed) >= 2


def describe(recipe):
    """Parameters, loss and optimizer, for people."""
    count = sum(parameter.numel() for parameter in recipe.module.parameters())
    loss = recipe.loss
    return "%s, %s parameters, loss %s, optimizer %s" % (
        type(recipe.module).__name__,
        "{:,}".format(count),
        getattr(loss, "__name__", type(loss).__name__),
        type(recipe.optimizer).__name__,
    )

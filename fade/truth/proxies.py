"""Zero-cost proxies: what an untrained network says about its accuracy, from one batch or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from fade.data import Data
from fade.nets.layout import Layout
from fade.nets.network import Network
from fade.nets.ops import Op
from fade.seeds import subseed
from fade.space import Cell, Region

EXAMPLES = 64
"""Of the one batch that proxies see, as in Abdelfattah et al. 2021; fewer where the split has fewer."""

INITIALISATIONS = 8
"""Of which a network's score is the mean. The papers take one, and what then ranks is mostly its chance: between two of
them the scores of a region's 60 networks agree at 0.4 to 0.55 (gradient norm) and 0.02 to 0.08 (jacob_cov), Spearman's,
measured on mnist1d, calls and CIFAR-10; synflow's, of absolute weights, at 0.99."""

PROXY_VERSION = 2
"""Raised by hand whenever a change of code changes the numbers."""


class ReluAgreement(TorchDispatchMode):
    """Counts, while a network runs, the ReLUs in which two examples agree.

    It sees every ReLU whoever calls it and however, in place too: below autograd all are one of two operators. So the
    ops of cells, the blocks and a user's own need not know of it.

    Args:
        examples: In the batch that runs, the first axis of what passes through the ReLUs.

    Attributes:
        kernel: ``[B, B]`` on the CPU: how many ReLUs are on for both, or off for both.
    """

    def __init__(self, examples: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kernel = torch.zeros(examples, examples, dtype=torch.float64)

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        if func in (torch.ops.aten.relu.default, torch.ops.aten.relu_.default):
            signs = (out > 0).flatten(1).double().mul_(2).sub_(1)
            # Of n ReLUs, a agree and n - a do not: the product of the signs is 2a - n.
            self.kernel += ((signs @ signs.T + signs.shape[1]) / 2).cpu()
        return out


class ConstantStatistics(TorchFunctionMode):
    """Takes the batch statistics that normalise for constants, through which no gradient flows."""

    def __torch_function__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func is F.batch_norm:
            given = signature(F.batch_norm).bind(*args, **(kwargs or {})).arguments
            if given.get("training"):
                x = given["input"].detach()
                var, mean = torch.var_mean(x, dim=[0, *range(2, x.dim())], correction=0)
                return F.batch_norm(**given | {"running_mean": mean, "running_var": var, "training": False})
        return func(*args, **(kwargs or {}))


def synflow(network: Network, x: Tensor, y: Tensor) -> float:
    """Synaptic flow, Σ |w · ∂R/∂w| with R the summed logits of an all-ones input through absolute weights.

    Tanaka et al. 2020 (arXiv 2006.05467) prune by it, Abdelfattah et al. 2021 (arXiv 2101.08134) sum it over the
    weights of all convolutions and linear layers to score a network. In double precision, as it grows exponentially
    with depth.

    Normalisation: the first run it with running statistics, the second take it out; at the start these are the same,
    since a running mean of 0 and variance of 1 leave the sums as they are but for the ε of 1e-5. So do we, for our
    normalisation without learnt parameters as for the blocks' with scale 1 and shift 0. By batch statistics there would
    be no flow to measure: the output does not change with the scale of the weights, so that Σ w · ∂R/∂w is 0.

    Args:
        network: One stand-alone network, not trained.
        x: ``[B, C, *spatial]``; its shape alone matters.
        y: Does not matter.

    Returns:
        Higher is better.
    """
    state = {
        name: buffer.double() if buffer.is_floating_point() else buffer for name, buffer in network.named_buffers()
    }
    weights = {name: weight.detach().double().abs().requires_grad_() for name, weight in network.named_parameters()}
    ones = torch.ones(1, *x.shape[1:], dtype=torch.float64, device=x.device)
    with network.statistics("running"):
        flow = functional_call(network, weights | state, (ones,)).sum()
    inner = [weights[name] for name, _ in _layers(network)]
    gradients = torch.autograd.grad(flow, inner, materialize_grads=True)
    return float(sum((w.detach() * g).sum() for w, g in zip(inner, gradients, strict=True)))


def naswot(network: Network, x: Tensor, y: Tensor) -> float:
    """log |K|, K_ij the number of ReLUs that are on for both examples i and j, or off for both.

    Mellor et al. 2021 (arXiv 2006.04647), their second version; normalised by the batch, as theirs.

    Args:
        network: One stand-alone network, not trained.
        x: ``[B, C, *spatial]``.
        y: Does not matter.

    Returns:
        Higher is better; −∞ where K is singular in double precision, for example where two examples have one code.
    """
    with network.statistics("batch"), network.execution("loop"), torch.no_grad(), ReluAgreement(len(x)) as seen:
        network(x)  # cell by cell, so that the batch is the first axis everywhere
    kernel = seen.kernel.numpy()
    if np.linalg.matrix_rank(kernel, hermitian=True) < len(kernel):
        return -np.inf
    return float(np.linalg.slogdet(kernel).logabsdet)


def grad_norm(network: Network, x: Tensor, y: Tensor) -> float:
    """Sum over convolutions and linear layers of the norm of the cross-entropy's gradient by the layer's weights.

    Abdelfattah et al. 2021 (arXiv 2101.08134); normalised by the batch, as theirs.

    Args:
        network: One stand-alone network, not trained.
        x: ``[B, C, *spatial]``.
        y: ``[B]`` labels.

    Returns:
        Higher is better.
    """
    parameters, layers = dict(network.named_parameters()), _layers(network)
    with network.statistics("batch"):
        loss = F.cross_entropy(network(x)[0], y)
    gradients = torch.autograd.grad(loss, [parameters[name] for name, _ in layers], materialize_grads=True)
    norms = [
        gradient.flatten(1).norm(dim=1).sum() if stacked else gradient.norm()
        for gradient, (_, stacked) in zip(gradients, layers, strict=True)
    ]
    return float(torch.stack(norms).double().sum())


def jacob_cov(network: Network, x: Tensor, y: Tensor) -> float:
    """−Σ (log(λ + k) + 1 / (λ + k)), λ the eigenvalues of the correlations between examples' input Jacobians, k = 1e-5.

    The first version of Mellor et al. 2021 (arXiv 2006.04647v1), as Abdelfattah et al. 2021 use it: the Jacobian of an
    example is the gradient of the batch's summed logits by that example. The more alike the Jacobians, the lower; with
    more examples than input values it is low for every network.

    Normalised by the batch, as theirs, but by statistics that are constants to the gradient. Theirs flows through them,
    and in their networks a ReLU follows the last normalisation. Where none does, as after our cells, the sum over the
    batch of what is normalised is the same whatever the inputs, and such a gradient is rounding and nothing else.

    Args:
        network: One stand-alone network, not trained.
        x: ``[B, C, *spatial]``.
        y: Does not matter.

    Returns:
        Higher is better; NaN where an example's Jacobian is constant, for it has no correlations.
    """
    inputs = x.detach().clone().requires_grad_()
    with network.statistics("batch"), ConstantStatistics():
        (jacobians,) = torch.autograd.grad(network(inputs).sum(), inputs)
    with np.errstate(invalid="ignore", divide="ignore"):
        correlations = np.atleast_2d(np.corrcoef(jacobians.flatten(1).double().cpu().numpy()))
    if not np.isfinite(correlations).all():
        return np.nan
    values = np.linalg.eigvalsh(correlations).clip(0) + 1e-5
    return float(-(np.log(values) + 1 / values).sum())


def _layers(network: Network) -> list[tuple[str, bool]]:
    """Names of the weights of convolutions and linear layers, each with whether it is a stack of several layers'.

    Biases, and scales and shifts of normalisation, are left out as in the papers.
    """
    found = []
    for name, module in network.named_modules():
        stacked = isinstance(module, Op | Network | nn.ParameterList)
        for own, parameter in module.named_parameters(recurse=False):
            if parameter.dim() > (2 if stacked else 1):
                found.append((f"{name}.{own}".lstrip("."), stacked))
    return found


@dataclass(frozen=True)
class Proxy:
    """A proxy and its price.

    Attributes:
        score: Of an untrained network and a batch ``[B, C, *spatial]`` with labels ``[B]``; higher is better.
        backward: Whether it takes a backward pass, which counts as two forward passes.
        examples: How many it sees; None is the whole batch.
    """

    score: Callable[[Network, Tensor, Tensor], float]
    backward: bool
    examples: int | None = None

    def flops(self, forward: int, batch: int) -> int:
        """FLOPs of one score of a network whose forward pass of one example takes `forward`."""
        return forward * (3 if self.backward else 1) * (self.examples or batch)


PROXIES: Mapping[str, Proxy] = {
    "synflow": Proxy(synflow, backward=True, examples=1),
    "naswot": Proxy(naswot, backward=False),
    "grad_norm": Proxy(grad_norm, backward=True),
    "jacob_cov": Proxy(jacob_cov, backward=True),
}
"""By their names in `truth.proxies`."""


def proxy_scores(
    architectures: Sequence[Sequence[Cell]],
    names: Sequence[str],
    layout: Layout,
    data: Data,
    *,
    seed: int,
    initialisations: int = 1,
) -> dict[str, list[float]]:
    """Score architectures by proxies: each on its own, the mean over initial weights.

    All see one batch, drawn from the weights split without augmentation: never an example that is validated or tested
    on. A score depends on its own architecture and the seed, not on the others.

    Args:
        architectures: ``[N][D]`` cells.
        names: Keys of `PROXIES`.
        layout: The skeleton.
        data: The data.
        seed: Of the batch and the initial weights.
        initialisations: How many initial weights to take the mean of.

    Returns:
        ``{name: [N]}``, higher is better; −∞ or NaN where a proxy has no value.
    """
    batches = data.batches("weights", batch_size=EXAMPLES, seed=subseed(seed, "batch"), shuffle=True)
    x, y = next(iter(batches))
    scores: dict[str, list[float]] = {name: [] for name in names}
    for cells in architectures:
        region, texts = Region([[cell] for cell in cells]), [str(cell) for cell in cells]
        seeds = [subseed(seed, "init", number, *texts) for number in range(initialisations)]
        networks = [Network([region], layout, seeds=[own]).to(data.device) for own in seeds]
        for name, found in scores.items():
            found.append(float(np.mean([PROXIES[name].score(network, x, y) for network in networks])))
    return scores

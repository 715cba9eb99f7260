"""All trained weights in one flat tensor, so that an optimiser step takes few operations.

A network has hundreds of tensors. Clipping, updating and casting each of them takes a large part of
a step; on a flat tensor each is one operation. The network computes with rounded copies (bfloat16)
of the weights. Gradients, updates and stored weights are float32.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn

from vermeil.student.loop.distributed import DistributedContext
from vermeil.student.loop.optimiser import ParameterGroup, make_optimiser


@dataclass(frozen=True, slots=True)
class _ParameterView:
    """Slices of the flat tensors for one parameter, in its shape."""

    parameter: nn.Parameter
    full_precision: torch.Tensor
    rounded: torch.Tensor
    gradient: torch.Tensor


class FlatParameters:
    """The trained weights of network and loss, with their optimiser.

    From construction to `release` the parameters are views of flat tensors.

    Args:
        groups: trained parameters with learning-rate scale and weight decay, on one device.
        dtype: type in which the network computes; groups with ``full_precision`` stay float32.
        frozen: parameters that the network uses but that are not trained.
    """

    def __init__(
        self,
        groups: Sequence[ParameterGroup],
        dtype: torch.dtype,
        frozen: Sequence[nn.Parameter] = (),
    ) -> None:
        groups = sorted(groups, key=lambda g: g.full_precision)
        lengths = [sum(p.numel() for p in g.parameters) for g in groups]
        device = groups[0].parameters[0].device
        self._full_precision = torch.empty(sum(lengths), device=device)
        self._gradient = torch.zeros_like(self._full_precision)
        number = sum(n for n, g in zip(lengths, groups, strict=True) if not g.full_precision)
        self._rounding_source = self._full_precision[:number]
        self._rounded = self._rounding_source.to(dtype)
        self._views = list(self._make_views(groups))
        self._frozen = [(p, p.data, p.data.to(dtype)) for p in frozen]
        self._select_views(full_precision=False)
        self._update_rounded()
        parts = [nn.Parameter(part) for part in torch.split(self._full_precision, lengths)]
        for part, gradient in zip(parts, torch.split(self._gradient, lengths), strict=True):
            part.grad = gradient
        self.optimiser = make_optimiser(groups, parts)

    def _make_views(self, groups: Sequence[ParameterGroup]) -> Iterator[_ParameterView]:
        offset = 0
        for group in groups:
            for p in group.parameters:
                here = slice(offset, offset + p.numel())
                offset += p.numel()
                exact = self._full_precision[here].view(p.shape)
                exact.copy_(p.detach())
                rounded = exact if group.full_precision else self._rounded[here].view(p.shape)
                yield _ParameterView(p, exact, rounded, self._gradient[here].view(p.shape))

    def step(self, clip_norm: float, distributed: DistributedContext) -> None:
        """Do an optimiser step: sum gradients over all processes, clip, update, clear gradients."""
        for view in self._views:
            if view.parameter.grad is None:
                view.gradient.zero_()
            else:
                view.gradient.copy_(view.parameter.grad)
                view.parameter.grad = None
        distributed.all_reduce(self._gradient)
        norm = float(torch.linalg.vector_norm(self._gradient))
        if norm > clip_norm:
            self._gradient.mul_(clip_norm / norm)
        self.optimiser.step()
        self._update_rounded()

    @contextmanager
    def full_precision(self) -> Iterator[None]:
        """Use the float32 weights as parameters within the context, to read or load them."""
        self._select_views(full_precision=True)
        try:
            yield
        finally:
            self._select_views(full_precision=False)
            self._update_rounded()

    def release(self) -> None:
        """Give every parameter its own float32 tensor again."""
        for view in self._views:
            view.parameter.data = view.full_precision.clone()
            view.parameter.grad = None
        for parameter, exact, _ in self._frozen:
            parameter.data = exact

    def _update_rounded(self) -> None:
        self._rounded.copy_(self._rounding_source)

    def _select_views(self, *, full_precision: bool) -> None:
        for view in self._views:
            view.parameter.data = view.full_precision if full_precision else view.rounded
        for parameter, original, rounded in self._frozen:
            parameter.data = original if full_precision else rounded

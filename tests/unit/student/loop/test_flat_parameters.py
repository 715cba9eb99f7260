from __future__ import annotations

import torch
from torch import nn

from vermeil.student.loop.distributed import SINGLE_PROCESS
from vermeil.student.loop.flat_parameters import FlatParameters
from vermeil.student.loop.optimiser import ParameterGroup, set_rate

RATE = 0.05


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))


def flat(net: nn.Module, dtype: torch.dtype, *frozen: nn.Parameter) -> FlatParameters:
    trained = [p for p in net.parameters() if not any(p is f for f in frozen)]
    matrices, others = ([p for p in trained if (p.ndim > 1) is m] for m in (True, False))
    weights = FlatParameters(
        [ParameterGroup(matrices, 0.1, 1.0), ParameterGroup(others, 0.0, 0.5)], dtype, frozen
    )
    set_rate(weights.optimiser, RATE)
    return weights


def learn(net: nn.Module, x: torch.Tensor) -> None:
    torch.autograd.backward(net(x).float().square().sum())


def test_steps_are_those_of_adamw_over_single_tensors() -> None:
    one, other = network(), network()
    weights = flat(one, torch.float32)
    matrices, biases = ([p for p in other.parameters() if (p.ndim > 1) is m] for m in (True, False))
    groups = [
        {"params": matrices, "weight_decay": 0.1, "lr": RATE},
        {"params": biases, "weight_decay": 0.0, "lr": RATE / 2},
    ]
    adamw = torch.optim.AdamW(groups)
    for i in range(5):
        x = torch.full((2, 3), i + 1.0)
        learn(one, x)
        weights.step(1.0, SINGLE_PROCESS)
        adamw.zero_grad()
        learn(other, x)
        torch.nn.utils.clip_grad_norm_(other.parameters(), 1.0)
        adamw.step()
    weights.release()
    for p, expected in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(p.detach(), expected.detach())


def test_what_is_computed_with_is_rounded_and_what_is_kept_is_exact() -> None:
    net = network()
    before = [p.detach().clone() for p in net.parameters()]
    weights = flat(net, torch.bfloat16)
    assert {p.dtype for p in net.parameters()} == {torch.bfloat16}
    with weights.full_precision():
        for p, expected in zip(net.parameters(), before, strict=True):
            assert torch.equal(p, expected)
    # Steps smaller than bfloat16 can tell from nothing still add up.
    set_rate(weights.optimiser, 1e-5)
    for _ in range(20):
        learn(net, torch.ones(2, 3, dtype=torch.bfloat16))
        weights.step(1.0, SINGLE_PROCESS)
    weights.release()
    for p, expected in zip(net.parameters(), before, strict=True):
        assert p.dtype == torch.float32
        assert (p - expected).abs().max() > 5e-5


def test_weights_that_are_loaded_are_computed_with() -> None:
    net = network()
    weights = flat(net, torch.bfloat16)
    with weights.full_precision():
        net.load_state_dict({name: torch.ones_like(p) for name, p in net.state_dict().items()})
    assert all(bool((p == 1).all()) for p in net.parameters())


def test_frozen_weights_are_rounded_for_a_while_and_come_back_exact() -> None:
    net = network()
    frozen = net.get_parameter("0.weight")
    before = frozen.detach().clone()
    frozen.requires_grad_(False)
    weights = flat(net, torch.bfloat16, frozen)
    assert frozen.dtype == torch.bfloat16
    learn(net, torch.ones(2, 3, dtype=torch.bfloat16))
    weights.step(1.0, SINGLE_PROCESS)
    weights.release()
    assert torch.equal(frozen, before)


def test_a_parameter_without_gradient_is_only_decayed() -> None:
    net = network()
    unused = nn.Parameter(torch.ones(2, 2))
    weights = FlatParameters(
        [ParameterGroup([*net.parameters()], 0.0, 1.0), ParameterGroup([unused], 0.1, 1.0)],
        torch.float32,
    )
    set_rate(weights.optimiser, RATE)
    learn(net, torch.ones(2, 3))
    weights.step(1.0, SINGLE_PROCESS)
    torch.testing.assert_close(unused.detach(), torch.full((2, 2), 1 - RATE * 0.1))

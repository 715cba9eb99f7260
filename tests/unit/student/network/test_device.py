"""bfloat16 is used only where the hardware computes it."""

import os
import subprocess
import sys

import pytest
import torch

from vermeil.student.network import device
from vermeil.student.network.device import bf16_is_fast, uses_bf16

_LIMITED = """
import torch
torch.cpu._is_avx512_bf16_supported = lambda: True  # a feature that the library does not use
from vermeil.student.network.device import bf16_is_fast, uses_bf16
print(bf16_is_fast(), uses_bf16("auto"), uses_bf16("bf16"), torch.get_num_threads())
"""


def test_a_set_precision_is_used_whatever_the_hardware() -> None:
    assert uses_bf16("bf16")
    assert not uses_bf16("fp32")


@pytest.mark.skipif(torch.cuda.is_available(), reason="the processor does not decide on a GPU")
@pytest.mark.parametrize("feature", [False, True])
def test_features_and_measurement_must_agree(
    monkeypatch: pytest.MonkeyPatch, feature: bool
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: feature)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    assert uses_bf16("auto") == (feature and bf16_is_fast())


@pytest.mark.skipif(torch.cuda.is_available(), reason="the processor does not decide on a GPU")
def test_emulated_bfloat16_is_not_used_although_the_processor_reports_it() -> None:
    limited = {**os.environ, "ONEDNN_MAX_CPU_ISA": "AVX2", "OMP_NUM_THREADS": "1"}
    run = subprocess.run(
        [sys.executable, "-c", _LIMITED], env=limited, capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["False", "False", "True", "1"]


def test_the_limit_is_between_native_and_emulated(monkeypatch: pytest.MonkeyPatch) -> None:
    for ratio, fast in ((0.5, True), (1.4, True), (1.6, False), (8.0, False)):
        seconds = {torch.float32: 1.0, torch.bfloat16: ratio}
        monkeypatch.setattr(device, "_seconds", lambda left, right, s=seconds: s[left.dtype])
        assert device.bf16_is_fast.__wrapped__() is fast

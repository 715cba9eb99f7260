from __future__ import annotations

from pathlib import Path

import pytest

from vermeil.errors import EncoderNotFoundError, WeightsError
from vermeil.student.network.encoder import (
    EMBEDDED_SHA256,
    embedded_folder,
    find_encoder,
    verify_weights,
)
from vermeil.student.network.network import load_tokenizer


def test_the_embedded_encoder_has_the_published_weights() -> None:
    assert find_encoder("embedded") == str(embedded_folder())


def test_wrong_weights_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(b"not the weights")
    with pytest.raises(WeightsError, match="not the published weights") as error:
        verify_weights(file, EMBEDDED_SHA256)
    assert error.value.exit_code == 5


def test_missing_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="cannot be read"):
        verify_weights(tmp_path / "model.safetensors", EMBEDDED_SHA256)


@pytest.mark.parametrize("name", ["./nowhere", "/no/such/folder", "a/b/c"])
def test_a_folder_that_is_not_there(name: str) -> None:
    with pytest.raises(EncoderNotFoundError, match="there is no folder") as error:
        find_encoder(name)
    assert error.value.exit_code == 2


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(EncoderNotFoundError, match=r"config\.json"):
        find_encoder(str(tmp_path))


def test_a_hub_id_that_cannot_be_had() -> None:
    with pytest.raises(EncoderNotFoundError, match="cannot be loaded"):
        load_tokenizer("nobody/has-this-encoder")


def test_truncation_saved_with_a_tokenizer_is_switched_off(encoder: Path) -> None:
    tokenizer = load_tokenizer(str(encoder))
    assert len(tokenizer("a b c d e f g h i j k l m n o p")["input_ids"]) == 18

"""``vermeil.toml``: composed from the sections, validated as a whole, written back losslessly."""

from vermeil.config.dump import dump_config
from vermeil.config.load import load_config
from vermeil.config.model import Config

__all__ = ["Config", "dump_config", "load_config"]

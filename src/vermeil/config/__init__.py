"""The configuration ``vermeil.toml``: load, validate, write, template."""

from vermeil.config.dump import dump_config
from vermeil.config.load import load_config
from vermeil.config.model import Config

__all__ = ["Config", "dump_config", "load_config"]

"""Starter projects of ``vermeil init --template``: labels, guidelines and a made-up sample."""

from __future__ import annotations

from vermeil.config.starters.starter import STARTERS, starter_files

__all__ = ["STARTERS", "starter_files"]

"""The newswire sample corpus and the demo that runs on it."""

from vermeil.demo.run import DemoReport, run_demo

__all__ = ["DemoReport", "run_demo"]

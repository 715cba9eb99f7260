"""The newswire sample, shipped in the package, and the demo over it."""

from vermeil.demo.run import DemoReport, run_demo

__all__ = ["DemoReport", "run_demo"]

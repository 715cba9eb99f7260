"""Entry point of ``python -m vermeil``, the same as ``vermeil``."""

from vermeil.cli import main

main()

"""``python -m vermeil`` is ``vermeil``."""

from vermeil.cli import main

main()

"""Text reaches the terminal through functions that escape control characters only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import vermeil

SOURCE = Path(vermeil.__file__).parent
PRINTERS = {
    "cli/ui/output.py": {"print", "sys.stdout.write"},
    # Programs in processes of their own: their output is a pipe to Vermeil, their errors a file.
    "teacher/backends/gliner/serve.py": {"print"},
    "teacher/backends/local/serve.py": {"print"},
    "terminal.py": {"Console"},
}
"""Modules that may call these functions themselves."""

WRITING = {
    *("print", "print_exception", "print_exc", "Console", "typer.echo", "typer.secho"),
    *("sys.stdout.write", "sys.stderr.write", "sys.stdout.writelines", "sys.stderr.writelines"),
}


def calls(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            yield from {name, name.removeprefix("traceback."), name.removeprefix("rich.")} & WRITING


def test_only_the_printers_write_to_the_terminal() -> None:
    found = {
        (path.relative_to(SOURCE).as_posix(), name)
        for path in SOURCE.rglob("*.py")
        for name in calls(path.read_text("utf-8"))
    }
    assert found == {(path, name) for path, names in PRINTERS.items() for name in names}


def test_other_ways_to_print_are_found() -> None:
    lines = "print(x)", "sys.stderr.write(x)", "traceback.print_exception(x)", "Console()"
    assert [name for line in lines for name in calls(line)] == [
        *("print", "sys.stderr.write", "print_exception", "Console")
    ]

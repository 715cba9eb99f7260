"""The command line: one thin file per verb, which imports heavy packages itself."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from contextlib import suppress

from vermeil.cli.ui.output import print_error, print_status
from vermeil.errors import ConfigError, VermeilError
from vermeil.renamed import new_option
from vermeil.tracing import configure_from_environment

BUG, DATA, INTERRUPTED, BROKEN_PIPE = 1, 3, 130, 141
"""Exit codes without an exception of Vermeil; the last two are conventions of shells."""


def main() -> None:
    """Run ``vermeil`` on the arguments of this process and exit with its code."""
    # Progress bars of other libraries would interleave with ours.
    os.environ.setdefault("TQDM_DISABLE", "1")
    code = _run()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = code or BROKEN_PIPE
    except OSError as error:
        code = _print_error(f"standard output: cannot be written ({error.strerror})", code or DATA)
    with suppress(OSError):
        sys.stderr.flush()
    if code in (BROKEN_PIPE, DATA):
        # Python flushes again at exit and would report an error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno())  # type: ignore[union-attr]
    sys.exit(code)


class ReadingLines(logging.Handler):
    """Prints how each corpus was read, as one line on standard error; no line twice."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Print the message of a record."""
        line = record.getMessage()
        if line not in self._seen:
            self._seen.add(line)
            print_status(line)


def _run() -> int:
    from vermeil.cli.app import app

    logger = logging.getLogger("vermeil.corpora")
    logger.propagate = False
    # Of several processes of one training, the first prints.
    logger.setLevel(logging.INFO if os.environ.get("RANK", "0") == "0" else logging.WARNING)
    logger.addHandler(ReadingLines())
    try:
        if renamed := new_option(sys.argv[1:]):
            raise ConfigError(f"{renamed[0]}: is now {renamed[1]}")
        configure_from_environment()
        app()
    except SystemExit as stop:
        return _code_of(stop)
    except KeyboardInterrupt:
        return _interrupted()
    except BrokenPipeError:
        return BROKEN_PIPE
    except Exception as error:
        return _report(error)
    return 0


def _code_of(stop: SystemExit) -> int:
    """Return the code of a `SystemExit`, which typer also raises on Ctrl-C or a closed pipe."""
    if isinstance(stop.__context__, BrokenPipeError):
        return BROKEN_PIPE
    if stop.code == INTERRUPTED:
        return _interrupted()
    return stop.code if isinstance(stop.code, int) else 0


def _report(error: Exception) -> int:
    if isinstance(error, ConfigError):
        return _print_error("\n".join(error.problems), error.exit_code)
    if isinstance(error, VermeilError) and error.exit_code != BUG:
        return _print_error(str(error), error.exit_code)
    if isinstance(error, OSError) and error.strerror:
        return _print_error(f"{error.filename or 'input or output'}: {error.strerror}", DATA)
    print_status("".join(traceback.format_exception(error)).rstrip("\n"))
    return _print_error(
        "this is a bug in vermeil. Please report it with the lines above, the command and "
        "`vermeil --version`; leave out confidential text",
        BUG,
    )


def _print_error(message: str, code: int) -> int:
    """Print a message to standard error and return the exit code; several lines become a list."""
    lines = message.strip("\n").split("\n") if message else ["an error without a message"]
    title = "vermeil: error: " if len(lines) == 1 else "vermeil: errors:"
    text = lines[0] if len(lines) == 1 else "".join(f"\n  {line}" for line in lines)
    with suppress(OSError):
        print_error(title, text)
    return code


def _interrupted() -> int:
    from vermeil.cli.ui.termination import exit_code

    return _print_error(
        "stopped; no partial file is left, and the same command continues where it can",
        exit_code(),
    )

"""The function `serve_mcp`, which runs the server of the Model Context Protocol."""

from __future__ import annotations

import functools
import hmac
import inspect
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from vermeil import __version__
from vermeil.data.progress import silent
from vermeil.errors import VermeilError
from vermeil.mcp_server.long_tools import long_tool
from vermeil.mcp_server.reading_tools import ReadingTools
from vermeil.mcp_server.root_folder import RootFolder
from vermeil.mcp_server.writing_tools import WritingTools
from vermeil.optional import require

HOST = "127.0.0.1"

INSTRUCTIONS = """\
Vermeil trains a small model for named entities or text labels from an LLM's annotations (silver) \
and a few human ones (gold). Paths are relative to the root folder. Begin with corpus_stats and \
check_configuration. Report counted losses, costs and changed settings to the user. Consent \
(teacher.allow_remote) and spending limits are settings of the user: do not change them.\
"""


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Settings of the server.

    Args:
        root: folder to which all paths are limited.
        allow_writes: offer the tools that send text to the teacher or write files.
        http_port: port of this machine for the HTTP transport (0: any free one); None: standard
            input and output.
    """

    root: Path = Path()
    allow_writes: bool = False
    http_port: int | None = None


def serve_mcp(options: ServerOptions, on_message: Callable[[str], None] = print) -> None:
    """Serve the tools until the client closes the connection, or Ctrl-C.

    Args:
        options: root folder, tools and transport.
        on_message: called with one line about the server. With standard input and output as
            transport, it must not write to standard output.

    Raises:
        ConfigError: the package is not installed, there is no such folder, or the port or the
            token cannot be used.
    """
    require("vermeil mcp", "mcp")
    root = RootFolder(options.root)
    server = _make_server(root, allow_writes=options.allow_writes)
    kind = "reads and writes" if options.allow_writes else "reads only"
    with suppress(KeyboardInterrupt):
        if options.http_port is not None:
            _serve_http(server, options.http_port, f"{root.path} ({kind})", on_message)
            return
        on_message(f"serving {root.path} ({kind}) on standard input and output; stop with Ctrl-C")
        server.run("stdio")


def _make_server(root: RootFolder, *, allow_writes: bool) -> Any:
    from anyio import Lock
    from mcp.server.mcpserver import MCPServer
    from mcp.types import ToolAnnotations

    server = MCPServer("vermeil", instructions=INSTRUCTIONS, version=__version__, log_level="ERROR")
    reading = ReadingTools(root)
    for name, tool in _public_methods(reading).items():
        local = ToolAnnotations(read_only_hint=True, open_world_hint=name == "check_configuration")
        server.add_tool(_with_tool_errors(tool), annotations=local)
    if allow_writes:
        turn = Lock()
        for name in _public_methods(WritingTools(root, silent)):
            writes = ToolAnnotations(
                read_only_hint=name == "estimate_annotation",
                destructive_hint=name == "train",
                open_world_hint=name == "annotate",
            )
            tool = long_tool(partial(WritingTools, root), name, turn)
            server.add_tool(tool, annotations=writes)
    return server


def _public_methods(tools: object) -> Mapping[str, Callable[..., dict[str, Any]]]:
    methods = inspect.getmembers(tools, inspect.ismethod)
    return {name: method for name, method in methods if not name.startswith("_")}


def _with_tool_errors(tool: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Return a tool whose errors carry the messages of Vermeil, for the client to read."""
    from mcp.server.mcpserver.exceptions import ToolError

    @functools.wraps(tool)
    def call(*args: Any, **kwargs: Any) -> dict[str, Any]:
        try:
            return tool(*args, **kwargs)
        except VermeilError as error:
            raise ToolError(str(error)) from error

    call.__doc__ = inspect.getdoc(tool)
    return call


def _serve_http(server: Any, port: int, what: str, on_message: Callable[[str], None]) -> None:
    import uvicorn

    from vermeil.serving.listener import base_address, open_listener
    from vermeil.serving.token import TOKEN_VARIABLE, read_token

    token = read_token()
    app = server.streamable_http_app(host=HOST)
    with open_listener(HOST, port) as listener:
        on_message(f"serving {what} on {base_address(HOST, listener)}/mcp; stop with Ctrl-C")
        if not token:
            on_message(
                f"every program on this machine can use it; set {TOKEN_VARIABLE} to require a token"
            )
        config = uvicorn.Config(_RequireToken(app, token) if token else app, log_level="error")
        uvicorn.Server(config).run(sockets=[listener])


class _RequireToken:
    """ASGI application that answers 401 unless a request has the bearer token.

    Args:
        app: the application that is protected.
        token: the token.
    """

    def __init__(self, app: Callable[..., Awaitable[None]], token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, or answer 401."""
        given = dict(scope.get("headers", ())).get(b"authorization", b"")
        if scope["type"] == "lifespan" or hmac.compare_digest(given, self._expected):
            await self._app(scope, receive, send)
            return
        headers = [(b"www-authenticate", b"Bearer"), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 401, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

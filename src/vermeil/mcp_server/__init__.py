"""Server of the Model Context Protocol: tools for agent programs, over stdio or HTTP."""

from __future__ import annotations

from vermeil.mcp_server.serve import ServerOptions, serve_mcp

__all__ = ["ServerOptions", "serve_mcp"]

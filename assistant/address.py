"""The address to serve on: taken before anything heavy is loaded."""

import socket

from corpus.errors import AssistantError


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens on the address. Raises AssistantError when it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise AssistantError(
            f"Cannot listen on {host} port {port}: {error.strerror or error}. "
            f"Stop what runs there, or choose another with --port {port + 1}."
        ) from error


def url_of(door: socket.socket) -> str:
    """The address of a listening socket as a browser wants it."""
    host, port = door.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

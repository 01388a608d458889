"""The address to serve on: taken before anything heavy is loaded."""

import ipaddress
import socket

from corpus.errors import AssistantError

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens on the address. Raises AssistantError when it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        door = socket.create_server((host, port), family=family)
        # asyncio sets it only on sockets of its own making; without it every reply waits 40 ms for an ACK.
        door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return door
    except OSError as error:
        raise AssistantError(
            f"Cannot listen on {host} port {port}: {error.strerror or error}. "
            f"Stop what runs there, or choose another with --port {port + 1}."
        ) from error


def url_of(door: socket.socket) -> str:
    """The address of a listening socket as a browser wants it."""
    host, port = door.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_loopback(host: str) -> bool:
    """Is an address to bind reachable from this machine alone?"""
    return host in LOOPBACK or (is_address(host) and ipaddress.ip_address(host).is_loopback)


def is_address(name: str) -> bool:
    """Is a host written as an IP address?"""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True

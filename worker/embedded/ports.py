"""Free ports on loopback."""

import contextlib
import secrets
import socket

# Below the range from which Linux takes the source ports of outgoing connections: while a service is down, a
# client could be given its port, and the restart would fail.
FIRST, LAST = 12_000, 32_000


def free_ports(count: int) -> tuple[int, ...]:
    with contextlib.ExitStack() as held:
        return tuple(held.enter_context(_bound()).getsockname()[1] for _ in range(count))


def _bound() -> socket.socket:
    for _ in range(100):
        candidate = socket.socket()
        try:
            candidate.bind(("127.0.0.1", FIRST + secrets.randbelow(LAST - FIRST)))
        except OSError:
            candidate.close()
        else:
            return candidate
    raise RuntimeError(f"no free port on 127.0.0.1 between {FIRST} and {LAST}: end what is listening there")

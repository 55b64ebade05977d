"""What this worker is doing, for the health endpoints and its row among the workers."""

import os
import secrets
import socket
from enum import StrEnum
from importlib.metadata import version
from time import monotonic

from worker.postgres.workers import Beat
from worker.telemetry import READY


class State(StrEnum):
    STARTING = "starting"
    CONSUMING = "consuming"
    PAUSED = "paused"
    DRAINING = "draining"
    STOPPED = "stopped"


class Status:
    """Says what it is told; `because` tells people why a worker is not ready."""

    def __init__(self) -> None:
        self.worker_id = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}"
        self.version = version("cart-checkout-worker")
        self.state = State.STARTING
        self.because = "starting"
        self.settled = 0
        self.not_ready_since: float | None = monotonic()
        self._counted, self._counted_at = 0, monotonic()

    @property
    def is_ready(self) -> bool:
        return self.state is State.CONSUMING

    def become(self, state: State, because: str) -> None:
        self.state, self.because = state, because
        if self.is_ready:
            self.not_ready_since = None
        elif self.not_ready_since is None:
            self.not_ready_since = monotonic()
        READY.set(self.is_ready)

    def beat(self) -> Beat:
        """A sign of life, with the rate since the last one."""
        now = monotonic()
        rate = (self.settled - self._counted) / max(now - self._counted_at, 0.001)
        self._counted, self._counted_at = self.settled, now
        return Beat(self.worker_id, self.version, self.state, self.settled, rate)

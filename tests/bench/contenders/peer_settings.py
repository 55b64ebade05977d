"""What a peer has to know when its module is imported: frameworks want their broker by then."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class PeerSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="BENCH_", frozen=True)

    amqp_url: str
    database_url: str
    prefetch: int = 100
    """Messages that the broker hands over before the first of them is acknowledged."""
    connections: int = 10
    """To the database, of each process."""

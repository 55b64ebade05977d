"""All settings, read in one place: the environment (`CHECKOUT_...`), else files of a secrets directory."""

import os
import re
import warnings
from collections.abc import Iterable
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from worker.errors import ConfigurationFault

_DEFAULT_SECRETS: Final = Path("/run/secrets")
_DEFAULT_HTTP_ADDRESS: Final = "127.0.0.1:9090"
_LAST_PORT: Final = 65_535
# How pydantic-settings 2.16 tells which secret it could not read, or that it is a directory.
_FIELD: Final = re.compile('(?:field "|/checkout_)([a-z_]+)"')
# The tests' own, and what Kubernetes sets where a service is called `checkout`.
_OF_OTHERS: Final = re.compile("CHECKOUT_(PORT|PORT_.*|SERVICE_.*|TEST_.*)")


class CatalogMode(StrEnum):
    ENFORCED = "enforced"
    OPEN = "open"


class Archiving(StrEnum):
    ON = "on"
    OFF = "off"


class LogFormat(StrEnum):
    JSON = "json"
    CONSOLE = "console"


class Settings(BaseSettings):
    """Settings of every command. The text after each is what README says of it."""

    model_config = SettingsConfigDict(
        env_prefix="CHECKOUT_",
        extra="ignore",
        frozen=True,
        env_ignore_empty=True,
        use_attribute_docstrings=True,
    )

    amqp_url: SecretStr | None = None
    """Where RabbitMQ is: `amqp://user:password@host:port/vhost`, or `amqps://`."""
    database_url: SecretStr | None = None
    """Where PostgreSQL is: `postgresql://user:password@host:port/database`."""
    management_url: SecretStr | None = None
    """RabbitMQ's management API, for `checkout topology check`: `http://user:password@host:port`."""
    catalog: CatalogMode = CatalogMode.ENFORCED
    """`enforced`: only what the catalog offers is ordered. `open`: there is no catalog to check against."""
    default_currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "USD"
    """Currency of lines that name none, in an open catalog."""
    http_address: str | None = None
    """Health and metrics; `off` turns them off. Default `127.0.0.1:9090`."""
    batch_size: Annotated[int, Field(ge=1, le=2000)] = 100
    """Messages that are decided and committed together, at most; their bodies take 2 MiB at most."""
    prefetch: Annotated[int, Field(ge=1, le=2000)] = 400
    """Messages of each queue that the broker hands over before the first of them is settled."""
    max_message_bytes: Annotated[int, Field(ge=1024, le=16 * 1024 * 1024)] = 1024 * 1024
    """Larger commands are dead-lettered."""
    max_line_items: Annotated[int, Field(ge=1, le=2_000)] = 200
    """Line items of a cart, add-ons included."""
    archive: Archiving = Archiving.ON
    """`on`: this worker archives dead letters. `off`: they wait in their queue for one that does."""
    masked_fields: str = "lastModifiedUser"
    """Members whose values `checkout dead-letters` hides, by name in any case, with commas between them."""
    grace_seconds: Annotated[float, Field(gt=0, le=3600)] = 25
    """How long a stopping worker may finish what it has begun."""
    sweep_after_seconds: Annotated[float, Field(ge=1, le=3600)] = 30
    """Age at which a committed event that is not marked as published is published again."""
    watchdog_seconds: Annotated[float, Field(ge=1, le=86_400)] = 300
    """A worker that cannot consume for so long although broker, database and catalog answer ends."""
    log_format: LogFormat = LogFormat.JSON
    """`json` or `console`."""
    failpoint: str | None = None
    """Tests only: ends or stops the process at a place of the message path; see `worker/failpoints.py`."""

    @classmethod
    def load(cls) -> Self:
        """Read the settings. Raises: ConfigurationFault, naming each setting that is wrong."""
        secrets = _secrets_dir()
        # Path.is_dir raises where a directory above may not be searched, before Python 3.14.
        is_there = os.path.isdir(secrets)  # noqa: PTH112
        if secrets != _DEFAULT_SECRETS and not is_there:
            raise ConfigurationFault(
                f"CHECKOUT_SECRETS_DIR: there is no directory {secrets} that can be read"
            )
        try:
            with warnings.catch_warnings(action="error", category=UserWarning):
                return cls(_secrets_dir=secrets if is_there else None)
        except ValidationError as error:
            wrong = (f"CHECKOUT_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
            raise ConfigurationFault("; ".join(wrong)) from None
        except (SettingsError, OSError, UserWarning) as error:
            field = _FIELD.search(str(error))
            raise ConfigurationFault(
                f"{f'checkout_{field[1]}' if field else 'a file'} in {secrets} cannot be read: "
                "it should be a file in UTF-8, and this account may need a right"
            ) from None

    @property
    def http_endpoint(self) -> tuple[str, int] | None:
        """Host and port of the health endpoints; None: off. Raises: ConfigurationFault."""
        if self.http_address == "off":
            return None
        host, _, port = (self.http_address or _DEFAULT_HTTP_ADDRESS).rpartition(":")
        if not host or not port.isdigit() or int(port) > _LAST_PORT:
            raise ConfigurationFault("CHECKOUT_HTTP_ADDRESS should be HOST:PORT or off")
        return host.strip("[]"), int(port)

    @property
    def amqp(self) -> str:
        return _required(self.amqp_url, "CHECKOUT_AMQP_URL", "amqp://user:password@host:5672/vhost")

    @property
    def database(self) -> str:
        return _required(
            self.database_url, "CHECKOUT_DATABASE_URL", "postgresql://user:password@host:5432/database"
        )


def unknown_settings() -> list[str]:
    """Variables and secrets with our prefix that mean nothing: misspelt, most likely."""
    directory, files = _secrets_dir(), list[str]()
    with suppress(OSError):
        files = os.listdir(directory)  # noqa: PTH208 - names
    variables = _unknown(os.environ, {"CHECKOUT_SECRETS_DIR"})  # noqa: TID251
    return [*map(str.upper, variables), *(f"{name} in {directory}" for name in _unknown(files))]


def _unknown(names: Iterable[str], others: Iterable[str] = ()) -> list[str]:
    known = {f"CHECKOUT_{name.upper()}" for name in Settings.model_fields} | {*others}
    ours = {name: name.upper() for name in names if name.upper().startswith("CHECKOUT_")}
    return sorted(
        name for name, upper in ours.items() if upper not in known and not _OF_OTHERS.fullmatch(upper)
    )


def editor_command() -> str | None:
    """The operator's editor, as a shell would start it."""
    return os.environ.get("VISUAL") or os.environ.get("EDITOR")  # noqa: TID251


def _secrets_dir() -> Path:
    return Path(os.environ.get("CHECKOUT_SECRETS_DIR") or _DEFAULT_SECRETS)  # noqa: TID251


def _required(url: SecretStr | None, name: str, example: str) -> str:
    if url is None:
        raise ConfigurationFault(
            f"{name} is not set. Set it to something like {example}, or write that to {name.lower()} in "
            f"{_secrets_dir()}"
        )
    return url.get_secret_value()

"""`checkout submit`: publish commands, as any producer would."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.progress import Progress
from uuid_utils import uuid7

from contracts import wire
from contracts.reader import UnreadableError
from worker.amqp.decode import Limits, read_command
from worker.amqp.outgoing import Outgoing, Receipt
from worker.amqp.producer import command_message
from worker.amqp.publisher import Publisher
from worker.cli.command_files import commands_in
from worker.cli.exit import Exit
from worker.cli.output import DryRun, Name, console, counted, errors, safe
from worker.cli.services import publishing
from worker.errors import ConfigurationFault, PublishNotConfirmed
from worker.settings import Settings

_FLIGHT = 500
_BY_LINE = " (a file is read by line if every line is a JSON object: one is not)"
_KNOWN = frozenset({Receipt.CONFIRMED, Receipt.RETURNED})


async def command(
    *files: Annotated[Path, Parameter(allow_leading_hyphen=True)],
    update: Annotated[bool, Parameter(negative="")] = False,
    source: Name = "checkout-submit",
    message_id: Name | None = None,
    dry_run: DryRun = False,
) -> int:
    """Publish commands and wait for the broker to confirm them.

    Parameters
    ----------
    files
        JSON files with one command each, or NDJSON files with one a line; `-` reads NDJSON from standard
        input.
    update
        Publish cart updates (cart.update) instead of checkouts.
    source
        The app id; results are published with the routing key checkout.*.SOURCE.
    message_id
        The message id of a single command. By default each command gets a new one, which is printed if there
        is only one command: the answer has it as correlation id, and submitting the command again with it is
        safe.
    dry_run
        Only check that the worker can read the commands.
    """
    bodies = _bodies(files, message_id)
    settings = Settings.load()
    key = wire.UPDATE_KEY if update else wire.CHECKOUT_KEY
    if dry_run:
        limits = Limits(settings.max_message_bytes, settings.max_line_items)
        return _look(bodies, partial(read_command, queue=key, limits=limits))
    if len(bodies) == 1:
        message_id = message_id or str(uuid7())
    messages = (command_message(body, key, source=source, message_id=message_id) for body in bodies)
    async with publishing(settings, wire.COMMANDS_EXCHANGE) as channel:
        returned = await _publish(Publisher(channel), messages, len(bodies))
    return _print(counted(len(bodies), "command"), key, message_id, returned)


def _bodies(files: Sequence[Path], message_id: str | None) -> list[bytes]:
    """Raises: ConfigurationFault: there is no command, or one message id for several."""
    bodies = list(commands_in(files))
    if not bodies and files:
        raise ConfigurationFault("standard input contains no commands")
    if not bodies or (message_id and len(bodies) > 1):
        raise ConfigurationFault(
            "pass files with commands, or -; --message-id works with a single command only"
        )
    return bodies


def _print(told: str, key: str, message_id: str | None, returned: int) -> int:
    if returned:
        errors.print(f"{returned} of {told} returned, as no queue is bound: run `checkout topology apply`")
        return Exit.PROBLEMS
    console.print(f"{told} published to {wire.COMMANDS_EXCHANGE} ({key})")
    if message_id:
        console.print(f"message id {message_id}", soft_wrap=True)
    return Exit.OK


def _look(bodies: Sequence[bytes], read: Callable[[bytes], object]) -> int:
    problems = 0
    for number, body in enumerate(bodies, 1):
        try:
            read(body)
        except UnreadableError as error:
            problems += 1
            hint = _BY_LINE if b"}\n{" in body.replace(b"\r", b"") else ""
            errors.print(safe(f"command {number}: {error.code}: {error.reason}{hint}"))
    console.print(f"{len(bodies) - problems} of {counted(len(bodies), 'command')} can be read")
    return Exit.PROBLEMS if problems else Exit.OK


async def _publish(publisher: Publisher, messages: Iterator[Outgoing], total: int) -> int:
    """Publish flight by flight; how many no queue took. Raises: PublishNotConfirmed."""
    returned = sent = 0
    with Progress(
        console=errors, transient=True, disable=total < _FLIGHT or not errors.is_terminal
    ) as progress:
        task = progress.add_task("publishing", total=total)
        while flight := list(islice(messages, _FLIGHT)):
            receipts = await publisher.publish(flight)
            sent += len(flight)
            if not _KNOWN.issuperset(receipts):
                _name_the_others(flight, receipts, sent - len(flight))
                raise PublishNotConfirmed(_advice(sent, total, publisher.closed_because))
            returned += receipts.count(Receipt.RETURNED)
            progress.advance(task, len(flight))
    return returned


def _name_the_others(flight: Sequence[Outgoing], receipts: Sequence[Receipt], before: int) -> None:
    for number, (message, receipt) in enumerate(zip(flight, receipts, strict=True), before + 1):
        if receipt is not Receipt.CONFIRMED:
            said = "returned" if receipt is Receipt.RETURNED else "not confirmed"
            told = f"command {number}: {said}, --message-id {message.properties.message_id}"
            errors.print(told)


def _advice(sent: int, total: int, why: str | None) -> str:
    rest = f", and nothing from command {sent + 1} on was sent" if sent < total else ""
    is_too_large = why is not None and "message size" in why
    what = "leave out what is too large, and submit each other" if is_too_large else "submit each"
    return (
        f"the broker did not confirm the commands listed above{f' ({why})' if why else ''}{rest}: "
        f"{what} listed command again with its message id, so that it counts once"
    )

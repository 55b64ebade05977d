"""The tables of contracts/README.md, between marks in a text that is written by hand."""

from collections.abc import Iterable, Sequence

from worker.amqp.topology import topology
from worker.documents import headers
from worker.documents.codes import Code, dead_letter_codes, line_codes, order_codes, rules_in_order
from worker.documents.messages import EVENTS


def readme(template: str) -> str:
    """The text with its tables renewed. Raises: ValueError where a mark is missing."""
    for name, table in _tables().items():
        before, opened, rest = template.partition(f"<!-- {name} -->\n")
        _, closed, after = rest.partition(f"<!-- /{name} -->")
        if not (opened and closed):
            raise ValueError(f"README.md lacks the marks of its table {name}")
        template = f"{before}{opened}{table}\n{closed}{after}"
    return template


def _tables() -> dict[str, str]:
    return {
        "events": _table(
            ("event", "body", "means"),
            ((f"`{e.name}`", f"[{e.schema}](schemas/{e.schema}.json)", e.meaning) for e in EVENTS),
        ),
        "command properties": _described(headers.COMMAND_PROPERTIES),
        "event properties": _described(headers.EVENT_PROPERTIES),
        "event headers": _described(headers.EVENT_HEADERS),
        "dead letter headers": _described(headers.DEAD_LETTER_HEADERS),
        "queues": _table(("queue", "arguments"), _queues()),
        "order codes": _codes(order_codes()),
        "line codes": _codes(line_codes()),
        "rules": _table(("what is wrong", "line / group"), rules_in_order()),
        "dead letter codes": _table(
            ("code", "what is wrong", "what to do"),
            ((f"`{each.code}`", each.what, each.advice) for each in dead_letter_codes()),
        ),
    }


def _queues() -> Iterable[Sequence[str]]:
    for queue in topology(4).queues:
        arguments = (f"`{name}: {value}`" for name, value in queue.arguments.items())
        yield f"`{queue.name}`", ", ".join(arguments)


def _described(members: dict[str, str]) -> str:
    return _table(("name", "meaning"), ((f"`{name}`", text) for name, text in members.items()))


def _codes(codes: Iterable[Code]) -> str:
    rows = ((f"`{each.code}`", _words(each.name), each.what, each.advice) for each in codes)
    return _table(("code", "name", "what is wrong", "what to do"), rows)


def _words(name: str) -> str:
    return name.replace("_", " ").lower()


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (head, ["---"] * len(head), *rows)
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in lines)

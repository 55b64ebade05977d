"""What `checkout demo --keep` prints to paste, pasted into a shell."""

import asyncio
import os
import signal

from tests.support.command_line import CommandLine
from tests.support.worker_process import Workers
from worker.demo.demo import to_paste

SECONDS = 40.0
SLOW = 'checkout() { if [ "$1" = results ]; then sleep 1; fi; command checkout "$@"; }'


async def test_the_answer_is_heard_where_it_takes_a_second_to_listen(
    workers: Workers, command_line: CommandLine
) -> None:
    await workers.start(catalog="open")
    script = "\n".join([SLOW, *to_paste(command_line.environment), "wait"])
    shell = await asyncio.create_subprocess_exec(
        *("bash", "-c", script), stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    assert shell.stdout
    try:
        async with asyncio.timeout(SECONDS):
            heard = await shell.stdout.readuntil(b"checkout.completed.checkout-submit")
    finally:
        os.killpg(shell.pid, signal.SIGKILL)
        await shell.wait()
    assert b"1 command published" in heard

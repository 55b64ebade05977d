"""Runs a module of the project as a person would."""

import asyncio
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


async def printed_by(module: str, *arguments: str) -> str:
    """What it prints. Fails unless it ends well; it does not outlive the test."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, output.decode()
    return output.decode()

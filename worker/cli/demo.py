async def command() -> int:
    return 0

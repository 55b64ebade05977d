"""README's settings are the ones that the code reads."""

from tests.support.readme import block
from worker.settings import Settings

HIDDEN = {"failpoint"}


def settings_table() -> str:
    rows = ["| setting | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        if name not in HIDDEN:
            default = "" if field.default is None else f"`{field.default}`"
            rows.append(f"| `CHECKOUT_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows)


def test_the_settings_table_is_the_one_that_the_code_makes() -> None:
    assert block("settings") == settings_table()

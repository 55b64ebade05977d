"""Which exit code a fault has, whichever command it ends."""

import pytest

from worker.cli.exit import Exit, exit_code
from worker.errors import (
    BrokerUnavailable,
    ConfigurationFault,
    DatabaseUnavailable,
    PublishNotConfirmed,
    StatementTimeout,
    TopologyFault,
    WorkerError,
)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (ConfigurationFault, Exit.USAGE),
        (BrokerUnavailable, Exit.BROKER),
        (PublishNotConfirmed, Exit.BROKER),
        (DatabaseUnavailable, Exit.DATABASE),
        (StatementTimeout, Exit.DATABASE),
        (TopologyFault, Exit.PROBLEMS),
        (WorkerError, Exit.PROBLEMS),
    ],
)
def test_a_fault_has_the_exit_code_that_the_help_tells(fault: type[WorkerError], code: Exit) -> None:
    assert exit_code(fault("it is wrong")) is code

"""Faults: what is wrong with us or our surroundings. A business no is a value and never one of these."""


class WorkerError(Exception):
    """Base of all faults. The text says what is wrong and what to do about it."""


class TransientFault(WorkerError):  # noqa: N818 - a fault, not a mistake
    """Time may cure it: the same work is done again."""


class DatabaseUnavailable(TransientFault):
    """No connection, a lost one, or a database that refuses work for now. A commit may have been applied."""


class LockNotGranted(DatabaseUnavailable):
    """The database answers, and somebody else kept locked what a statement had to write."""


class StatementTimeout(DatabaseUnavailable):
    """The database answers, and did not finish a statement in time: a smaller one may do."""


class StatementBroken(DatabaseUnavailable):
    """The database answers, and found itself broken at what a statement touched: others may do."""


class TransactionConflict(TransientFault):
    """Another transaction was first: load and decide again."""


class BrokerUnavailable(TransientFault):
    """No connection to the broker, or a lost one."""


class PublishNotConfirmed(TransientFault):
    """The broker refused a message or did not confirm it in time. It may have been published."""


class PermanentFault(WorkerError):  # noqa: N818 - a fault, not a mistake
    """Time does not cure it."""


class DataRejected(PermanentFault):
    """The database refuses the data of a message, or of one message in a batch."""


class TopologyFault(PermanentFault):
    """An exchange, a queue or a binding is missing or different."""


class SchemaMismatch(PermanentFault):
    """The database has another schema version than this worker needs."""


class ConfigurationFault(PermanentFault):
    """A setting is missing or wrong."""


def reason_of(error: Exception) -> str:
    """Why nobody answers, as the system puts it: `Connection refused`."""
    match error:
        case FileNotFoundError():
            return "a file is not there: a certificate that its URL names, or its socket"
        case OSError(strerror=str() as said):
            return said
        case TimeoutError():
            return "not in time"
        case _:
            return repr(error)

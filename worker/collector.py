"""The garbage collector, set for batches."""

import gc
from typing import Final

# More than all batches that are in work at a time make.
_OBJECTS_BETWEEN_COLLECTIONS: Final = 200_000


def tune_collector() -> None:
    """Have it look seldom: a batch makes many objects that go when it ends, and hardly any cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 20, 20)

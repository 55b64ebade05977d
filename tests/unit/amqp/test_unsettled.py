"""Each delivery is acknowledged when it is settled, not before and not later, in few frames."""

from hypothesis import given
from hypothesis import strategies as st

from worker.amqp.unsettled import Unsettled


@given(st.data())
def test_the_broker_hears_of_exactly_what_is_settled(data: st.DataObject) -> None:
    unsettled, left = Unsettled(), set[int]()
    for tag in range(1, data.draw(st.integers(1, 30)) + 1):
        unsettled.add(tag)
        left.add(tag)
        settled = data.draw(st.sets(st.sampled_from(sorted(left)))) if left else set[int]()
        up_to, single = unsettled.settle(settled)
        heard_of = {each for each in left if each <= up_to} | set(single)
        assert heard_of == settled
        left -= settled


def test_what_stands_first_takes_one_frame() -> None:
    unsettled = Unsettled()
    for tag in range(1, 9):
        unsettled.add(tag)

    assert unsettled.settle([3, 1, 2, 6]) == (3, [6])
    assert unsettled.settle([4, 5, 7, 8]) == (8, [])

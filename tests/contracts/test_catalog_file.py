"""A catalog file, read as a stream."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.catalog_file import MAX_FINDINGS, MAX_LINE_BYTES, CatalogFile, Finding

LINE: dict[str, Any] = {
    "catalogItemId": "i",
    "title": "T",
    "billingCycles": ["monthly"],
    "currencies": ["USD"],
}
GOOD = json.dumps(LINE).encode()


def _read(content: bytes) -> tuple[list[str], CatalogFile]:
    file = CatalogFile(io.BytesIO(content))
    return [item.catalog_item_id for item in file.items()], file


def _line(catalog_item_id: str, **members: Any) -> bytes:
    return json.dumps(LINE | {"catalogItemId": catalog_item_id} | members).encode() + b"\n"


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        GOOD + b"\n",
        GOOD + b"\r\n\r\n",
        b"\xef\xbb\xbf" + GOOD,
        b"\n \t\n" + GOOD,
        GOOD[:-1] + b', "unknown": {"deep": [1.5, null]}}',
        json.dumps(LINE | {"title": "a\u2028b"}, ensure_ascii=False).encode(),
    ],
    ids=["no-newline", "newline", "crlf", "bom", "blank-lines", "unknown-member", "unicode-separator"],
)
def test_an_item_is_read_however_its_line_is_written(content: bytes) -> None:
    ids, file = _read(content)

    assert (ids, file.problems.first) == (["i"], [])


@pytest.mark.parametrize(
    ("line", "field", "problem"),
    [
        (b"{no JSON", "", "The line is not JSON: key must be a string at column 2"),
        (b"[" * 300, "", "The line is not JSON: recursion limit exceeded at column 202"),
        (b'{"catalogItemId": "\x00"}', "", "The line is not JSON: control character"),
        (b'{"catalogItemId": "\\ud800"}', "", "The line is not JSON"),
        (b'{"title": NaN}', "", "The line is not JSON"),
        (b'{"title": "\xe9"}', "", "The line is not UTF-8: byte 12 cannot be decoded"),
        (b"[]", "", "Input should be an object"),
        (b"null", "", "Input should be an object"),
        (_line("i\x00"), "catalogItemId", "Text should hold no NUL character"),
        (_line("i", other={"deep": ["\x00"]}), "other.deep[0]", "Text should hold no NUL character"),
        (_line(""), "catalogItemId", "Field required"),
        (_line("i", currencies=["EURO"]), "currencies[0]", "String should have at most 3 characters"),
        (_line("i", provisioningVariables=[{"key": 1}]), "provisioningVariables[0].key", "Input should be a"),
        (_line("i", minimumQuantity=2, maximumQuantity=1), "", "minimumQuantity should be at most"),
        (_line("i", TITLE="U"), "", "Two members of this object mean the same"),
    ],
)
def test_a_wrong_line_is_told_by_its_number_its_field_and_what_is_wrong(
    line: bytes, field: str, problem: str
) -> None:
    ids, file = _read(_line("before") + line.strip() + b"\n" + _line("after"))

    (found,) = file.problems.first
    assert (found.line, found.field) == (2, field)
    assert found.problem.startswith(problem)
    assert ids == ["before", "after"]


def test_an_item_that_comes_again_names_its_first_line() -> None:
    ids, file = _read(_line("a") + b"\n" + _line("b") + _line("a") + _line("a"))

    assert ids == ["a", "b"]
    assert file.problems.first == [
        Finding(4, "catalogItemId", "The item stands on line 1 already"),
        Finding(5, "catalogItemId", "The item stands on line 1 already"),
    ]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""], ids=["newline", "crlf", "end-of-file"])
def test_a_line_may_be_as_long_as_the_limit_and_no_longer(end: bytes) -> None:
    longest = _line("a", other="").strip()
    longest = longest[:-2] + b"x" * (MAX_LINE_BYTES - len(longest)) + longest[-2:]

    assert _read(longest + end)[0] == ["a"]
    assert _read(longest + (end or b"\n") + _line("b"))[0] == ["a", "b"]
    for too_long in (longest + b" ", longest * 3):
        ids, file = _read(_line("b") + too_long + end)
        assert ids == ["b"]
        assert file.problems.first == [Finding(2, "", f"The line has more than {MAX_LINE_BYTES} bytes")]
    assert _read(longest + b" \n" + _line("b"))[0] == ["b"]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf\n"], ids=["empty", "blank", "bom"])
def test_a_file_without_items_is_a_problem(content: bytes) -> None:
    assert _read(content)[1].problems.first == [Finding(1, "", "The file holds no items")]


def test_prerequisites_that_cannot_be_met_are_warned_about() -> None:
    content = (
        _line("addon", isAddon=True, prerequisites=["base", "gone", "other"])
        + _line("base")
        + _line("other", isAddon=True, prerequisites=["base"])
        + _line("no-addon", prerequisites=["base"])
    )

    ids, file = _read(content)

    assert (len(ids), file.problems.count) == (4, 0)
    assert sorted(file.warnings.first) == [
        Finding(1, "prerequisites[1]", "The file has no item gone"),
        Finding(1, "prerequisites[2]", "other is an add-on itself"),
        Finding(4, "prerequisites", "They count for add-ons alone, and isAddon is not true"),
    ]


def test_an_add_on_without_prerequisites_is_warned_about() -> None:
    _, file = _read(_line("addon", isAddon=True) + _line("other", isAddon=True, prerequisites=[]))

    sold = "An add-on without them is sold without a base"
    assert file.warnings.first == [Finding(1, "prerequisites", sold), Finding(2, "prerequisites", sold)]


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("maxQuantity", "; maximumQuantity may be meant"),
        ("prerequisite", "; prerequisites may be meant"),
        ("currency", "; currencies may be meant"),
        ("name", ""),
        ("x" * 1000, ""),
    ],
    ids=lambda text: text[:20],
)
def test_a_member_that_nothing_reads_is_warned_about_where_it_stands_first(name: str, instead: str) -> None:
    ids, file = _read(_line("a") + _line("b", **{name: 1}) + _line("c", **{name: 2}))

    assert (ids, file.problems.count) == (["a", "b", "c"], 0)
    assert file.warnings.first == [Finding(2, name[:64], f"Nothing reads this member{instead}")]


def test_a_member_of_a_variable_that_nothing_reads_is_warned_about() -> None:
    variables = [{"key": "scope"}, {"key": "region", "value": ["EU"], "title": "Region"}]

    _, file = _read(_line("a", title="A", provisioningVariables=variables))

    assert file.warnings.first == [
        Finding(1, "provisioningVariables[1].value", "Nothing reads this member; values may be meant"),
        Finding(1, "provisioningVariables[1].title", "Nothing reads this member"),
    ]


@pytest.mark.parametrize("name", ["MAXIMUMQUANTITY", "maximum_quantity", "is_add_on", "isAddOn"])
def test_no_spelling_of_a_member_is_warned_about(name: str) -> None:
    value = {"prerequisites": ["a"], name: True} if "dd" in name else {name: 5}

    assert _read(_line("a") + _line("b", **value))[1].warnings.first == []


def test_all_problems_are_counted_and_the_first_are_kept() -> None:
    _, file = _read(b"{}\n" * MAX_FINDINGS)

    assert (file.problems.count, len(file.problems.first)) == (4 * MAX_FINDINGS, MAX_FINDINGS)


@given(st.lists(st.one_of(st.binary(max_size=60), st.just(GOOD)), max_size=6).map(b"\n".join))
def test_no_bytes_make_the_reader_fail(content: bytes) -> None:
    ids, file = _read(content)

    assert ids in ([], ["i"])
    assert ids or file.problems.count

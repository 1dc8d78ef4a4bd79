"""A row is as high as its words need, in lists and in reports alike."""

import pytest

from ajx_gateway.rendering import rows


@pytest.mark.parametrize(
    ("text", "wide", "taken"),
    [
        ("", 10, 1),
        ("abcdefghij", 10, 1),
        ("abcdefghijk", 10, 2),
        ("安全生产", 8, 1),
        ("安全生产责", 8, 2),
        ("一\n二\n三", 40, 3),
        ("一\n\n三", 40, 3),
        ("安全生产责任保险\n数据", 8, 3),
    ],
)
def test_chinese_letters_take_two_and_every_break_begins_a_line(text: str, wide: float, taken: int) -> None:
    assert rows.lines(text, wide) == taken


def test_a_single_line_needs_no_height_and_no_row_is_higher_than_a_spreadsheet_takes() -> None:
    assert [rows.height(taken) for taken in (0, 1, 2, 27, 28, 10_000)] == [None, None, 30, 405, 405, 405]

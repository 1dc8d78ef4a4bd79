"""A place reads as people say it, each part once."""

import pytest

from ajx_gateway.standard.divisions import place_words


@pytest.mark.parametrize(
    ("prefix", "words"),
    [
        ("44", "广东省"),
        ("440000", "广东省"),
        ("4406", "佛山市"),
        ("440600", "佛山市"),
        ("440605", "佛山市南海区"),
        ("440605011", "佛山市南海区桂城街道"),
        ("110101", "北京市东城区"),
        ("110100", "北京市"),
        ("110101001", "北京市东城区110101001"),
        ("990000", "990000"),
        ("999999", "999999"),
    ],
)
def test_a_place_names_its_city_once(prefix: str, words: str) -> None:
    assert place_words(prefix) == words

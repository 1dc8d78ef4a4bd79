"""An evaluation's file says what its text says, and a file that contradicts itself is refused in Chinese."""

from datetime import date
from pathlib import Path

import pytest

from ajx_gateway.jurisdictions import schemes
from ajx_gateway.jurisdictions.schemes import SchemeError, of_place, read, shipped

SUZHOU = shipped()["suzhou-2024"]


def faults(text: str) -> dict[str, str]:
    with pytest.raises(SchemeError) as refusal:
        read(text)
    return {fault.pointer: fault.message for fault in refusal.value.faults}


def test_suzhou_has_ten_items_in_four_categories_of_a_hundred_points() -> None:
    scheme = SUZHOU.scheme
    assert [(c.title, f"{c.points:f}") for c in scheme.category] == [
        ("承保服务", "10"),
        ("技术服务", "40"),
        ("平台使用", "30"),
        ("满意度", "20"),
    ]
    assert [(i.number, i.deduct and f"{i.deduct:f}", f"{i.cap:f}") for i in scheme.item] == [
        (1, "3", "10"),
        (2, "2", "10"),
        (3, "2", "10"),
        (4, None, "20"),
        (5, "10", "10"),
        (6, "3", "15"),
        (7, "2", "10"),
        (8, "1", "5"),
        (9, None, "15"),
        (10, "2.5", "5"),
    ]
    assert [tier.at_least for tier in scheme.tier] == [90, 70, 60, 0]
    assert scheme.binding


def test_foshans_weights_are_marked_as_the_gateways_draft() -> None:
    scheme = shipped()["foshan-2020-draft"].scheme
    assert not scheme.binding
    assert "草案" in scheme.title
    assert "草案" in scheme.status
    assert all("草案" in tier.title for tier in scheme.tier)
    assert all("网关草案" in item.judged_by for item in scheme.item)


@pytest.mark.parametrize(
    ("place", "day", "expected"),
    [
        ("341300", "2024-01-01", "suzhou-2024"),
        ("341300", "2023-12-31", None),
        ("440600", "2024-07-01", "foshan-2020-draft"),
        ("440605", "2024-07-01", None),
        ("340000", "2024-07-01", None),
    ],
)
def test_a_place_has_the_evaluation_of_its_day(place: str, day: str, expected: str | None) -> None:
    found = of_place(place, date.fromisoformat(day))
    assert (found.scheme.id if found else None) == expected


@pytest.mark.parametrize(
    ("old", "new", "pointer", "words"),
    [
        ('points = "100"', 'points = "99"', "points", "总分应等于各类分值之和"),
        ('at_least = "90"', 'at_least = "65"', "tier", "从高到低"),
        ('at_least = "0"\nwords', 'at_least = "1"\nwords', "tier", "下限应为0"),
        ('number = 10\n', "number = 11\n", "item", "连续编号"),
        ('sources = ["cases:product"]', 'sources = ["cases:rumours"]', "item.0.sources", "cases:rumours"),
        ('sources = ["cases:product"]', 'sources = ["clocks:nothing"]', "item.0.sources", "clocks:nothing"),
        ('sources = ["cases:product"]', 'sources = ["ratings:stars"]', "item.0.sources", "计分方式"),
        ('category = "underwriting"\n', 'category = "other"\n', "item.0.category", "没有这一类"),
        ('deduct = "2.5"', 'deduct = 2.5', "item.9.deduct", "数字文本"),
        ('deduct = "2.5"', 'deduct = "-1"', "item.9.deduct", "数字文本"),
        ('deduct = "2.5"\n', "", "item.9.deduct", "应写明每次扣分"),
        ('cap = "5"\n\n[[tier]]', '\n[[tier]]', "item.9.cap", "缺少这一项"),
        ('{ at_least = "0.60"', '{ at_least = "0.90"', "item.3.bands", "从高到低"),
        ('{ deduct = "20" }', '{ deduct = "12" }', "item.3.bands", "不应越少"),
        ('{ deduct = "20" }', '{ above = "0", deduct = "20" }', "item.3.bands", "最后一档"),
        ('{ deduct = "20" }', '{ deduct = "21" }', "item.3.bands", "最多扣分"),
        ('dimension_points = "5"', 'dimension_points = "4"', "item.8.cap", "各维度"),
        ('应急监二〔2023〕84号 附件 第1项', '附件 第1项', "item.0.clause", "应写明文号"),
        ('valid_from = 2024-01-01', 'valid_from = 2024-01-01\nvalid_to = 2023-01-01', "valid_to", "早于"),
        ('period = "year"', 'period = "week"', "period", "不符合要求"),
        ('period = "year"', 'period = "year"\nsecret = 1', "secret", "没有这一项"),
    ],
)  # fmt: skip
def test_a_contradiction_is_named_by_its_key(old: str, new: str, pointer: str, words: str) -> None:
    assert old in SUZHOU.text
    text = SUZHOU.text.replace(old, new, 1)
    assert words in faults(text)[pointer]


@pytest.mark.parametrize(
    "text", ["", "a = ", "[[item]]\n" * 3, "x = " + "[" * 5000, "n = " + "9" * 6000, "\x00"]
)
def test_whatever_is_no_scheme_is_refused_with_reasons(text: str) -> None:
    assert faults(text)


def test_an_operators_own_schemes_lie_beside_the_shipped_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "schemes"
    folder.mkdir()
    own = SUZHOU.text.replace('"suzhou-2024"', '"suzhou-own"', 1)
    (folder / "341300-own.toml").write_text(own, encoding="utf-8")
    monkeypatch.setenv("AJX_JURISDICTIONS_DIR", str(tmp_path))
    shipped.cache_clear()
    try:
        assert {"suzhou-own", "suzhou-2024"} <= set(shipped())
        (folder / "440600-wrong.toml").write_text(own, encoding="utf-8")
        shipped.cache_clear()
        with pytest.raises(SchemeError):
            shipped()
    finally:
        monkeypatch.undo()
        shipped.cache_clear()


def test_the_digest_is_that_of_the_text() -> None:
    assert len(SUZHOU.digest) == 64
    assert read(SUZHOU.text + "\n").digest != SUZHOU.digest
    assert len(SUZHOU.text.encode()) < schemes.MOST_BYTES

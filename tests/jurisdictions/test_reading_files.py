"""A place's file is read strictly, and a new place or an operator's overlay needs no Python."""

import os
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ajx_gateway.jurisdictions import JurisdictionError, load
from ajx_gateway.jurisdictions.law import Law
from ajx_gateway.jurisdictions.loader import read_file, read_folder

HEAD = """
code = "330100"
name = "示例市"
status = "示例文件现行。"

[text.X]
title = "示例通知"
number = "示例〔2024〕1号"
issuer = "示例市应急管理局"
in_force_from = 2024-01-01
status_note = "现行有效。"
"""
FLOOR = """
[[value]]
name = "fund_floor_ratio"
value = "0.10"
text = "X"
clause = "示例〔2024〕1号 二"
valid_from = 2024-01-01
"""
CLOCK = """
[[clock]]
name = "policy_upload"
title = "电子保单上传"
subject = "policy"
start = "policy.signed_on"
days = 10
stop = "policy.document"
text = "X"
clause = "示例〔2024〕1号 三"
valid_from = 2024-01-01
"""
SEVERITY = """
[[severity]]
rule = "policy.fund_below_floor"
severity = "notice"
text = "X"
clause = "示例〔2024〕1号 四"
valid_from = 2024-01-01
"""


def write(folder: Path, *parts: str, name: str = "330100-example.toml") -> Path:
    path = folder / name
    path.write_text("".join(parts), encoding="utf-8")
    return path


def test_a_new_city_is_one_file_and_no_python(tmp_path: Path) -> None:
    write(tmp_path, HEAD, FLOOR, CLOCK, SEVERITY)
    found = load(tmp_path).profile("330102001", date(2024, 6, 1))

    assert (found.code, found.name) == ("330100", "示例市")
    floor, clock = found.value("fund_floor_ratio"), found.clock("policy_upload")
    assert floor is not None
    assert clock is not None
    assert (floor.value, floor.clause, floor.source_title) == (
        Decimal("0.10"),
        "示例〔2024〕1号 二",
        "示例通知",
    )
    assert (clock.days, clock.jurisdiction) == (10, "330100")
    assert found.severity("policy.fund_below_floor") == "notice"
    assert found.value("claim_decide_days") is not None  # the nation under all


def test_values_follow_one_another_without_a_gap(tmp_path: Path) -> None:
    first = FLOOR + "valid_to = 2024-12-31\n"
    later = FLOOR.replace("2024-01-01", "2025-01-01").replace("0.10", "0.11")
    write(tmp_path, HEAD, first, later)
    law = load(tmp_path)

    floors = [
        law.profile("330100", on).value("fund_floor_ratio") for on in (date(2024, 12, 31), date(2025, 1, 1))
    ]
    assert [floor.value for floor in floors if floor] == [Decimal("0.10"), Decimal("0.11")]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param(HEAD + FLOOR + FLOOR, "value fund_floor_ratio: two entries are valid", id="overlap"),
        pytest.param(
            HEAD + FLOOR + "valid_to = 2024-12-31\n" + FLOOR.replace("2024-01-01", "2024-12-31"),
            "value fund_floor_ratio: two entries are valid",
            id="overlap of one day",
        ),
        pytest.param(HEAD + CLOCK + CLOCK, "clock policy_upload: two entries", id="two clocks of a name"),
        pytest.param(
            HEAD + SEVERITY + SEVERITY, "severity policy.fund_below_floor: two entries", id="two severities"
        ),
        pytest.param(HEAD + FLOOR + "colour = 1\n", r"value\.0\.colour: Extra inputs", id="unknown key"),
        pytest.param(HEAD + "[[vlaue]]\n", "vlaue: Extra inputs", id="unknown table"),
        pytest.param(
            HEAD + FLOOR.replace("fund_floor_ratio", "fund_flor"), "unknown value name", id="unknown name"
        ),
        pytest.param(
            HEAD + FLOOR.replace('"0.10"', "0.10"), "quoted decimal", id="a number instead of a text"
        ),
        pytest.param(HEAD + FLOOR.replace("0.10", "1.5"), "at most 1", id="a ratio above one"),
        pytest.param(HEAD + FLOOR.replace("0.10", "１"), "quoted decimal", id="full-width digits"),
        pytest.param(HEAD + FLOOR.replace('text = "X"', 'text = "Y"'), r"no \[text\.Y\]", id="unknown text"),
        pytest.param(
            HEAD + FLOOR.replace("示例〔2024〕1号 二", "二"),
            "must name the text's number",
            id="clause without number",
        ),
        pytest.param(
            HEAD + FLOOR.replace('clause = "示例〔2024〕1号 二"', ""), "clause: Field required", id="uncited"
        ),
        pytest.param(
            HEAD + FLOOR.replace("valid_from = 2024-01-01", ""), "valid_from: Field required", id="undated"
        ),
        pytest.param(
            HEAD + FLOOR + "valid_to = 2023-12-31\n", "ends before it begins", id="ends before it begins"
        ),
        pytest.param(
            HEAD + FLOOR.replace("2024-01-01", "2023-12-31"),
            "was in force: say why",
            id="older than its text",
        ),
        pytest.param(
            HEAD.replace("status_note", "in_force_to = 2024-12-31\nstatus_note") + FLOOR,
            "was in force: say why",
            id="outlives its text",
        ),
        pytest.param(
            HEAD + CLOCK.replace("policy.signed_on", "policy.paid_on"), r"clock\.0\.start", id="start"
        ),
        pytest.param(HEAD + CLOCK.replace("policy.document", "policy.seen"), r"clock\.0\.stop", id="stop"),
        pytest.param(HEAD + CLOCK + 'fixed = "12-15"\n', "not both", id="days and a fixed day"),
        pytest.param(
            HEAD + CLOCK.replace("days = 10", 'fixed = "12-15"'), "needs period", id="fixed without period"
        ),
        pytest.param(HEAD + CLOCK + 'period = "year"\n', "exactly when", id="period on a policy's date"),
        pytest.param(
            HEAD + CLOCK.replace('"policy.signed_on"', '"claim.completed_on"'), "own dates", id="foreign date"
        ),
        pytest.param(HEAD + CLOCK.replace("days = 10", "days = -1"), r"clock\.0\.days", id="negative days"),
        pytest.param(HEAD + CLOCK + 'applies_to = ["huge"]\n', r"applies_to\.0", id="unknown size"),
        pytest.param(
            HEAD + SEVERITY.replace("notice", "fatal"), r"severity\.0\.severity", id="unknown severity"
        ),
        pytest.param(HEAD.replace("330100", "3301"), "code: ", id="short code"),
        pytest.param(HEAD.replace("330100", "330200"), "must begin with 330200-", id="another place's name"),
        pytest.param(HEAD + "[[value\n", "example.toml: ", id="no TOML"),
    ],
)
def test_a_faulty_file_is_refused_with_its_name_and_key(tmp_path: Path, text: str, complaint: str) -> None:
    path = write(tmp_path, text)

    with pytest.raises(JurisdictionError, match=complaint) as refusal:
        read_file(path)
    assert str(refusal.value).startswith("330100-example.toml: ")


def test_a_value_that_outlives_its_text_is_taken_when_it_says_why(tmp_path: Path) -> None:
    head = HEAD.replace("status_note", "in_force_to = 2024-12-31\nstatus_note")
    found = read_file(write(tmp_path, head, FLOOR, 'note = "期满后沿用。"\n'))

    assert found.values[0].note == "期满后沿用。"


def test_two_files_for_one_place_in_one_folder_are_refused(tmp_path: Path) -> None:
    write(tmp_path, HEAD)
    write(tmp_path, HEAD, name="330100-other.toml")

    with pytest.raises(JurisdictionError, match="already states it"):
        read_folder(tmp_path)


def test_without_a_national_file_there_is_no_law(tmp_path: Path) -> None:
    write(tmp_path, HEAD)

    with pytest.raises(JurisdictionError, match="000000"):
        Law(read_folder(tmp_path))


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JurisdictionError, match="no such folder"):
        load(tmp_path / "missing")


INCOME = """
code = "440608"
name = "佛山市高明区"
status = "收入数据由运维方补充。"

[text.YB]
title = "统计公报"
number = "示例统计公报"
issuer = "示例统计局"
status_note = "已公布。"

[[value]]
name = "urban_income"
value = { 440608 = { 2015 = "30000.50", 2016 = "32000" } }
text = "YB"
clause = "示例统计公报"
valid_from = 2016-01-01
"""


def test_an_operators_file_lies_over_the_shipped_one_of_the_same_place(tmp_path: Path) -> None:
    write(tmp_path, INCOME, name="440608-income.toml")
    law = load(tmp_path)
    found = law.profile("440608004", date(2017, 6, 1))

    income, bound = found.value("urban_income"), found.value("rate_float_bound")
    assert income is not None
    assert bound is not None
    assert income.value == {"440608": {2015: Decimal("30000.50"), 2016: Decimal(32000)}}
    assert bound.value == Decimal("0.30")
    assert {text.id for text in law.jurisdictions["440608"].texts} == {"YB", "GM"}


def test_an_operators_value_wins_over_the_shipped_one(tmp_path: Path) -> None:
    head = HEAD.replace("330100", "440600")
    write(tmp_path, head, FLOOR, name="440600-own.toml")
    law = load(tmp_path)

    nanhai = law.profile("440605011", date(2024, 6, 1)).value("fund_floor_ratio")
    assert nanhai is not None
    assert nanhai.value == Decimal("0.10")
    assert law.profile("440605011", date(2024, 6, 1)).value("subsidy_cap_ratio") is not None


@pytest.mark.parametrize(
    "table", ['"x"', "{}", '{ 4406 = { 2015 = "1" } }', "{ 440608 = {} }", '{ 440608 = { 15 = "1" } }']
)
def test_an_income_table_is_divisions_with_years(tmp_path: Path, table: str) -> None:
    text = INCOME.replace('{ 440608 = { 2015 = "30000.50", 2016 = "32000" } }', table)

    with pytest.raises(JurisdictionError, match=r"value\[0\] urban_income"):
        read_file(write(tmp_path, text, name="440608-income.toml"))


def test_the_operators_folder_is_taken_from_the_environment(tmp_path: Path) -> None:
    write(tmp_path, HEAD, FLOOR)
    program = (
        "from datetime import date; from ajx_gateway.jurisdictions import profile; "
        "print(profile('330102', date(2024, 6, 1)).value('fund_floor_ratio').value)"
    )
    environment = {**os.environ, "AJX_JURISDICTIONS_DIR": str(tmp_path)}
    said = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )

    assert said.stdout.strip() == "0.10"

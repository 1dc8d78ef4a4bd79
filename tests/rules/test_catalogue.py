"""Does the published catalogue, and its page, name every rule?"""

import json
from datetime import date
from pathlib import Path

from ajx_gateway.rules import RULES, catalogue
from ajx_gateway.rules.rulebook import page
from ajx_gateway.standard import SHAPE_RULES, VERSIONS

ON = date(2026, 11, 21)
PAGE = Path(__file__).parents[2] / "docs" / "rules.md"


def test_the_catalogue_names_every_rule_and_every_shape_finding_once() -> None:
    ids = [entry["id"] for entry in catalogue(None, ON)]
    assert ids == sorted({*RULES, *SHAPE_RULES})


def test_every_entry_says_what_where_how_severe_and_how_to_mend() -> None:
    for entry in catalogue("440605", ON):
        assert entry["title"], entry["id"]
        assert entry["clause"], entry["id"]
        assert entry["mend"].endswith("。"), entry["id"]
        assert entry["severity"] in ("error", "warning", "notice")
        assert entry["kinds"]
        assert entry["since"] in VERSIONS


def test_the_catalogue_is_that_of_the_place() -> None:
    def entry(place: str | None, rule_id: str) -> dict[str, object]:
        [found] = [each for each in catalogue(place, ON) if each["id"] == rule_id]
        return found

    assert entry("341300", "policy.fund_below_floor")["values"]["fund_floor_ratio"] == "0.12"  # type: ignore[index]
    assert entry("440605", "policy.fund_below_floor")["values"]["fund_floor_ratio"] == "0.15"  # type: ignore[index]
    assert entry(None, "policy.fund_below_floor")["applies"] is False
    assert entry("341300", "policy.fund_below_floor")["applies"] is True
    assert "应急监二〔2023〕84号" in str(entry("341300", "policy.fund_below_floor")["clause"])


def test_the_catalogue_can_be_written_as_json() -> None:
    for place in (None, "341300", "440608"):
        assert json.loads(json.dumps(catalogue(place, ON)))


def test_the_page_of_the_rules_is_up_to_date() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == page(), "run: uv run python -m ajx_gateway.rules.rulebook > docs/rules.md"

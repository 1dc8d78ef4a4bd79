"""Whoever looks at a record when it is judged is judged again when that record changes: the two tables mirror each other."""

from ajx_gateway.store import case_again, references
from ajx_gateway.store.columns import PROMOTED

# What is fetched for a rule, and the kinds of record it is made of.
MADE_OF = {
    "policies": {"policy"},
    "covers": {"policy"},
    "renewed": {"policy", "endorsement"},
    "endorsements": {"endorsement"},
    "claims": {"claim"},
    "plans": {"service_plan"},
    "services": {"service"},
    "evidence": {"service"},
    "funds": {"fund_entry"},
    "entries": {"fund_entry"},
    "figures": {"policy", "service", "hazard", "fund_entry"},
}


def followed(kind: str) -> set[str]:
    """The kinds of record that are judged again when a record of this kind changes."""
    reports = {"annual_report"} if kind in case_again._YEARS else set()
    return {dependent for dependent, *_ in case_again._DEPEND.get(kind, ())} | reports


def test_every_need_of_a_rule_is_followed_in_the_other_direction() -> None:
    needed = {
        (of, kind) for kind, needs in references._NEEDS.items() for need in needs for of in MADE_OF[need]
    }
    assert {need for needs in references._NEEDS.values() for need in needs} == MADE_OF.keys()
    assert {(of, kind) for of in PROMOTED for kind in followed(of)} == needed


def test_a_policy_concerns_others_by_all_that_rules_look_at_and_by_nothing_else() -> None:
    assert {"division", "voided", "signed_on", "effective_on", "expires_on", "aggregate"} <= set(
        case_again._LOOKED_AT
    )
    assert {"employee_count", "standardization_level"}.isdisjoint(case_again._LOOKED_AT)

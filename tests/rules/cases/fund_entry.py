"""Every rule of a ledger entry, once kept and once broken."""

from datetime import date
from decimal import Decimal

from ajx_gateway.rules import FundFacts, ServiceFacts
from rules.bench import DROP, INSURER, POLICY_NO, Case, story

POLICY = story().policies[POLICY_NO]
SERVICE_NO = "S2026-440605-0001"
ACCRUAL = {"/type": "accrual", "/purpose": DROP, "/payee": DROP, "/service_no": DROP, "/amount": "2025.00"}
REVERSAL = {"/type": "reversal", "/reverses_entry_no": "F1", "/amount": "-100.00"}
SPENT = FundFacts("F1", "spend", Decimal("1225.00"), None, POLICY_NO)
ORIGINAL = FundFacts("F1", "spend", Decimal("100.00"), None, POLICY_NO)


def served(policy_no: str, state: str = "confirmed") -> dict[str, object]:
    return {"services": {SERVICE_NO: ServiceFacts(SERVICE_NO, policy_no, date(2026, 4, 8), state)}}


CASES = (
    Case("code.uscc_invalid", "/payee/uscc", bad={"/payee/uscc": "91440605MA0000031X"}),
    Case("code.division_unknown", "/division", bad={"/division": "440699"}, good={"/division": "440600"}),
    Case("fund_entry.spend_incomplete", "/purpose", bad={"/purpose": DROP}),
    Case(
        "fund_entry.spend_incomplete",
        "/invoice_no",
        bad={"/invoice_no": DROP, "/voucher_sha256": DROP},
        good={"/invoice_no": DROP},
    ),
    Case("fund_entry.amount_sign", "/amount", bad={"/amount": "-0.01"}, good={"/amount": "0.01"}),
    Case("fund_entry.amount_sign", "/amount", both=REVERSAL, bad={"/amount": "0.00"}),
    Case(
        "fund_entry.reversed_entry_missing",
        "/reverses_entry_no",
        both=REVERSAL,
        bad={"/reverses_entry_no": DROP},
    ),
    Case("fund_entry.reversed_entry_unexpected", "/reverses_entry_no", bad={"/reverses_entry_no": "F1"}),
    Case(
        "fund_entry.reverses_itself",
        "/reverses_entry_no",
        both=REVERSAL,
        bad={"/reverses_entry_no": "F2026-440605-0001"},
    ),
    Case("fund_entry.accrual_without_policy", "/policy_no", both=ACCRUAL, bad={"/policy_no": DROP}),
    Case(
        "fund_entry.spend_unattributed",
        "/policy_no",
        bad={"/policy_no": DROP, "/service_no": DROP},
        good={"/policy_no": DROP},
    ),
    Case("fund_entry.purpose_unexpected", "/purpose", both=ACCRUAL, bad={"/purpose": "training"}),
    Case("fund_entry.note_missing", "/note", both={"/type": "adjustment"}, bad={"/note": DROP}),
    Case("fund_entry.paid_to_itself", "/payee/uscc", bad={"/payee/uscc": INSURER}),
    Case(
        "fund_entry.in_future",
        "/entered_on",
        bad={"/entered_on": "2026-11-22"},
        good={"/entered_on": "2026-11-21"},
    ),
    Case(
        "fund_entry.filed_late",
        "/entered_on",
        bad={"/entered_on": "2026-07-23"},
        good={"/entered_on": "2026-07-24"},
    ),
    Case("fund_entry.policy_unknown", "/policy_no", bad={"/policy_no": "P9"}, good={"/policy_no": DROP}),
    Case(
        "fund_entry.spend_above_accrual",
        "/amount",
        bad={"/amount": "800.01"},
        known={"funds": {POLICY_NO: [SPENT]}},
        known_good={"funds": {POLICY_NO: [SPENT]}},
    ),
    Case(
        "fund_entry.spend_above_accrual",
        "/amount",
        known={"funds": {POLICY_NO: [SPENT, SPENT._replace(entry_no="F2")]}},
        known_good={
            "funds": {
                POLICY_NO: [
                    SPENT,
                    SPENT._replace(entry_no="F2"),
                    FundFacts("F3", "reversal", Decimal("-1225.00"), None, POLICY_NO, "F2"),
                ]
            }
        },
    ),
    Case(
        "fund_entry.spend_above_cap",
        "/amount",
        law={"fund_spend_cap_ratio": Decimal("0.21")},
        bad={"/amount": "2835.01"},
        good={"/amount": "2835.00"},
    ),
    Case("fund_entry.accrual_above_policy", "/amount", both=ACCRUAL, bad={"/amount": "2025.01"}),
    Case("fund_entry.service_unknown", "/service_no", bad={"/service_no": "S9"}),
    Case("fund_entry.service_of_other_policy", "/service_no", known=served("P9")),
    Case("fund_entry.service_cancelled", "/service_no", known=served(POLICY_NO, "cancelled")),
    Case(
        "fund_entry.reversed_entry_unknown",
        "/reverses_entry_no",
        both=REVERSAL,
        known_good={"entries": {"F1": ORIGINAL}},
    ),
    Case(
        "fund_entry.reversal_differs",
        "/amount",
        both=REVERSAL,
        bad={"/amount": "-99.99"},
        known={"entries": {"F1": ORIGINAL}},
        known_good={"entries": {"F1": ORIGINAL}},
    ),
)

"""HOW MUCH was paid, accrued or spent on one policy so far? Added once per batch and policy."""

from decimal import Decimal

from ajx_gateway.rules.days import total
from ajx_gateway.rules.known import Known


def claims_paid(known: Known, policy_no: str) -> Decimal:
    """Payments and advances over all claims of the policy."""
    if ("claims", policy_no) not in known.sums:
        known.sums["claims", policy_no] = total(claim.paid for claim in known.claims.get(policy_no, ()))
    return known.sums["claims", policy_no]


def fund_net(known: Known, policy_no: str, kind: str) -> Decimal:
    """Ledger entries of one type over the policy, less those that reverse them."""
    if (kind, policy_no) not in known.sums:
        ledger = known.funds.get(policy_no, ())
        numbers = {entry.entry_no for entry in ledger if entry.type == kind}
        known.sums[kind, policy_no] = total(
            entry.amount
            for entry in ledger
            if entry.type == kind or (entry.type == "reversal" and entry.reverses_entry_no in numbers)
        )
    return known.sums[kind, policy_no]

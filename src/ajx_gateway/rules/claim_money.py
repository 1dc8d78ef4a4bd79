"""DOES the money of a claim add up: claimed, assessed, paid, advanced, reserved, refused?"""

from collections.abc import Iterator

from ajx_gateway.rules import clauses
from ajx_gateway.rules.days import text, total
from ajx_gateway.rules.facts import claim_facts
from ajx_gateway.rules.records import Claim
from ajx_gateway.rules.registry import Fault, rule

_UNPAID_RESULTS = ("no_pay", "refused", "withdrawn")


@rule(
    "claim.closing_incomplete",
    kind="claim",
    title="已结案但缺少结案信息",
    severity="error",
    clause=clauses.STANDARD,
    mend="请填写 close_result 和 closed_on。",
)
def closing_incomplete(claim: Claim) -> Iterator[Fault]:
    if claim.state != "closed":
        return
    for name, title in (("close_result", "结案结果"), ("closed_on", "结案日期")):
        if getattr(claim, name) is None:
            yield Fault(f"/{name}", title, "", f"赔案已结案，但没有{title}。")


@rule(
    "claim.closing_premature",
    kind="claim",
    title="未结案却有结案信息",
    severity="error",
    clause=clauses.STANDARD,
    mend="已结案请将状态填为 closed，否则删除结案信息。",
)
def closing_premature(claim: Claim) -> Iterator[Fault]:
    if claim.state in ("closed", "reopened"):
        return
    for name in ("close_result", "closed_on"):
        if getattr(claim, name) is not None:
            yield Fault(f"/{name}", "结案后填写", claim.state, "赔案尚未结案，却填写了结案信息。")


@rule(
    "claim.refusal_missing",
    kind="claim",
    title="拒赔缺少理由",
    severity="error",
    clause=f"{clauses.INSURANCE_LAW}第二十四条",
    mend="请填写 refusal 的原因、说明和日期。",
)
def refusal_missing(claim: Claim) -> Iterator[Fault]:
    if claim.close_result == "refused" and claim.refusal is None:
        yield Fault("/refusal", "拒赔原因、说明和日期", "", "结案结果为拒赔，但没有拒赔理由。")


@rule(
    "claim.refusal_contradicts_result",
    kind="claim",
    title="拒赔信息与结案结果不符",
    severity="warning",
    clause=clauses.STANDARD,
    mend="部分拒赔可以保留；全部拒赔请将结案结果填为 refused。",
)
def refusal_contradicts_result(claim: Claim) -> Iterator[Fault]:
    if claim.refusal is not None and claim.close_result not in (None, "refused"):
        yield Fault("/refusal", "仅拒赔填写", claim.close_result, "结案结果不是拒赔，却填写了拒赔信息。")


@rule(
    "claim.payment_missing",
    kind="claim",
    title="已赔付但没有赔款",
    severity="error",
    clause=clauses.STANDARD,
    mend="请填写 payments（或预付 advance_payments）。",
)
def payment_missing(claim: Claim) -> Iterator[Fault]:
    says_paid = claim.state == "paid" or (claim.state == "closed" and claim.close_result == "paid")
    if says_paid and not claim.payments and not claim.advance_payments:
        yield Fault("/payments", "至少一笔赔款", "0笔", "赔案为已赔付，但没有赔款记录。")


@rule(
    "claim.unpaid_with_payment",
    kind="claim",
    title="不予赔付却有赔款",
    severity="error",
    clause=clauses.STANDARD,
    mend="请核对结案结果；已付赔款的结案结果应为 paid。",
)
def unpaid_with_payment(claim: Claim) -> Iterator[Fault]:
    if claim.state == "closed" and claim.close_result in _UNPAID_RESULTS and claim.payments:
        message = "结案结果为不予赔付，却有赔款记录。"
        yield Fault("/payments", "没有赔款", f"{len(claim.payments)}笔", message)


@rule(
    "claim.final_payment_missing",
    kind="claim",
    title="结案没有最后一笔赔款标记",
    severity="warning",
    clause=clauses.STANDARD,
    mend="请将最后一笔赔款的 final 填为 true。",
)
def final_payment_missing(claim: Claim) -> Iterator[Fault]:
    closed_paid = claim.state == "closed" and claim.close_result == "paid" and claim.payments
    if closed_paid and not any(payment.final for payment in claim.payments):
        yield Fault("/payments", "最后一笔标记 final", "无", "赔案已赔付结案，但没有标记最后一笔赔款。")


@rule(
    "claim.final_payment_not_last",
    kind="claim",
    title="最后一笔赔款之后还有赔款",
    severity="warning",
    clause=clauses.STANDARD,
    mend="只有日期最晚的一笔可以标记 final。",
)
def final_payment_not_last(claim: Claim) -> Iterator[Fault]:
    last = max((payment.paid_on for payment in claim.payments), default=None)
    finals = [index for index, payment in enumerate(claim.payments) if payment.final]
    for index in finals:
        paid_on = claim.payments[index].paid_on
        if len(finals) > 1 or paid_on != last:
            yield Fault(
                f"/payments/{index}/final",
                "仅最后一笔为 true",
                str(paid_on),
                "标记为最后一笔的赔款不是唯一或最晚的一笔。",
            )


@rule(
    "claim.item_paid_above_assessed",
    kind="claim",
    title="赔付金额大于核定金额",
    severity="error",
    clause=clauses.STANDARD,
    mend="请核对该项的核定金额与赔付金额。",
)
def item_paid_above_assessed(claim: Claim) -> Iterator[Fault]:
    for index, item in enumerate(claim.items):
        if item.paid is not None and item.assessed is not None and item.paid > item.assessed:
            expected = f"不大于核定金额{text(item.assessed)}"
            yield Fault(f"/items/{index}/paid", expected, text(item.paid), "赔付金额大于核定金额。")


@rule(
    "claim.item_assessed_above_claimed",
    kind="claim",
    title="核定金额大于索赔金额",
    severity="warning",
    clause=clauses.STANDARD,
    mend="请核对该项的索赔金额与核定金额。",
)
def item_assessed_above_claimed(claim: Claim) -> Iterator[Fault]:
    for index, item in enumerate(claim.items):
        if item.assessed is not None and item.assessed > item.claimed:
            expected = f"不大于索赔金额{text(item.claimed)}"
            yield Fault(f"/items/{index}/assessed", expected, text(item.assessed), "核定金额大于索赔金额。")


@rule(
    "claim.payments_differ_from_items",
    kind="claim",
    title="赔款合计与各项赔付不符",
    severity="error",
    clause=clauses.STANDARD,
    mend="最后一笔赔款后，赔款与预付之和应等于各项 paid 之和。",
)
def payments_differ_from_items(claim: Claim) -> Iterator[Fault]:
    if not any(payment.final for payment in claim.payments):
        return
    paid = claim_facts(claim).paid
    itemised = total(item.paid for item in claim.items if item.paid is not None)
    if paid != itemised:
        yield Fault(
            "/payments", f"合计{text(itemised)}", text(paid), "赔款（含预付）合计与各项赔付合计不符。"
        )


@rule(
    "claim.paid_after_closing",
    kind="claim",
    title="结案后仍有赔款",
    severity="warning",
    clause=clauses.STANDARD,
    mend="结案后再赔付请先重开赔案，或更正结案日期。",
)
def paid_after_closing(claim: Claim) -> Iterator[Fault]:
    if claim.state != "closed" or claim.closed_on is None or claim.reopened_on is not None:
        return
    for index, payment in enumerate(claim.payments):
        if payment.paid_on > claim.closed_on:
            expected = f"不晚于结案日{claim.closed_on}"
            yield Fault(
                f"/payments/{index}/paid_on", expected, str(payment.paid_on), "赔款日期晚于结案日期。"
            )


@rule(
    "claim.reserve_after_closing",
    kind="claim",
    title="结案后仍有未决准备金",
    severity="warning",
    clause=clauses.STANDARD,
    mend="结案时请将 reserve 冲减为0。",
)
def reserve_after_closing(claim: Claim) -> Iterator[Fault]:
    if claim.state == "closed" and claim.reserve > 0:
        yield Fault("/reserve", "0", text(claim.reserve), "赔案已结案，未决赔款准备金不为零。")

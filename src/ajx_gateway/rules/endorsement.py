"""DOES an endorsement say what its type needs: cancellation, extension, refund, head count?"""

from collections.abc import Iterator

from ajx_gateway.rules import clauses
from ajx_gateway.rules.arrival import Arrival
from ajx_gateway.rules.days import text
from ajx_gateway.rules.policy_limits import limit_order
from ajx_gateway.rules.records import Endorsement
from ajx_gateway.rules.registry import Fault, rule

EXTENSION = "佛应急〔2020〕29号 三（一）延长保险期限、免费扩展保障"


@rule(
    "endorsement.cancellation_missing",
    kind="endorsement",
    title="退保批单缺少退保信息",
    severity="error",
    clause=clauses.STANDARD,
    mend="请填写 cancellation 的原因和退费金额（无退费填0）。",
)
def cancellation_missing(endorsement: Endorsement) -> Iterator[Fault]:
    if endorsement.type == "cancel" and endorsement.cancellation is None:
        yield Fault("/cancellation", "退保原因与退费", "", "退保（注销）批单没有退保信息。")


@rule(
    "endorsement.cancellation_unexpected",
    kind="endorsement",
    title="非退保批单却有退保信息",
    severity="error",
    clause=clauses.STANDARD,
    mend="退保请将类型填为 cancel，否则删除 cancellation。",
)
def cancellation_unexpected(endorsement: Endorsement) -> Iterator[Fault]:
    if endorsement.type != "cancel" and endorsement.cancellation is not None:
        yield Fault(
            "/cancellation", "仅退保批单填写", endorsement.type, "批单类型不是退保，却填写了退保信息。"
        )


@rule(
    "endorsement.cancellation_refund_differs",
    kind="endorsement",
    title="退费与保费变化不符",
    severity="error",
    clause=clauses.STANDARD,
    mend="退保时 premium_change 应为退费金额的相反数。",
)
def cancellation_refund_differs(endorsement: Endorsement) -> Iterator[Fault]:
    cancellation = endorsement.cancellation
    if endorsement.type == "cancel" and cancellation is not None:
        expected = -cancellation.refund
        if endorsement.premium_change != expected:
            actual = text(endorsement.premium_change)
            yield Fault("/premium_change", text(expected), actual, "保费变化与退费金额不符。")


@rule(
    "endorsement.new_expiry_missing",
    kind="endorsement",
    title="延期批单缺少新的止期",
    severity="error",
    clause=clauses.STANDARD,
    mend="请填写 new_expires_on（含当日）。",
)
def new_expiry_missing(endorsement: Endorsement) -> Iterator[Fault]:
    if endorsement.type == "extend_period" and endorsement.new_expires_on is None:
        yield Fault("/new_expires_on", "新的保险止期", "", "延长保险期限的批单没有新的止期。")


@rule(
    "endorsement.new_expiry_unexpected",
    kind="endorsement",
    title="非延期批单却有新的止期",
    severity="warning",
    clause=clauses.STANDARD,
    mend="延长期限请将类型填为 extend_period。",
)
def new_expiry_unexpected(endorsement: Endorsement) -> Iterator[Fault]:
    if endorsement.type not in ("extend_period", "reinstate") and endorsement.new_expires_on is not None:
        yield Fault(
            "/new_expires_on",
            "仅延期或恢复批单填写",
            endorsement.type,
            "批单类型不是延期，却填写了新的止期。",
        )


@rule(
    "endorsement.new_expiry_before_effective",
    kind="endorsement",
    title="新的止期早于批改生效日",
    severity="error",
    clause=clauses.STANDARD,
    mend="请核对新的止期。",
)
def new_expiry_before_effective(endorsement: Endorsement) -> Iterator[Fault]:
    new_expires_on = endorsement.new_expires_on
    if new_expires_on is not None and new_expires_on < endorsement.effective_on:
        expected = f"不早于{endorsement.effective_on}"
        yield Fault("/new_expires_on", expected, str(new_expires_on), "新的止期早于批改生效日期。")


@rule(
    "endorsement.new_limits_missing",
    kind="endorsement",
    title="变更限额批单缺少新限额",
    severity="error",
    clause=clauses.STANDARD,
    mend="请填写 new_limits 的全部限额。",
)
def new_limits_missing(endorsement: Endorsement) -> Iterator[Fault]:
    if endorsement.type == "change_limit" and endorsement.new_limits is None:
        yield Fault("/new_limits", "变更后的限额", "", "变更限额的批单没有新的限额。")


@rule(
    "endorsement.limits_out_of_order",
    kind="endorsement",
    title="新限额大小颠倒",
    severity="error",
    clause=clauses.STANDARD,
    mend="应满足：每人限额 ≤ 每次事故限额 ≤ 累计限额。",
)
def limits_out_of_order(endorsement: Endorsement) -> Iterator[Fault]:
    if endorsement.new_limits is not None:
        yield from limit_order(endorsement.new_limits, "/new_limits")


@rule(
    "endorsement.free_but_charged",
    kind="endorsement",
    title="免费批单却有保费变化",
    severity="error",
    clause=EXTENSION,
    mend="免费批单的 premium_change 应为0。",
)
def free_but_charged(endorsement: Endorsement) -> Iterator[Fault]:
    if endorsement.free_of_charge and endorsement.premium_change != 0:
        yield Fault(
            "/premium_change", "0", text(endorsement.premium_change), "批单标记为免费，却有保费变化。"
        )


@rule(
    "endorsement.extension_not_marked_free",
    kind="endorsement",
    title="不加收保费的扩展未标记免费",
    severity="error",
    clause=EXTENSION,
    mend="不加收保费的延期或扩展请将 free_of_charge 填为 true。",
)
def extension_not_marked_free(endorsement: Endorsement) -> Iterator[Fault]:
    extends = endorsement.type in ("extend_period", "extend_cover")
    if extends and endorsement.premium_change == 0 and not endorsement.free_of_charge:
        yield Fault("/free_of_charge", "true", "false", "延期或扩展没有加收保费，但未标记为免费。")


@rule(
    "endorsement.refund_not_negative",
    kind="endorsement",
    title="退费批单的保费变化不为负",
    severity="error",
    clause=clauses.STANDARD,
    mend="退费时 premium_change 填写负数。",
)
def refund_not_negative(endorsement: Endorsement) -> Iterator[Fault]:
    if endorsement.type == "refund" and endorsement.premium_change >= 0:
        yield Fault(
            "/premium_change", "小于0", text(endorsement.premium_change), "退费批单的保费变化应为负数。"
        )


@rule(
    "endorsement.premium_unchanged",
    kind="endorsement",
    title="变更保费批单的保费没有变化",
    severity="warning",
    clause=clauses.STANDARD,
    mend="请填写保费变化额，或改用其他批单类型。",
)
def premium_unchanged(endorsement: Endorsement) -> Iterator[Fault]:
    if endorsement.type == "change_premium" and endorsement.premium_change == 0:
        yield Fault("/premium_change", "不为0", "0", "变更保费的批单没有保费变化。")


@rule(
    "endorsement.count_change_missing",
    kind="endorsement",
    title="增减人员批单缺少人数变化",
    severity="error",
    clause=clauses.STANDARD,
    mend="请填写 insured_count_change（增加为正，减少为负）。",
)
def count_change_missing(endorsement: Endorsement) -> Iterator[Fault]:
    if endorsement.type in ("add_persons", "remove_persons") and endorsement.insured_count_change is None:
        yield Fault("/insured_count_change", "人数变化", "", "增减人员的批单没有人数变化。")


_SIGNS = {"add_persons": (1, "大于0"), "remove_persons": (-1, "小于0"), "replace_persons": (0, "0")}


@rule(
    "endorsement.count_change_sign",
    kind="endorsement",
    title="人数变化与批单类型不符",
    severity="error",
    clause=clauses.STANDARD,
    mend="增加人员为正数，减少人员为负数，替换人员为0。",
)
def count_change_sign(endorsement: Endorsement) -> Iterator[Fault]:
    change = endorsement.insured_count_change
    if change is None or endorsement.type not in _SIGNS:
        return
    sign, expected = _SIGNS[endorsement.type]
    if (change > 0) - (change < 0) != sign:
        yield Fault("/insured_count_change", expected, str(change), "人数变化的正负与批单类型不符。")


@rule(
    "endorsement.count_after_contradicts",
    kind="endorsement",
    title="批改后人数与人数变化矛盾",
    severity="error",
    clause=clauses.STANDARD,
    mend="批改后人数不能小于本次增加的人数。",
)
def count_after_contradicts(endorsement: Endorsement) -> Iterator[Fault]:
    change, after = endorsement.insured_count_change, endorsement.insured_count_after
    if change is not None and after is not None and after < change:
        yield Fault("/insured_count_after", f"不小于{change}", str(after), "批改后人数小于本次增加的人数。")


@rule(
    "endorsement.backdated",
    kind="endorsement",
    title="批改生效日远早于批改日",
    severity="warning",
    clause=clauses.STANDARD,
    mend="请核实追溯生效的原因；日期填错的请更正。",
)
def backdated(endorsement: Endorsement, *, endorsement_backdating_days_max: int) -> Iterator[Fault]:
    back = (endorsement.issued_on - endorsement.effective_on).days
    if back > endorsement_backdating_days_max:
        expected = f"不早于批改日前{endorsement_backdating_days_max}日"
        yield Fault("/effective_on", expected, str(endorsement.effective_on), f"批改追溯{back}日生效。")


@rule(
    "endorsement.issued_in_future",
    kind="endorsement",
    title="批改日期在接收日之后",
    severity="error",
    clause=clauses.STANDARD,
    mend="请在出具批单后报送，或更正批改日期。",
)
def issued_in_future(endorsement: Endorsement, arrival: Arrival) -> Iterator[Fault]:
    if endorsement.issued_on > arrival.today:
        expected = f"不晚于接收日{arrival.today}"
        yield Fault("/issued_on", expected, str(endorsement.issued_on), "批改日期晚于网关接收日期。")


@rule(
    "endorsement.reason_missing",
    kind="endorsement",
    title="缺少批改原因",
    severity="warning",
    clause=clauses.STANDARD,
    mend="退保、恢复和其他类型的批单请说明原因。",
)
def reason_missing(endorsement: Endorsement) -> Iterator[Fault]:
    if endorsement.type in ("cancel", "reinstate", "other") and not endorsement.reason:
        yield Fault("/reason", "批改原因", "", "此类批单应说明原因。")

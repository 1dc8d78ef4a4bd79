"""WHAT is a claim (赔案)?"""

from typing import Annotated

from ajx_gateway.standard.marks import PART, mark
from ajx_gateway.standard.record import Part, Record
from ajx_gateway.standard.v1.parts import RevisedAt
from ajx_gateway.standard.vocabulary import (
    Coded,
    Count,
    Date,
    Division9,
    IdNumber,
    Instant,
    Key,
    Maybe,
    Money,
    Text50,
    Text300,
    Text500,
    Text1000,
    Text2000,
    Whole,
    few,
)


class Accident(Part):
    """事故"""

    occurred_at: Annotated[
        Instant, mark("发生时间", "事故发生的时间，带时区。", "2026-05-12T14:20:00+08:00", "C1")
    ]
    division: Annotated[Division9, mark("事故所在地", "事故发生地的九位区划代码。", "440605011", "C0")]
    address: Annotated[Text300, mark("事故地点", "事故发生的详细地点。", "示例路1号冲压车间（虚构）", "C1")]
    type: Annotated[
        str,
        Coded("accident_type"),
        mark("事故类型", "按事故发生之日有效的分类标准填写。", "object_strike", "C1"),
    ]
    cause: Annotated[Maybe[Text500], mark("事故原因", "事故的直接原因。", "工件装夹不牢", "C1")] = None
    description: Annotated[
        Maybe[Text2000],
        mark("事故经过", "事故经过的简要描述，不写个人信息。", "工件飞出击中操作人员手部。", "C1"),
    ] = None
    grade: Annotated[
        Maybe[Annotated[str, Coded("accident_grade")]],
        mark("事故等级", "按伤亡人数和直接经济损失确定的等级。", "general", "C1"),
    ] = None
    deaths: Annotated[Count, mark("死亡人数", "事故造成的死亡人数。", 0, "C1")]
    missing: Annotated[Count, mark("下落不明人数", "事故造成的下落不明人数。", 0, "C1")]
    serious_injuries: Annotated[Count, mark("重伤人数", "重伤人数，含急性工业中毒。", 0, "C1")]
    minor_injuries: Annotated[Count, mark("轻伤人数", "轻伤人数。", 1, "C1")]
    direct_loss: Annotated[Money, mark("直接经济损失", "事故造成的直接经济损失，单位元。", "65000.00", "C2")]


class Victim(Part):
    """伤亡人员"""

    name: Annotated[Text50, mark("姓名", "伤亡人员的姓名。", "测试乙", "C3")]
    id_type: Annotated[str, Coded("id_type"), mark("证件类型", "伤亡人员的证件类型。", "resident_id", "C1")]
    id_no: Annotated[IdNumber, mark("证件号码", "伤亡人员的证件号码，加密存储。", "999999199001010024", "C4")]
    role: Annotated[str, Coded("victim_role"), mark("人员身份", "从业人员或者第三者。", "employee", "C1")]
    harm: Annotated[str, Coded("harm"), mark("伤害后果", "事故对该人员造成的后果。", "disability", "C3")]
    disability_scale: Annotated[
        Maybe[Annotated[str, Coded("disability_scale")]],
        mark("伤残评定标准", "评定伤残等级所用的标准。", "gbt16180", "C3"),
    ] = None
    disability_grade: Annotated[
        Maybe[Annotated[int, Whole(1, 10)]], mark("伤残等级", "1至10级，1级最重。", 9, "C3")
    ] = None


class ClaimItem(Part):
    """赔付项目"""

    code: Annotated[str, Coded("claim_item"), mark("赔付项目", "索赔的项目。", "emp_disability", "C1")]
    claimed: Annotated[Money, mark("索赔金额", "被保险人索赔的金额，单位元。", "65000.00", "C2")]
    assessed: Annotated[Maybe[Money], mark("核定金额", "保险机构核定的金额，单位元。", "60000.00", "C2")] = (
        None
    )
    paid: Annotated[Maybe[Money], mark("赔付金额", "该项目已经赔付的金额，单位元。", "60000.00", "C2")] = None


class AdvancePayment(Part):
    """预付赔款"""

    amount: Annotated[Money, mark("预付金额", "先行垫付或者预付的金额，单位元。", "10000.00", "C2")]
    paid_on: Annotated[Date, mark("预付日期", "预付的日期。", "2026-05-20", "C1")]


class Payment(Part):
    """赔款支付"""

    amount: Annotated[Money, mark("支付金额", "本次支付的赔款，不含已预付的部分，单位元。", "50000.00", "C2")]
    paid_on: Annotated[Date, mark("支付日期", "本次支付的日期。", "2026-06-08", "C1")]
    final: Annotated[bool, mark("是否末次支付", "是否本赔案的最后一次支付。", True, "C1")]


class Refusal(Part):
    """拒赔"""

    reason: Annotated[str, Coded("refusal_reason"), mark("拒赔原因", "拒赔的原因。", "exclusion", "C1")]
    description: Annotated[
        Text1000, mark("拒赔说明", "拒赔依据的条款和事实。", "示例说明：属于责任免除。", "C1")
    ]
    refused_on: Annotated[Date, mark("拒赔日期", "发出拒赔通知的日期。", "2026-06-02", "C1")]


class ClaimExpense(Part):
    """直接理赔费用"""

    code: Annotated[str, Coded("claim_expense"), mark("费用类型", "直接理赔费用的类型。", "inspection", "C1")]
    amount: Annotated[Money, mark("费用金额", "费用金额，单位元。", "800.00", "C2")]


class Claim(Record, kind="claim", collection="claims", key="claim_no", zh="赔案"):
    """赔案"""

    claim_no: Annotated[
        Key, mark("赔案号", "保险机构核心系统中的赔案号，在本机构内唯一。", "C2026-440605-0001", "C1")
    ]
    policy_no: Annotated[Key, mark("保单号", "出险的保单号。", "P2026-440605-0001", "C1")]
    report_no: Annotated[Key, mark("报案号", "报案号，可以与赔案号相同。", "R2026-440605-0001", "C1")]
    registration_no: Annotated[
        Maybe[Key], mark("立案号", "立案号，可以与赔案号相同。", "L2026-440605-0001", "C1")
    ] = None
    state: Annotated[str, Coded("claim_state"), mark("赔案状态", "赔案当前的状态。", "closed", "C1")]
    close_result: Annotated[
        Maybe[Annotated[str, Coded("close_result")]], mark("结案结果", "结案时的结果。", "paid", "C1")
    ] = None
    reported_at: Annotated[
        Instant, mark("报案时间", "保险机构接到报案的时间，带时区。", "2026-05-12T15:05:00+08:00", "C1")
    ]
    reporter_type: Annotated[
        Maybe[Annotated[str, Coded("reporter_type")]], mark("报案人类型", "报案人的身份。", "insured", "C1")
    ] = None
    accident: Annotated[Accident, mark("事故", "引起索赔的事故。", PART, "C1")]
    third_party_claim_on: Annotated[
        Maybe[Date], mark("第三者索赔日期", "第三者首次提出索赔的日期。", "2026-05-15", "C1")
    ] = None
    victims: Annotated[
        Maybe[Annotated[list[Victim], few(0, 1000)]], mark("伤亡人员", "事故伤亡人员清单。", PART, "C3")
    ] = None
    items: Annotated[
        list[ClaimItem], few(1, 100), mark("赔付项目", "索赔、核定与赔付金额的明细。", PART, "C2")
    ]
    reserve: Annotated[Money, mark("未决准备金", "当前未决赔款准备金，结案后为0，单位元。", "0.00", "C2")]
    advance_payments: Annotated[
        list[AdvancePayment], few(0, 1000), mark("预付赔款", "历次预付或者垫付，没有时为空数组。", PART, "C2")
    ]
    payments: Annotated[
        list[Payment], few(0, 1000), mark("赔款支付", "历次赔款支付，没有时为空数组。", PART, "C2")
    ]
    refusal: Annotated[Maybe[Refusal], mark("拒赔", "拒赔时填写。", PART, "C1")] = None
    expenses: Annotated[
        Maybe[Annotated[list[ClaimExpense], few(0, 100)]],
        mark("直接理赔费用", "公估、鉴定、诉讼等费用，不属于赔款。", PART, "C2"),
    ] = None
    registered_on: Annotated[Maybe[Date], mark("立案日期", "立案的日期。", "2026-05-13", "C1")] = None
    surveyed_on: Annotated[Maybe[Date], mark("查勘日期", "现场查勘的日期。", "2026-05-13", "C1")] = None
    adjudicated_on: Annotated[Maybe[Date], mark("核赔日期", "核定赔付的日期。", "2026-06-02", "C1")] = None
    closed_on: Annotated[Maybe[Date], mark("结案日期", "结案的日期。", "2026-06-09", "C1")] = None
    reopened_on: Annotated[Maybe[Date], mark("重开日期", "结案后重新打开的日期。", "2026-07-01", "C1")] = None
    reopen_reason: Annotated[
        Maybe[Text300], mark("重开原因", "重开赔案的原因。", "补充后续治疗费用", "C1")
    ] = None
    quick_claim: Annotated[Maybe[bool], mark("是否快速理赔", "是否适用快速理赔机制。", True, "C1")] = None
    revised_at: RevisedAt

"""WHAT stands inside a policy? Product, branch, enterprise, subject, cover, premium and persons."""

from typing import Annotated, Literal

from ajx_gateway.standard.marks import PART, mark
from ajx_gateway.standard.record import Part
from ajx_gateway.standard.vocabulary import (
    Coded,
    Count,
    Date,
    Division6,
    Division9,
    Factor,
    IdNumber,
    Industry,
    Maybe,
    Money,
    Phone,
    Positive,
    Ratio,
    Text50,
    Text64,
    Text100,
    Text200,
    Text300,
    Uscc,
    few,
)


class Product(Part):
    """保险产品"""

    filing_no: Annotated[
        Text100, mark("产品备案编号", "产品条款和费率的备案或者注册编号。", "示例备-2025-0001", "C0")
    ]
    clause_version: Annotated[Text50, mark("条款版本", "保单适用的条款版本。", "2025版", "C0")]
    name: Annotated[Text200, mark("产品名称", "保险产品的备案名称。", "示例安全生产责任保险（虚构）", "C0")]
    model_clause: Annotated[Maybe[bool], mark("是否示范条款", "是否使用行业示范条款。", True, "C0")] = None
    tier: Annotated[Maybe[Text50], mark("方案档次", "投保人选择的方案档次。", "二档", "C1")] = None


class Branch(Part):
    """承保分支机构"""

    name: Annotated[
        Text200, mark("机构名称", "出具保单的分支机构名称。", "示例财产保险佛山分公司（虚构）", "C0")
    ]
    uscc: Annotated[
        Maybe[Uscc],
        mark("机构统一社会信用代码", "出具保单的分支机构的统一社会信用代码。", "91440600MA0000023C", "C0"),
    ] = None
    division: Annotated[
        Division6, mark("机构所在地", "分支机构所在地的六位区划代码，用于判断是否异地投保。", "440600", "C0")
    ]


class Enterprise(Part):
    """投保企业"""

    uscc: Annotated[
        Uscc, mark("统一社会信用代码", "投保企业的统一社会信用代码。", "91440605MA0000015R", "C0")
    ]
    name: Annotated[
        Text200, mark("企业名称", "投保企业的登记名称。", "示例一号五金制品有限公司（虚构）", "C0")
    ]
    division: Annotated[
        Division9,
        mark("属地", "企业属地的九位区划代码（到镇街），按属地确定适用的地方规定。", "440605011", "C0"),
    ]
    operating_division: Annotated[
        Maybe[Division9],
        mark("经营所在地", "实际经营地的九位区划代码，与属地不同时填写。", "440605011", "C0"),
    ] = None
    operating_address: Annotated[
        Maybe[Text300], mark("经营地址", "实际经营场所的详细地址。", "示例路1号（虚构）", "C1")
    ] = None
    industry: Annotated[
        Industry,
        mark("行业", "国民经济行业分类（GB/T 4754-2017）代码：门类字母加大类至小类数字。", "C3311", "C0"),
    ]
    size: Annotated[
        Maybe[Annotated[str, Coded("enterprise_size")]],
        mark("企业规模", "按统计上大中小微型企业划分办法确定的规模；部分时限按规模适用。", "medium", "C0"),
    ] = None
    sector_tags: Annotated[
        list[Annotated[str, Coded("sector_tag")]],
        few(0, 20),
        mark("行业领域标签", "企业所属的安责险行业领域，可以有多个。", ["indtrade", "machinery"], "C0"),
    ]
    employee_count: Annotated[Count, mark("从业人员数", "企业全部从业人员数，用于计算全员投保率。", 46, "C1")]
    employee_count_on: Annotated[Date, mark("从业人员数日期", "从业人员数的统计日期。", "2026-02-20", "C1")]
    employee_count_source: Annotated[
        str, Coded("count_source"), mark("从业人员数来源", "从业人员数取自何处。", "social_security", "C1")
    ]
    credit_list: Annotated[
        Maybe[Annotated[str, Coded("credit_list")]],
        mark("安全生产信用名单", "企业列入的安全生产信用名单。", "none", "C1"),
    ] = None
    standardization_level: Annotated[
        Maybe[Annotated[str, Coded("standardization_level")]],
        mark("标准化等级", "企业安全生产标准化等级。", "level3", "C0"),
    ] = None
    occupational_health_grade: Annotated[
        Maybe[Annotated[str, Coded("occupational_health_grade")]],
        mark("职业健康分级", "企业职业健康分级结果。", "b", "C1"),
    ] = None
    safety_licence_no: Annotated[
        Maybe[Text100],
        mark("安全生产许可证编号", "依法需要取得的安全生产许可证编号。", "示例许可-0001", "C0"),
    ] = None
    risk_coefficient: Annotated[
        Maybe[Factor], mark("风险系数", "承保时评定的企业风险系数。", "1.000000", "C2")
    ] = None
    contact_name: Annotated[Maybe[Text50], mark("联系人", "企业联系人姓名。", "测试甲", "C3")] = None
    contact_phone: Annotated[Maybe[Phone], mark("联系电话", "企业联系人电话。", "00000000000", "C3")] = None


class Subject(Part):
    """承保标的"""

    type: Annotated[
        str,
        Coded("subject_type"),
        mark("标的类型", "保单承保的是企业、工程项目、船舶还是车辆。", "enterprise", "C0"),
    ]
    name: Annotated[
        Maybe[Text200], mark("标的名称", "项目、船舶或者车辆的名称。", "示例工程项目（虚构）", "C0")
    ] = None
    code: Annotated[
        Maybe[Text100], mark("标的代码", "项目代码、船舶登记号或者车辆号牌。", "示例标的-0001", "C1")
    ] = None
    permit_no: Annotated[
        Maybe[Text100], mark("许可证编号", "施工许可等许可证编号。", "示例施工许可-0001", "C0")
    ] = None
    contract_amount: Annotated[
        Maybe[Money], mark("合同金额", "工程项目的合同金额，单位元。", "5000000.00", "C2")
    ] = None
    started_on: Annotated[Maybe[Date], mark("开工日期", "工程项目的开工日期。", "2026-03-01", "C1")] = None
    completed_on: Annotated[
        Maybe[Date], mark("竣工日期", "工程项目的计划或者实际竣工日期。", "2027-02-28", "C1")
    ] = None
    division: Annotated[
        Maybe[Division9], mark("标的所在地", "项目等标的所在地的九位区划代码。", "440605011", "C0")
    ] = None


class Deductible(Part):
    """免赔"""

    type: Annotated[str, Coded("deductible_type"), mark("免赔方式", "免赔的计算方式。", "amount", "C1")]
    amount: Annotated[Maybe[Money], mark("免赔额", "每次事故免赔额，单位元。", "500.00", "C2")] = None
    ratio: Annotated[Maybe[Ratio], mark("免赔率", "每次事故免赔率，0至1。", "0.050000", "C2")] = None


class Coverage(Part):
    """保障项目"""

    code: Annotated[str, Coded("coverage"), mark("保障项目", "保单承保的保障项目。", "emp_death", "C1")]
    limit: Annotated[Maybe[Money], mark("分项限额", "该保障项目的责任限额，单位元。", "600000.00", "C2")] = (
        None
    )
    deductible: Annotated[Maybe[Deductible], mark("免赔", "该保障项目的免赔约定。", PART, "C2")] = None


class Premium(Part):
    """保险费"""

    base: Annotated[Money, mark("基准保费", "按基准费率计算的保险费，单位元。", "15000.00", "C2")]
    adjusted: Annotated[Money, mark("应收保费", "经浮动因子调整后的保险费，单位元。", "13500.00", "C2")]
    received: Annotated[Money, mark("实收保费", "保险机构实际收到的保险费，单位元。", "13500.00", "C2")]
    refunded: Annotated[Money, mark("退还保费", "已经退还的保险费，单位元。", "0.00", "C2")]
    currency: Annotated[Literal["CNY"], mark("币种", "只能是人民币。", "CNY", "C0")]
    payer: Annotated[
        str,
        Coded("premium_payer"),
        mark("缴费主体", "实际缴纳保险费的主体，不得由从业人员个人分担。", "enterprise", "C1"),
    ]
    received_on: Annotated[Maybe[Date], mark("收费日期", "保险费到账日期。", "2026-02-25", "C1")] = None


class RatingFactor(Part):
    """费率浮动因子"""

    code: Annotated[
        str, Coded("rating_factor"), mark("浮动因子", "费率浮动所依据的因子。", "accident_record", "C1")
    ]
    value: Annotated[Factor, mark("因子系数", "该因子的调整系数，1 表示不浮动。", "0.900000", "C2")]


class Rating(Part):
    """费率"""

    base_rate: Annotated[Factor, mark("基准费率", "备案的基准费率。", "0.002500", "C2")]
    actual_rate: Annotated[Factor, mark("实际费率", "浮动后实际使用的费率。", "0.002250", "C2")]
    factors: Annotated[
        list[RatingFactor], few(0, 30), mark("浮动因子", "实际费率由基准费率乘以各因子系数得到。", PART, "C2")
    ]
    pure_risk_loss_rate: Annotated[
        Maybe[Factor], mark("纯风险损失率", "本省公布的本行业纯风险损失率。", "0.001200", "C2")
    ] = None


class InsuredGroup(Part):
    """被保险人员分组"""

    post: Annotated[Text100, mark("岗位", "岗位名称。", "冲压操作工", "C1")]
    employment_type: Annotated[
        str, Coded("employment_type"), mark("用工形式", "该组人员的用工形式。", "regular", "C1")
    ]
    count: Annotated[Positive, mark("人数", "该岗位的被保险人数。", 46, "C1")]


class InsuredPerson(Part):
    """被保险人员"""

    name: Annotated[Text50, mark("姓名", "被保险人员的姓名。", "测试乙", "C3")]
    id_type: Annotated[str, Coded("id_type"), mark("证件类型", "被保险人员的证件类型。", "resident_id", "C1")]
    id_no: Annotated[
        IdNumber, mark("证件号码", "被保险人员的证件号码，加密存储。", "999999199001010024", "C4")
    ]
    employment_type: Annotated[
        str, Coded("employment_type"), mark("用工形式", "被保险人员的用工形式。", "regular", "C1")
    ]
    post: Annotated[Maybe[Text100], mark("岗位", "岗位名称。", "冲压操作工", "C1")] = None
    dispatch_agency_uscc: Annotated[
        Maybe[Uscc],
        mark("派遣单位统一社会信用代码", "被派遣劳动者的派遣单位。", "91440605MA00000662", "C1"),
    ] = None


class CoInsurer(Part):
    """共保人"""

    uscc: Annotated[Uscc, mark("共保人统一社会信用代码", "参与共保的保险机构。", "91440600MA000004XY", "C0")]
    name: Annotated[
        Text200, mark("共保人名称", "参与共保的保险机构名称。", "示例共保财产保险佛山分公司（虚构）", "C0")
    ]
    role: Annotated[
        str, Coded("co_insurer_role"), mark("共保角色", "首席承保人或者跟随承保人。", "lead", "C0")
    ]
    share: Annotated[Ratio, mark("共保份额", "承担的份额，0至1，各共保人合计为1。", "1.000000", "C2")]


class ServiceFund(Part):
    """事故预防费用"""

    ratio: Annotated[
        Ratio, mark("事故预防费用比例", "提取的事故预防服务费用占实收保费的比例，0至1。", "0.150000", "C2")
    ]
    amount: Annotated[
        Money, mark("事故预防费用金额", "本保单提取的事故预防服务费用，单位元。", "2025.00", "C2")
    ]


class Subsidy(Part):
    """财政补贴"""

    amount: Annotated[Money, mark("补贴金额", "财政补贴的保险费，单位元。", "2700.00", "C2")]
    source: Annotated[Text200, mark("补贴来源", "补贴资金的来源。", "示例安责险专项补贴（虚构）", "C1")]
    reason: Annotated[Maybe[Text300], mark("超限说明", "补贴超过规定比例时说明依据。", "示例说明", "C1")] = (
        None
    )


class ConvertedFrom(Part):
    """转换前的商业保险"""

    kind: Annotated[Text100, mark("原险种", "转换前的同类商业保险险种。", "雇主责任保险", "C1")]
    expires_on: Annotated[Date, mark("原保险到期日", "原保险的到期日期。", "2026-02-28", "C1")]


class ParentCover(Part):
    """上级公司统一投保"""

    uscc: Annotated[
        Uscc, mark("上级公司统一社会信用代码", "统一投保的上级公司。", "91440000MA0000074M", "C0")
    ]
    name: Annotated[
        Text200, mark("上级公司名称", "统一投保的上级公司名称。", "示例集团有限公司（虚构）", "C0")
    ]
    policy_no: Annotated[Text64, mark("上级保单号", "上级公司统一投保的保单号。", "GROUP-EXAMPLE-0001", "C1")]


class RemotePlacementFiling(Part):
    """异地投保报备"""

    authority: Annotated[
        Text200, mark("受理部门", "受理异地投保报备的行业主管部门。", "示例行业主管部门（虚构）", "C0")
    ]
    filing_no: Annotated[Text100, mark("报备编号", "异地投保报备的编号。", "示例报备-0001", "C1")]
    filed_on: Annotated[Date, mark("报备日期", "异地投保报备的日期。", "2026-02-23", "C1")]

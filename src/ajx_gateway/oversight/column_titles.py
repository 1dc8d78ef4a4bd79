"""HOW is each column of a listed record called in Chinese? As the standard calls its field, unless said here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ajx_gateway.standard import Kind
from ajx_gateway.standard.fields import outlines

_COMMON: Mapping[str, str] = MappingProxyType(
    {
        "record_id": "记录标识",
        "insurer": "承保机构",
        "key": "业务号",
        "version": "版本",
        "revised_at": "修订时间",
        "recorded_at": "受理时间",
        "filing_id": "报送编号",
        "voided": "已作废",
        "territory": "所属地区",
        "policy_no": "保单号",
        "service_no": "服务编号",
        "plan_no": "服务计划编号",
        "type": "类型",
        "state": "状态",
        "enterprise_uscc": "投保企业统一社会信用代码",
        "enterprise_name": "投保企业名称",
        "agency_uscc": "服务机构统一社会信用代码",
        "evidence": "佐证材料摘要",
        "effective_on": "生效日期",
        "hazards_general": "一般隐患数",
        "hazards_major": "重大隐患数",
        "hazards_rectified": "已整改隐患数",
        "fund_accrued": "事故预防费提取",
        "fund_spent": "事故预防费支出",
        "policies": "保单数",
        "services": "服务次数",
    }
)
_POLICY: Mapping[str, str] = MappingProxyType(
    {
        "industry": "行业代码",
        "size": "企业规模",
        "sector_tags": "行业领域",
        "subject_type": "标的类型",
        "subject_code": "标的编号",
        "signed_on": "签单日期",
        "expires_on": "终保日期",
        "per_person_death": "每人死亡限额",
        "per_accident": "每次事故限额",
        "aggregate": "累计责任限额",
        "premium_base": "基准保费",
        "premium_adjusted": "应收保费",
        "premium_received": "实收保费",
        "premium_refunded": "退还保费",
        "insured_count": "投保人数",
        "employee_count": "从业人数",
        "fund_amount": "事故预防服务费用",
        "subsidy_amount": "财政补贴",
        "branch_division": "出单机构所在地区",
        "credit_list": "信用名单",
        "standardization_level": "安全生产标准化等级",
        "renewal_of": "续保自",
        "migrated": "历史保单",
    }
)
_EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "issued_on": "签发日期",
        "new_expires_on": "批改后终保日期",
        "premium_change": "保费增减额",
        "insured_count_change": "人数增减",
        "close_result": "结案结果",
        "reported_on": "报案或报告日期",
        "occurred_on": "出险日期",
        "accident_division": "出险地区",
        "accident_type": "事故类型",
        "accident_grade": "事故等级",
        "deaths": "死亡人数",
        "missing": "失踪人数",
        "serious_injuries": "重伤人数",
        "minor_injuries": "轻伤人数",
        "direct_loss": "直接经济损失",
        "reserve": "未决准备金",
        "paid": "已付赔款",
        "closed_on": "结案日期",
        "completed_on": "理赔完成日期",
    }
)
_PREVENTION: Mapping[str, str] = MappingProxyType(
    {
        "planned_count": "计划服务次数",
        "submitted_on": "提交日期",
        "confirmed_on": "确认日期",
        "form": "服务形式",
        "started_on": "开始日期",
        "service_division": "服务地区",
        "cost": "服务费用",
        "charge_mode": "收费方式",
        "items": "服务项目",
        "rating_attitude": "服务态度评价",
        "rating_professionalism": "专业度评价",
        "rating_timeliness": "及时性评价",
        "level": "隐患级别",
        "category": "隐患类别",
        "found_on": "发现日期",
        "notified_on": "告知日期",
        "deadline_on": "整改期限",
        "rectified_on": "整改日期",
        "reviewed_on": "复核日期",
        "refused_on": "拒绝整改日期",
        "amount": "金额",
        "entered_on": "记账日期",
        "purpose": "用途",
        "reverses_entry_no": "被冲销分录号",
        "kept_division": "费用所在地区",
        "year": "年度",
        "quarter": "季度",
        "report_division": "报告所属地区",
    }
)

COLUMN_TITLES: Mapping[str, str] = MappingProxyType({**_COMMON, **_POLICY, **_EVENTS, **_PREVENTION})


def title_of(kind: Kind, column: str) -> str:
    """The column's title; KeyError for one that is neither named above nor a field of the kind."""
    return COLUMN_TITLES.get(column) or outlines(kind.model)[column].mark.title

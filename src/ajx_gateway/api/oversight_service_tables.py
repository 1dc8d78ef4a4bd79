"""WHICH columns have the sheets of services, funds, hazards, agencies and samples?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ajx_gateway.publishing.vocabulary import ANSWERS
from ajx_gateway.store.cases import CATEGORIES

Columns = tuple[tuple[str, str], ...]

_POLICY: Columns = (
    ("policy_no", "保单号"),
    ("insurer", "承保机构"),
    ("division", "所属地区"),
    ("enterprise_name", "投保企业名称"),
    ("enterprise_uscc", "投保企业统一社会信用代码"),
)
SERVICES: Columns = (
    *_POLICY, ("signed_on", "签单日期"), ("effective_on", "生效日期"), ("expires_on", "终保日期"), ("plans", "计划份数"),
    ("due", "应做项次"), ("items_done", "已做项次"), ("services", "完成服务次数"), ("owed", "尚欠项次"),
    ("owed_expired", "到期仍欠项次"), ("unplanned", "无标准亦无计划"), ("first_on", "首次服务日期"),
)  # fmt: skip
HAZARDS: Columns = (
    ("key", "隐患编号"), *_POLICY, ("service_no", "服务编号"), ("level", "等级"), ("state", "状态"), ("category", "类别"),
    ("found_on", "发现日期"), ("notified_on", "告知日期"), ("deadline_on", "整改期限"), ("rectified_on", "整改日期"),
    ("reviewed_on", "复核日期"), ("refused_on", "拒绝整改日期"), ("reported_on", "报告日期"), ("overdue_days", "逾期天数"),
)  # fmt: skip
ALERTS: Columns = (
    ("alert_id", "提醒编号"), ("hazard_no", "隐患编号"), *_POLICY, ("department", "主管部门"), ("standing_title", "状况"),
    ("raised_at", "提醒时刻"), ("unanswered_hours", "未答复小时数"), ("answered_at", "首次答复时刻"), ("cleared_at", "解除时刻"),
    ("state", "隐患最新状态"), ("found_on", "发现日期"), ("refused_on", "拒绝整改日期"), ("reported", "已报告部门"),
    ("reported_on", "报告日期"),
)  # fmt: skip
FUNDS: Columns = (
    *_POLICY, ("signed_on", "签单日期"), ("base", "计提基数"), ("floor_ratio", "下限比例"), ("floor", "应提下限"),
    ("floor_said", "说明"), ("accrued", "已提取"), ("gap", "欠提金额"), ("accrual_ratio", "提取比例"), ("spent", "已支出"),
    ("use_ratio", "使用率"), ("remaining", "结余"), ("entries", "分录数"),
)  # fmt: skip
SIGNS: Columns = (
    ("name", "代码"), ("title", "疑点"), ("definition", "定义"), ("count", "笔数"), ("amount", "金额"), ("note", "说明"),
)  # fmt: skip
SIGN: Columns = (
    ("key", "分录号或编号"), *_POLICY, ("service_no", "服务编号"), ("amount", "金额"), ("purpose", "用途"),
    ("entered_on", "记账日期"),
)  # fmt: skip
REGISTRATIONS: Columns = (
    ("code", "统一社会信用代码或登记编号"), ("name", "名称"), ("qualification_title", "资格"), ("qualification_no", "资格证号"),
    ("agency_uscc", "所属机构"), ("sectors", "行业领域"), ("valid_from", "有效期自"), ("valid_to", "有效期至"),
    ("status", "状态"), ("status_on", "状态自"), ("valid", "今天有效"), ("territory", "登记地区"), ("source", "来源"),
    ("version", "版本"), ("recorded_at", "登记时刻"), ("registration_id", "登记号"),
)  # fmt: skip
UNREGISTERED: Columns = (
    ("key", "服务编号"), *_POLICY, ("agency_uscc", "服务机构"), ("started_on", "服务日期"), ("state", "状态"),
    ("cost", "服务费用"), ("reason_title", "原因"),
)  # fmt: skip
SAMPLES: Columns = (
    ("sample_id", "抽样编号"), ("territory", "地区"), ("period", "季度"), ("population_on", "总体日期"), ("as_of", "抽样时刻"),
    ("ratio", "比例"), ("law_ratio", "规定比例"), ("law_said", "依据"), ("seed", "种子"), ("population", "总体户数"),
    ("population_digest", "总体摘要"), ("drawn", "抽中户数"), ("drawn_here", "本辖区抽中户数"), ("inspected", "已检查户数"),
    ("done_share", "已检查比例"), ("drawn_by", "抽样人"),
)  # fmt: skip
MEMBERS: Columns = (
    ("enterprise_uscc", "投保企业统一社会信用代码"), ("enterprise_name", "投保企业名称"), ("insurer", "承保机构"),
    ("division", "所属地区"), ("policy_no", "保单号"), ("place", "层内次序"), ("drawn", "抽中"), ("inspected", "已检查"),
)  # fmt: skip
INSPECTIONS: Columns = (
    ("inspection_id", "检查编号"), ("sample_id", "抽样编号"), ("enterprise_uscc", "投保企业统一社会信用代码"),
    ("insurer", "承保机构"), ("policy_no", "保单号"), ("division", "所属地区"), ("inspected_on", "检查日期"),
    ("results", "结果"), ("findings", "发现的问题"), ("recorded_at", "登记时刻"), ("recorded_by", "登记人"),
)  # fmt: skip
SUBSIDIES: Columns = (
    *_POLICY, ("signed_on", "签单日期"), ("subsidy_amount", "财政补贴"), ("premium_adjusted", "应收保费"),
    ("subsidy_ratio", "补贴比例"), ("cap_ratio", "规定上限"), ("cap_said", "说明"), ("above_cap", "超过上限"), ("reason", "理由"),
)  # fmt: skip


def drawn_by(sample: Mapping[str, Any]) -> str:
    """What a reader needs to draw the list again."""
    return (
        f"{sample['period']}，总体 {sample['population']} 户（{sample['population_on']}），比例 {sample['ratio']}，"
        f"种子 {sample['seed']}，总体摘要 {sample['population_digest']}；每层按“种子|代码”的 SHA-256 升序"
    )


def inspected(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The inspections with results and findings in words."""
    questions = answer["questions"]

    def result(question: str, told: Mapping[str, str]) -> str:
        words = f"（{told['words']}）" if told["words"] else ""
        return f"{questions.get(question, question)}：{ANSWERS.get(told['answer'], told['answer'])}{words}"

    def finding(told: Mapping[str, str]) -> str:
        return f"{told['title']}（{CATEGORIES.get(told['category'], told['category'])}，问题编号 {told['case_id']}）"

    items = [
        {
            **item,
            "results": "；".join(result(*each) for each in item["results"].items()),
            "findings": "；".join(map(finding, item["findings"])),
        }
        for item in answer["items"]
    ]
    return {**answer, "items": items}

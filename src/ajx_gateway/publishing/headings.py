"""WHAT are columns and states called in Chinese? The headings of lists that leave as CSV or XLSX."""

from collections.abc import Mapping

from ajx_gateway.deadlines import STATE_TITLES

STATES: Mapping[str, str] = {state.value: title for state, title in STATE_TITLES.items()}
HISTORY: Mapping[str, str] = {
    "version": "版本",
    "revised_at": "报送方修订时刻",
    "recorded_at": "网关记录时刻",
    "filing": "报送编号",
    "voided": "是否作废",
    "result": "结果",
    "current": "是否当前",
    "record": "内容",
}
DEADLINES: tuple[tuple[str, str], ...] = (
    ("id", "期限编号"),
    ("clock", "期限代码"),
    ("state", "状态代码"),
    ("state_title", "状态"),
    ("subject_kind", "对象类别"),
    ("subject_key", "对象编号"),
    ("policy_no", "保单编号"),
    ("period", "所属期间"),
    ("start_on", "起算日"),
    ("nominal_on", "末日（顺延前）"),
    ("due", "截止时刻（不含）"),
    ("provisional", "是否暂定"),
    ("met_at", "完成时刻"),
)
EVENTS: tuple[tuple[str, str], ...] = (
    ("sequence", "序号"),
    ("type", "事件类型"),
    ("happened_at", "发生时刻"),
    ("payload", "内容"),
)
VERSION: tuple[tuple[str, str], ...] = (
    ("version", "版本"),
    ("status_title", "状态"),
    ("published_on", "发布日期"),
    ("in_force_on", "施行日期"),
    ("deprecated_on", "不建议使用"),
    ("retired_on", "停用日期"),
)
KIND: tuple[tuple[str, str], ...] = (
    ("title", "记录"),
    ("kind", "类别"),
    ("name", "集合"),
    ("code", "编号字段"),
    ("schema", "结构"),
)
CODE_LISTS: tuple[tuple[str, str], ...] = (
    ("name", "代码表"),
    ("title", "名称"),
    ("codes", "代码数"),
    ("source", "来源"),
)
CODES: tuple[tuple[str, str], ...] = (
    ("code", "代码"),
    ("title", "名称"),
    ("title_en", "英文名称"),
    ("valid_from", "生效日期"),
    ("valid_to", "失效日期"),
    ("replaced_by", "替代代码"),
    ("source", "来源"),
    ("note", "说明"),
)
RULES: tuple[tuple[str, str], ...] = (
    ("rule", "规则编号"),
    ("title", "规则"),
    ("severity", "级别"),
    ("kinds", "适用记录"),
    ("clause", "依据"),
    ("mend", "改正方法"),
    ("since", "始于版本"),
)
PLACES: tuple[tuple[str, str], ...] = (
    ("code", "行政区划代码"),
    ("name", "地区"),
    ("status", "说明"),
    ("texts", "依据文件"),
)
REQUIREMENTS: tuple[tuple[str, str], ...] = (
    ("title", "事项"),
    ("name", "名称"),
    ("requirement", "要求"),
    ("responsible", "责任方"),
    ("applies_to", "适用规模"),
    ("clause", "条款"),
    ("source", "文件"),
    ("jurisdiction", "规定所属地区"),
    ("valid_from", "生效日期"),
    ("valid_to", "失效日期"),
    ("note", "说明"),
)
STARTS: Mapping[str, str] = {
    "policy.signed_on": "保单签订日",
    "policy.effective_on": "保单生效日",
    "policy.expires_on": "保单到期日",
    "claim.reported_on": "报案日",
    "claim.registered_on": "立案日",
    "claim.adjudicated_on": "核赔日",
    "claim.completed_on": "理赔完成日",
    "complaint.received_on": "投诉收到日",
    "period.begin": "期间首日",
    "period.end": "期间末日",
}
VALUES: tuple[tuple[str, str], ...] = (
    ("title", "事项"),
    ("requirement", "要求"),
    ("clause", "依据"),
    ("jurisdiction", "规定所属地区"),
    ("valid_from", "生效日期"),
    ("note", "说明"),
)
CLOCKS: tuple[tuple[str, str], ...] = (
    ("title", "期限"),
    ("requirement", "要求"),
    ("applies_to", "适用规模"),
    ("responsible", "责任方"),
    ("clause", "依据"),
    ("valid_from", "生效日期"),
    ("note", "说明"),
)

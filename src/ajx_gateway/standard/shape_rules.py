"""WHICH findings can the shape of a record have? Their catalogue, published beside that of the rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ajx_gateway.standard.finding import Severity


@dataclass(frozen=True, slots=True)
class ShapeRule:
    """One way in which a document can miss the published schema; every one refuses the item."""

    id: str
    title: str
    mend: str
    severity: Severity = "error"
    since: str = "1.0"


_RULES = (
    ShapeRule("shape.missing", "缺少必填成员", "请补充该成员"),
    ShapeRule("shape.unknown_member", "存在标准以外的成员", "请删除该成员，自有字段请以 ext_ 开头"),
    ShapeRule("shape.extension", "自有字段的值不符", "ext_ 字段只能是至多500字的文本、整数或布尔值"),
    ShapeRule("shape.type", "值的类型不符", "请按标准规定的类型填写；没有值的选填成员请直接省略"),
    ShapeRule("shape.pattern", "值的格式不符", "请按标准规定的格式填写，数字和字母使用半角"),
    ShapeRule("shape.range", "数值超出范围", "请填写范围以内的数值"),
    ShapeRule("shape.length", "长度或者项数不符", "请调整文本长度或者数组项数"),
    ShapeRule("shape.code", "不是代码表中的代码", "请使用代码表中的代码"),
    ShapeRule("shape.date", "日期或者时间不符", "请填写真实存在的日期，时间须带时区"),
    ShapeRule("shape.money", "金额、比例或者系数不符", "请写成字符串，不要写成 JSON 数字，不带千分位"),
    ShapeRule("shape.duplicate_member", "成员重复", "同一对象中每个成员只能出现一次，请删除重复的成员"),
    ShapeRule("shape.control_character", "含有控制字符", "请去掉 NUL 等控制字符；换行与制表只能用于长文本"),
    ShapeRule("shape.lone_surrogate", "含有不完整的字符", "请把字符按 UTF-8 完整写出，不要写单个代理项转义"),
    ShapeRule(
        "shape.not_finite",
        "不是有限的数值",
        "JSON 没有 NaN 和 Infinity，请填写实际数值",
    ),
    ShapeRule("shape.depth", "嵌套过深", "记录至多嵌套32层，请检查报文的生成程序"),
    ShapeRule("shape.too_big", "单条记录过大", "请减小单条记录；人员过多时请分批用批单报送"),
    ShapeRule("shape.not_utf8", "不是 UTF-8 编码", "请把文件转换为 UTF-8（无 BOM）后重新报送"),
    ShapeRule("shape.not_json", "不是有效的 JSON", "每行必须是一个完整的 JSON 对象，请检查引号、逗号和括号"),
    ShapeRule("shape.too_many", "问题过多", "仅列出其中一部分，请修正后重新报送"),
)

SHAPE_RULES: Mapping[str, ShapeRule] = MappingProxyType({rule.id: rule for rule in _RULES})

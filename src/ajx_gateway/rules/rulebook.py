"""HOW does the page docs/rules.md read? Generated from the register, so that every rule has its line."""

import sys

from ajx_gateway.rules import RULES
from ajx_gateway.rules.registry import KIND_NAMES, Rule
from ajx_gateway.standard import KINDS, SHAPE_RULES

_SEVERITIES = {"error": "错误（拒收）", "warning": "警告", "notice": "提示"}
_HEAD = """# 校验规则

本页由 `uv run python -m ajx_gateway.rules.rulebook > docs/rules.md` 生成，与代码不一致时测试失败。
共{count}条规则，另有{shapes}条形状检查。级别为规则自带级别，各地可在 `jurisdictions/*.toml` 中调整。
取值栏为规则所用的法规参数，当地没有该参数时规则不执行（带问号的为选用参数）。
“关联”规则要看其他记录，只提示、不拒收，与到达先后无关。
"""


def page() -> str:
    """The page as Markdown."""
    parts = [_HEAD.format(count=len(RULES), shapes=len(SHAPE_RULES)), _shapes()]
    shared = [made for made in RULES.values() if len(made.kinds) > 1]
    parts.append(_section("多种记录共用", shared))
    for kind in KIND_NAMES:
        own = [made for made in RULES.values() if made.kinds == (kind,)]
        parts.append(_section(f"{KINDS[kind].title}（{kind}）", own))
    return "\n".join(parts)


def _section(title: str, rules: list[Rule]) -> str:
    lines = [_line(made) for made in sorted(rules, key=lambda made: made.id)]
    head = "| 规则 | 名称 | 级别 | 关联 | 取值 | 依据 | 如何处理 |\n|---|---|---|---|---|---|---|"
    return "\n".join((f"## {title}\n", head, *lines, ""))


def _line(made: Rule) -> str:
    values = "、".join((*made.values, *(f"{name}?" for name in made.options)))
    linked = "是" if made.linked else ""
    severity = _SEVERITIES[made.severity]
    return f"| `{made.id}` | {made.title} | {severity} | {linked} | {values} | {made.clause} | {made.mend} |"


def _shapes() -> str:
    lines = [f"| `{made.id}` | {made.title} | {made.mend}。 |" for made in SHAPE_RULES.values()]
    return "\n".join(("## 形状检查\n", "| 检查 | 名称 | 如何处理 |\n|---|---|---|", *lines, ""))


if __name__ == "__main__":
    sys.stdout.write(page())

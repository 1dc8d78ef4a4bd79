"""What are the fictitious people and companies called? Invented names, each marked （虚构）."""

from __future__ import annotations

from ajx_gateway.demo.places import Town
from ajx_gateway.demo.trades import Trade

MARK = "（虚构）"

_FIRST = "云松竹梅兰星月晴朗澄碧青岚霁远明秋春夏锦绣琼瑶瑾瑜璟玥珩泓沐漪澜舟帆鹤雁鹿麒骏麓岳峦峰川溪"
_SECOND = "岭泽涛源禾穗谷丰盈恒拓启翔跃腾航程驰达通汇聚融合创造诚信义仁和睦祥瑞福禄康宁泰安顺利兴隆"
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
_GIVEN = "一二三四甲乙丙丁子丑寅卯天地玄黄宇宙日月东南西北山水风林火木石禾"


def company(town: Town, trade: Trade, serial: int) -> str:
    """A company name; different serials give different names within a town and trade."""
    first, rest = serial % len(_FIRST), serial // len(_FIRST)
    second, third = rest % len(_SECOND), rest // len(_SECOND)
    brand = _FIRST[first] + _SECOND[second] + (_GIVEN[third % len(_GIVEN)] if third else "")
    return f"{town.county}{town.name}{brand}{trade.noun}{trade.form}{MARK}"


def person(serial: int) -> str:
    """A person's name made of numerals and elements, as in textbooks."""
    surname = _SURNAMES[serial % len(_SURNAMES)]
    rest = serial // len(_SURNAMES)
    given = _GIVEN[rest % len(_GIVEN)] + _GIVEN[rest // len(_GIVEN) % len(_GIVEN)]
    return f"{surname}{given}{MARK}"


def project(town: Town, serial: int) -> str:
    """A building project."""
    return f"{town.name}示例{serial}号地块工程{MARK}"

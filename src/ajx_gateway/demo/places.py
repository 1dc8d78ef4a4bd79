"""Where do the fictitious enterprises stand? Towns with their weight, and addresses that exist nowhere."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Town:
    """A town of the division table, with its share of the portfolio."""

    division: str
    name: str
    county: str
    weight: float


NANHAI: tuple[Town, ...] = (
    Town("440605011", "桂城", "佛山市南海区", 14),
    Town("440605121", "九江", "佛山市南海区", 8),
    Town("440605122", "西樵", "佛山市南海区", 9),
    Town("440605123", "丹灶", "佛山市南海区", 10),
    Town("440605124", "狮山", "佛山市南海区", 26),
    Town("440605125", "大沥", "佛山市南海区", 18),
    Town("440605126", "里水", "佛山市南海区", 15),
)

SUZHOU: tuple[Town, ...] = (
    Town("341302010", "三八", "宿州市埇桥区", 6),
    Town("341302011", "城东", "宿州市埇桥区", 7),
    Town("341302100", "符离", "宿州市埇桥区", 5),
    Town("341302101", "芦岭", "宿州市埇桥区", 3),
    Town("341302102", "朱仙庄", "宿州市埇桥区", 3),
    Town("341302105", "夹沟", "宿州市埇桥区", 3),
    Town("341302112", "桃园", "宿州市埇桥区", 3),
    Town("341302123", "西二铺", "宿州市埇桥区", 4),
    Town("341321100", "砀城", "宿州市砀山县", 7),
    Town("341321102", "李庄", "宿州市砀山县", 5),
    Town("341321110", "朱楼", "宿州市砀山县", 3),
    Town("341322100", "龙城", "宿州市萧县", 7),
    Town("341322101", "黄口", "宿州市萧县", 5),
    Town("341322118", "圣泉", "宿州市萧县", 4),
    Town("341323100", "灵城", "宿州市灵璧县", 8),
    Town("341323110", "渔沟", "宿州市灵璧县", 4),
    Town("341323107", "游集", "宿州市灵璧县", 3),
    Town("341324100", "泗城", "宿州市泗县", 8),
    Town("341324114", "瓦坊", "宿州市泗县", 3),
    Town("341324111", "屏山", "宿州市泗县", 4),
)

_ROADS = ("示例一路", "示例二路", "示例三路", "演示大道", "样本东路", "样本西路", "虚拟中路", "虚拟工业路")


def address(town: Town, serial: int) -> str:
    """A street address that says itself that it is not one."""
    road = _ROADS[serial % len(_ROADS)]
    return f"{town.county}{town.name}{road}{serial // 8 % 900 + 1}号（虚构）"

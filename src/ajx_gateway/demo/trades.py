"""What do the fictitious enterprises do? Trades with industry code, sector tags, usual size and price of risk."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trade:
    """One line of business of a place.

    weight: share among its enterprises; per_head: usual premium of one insured person in yuan;
    crew: usual head count; industry: GB/T 4754 code; form: how such a firm calls itself.
    """

    noun: str
    form: str
    industry: str
    tags: tuple[str, ...]
    weight: float
    crew: float
    per_head: float
    posts: tuple[str, ...]
    licence: str = ""


_SHOP = ("操作工", "机修工", "质检员", "仓管员", "叉车司机")

NANHAI: tuple[Trade, ...] = (
    Trade("五金制品", "厂", "C33", ("indtrade", "machinery"), 17, 9, 690, ("冲压工", "打磨工", *_SHOP)),
    Trade("金属门窗", "有限公司", "C3312", ("indtrade", "machinery"), 6, 10, 690, ("切割工", "焊工", *_SHOP)),
    Trade("铝型材", "有限公司", "C3252", ("metallurgy", "dust_ex"), 7, 17, 860, ("熔铸工", "挤压工", *_SHOP)),
    Trade("铝制品", "厂", "C33", ("indtrade", "dust_ex"), 6, 10, 780, ("抛光工", "压铸工", *_SHOP)),
    Trade("不锈钢制品", "有限公司", "C33", ("indtrade", "dust_ex"), 5, 9, 720, ("抛光工", "焊工", *_SHOP)),
    Trade("钢材压延加工", "有限公司", "C3130", ("metallurgy", "ind_gas"), 1.2, 22, 900, ("轧钢工", *_SHOP)),
    Trade("木质家具", "厂", "C2110", ("furniture", "dust_ex"), 7, 12, 800, ("木工", "打磨工", "喷漆工", *_SHOP)),
    Trade("金属家具", "有限公司", "C2130", ("furniture",), 3, 11, 720, ("焊工", "喷涂工", *_SHOP)),
    Trade("建筑陶瓷", "有限公司", "C3071", ("indtrade", "ind_gas"), 1.6, 34, 760, ("窑炉工", "球磨工", *_SHOP)),
    Trade("卫生洁具", "有限公司", "C3072", ("indtrade",), 1.5, 16, 680, ("成型工", "施釉工", *_SHOP)),
    Trade("机械设备", "有限公司", "C34", ("machinery",), 6, 11, 700, ("钳工", "装配工", "车工", *_SHOP)),
    Trade("专用机械", "有限公司", "C35", ("machinery",), 4, 11, 700, ("钳工", "装配工", *_SHOP)),
    Trade("精密模具", "厂", "C3525", ("machinery",), 3.5, 8, 680, ("铣工", "磨工", *_SHOP)),
    Trade("塑料制品", "厂", "C29", ("indtrade",), 6, 9, 620, ("注塑工", *_SHOP)),
    Trade("电器配件", "有限公司", "C38", ("indtrade", "machinery"), 4, 13, 600, ("装配工", *_SHOP)),
    Trade("汽车零部件", "有限公司", "C36", ("machinery",), 1.6, 32, 680, ("冲压工", "焊工", *_SHOP)),
    Trade("纺织印染", "有限公司", "C17", ("indtrade", "confined_space"), 3.5, 18, 640, ("挡车工", "印染工", *_SHOP)),
    Trade("鞋材皮具", "厂", "C19", ("indtrade", "occ_disease"), 3, 12, 600, ("裁断工", "刷胶工", *_SHOP)),
    Trade("纸品包装", "厂", "C22", ("indtrade",), 3, 10, 600, ("印刷工", "模切工", *_SHOP)),
    Trade("玩具制品", "厂", "C24", ("indtrade", "dust_ex"), 1.2, 12, 600, ("注塑工", "装配工", *_SHOP)),
    Trade("涂料", "有限公司", "C2641", ("hazchem",), 1.1, 14, 1250, ("配料工", "灌装工", *_SHOP), "危化生产"),
    Trade("化工贸易", "有限公司", "F51", ("hazchem",), 1.5, 6, 1200, ("仓管员", "押运员"), "危化经营"),
    Trade("加油站", "站", "F52", ("hazchem",), 0.7, 7, 1150, ("加油员", "计量员"), "危化经营"),
    Trade("再生资源", "有限公司", "C42", ("indtrade",), 1.2, 8, 820, ("分拣工", "打包工")),
    Trade("冷链食品", "有限公司", "C14", ("indtrade", "ammonia"), 1.0, 15, 760, ("制冷工", "包装工", *_SHOP)),
    Trade("建筑工程", "有限公司", "E47", ("construction",), 2.4, 22, 1020, ("钢筋工", "架子工", "木工", "安全员")),
    Trade("市政工程", "有限公司", "E48", ("construction", "confined_space"), 0.9, 20, 980, ("管道工", "安全员")),
    Trade("货物运输", "有限公司", "G54", ("transport",), 2.2, 9, 1050, ("驾驶员", "装卸工", "押运员")),
    Trade("仓储物流", "有限公司", "G59", ("transport", "special_equip"), 1.4, 11, 640, ("叉车司机", "装卸工")),
    Trade("机动车维修", "中心", "O81", ("transport",), 1.6, 6, 640, ("维修工", "钣金工")),
    Trade("燃气供应", "有限公司", "D45", ("gas_town", "public_hazard"), 0.2, 18, 1100, ("抢修工", "巡检员")),
    Trade("水产养殖", "合作社", "A04", ("fishery",), 0.5, 5, 700, ("养殖工", "船员")),
)

SUZHOU: tuple[Trade, ...] = (
    Trade("板材加工", "厂", "C20", ("indtrade", "dust_ex"), 17, 12, 560, ("锯木工", "压板工", *_SHOP)),
    Trade("果蔬食品", "有限公司", "C13", ("indtrade", "ammonia"), 12, 16, 480, ("制冷工", "包装工", *_SHOP)),
    Trade("罐头食品", "有限公司", "C14", ("indtrade", "ammonia"), 6, 22, 480, ("灌装工", "杀菌工", *_SHOP)),
    Trade("煤矿", "有限公司", "B06", ("mine_coal", "fatal_3y"), 0.8, 360, 1500, ("采煤工", "掘进工", "瓦检员"), "煤矿"),
    Trade("石料开采", "有限公司", "B10", ("mine_noncoal",), 2.2, 24, 1400, ("凿岩工", "爆破工", "挖机司机"), "非煤矿山"),
    Trade("水泥制品", "有限公司", "C30", ("indtrade", "confined_space"), 6, 22, 620, ("搅拌工", *_SHOP)),
    Trade("金属制品", "厂", "C33", ("machinery", "indtrade"), 9, 11, 560, ("焊工", "冲压工", *_SHOP)),
    Trade("鞋服", "有限公司", "C19", ("indtrade",), 8, 28, 420, ("裁断工", "刷胶工", *_SHOP)),
    Trade("化工", "有限公司", "C26", ("hazchem",), 4, 34, 980, ("配料工", "巡检员", *_SHOP), "危化生产"),
    Trade("加油站", "站", "F52", ("hazchem",), 8, 6, 900, ("加油员", "计量员"), "危化经营"),
    Trade("烟花爆竹经营", "店", "F52", ("fireworks",), 4, 4, 1000, ("仓管员", "营业员"), "烟花爆竹经营"),
    Trade("建筑工程", "有限公司", "E47", ("construction",), 11, 30, 760, ("钢筋工", "架子工", "木工", "安全员")),
    Trade("货物运输", "有限公司", "G54", ("transport",), 9, 12, 760, ("驾驶员", "装卸工", "押运员")),
    Trade("燃气供应", "有限公司", "D45", ("gas_town", "public_hazard"), 1.2, 24, 900, ("抢修工", "巡检员")),
    Trade("民爆器材销售", "有限公司", "F51", ("civil_explosive",), 0.6, 14, 1300, ("仓管员", "押运员"), "民爆销售"),
    Trade("钢铁铸造", "有限公司", "C31", ("metallurgy",), 1.2, 60, 900, ("熔炼工", "浇铸工", *_SHOP)),
)

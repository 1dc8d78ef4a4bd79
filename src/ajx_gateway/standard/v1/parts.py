"""WHICH parts do several kinds share?"""

from typing import Annotated

from ajx_gateway.standard.marks import mark
from ajx_gateway.standard.record import Part
from ajx_gateway.standard.vocabulary import (
    Coded,
    Instant,
    Maybe,
    Money,
    Sha256,
    Text50,
    Text100,
    Text200,
    Uscc,
)

RevisedAt = Annotated[
    Instant,
    mark(
        "修订时间",
        "本状态在报送方核心系统中形成的时间，带时区；同一记录以此确定先后。",
        "2026-02-25T16:30:00+08:00",
        "C1",
    ),
]


class Limits(Part):
    """责任限额"""

    per_person_death: Annotated[
        Money,
        mark("每人死亡伤残责任限额", "每名被保险人员死亡或者伤残的最高赔偿金额，单位元。", "600000.00", "C2"),
    ]
    per_person_medical: Annotated[
        Maybe[Money],
        mark("每人医疗责任限额", "每名被保险人员医疗费用的最高赔偿金额，单位元。", "60000.00", "C2"),
    ] = None
    per_accident: Annotated[
        Money, mark("每次事故责任限额", "每次事故的最高赔偿金额，单位元。", "6000000.00", "C2")
    ]
    aggregate: Annotated[
        Money, mark("累计责任限额", "保险期间内累计的最高赔偿金额，单位元。", "12000000.00", "C2")
    ]
    third_party_per_accident: Annotated[
        Maybe[Money],
        mark("第三者每次事故限额", "第三者责任每次事故的最高赔偿金额，单位元。", "1000000.00", "C2"),
    ] = None
    third_party_property: Annotated[
        Maybe[Money],
        mark("第三者财产损失限额", "第三者直接财产损失的最高赔偿金额，单位元。", "500000.00", "C2"),
    ] = None
    rescue: Annotated[
        Maybe[Money],
        mark("抢险救援限额", "事故抢险救援和医疗救护费用的最高赔偿金额，单位元。", "200000.00", "C2"),
    ] = None
    legal: Annotated[
        Maybe[Money],
        mark("法律费用限额", "事故鉴定和法律诉讼费用的最高赔偿金额，单位元。", "100000.00", "C2"),
    ] = None


class Agency(Part):
    """技术服务机构"""

    uscc: Annotated[
        Uscc,
        mark(
            "机构统一社会信用代码", "承担服务的技术服务机构的统一社会信用代码。", "91440605MA0000031F", "C0"
        ),
    ]
    name: Annotated[
        Text200, mark("机构名称", "技术服务机构的登记名称。", "示例安全技术服务有限公司（虚构）", "C0")
    ]
    qualification_no: Annotated[
        Maybe[Text100], mark("机构资质编号", "技术服务机构资质或者备案的编号。", "示例资质-001", "C0")
    ] = None


class Person(Part):
    """服务人员"""

    name: Annotated[Text50, mark("服务人员姓名", "提供服务的专家或者技术人员的姓名。", "测试甲", "C3")]
    qualification: Annotated[
        str,
        Coded("qualification"),
        mark("专家资格", "服务人员的资格类别。", "certified_safety_engineer", "C1"),
    ]
    certificate_no: Annotated[
        Maybe[Text100], mark("资格证书编号", "服务人员资格证书的编号。", "示例证书-0001", "C3")
    ] = None


class Evidence(Part):
    """过程资料"""

    sha256: Annotated[
        Sha256,
        mark("资料摘要", "资料文件内容的 SHA-256 值，小写十六进制。", f"{7:064x}", "C1"),
    ]
    media_type: Annotated[Text100, mark("资料类型", "资料文件的媒体类型。", "image/jpeg", "C1")]
    title: Annotated[Maybe[Text200], mark("资料标题", "资料内容的简短说明。", "冲压车间现场照片", "C1")] = (
        None
    )
    captured_at: Annotated[
        Maybe[Instant],
        mark("形成时间", "照片拍摄或者资料形成的时间，带时区。", "2026-04-08T10:05:00+08:00", "C1"),
    ] = None

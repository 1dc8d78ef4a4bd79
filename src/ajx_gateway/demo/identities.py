"""Who takes part in the demo? The twelve insurers and the authorities, all of them fictitious."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ajx_gateway.demo.codes import uscc

Role = Literal["insurer", "regulator", "consultant", "adviser", "auditor", "operator"]


@dataclass(frozen=True, slots=True)
class DemoIdentity:
    """One client of the gateway that `ajx up` registers for the demo."""

    name: str
    role: Role
    title: str
    insurer_uscc: str | None
    territory: str | None


@dataclass(frozen=True, slots=True)
class Insurer:
    """A fictitious branch: its market share, its name in policy numbers, its day of the month for pushes."""

    identity: str
    letter: str
    name: str
    uscc: str
    division: str
    share: float
    release_day: int


def _insurers(prefix: str, place: str, division: str, first: int, brands: str) -> tuple[Insurer, ...]:
    shares = (0.30, 0.22, 0.17, 0.13, 0.10, 0.08)
    return tuple(
        Insurer(
            identity=f"{prefix}{letter}",
            letter=letter.upper(),
            name=f"{brand}安财产保险股份有限公司{place}中心支公司（虚构）",
            uscc=uscc(division, first + i),
            division=division,
            share=shares[i],
            release_day=1 + 2 * i,
        )
        for i, (letter, brand) in enumerate(zip("abcdef", brands, strict=True))
    )


FOSHAN_INSURERS = _insurers("insurer-", "佛山", "440600", 1, "甲乙丙丁戊己")
SUZHOU_INSURERS = _insurers("suzhou-insurer-", "宿州", "341300", 11, "庚辛壬癸子丑")

_AUTHORITIES = (
    DemoIdentity("foshan-city", "regulator", "佛山市应急管理部门（虚构演示账号）", None, "4406"),
    DemoIdentity("nanhai-district", "regulator", "南海区应急管理部门（虚构演示账号）", None, "440605"),
    DemoIdentity("guicheng-town", "regulator", "桂城街道应急管理部门（虚构演示账号）", None, "440605011"),
    DemoIdentity("suzhou-city", "regulator", "宿州市应急管理部门（虚构演示账号）", None, "3413"),
    DemoIdentity("suzhou-reviewer", "regulator", "宿州市应急管理部门复核岗（虚构演示账号）", None, "3413"),
    DemoIdentity("consultant", "consultant", "数据顾问机构（虚构演示账号）", None, None),
    DemoIdentity("adviser", "adviser", "保险顾问机构（虚构演示账号）", None, "4406"),
    DemoIdentity("auditor", "auditor", "审计人员（虚构演示账号）", None, None),
    DemoIdentity("operator", "operator", "平台运维人员（虚构演示账号）", None, None),
)

IDENTITIES: tuple[DemoIdentity, ...] = (
    *(
        DemoIdentity(insurer.identity, "insurer", insurer.name, insurer.uscc, None)
        for insurer in (*FOSHAN_INSURERS, *SUZHOU_INSURERS)
    ),
    *_AUTHORITIES,
)

"""WHO calls, and WHAT may they touch? A Scope proves that somebody asked; the store accepts nothing else."""

import re
from dataclasses import InitVar, dataclass
from typing import Final, Literal, get_args

Role = Literal["insurer", "regulator", "consultant", "adviser", "auditor", "operator"]
ROLES: Final[tuple[str, ...]] = get_args(Role)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_USCC = re.compile(r"[0-9A-Z]{18}")
# Province, city, county or town, as the prefix of the division codes that the territory's records share.
_TERRITORY = re.compile(r"[1-9][0-9](?:[0-9]{2}|[0-9]{4}|[0-9]{7})?")

# Insurers file records; regulators decide, advisers raise findings; the operator records outages of the gateway itself.
_WRITERS: Final = frozenset({"insurer", "regulator", "adviser", "operator"})
# The data consultant works on the standard, the operator on the machine: neither needs an enterprise's name.
_SEE_ENTERPRISES: Final = frozenset({"insurer", "regulator", "adviser", "auditor", "system"})

_MINT: Final = object()


@dataclass(frozen=True, slots=True)
class Caller:
    """A registered identity: who signed the token, in which role, for which insurer or territory.

    ``insurer`` is the insurer's USCC (role insurer only); ``territory`` a digits prefix ("4406", "440605",
    "440605011"), None when the role is not bound to a place. Regulators always have one.
    """

    name: str
    role: Role
    title: str
    insurer: str | None = None
    territory: str | None = None
    pinned_standard: str | None = None

    def __post_init__(self) -> None:
        fault = _fault(self)
        if fault:
            raise ValueError(fault)


def _fault(caller: Caller) -> str | None:
    """Why this identity must not exist, in Chinese for whoever registers it; None when it may."""
    if not _NAME.fullmatch(caller.name):
        return "名称只能使用字母、数字和 . _ -，以字母或数字开头，最长64个字符"
    if caller.role not in ROLES:
        return f"角色只能是 {'、'.join(ROLES)}"
    if (caller.role == "insurer") != (caller.insurer is not None):
        return "保险机构必须登记统一社会信用代码，其他角色不得登记"
    if caller.insurer is not None and not _USCC.fullmatch(caller.insurer):
        return "统一社会信用代码须为18位数字或大写字母"
    if caller.role == "insurer" and caller.territory is not None:
        return "保险机构不按辖区限定，不得登记辖区"
    if caller.role == "regulator" and caller.territory is None:
        return "监管部门必须登记辖区"
    if caller.territory is not None and not _TERRITORY.fullmatch(caller.territory):
        return "辖区须为2、4、6或9位行政区划代码"
    return None


@dataclass(frozen=True, slots=True)
class Scope:
    """The right to read, and perhaps to write, certain rows. Only this module can make one."""

    insurer: str | None
    territory: str | None
    may_write: bool
    may_see_enterprises: bool
    role: str
    mint: InitVar[object]

    def __post_init__(self, mint: object) -> None:
        if mint is not _MINT:
            raise TypeError("a Scope is made by identity.scope_of or identity.system_scope only")


def scope_of(caller: Caller) -> Scope:
    """What this caller may touch."""
    return Scope(
        insurer=caller.insurer,
        territory=caller.territory,
        may_write=caller.role in _WRITERS,
        may_see_enterprises=caller.role in _SEE_ENTERPRISES,
        role=caller.role,
        mint=_MINT,
    )


def system_scope(purpose: str) -> Scope:
    """The gateway's own errands (migrations, worker, rebuild); the purpose is for the reader of the call."""
    if not purpose.strip():
        raise ValueError("a system scope needs a purpose")
    return Scope(
        insurer=None, territory=None, may_write=True, may_see_enterprises=True, role="system", mint=_MINT
    )

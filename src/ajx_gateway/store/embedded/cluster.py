"""WHAT does the bundled cluster consist of, and how is it configured?"""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ajx_gateway.store.embedded.places import Account, CannotStart

OWNER = "ajx_owner"
DATABASE = "ajx"
MAJOR_VERSION = "18"

# The server sees nothing of our environment: no PG… variables, no locale but C.
ENVIRONMENT = {"LC_ALL": "C", "PATH": os.defpath, "TZ": "UTC"}

_LEAST_BUFFERS, _MOST_BUFFERS = 128 << 20, 1 << 30
# Where the kernel tells a container's memory (control groups, second and first version).
_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
SETTINGS: Mapping[str, str] = {
    # Reachable through the socket in a private folder only, and with a password even there.
    "listen_addresses": "''",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "60",
    # An acknowledged filing is on the disk.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_level": "replica",
    "min_wal_size": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "lc_messages": "'C'",
    # Personal data never reaches the log: no parameters, no DETAIL lines ("Key (id_no)=(…) already exists"), no text of
    # failed statements (what seals a push carries its values).
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_statement": "none",
    # One file a weekday, overwritten after a week.
    "logging_collector": "on",
    "log_directory": "'log'",
    "log_filename": "'postgresql-%a.log'",
    "log_file_mode": "0600",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
    "idle_in_transaction_session_timeout": "10min",
    "jit": "off",
}

HOST_RULES = """# Generated at every start. Only the Unix socket, only with a password.
local  all          all  scram-sha-256
local  replication  all  scram-sha-256
"""


def pgdata(cluster: Path, account: Account) -> str:
    """The name under which the server knows its folder.

    An account that may not pass the folders above reaches it as its working directory; ``/proc/self/cwd``
    is that directory as an absolute path, which PostgreSQL insists on.
    """
    return str(cluster) if account.uid is None else "/proc/self/cwd"


def password(data_dir: Path) -> str:
    """The owner's password; a random one is written (0600) at the first start."""
    file = data_dir / "secrets" / "postgres-password"
    if not file.exists():
        # Written aside and renamed: a crash leaves no empty password behind.
        fresh = file.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(secrets.token_urlsafe(32))
        fresh.rename(file)
    return file.read_text()


def create(data_dir: Path, cluster: Path, binaries: Path, account: Account) -> None:
    """initdb and the empty database, in a folder beside the cluster that is renamed when all is done."""
    for abandoned in data_dir.glob("postgres.new-*"):
        shutil.rmtree(abandoned, ignore_errors=True)
    fresh = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=data_dir))
    account.own(fresh)
    _initdb(fresh, binaries, account, password(data_dir))
    where = ["-D", pgdata(fresh, account)]
    single = [str(binaries / "bin" / "postgres"), "--single", "-c", "exit_on_error=on", *where, "postgres"]
    _run(single, fresh, account, feed=f"CREATE DATABASE {DATABASE};\n")
    fresh.rename(cluster)


def _initdb(fresh: Path, binaries: Path, account: Account, owner_password: str) -> None:
    reading, writing = os.pipe()
    # The pipe's buffer holds the password; initdb opens it again by name, so it must own it.
    os.write(writing, owner_password.encode())
    os.close(writing)
    if account.uid is not None and account.gid is not None:
        os.fchown(reading, account.uid, account.gid)
    options = ["-D", pgdata(fresh, account), f"--username={OWNER}", f"--pwfile=/dev/fd/{reading}"]
    safety = ["--auth=scram-sha-256", "--data-checksums", "--encoding=UTF8", "--locale=C"]
    # The builtin provider sorts by code point everywhere; the C library's collations differ by machine.
    collation = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    try:
        command = [str(binaries / "bin" / "initdb"), *options, *safety, *collation]
        _run(command, fresh, account, hand_over=(reading,))
    finally:
        os.close(reading)


def _run(
    command: list[str], folder: Path, account: Account, *, feed: str = "", hand_over: tuple[int, ...] = ()
) -> None:
    done = subprocess.run(  # noqa: S603
        command,
        cwd=folder,
        env=ENVIRONMENT,
        input=feed,
        text=True,
        errors="replace",
        capture_output=True,
        check=False,
        pass_fds=hand_over,
        user=account.uid,
        group=account.gid,
        extra_groups=None if account.uid is None else [],
    )
    if done.returncode != 0:
        raise CannotStart(f"内置 PostgreSQL 初始化失败：\n{(done.stderr or done.stdout).strip()[-2000:]}")


def check(cluster: Path, account: Account) -> None:
    """Version and owner are what this gateway can start."""
    version = (cluster / "PG_VERSION").read_text().strip()
    if version != MAJOR_VERSION:
        raise CannotStart(
            f"数据目录 {cluster} 由 PostgreSQL {version} 建立，本网关随附 PostgreSQL {MAJOR_VERSION}。"
            "请先用原版本 pg_dump 导出，再导入新目录（见 docs/operations.md「Upgrade」）。"
        )
    owner = cluster.stat().st_uid
    if account.uid is None and owner != os.geteuid():
        raise CannotStart(
            f"数据库目录 {cluster} 属于另一个用户（uid {owner}）。请用该用户启动，或先执行 "
            f"chown -R {os.geteuid()} {cluster}。"
        )
    if account.uid is not None and owner != account.uid:
        account.own_all(cluster)


def configure(cluster: Path, sockets: Path, account: Account, extra: Mapping[str, str]) -> None:
    """Our postgresql.conf and pg_hba.conf, written anew at every start; `local.conf` is the operator's."""
    where = "." if sockets == cluster else str(sockets)
    values = {
        **SETTINGS,
        "shared_buffers": shared_buffers(_memory()),
        "unix_socket_directories": f"'{where}'",
        **extra,
    }
    lines = ["# Generated at every start of the gateway; your own settings go into local.conf beside it."]
    lines += [f"{name} = {value}" for name, value in values.items()]
    if (cluster / "local.conf").exists():
        lines.append("include = 'local.conf'")
    _write(cluster / "postgresql.conf", "\n".join(lines) + "\n", account)
    _write(cluster / "pg_hba.conf", HOST_RULES, account)


def _write(file: Path, text: str, account: Account) -> None:
    """Never through a link: the folder belongs to the server's account, and we may be root."""
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
    account.own(fresh)
    fresh.rename(file)


def shared_buffers(memory: int) -> str:
    """For so many bytes of memory: an eighth, for what is written to lies together there; the gateway needs some as well."""
    return f"{min(max(memory // 8, _LEAST_BUFFERS), _MOST_BUFFERS) >> 20}MB"


def _memory() -> int:
    """What this machine has, or what the container it runs in may take of it, in bytes."""
    found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for limit in _LIMITS:
        with suppress(OSError, ValueError):  # no such file, or no limit
            found.append(int(limit.read_text()))
    return min(found)

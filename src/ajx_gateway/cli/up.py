"""HOW does everything run on one machine? `ajx up`: Database, layout, demo, server and worker."""

import asyncio
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
import uvloop
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from ajx_gateway.cli import installation
from ajx_gateway.cli.garbage import look_for_garbage_rarely
from ajx_gateway.cli.keys import ensure_signing_key, make_keys
from ajx_gateway.cli.leaving import sigterm_like_ctrl_c, undisturbed
from ajx_gateway.cli.listening import bind, environment_of, port_of, server_processes, wait_until_ready
from ajx_gateway.cli.processes import Child, Processes, ProcessFault
from ajx_gateway.cli.registering import register_demo_identities
from ajx_gateway.cli.serve import keep_running
from ajx_gateway.cli.speaking import complain, err, out, read_settings
from ajx_gateway.client import ClientFault
from ajx_gateway.demo import loading
from ajx_gateway.demo.identities import IDENTITIES
from ajx_gateway.settings import Settings, read_retired_keys
from ajx_gateway.store import migrating
from ajx_gateway.store.embedded import EmbeddedPostgres

LOOPBACK: Final = "127.0.0.1"
_ROLES: Final = {
    "insurer": "保险机构",
    "regulator": "监管部门",
    "consultant": "数据顾问",
    "adviser": "保险顾问",
    "auditor": "审计",
    "operator": "运维",
}


def register(app: typer.Typer) -> None:
    app.command("up", help="在本机启动全部：内置 PostgreSQL、演示数据、服务与后台任务；Ctrl-C 停止。")(up)


def up(
    host: Annotated[str | None, typer.Option("--host", help="监听地址，默认 127.0.0.1。")] = None,
    port: Annotated[int | None, typer.Option("--port", help="监听端口，默认 8321；0 表示自动选择。")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="数据目录，默认 ajx-data。")] = None,
    workers: Annotated[int | None, typer.Option("--workers", help="服务进程数，默认 2。")] = None,
    no_demo: Annotated[bool, typer.Option("--no-demo", help="不登记演示身份，也不装入演示数据。")] = False,
) -> None:
    sigterm_like_ctrl_c()
    settings = read_settings(host=host, port=port, data_dir=data, workers=workers)
    with ExitStack() as stack:
        # Left last: everything below is stopped in full, whatever key is pressed meanwhile.
        try:
            _run(settings, stack, with_demo=not no_demo)
        except KeyboardInterrupt:
            err.print("正在停止……")
        except ProcessFault as fault:
            complain(str(fault))
            raise typer.Exit(1) from None
        finally:
            with undisturbed():
                stack.close()
    err.print("已停止。")


def _run(settings: Settings, stack: ExitStack, *, with_demo: bool) -> None:
    bound = stack.enter_context(bind(settings.host, settings.port))
    settings = settings.model_copy(update={"port": port_of(bound)})
    url = _database(settings, stack)
    make_keys(settings)
    asyncio.run(migrating.upgrade(url))
    environment = environment_of(settings, url)
    if with_demo:
        _demo(settings, url, environment)
    worker = Child("后台任务", "ajx_gateway.cli.working", environment=environment)
    servers = stack.enter_context(server_processes(bound, settings.workers, environment))
    processes = stack.enter_context(Processes([*servers, worker]))
    # Ours is the last hold on the port: without it newcomers are refused, not left waiting.
    stack.callback(bound.close)
    wait_until_ready(processes, settings.host, settings.port)
    _note(settings, url)
    _introduce(settings, with_demo=with_demo)
    keep_running(processes)


def _database(settings: Settings, stack: ExitStack) -> str:
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    err.print("正在启动内置 PostgreSQL ……")
    return stack.enter_context(EmbeddedPostgres(settings.data_dir)).start()


def _note(settings: Settings, url: str) -> None:
    """What `ajx token`, `ajx push` and `ajx verify` look up in the data folder."""
    key = ensure_signing_key(settings.signing_key_path)
    jwks = {"keys": [key.public_jwk(), *read_retired_keys(settings)]}
    installation.note(settings.data_dir, base_url=settings.public_url, database_url=url, jwks=jwks)


def _demo(settings: Settings, url: str, environment: dict[str, str]) -> None:
    """Identities at every start; the portfolio once, by a loader that may set the clock, on loopback only."""
    asyncio.run(register_demo_identities(url, settings.data_dir))
    done = settings.data_dir / "demo-loaded"
    if done.exists():
        return
    with bind(LOOPBACK, 0) as bound:
        port = port_of(bound)
        believing = {
            **environment,
            "AJX_HOST": LOOPBACK,
            "AJX_PORT": str(port),
            "AJX_DEMO_CLOCK": "true",
            # Loading is nobody's traffic: no limit.
            "AJX_RATE_LIMIT_PER_SECOND": "0",
        }
        with (
            server_processes(bound, settings.workers, believing) as servers,
            Processes(servers) as loaders,
        ):
            wait_until_ready(loaders, LOOPBACK, port)
            _load(f"http://{LOOPBACK}:{port}", settings.data_dir)
    done.write_text(datetime.now(UTC).isoformat())


def _load(base_url: str, data_dir: Path) -> None:
    look_for_garbage_rarely()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err) as progress:
        tasks: dict[str, TaskID] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(f"装入演示数据：{what}", total=total)
            progress.update(tasks[what], completed=done, total=total)

        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(loading.load(base_url, data_dir, report))
        except (ClientFault, loading.LoadFault, ExceptionGroup) as fault:
            raise ProcessFault(
                f"演示数据装入失败：{_first(fault)}。"
                "再次运行 ajx up 会续装，已受理的不会重复；--no-demo 可跳过。"
            ) from None


def _first(fault: BaseException) -> BaseException:
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    return fault


def _introduce(settings: Settings, *, with_demo: bool) -> None:
    """Addresses and identities; on standard output, so that they can be kept."""
    address = settings.public_url
    out.print(f"网关已就绪：{address}")
    for title, path in (("接口文档", "/docs"), ("数据标准", "/standard"), ("健康检查", "/readyz")):
        out.print(f"  {title} {address}{path}", soft_wrap=True)
    out.print(f"  数据目录 {settings.data_dir.absolute()}", markup=False, soft_wrap=True)
    if with_demo:
        table = Table(title="演示身份（均为虚构）")
        for title in ("身份", "角色", "单位", "辖区"):
            table.add_column(title, overflow="fold")
        for identity in IDENTITIES:
            table.add_row(identity.name, _ROLES[identity.role], identity.title, identity.territory or "")
        out.print(table)
        out.print("取得令牌：ajx token insurer-a")
    out.print("按 Ctrl-C 停止。")

"""HOW do the parts run in production? `ajx serve` and `ajx worker`, against AJX_DATABASE_URL."""

import asyncio
import time
from pathlib import Path
from typing import Annotated

import typer

from ajx_gateway.cli import working
from ajx_gateway.cli.leaving import sigterm_like_ctrl_c, undisturbed
from ajx_gateway.cli.listening import bind, environment_of, port_of, server_processes, wait_until_ready
from ajx_gateway.cli.processes import Processes
from ajx_gateway.cli.speaking import err, read_settings
from ajx_gateway.identity import SigningKey
from ajx_gateway.settings import Settings, SettingsFault, read_data_key

Host = Annotated[str | None, typer.Option("--host", help="监听地址，默认 127.0.0.1。")]
Port = Annotated[int | None, typer.Option("--port", help="监听端口，默认 8321；0 表示自动选择。")]
Workers = Annotated[int | None, typer.Option("--workers", help="服务进程数，默认 2。")]
Data = Annotated[Path | None, typer.Option("--data", help="数据目录，默认 ajx-data。")]


def register(app: typer.Typer) -> None:
    app.command("serve", help="启动服务进程（使用 AJX_DATABASE_URL 指定的 PostgreSQL 18）。")(serve)
    app.command("worker", help="启动后台任务进程（使用 AJX_DATABASE_URL）。")(worker)


def serve(host: Host = None, port: Port = None, workers: Workers = None, data: Data = None) -> None:
    sigterm_like_ctrl_c()
    settings = read_settings(host=host, port=port, workers=workers, data_dir=data)
    url = _external(settings)
    _check_keys(settings)
    with bind(settings.host, settings.port) as bound:
        settings = settings.model_copy(update={"port": port_of(bound)})
        environment = environment_of(settings, url)
        with (
            server_processes(bound, settings.workers, environment) as servers,
            Processes(servers) as processes,
        ):
            try:
                wait_until_ready(processes, settings.host, settings.port)
                err.print(f"网关已就绪：{settings.public_url}", markup=False)
                keep_running(processes)
            except KeyboardInterrupt:
                with undisturbed():
                    # Ours is the last hold on the port: without it newcomers are refused, not left waiting.
                    bound.close()
                    processes.stop()


def keep_running(processes: Processes) -> None:
    """Until Ctrl-C or SIGTERM."""
    while True:
        processes.revive()
        time.sleep(0.25)


def worker(data: Data = None) -> None:
    settings = read_settings(data_dir=data)
    _external(settings)
    _check_keys(settings)
    asyncio.run(working.work(settings))


def _external(settings: Settings) -> str:
    if settings.database_url is None:
        raise SettingsFault(
            "未设置 AJX_DATABASE_URL。单机使用请运行 ajx up（自带 PostgreSQL）；"
            "生产环境请设为 postgresql://用户:口令@主机/数据库，并先运行 ajx migrate。"
        )
    return settings.database_url.get_secret_value()


def _check_keys(settings: Settings) -> None:
    """Said here once, not by every server process in its own words."""
    read_data_key(settings)
    if not settings.signing_key_path.exists():
        raise SettingsFault(
            f"没有签名密钥 {settings.signing_key_path}。首次安装请运行 ajx keys；"
            "否则请从备份恢复，或用 AJX_SIGNING_KEY_FILE 指明位置。"
        )
    SigningKey.load(settings.signing_key_path)

"""WHERE do the gateway's own keys come from? Made once, into the secrets folder; never over existing ones."""

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from ajx_gateway.cli.speaking import out, read_settings
from ajx_gateway.identity import SigningKey
from ajx_gateway.settings import Settings, generate_data_key


def register(app: typer.Typer) -> None:
    app.command("keys", help="生成网关自己的密钥（签名密钥、报送原文加密密钥）；已有的不会改动。")(keys)


def keys(
    data: Annotated[Path | None, typer.Option("--data", help="数据目录，默认 ajx-data。")] = None,
) -> None:
    settings = read_settings(data_dir=data)
    make_keys(settings)
    out.print(f"签名密钥：{settings.signing_key_path}", markup=False, soft_wrap=True)
    out.print(f"加密密钥：{settings.data_key_path}", markup=False, soft_wrap=True)
    out.print("请立即备份这两个文件：加密密钥遗失后，已归档的报送原文无法解密。")


def make_keys(settings: Settings) -> None:
    """Both keys exist afterwards."""
    generate_data_key(settings.data_key_path)
    ensure_signing_key(settings.signing_key_path)


def ensure_signing_key(path: Path) -> SigningKey:
    """The key in this file, made when there is none."""
    if not path.exists():
        # save() never writes over a file: of two at once, one key wins and both read it.
        with contextlib.suppress(FileExistsError):
            SigningKey.generate().save(path)
    return SigningKey.load(path)

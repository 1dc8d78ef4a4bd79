"""The settings are documented, refuse nonsense without repeating it, and never invent a secret."""

import json
import re
import stat
from pathlib import Path

import pytest

from ajx_gateway.cli.speaking import read_settings
from ajx_gateway.identity import SigningKey
from ajx_gateway.settings import Settings, SettingsFault, generate_data_key, read_data_key, read_retired_keys

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def rows() -> dict[str, str]:
    return dict(re.findall(r"^\| `(AJX_[A-Z_]+)` \| (.+?) \|", PAGE.read_text("utf-8"), re.MULTILINE))


def test_the_page_of_settings_names_every_setting_and_no_other() -> None:
    assert set(rows()) == {f"AJX_{name.upper()}" for name in Settings.model_fields}


def test_the_page_of_settings_gives_each_plain_default() -> None:
    shown = rows()
    for name, field in Settings.model_fields.items():
        if field.default is not None:
            plain = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
            plain = plain.removesuffix(".0") if name == "rate_limit_per_second" else plain
            assert shown[f"AJX_{name.upper()}"] == f"`{plain}`"


def test_a_bad_value_is_named_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AJX_PORT", "hunter2")
    with pytest.raises(SettingsFault, match="AJX_PORT") as refusal:
        read_settings()
    assert "hunter2" not in str(refusal.value)


def test_the_database_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AJX_DATABASE_URL", "postgresql://ajx_owner:hunter2@db/ajx")
    assert "hunter2" not in repr(read_settings())


def test_the_demo_clock_works_on_loopback_only() -> None:
    assert read_settings(demo_clock=True).demo_clock
    with pytest.raises(SettingsFault, match="AJX_DEMO_CLOCK"):
        read_settings(demo_clock=True, host="0.0.0.0")


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8321"),
        ("0.0.0.0", "http://127.0.0.1:8321"),
        ("::1", "http://[::1]:8321"),
    ],
)
def test_the_public_address_can_be_called(host: str, url: str) -> None:
    assert read_settings(host=host).public_url == url


def test_the_data_key_is_private_and_never_made_twice(tmp_path: Path) -> None:
    settings = read_settings(data_dir=tmp_path / "data")
    generate_data_key(settings.data_key_path)
    key = read_data_key(settings)
    generate_data_key(settings.data_key_path)
    assert read_data_key(settings) == key
    assert len(key) == 32
    assert stat.S_IMODE(settings.data_key_path.stat().st_mode) == 0o600


def test_a_missing_or_cut_data_key_is_a_fault_and_no_occasion_for_another(tmp_path: Path) -> None:
    settings = read_settings(data_dir=tmp_path)
    with pytest.raises(SettingsFault, match="备份"):
        read_data_key(settings)
    assert not settings.data_key_path.exists()
    generate_data_key(settings.data_key_path)
    settings.data_key_path.write_bytes(b"short")
    with pytest.raises(SettingsFault, match="5 字节"):
        read_data_key(settings)


def test_earlier_public_keys_are_read_and_a_broken_list_is_a_fault(tmp_path: Path) -> None:
    settings = read_settings(data_dir=tmp_path, retired_keys_file=tmp_path / "retired.json")
    assert read_retired_keys(settings) == []
    retired = SigningKey.generate().public_jwk()
    (tmp_path / "retired.json").write_text(json.dumps({"keys": [retired]}))
    assert read_retired_keys(settings) == [retired]
    for broken in ("{", "[]", '{"keys": 1}'):
        (tmp_path / "retired.json").write_text(broken)
        with pytest.raises(SettingsFault, match="JWKS"):
            read_retired_keys(settings)

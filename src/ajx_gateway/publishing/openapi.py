"""WHAT does the OpenAPI document say? FastAPI's draft, completed with the published schemas."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ajx_gateway import standard
from ajx_gateway.publishing import schemas
from ajx_gateway.publishing.answers import SCHEMAS
from ajx_gateway.standard.sample import sample

Document = dict[str, Any]
FILE = "openapi.json"
DESCRIPTION = (
    "承保机构按公布的数据标准报送，网关按保单所在地、业务发生日的规定逐条校验并出具签名回执；"
    "监管部门读取按辖区和权限裁剪、可追溯到原始报送的统计。金额一律为字符串（元，至多两位小数）。"
)
TAGS: Mapping[str, str] = {
    "身份": "以 private_key_jwt 换取访问令牌；网关的公钥。",
    "报送": "承保机构报送各类记录，支持批量、压缩、试报、幂等重试。",
    "读取": "承保机构读取本机构的记录及历史。",
    "期限与事件": "业务期限、免责申请与事件流。",
    "监管": "监管部门的统计、期限与明细。",
    "数据标准": "公开的数据标准、代码表、校验规则与各地要求。",
    "运行": "存活、就绪与指标。",
}


def complete(draft: Mapping[str, Any]) -> Document:
    """The draft with components, tags and security; the same wherever it runs, so it can be committed."""
    document: Document = json.loads(json.dumps(draft))
    document["info"]["description"] = DESCRIPTION
    document["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
    components = document.setdefault("components", {})
    drafted = components.get("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        drafted.pop(unused, None)
    components["schemas"] = {**drafted, **_published(), **SCHEMAS}
    components["examples"] = {name: {"value": sample(name)} for name in standard.KINDS}
    components["securitySchemes"] = {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "见 /oauth2/token",
        }
    }
    return document


def _published() -> dict[str, Any]:
    """The published schemas with their ``$defs`` moved to components, where OpenAPI tools look for them."""
    found: dict[str, Any] = {}
    for kind in standard.KINDS.values():
        schema = dict(schemas.schema(kind.name, standard.CURRENT))
        for dialect in ("$schema", "$id"):
            schema.pop(dialect, None)
        definitions = schema.pop("$defs", {})
        found[kind.name] = _rerooted(schema, kind.name)
        found |= {f"{kind.name}.{name}": _rerooted(part, kind.name) for name, part in definitions.items()}
    return found


def _rerooted(node: Any, kind: str) -> Any:
    if isinstance(node, dict):
        return {
            key: value.replace("#/$defs/", f"#/components/schemas/{kind}.")
            if key == "$ref" and isinstance(value, str)
            else _rerooted(value, kind)
            for key, value in node.items()
        }
    return [_rerooted(each, kind) for each in node] if isinstance(node, list) else node


def text_of(document: Mapping[str, Any]) -> str:
    """The document as it is committed: sorted, so that a change shows as a small difference."""
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def write(document: Mapping[str, Any], folder: Path) -> Path:
    """Writes ``openapi.json`` into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    path.write_text(text_of(document), encoding="utf-8", newline="\n")
    return path


def check(document: Mapping[str, Any], folder: Path) -> list[str]:
    """What differs between the committed file and the code, one Chinese line each."""
    path = folder / FILE
    if not path.is_file():
        return [f"{path} 不存在"]
    return [] if path.read_text(encoding="utf-8") == text_of(document) else [f"{path} 与代码不一致"]

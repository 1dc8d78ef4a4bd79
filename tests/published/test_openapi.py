"""The OpenAPI document: committed, valid, and complete for every door."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from pydantic import SecretStr

from ajx_gateway.app import create_app
from ajx_gateway.errors import leaves
from ajx_gateway.publishing import openapi, vocabulary
from ajx_gateway.settings import Settings
from ajx_gateway.standard import KINDS, Kind

ROOT = Path(__file__).parents[2]
METHODS = {"get", "put", "post", "delete"}
PUSH_STATUSES = {"200", "400", "401", "403", "404", "409", "412", "413", "415", "422", "429", "503"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return create_app(Settings(_env_file=None)).openapi()  # type: ignore[call-arg]


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, told)
        for path, methods in document["paths"].items()
        for method, told in methods.items()
        if method in METHODS
    ]


def test_the_committed_document_is_what_the_code_says(document: dict[str, Any]) -> None:
    assert openapi.check(document, ROOT / "openapi") == [], "run: uv run ajx publish"


def test_the_document_does_not_depend_on_the_installation(document: dict[str, Any]) -> None:
    elsewhere = Settings(
        _env_file=None, database_url=SecretStr("postgresql://x/y"), base_url="https://ajx.example"
    )  # type: ignore[call-arg]
    assert openapi.text_of(create_app(elsewhere).openapi()) == openapi.text_of(document)


def test_check_names_a_missing_and_a_differing_file(document: dict[str, Any], tmp_path: Path) -> None:
    assert len(openapi.check(document, tmp_path)) == 1
    path = openapi.write(document, tmp_path)
    assert openapi.check(document, tmp_path) == []
    path.write_text(path.read_text(encoding="utf-8").replace("保单", "保险单", 1), encoding="utf-8")
    assert len(openapi.check(document, tmp_path)) == 1


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def walk(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [found for value in node.values() for found in walk(value)]
        return [found for each in node for found in walk(each)] if isinstance(node, list) else []

    for reference in set(walk(document)):
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            assert step in place, reference
            place = place[step]


def test_every_operation_has_an_id_of_its_own_a_summary_and_a_known_tag(document: dict[str, Any]) -> None:
    told = operations(document)
    ids = [operation["operationId"] for _, _, operation in told]
    assert len(set(ids)) == len(ids)
    tags = {tag["name"] for tag in document["tags"]}
    for path, method, operation in told:
        assert operation["summary"], (method, path)
        assert set(operation["tags"]) <= tags, (method, path)


def test_every_path_parameter_is_described(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        described = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
        assert described == {part.split("}")[0] for part in path.split("{")[1:]}, (method, path)


@pytest.mark.parametrize("kind", list(KINDS.values()), ids=lambda kind: kind.name)
def test_every_collection_is_pushed_with_the_published_schema(document: dict[str, Any], kind: Kind) -> None:
    push = document["paths"][f"/v1/{kind.collection}"]["post"]
    assert set(push["responses"]) == PUSH_STATUSES
    body = push["requestBody"]["content"]
    assert set(body) == {"application/json", "application/x-ndjson"}
    assert {each["name"] for each in push["parameters"]} >= {
        "Idempotency-Key",
        "Data-Standard",
        "dry_run",
        "atomic",
    }
    schema = body["application/json"]["schema"]
    whole = {"components": document["components"], **schema}
    example = document["components"]["examples"][kind.name]["value"]
    validator = jsonschema_rs.validator_for(json.loads(json.dumps({**whole, "$schema": _DIALECT})))
    assert validator.is_valid(example)
    assert validator.is_valid([example, example])
    assert not validator.is_valid({**example, "unknown": 1})


_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def texts(
    document: dict[str, Any], schema: dict[str, Any], at: str = ""
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The texts of a body that are free, with where they stand in it."""
    if "$ref" in schema:
        yield from texts(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], at)
    for word in ("anyOf", "oneOf", "allOf"):
        for part in schema.get(word, ()):
            yield from texts(document, part, at)
    if schema.get("type") == "string" and not schema.keys() & {"enum", "const"}:
        yield at, schema
    for name, part in schema.get("properties", {}).items():
        yield from texts(document, part, f"{at}/{name}")
    if isinstance(schema.get("items"), dict):
        yield from texts(document, schema["items"], f"{at}/*")


# Judged by the standard, which refuses control characters in all texts; and read as TOML, which knows none.
JUDGED_OTHERWISE = {"/reason": "/void", "/draft": "/what-if"}


def test_no_text_of_a_body_may_hold_a_nul(document: dict[str, Any]) -> None:
    """PostgreSQL can neither be asked about one nor keep it."""
    found, open_ = 0, []
    for path, method, told in operations(document):
        body = told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        for at, text in texts(document, body):
            found += 1
            shaped = text.get("format") in {"date", "date-time", "uuid"}
            if not shaped and not ("pattern" in text and re.search(text["pattern"], "a\0b") is None):
                open_.append((method, path, at))
    assert found > 300
    assert [one for one in open_ if not one[1].endswith(JUDGED_OTHERWISE.get(one[2], "nowhere"))] == []


def test_refusals_are_described_as_problems(document: dict[str, Any]) -> None:
    known = {str(leaf.status) for leaf in leaves()}
    for path, method, operation in operations(document):
        for status, answer in operation["responses"].items():
            if status in known and not path.startswith("/oauth2"):
                assert "application/problem+json" in answer["content"], (method, path, status)
            if status in ("429", "503"):
                assert "Retry-After" in answer["headers"], (method, path, status)


def test_only_the_public_doors_ask_for_no_token(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        assert bool(operation.get("security")) == path.startswith("/v1/"), (method, path)


def _chosen(schema: Any, member: str = "") -> Iterator[tuple[str, list[str]]]:
    """The members of a body that are chosen from a list, with the list."""
    if isinstance(schema, list):
        for each in schema:
            yield from _chosen(each, member)
    elif isinstance(schema, dict):
        if "enum" in schema:
            yield member, schema["enum"]
        for name, below in schema.get("properties", {}).items():
            yield from _chosen(below, name)
        for name, below in schema.items():
            if name not in {"properties", "enum"}:
                yield from _chosen(below, member)


def test_a_refused_choice_is_told_with_the_titles_of_all_choices(document: dict[str, Any]) -> None:
    found = [
        (path, member, codes)
        for path, _, told in operations(document)
        for content in told.get("requestBody", {}).get("content", {}).values()
        for member, codes in _chosen(content.get("schema", {}))
    ]
    assert len(found) > 10
    for path, member, codes in found:
        told = vocabulary.choices(member, codes)
        assert isinstance(told, Mapping), f"{path}: {member} {codes}"
        assert all(title and title != code for code, title in told.items())

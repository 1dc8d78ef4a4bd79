"""The published schema is the whole truth about shape: the model accepts what it accepts, nothing else."""

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ajx_gateway.publishing import catalogue, schemas
from ajx_gateway.standard import CURRENT, KINDS, VERSIONS, model_for, read
from ajx_gateway.standard.fields import walk
from ajx_gateway.standard.sample import every_member

ROOT = Path(__file__).parents[2]
VALIDATORS = {
    kind: jsonschema_rs.Draft202012Validator(schemas.schema(kind, CURRENT), validate_formats=True)
    for kind in KINDS
}
EACH_KIND = pytest.mark.parametrize("kind", KINDS)

STRINGS = [
    "", " ", "0", "-0", "-0.00", "00", "1.5", "1.50", "1.555", "1.", ".5", "+1", "1e5", "1_000",
    "1,000", "１２", "٣", "0.150000", "0.1500000", "1.000000", "1.000001", "2", "-300.00",
    "9999999999999.99", "99999999999999", "999999.000001", "NaN", "Infinity", "null", "true", "CNY",
    "cny", "spend", "enterprise", "large", "object_strike", "vehicle_injury", "2026-03-01",
    "2026-02-29", "2024-02-29", "1900-02-29", "2026-04-31", "2026-13-01", "2026-3-1", "20260301",
    "1899-12-31", "2199-12-31", "2200-01-01", "2026-03-01\n", "2026-03-01T00:00:00",
    "2026-03-01T00:00:00Z", "2026-03-01T23:59:59.123456+08:00", "2026-03-01T23:59:59.1234567Z",
    "2026-03-01T24:00:00Z", "2026-03-01T23:59:60Z", "2026-03-01t00:00:00z", "2026-03-01 00:00:00Z",
    "2026-03-01T00:00:00-00:00", "2026-03-01T00:00:00+14:59", "2026-03-01T00:00:00+15:00",
    "2026-03-01T00:00:00+0800", "2026-02-30T00:00:00Z", "2199-12-31T23:59:59-14:59",
    "1900-01-01T00:00:00+14:59", "440605011", "440605", "040605011", "４４０６０５", "C33",
    "C3311", "C33110", "c33", "U11", "91440605MA0000015R", "91440605ma0000015r", "A", "-A",
    "A" * 64, "A" * 65, "保单", "A/b.c_d-e", "a\x00b", "a\nb", "\x7f", "\x85", "\u2028", "\ufeff",
    "😀" * 50, "😀" * 51, "x" * 100, "x" * 101, "x" * 500, "x" * 501, "0" * 64, "f" * 64,
    "F" * 64, "00000000000", "+86 0757-0000",
]  # fmt: skip
ANYTHING = st.builds(
    copy.deepcopy,
    st.one_of(
        st.sampled_from(STRINGS),
        st.text(max_size=12),
        st.sampled_from(
            [
                0,
                1,
                -1,
                5,
                10,
                11,
                366,
                1999,
                2026,
                2101,
                10**9,
                2**53,
                10**18,
                0.0,
                1.0,
                1.5,
                -1.0,
                46.0,
                1e9,
                1e300,
            ]
        ),
        st.booleans(),
        st.none(),
        st.sampled_from([[], {}, [[]], [{}], ["spend"], ["mine_coal"] * 21]),
    ),
)
NAMES = st.sampled_from(
    [
        "ext_a",
        "ext_",
        "ext_A",
        "ext_" + "z" * 60,
        "ext_" + "z" * 61,
        "x",
        "Ext_a",
        "ext_a\n",
        "note",
        "currency",
    ]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every member and list item of a document."""
    found = [path] if path else []
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in inner:
        found += places(member, (*path, name))
    return found


def holder(document: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        document = document[step]
    return document


@st.composite
def documents(draw: st.DrawFn, kind: str) -> Any:
    document = copy.deepcopy(every_member(kind))
    for _ in range(draw(st.integers(0, 3))):
        known = places(document)
        if not known:
            break
        path = draw(st.sampled_from(known))
        above = holder(document, path[:-1])
        match draw(st.sampled_from(["drop", "replace", "replace", "add", "lengthen", "swap"])):
            case "drop":
                del above[path[-1]]
            case "replace":
                above[path[-1]] = draw(ANYTHING)
            case "add" if isinstance(above, dict):
                above[draw(NAMES)] = draw(ANYTHING)
            case "lengthen" if isinstance(above[path[-1]], list) and above[path[-1]]:
                above[path[-1]] = above[path[-1]] * draw(st.sampled_from([2, 20, 21, 30, 31, 50, 51]))
            case _:
                above[path[-1]] = copy.deepcopy(holder(document, draw(st.sampled_from(known))))
    return document


def accepted_by_the_model(kind: str, document: Any) -> bool:
    item = read(KINDS[kind], CURRENT, json.dumps([document]).encode(), "json")[0]
    assert (item.record is None) == bool(item.findings)
    return item.record is not None


def fits_the_model(kind: str, document: Any) -> bool:
    try:
        model_for(kind, CURRENT).__pydantic_validator__.validate_json(json.dumps(document))
    except ValidationError:
        return False
    return True


@EACH_KIND
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_the_model_accepts_exactly_what_the_published_schema_accepts(kind: str, data: st.DataObject) -> None:
    document = data.draw(documents(kind))
    assert accepted_by_the_model(kind, document) == VALIDATORS[kind].is_valid(document)


@EACH_KIND
def test_model_and_schema_agree_on_every_nasty_value_in_every_field(kind: str) -> None:
    values: list[Any] = [*STRINGS, 0, 1, -1, 1.0, 1.5, 10**9, 10**18, True, None, [], {}]
    disagreed = []
    for path in places(every_member(kind)):
        document = every_member(kind)
        above = holder(document, path[:-1])
        for value in values:
            above[path[-1]] = value
            if fits_the_model(kind, document) != VALIDATORS[kind].is_valid(document):
                disagreed.append((path, value))
    assert disagreed == []


@EACH_KIND
def test_a_schema_is_valid_and_names_its_version_and_kind(kind: str) -> None:
    schema = schemas.schema(kind, CURRENT)
    jsonschema_rs.meta.validate(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:ajx:standard:{CURRENT}:{kind}"
    assert schema["title"] == KINDS[kind].title
    assert VALIDATORS[kind].is_valid(schema["examples"][0])


@EACH_KIND
def test_every_published_field_carries_title_definition_example_privacy_and_since(kind: str) -> None:
    schema = schemas.schema(kind, CURRENT)
    parts = [schema, *schema["$defs"].values()]
    fields = [field for part in parts for field in part["properties"].values()]
    assert len(fields) == len({(id(outline)) for _, outline in walk(KINDS[kind].model)})
    for field in fields:
        assert field["title"]
        assert field["description"]
        assert field["examples"]
        assert field["x-privacy"] in {"C0", "C1", "C2", "C3", "C4"}
        assert field["x-since"] in VERSIONS
        assert "default" not in field
    assert all(part["additionalProperties"] is False for part in parts)


def test_every_version_of_the_standard_has_its_dates() -> None:
    assert tuple(edition.version for edition in catalogue.EDITIONS) == VERSIONS


def test_the_committed_schemas_are_those_of_the_code() -> None:
    assert schemas.check(ROOT / "schemas") == []


def test_a_difference_names_the_file_and_the_command_that_mends_it(tmp_path: Path) -> None:
    assert len(schemas.write(tmp_path)) == len(schemas.files())
    assert schemas.write(tmp_path) == []
    assert schemas.check(tmp_path) == []
    (tmp_path / "1.0" / "policy.json").write_text("{}", encoding="utf-8")
    (tmp_path / "1.0" / "claim.json").unlink()
    (tmp_path / "1.0" / "nonsense.json").write_text("{}", encoding="utf-8")
    lines = schemas.check(tmp_path)
    assert [line.split(" ")[0] for line in lines] == [
        "schemas/1.0/claim.json",
        "schemas/1.0/nonsense.json",
        "schemas/1.0/policy.json",
    ]
    assert all("ajx publish" in line for line in lines)
    schemas.write(tmp_path)
    (tmp_path / "1.0" / "nonsense.json").unlink()
    assert schemas.check(tmp_path) == []

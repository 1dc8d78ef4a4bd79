"""A minor version is marks on fields: older versions are derived, and do not know what was born later."""

import json
from typing import Annotated

import pytest
from pydantic import ValidationError

from ajx_gateway.standard import CURRENT, KINDS, VERSIONS, kinds_at, model_for
from ajx_gateway.standard.canonical import canonical
from ajx_gateway.standard.codes import Code, CodeList
from ajx_gateway.standard.marks import PART, mark, order
from ajx_gateway.standard.record import Part, Record
from ajx_gateway.standard.v1.parts import RevisedAt
from ajx_gateway.standard.versions import at_version
from ajx_gateway.standard.vocabulary import Coded, Key, Maybe, Money, few


class Tail(Part):
    """尾部"""

    amount: Annotated[Money, mark("金额", "金额。", "1.00", "C2")]
    note: Annotated[Maybe[Key], mark("备注", "备注。", "A", "C1", since="1.1")] = None


class Thing(Record, kind="thing", collection="things", key="thing_no", zh="事物"):
    """事物"""

    thing_no: Annotated[Key, mark("编号", "编号。", "T1", "C1")]
    tails: Annotated[Maybe[Annotated[list[Tail], few(0, 3)]], mark("尾部", "尾部。", PART, "C1")] = None
    colour: Annotated[Maybe[Key], mark("颜色", "颜色。", "red", "C1", since="1.1")] = None
    revised_at: RevisedAt


OLD = {"thing_no": "T1", "tails": [{"amount": "1.5"}], "revised_at": "2026-01-01T00:00:00Z"}


def written(**changes: object) -> str:
    return json.dumps({**OLD, **changes})


@pytest.mark.parametrize("kind", KINDS)
def test_the_current_version_is_the_model_itself(kind: str) -> None:
    assert model_for(kind, CURRENT) is KINDS[kind].model
    assert VERSIONS[-1] == CURRENT


def test_an_unknown_version_or_kind_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        model_for("policy", "0.9")
    with pytest.raises(KeyError):
        model_for("nonsense", "1.0")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_version_knows_the_kinds_born_by_then(version: str) -> None:
    born = {name for name, kind in KINDS.items() if order(kind.since) <= order(version)}
    assert set(kinds_at(version)) == born
    for name in set(KINDS) - born:
        with pytest.raises(KeyError):
            model_for(name, version)


def test_the_newest_version_knows_every_field() -> None:
    assert at_version(Thing, "1.1") is Thing
    assert Thing.model_validate_json(written(colour="red")).colour == "red"


@pytest.mark.parametrize("newer", [{"colour": "red"}, {"tails": [{"amount": "1", "note": "A"}]}])
def test_an_older_version_refuses_fields_born_later_also_inside_parts(newer: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        at_version(Thing, "1.0").model_validate_json(written(**newer))


def test_a_record_of_an_older_version_reads_like_one_that_left_the_new_fields_out() -> None:
    old = at_version(Thing, "1.0").model_validate_json(written())
    new = Thing.model_validate_json(written())
    assert old.colour is None
    assert old.tails is not None
    assert old.tails[0].note is None
    assert old.key == "T1"
    assert canonical(old) == canonical(new)


def test_an_older_version_refuses_codes_born_later(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = (
        Code(code, code, code, None, None, None, "", "示例", since, {})
        for code, since in (("old", "1.0"), ("new", "1.1"))
    )
    listed = CodeList("shades", "色调", "示例", (old, new))
    monkeypatch.setattr("ajx_gateway.standard.vocabulary.CODE_LISTS", {"shades": listed})

    class Shade(Part):
        """色调"""

        one: Annotated[str, Coded("shades"), mark("一", "一。", "old", "C1")]
        maybe: Annotated[Maybe[Annotated[str, Coded("shades")]], mark("二", "二。", "old", "C1")] = None
        many: Annotated[list[Annotated[str, Coded("shades")]], few(0, 3), mark("三", "三。", "old", "C1")]

    older, plain = at_version(Shade, "1.0"), '{"one":"old","maybe":"old","many":["old"]}'
    assert at_version(Shade, "1.1") is Shade
    assert older.model_validate_json(plain).many == ["old"]
    for member in ('"one":"old"', '"maybe":"old"', '["old"]'):
        newer = plain.replace(member, member.replace("old", "new"))
        assert Shade.model_validate_json(newer)
        with pytest.raises(ValidationError):
            older.model_validate_json(newer)
    assert older.model_json_schema()["properties"]["one"]["enum"] == ["old"]


def test_an_older_version_keeps_limits_and_ext_members() -> None:
    old = at_version(Thing, "1.0")
    assert old.model_validate_json(written(ext_own=1)).model_extra == {"ext_own": 1}
    with pytest.raises(ValidationError):
        old.model_validate_json(written(tails=[{"amount": "1"}] * 4))


def test_versions_are_ordered_by_number() -> None:
    assert order("1.10") > order("1.9")

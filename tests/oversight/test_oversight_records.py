"""The records behind the figures: filters, pages, titles, and what is not shown."""

from datetime import date, timedelta
from decimal import Decimal
from types import UnionType
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from shelving import BEIAN, NOW, T0, Shelf, same_id

from ajx_gateway.errors import Forbidden, NotFound, Unprocessable
from ajx_gateway.identity import Caller
from ajx_gateway.oversight.column_titles import title_of
from ajx_gateway.oversight.records import record, record_list
from ajx_gateway.standard import KINDS
from ajx_gateway.standard.marks import marks
from ajx_gateway.store.columns import PROMOTED
from ajx_gateway.store.database import Store
from ajx_gateway.store.drill import columns_of

Callers = dict[str, Caller]
MINUTE = timedelta(minutes=1)


async def listed(store: Store, caller: Caller, collection: str, **given: str) -> list[dict[str, Any]]:
    return (await record_list(store, caller, collection, given, now=NOW))["items"]


@pytest.mark.parametrize("kind", PROMOTED)
def test_every_column_has_a_chinese_title(kind: str) -> None:
    assert all(title_of(KINDS[kind], name) for name in columns_of(kind))


@pytest.mark.parametrize("kind", PROMOTED)
def test_no_promoted_column_is_personal(kind: str) -> None:
    personal = set(_personal(KINDS[kind].model))
    assert personal & {promoted.name for promoted in PROMOTED[kind]} <= {"name"}
    assert not {"contact_name", "contact_phone", "id_no"} & {promoted.name for promoted in PROMOTED[kind]}


def _personal(model: type[BaseModel]) -> list[str]:
    found = [name for name, mark in marks(model).items() if mark.privacy in ("C3", "C4")]
    for field in model.model_fields.values():
        found += [name for part in _parts(field.annotation) for name in _personal(part)]
    return found


def _parts(annotation: Any) -> list[type[BaseModel]]:
    if (
        isinstance(annotation, type)
        and not isinstance(annotation, UnionType)
        and issubclass(annotation, BaseModel)
    ):
        return [annotation]
    return [part for inner in get_args(annotation) for part in _parts(inner)]


async def test_a_list_narrows_by_everything_and_hides_what_was_voided(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await shelf.put("policy", "P1", size="large")
    await shelf.put("policy", "P2", insurer=BEIAN, division="440605121")
    await shelf.put("policy", "P3", voided=True)
    await shelf.put("service", "S1", policy_no="P1", state="cancelled")
    await shelf.put("service", "S2", policy_no="P2", insurer=BEIAN, started_on=date(2023, 9, 1))
    seen = [
        [item["key"] for item in await listed(store, callers["nanhai"], "services", **given)]
        for given in (
            {},
            {"size": "large"},
            {"insurer": BEIAN},
            {"town": "440605121"},
            {"state": "cancelled"},
            {"period": "2023Q3"},
        )
    ]
    assert seen == [["S2", "S1"], ["S1"], ["S2"], ["S2"], ["S1"], ["S2"]]
    assert {item["key"] for item in await listed(store, callers["nanhai"], "policies")} == {"P1", "P2"}


async def test_a_childs_enterprise_and_territory_are_its_policys(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await shelf.put("policy", "P1", division="440605121", enterprise_name="虚构家具厂")
    await shelf.put("claim", "C1", policy_no="P1", paid=Decimal("5.10"))
    item = (await listed(store, callers["nanhai"], "claims"))[0]
    assert (item["territory"], item["enterprise_name"], item["paid"]) == ("440605121", "虚构家具厂", "5.10")
    assert await listed(store, callers["guicheng"], "claims") == []
    assert await listed(store, callers["suzhou"], "claims") == []


async def test_the_operator_sees_records_without_enterprises(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await shelf.put("policy", "P1")
    item = (await listed(store, callers["operator"], "policies"))[0]
    assert (item["enterprise_name"], item["enterprise_uscc"]) == ("＊＊＊", "＊＊＊")


async def test_pages_show_the_state_of_the_first_page(store: Store, shelf: Shelf, callers: Callers) -> None:
    for number in range(7):
        await shelf.put("policy", f"P{number}", signed_on=date(2023, 5, 1 + number // 2))
    seen: list[tuple[str, int]] = []
    after = ""
    for page in range(4):
        given = {"limit": "2", "after": after}
        answer = await record_list(store, callers["nanhai"], "policies", given, now=NOW + page * MINUTE)
        seen += [(item["key"], item["insured_count"]) for item in answer["items"]]
        after = answer["next"] or ""
        for number in range(7):  # every policy is corrected, and moved to another day
            await shelf.put(
                "policy",
                f"P{number}",
                signed_on=date(2023, 6, 1),
                insured_count=99,
                recorded_at=NOW + page * MINUTE + MINUTE / 2,
            )
    assert after == ""
    assert sorted(seen) == [(f"P{number}", 10) for number in range(7)]


async def test_one_record_comes_with_every_state_it_had(store: Store, shelf: Shelf, callers: Callers) -> None:
    identity = await shelf.put("policy", "P1", recorded_at=T0)
    await shelf.put("policy", "P1", recorded_at=T0 + MINUTE, insured_count=11)
    answer = await record(store, callers["nanhai"], "policies", identity, now=NOW)
    assert answer["record"]["insured_count"] == 11
    assert [state["recorded_at"] for state in answer["history"]] == [
        "2024-01-10T10:00:00+08:00",
        "2024-01-10T10:01:00+08:00",
    ]
    with pytest.raises(NotFound):
        await record(store, callers["suzhou"], "policies", identity, now=NOW)
    with pytest.raises(NotFound):
        await record(store, callers["nanhai"], "claims", identity, now=NOW)
    with pytest.raises(NotFound):
        await record(store, callers["nanhai"], "policies", same_id("none"), now=NOW)


async def test_insurers_and_the_consultant_get_no_records(store: Store, callers: Callers) -> None:
    for name in ("insurer", "consultant"):
        with pytest.raises(Forbidden):
            await listed(store, callers[name], "policies")


async def test_unknown_collections_and_states_are_refused(store: Store, callers: Callers) -> None:
    with pytest.raises(NotFound):
        await listed(store, callers["city"], "rumours")
    with pytest.raises(Unprocessable):
        await listed(store, callers["city"], "policies", state="open")
    with pytest.raises(Unprocessable):
        await listed(store, callers["city"], "claims", state="lost")

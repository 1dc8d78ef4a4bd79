"""Nobody changes what is not theirs: every writing operation but the insurers' own pushes, by every identity, about own,
foreign and absent subjects. Foreign and absent are refused in the same words and change nothing; own subjects are
accepted, or refused with a reason.

A new writing operation has to be added to ``WRITES``: the test says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from ajx_gateway import standard
from ajx_gateway.identity import Caller
from ajx_gateway.store.database import asyncpg_url
from ajx_gateway.store.layout import metadata

from . import bodies
from . import world as shelves
from .bodies import EVIDENCE, EXCUSE, OUTAGE, SAMPLED
from .gateway import CALLERS
from .world import PLACES, V1, World, at_home, elsewhere, laid_out

_UPHELD = {"decision": "upheld", "reason": "虚构的理由"}
_REASON = {"reason": "虚构的理由"}
_VOID = {"reason": "输入错误（虚构）", "revised_at": "2026-11-20T09:00:00+08:00"}


class About(dict[str, str]):
    """The subjects of a request; remembers which of them it took."""

    def __init__(self, told: Mapping[str, str]) -> None:
        super().__init__(told)
        self.taken: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.taken.add(name)
        return super().__getitem__(name)


@dataclass(frozen=True)
class Call:
    """A good request."""

    path: str
    body: Any
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)

    async def send(self, client: httpx.AsyncClient, key: str) -> httpx.Response:
        sent: dict[str, Any] = {"content": self.body} if isinstance(self.body, bytes) else {"json": self.body}
        headers = {"Idempotency-Key": key, **self.headers}
        return await client.request(self.method, self.path, **sent, headers=headers)


Write = Callable[[About], Call]
WRITES: dict[tuple[str, str], Write] = {
    ("post", f"{V1}/roster"): lambda a: Call(
        f"{V1}/roster", bodies.roster(a), headers={"Content-Type": "text/csv"}
    ),
    ("post", f"{V1}/roster/{{uscc}}/evidence"): lambda a: Call(f"{V1}/roster/{a['uscc']}/evidence", EVIDENCE),
    ("post", f"{V1}/roster/{{uscc}}/evidence/{{id}}/withdrawal"): lambda a: Call(
        f"{V1}/roster/{a['uscc']}/evidence/{a['evidence']}/withdrawal", _REASON
    ),
    ("post", f"{V1}/findings"): lambda a: Call(f"{V1}/findings", bodies.finding(a)),
    ("post", "/v1/findings/{id}/reply"): lambda a: Call(
        f"/v1/findings/{a['finding']}/reply", {"reply": "已整改（虚构）"}
    ),
    ("post", f"{V1}/findings/{{id}}/decision"): lambda a: Call(
        f"{V1}/findings/{a['finding']}/decision", _UPHELD
    ),
    ("post", f"{V1}/complaints"): lambda a: Call(f"{V1}/complaints", bodies.complaint(a)),
    ("post", f"{V1}/complaints/{{id}}/steps"): lambda a: Call(
        f"{V1}/complaints/{a['complaint']}/steps",
        {"step": "answered", "words": "已答复（虚构）", "on": "2026-11-16"},
    ),
    ("post", f"{V1}/excuses/{{id}}/decision"): lambda a: Call(
        f"{V1}/excuses/{a['excuse']}/decision", _UPHELD
    ),
    ("post", "/v1/deadlines/{id}/excuse"): lambda a: Call(f"/v1/deadlines/{a['clock']}/excuse", EXCUSE),
    ("post", f"{V1}/outages"): lambda a: Call(
        f"{V1}/outages", {**OUTAGE, "begins": "2026-11-17T02:00:00Z", "ends": "2026-11-17T03:00:00Z"}
    ),
    ("post", f"{V1}/evaluations/{{jurisdiction}}/{{period}}/publication"): lambda a: Call(
        f"{V1}/evaluations/{a['city']}/{a['unspoken']}/publication", _REASON
    ),
    ("post", f"{V1}/evaluations/{{jurisdiction}}/{{period}}/what-if"): lambda a: Call(
        f"{V1}/evaluations/{a['city']}/{a['evaluated']}/what-if", {"scheme": "suzhou-2024"}
    ),
    ("post", "/v1/evaluations/{jurisdiction}/{period}/items/{item}/appeal"): lambda a: Call(
        f"/v1/evaluations/{a['city']}/{a['evaluated']}/items/2/appeal", _REASON
    ),
    ("post", f"{V1}/appeals/{{id}}/decision"): lambda a: Call(
        f"{V1}/appeals/{a['appeal']}/decision", _UPHELD
    ),
    ("post", f"{V1}/agencies"): lambda a: Call(f"{V1}/agencies", bodies.agency(a)),
    ("post", f"{V1}/experts"): lambda a: Call(f"{V1}/experts", bodies.expert(a)),
    ("post", f"{V1}/alerts/{{id}}/answer"): lambda a: Call(
        f"{V1}/alerts/{a['alert']}/answer", {"words": "已责令整改（虚构）"}
    ),
    ("post", f"{V1}/samples"): lambda a: Call(f"{V1}/samples", SAMPLED | {"seed": "once-more"}),
    ("post", f"{V1}/inspections"): lambda a: Call(f"{V1}/inspections", bodies.inspection(a)),
    ("post", f"{V1}/reports/{{kind}}/{{period}}"): lambda a: Call(
        f"{V1}/reports/insurer-service/2026", {"insurer": a["insurer"]}
    ),
}


def _void(collection: str, key: str) -> Write:
    return lambda a: Call(f"/v1/{collection}/{a[key]}/void", _VOID)


# Last, for what is void takes nothing more.
WRITES |= {
    ("post", f"/v1/{kind.collection}/{{{kind.key}}}/void"): _void(kind.collection, kind.key)
    for kind in reversed(list(standard.KINDS.values()))
}
# What belongs to nobody in particular: an agency works, and an insurer does business, wherever it is asked to.
EVERYBODYS = frozenset(
    {
        (f"{V1}/findings", "insurer"),
        (f"{V1}/complaints", "insurer"),
        (f"{V1}/reports/{{kind}}/{{period}}", "insurer"),
        (f"{V1}/agencies", "agency"),
        (f"{V1}/experts", "agency"),
        (f"{V1}/roster", "uscc"),
    }
)
# It writes nothing: who reads about every place may ask it of every place.
_READING = (f"{V1}/evaluations/{{jurisdiction}}/{{period}}/what-if",)
# Words that name a place only so that the test finds them again, and a year that both places have.
_LABELS = frozenset({"place", "unspoken", "evaluated"})


@pytest.fixture(scope="module")
async def world(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with laid_out(database_url, tmp_path_factory.mktemp("writing")) as made:
        yield made


@pytest.fixture(scope="module")
async def owner(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(asyncpg_url(database_url))
    yield engine
    await engine.dispose()


async def contents(owner: AsyncEngine) -> dict[str, tuple[int, str]]:
    """How many rows each table has, and what they say."""
    found = {}
    async with owner.connect() as connection:
        for table in metadata.sorted_tables:
            told = f"SELECT count(*), coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM {table.name} t"
            count, digest = (await connection.execute(text(told))).one()
            found[table.name] = (count, digest)
    return found


def subjects(world: World, place: bodies.Whose | None) -> dict[str, str]:
    evaluated = shelves.EVALUATED[place][0] if place else "2025"
    return {**world.subjects(place), "evaluated": evaluated}


def moved(world: World, caller: Caller, template: str, write: Write) -> Iterator[tuple[str, Call, Call]]:
    """Each request about something foreign, and the same request about something absent in its place.

    Of the caller's own subjects one after the other is moved elsewhere, then all of them.
    """
    own = subjects(world, at_home(caller) or "foshan")
    absent = subjects(world, None)
    taken = About(own)
    write(taken)
    for place in () if template in _READING and caller.role == "auditor" else elsewhere(caller):
        foreign = subjects(world, place)
        names = sorted(taken.taken - _LABELS)
        several: list[tuple[str, ...]] = [(name,) for name in names if (template, name) not in EVERYBODYS]
        if len(several) > 1:
            several.append(tuple(names))
        for chosen in several:
            labels = {name: foreign[name] for name in ("unspoken", "evaluated")}
            there = {**own, **labels, **{name: foreign[name] for name in chosen}}
            nowhere = {**own, **labels, **{name: absent[name] for name in chosen}}
            yield "+".join(chosen), write(About(there)), write(About(nowhere))


def said(answer: httpx.Response, world: World) -> tuple[int, str]:
    """The answer without its request's id and without the subject, where it is echoed."""
    words = re.sub(r'"(request_id|instance|filing|receipt)":\s*"[^"]*"', "", answer.text)
    for place in (*PLACES, None):
        for name, value in sorted(subjects(world, place).items(), key=lambda each: -len(each[1])):
            if name not in _LABELS:
                words = words.replace(value, "…")
    # The name of a place is public, and whoever gave its code knows it.
    words = re.sub(r'"[^"]*不在本辖区内"', '"…不在本辖区内"', words)
    return answer.status_code, words


def test_every_writing_operation_is_tried(world: World) -> None:
    pushes = {f"/v1/{kind.collection}" for kind in standard.KINDS.values()}
    keyed = {f"/v1/{kind.collection}/{{{kind.key}}}" for kind in standard.KINDS.values()}
    keyed.add(
        "/v1/policies/{policy_no}/document"
    )  # may arrive before its policy, so that nothing is absent there
    documented = {
        (method, path)
        for method, path, operation in world.operations("post", "put", "patch", "delete")
        if operation.get("security") and path not in pushes | keyed
    }
    assert documented == set(WRITES), "add to WRITES what is new"


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
async def test_what_is_foreign_is_refused_like_what_is_absent_and_stays_as_it_was(
    world: World, owner: AsyncEngine, caller: Caller
) -> None:
    wrong, compared = [], 0
    before = await contents(owner)
    async with world.gateway.client(caller.name) as client:
        for (method, template), write in WRITES.items():
            for number, (about, there, nowhere) in enumerate(moved(world, caller, template, write)):
                key = f"{caller.name}-{template}-{number}"[-120:]
                got = said(await there.send(client, f"t{key}"), world)
                missing = said(await nowhere.send(client, f"n{key}"), world)
                compared += 1
                if got[0] < 400 or got[0] >= 500:
                    wrong.append(f"{method} {there.path} ({about} is foreign) is not refused: {got}")
                if got != missing:
                    wrong.append(f"{method} {there.path} ({about} is foreign): {got}, but absent {missing}")
    after = await contents(owner)
    wrong += [f"{name} has changed" for name in before if before[name] != after[name]]
    assert compared > 20
    assert not wrong, "\n".join(wrong)


async def test_what_is_ones_own_is_accepted_or_refused_with_a_reason(world: World) -> None:
    wrong, accepted = [], set[tuple[str, str]]()
    for (method, template), write in WRITES.items():
        for caller in CALLERS:
            own = About(subjects(world, at_home(caller) or "foshan"))
            async with world.gateway.client(caller.name) as client:
                answer = await write(own).send(client, f"own-{caller.name}-{template}"[-120:])
            if answer.status_code < 300:
                accepted.add((method, template))
                continue
            told = json.loads(answer.text)
            refused = answer.status_code in (403, 404, 409, 422)
            if not refused or not (told.get("detail") or told.get("counts")):
                wrong.append(
                    f"{caller.name}: {method} {template} is a {answer.status_code}: {answer.text[:300]}"
                )
    assert not wrong, "\n".join(wrong)
    assert accepted == set(WRITES)

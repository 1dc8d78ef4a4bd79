"""WHAT lies in two places that have nothing to do with each other? Filings of both, and one of everything that is made."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ajx_gateway import standard
from ajx_gateway.demo.codes import uscc
from ajx_gateway.identity import Caller
from ajx_gateway.standard.record_id import record_id

from .bodies import (
    DISTRICT,
    ENTERPRISE,
    EVIDENCE,
    EXCUSE,
    OUTAGE,
    SAMPLED,
    Whose,
    agency,
    complaint,
    document,
    expert,
    finding,
    inspection,
    roster,
)
from .gateway import CALLERS, Gateway, opened

PLACES: tuple[Whose, ...] = ("foshan", "suzhou")
# One instant for all: answers that differ, differ in what they tell.
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
V1 = "/v1/oversight"
ABSENT_ID = "00000000-0000-4000-8000-00000000dead"
ABSENT_CODE = uscc("330100", 99)
AGENCY = {"foshan": uscc("440605", 301), "suzhou": uscc("341302", 302)}
TOWN = {"foshan": "440605011", "suzhou": "341302001"}
CITY = {"foshan": "440600", "suzhou": "341300"}
REGULATOR = {"foshan": "foshan-city", "suzhou": "suzhou-city"}
# An evaluation that is over, of a policy signed in it; and one of which nobody has spoken yet.
EVALUATED = {"foshan": ("2026H1", "2026-03-01"), "suzhou": ("2025", "2025-03-01")}
UNSPOKEN = {"foshan": "2025H2", "suzhou": "2024"}
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# Told by the gateway about itself or about everybody: whose they are makes no difference.
PUBLIC = frozenset({"version", "kind", "code", "name", "list", "collection", "period", "item"})


def filer(place: Whose) -> Caller:
    return next(c for c in CALLERS if c.name == ("insurer-a" if place == "foshan" else "suzhou-insurer-a"))


def at_home(caller: Caller) -> Whose | None:
    code = caller.territory or (caller.insurer or "")[2:6]
    return "foshan" if code.startswith("4406") else "suzhou" if code.startswith("3413") else None


def elsewhere(caller: Caller) -> tuple[Whose, ...]:
    """The places whose subjects are not this caller's own."""
    own = at_home(caller)
    if own is None or (caller.role == "insurer" and caller != filer(own)):
        return PLACES
    return tuple(place for place in PLACES if place != own)


@dataclass
class World:
    """What was filed and made in two places that have nothing to do with each other."""

    gateway: Gateway
    documented: dict[str, Any]
    clock: list[datetime]
    keys: dict[Whose, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    made: dict[Whose, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    words: dict[Whose, list[str]] = field(default_factory=lambda: defaultdict(list))
    # By the list that showed them: two rows' identifiers.
    ids: dict[Whose, dict[str, list[str]]] = field(default_factory=lambda: defaultdict(dict))

    async def lay_out(self) -> None:
        """An hour before now, so that what must have settled has."""
        for place in PLACES:
            await self._file(place)
            await self._make(place)
        self.clock[0] = NOW - timedelta(minutes=20)
        for place in PLACES:
            await self._evaluate(place)
        await self.send("operator", f"{V1}/outages", OUTAGE)
        self.clock[0] = NOW
        await self._gather()

    async def send(self, name: str, path: str, body: Any, **more: Any) -> dict[str, Any]:
        """What a request that must succeed is answered."""
        async with self.gateway.client(name) as client:
            sent = {"content": body} if isinstance(body, bytes) else {"json": body}
            answer = await client.post(path, **sent, **more)
        assert answer.status_code in (200, 201), f"{path}: {answer.status_code} {answer.text[:500]}"
        told: dict[str, Any] = answer.json()
        return told

    async def _file(self, place: Whose) -> None:
        policy, hazard = document("policy", place), document("hazard", place)
        refused = {"level": "major", "state": "refused", "refused_on": "2026-04-20"}
        signed = EVALUATED[place][1]
        term = {"signed_on": signed, "effective_on": signed, "expires_on": f"{int(signed[:4]) + 1}-02-28"}
        filed = [(kind, document(kind.name, place)) for kind in standard.KINDS.values()]
        filed.append((standard.KINDS["policy"], {**policy, "policy_no": f"PE77-{place}", **term}))
        for name in ("reviewed_on", "review_result", "rectified_on"):
            del hazard[name]
        filed.append((standard.KINDS["hazard"], {**hazard, "hazard_no": f"HR77-{place}", **refused}))
        for number, (kind, each) in enumerate(filed):
            self.keys[place].setdefault(kind.key, each[kind.key])
            headers = {"Idempotency-Key": f"{place}-{number}"}
            told = await self.send(filer(place).name, f"/v1/{kind.collection}", each, headers=headers)
            assert told["items"][0]["result"] == "created", told["items"]

    async def _make(self, place: Whose) -> None:
        """One of everything, each with a word of its place in it."""
        own, made, regulator = self.subjects(place), self.made[place], REGULATOR[place]
        told = await self.send(regulator, f"{V1}/findings", finding(own))
        made["finding"] = told["finding"]["case_id"]
        told = await self.send(regulator, f"{V1}/complaints", complaint(own))
        made["complaint"] = told["complaint"]["complaint_id"]
        media = {"Content-Type": "text/csv"}
        await self.send(regulator, f"{V1}/roster", roster(own), headers=media)
        told = await self.send(regulator, f"{V1}/roster/{own['uscc']}/evidence", EVIDENCE)
        made["evidence"] = told["evidence"]["evidence_id"]
        await self.send(regulator, f"{V1}/agencies", agency(own))
        await self.send(regulator, f"{V1}/experts", expert(own))
        told = await self.send(regulator, f"{V1}/samples", SAMPLED | {"seed": f"seed-{place}"})
        made["sample"] = told["sample"]["sample_id"]
        own = self.subjects(place)
        await self.send(regulator, f"{V1}/inspections", inspection(own))
        told = await self.send(regulator, f"{V1}/reports/monthly-bulletin/2026-10", {})
        made["report"] = told["report_id"]
        made["alert"] = str(record_id(str(filer(place).insurer), "hazard", f"HR77-{place}"))
        await self.send(regulator, f"{V1}/alerts/{made['alert']}/answer", {"words": f"{place} 已责令整改"})
        async with self.gateway.client(filer(place).name) as client:
            waiting = (await client.get("/v1/deadlines")).json()["items"]
        made["clock"], other = (each["id"] for each in waiting[:2])
        told = await self.send(filer(place).name, f"/v1/deadlines/{other}/excuse", EXCUSE)
        made["excuse"] = told["id"]
        self.words[place] = [
            f"seed-{place}",
            f"虚构{place}",
            f"{place} 已责令整改",
            AGENCY[place],
            *made.values(),
        ]

    async def _evaluate(self, place: Whose) -> None:
        period = EVALUATED[place][0]
        path = f"{V1}/evaluations/{CITY[place]}/{period}/publication"
        for name in ("suzhou-city", "suzhou-reviewer") if place == "suzhou" else ("foshan-city",):
            told = await self.send(name, path, {"reason": "虚构的理由"})
        assert told["state"] == "published"
        path = f"/v1/evaluations/{CITY[place]}/{period}/items/1/appeal"
        appealed = await self.send(filer(place).name, path, {"reason": f"虚构{place}"})
        self.made[place]["appeal"] = appealed["appeal_id"]

    async def _gather(self) -> None:
        """The identifiers that each place's regulator is shown, and nobody else's regulator."""
        for place in PLACES:
            async with self.gateway.client(REGULATOR[place]) as client:
                for path in self.lists():
                    answer = await client.get(path, params={"limit": "2"} if self.is_paged(path) else {})
                    assert answer.status_code == 200, f"{path}: {answer.text[:300]}"
                    self.ids[place][path] = list(dict.fromkeys(_UUID.findall(answer.text)))[:8]
        seen = {place: {each for ids in self.ids[place].values() for each in ids} for place in PLACES}
        both = seen["foshan"] & seen["suzhou"]
        for place in PLACES:
            assert len(seen[place] - both) >= 20
            for path, ids in self.ids[place].items():
                self.ids[place][path] = [each for each in ids if each not in both]

    def lists(self) -> list[str]:
        """Every list whose address names no subject."""
        paths = [p for p, ops in self.documented["paths"].items() if "get" in ops and "{" not in p]
        paths += [f"{V1}/records/{kind.collection}" for kind in standard.KINDS.values()]
        return [path for path in paths if path.startswith(f"{V1}/")]

    def is_paged(self, path: str) -> bool:
        template = f"{V1}/records/{{collection}}" if path.startswith(f"{V1}/records/") else path
        operation = self.documented["paths"][template]["get"]
        return any(each["name"] == "limit" for each in operation.get("parameters", []))

    def subjects(self, place: Whose | None) -> dict[str, str]:
        """What a request may be about, in a place, or nowhere (None)."""
        if place is None:
            made = dict.fromkeys(MADE, ABSENT_ID)
            keys = {kind.key: "ABSENT-1" for kind in standard.KINDS.values()}
            division = {"district": "330102", "city": "330100", "town": "330102"}
            told = {"insurer": ABSENT_CODE, "uscc": ABSENT_CODE, "agency": ABSENT_CODE, "place": "nowhere"}
            return {**made, **keys, **division, **told, "unspoken": "2024"}
        return {
            **self.made[place],
            **self.keys[place],
            "place": place,
            "insurer": str(filer(place).insurer),
            "uscc": ENTERPRISE[place][0],
            "agency": AGENCY[place],
            "district": DISTRICT[place],
            "city": CITY[place],
            "town": TOWN[place],
            "unspoken": UNSPOKEN[place],
        }

    def secrets(self, place: Whose) -> list[str]:
        """What must be read in no answer to somebody who has no business there."""
        return [
            *ENTERPRISE[place],
            *self.keys[place].values(),
            str(filer(place).insurer),
            *self.words[place],
        ]

    def values(self, path: str, parameter: dict[str, Any], place: Whose | None) -> list[str]:
        """What may stand in the path for a subject of the place (None: of none)."""
        name, schema = parameter["name"], parameter.get("schema", {})
        if name in PUBLIC:
            known = {
                "version": ["1.0"],
                "code": ["request.unprocessable"],
                "period": ["2026", *(period for period, _ in EVALUATED.values())],
                "item": ["1", "7"],
            }
            if "enum" in schema:
                return [str(value) for value in schema["enum"]]
            if name in known:
                return known[name]
            if name in ("kind", "name", "list"):
                return ["policy", "sector_tag"]
        if name == "id":
            return [ABSENT_ID] if place is None else self._ids(path, place)
        if name in ("insurer", "uscc"):
            subject = ENTERPRISE[place][0] if place and name == "uscc" else None
            return [ABSENT_CODE if place is None else subject or str(filer(place).insurer)]
        if name == "jurisdiction":
            return ["330100" if place is None else CITY[place]]
        if any(name == kind.key for kind in standard.KINDS.values()):
            return ["ABSENT-1" if place is None else self.keys[place][name]]
        raise AssertionError(
            f"the path parameter {name!r} is new: say in tests/hostile/world.py, World.values, what stands there for"
            " a subject of each place and for one that does not exist"
        )

    def _ids(self, path: str, place: Whose) -> list[str]:
        """Those of the list that the address lies in, and of every other list one; of several such lists one each."""
        lies_in = path.partition("/{")[0]
        own = [
            each
            for listed, ids in self.ids[place].items()
            if listed == lies_in or ("{collection}" in path and listed.startswith(lies_in))
            for each in (ids[:1] if "{collection}" in path else ids)
        ]
        others = [ids[0] for ids in self.ids[place].values() if ids]
        chosen = list(dict.fromkeys([*own, *self.made[place].values(), *([] if own else others)]))
        assert chosen, path
        return chosen

    def addresses(
        self, path: str, parameters: list[dict[str, Any]], place: Whose | None
    ) -> Iterator[tuple[str, str]]:
        """Every path to a subject of the place: (what is public of it, the path)."""
        named = [p for p in parameters if p.get("in") == "path"]
        for chosen in itertools.product(*(self.values(path, p, place) for p in named)):
            filled, public = path, []
            for parameter, value in zip(named, chosen, strict=True):
                filled = filled.replace("{" + parameter["name"] + "}", quote(value, safe=""))
                public += [value] if parameter["name"] in PUBLIC else []
            yield "/".join(public), filled

    def operations(self, *methods: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for path, described in self.documented["paths"].items():
            for method, operation in described.items():
                if method in methods:
                    yield method, path, operation


@asynccontextmanager
async def laid_out(database_url: str, folder: Path) -> AsyncIterator[World]:
    """A gateway with both places on its shelves, at one instant."""
    clock = [NOW - timedelta(hours=1)]
    async with opened(database_url, folder, clock=lambda: clock[0], pool_size=10) as gateway:
        world = World(gateway, gateway.app.openapi(), clock)
        await world.lay_out()
        yield world


MADE = (
    "finding", "complaint", "evidence", "sample", "report", "alert", "clock", "excuse", "appeal",
)  # fmt: skip

"""Coverage equals a plain recomputation over random rosters, policies, cancellations and evidence, at any instant,
however much of it has been counted ahead."""

import asyncio
import itertools
import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import rostering
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rostering import code, entry
from shelving import ANAN, BEIAN, CALLERS, T0, Shelf

from ajx_gateway.errors import NotFound
from ajx_gateway.identity import Caller, scope_of, system_scope
from ajx_gateway.oversight import coverage, coverage_lists, roster_proofs
from ajx_gateway.store import cover_folding, cover_pages, cover_sums
from ajx_gateway.store import coverage as from_rows
from ajx_gateway.store.coverage import Asked, Listing
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.roster import Entry

DAY = timedelta(days=1)
TOWNS = ("440605011", "440605124", "440604011")
NOW = T0 + 30 * DAY
# 佛应急〔2020〕29号: written out here, not asked of the law.
TARGETS = (
    ("1.00", {"mine_noncoal", "hazchem", "civil_explosive", "metallurgy", "fatal_3y"}),
    ("0.70", {"ammonia", "ind_gas", "dust_ex", "confined_space"}),
    ("0.30", {"construction", "transport", "machinery", "fishery"}),
)
TAGS = ("hazchem", "dust_ex", "machinery", "furniture", "construction")


@dataclass
class World:
    """Everything that happens, each with the instant at which it became known."""

    rosters: list[tuple[datetime, list[Entry]]] = field(default_factory=list)
    states: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    proofs: list[tuple[datetime, str, date, date]] = field(default_factory=list)


def invented(chance: random.Random) -> World:
    """Few enterprises and days, so that everything meets everything."""
    world = World()
    for hour in sorted(chance.sample(range(40), chance.randint(1, 3))):
        named: dict[tuple[str, str], Entry] = {}
        for _ in range(chance.randint(1, 9)):
            each = _entry(chance)
            named[each.uscc, each.source] = each
        world.rosters.append((T0 + timedelta(hours=hour), list(named.values())))
    for number in range(chance.randint(0, 14)):
        insurer, enterprise = chance.choice([ANAN, BEIAN]), code(chance.randint(1, 8))
        for minute in chance.sample(range(60), chance.choice([1, 1, 2])):
            world.states.append(("policy", f"P{number}", _policy(chance, insurer, enterprise, minute)))
        for ending in range(chance.choice([0, 0, 1, 2])):
            own = _moment(chance, insurer, ending) | {
                "policy_no": f"P{number}",
                "type": chance.choice(["cancel", "cancel", "reinstate"]),
                "effective_on": _day(chance),
            }
            world.states.append(("endorsement", f"E{number}-{ending}", own))
    for _ in range(chance.choice([0, 1, 2])):
        begins = _day(chance)
        world.proofs.append(
            (
                T0 + timedelta(hours=chance.randint(1, 47)),
                code(chance.randint(1, 8)),
                begins,
                begins + 4 * DAY,
            )
        )
    return world


def _day(chance: random.Random) -> date:
    return date(2023, 12, 20) + timedelta(days=chance.randint(0, 24))


def _entry(chance: random.Random) -> Entry:
    counted = chance.choice([None, 5, 12])
    begins = _day(chance)
    return entry(
        chance.randint(1, 8),
        source=chance.choice(["甲来源（虚构）", "乙来源（虚构）"]),
        division=chance.choice(TOWNS),
        sector_tags=tuple(sorted(chance.sample(TAGS, chance.randint(0, 3)))),
        employee_count=counted,
        employee_counted_on=None if counted is None else _day(chance),
        effective_from=begins,
        effective_to=chance.choice([None, None, begins + timedelta(days=chance.randint(0, 12))]),
    )


def _moment(chance: random.Random, insurer: str, minute: int) -> dict[str, Any]:
    return {
        "insurer": insurer,
        "recorded_at": T0 + timedelta(hours=chance.randint(1, 47)),
        "revised_at": T0 + timedelta(minutes=minute),
        "voided": chance.random() < 0.12,
    }


def _policy(chance: random.Random, insurer: str, enterprise: str, minute: int) -> dict[str, Any]:
    begins = _day(chance)
    return _moment(chance, insurer, minute) | {
        "enterprise_uscc": enterprise,
        "division": chance.choice((*TOWNS, "341302010")),
        "signed_on": begins - timedelta(days=chance.randint(0, 9)),
        "effective_on": begins,
        "expires_on": begins + timedelta(days=chance.randint(0, 12)),
        "per_person_death": chance.choice([Decimal(300_000), Decimal(500_000)]),
        "insured_count": chance.choice([3, 7]),
        "employee_count": chance.choice([3, 10]),
    }


def _known(world: World, as_of: datetime) -> tuple[list[dict[str, Any]], dict[tuple[str, str], list[Any]]]:
    """The policies as known then, and the endings of each."""
    latest: dict[tuple[str, str, str], dict[str, Any]] = {}
    for kind, key, own in world.states:
        identity = (kind, own["insurer"], key)
        if own["recorded_at"] <= as_of and (
            identity not in latest or own["revised_at"] > latest[identity]["revised_at"]
        ):
            latest[identity] = own | {"key": key}
    endings: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for (kind, insurer, _), own in latest.items():
        if kind == "endorsement" and not own["voided"]:
            order = (own["effective_on"], own["revised_at"], own["type"])
            endings[insurer, own["policy_no"]].append(order)
    return [own for (kind, *_), own in latest.items() if kind == "policy" and not own["voided"]], endings


def _in_force(own: dict[str, Any], endings: Any, on: date) -> bool:
    last = max(endings[own["insurer"], own["key"]], default=None)
    cancelled = last[0] if last and last[2] == "cancel" else None
    return own["effective_on"] <= on <= own["expires_on"] and (cancelled is None or cancelled > on)


def _entries(world: World, as_of: datetime, on: date, territory: str) -> dict[str, list[Entry]]:
    """The entries in force by enterprise: of each enterprise and source the state filed last."""
    latest: dict[tuple[str, str], Entry] = {}
    for filed_at, entries in world.rosters:
        if filed_at <= as_of:
            latest.update({(e.uscc, e.source): e for e in entries})
    found: dict[str, list[Entry]] = defaultdict(list)
    for e in latest.values():
        if e.division.startswith(territory) and e.effective_from <= on <= (e.effective_to or on):
            found[e.uscc].append(e)
    return found


def _recomputed(world: World, as_of: datetime, on: date, territory: str) -> dict[str, Any]:
    policies, endings = _known(world, as_of)
    answer: dict[str, Any] = {
        "total": [0, 0, 0, 0, 0],
        "towns": {},
        "targets": {r: [0, 0] for r, _ in TARGETS},
    }
    lists: dict[str, set[str]] = {"never-insured": set(), "lapsed": set(), "understaffed": set()}
    for uscc, entries in _entries(world, as_of, on, territory).items():
        own = [p for p in policies if p["enterprise_uscc"] == uscc]
        forced = [p for p in own if _in_force(p, endings, on)]
        standing = [p for p in world.proofs if p[1] == uscc and p[0] <= as_of]
        covered = bool(forced) or any(begins <= on <= ends for _, _, begins, ends in standing)
        persons = sum(p["insured_count"] for p in forced)
        staff = _staff(entries, forced)
        full, short = bool(forced) and persons >= staff, bool(forced) and persons < staff
        sums = (1, covered, bool(forced), full, short)
        answer["total"] = [a + b for a, b in zip(answer["total"], sums, strict=True)]
        for town in {e.division for e in entries}:
            count = answer["towns"].setdefault(town, [0, 0])
            answer["towns"][town] = [count[0] + 1, count[1] + covered]
        tags = {tag for e in entries for tag in e.sector_tags}
        highest = next((r for r, sectors in TARGETS if tags & sectors), None)
        if highest:
            count = answer["targets"][highest]
            answer["targets"][highest] = [count[0] + 1, count[1] + covered]
        before = any(p["effective_on"] <= on for p in own) or any(p[2] <= on for p in standing)
        if not covered:
            lists["lapsed" if before else "never-insured"].add(uscc)
        if short:
            lists["understaffed"].add(uscc)
    return answer | {"lists": lists}


def _staff(entries: list[Entry], forced: list[dict[str, Any]]) -> int:
    """The number counted last; of two policies signed on one day the larger, a roster's before a policy's."""
    numbers = [(p["signed_on"], 0, p["employee_count"]) for p in forced]
    counted = [e for e in entries if e.employee_counted_on is not None]
    if counted:
        latest = max(e.employee_counted_on for e in counted if e.employee_counted_on)
        # Two sources that counted on one day: either may stand.
        same = [e for e in counted if e.employee_counted_on == latest]
        numbers.append((latest, 1, same[0].employee_count))
    return max(numbers)[2] if numbers else 0


def _ambiguous(world: World) -> bool:
    """Two sources that counted one enterprise's staff differently on one day leave the choice open."""
    seen: dict[tuple[str, date], set[int | None]] = defaultdict(set)
    for _, entries in world.rosters:
        for e in entries:
            if e.employee_counted_on is not None:
                seen[e.uscc, e.employee_counted_on].add(e.employee_count)
    return any(len(numbers) > 1 for numbers in seen.values())


async def _lay_out(store: Store, shelf: Shelf, world: World, chance: random.Random | None = None) -> None:
    """Everything at once, or bit by bit while, by ``chance``, a folder is at work."""
    await shelf.clear()
    await rostering.clear(shelf)
    for filed_at, entries in world.rosters:
        await rostering.file(
            store, scope_of(CALLERS["city"]), entries, now=filed_at, last_day=date(2023, 1, 1)
        )
        await _fold_by(chance, store)
    for begin in range(0, len(world.states), 5):
        await shelf.put_all(world.states[begin : begin + 5])
        await _fold_by(chance, store)
    for accepted_at, uscc, begins, ends in world.proofs:
        await _prove(store, accepted_at, uscc, begins, ends)
        await _fold_by(chance, store)


async def _fold_by(chance: random.Random | None, store: Store) -> None:
    """Sometimes nothing, sometimes a part of what is noted, sometimes all of it."""
    portion = None if chance is None else chance.choice([None, 1, 3, 1000])
    if portion is not None:
        await cover_folding.fold(store, portion=portion)


async def _prove(store: Store, at: datetime, uscc: str, begins: date, ends: date) -> None:
    """Evidence about enterprises that are on no roster changes nothing and is not accepted either."""
    offered = {
        "policy_no": "集团保单（虚构）", "insurer_name": "虚构保险", "policyholder_name": "虚构集团",
        "effective_on": begins, "expires_on": ends, "document_sha256": "b" * 64, "insured_count": None,
        "reason": "虚构",
    }  # fmt: skip
    try:
        await roster_proofs.accept(store, CALLERS["city"], uscc, offered, now=at)
    except NotFound:
        return


async def _asked(
    store: Store, caller: Caller, on: date, as_of: datetime | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    given_ = {"on": on.isoformat(), "by": "town"}
    found = await coverage.coverage_for(store, caller, given_, as_of=as_of, now=NOW)
    total, staff = found["total"], found["total"]["staff"]
    exact = Decimal(total["insured"]) / (total["enterprises"] or 1)
    rounded = str(exact.quantize(Decimal("0.0001"), ROUND_HALF_UP)) if total["enterprises"] else None
    assert total["ratio"] == rounded
    lists = {}
    for path in ("never-insured", "lapsed", "understaffed"):
        page = await coverage_lists.page(
            store, caller, path, {"on": on.isoformat(), "limit": "1000"}, as_of=as_of, now=NOW
        )
        lists[path] = {item["uscc"] for item in page["items"]}
    return found, {
        "total": [
            total["enterprises"],
            total["insured"],
            total["by_policy"],
            staff["full"],
            staff["short"],
        ],
        "towns": {g["keys"]["town"]: [g["enterprises"], g["insured"]] for g in found["groups"]},
        "targets": {t["target_ratio"]: [t["enterprises"], t["insured"]] for t in found["targets"]},
        "lists": lists,
    }


@given(
    seed=st.integers(0, 2**32),
    hours=st.sampled_from([0, 8, 16, 24, 36, None]),
    role=st.sampled_from(["city", "nanhai"]),
)
@settings(max_examples=16, suppress_health_check=list(HealthCheck))
async def test_coverage_equals_its_plain_recomputation(
    store: Store, bare_shelf: Shelf, seed: int, hours: int | None, role: str
) -> None:
    chance = random.Random(seed)
    world = invented(chance)
    while _ambiguous(world):
        world = invented(chance)
    await _lay_out(store, bare_shelf, world, chance)
    as_of = None if hours is None else T0 + timedelta(hours=hours)
    caller, on = CALLERS[role], _day(chance)
    _, told = await _asked(store, caller, on, as_of)
    assert told == _recomputed(world, as_of or NOW, on, caller.territory or "")


LISTINGS: tuple[Listing, ...] = ("never_insured", "lapsed", "expiring", "understaffed")


@given(seed=st.integers(0, 2**32), role=st.sampled_from(["city", "nanhai", "guicheng", "auditor"]))
@settings(max_examples=24, suppress_health_check=list(HealthCheck))
async def test_what_is_counted_ahead_is_what_the_rows_say(
    store: Store, bare_shelf: Shelf, seed: int, role: str
) -> None:
    chance = random.Random(seed)
    world = invented(chance)
    await _lay_out(store, bare_shelf, world, chance)
    floors = ((TOWNS[0], Decimal(600_000)), ("4406", Decimal(400_000)), ("", Decimal(100_000)))
    for _ in range(4):
        on = _day(chance)
        asked = Asked(
            on,
            None,
            on + chance.randint(1, 9) * DAY,
            district=chance.choice([None, None, "440605", "440604"]),
            town=chance.choice([None, None, None, TOWNS[0], TOWNS[2]]),
            sector=chance.choice([None, None, *TAGS]),
            floors=floors,
        )
        async with store.reading(scope_of(CALLERS[role])) as tx:
            told, found = await cover_sums.counts(tx, asked), await from_rows.counts(tx, asked)
            assert set(told.by_law) == set(cover_sums.merged((), found))
            # And as known at an instant, as every page after the first one is.
            then = replace(asked, as_of=T0 + timedelta(hours=chance.choice([0, 8, 16, 24, 36, 48])))
            for question, listing in itertools.product((asked, then), LISTINGS):
                whole = await from_rows.page(tx, question, listing, None, 100)
                assert await _paged(tx, question, listing, chance.choice([1, 2, 100])) == whole
    async with store.writing(system_scope("test")) as tx:
        assert await cover_folding.miscounted(tx) == []


async def _paged(tx: Transaction, asked: Asked, listing: Listing, limit: int) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    after = None
    while page := await cover_pages.page(tx, asked, listing, after, limit):
        found += page
        after = (page[-1]["sort"], page[-1]["uscc"])
    return found


async def test_coverage_stays_exact_while_policies_come_in(store: Store, bare_shelf: Shelf) -> None:
    world = World(rosters=[(T0, [entry(number) for number in range(1, 41)])])
    await _lay_out(store, bare_shelf, world)
    on, done = date(2023, 12, 31), asyncio.Event()
    acknowledged: list[str] = []

    async def push() -> None:
        for number in range(1, 41):
            await bare_shelf.put(
                "policy", f"P{number}", enterprise_uscc=code(number), recorded_at=T0 + timedelta(hours=1)
            )
            acknowledged.append(code(number))
        done.set()

    async def ask() -> None:
        while not done.is_set():
            before = len(acknowledged)
            found, _ = await _asked(store, CALLERS["city"], on, None)
            total = found["total"]
            assert before <= total["insured"] <= len(acknowledged) + 1
            assert total["insured"] + total["uninsured"] == total["enterprises"] == 40

    await asyncio.gather(push(), ask())
    _, told = await _asked(store, CALLERS["city"], on, None)
    assert told["total"][:2] == [40, 40]

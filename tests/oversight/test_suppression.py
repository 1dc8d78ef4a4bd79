"""What a role that may not see single enterprises is shown never tells of fewer than five: not directly, not by sums."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations, product

import pytest

from ajx_gateway.errors import Unprocessable
from ajx_gateway.identity import Caller, scope_of
from ajx_gateway.oversight import suppression
from ajx_gateway.oversight.suppression import Key

LEAST = 5
NOW = datetime(2024, 6, 1, tzinfo=UTC)
DIMENSIONS = ("province", "city", "district", "town", "insurer", "year", "quarter", "month")
PLACES = ("440605011", "440605121", "440605122", "440608004", "440604010", "440604011", "341302001", "440605")
INSURERS, MONTHS = ("A", "B", "C"), ("2023-02", "2023-03", "2023-04", "2024-01")
PRIME = 2_147_483_647
Base = tuple[str, str, str]
BASES: tuple[Base, ...] = tuple(product(PLACES, INSURERS, MONTHS))


def code_of(dimension: str, base: Base) -> str | None:
    place, insurer, month = base
    return {
        "province": place[:2] + "0000",
        "city": place[:4] + "00",
        "district": place[:6],
        "town": place if len(place) == 9 else None,
        "insurer": insurer,
        "month": month,
        "quarter": f"{month[:4]}Q{(int(month[5:]) + 2) // 3}",
        "year": month[:4],
    }[dimension]


@dataclass
class World:
    """Which enterprises stand behind each of the finest cells."""

    enterprises: dict[Base, set[int]]

    def table(self, by: Sequence[str]) -> dict[Key, int]:
        found: dict[Key, set[int]] = {}
        for base, who in self.enterprises.items():
            if who:
                found.setdefault(tuple(code_of(name, base) for name in by), set()).update(who)
        return {key: len(who) for key, who in found.items()}

    def withheld(self, by: Sequence[str]) -> frozenset[str | None]:
        levels = suppression.levels(by)
        sizes = [{key[0]: n for key, n in self.table(level[:1]).items()} for level in levels]
        return suppression.withheld(by, [self.table(level) for level in levels], sizes, LEAST)


def drawn(chance: random.Random) -> World:
    people = range(chance.choice((12, 40, 80)))
    return World(
        {
            base: {chance.choice(people) for _ in range(chance.choice((0, 0, 1, 4, 8, 12)))}
            if chance.random() < 0.8
            else set()
            for base in BASES
        }
    )


class Known:
    """What follows from published sums: their span, as rows in echelon form modulo a prime."""

    def __init__(self) -> None:
        self.rows: dict[int, list[int]] = {}

    def left_of(self, row: list[int]) -> list[int]:
        row = list(row)
        for at, basis in self.rows.items():
            if row[at]:
                factor = row[at]
                row = [(a - factor * b) % PRIME for a, b in zip(row, basis, strict=True)]
        return row

    def learn(self, row: list[int]) -> None:
        row = self.left_of(row)
        at = next((i for i, value in enumerate(row) if value), None)
        if at is None:
            return
        inverse = pow(row[at], -1, PRIME)
        row = [value * inverse % PRIME for value in row]
        for other, basis in self.rows.items():
            if basis[at]:
                factor = basis[at]
                self.rows[other] = [(a - factor * b) % PRIME for a, b in zip(basis, row, strict=True)]
        self.rows[at] = row

    def tells(self, row: list[int]) -> bool:
        return not any(self.left_of(row))


def sum_over(by: Sequence[str], key: Key) -> list[int]:
    return [int(tuple(code_of(name, base) for name in by) == key) for base in BASES]


def questions() -> list[tuple[str, ...]]:
    return [by for size in range(4) for by in combinations(DIMENSIONS, size)]


@pytest.mark.parametrize("seed", range(40))
def test_no_published_combination_tells_a_withheld_number(seed: int) -> None:
    world = drawn(random.Random(seed))
    known, secret = Known(), []
    for by in questions():
        table = world.table(by)
        if not by:
            if not suppression.is_small(table.get((), 0), LEAST):
                known.learn(sum_over(by, ()))
            continue
        cut = by.index(suppression.slicing(by) or "")
        hidden = world.withheld(by)
        for key in {tuple(code_of(name, base) for name in by) for base in BASES}:
            if key[cut] not in hidden:
                assert not suppression.is_small(table.get(key, 0), LEAST), (by, key)
                known.learn(sum_over(by, key))
                if key not in table:  # what is not listed is nothing, in each of its parts
                    for at, inside in enumerate(sum_over(by, key)):
                        if inside:
                            known.learn([int(at == other) for other in range(len(BASES))])
            elif suppression.is_small(table.get(key, 0), LEAST):
                secret.append((by, key))
    assert secret
    told = [(by, key) for by, key in secret if known.tells(sum_over(by, key))]
    assert told == []


def test_the_smallest_sibling_goes_with_a_small_place() -> None:
    counts: dict[Key, int] = {("440605011",): 3, ("440605121",): 50, ("440605122",): 9, ("440608004",): 7}
    above: dict[Key, int] = {("440605",): 62, ("440608",): 7}
    tables: list[dict[Key, int]] = [{("440000",): 69}, {("440600",): 69}, above, counts]
    sizes = [{key[0]: n for key, n in table.items()} for table in tables]
    assert suppression.withheld(("town",), tables, sizes, LEAST) == {"440605011", "440605122"}


def test_within_a_withheld_place_every_smaller_place_is_withheld() -> None:
    counts: dict[Key, int] = {("440605011",): 3, ("440608004",): 7, ("440608106",): 8}
    above: dict[Key, int] = {("440605",): 3, ("440608",): 15}
    tables: list[dict[Key, int]] = [{("440000",): 18}, {("440600",): 18}, above, counts]
    sizes = [{key[0]: n for key, n in table.items()} for table in tables]
    assert suppression.withheld(("town",), tables, sizes, LEAST) == {"440605011", "440608004", "440608106"}


def test_where_nothing_is_small_nothing_is_withheld() -> None:
    tables: list[dict[Key, int]] = [{("A",): 5, ("B",): 9}]
    sizes: list[dict[str | None, int]] = [{"A": 5, "B": 9}]
    assert suppression.withheld(("insurer",), tables, sizes, LEAST) == frozenset()


def test_nothing_is_not_small() -> None:
    assert not suppression.is_small(0, LEAST)
    assert suppression.is_small(4, LEAST)
    assert not suppression.is_small(5, LEAST)


def test_only_roles_that_may_not_see_enterprises_are_kept_to_whole_tables() -> None:
    regulator = scope_of(Caller("r", "regulator", "应急管理局（虚构）", territory="4406"))
    consultant = scope_of(Caller("c", "consultant", "数据顾问（虚构）"))
    assert suppression.threshold(regulator, NOW) is None
    assert suppression.threshold(consultant, NOW) == LEAST
    given = {"by": "town", "period": "2023", "district": ""}
    suppression.whole_tables_only(regulator, given, ("by",))
    suppression.whole_tables_only(consultant, given, ("by", "period"))
    with pytest.raises(Unprocessable, match="period"):
        suppression.whole_tables_only(consultant, given, ("by",))

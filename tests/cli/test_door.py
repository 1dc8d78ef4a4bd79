"""Do the processes at one door share the guests, and is nobody left standing when one of them is busy or gone?"""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from ajx_gateway.cli.door import Board, Door, new_board


class Guest(asyncio.Protocol):
    """A connection that tells whose guest it is."""

    def __init__(self, name: bytes, present: set["Guest"]) -> None:
        self._name, self._present = name, present

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._present.add(self)
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._name)

    def connection_lost(self, exc: Exception | None) -> None:
        self._present.discard(self)


class House:
    """Two doors at one socket, as two processes have them."""

    def __init__(self) -> None:
        self.listening = socket.socket()
        self.listening.bind(("127.0.0.1", 0))
        self.boards = [Board(descriptor, slot) for descriptor in (new_board(2),) for slot in range(2)]
        self.present: list[set[Guest]] = [set(), set()]
        self.doors = [self._door(slot) for slot in range(2)]

    def _door(self, slot: int) -> Door:
        mine = self.present[slot]
        name = str(slot).encode()
        return Door(self.listening.dup(), self.boards[slot], lambda: Guest(name, mine), lambda: len(mine))

    async def visit(self) -> tuple[int, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(*self.listening.getsockname())
        return int(await reader.readexactly(1)), writer


@pytest.fixture
async def house() -> AsyncIterator[House]:
    built = House()
    yield built
    for door in built.doors:
        door.close()
        await door.wait_closed()
    built.listening.close()


async def test_guests_that_come_at_once_are_shared_evenly(house: House) -> None:
    for door in house.doors:
        door.open(128)
    visits = await asyncio.gather(*(house.visit() for _ in range(40)))
    received = [slot for slot, _ in visits]
    assert abs(received.count(0) - received.count(1)) <= 2
    for _, writer in visits:
        writer.close()


async def test_a_process_that_does_not_open_costs_nobody_the_way_in(house: House) -> None:
    house.doors[0].open(128)  # the other one has written 0 on the board and never answers
    visits = await asyncio.gather(*(house.visit() for _ in range(10)))
    assert {slot for slot, _ in visits} == {0}
    for _, writer in visits:
        writer.close()


async def test_a_closed_door_lets_nobody_in(house: House) -> None:
    house.doors[0].open(128)
    slot, writer = await house.visit()
    house.doors[0].close()
    await house.doors[0].wait_closed()
    house.doors[1].open(128)
    assert (slot, (await house.visit())[0]) == (0, 1)
    writer.close()


def test_alone_at_the_board_there_is_nobody_to_wait_for() -> None:
    assert Board(new_board(1), 0).fewest_elsewhere() is None
    pair = new_board(2)
    Board(pair, 1).write(7)
    assert Board(pair, 0).fewest_elsewhere() == 7

"""WHAT stands in an item, before the model judges it? A lenient look, for what the model cannot see."""

import json
import re
from dataclasses import dataclass
from math import isinf
from typing import Any

# Larger items are looked into before they are read: they may hold more faults than are worth listing.
SMALL = 65_536
# Larger items are refused unseen: their values would take many times the room of their bytes.
LARGEST = 4 * 2**20


MOST_DEPTH = 32
_MOST_MEMBERS = 5_000  # no list of the standard is longer
_HOLDERS = frozenset({dict, list})
# A control character, or half a surrogate pair, behind an escape.
_ESCAPED = re.compile(rb"\\(?:[bf]|u(?:00[01]|007[fF]|[dD][89a-fA-F]))")
_RAW_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_TOO_LONG = re.compile(rb"[0-9]{301}")  # an integer that no double holds


@dataclass(slots=True)
class Look:
    """What a lenient look sees in an item, before the model judges it."""

    tree: Any  # as Python values, numbers as ``Digits``; None when ``fault`` says why not
    repeated: bool = False  # some object in it names a member twice
    odd: bool = False  # some number in it is none (NaN), or some fraction is larger than any number
    fault: str | None = None  # the shape rule that says why it could not be read


class Digits(str):
    """A number as it was written."""

    __slots__ = ()


class Lenient:
    """A decoder that finds an item's end and its repeated members, and leaves judging to the model."""

    def __init__(self) -> None:
        self.repeated = self.odd = False
        # Numbers stay text: int() of thousands of digits is refused by Python and slow before that.
        self._decode = json.JSONDecoder(
            object_pairs_hook=self._members,
            parse_int=Digits,
            parse_float=self._fraction,
            parse_constant=self._constant,
            strict=False,
        ).raw_decode

    def _members(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            self.repeated = True
        return members

    def _fraction(self, digits: str) -> Digits:
        if isinf(float(digits)):
            self.odd = True
        return Digits(digits)

    def _constant(self, name: str) -> Digits:
        self.odd = True
        return Digits(name)

    def read(self, text: str) -> tuple[Look, int]:
        """The value at the beginning, and where it ends."""
        self.repeated = self.odd = False
        value, end = self._decode(text, 0)
        return Look(value, self.repeated, self.odd), end


def look_into(raw: bytes) -> Look:
    """What an item holds; whatever is wrong with it is this item's fault alone."""
    if len(raw) > LARGEST:
        return Look(None, fault="shape.too_big")
    try:
        text = raw.decode()
        look, end = Lenient().read(text)
    except UnicodeDecodeError:
        return Look(None, fault="shape.not_utf8")
    except RecursionError:
        return Look(None, fault="shape.depth")
    except ValueError:
        return Look(None, fault="shape.not_json")
    return look if end == len(text) else Look(None, fault="shape.not_json")


def oversized(raw: bytes, tree: Any) -> str | None:
    """The rule that refuses a document too big to be worth listing its faults one by one."""
    return "shape.too_big" if len(raw) > SMALL and _has_crowd(tree, 0) else None


def _has_crowd(tree: Any, depth: int) -> bool:
    if not isinstance(tree, dict | list) or depth > MOST_DEPTH:
        return False
    inner = tree.values() if isinstance(tree, dict) else tree
    return len(tree) > _MOST_MEMBERS or any(_has_crowd(value, depth + 1) for value in inner)


def may_hide_faults(raw: bytes, look: Look) -> bool:
    """Whether a refused document may hold faults that the model cannot see; nearly none does."""
    return bool(
        look.repeated
        or look.odd
        or (b"\\" in raw and _ESCAPED.search(raw))
        or _RAW_CONTROL.search(raw)
        or _TOO_LONG.search(raw)
        or _too_deep(look.tree, 0)
    )


def _too_deep(tree: Any, depth: int) -> bool:
    if not isinstance(tree, dict | list) or not tree:
        return False
    inner = tree.values() if isinstance(tree, dict) else tree
    return depth >= MOST_DEPTH or any(
        _too_deep(value, depth + 1) for value in inner if type(value) in _HOLDERS
    )

"""WHAT shapes may a value have? Every type is checked inside pydantic-core and can be said in JSON Schema.

Patterns use ASCII classes only: ``\\d`` would let full-width digits through. ``$`` is the end of the
text in pydantic-core's engine as it is in ECMA 262, never "before a last line feed".
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from operator import methodcaller
from typing import Annotated, Any, TypeVar

from annotated_types import Len
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, StringConstraints
from pydantic_core import CoreSchema, core_schema

from ajx_gateway.standard.codes import CODE_LISTS

_DATE = "(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?"
_OFFSET = r"(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])"
_AMOUNT = r"(0|[1-9][0-9]{0,12})(\.[0-9]{1,2})?"

TEXT = r"^[^\u0000-\u001F\u007F]*$"
PARAGRAPHS = r"^[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F]*$"
PHONE = "^[0-9+ -]{5,20}$"
KEY = "^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$"
USCC = "^[0-9A-Z]{18}$"
DIVISION9 = "^[1-9][0-9]{8}$"
DIVISION6 = "^[1-9][0-9]{5}$"
INDUSTRY = "^[A-T][0-9]{2,4}$"
SHA256 = "^[0-9a-f]{64}$"
MONEY = f"^{_AMOUNT}$"
SIGNED_MONEY = f"^-?{_AMOUNT}$"
RATIO = r"^(0(\.[0-9]{1,6})?|1(\.0{1,6})?)$"
FACTOR = r"^(0|[1-9][0-9]{0,5})(\.[0-9]{1,6})?$"
AMOUNTS = frozenset({MONEY, SIGNED_MONEY, RATIO, FACTOR})
ON = f"^{_DATE}$"
AT = f"^{_DATE}T{_TIME}{_OFFSET}$"
EXTENSION_KEY = "^ext_[a-z0-9_]{1,60}$"
_SAFE_INTEGER = 2**53 - 1

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class _Written:
    """A value written as a string of one exact pattern, then read by pydantic-core into its Python type."""

    pattern: str
    read: CoreSchema
    format: str | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.chain_schema(
            [core_schema.str_schema(strict=True, pattern=self.pattern), self.read]
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        shape = {"type": "string", "pattern": self.pattern}
        return shape | {"format": self.format} if self.format else shape


def _decimal(exponent: str) -> CoreSchema:
    # The pattern has let only exact digits through. Adding a written-out zero fixes the number of places and
    # turns -0 into 0; amounts recur (limits, ratios, tiers), so the parsed ones are kept.
    quantise = Decimal(exponent).__add__

    @lru_cache(maxsize=65_536)
    def read(written: str) -> Decimal:
        return quantise(Decimal(written))

    return core_schema.no_info_plain_validator_function(read)


def _instant() -> CoreSchema:
    # One instant has one form, whatever offset it was written with: content is compared by it.
    to_utc: Callable[[datetime], datetime] = methodcaller("astimezone", UTC)
    aware = core_schema.datetime_schema(strict=False, tz_constraint="aware")
    return core_schema.no_info_after_validator_function(to_utc, aware)


@dataclass(frozen=True)
class Whole:
    """An integer within bounds. JSON Schema calls 3.0 an integer, so it is one here as well."""

    least: int
    most: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.chain_schema(
            [
                core_schema.float_schema(strict=True, allow_inf_nan=False),
                core_schema.int_schema(strict=False, ge=self.least, le=self.most),
            ]
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True)
class Coded:
    """A code of a code list; whether it is in force on the record's day is a rule, not a shape."""

    list: str
    version: str | None = None  # None: the newest; an older one does not know the codes born later

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.literal_schema(list_codes(self.list, self.version))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "enum": list_codes(self.list, self.version), "x-codes": self.list}


def list_codes(name: str, version: str | None = None) -> list[Any]:
    """Every code of a list, past and present, once; as far as a version of the standard knows it."""
    return list(CODE_LISTS[name].codes(version))


@dataclass(frozen=True)
class _NeverNull:
    """An optional member is left out; writing null is one more way of saying nothing, and is refused."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        return schema["schema"] if schema["type"] == "nullable" else schema


Maybe = Annotated[T | None, _NeverNull()]


def text(longest: int, shortest: int = 1) -> StringConstraints:
    """Free text without control characters, length in characters (code points)."""
    return StringConstraints(pattern=TEXT, min_length=shortest, max_length=longest)


def paragraphs(longest: int) -> StringConstraints:
    """Longer text as people write it: line ends and tabs are welcome, other control characters are not."""
    return StringConstraints(pattern=PARAGRAPHS, min_length=1, max_length=longest)


def few(least: int, most: int) -> Len:
    """How many items a list may have."""
    return Len(least, most)


Text50 = Annotated[str, text(50)]
Text64 = Annotated[str, text(64)]
Text100 = Annotated[str, text(100)]
Text200 = Annotated[str, text(200)]
Text300 = Annotated[str, text(300)]
Text500 = Annotated[str, paragraphs(500)]
Text1000 = Annotated[str, paragraphs(1000)]
Text2000 = Annotated[str, paragraphs(2000)]
Text4000 = Annotated[str, paragraphs(4000)]
Text5000 = Annotated[str, paragraphs(5000)]
IdNumber = Annotated[str, text(30)]
Phone = Annotated[str, StringConstraints(pattern=PHONE)]
Key = Annotated[str, StringConstraints(pattern=KEY)]
Uscc = Annotated[str, StringConstraints(pattern=USCC)]
Division9 = Annotated[str, StringConstraints(pattern=DIVISION9)]
Division6 = Annotated[str, StringConstraints(pattern=DIVISION6)]
Industry = Annotated[str, StringConstraints(pattern=INDUSTRY)]
Sha256 = Annotated[str, StringConstraints(pattern=SHA256)]

Money = Annotated[Decimal, _Written(MONEY, _decimal("0.00"))]
SignedMoney = Annotated[Decimal, _Written(SIGNED_MONEY, _decimal("0.00"))]
Ratio = Annotated[Decimal, _Written(RATIO, _decimal("0.000000"))]
Factor = Annotated[Decimal, _Written(FACTOR, _decimal("0.000000"))]
Date = Annotated[date, _Written(ON, core_schema.date_schema(strict=False), "date")]
Instant = Annotated[datetime, _Written(AT, _instant(), "date-time")]

Count = Annotated[int, Whole(0, 999_999_999)]
Positive = Annotated[int, Whole(1, 999_999_999)]
SignedCount = Annotated[int, Whole(-999_999_999, 999_999_999)]
Stars = Annotated[int, Whole(1, 5)]

ExtensionKey = Annotated[str, StringConstraints(pattern=EXTENSION_KEY)]
ExtensionValue = (
    Annotated[str, text(500, shortest=0)] | bool | Annotated[int, Whole(-_SAFE_INTEGER, _SAFE_INTEGER)]
)

"""HOW does every record behave? Strict, closed but for ``ext_`` members, unchangeable once read."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from ajx_gateway.standard.vocabulary import EXTENSION_KEY, ExtensionKey, ExtensionValue


class Part(BaseModel):
    """A part of a record: every member is named by the standard or starts with ``ext_``."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True, serialize_by_alias=False)

    __pydantic_extra__: dict[ExtensionKey, ExtensionValue]

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        written: dict[str, Any] = handler.resolve_ref_schema(handler(schema))
        extension = written.pop("additionalProperties")
        if isinstance(extension, dict):
            written["patternProperties"] = {EXTENSION_KEY: extension}
        written["additionalProperties"] = False
        return written


class Record(Part):
    """One record of a kind; the class line says what the rest of the gateway needs to know."""

    kind: ClassVar[str]
    collection: ClassVar[str]
    key_field: ClassVar[str]
    title_zh: ClassVar[str]
    since: ClassVar[str]

    if TYPE_CHECKING:
        # Every kind declares it, last in its order: the instant of this state in the sender's core system.
        revised_at: datetime

    def __init_subclass__(
        cls,
        *,
        kind: str = "",
        collection: str = "",
        key: str = "",
        zh: str = "",
        since: str = "1.0",
        **config: Any,
    ) -> None:
        super().__init_subclass__(**config)
        if kind:
            cls.kind, cls.collection, cls.key_field = kind, collection, key
            cls.title_zh, cls.since = zh, since

    @property
    def key(self) -> str:
        """The record's key within its insurer."""
        return str(getattr(self, self.key_field))

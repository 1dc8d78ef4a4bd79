"""WHO sent the record and when did it arrive? All that an own rule may know besides the record."""

from datetime import date, datetime
from typing import Protocol


class Arrival(Protocol):
    """The part of ``Known`` that does not depend on what else has arrived."""

    @property
    def insurer(self) -> str: ...

    @property
    def received_at(self) -> datetime: ...

    @property
    def today(self) -> date:
        """The day of receipt in China."""
        ...

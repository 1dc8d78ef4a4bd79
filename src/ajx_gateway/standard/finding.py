"""WHAT is wrong with one record, where, and how is it mended?"""

from typing import Literal, NamedTuple

Severity = Literal["error", "warning", "notice"]


class Finding(NamedTuple):
    """One finding on one record. It never repeats a personal value; the Chinese message says the mend."""

    rule: str  # stable dotted id
    severity: Severity
    pointer: str  # RFC 6901, "" is the whole record
    expected: str
    actual: str
    message: str
    clause: str  # the text it stands on

    def as_dict(self) -> dict[str, str]:
        """The finding as it stands in an answer."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "pointer": self.pointer,
            "expected": self.expected,
            "actual": self.actual,
            "message": self.message,
            "clause": self.clause,
        }

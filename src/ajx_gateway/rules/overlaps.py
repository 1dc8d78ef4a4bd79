"""WHICH covers of one enterprise share a day with a policy? Found without comparing every pair of a batch."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import accumulate

from ajx_gateway.rules.known import CoverFacts, Known

Subject = tuple[str, str | None]


class Overlaps:
    """The covers of one subject by first day, each with the latest last day up to it."""

    def __init__(self, covers: Iterable[CoverFacts]) -> None:
        self._covers = sorted(covers, key=lambda cover: (cover.effective_on, cover.policy_no or ""))
        self._firsts = [cover.effective_on for cover in self._covers]
        self._latest = list(accumulate((cover.expires_on for cover in self._covers), max))

    def during(self, first: date, last: date) -> Iterator[CoverFacts]:
        """Covers with at least one day between first and last, latest beginning first."""
        index = bisect_right(self._firsts, last) - 1
        while index >= 0 and self._latest[index] >= first:
            if self._covers[index].expires_on >= first:
                yield self._covers[index]
            index -= 1


def overlapping(known: Known, uscc: str, subject: Subject, *, own: bool) -> Overlaps:
    """The own, or the other insurers', covers of one subject of an enterprise; sorted once per batch."""
    grouped = known.overlaps.get((uscc, own))
    if grouped is None:
        grouped = known.overlaps[uscc, own] = _by_subject(
            cover for cover in known.covers.get(uscc, ()) if cover.own is own
        )
    found = grouped.get(subject)
    return Overlaps(()) if found is None else found


def _by_subject(covers: Iterable[CoverFacts]) -> dict[Subject, Overlaps]:
    """An enterprise is one subject; projects, vessels and vehicles are told apart by their code."""
    groups: dict[Subject, list[CoverFacts]] = {}
    for cover in covers:
        code = None if cover.subject_type == "enterprise" else cover.subject_code
        if code is not None or cover.subject_type == "enterprise":
            groups.setdefault((cover.subject_type, code), []).append(cover)
    return {subject: Overlaps(group) for subject, group in groups.items()}

"""Which mistakes do insurers' systems typically make? Each breaks a record so that it must be rejected."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from ajx_gateway.demo.codes import wrong_check_digit
from ajx_gateway.demo.portfolio import Body, Record, later

Fault = Callable[[Body], None]
# Broken records wait until so many of a collection come together, or as many as it has faults.
_AT_ONCE = 6
# Ledgers are plain, and there are very many entries: fewer of them break.
_LEDGER = 0.4


def _wrong_uscc(body: Body) -> None:
    body["enterprise"]["uscc"] = wrong_check_digit(body["enterprise"]["uscc"])


def _lower_case_uscc(body: Body) -> None:
    body["enterprise"]["uscc"] = body["enterprise"]["uscc"].lower()


def _premium_as_number(body: Body) -> None:
    body["premium"]["received"] = float(body["premium"]["received"])


def _three_decimals(body: Body) -> None:
    body["premium"]["adjusted"] += "5"


def _no_limits(body: Body) -> None:
    del body["limits"]


def _no_expiry(body: Body) -> None:
    del body["expires_on"]


def _unknown_member(body: Body) -> None:
    body["policyNo"] = body["policy_no"]


def _expires_before_effect(body: Body) -> None:
    body["expires_on"] = later(date.fromisoformat(body["effective_on"]), -1).isoformat()


def _fund_below_floor(body: Body) -> None:
    body["service_fund"] = {"ratio": "0.05", "amount": f"{float(body['premium']['received']) * 0.05:.2f}"}


def _shares_not_one(body: Body) -> None:
    insurer = body["branch"]
    body["co_insurers"] = [
        {"uscc": insurer["uscc"], "name": insurer["name"], "role": "lead", "share": "0.6"},
        {
            "uscc": body["enterprise"]["uscc"],
            "name": "寅安财产保险股份有限公司（虚构）",
            "role": "follower",
            "share": "0.3",
        },
    ]


def _signed_in_future(body: Body) -> None:
    # So far ahead that it stays wrong when the files of `ajx demo` are pushed years later.
    body |= {"signed_on": "2099-01-05", "effective_on": "2099-01-06", "expires_on": "2100-01-05"}


def _slashed_date(body: Body) -> None:
    body["signed_on"] = body["signed_on"].replace("-", "/")


def _unknown_industry(body: Body) -> None:
    body["enterprise"]["industry"] = "C99"


def _unknown_town(body: Body) -> None:
    body["enterprise"]["division"] = body["enterprise"]["division"][:6] + "999"


def _unknown_tag(body: Body) -> None:
    body["enterprise"]["sector_tags"] = ["工贸"]


def _person_limit_above_accident(body: Body) -> None:
    body["limits"]["per_accident"] = "100000.00"


def _negative_count(body: Body) -> None:
    body["insured_count"] = -1


def _list_shorter_than_count(body: Body) -> None:
    body |= {"insured_list_mode": "named", "insured_count": 1, "insured_persons": []}


def _naive_instant(body: Body) -> None:
    body["revised_at"] = body["revised_at"].removesuffix("+08:00")


def _revised_in_future(body: Body) -> None:
    body["revised_at"] = "2099-01-05T09:00:00+08:00"


def _payment_as_number(body: Body) -> None:
    body["items"][0]["claimed"] = float(body["items"][0]["claimed"])


def _unknown_accident(body: Body) -> None:
    body["accident"]["type"] = "机械伤害"


def _reported_before_accident(body: Body) -> None:
    body["reported_at"] = "2019-01-02T09:00:00+08:00"


def _no_accident_time(body: Body) -> None:
    del body["accident"]["occurred_at"]


def _ends_before_start(body: Body) -> None:
    body["ended_at"] = body["started_at"][:11] + "00:10:00+08:00"


def _wrong_hash(body: Body) -> None:
    body["report_sha256"] = "not-a-digest"


def _rectified_before_found(body: Body) -> None:
    body |= {
        "state": "rectified",
        "rectified_on": later(date.fromisoformat(body["found_on"]), -30).isoformat(),
    }
    for name in ("reviewed_on", "review_result"):
        body.pop(name, None)


def _unknown_level(body: Body) -> None:
    body["level"] = "较大"


def _amount_as_number(body: Body) -> None:
    body["amount"] = float(body["amount"])


def _no_division(body: Body) -> None:
    del body["division"]


def _unknown_type(body: Body) -> None:
    body["type"] = "计提"


FAULTS: dict[str, tuple[Fault, ...]] = {
    "policies": (
        _wrong_uscc,
        _lower_case_uscc,
        _premium_as_number,
        _three_decimals,
        _no_limits,
        _no_expiry,
        _unknown_member,
        _expires_before_effect,
        _fund_below_floor,
        _shares_not_one,
        _signed_in_future,
        _slashed_date,
        _unknown_industry,
        _unknown_town,
        _unknown_tag,
        _person_limit_above_accident,
        _negative_count,
        _list_shorter_than_count,
        _naive_instant,
        _revised_in_future,
    ),
    "endorsements": (_unknown_type, _naive_instant),
    "service-plans": (_unknown_member, _naive_instant),
    "services": (_ends_before_start, _wrong_hash, _unknown_member),
    "hazards": (_rectified_before_found, _unknown_level),
    "claims": (_payment_as_number, _unknown_accident, _reported_before_accident, _no_accident_time),
    "fund-entries": (_amount_as_number, _no_division, _unknown_type),
    "annual-reports": (),
}


@dataclass(slots=True)
class Spoiler:
    """Breaks a share of all records, several of one batch at once as a fault of an interface would.

    The faults of a collection take turns.
    """

    share: float
    _owed: dict[str, float] = field(default_factory=dict)
    _next: dict[str, int] = field(default_factory=dict)

    def spoil(self, batch: Sequence[Record]) -> list[Body]:
        """Broken copies of some records of the batch as their sender first pushed them; none for most batches."""
        collection = batch[0].collection
        faults = FAULTS[collection]
        share = self.share * (_LEDGER if collection == "fund-entries" else 1)
        owed = self._owed.get(collection, 0.0) + len(batch) * share
        number = min(int(owed), len(batch)) if faults and owed >= min(len(faults), _AT_ONCE) else 0
        self._owed[collection] = owed - number
        return [self._broken(record, faults) for record in batch[:number]]

    def _broken(self, record: Record, faults: Sequence[Fault]) -> Body:
        turn = self._next.get(record.collection, 0)
        self._next[record.collection] = turn + 1
        body = copy.deepcopy(record.body)
        faults[turn % len(faults)](body)
        return body

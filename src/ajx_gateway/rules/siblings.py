"""WHAT do the items of one batch know of each other? The same as if each had already been stored.

Merging before judging makes the answer independent of the order within the batch. Only items that will be
stored take part, of each key only its newest state, and none that is older than what is stored already.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from ajx_gateway.rules import facts
from ajx_gateway.rules.known import EvidenceUse, Known


def merged(kind: str, records: Iterable[tuple[str, Any]], known: Known) -> Known:
    """``known`` with the facts of these (key, record) pairs in it; ``known`` itself stays as it was."""
    merge = _MERGES.get(kind)
    if merge is None:
        return known
    newest: dict[str, Any] = {}
    for key, record in records:
        stored, other = known.stored.get(key), newest.get(key)
        if stored is not None and stored.revised_at > record.revised_at:
            continue
        if other is None or other.revised_at < record.revised_at:
            newest[key] = record
    return merge(list(newest.values()), known)


def _policies(records: list[Any], known: Known) -> Known:
    policies = dict(known.policies)
    replaced = {record.policy_no for record in records}
    covers = {
        uscc: [cover for cover in listed if not (cover.own and cover.policy_no in replaced)]
        for uscc, listed in known.covers.items()
    }
    # Of other policies the rules ask only for the ones that are renewed.
    renewed = {record.renewal_of for record in records}
    for record in records:
        if record.policy_no in renewed:
            policies[record.policy_no] = facts.policy_facts(record)
        covers.setdefault(record.enterprise.uscc, []).append(facts.cover_facts(record))
    return replace(known, policies=policies, covers=covers)


def _endorsements(records: list[Any], known: Known) -> Known:
    grouped = _grouped(records, known.endorsements, facts.endorsement_facts, "endorsement_no")
    return replace(known, endorsements=grouped)


def _claims(records: list[Any], known: Known) -> Known:
    return replace(known, claims=_grouped(records, known.claims, facts.claim_facts, "claim_no"))


def _plans(records: list[Any], known: Known) -> Known:
    plans = {record.plan_no: facts.plan_facts(record) for record in records}
    return replace(known, plans={**known.plans, **plans})


def _services(records: list[Any], known: Known) -> Known:
    replaced = {record.service_no for record in records}
    evidence = {
        digest: [use for use in uses if not (use.own and use.service_no in replaced)]
        for digest, uses in known.evidence.items()
    }
    for record in records:
        for digest in {each.sha256 for each in record.evidence}:
            evidence.setdefault(digest, []).append(EvidenceUse(True, record.service_no))
    for uses in evidence.values():  # other insurers' first: a rule need not look through them all
        uses.sort(key=lambda use: (use.own, use.service_no or ""))
    services = {record.service_no: facts.service_facts(record) for record in records}
    return replace(known, services={**known.services, **services}, evidence=evidence)


def _entries(records: list[Any], known: Known) -> Known:
    entries = {record.entry_no: facts.fund_facts(record) for record in records}
    funds = _grouped(records, known.funds, facts.fund_facts, "entry_no")
    return replace(known, funds=funds, entries={**known.entries, **entries})


def _grouped(
    records: list[Any], grouped: dict[str, list[Any]], fact_of: Callable[[Any], Any], key: str
) -> dict[str, list[Any]]:
    """Facts by policy number; those of the records replace any under the same key, whatever its policy."""
    replaced = {getattr(record, key) for record in records}
    merged_facts = {
        policy_no: [fact for fact in listed if getattr(fact, key) not in replaced]
        for policy_no, listed in grouped.items()
    }
    for record in records:
        if record.policy_no is not None:
            merged_facts.setdefault(record.policy_no, []).append(fact_of(record))
    return merged_facts


_MERGES: dict[str, Callable[[list[Any], Known], Known]] = {
    "policy": _policies,
    "endorsement": _endorsements,
    "claim": _claims,
    "service_plan": _plans,
    "service": _services,
    "fund_entry": _entries,
}

"""WHAT does one record tell the linked rules about itself? The same facts the store keeps of stored ones."""

from ajx_gateway.rules.days import local_day, total
from ajx_gateway.rules.known import (
    ClaimFacts,
    CoverFacts,
    EndorsementFacts,
    FundFacts,
    PlanFacts,
    PolicyFacts,
    ServiceFacts,
)
from ajx_gateway.rules.records import Claim, Endorsement, FundEntry, Policy, Service, ServicePlan


def policy_facts(policy: Policy) -> PolicyFacts:
    enterprise, limits, premium = policy.enterprise, policy.limits, policy.premium
    return PolicyFacts(
        policy_no=policy.policy_no,
        enterprise_uscc=enterprise.uscc,
        division=enterprise.division,
        industry=enterprise.industry,
        size=enterprise.size,
        signed_on=policy.signed_on,
        effective_on=policy.effective_on,
        expires_on=policy.expires_on,
        per_person_death=limits.per_person_death,
        per_accident=limits.per_accident,
        aggregate=limits.aggregate,
        insured_count=policy.insured_count,
        premium_received=premium.received,
        premium_refunded=premium.refunded,
        fund_amount=policy.service_fund.amount,
    )


def cover_facts(policy: Policy) -> CoverFacts:
    subject = policy.subject
    return CoverFacts(
        True, policy.policy_no, subject.type, subject.code, policy.effective_on, policy.expires_on
    )


def claim_facts(claim: Claim) -> ClaimFacts:
    paid = total(each.amount for each in claim.payments)
    advanced = total(each.amount for each in claim.advance_payments)
    return ClaimFacts(claim.claim_no, paid + advanced, local_day(claim.accident.occurred_at))


def fund_facts(entry: FundEntry) -> FundFacts:
    return FundFacts(
        entry.entry_no, entry.type, entry.amount, entry.service_no, entry.policy_no, entry.reverses_entry_no
    )


def service_facts(service: Service) -> ServiceFacts:
    return ServiceFacts(service.service_no, service.policy_no, local_day(service.started_at), service.state)


def plan_facts(plan: ServicePlan) -> PlanFacts:
    return PlanFacts(plan.plan_no, plan.policy_no, plan.state)


def endorsement_facts(endorsement: Endorsement) -> EndorsementFacts:
    return EndorsementFacts(
        endorsement.endorsement_no, endorsement.type, endorsement.effective_on, endorsement.new_expires_on
    )

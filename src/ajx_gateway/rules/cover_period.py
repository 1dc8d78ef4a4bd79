"""ON WHICH days does a policy give cover, its endorsements considered?"""

from datetime import date

from ajx_gateway.rules.known import Known, PolicyFacts


def last_day(policy: PolicyFacts, known: Known) -> date:
    """The last day of cover, extensions considered, cancellations not."""
    found = known.last_days.get(policy.policy_no)
    if found is None:
        extensions = (each.new_expires_on for each in known.endorsements.get(policy.policy_no, ()))
        found = max((policy.expires_on, *(day for day in extensions if day is not None)))
        known.last_days[policy.policy_no] = found
    return found


def cancelled_on(policy_no: str, known: Known) -> date | None:
    """The day a cancellation took effect and no later reinstatement undid it."""
    endorsements = known.endorsements.get(policy_no, ())
    cancelled = [each.effective_on for each in endorsements if each.type == "cancel"]
    reinstated = [each.effective_on for each in endorsements if each.type == "reinstate"]
    if not cancelled or (reinstated and max(reinstated) >= max(cancelled)):
        return None
    return max(cancelled)

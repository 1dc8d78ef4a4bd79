"""Every rule of an endorsement, once kept and once broken."""

from datetime import date

from rules.bench import DROP, POLICY_NO, Case, story

CANCEL = {
    "/type": "cancel",
    "/cancellation": {"reason": "business_closed", "refund": "300.00"},
    "/premium_change": "-300.00",
    "/insured_count_change": DROP,
}
EXTEND = {"/type": "extend_period", "/new_expires_on": "2027-03-31", "/insured_count_change": DROP}
LIMITS = {
    "/type": "change_limit",
    "/new_limits": {
        "per_person_death": "800000.00",
        "per_accident": "8000000.00",
        "aggregate": "16000000.00",
    },
}
POLICY = story().policies[POLICY_NO]

CASES = (
    Case("endorsement.cancellation_missing", "/cancellation", both=CANCEL, bad={"/cancellation": DROP}),
    Case("endorsement.cancellation_unexpected", "/cancellation", both=CANCEL, bad={"/type": "refund"}),
    Case(
        "endorsement.cancellation_refund_differs",
        "/premium_change",
        both=CANCEL,
        bad={"/premium_change": "-299.99"},
    ),
    Case("endorsement.new_expiry_missing", "/new_expires_on", both=EXTEND, bad={"/new_expires_on": DROP}),
    Case("endorsement.new_expiry_unexpected", "/new_expires_on", both=EXTEND, bad={"/type": "other"}),
    Case(
        "endorsement.new_expiry_before_effective",
        "/new_expires_on",
        both=EXTEND,
        bad={"/new_expires_on": "2026-06-10"},
        good={"/new_expires_on": "2026-06-11"},
    ),
    Case("endorsement.new_limits_missing", "/new_limits", both=LIMITS, bad={"/new_limits": DROP}),
    Case(
        "endorsement.limits_out_of_order",
        "/new_limits/per_accident",
        both=LIMITS,
        bad={"/new_limits/per_accident": "799999.99"},
    ),
    Case("endorsement.free_but_charged", "/premium_change", bad={"/free_of_charge": True}),
    Case(
        "endorsement.extension_not_marked_free",
        "/free_of_charge",
        both=EXTEND,
        bad={"/premium_change": "0.00"},
        good={"/premium_change": "0.00", "/free_of_charge": True},
    ),
    Case(
        "endorsement.refund_not_negative",
        "/premium_change",
        bad={"/type": "refund"},
        good={"/type": "refund", "/premium_change": "-0.01"},
    ),
    Case(
        "endorsement.premium_unchanged",
        "/premium_change",
        bad={"/type": "change_premium", "/premium_change": "0"},
        good={"/type": "change_premium"},
    ),
    Case("endorsement.count_change_missing", "/insured_count_change", bad={"/insured_count_change": DROP}),
    Case(
        "endorsement.count_change_sign",
        "/insured_count_change",
        bad={"/type": "remove_persons"},
        good={"/type": "remove_persons", "/insured_count_change": -2},
    ),
    Case(
        "endorsement.count_change_sign",
        "/insured_count_change",
        bad={"/type": "replace_persons"},
        good={"/type": "replace_persons", "/insured_count_change": 0},
    ),
    Case(
        "endorsement.count_after_contradicts",
        "/insured_count_after",
        bad={"/insured_count_after": 1},
        good={"/insured_count_after": 2},
    ),
    Case(
        "endorsement.backdated",
        "/effective_on",
        bad={"/effective_on": "2026-05-10"},
        good={"/effective_on": "2026-05-11"},
    ),
    Case(
        "endorsement.issued_in_future",
        "/issued_on",
        bad={"/issued_on": "2026-11-22"},
        good={"/issued_on": "2026-11-21"},
    ),
    Case("endorsement.reason_missing", "/reason", both=CANCEL, bad={"/reason": DROP}),
    Case("endorsement.policy_unknown", "/policy_no", bad={"/policy_no": "P9"}),
    Case("record.policy_voided", "/policy_no", known={"policies": {POLICY_NO: POLICY._replace(voided=True)}}),
    Case(
        "endorsement.outside_period",
        "/effective_on",
        bad={"/effective_on": "2026-02-28"},
        good={"/effective_on": "2026-03-01"},
    ),
    Case(
        "endorsement.outside_period",
        "/effective_on",
        bad={"/effective_on": "2027-03-01"},
        good={"/effective_on": "2027-02-28"},
    ),
    Case(
        "endorsement.new_expiry_not_later",
        "/new_expires_on",
        both=EXTEND,
        bad={"/new_expires_on": "2027-02-27"},
        good={"/new_expires_on": "2027-02-28"},
    ),
    Case(
        "endorsement.issued_before_signing",
        "/issued_on",
        known={"policies": {POLICY_NO: POLICY._replace(signed_on=date(2026, 6, 11))}},
    ),
)

"""HOW are records, filings, clocks and identities laid out in PostgreSQL? The tables; Alembic owns their history."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ajx_gateway.store.columns import MONEY, PROMOTED

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

INSTANT = sa.DateTime(timezone=True)


def _record_columns(*, history: bool) -> list[sa.Column[object]]:
    return [
        sa.Column("record_id", sa.Uuid(), primary_key=True),
        sa.Column("insurer", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("revised_at", INSTANT, primary_key=history, nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        # Empty in history for a state that was already older than the stored one when it arrived.
        sa.Column("version", sa.Integer(), nullable=history),
        # Where the bytes lie: the filing and the item's ordinal in it.
        sa.Column("filing_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("voided", sa.Boolean(), nullable=False),
        sa.Column("voided_by", sa.Uuid()),
        sa.Column("division", sa.Text()),
    ]


def _record_table(kind: str, *, history: bool) -> sa.Table:
    promoted = (sa.Column(p.name, p.type, nullable=p.nullable) for p in PROMOTED[kind])
    name = f"{kind}_history" if history else kind
    return sa.Table(name, metadata, *_record_columns(history=history), *promoted)


RECORDS: dict[str, sa.Table] = {kind: _record_table(kind, history=False) for kind in PROMOTED}
HISTORY: dict[str, sa.Table] = {kind: _record_table(kind, history=True) for kind in PROMOTED}

for _kind, _table in RECORDS.items():
    if "policy_id" in _table.c:
        sa.Index(None, _table.c.policy_id)
    sa.Index(None, HISTORY[_kind].c.recorded_at)

    # The edition of rules that found nothing wrong in the content itself; empty where one did, or where none looked.
    _table.append_column(sa.Column("clean_edition", sa.Integer()))

_policy = RECORDS["policy"]
sa.Index(None, _policy.c.enterprise_uscc)
sa.Index(None, _policy.c.signed_on)
sa.Index(None, _policy.c.insurer, _policy.c.signed_on)
sa.Index(None, RECORDS["service"].c.evidence, postgresql_using="gin")
# The policies of a period and a place, with what is asked of all of them.
sa.Index(
    "ix_policy_standing",
    _policy.c.signed_on,
    _policy.c.division,
    postgresql_include=["record_id", "insurer", "voided", "expires_on"],
)

# The ledger of a period.
sa.Index(None, RECORDS["fund_entry"].c.entered_on)

# Who names this service, plan or entry, whatever policy it belongs to? Asked when the named record changes.
for _kind, _name in (
    ("fund_entry", "service_no"),
    ("fund_entry", "reverses_entry_no"),
    ("hazard", "service_no"),
    ("service", "plan_no"),
):
    sa.Index(None, RECORDS[_kind].c[_name], postgresql_where=sa.text(f"{_name} IS NOT NULL"))

# Refused major hazards are told in the order in which they were committed: a feed by instants would lose late ones.
_hazards = HISTORY["hazard"]
_hazards.append_column(
    sa.Column("xid", sa.BigInteger(), server_default=sa.text("(pg_current_xact_id()::text)::bigint"))
)
sa.Index(
    "ix_hazard_history_refused",
    _hazards.c.record_id,
    postgresql_where=sa.text("level = 'major' AND state = 'refused'"),
)

filing = sa.Table(
    "filing",
    metadata,
    sa.Column("filing_id", sa.Uuid(), primary_key=True),
    sa.Column("insurer", sa.Text(), nullable=False),
    sa.Column("idempotency_key", sa.Text(), nullable=False),
    sa.Column("kind", sa.Text(), nullable=False),
    sa.Column("op", sa.Text(), nullable=False),
    sa.Column("record_key", sa.Text()),
    sa.Column("body_sha256", sa.LargeBinary(), nullable=False),
    sa.Column("body_bytes", sa.BigInteger(), nullable=False),
    sa.Column("media", sa.Text(), nullable=False),
    sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
    sa.Column("standard", sa.Text(), nullable=False),
    sa.Column("rules", sa.Text(), nullable=False),
    sa.Column("received_at", INSTANT, nullable=False),
    sa.Column("verdict", sa.Text(), nullable=False),
    sa.Column("created", sa.Integer(), nullable=False),
    sa.Column("updated", sa.Integer(), nullable=False),
    sa.Column("unchanged", sa.Integer(), nullable=False),
    sa.Column("stale", sa.Integer(), nullable=False),
    sa.Column("rejected", sa.Integer(), nullable=False),
    sa.Column("status", sa.Integer(), nullable=False),
    sa.Column("etag", sa.Text()),
    sa.Column("answer", sa.LargeBinary(), nullable=False),
    sa.UniqueConstraint("insurer", "idempotency_key"),
)
sa.Index(None, filing.c.received_at)

filing_frame = sa.Table(
    "filing_frame",
    metadata,
    sa.Column("filing_id", sa.Uuid(), primary_key=True),
    sa.Column("frame", sa.Integer(), primary_key=True),
    sa.Column("insurer", sa.Text(), nullable=False),
    sa.Column("first_ordinal", sa.Integer(), nullable=False),
    sa.Column("items", sa.Integer(), nullable=False),
    # Start and end of each item within the decompressed frame, in pairs.
    sa.Column("offsets", sa.ARRAY(sa.Integer()), nullable=False),
    sa.Column("body", sa.LargeBinary(), nullable=False),
)

document = sa.Table(
    "document",
    metadata,
    sa.Column("filing_id", sa.Uuid(), primary_key=True),
    sa.Column("policy_id", sa.Uuid(), nullable=False),
    sa.Column("insurer", sa.Text(), nullable=False),
    sa.Column("policy_no", sa.Text(), nullable=False),
    sa.Column("media_type", sa.Text(), nullable=False),
    sa.Column("sha256", sa.Text(), nullable=False),
    sa.Column("bytes", sa.BigInteger(), nullable=False),
    sa.Column("accepted_at", INSTANT, nullable=False),
)
sa.Index(None, document.c.policy_id)

clock = sa.Table(
    "clock",
    metadata,
    sa.Column("clock_id", sa.Uuid(), primary_key=True),
    sa.Column("subject_id", sa.Uuid(), nullable=False),
    sa.Column("subject_kind", sa.Text(), nullable=False),
    sa.Column("subject_key", sa.Text(), nullable=False),
    sa.Column("insurer", sa.Text(), nullable=False),
    sa.Column("clock", sa.Text(), nullable=False),
    sa.Column("period", sa.Text()),
    sa.Column("jurisdiction", sa.Text()),
    sa.Column("division", sa.Text()),
    # The first value ever received stands; a later move is a finding.
    sa.Column("start_on", sa.Date()),
    sa.Column("start_seen_at", INSTANT),
    sa.Column("start_current", sa.Date()),
    sa.Column("applicable", sa.Boolean()),
    sa.Column("nominal_on", sa.Date()),
    sa.Column("due", INSTANT),
    sa.Column("provisional", sa.Boolean(), nullable=False),
    sa.Column("due_soon_days", sa.Integer(), nullable=False),
    sa.Column("met_at", INSTANT),
    sa.Column("voided", sa.Boolean(), nullable=False),
    # Since when the row stands as it is; empty when nothing but an acceptance has changed since the start was received.
    sa.Column("changed_at", INSTANT),
    # A policy's clock: from which day the policy is cancelled; empty when it is not, or was reinstated.
    sa.Column("cancelled_on", sa.Date()),
)
sa.Index(None, clock.c.subject_id, clock.c.due)
sa.Index(None, clock.c.insurer, clock.c.due)

# What a row of clock was from ``since`` up to ``until``, before a correction, a void or an outage changed it.
clock_before = sa.Table(
    "clock_before",
    metadata,
    *(
        sa.Column(column.name, column.type, primary_key=column.primary_key, nullable=column.nullable)
        for column in clock.c
        if column.name not in ("changed_at", "cancelled_on")
    ),
    sa.Column("until", INSTANT, primary_key=True),
    sa.Column("since", INSTANT, nullable=False),
)
sa.Index(None, clock_before.c.until)

excuse = sa.Table(
    "excuse",
    metadata,
    sa.Column("excuse_id", sa.Uuid(), primary_key=True),
    sa.Column("clock_id", sa.Uuid(), nullable=False),
    sa.Column("insurer", sa.Text(), nullable=False),
    sa.Column("reason_code", sa.Text(), nullable=False),
    sa.Column("reason", sa.Text(), nullable=False),
    sa.Column("evidence", pg.JSONB(), nullable=False),
    sa.Column("requested_at", INSTANT, nullable=False),
    sa.Column("requested_by", sa.Text(), nullable=False),
    sa.Column("decision", sa.Text()),
    sa.Column("decided_at", INSTANT),
    sa.Column("decided_by", sa.Text()),
    sa.Column("decision_reason", sa.Text()),
)
# One open or upheld request per clock: a refused one may be asked for again with better evidence.
sa.Index(
    "uq_excuse_standing",
    excuse.c.clock_id,
    unique=True,
    postgresql_where=sa.text("decision IS DISTINCT FROM 'dismissed'"),
)

outage = sa.Table(
    "outage",
    metadata,
    sa.Column("outage_id", sa.Uuid(), primary_key=True),
    sa.Column("begins", INSTANT, nullable=False),
    sa.Column("ends", INSTANT, nullable=False),
    sa.Column("reason", sa.Text(), nullable=False),
    sa.Column("recorded_by", sa.Text(), nullable=False),
    sa.Column("recorded_at", INSTANT, nullable=False),
    sa.CheckConstraint("begins < ends", name="ordered"),
)

insurer = sa.Table(
    "insurer",
    metadata,
    sa.Column("insurer", sa.Text(), primary_key=True),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("division", sa.Text()),
    sa.Column("registered_at", INSTANT, nullable=False),
)

client = sa.Table(
    "client",
    metadata,
    sa.Column("name", sa.Text(), primary_key=True),
    sa.Column("role", sa.Text(), nullable=False),
    sa.Column("title", sa.Text(), nullable=False),
    sa.Column("insurer", sa.Text()),
    sa.Column("territory", sa.Text()),
    sa.Column("pinned_standard", sa.Text()),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("revoked_at", INSTANT),
)

client_key = sa.Table(
    "client_key",
    metadata,
    sa.Column("client", sa.Text(), primary_key=True),
    sa.Column("kid", sa.Text(), primary_key=True),
    sa.Column("jwk", pg.JSONB(), nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("retired_at", INSTANT),
)

spent_assertion = sa.Table(
    "spent_assertion",
    metadata,
    sa.Column("client", sa.Text(), primary_key=True),
    sa.Column("jti", sa.Text(), primary_key=True),
    sa.Column("expires_at", INSTANT, nullable=False),
)

event = sa.Table(
    "event",
    metadata,
    sa.Column("event_id", sa.Uuid(), primary_key=True),
    # A feed ordered by transaction id below the oldest running one loses nothing that commits late.
    sa.Column(
        "xid", sa.BigInteger(), nullable=False, server_default=sa.text("(pg_current_xact_id()::text)::bigint")
    ),
    sa.Column("seq", sa.Integer(), nullable=False),
    sa.Column("insurer", sa.Text()),
    sa.Column("type", sa.Text(), nullable=False),
    sa.Column("payload", pg.JSONB(), nullable=False),
    sa.Column("happened_at", INSTANT, nullable=False),
    # When the transaction began, by the database's clock.
    sa.Column("begun_at", INSTANT, server_default=sa.text("now()")),
)
sa.Index(None, event.c.insurer, event.c.xid, event.c.seq)
# What findings follow from: few among the alarms of a feed.
sa.Index(
    "ix_event_filed",
    event.c.insurer,
    event.c.xid,
    event.c.seq,
    event.c.event_id,
    postgresql_where=sa.text("type IN ('filing.accepted', 'filing.partial', 'record.voided')"),
)

# Byte order: codes are compared for equality and by their beginnings, never by a language's rules.
_CODE = sa.Text(collation="C")
_AMOUNT = sa.Numeric()

# What a push changed in the sums, as one row per state that began (+1) or ceased (-1) to count. No key and no index:
# rows are added by pushes, read whole, and taken out by the folder.
policy_delta = sa.Table(
    "policy_delta",
    metadata,
    sa.Column("record_id", sa.Uuid(), nullable=False),
    sa.Column("insurer", _CODE, nullable=False),
    sa.Column("sign", sa.SmallInteger(), nullable=False),
    sa.Column("division", _CODE),
    sa.Column("signed_on", sa.Date(), nullable=False),
    sa.Column("industry", _CODE, nullable=False),
    sa.Column("size", _CODE),
    sa.Column("sector_tags", sa.ARRAY(sa.Text()), nullable=False),
    sa.Column("enterprise_uscc", _CODE, nullable=False),
    sa.Column("insured_count", sa.Integer(), nullable=False),
    sa.Column("premium_received", MONEY, nullable=False),
    sa.Column("premium_refunded", MONEY, nullable=False),
    sa.Column("premium_adjusted", MONEY, nullable=False),
    sa.Column("aggregate", MONEY, nullable=False),
    sa.Column("subsidy_amount", MONEY),
    sa.Column("fund_amount", MONEY, nullable=False),
    sa.Column("renewal_of", sa.Text()),
)

# The folded sums. Per grain the dimensions that it does not keep are ''; a division may be the beginning of one.
policy_sum = sa.Table(
    "policy_sum",
    metadata,
    sa.Column("grain", sa.Integer(), primary_key=True, autoincrement=False),
    sa.Column("division", _CODE, primary_key=True),
    sa.Column("month", sa.Date(), primary_key=True),
    sa.Column("insurer", _CODE, primary_key=True),
    sa.Column("industry", _CODE, primary_key=True),
    sa.Column("size", _CODE, primary_key=True),
    sa.Column("tags", _CODE, primary_key=True),
    sa.Column("policies", sa.BigInteger(), nullable=False),
    sa.Column("insured_persons", sa.BigInteger(), nullable=False),
    sa.Column("premium", _AMOUNT, nullable=False),
    sa.Column("premium_adjusted", _AMOUNT, nullable=False),
    sa.Column("sum_insured", _AMOUNT, nullable=False),
    sa.Column("subsidy", _AMOUNT, nullable=False),
    sa.Column("fund_agreed", _AMOUNT, nullable=False),
    sa.Column("renewals", sa.BigInteger(), nullable=False),
)

# Where and when an enterprise is insured, and by how many policies: the reference counts of distinct enterprises.
enterprise_month = sa.Table(
    "enterprise_month",
    metadata,
    sa.Column("enterprise_uscc", _CODE, primary_key=True),
    sa.Column("month", sa.Date(), primary_key=True),
    sa.Column("division", _CODE, primary_key=True),
    sa.Column("insurer", _CODE, primary_key=True),
    sa.Column("policies", sa.BigInteger(), nullable=False),
)
sa.Index(None, enterprise_month.c.division, enterprise_month.c.month)

# How many enterprises are insured in a place in a month, by the month before it in which they last were (-infinity:
# never). In a period, those count whose month before lies before the period.
enterprise_link = sa.Table(
    "enterprise_link",
    metadata,
    sa.Column("grain", sa.Integer(), primary_key=True, autoincrement=False),
    sa.Column("division", _CODE, primary_key=True),
    sa.Column("month", sa.Date(), primary_key=True),
    sa.Column("previous", sa.Date(), primary_key=True),
    sa.Column("insurer", _CODE, primary_key=True),
    sa.Column("enterprises", sa.BigInteger(), nullable=False),
)

"""HOW is each enterprise of the roster covered, day by day, and how many are there? The tables of counts made ahead.

Between two days on which anything about it changes, an enterprise stands the same: that is one row of
``cover_segment``. What begins and ends with these rows is added up by place, tags and day in ``cover_sum``. Whose
rows no longer say the truth stands in ``cover_change``.
"""

from __future__ import annotations

import sqlalchemy as sa

from ajx_gateway.store.tables import metadata

_CODE = sa.Text(collation="C")

# Whose cover may have changed since it was counted: an enterprise, or that of a policy which was cancelled or
# reinstated. No key and no index: rows are added by pushes, read whole, and taken out by the folder.
cover_change = sa.Table(
    "cover_change",
    metadata,
    sa.Column("enterprise_uscc", sa.Text()),
    sa.Column("policy_id", sa.Uuid()),
)

# From ``begins_on`` to ``ends_on``, both included, while the enterprise is on the roster. ``insured``: persons by the
# policies in force, null without any; ``employees`` as counted last; ``proven``: evidence in force.
cover_segment = sa.Table(
    "cover_segment",
    metadata,
    sa.Column("enterprise_uscc", sa.Text(), primary_key=True),
    sa.Column("division", _CODE, primary_key=True),
    sa.Column("begins_on", sa.Date(), primary_key=True),
    sa.Column("ends_on", sa.Date(), nullable=False),
    sa.Column("tags", _CODE, nullable=False),
    # Entries in several places: who looks from where sees which of them, so these are counted when asked. One row a
    # place, for all days, with nothing in it.
    sa.Column("apart", sa.Boolean(), nullable=False),
    sa.Column("insured", sa.BigInteger()),
    sa.Column("employees", sa.Integer()),
    sa.Column("proven", sa.Boolean(), nullable=False),
    sa.Column("death_limit", sa.Numeric()),
)
_of = cover_segment.c
sa.Index("ix_cover_segment_apart", _of.division, _of.enterprise_uscc, postgresql_where=sa.text("apart"))
# The lists: who is bare on a day, who left staff out, whose cover ends.
sa.Index(
    "ix_cover_segment_bare",
    _of.division,
    _of.enterprise_uscc,
    _of.begins_on,
    _of.ends_on,
    postgresql_where=sa.text("insured IS NULL AND NOT proven AND NOT apart"),
)
sa.Index(
    "ix_cover_segment_short",
    _of.division,
    _of.enterprise_uscc,
    _of.begins_on,
    _of.ends_on,
    postgresql_where=sa.text("insured < employees"),
)
sa.Index(
    "ix_cover_segment_ending",
    _of.division,
    _of.ends_on,
    postgresql_include=["enterprise_uscc"],
    postgresql_where=sa.text("insured IS NOT NULL OR proven"),
)

# What begins (and, negative, ends) in a year, in a month of the year ``within``, on a day of the month ``within``: three
# levels, so that every day is the sum of few rows. Everything counts under the limit -1; who is insured once more, alone,
# under the lowest limit per person in cents (row-level security lets whole numbers through to the index, decimals not):
# which of those is too low the law of the place and day says. Years and months, and of some grains five days of a month
# together, once more at other levels, with less of the place or without the tags (``cover_segments.GRAINS``): wide questions
# read these.
cover_sum = sa.Table(
    "cover_sum",
    metadata,
    sa.Column("level", sa.SmallInteger(), primary_key=True, autoincrement=False),
    sa.Column("within", sa.Date(), primary_key=True),
    sa.Column("death_limit", sa.BigInteger(), primary_key=True, autoincrement=False),
    sa.Column("division", _CODE, primary_key=True),
    sa.Column("day", sa.Date(), primary_key=True),
    sa.Column("tags", _CODE, primary_key=True),
    sa.Column("enterprises", sa.BigInteger(), nullable=False),
    sa.Column("insured", sa.BigInteger(), nullable=False),
    sa.Column("proven", sa.BigInteger(), nullable=False),
    sa.Column("full_staff", sa.BigInteger(), nullable=False),
    sa.Column("short_staff", sa.BigInteger(), nullable=False),
    sa.Column("persons", sa.BigInteger(), nullable=False),
    sa.Column("employees", sa.BigInteger(), nullable=False),
)

"""HOW are distinct enterprises counted ahead? By links: an enterprise's month (or year) and the one before it, in every place.

Whoever was there in a period is who has a month in it whose previous one lies before the period. An enterprise that only
ever was in one division has the same links in every place around it: they are found once (the town's, under its own
grain's number), and spread over the places when they are summed.
"""

from __future__ import annotations

from ajx_gateway.store.grains import LINKS, link_number


def everywhere(cells: str, enterprise: str) -> str:
    """The statement parts that end with ``everywhere``: the links that came (``n`` 1) and went (-1), by grain.

    ``cells``: what follows FROM, with the column ``enterprise``, division, insurer, month, whether it ``was`` there and
    ``now`` is, and whether it is ``settled`` in one division.
    """
    every = [(link_number(*link), *link) for link in LINKS]
    once = [(link_number(9, i, y), 9, i, y) for i in (False, True) for y in (False, True)]
    values = [(settled, *link) for settled, links in ((True, once), (False, every)) for link in links]
    grains = ", ".join(f"({settled}, {n}, {p}, {i}, {y})" for settled, n, p, i, y in values)
    spread = ", ".join(f"({link_number(9, i, y)}, {n}, {p})" for n, p, i, y in every)
    before = f"lag(month) OVER (PARTITION BY {enterprise}, grain, division, insurer ORDER BY month)"
    link = (
        f"SELECT settled, grain, division, month, coalesce({before}, '-infinity'::date) AS previous, insurer"
    )
    return (
        f"placed AS MATERIALIZED (SELECT settled, {enterprise}, g.grain, left(division, g.place) AS division,"  # noqa: S608
        " CASE WHEN g.by_insurer THEN insurer ELSE '' END AS insurer,"
        " CASE WHEN g.yearly THEN date_trunc('year', month::timestamp)::date ELSE month END AS month,"
        f" bool_or(was) AS was, bool_or(now) AS now FROM {cells} JOIN (VALUES {grains})"
        " AS g(settled, grain, place, by_insurer, yearly) USING (settled) GROUP BY 1, 2, 3, 4, 5, 6),"
        " links AS MATERIALIZED (SELECT settled, grain, division, month, previous, insurer, sum(n) AS n FROM"
        f" ({link}, -1 AS n FROM placed WHERE was UNION ALL {link}, 1 FROM placed WHERE now) AS each"
        " GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(n) <> 0),"
        " everywhere AS (SELECT grain, division, month, previous, insurer, n FROM links WHERE NOT settled UNION ALL"
        " SELECT g.grain, left(division, g.place), month, previous, insurer, n FROM links"
        f" JOIN (VALUES {spread}) AS g(town, grain, place) ON settled AND links.grain = g.town)"
    )

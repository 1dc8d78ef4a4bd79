"""WHO may see an evaluation? Whoever is responsible for the whole place derives it; a part of the place reads what
was published; insurers read their own at a door of theirs."""

from __future__ import annotations

from typing import Literal

from ajx_gateway.errors import Forbidden, NotFound
from ajx_gateway.identity import Caller, Scope
from ajx_gateway.oversight.admission import admitted_to_lists
from ajx_gateway.oversight.evaluations import place_of
from ajx_gateway.standard import divisions

ABSENT = "没有这项评价，或它不在本辖区。"
Reach = Literal["whole", "published"]


def reach_of(caller: Caller, jurisdiction: str) -> tuple[Scope, Reach]:
    """The caller's scope and how far it reaches here; 404 for foreign and absent places alike."""
    scope = admitted_to_lists(caller)
    if caller.role == "operator":
        raise Forbidden("网关运维不查看评价结果。")
    if divisions.name(jurisdiction) is None or len(jurisdiction) != len("341300"):
        raise NotFound(ABSENT)
    place, territory = place_of(jurisdiction), scope.territory
    if territory is None or place.startswith(territory):
        return scope, "whole"
    if territory.startswith(place):
        return scope, "published"
    raise NotFound(ABSENT)


def deciding(caller: Caller, jurisdiction: str) -> Scope:
    """The scope of a regulator who is responsible for the whole place; nobody else decides."""
    scope, reach = reach_of(caller, jurisdiction)
    if caller.role != "regulator" or reach != "whole":
        raise Forbidden("只有该地区的监管部门可以发布评价、决定申诉。")
    return scope

"""HOW WELL did they do? Pure: measures and a scheme of the law make points, each with its reasons."""

from ajx_gateway.evaluation.measures import Counted, Measure, Ratio, Stars
from ajx_gateway.evaluation.scorecard import CategoryScore, ItemScore, Scorecard
from ajx_gateway.evaluation.scoring import evaluate
from ajx_gateway.evaluation.written import as_dict, points

__all__ = [
    "CategoryScore",
    "Counted",
    "ItemScore",
    "Measure",
    "Ratio",
    "Scorecard",
    "Stars",
    "as_dict",
    "evaluate",
    "points",
]

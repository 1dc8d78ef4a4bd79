"""Do the rules about codes reach every member that holds one? A new field or kind that they overlook is named here."""

from typing import Any

import pytest

from ajx_gateway.rules import RULES
from ajx_gateway.rules.judging import judge
from ajx_gateway.standard import KINDS, codes, vocabulary
from ajx_gateway.standard.fields import walk
from ajx_gateway.standard.sample import every_member
from rules.bench import item_of, patched, story

# By shape: a value that fits the schema and is not real, and the rule that must say so.
UNREAL = {
    vocabulary.USCC: ("91440605MA0000015A", "code.uscc_invalid"),
    vocabulary.DIVISION9: ("999999999", "code.division_unknown"),
    vocabulary.DIVISION6: ("999999", "code.division_unknown"),
    vocabulary.INDUSTRY: ("A99", "code.industry_unknown"),
}
MEMBERS = [
    pytest.param(kind.name, path, *UNREAL[shape], id=f"{kind.name}.{path}")
    for kind in KINDS.values()
    for path, outline in walk(kind.model)
    if (shape := str(outline.schema.get("pattern"))) in UNREAL
]


def pointer_of(path: str) -> str:
    return "/" + path.replace("[]", ".0").replace(".", "/")


@pytest.mark.parametrize(("kind", "path", "value", "rule"), MEMBERS)
def test_a_code_that_is_not_real_is_found_wherever_it_stands(
    kind: str, path: str, value: str, rule: str
) -> None:
    document: dict[str, Any] = patched(every_member(kind), {pointer_of(path): value})
    [judged] = judge(kind, [item_of(kind, document)], story(), surface_errors=True)
    assert (rule, pointer_of(path)) in {(found.rule, found.pointer) for found in judged.findings}


def test_a_list_whose_codes_change_with_time_is_looked_up_on_the_day() -> None:
    dated = {
        kind.name
        for kind in KINDS.values()
        for _, outline in walk(kind.model)
        if outline.codes
        and any(entry.valid_from or entry.valid_to for entry in codes.CODE_LISTS[outline.codes].entries)
    }
    assert dated
    assert dated == set(RULES["code.not_in_force"].kinds)

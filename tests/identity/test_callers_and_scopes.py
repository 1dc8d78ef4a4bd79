"""Callers and scopes: who exists, and what they may touch."""

import copy
import dataclasses
from typing import Any

import pytest

from ajx_gateway.identity import ROLES, Caller, Scope, scope_of, system_scope

USCC = "91440600MA4W3X2H0K"


def caller(role: str, **fields: Any) -> Caller:
    return Caller(name="someone", role=role, title="某单位", **fields)  # type: ignore[arg-type]


def test_an_insurer_may_write_its_own_records_and_sees_its_own_enterprises() -> None:
    scope = scope_of(caller("insurer", insurer=USCC))
    assert (scope.insurer, scope.territory, scope.may_write, scope.may_see_enterprises) == (
        USCC,
        None,
        True,
        True,
    )


@pytest.mark.parametrize("territory", ["44", "4406", "440605", "440605011"])
def test_a_regulator_is_cut_to_its_territory(territory: str) -> None:
    scope = scope_of(caller("regulator", territory=territory))
    assert (scope.insurer, scope.territory, scope.role) == (None, territory, "regulator")


@pytest.mark.parametrize(
    ("role", "writes", "sees"),
    [
        ("consultant", False, False),
        ("adviser", True, True),
        ("auditor", False, True),
        ("operator", True, False),
    ],
)
def test_each_other_role_has_its_own_rights(role: str, writes: bool, sees: bool) -> None:
    scope = scope_of(caller(role))
    assert (scope.may_write, scope.may_see_enterprises) == (writes, sees)


def test_the_gateways_own_errands_need_a_purpose() -> None:
    assert system_scope("migrations").role == "system"
    with pytest.raises(ValueError, match="purpose"):
        system_scope(" ")


def test_nobody_else_can_make_or_change_a_scope() -> None:
    with pytest.raises(TypeError):
        Scope(None, None, True, True, "system", object())
    scope = scope_of(caller("insurer", insurer=USCC))
    with pytest.raises(ValueError, match="mint"):
        dataclasses.replace(scope, insurer="91110000000000000X")
    with pytest.raises(dataclasses.FrozenInstanceError):
        scope.insurer = None  # type: ignore[misc]
    assert copy.copy(scope) == scope


@pytest.mark.parametrize(
    ("role", "fields"),
    [
        ("insurer", {}),
        ("insurer", {"insurer": "91440600ma4w3x2h0k"}),
        ("insurer", {"insurer": USCC + "\n"}),
        ("insurer", {"insurer": USCC, "territory": "4406"}),
        ("regulator", {}),
        ("regulator", {"territory": ""}),
        ("regulator", {"territory": "440"}),
        ("regulator", {"territory": "４４０６"}),
        ("regulator", {"territory": "44%"}),
        ("regulator", {"territory": "4406", "insurer": USCC}),
        ("auditor", {"insurer": USCC}),
        ("root", {}),
    ],
)
def test_an_identity_that_contradicts_its_role_cannot_exist(role: str, fields: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"[一-鿿]"):
        caller(role, **fields)


@pytest.mark.parametrize("name", ["", "-a", "a b", "a" * 65, "甲", "a\n", "../a"])
def test_a_name_that_could_be_a_path_or_a_header_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="名称"):
        Caller(name=name, role="auditor", title="审计")


def test_the_roles_are_the_six_of_the_scheme() -> None:
    assert set(ROLES) == {"insurer", "regulator", "consultant", "adviser", "auditor", "operator"}

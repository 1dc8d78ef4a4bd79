"""A receipt holds, or it is not one."""

import pytest
from forging import forge, header
from test_token_oracle import receipt

from ajx_gateway.errors import Unauthenticated
from ajx_gateway.identity import KeyRing, SigningKey
from ajx_gateway.identity.receipts import MEMBERS, TYPE, open_receipt, seal


def test_a_sealed_receipt_opens_with_the_published_keys(key: SigningKey, ring: KeyRing) -> None:
    sealed = seal(key, receipt())
    assert open_receipt(sealed, ring) == receipt()
    assert open_receipt(sealed, ring.jwks()) == receipt()


@pytest.mark.parametrize("name", sorted(MEMBERS))
def test_a_receipt_that_lacks_a_member_is_neither_written_nor_read(
    key: SigningKey, ring: KeyRing, name: str
) -> None:
    lacking = {member: value for member, value in receipt().items() if member != name}
    with pytest.raises(ValueError, match=name):
        seal(key, lacking)
    with pytest.raises(Unauthenticated):
        open_receipt(forge(key, header(key, TYPE), lacking), ring)


def test_a_changed_receipt_does_not_open(key: SigningKey, ring: KeyRing) -> None:
    head, _, signature = seal(key, receipt()).split(".")
    other = seal(key, receipt(verdict="rejected")).split(".")[1]
    with pytest.raises(Unauthenticated):
        open_receipt(f"{head}.{other}.{signature}", ring)


def test_a_foreign_key_or_another_kind_of_token_is_no_receipt(
    key: SigningKey, stranger: SigningKey, ring: KeyRing
) -> None:
    for forged in (
        seal(stranger, receipt()),
        forge(stranger, header(key, TYPE), receipt()),
        forge(key, header(key, "at+jwt"), receipt()),
        forge(key, header(key, "JWT"), receipt()),
    ):
        with pytest.raises(Unauthenticated):
            open_receipt(forged, ring)


def test_a_broken_jwks_is_the_same_refusal(key: SigningKey) -> None:
    for jwks in ({}, {"keys": []}, {"keys": [{"kty": "RSA"}]}):
        with pytest.raises(Unauthenticated):
            open_receipt(seal(key, receipt()), jwks)

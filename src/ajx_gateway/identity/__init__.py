"""WHO calls, and WHAT may they touch? Callers, scopes, keys, tokens, receipts; python-jose stays inside."""

from ajx_gateway.identity.cache import TokenCache
from ajx_gateway.identity.callers import ROLES, Caller, Role, Scope, scope_of, system_scope
from ajx_gateway.identity.keys import KeyFault, KeyRing, SigningKey, VerifyingKey

__all__ = [
    "ROLES",
    "Caller",
    "KeyFault",
    "KeyRing",
    "Role",
    "Scope",
    "SigningKey",
    "TokenCache",
    "VerifyingKey",
    "scope_of",
    "system_scope",
]

"""HOW do a hundred small rules run at the price of one call? Their bodies are put into one function, once a law.

A rule stays what it is: a generator that can be read, tested and called alone. Calling some seventy of them for each
record costs more than what they do, so their syntax trees are joined: ``yield`` adds to the list of faults, values of
the law and names of the rule's module become names of the joint function, and what several rules read of the record is
read once. A rule that cannot be joined (a ``return`` inside a loop, say) is called as it is. The tests compare both
ways on every sample; the decision is docs/decisions/0013.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import textwrap
from collections import Counter
from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import lru_cache
from types import CodeType
from typing import TYPE_CHECKING, Any

from ajx_gateway.standard import KINDS
from ajx_gateway.standard.record import Part

if TYPE_CHECKING:
    from ajx_gateway.rules.binding import Bound
    from ajx_gateway.rules.registry import Fault, Rule

    Told = tuple[Bound, Fault | None]

Fused = Callable[[Any, Any, Callable[["Told"], object]], None]
_RECORD, _KNOWN, _ADD = "record", "known", "add"
_FOREIGN = (ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef, ast.Global, ast.Nonlocal, ast.Await, ast.Try)


class _Unfit(Exception):
    """This rule is called as it stands."""


def fuse(kind: str, rules: Sequence[Bound]) -> Fused:
    """One function that does what all the rules do, in their order; a failing rule is told as (rule, None)."""
    space: dict[str, Any] = {}
    for number, bound in enumerate(rules):
        space |= _names(number, bound)
    exec(_code(kind, tuple(bound.rule for bound in rules)), space)  # noqa: S102  made of our own rules' sources
    joint: Fused = space["joint"]
    return joint


def _names(number: int, bound: Bound) -> dict[str, Any]:
    """What the joint function's text calls by name on behalf of one rule."""
    check = bound.rule.check
    if check is None:
        raise AssertionError("only rules with a check are bound")
    given: dict[str, Any] = getattr(bound.check, "keywords", {})
    values = {**(getattr(check, "__kwdefaults__", None) or {}), **given}
    outer: dict[str, Any] = getattr(check, "__globals__", {})
    used = {name: outer[name] for name in _free(check) if name in outer}
    return {
        f"bound_{number}": bound,
        f"check_{number}": bound.check,
        **{f"law_{number}_{name}": value for name, value in values.items()},
        **{f"module_{number}_{name}": value for name, value in used.items()},
    }


@lru_cache(maxsize=512)
def _code(kind: str, rules: tuple[Rule, ...]) -> CodeType:
    """The joint function's code; laws that state other values for the same rules share it."""
    body = [statement for number, rule in enumerate(rules) for statement in _guarded(number, rule)]
    joint = ast.FunctionDef(
        name="joint",
        args=ast.arguments(
            posonlyargs=[],
            args=[ast.arg(name) for name in (_RECORD, _KNOWN, _ADD)],
            kwonlyargs=[],
            kw_defaults=[],
            defaults=[],
        ),
        body=[*_read_once(kind, body), *body, ast.Pass()],
        decorator_list=[],
    )
    module = ast.fix_missing_locations(ast.Module(body=[joint], type_ignores=[]))
    return compile(module, f"<rules of {kind}>", "exec")


def _guarded(number: int, rule: Rule) -> list[ast.stmt]:
    """The rule's statements; whatever they raise is told and stops this rule alone."""
    try:
        statements = _inlined(number, rule)
    except (_Unfit, OSError, TypeError, SyntaxError):
        context = f", {_KNOWN}" if rule.contextual else ""
        text = f"for fault_{number} in check_{number}({_RECORD}{context}): {_ADD}((bound_{number}, fault_{number}))"
        statements = ast.parse(text).body
    failed = ast.parse(f"{_ADD}((bound_{number}, None))").body
    handler = ast.ExceptHandler(type=ast.Name("Exception", ast.Load()), name=None, body=failed)
    return [ast.Try(body=statements, handlers=[handler], orelse=[], finalbody=[])]


def _inlined(number: int, rule: Rule) -> list[ast.stmt]:
    tree = _tree(rule.check)
    arguments = tree.args
    if arguments.posonlyargs or arguments.vararg or arguments.kwarg:
        raise _Unfit
    names = {arguments.args[0].arg: _RECORD}
    names |= {argument.arg: _KNOWN for argument in arguments.args[1:]}
    names |= {argument.arg: f"law_{number}_{argument.arg}" for argument in arguments.kwonlyargs}
    bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and _stores(node)}
    if bound & set(names):
        raise _Unfit
    names |= {name: f"own_{number}_{name}" for name in bound}
    outer: dict[str, Any] = getattr(rule.check, "__globals__", {})
    for name in _free(rule.check):
        if name in outer:
            names[name] = f"module_{number}_{name}"
        elif not hasattr(builtins, name):
            raise _Unfit
    joiner = _Joiner(number, names)
    told = [joiner.visit(statement) for statement in tree.body if not _is_text(statement)]
    statements = _unaliased(
        [each for found in told for each in (found if isinstance(found, list) else [found])]
    )
    if not joiner.returns:
        return statements
    return [ast.While(test=ast.Constant(True), body=[*statements, ast.Break()], orelse=[])]


def _unaliased(statements: list[ast.stmt]) -> list[ast.stmt]:
    """``premium = policy.premium`` gives a member a second name: the member itself is put in its place."""
    stored = Counter(
        node.id
        for statement in statements
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and _stores(node)
    )
    members: dict[str, ast.expr] = {}
    left: list[ast.stmt] = []
    for statement in statements:
        pairs = _pairs(statement)
        if pairs and all(stored[name] == 1 and _path(value) is not None for name, value in pairs):
            members |= dict(pairs)
        else:
            left.append(statement)
    putter = _Putter(members)
    return [putter.visit(statement) for statement in left]


def _pairs(statement: ast.stmt) -> list[tuple[str, ast.expr]]:
    """(name, value) of ``a = x`` and of ``a, b = x, y``; nothing for any other statement."""
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return []
    target, value = statement.targets[0], statement.value
    if isinstance(target, ast.Name):
        return [(target.id, value)]
    if not (isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)):
        return []
    both = zip(target.elts, value.elts, strict=False)
    pairs = [(name.id, each) for name, each in both if isinstance(name, ast.Name)]
    return pairs if len(pairs) == len(target.elts) == len(value.elts) else []


class _Putter(ast.NodeTransformer):
    def __init__(self, members: dict[str, ast.expr]) -> None:
        self._members = members

    def visit_Name(self, node: ast.Name) -> ast.expr:
        member = self._members.get(node.id)
        return node if member is None else deepcopy(member)


@lru_cache(maxsize=1024)
def _source(check: Any) -> str:
    return textwrap.dedent(inspect.getsource(check))


def _tree(check: Any) -> ast.FunctionDef:
    """A tree of one's own: it will be changed."""
    found = ast.parse(_source(check)).body
    if len(found) != 1 or not isinstance(found[0], ast.FunctionDef):
        raise _Unfit
    if any(isinstance(node, _FOREIGN) for statement in found[0].body for node in ast.walk(statement)):
        raise _Unfit
    return found[0]


@lru_cache(maxsize=1024)
def _free(check: Any) -> frozenset[str]:
    """Names that the function takes from its module or from Python."""
    try:
        tree = _tree(check)
    except (_Unfit, OSError, TypeError, SyntaxError):
        return frozenset()
    inside = [node for statement in tree.body for node in ast.walk(statement) if isinstance(node, ast.Name)]
    own = {argument.arg for argument in (*tree.args.args, *tree.args.kwonlyargs)}
    own |= {node.id for node in inside if _stores(node)}
    return frozenset(node.id for node in inside) - own


def _stores(node: ast.Name) -> bool:
    return not isinstance(node.ctx, ast.Load)


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


class _Joiner(ast.NodeTransformer):
    """Turns a generator's statements into statements of the joint function."""

    def __init__(self, number: int, names: dict[str, str]) -> None:
        self._number = number
        self._names = names
        self._loops = 0
        self.returns = False

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self._names.get(node.id, node.id), node.ctx)

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        if isinstance(node.value, ast.Yield) and node.value.value is not None:
            return self._add(self.visit(node.value.value))
        if isinstance(node.value, ast.YieldFrom):
            each = f"fault_{self._number}"
            told = self._add(ast.Name(each, ast.Load()))
            source = self.visit(node.value.value)
            return ast.For(ast.Name(each, ast.Store()), source, body=[told], orelse=[])
        return ast.Expr(self.visit(node.value))

    def _add(self, fault: ast.expr) -> ast.Expr:
        told = ast.Tuple([ast.Name(f"bound_{self._number}", ast.Load()), fault], ast.Load())
        return ast.Expr(ast.Call(ast.Name(_ADD, ast.Load()), [told], []))

    def visit_Yield(self, node: ast.Yield) -> ast.AST:
        raise _Unfit

    def visit_YieldFrom(self, node: ast.YieldFrom) -> ast.AST:
        raise _Unfit

    def visit_Return(self, node: ast.Return) -> ast.AST:
        if self._loops or node.value is not None:
            raise _Unfit
        self.returns = True
        return ast.Break()

    def visit_For(self, node: ast.For) -> ast.AST:
        return self._loop(node)

    def visit_While(self, node: ast.While) -> ast.AST:
        return self._loop(node)

    def _loop(self, node: ast.For | ast.While) -> ast.AST:
        self._loops += 1
        try:
            return self.generic_visit(node)
        finally:
            self._loops -= 1


def _read_once(kind: str, body: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Members of the record that several rules read, as names of the joint function."""
    model = KINDS[kind].model
    found = Counter(
        path
        for statement in body
        for node in ast.walk(statement)
        if isinstance(node, ast.Attribute) and (path := _path(node)) is not None
    )
    always = {path for path, times in found.items() if times > 1 and _always_there(model, path)}
    shared = sorted(always | {path[:1] for path in always}, key=len)
    reader = _Reader(set(shared))
    for statement in body:
        reader.visit(statement)
    made = (ast.parse(f"{_name(path)} = {_name(path[:-1])}.{path[-1]}").body[0] for path in shared)
    return list(made)


def _name(path: tuple[str, ...]) -> str:
    return "_".join(("read", *path)) if path else _RECORD


def _path(node: ast.expr) -> tuple[str, ...] | None:
    """("premium", "base") for ``record.premium.base``; None for anything longer or else."""
    if not isinstance(node, ast.Attribute):
        return None
    if isinstance(node.value, ast.Name) and node.value.id == _RECORD:
        return (node.attr,)
    inner = node.value
    if isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name) and inner.value.id == _RECORD:
        return (inner.attr, node.attr)
    return None


def _always_there(model: type[Part], path: tuple[str, ...]) -> bool:
    """A member of the record, or of a part that every record has: reading it cannot fail."""
    field = model.model_fields.get(path[0])
    if field is None or len(path) == 1:
        return field is not None
    part = field.annotation
    return isinstance(part, type) and issubclass(part, Part) and path[1] in part.model_fields


class _Reader(ast.NodeTransformer):
    def __init__(self, shared: set[tuple[str, ...]]) -> None:
        self._shared = shared

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        path = _path(node)
        if path in self._shared and path is not None:
            return ast.Name(_name(path), ast.Load())
        return self.generic_visit(node)

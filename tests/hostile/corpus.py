"""Bodies that nobody should send, each with its name and what must become of it.

In the manner of the JSONTestSuite: what the grammar allows and what it does not, then encodings, sizes, depth,
lines, repeated members, the sender's own members, and every field of every kind with values it cannot have.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ajx_gateway import standard
from ajx_gateway.standard.fields import Outline, walk
from ajx_gateway.standard.sample import every_member, sample

# Personal values, told apart from everything else; no answer may ever contain them.
MARKED = {"name": "隐私标记某某", "phone": "13999990000", "id_no": "440605199001019999"}

Expected = Literal["accepted", "partial", "rejected"] | int
Media = Literal["application/json", "application/x-ndjson"]
JSON: Media = "application/json"
LINES: Media = "application/x-ndjson"


@dataclass(frozen=True)
class Case:
    """One request body. ``expected``: the verdict of a 200, or the status of a refusal."""

    group: str
    name: str
    body: bytes
    expected: Expected
    media: Media = JSON
    kind: str = "policy"
    rule: str | None = None  # a finding that must be there
    key: str | None = None  # the policy it writes, when it is accepted


class _Numbered:
    """Every case writes a record of its own, so that none depends on another."""

    def __init__(self) -> None:
        self.number = 0

    def policy(self, **changes: Any) -> dict[str, Any]:
        self.number += 1
        document = copy.deepcopy(marked("policy"))
        document["policy_no"] = f"HOSTILE-{self.number}"
        # Nobody else insures the same enterprise in this corpus.
        return {**document, **changes}

    def text(self, **changes: Any) -> str:
        return json.dumps(self.policy(**changes), ensure_ascii=False)

    def with_probe(self, raw: str | bytes, member: str = "ext_probe") -> bytes:
        """A good policy in which one member's value is these very bytes."""
        value = raw.encode() if isinstance(raw, str) else raw
        return self.text(**{member: "@@"}).encode().replace(b'"@@"', value)


def marked(kind: str) -> dict[str, Any]:
    """The sample of the kind with marked personal values."""
    document = sample(kind)
    _mark(document)
    return document


def _mark(node: Any) -> None:
    if isinstance(node, list):
        for each in node:
            _mark(each)
    if not isinstance(node, dict):
        return
    for name, value in node.items():
        if name in ("contact_name", "insured_confirmer") or (
            name == "name" and ("id_no" in node or "qualification" in node)
        ):
            node[name] = MARKED["name"]
        elif name == "contact_phone":
            node[name] = MARKED["phone"]
        elif name == "id_no":
            node["id_type"], node[name] = "passport", MARKED["id_no"]
        else:
            _mark(value)


def cases() -> list[Case]:
    """All of them, always the same."""
    made = _Numbered()
    groups = (
        _numbers, _strings, _structures, _wholes, _encodings, _depths, _repeated, _own_members, _lines, _sizes, _amounts,
        _instants, _keys,
    )  # fmt: skip
    return [case for group in groups for case in group(made)] + list(_fields())


# --- what may stand as a value ---------------------------------------------------------------------------------

_NO_NUMBERS = (
    "01", "-", "+1", ".5", "1.", "1e", "1e+", "1E", "0x10", "1_000", "--1", "-01", "1.e1", "nan", "-NaN", "+Inf", "- 1",
    "1 2", "٣", "１", "0e", "1eE2", "2.e3", "2.e-3", "-.1", "1a", "0x", "∞", "1.8011670033376514H-308", "123\0", "0.3e+",
    "0.e1", "9.e+", "1,000", "-foo", "0b1", "0o7", "1/2", "1e1.5", "1'000", "00", "-2.", "012", "0.3e", "1.0e-", "1ea",
    "-012", "-1x", "2e+00x", "0.0.1", "1..2", "inf", "Inf", "infinity", "0x1p3", "1d", "1L", "1n", "½", "Ⅷ", "𝟘",
)  # fmt: skip
_OTHER_NUMBERS: Mapping[str, tuple[Expected, str | None]] = {
    "0": ("accepted", None),
    "-0": ("accepted", None),
    "1": ("accepted", None),
    "-1": ("accepted", None),
    "1.0": ("accepted", None),
    "1E2": ("accepted", None),
    "1e+2": ("accepted", None),
    "123.0e-0": ("accepted", None),
    "9007199254740991": ("accepted", None),
    "-9007199254740991": ("accepted", None),
    "9007199254740992": ("rejected", "shape.extension"),
    "9007199254740993": ("rejected", "shape.extension"),
    "1.5": ("rejected", "shape.extension"),
    "0.1": ("rejected", "shape.extension"),
    "-1e-7": ("rejected", "shape.extension"),
    "NaN": ("rejected", "shape.not_finite"),
    "Infinity": ("rejected", "shape.not_finite"),
    "-Infinity": ("rejected", "shape.not_finite"),
    "1e400": ("rejected", "shape.not_finite"),
    "-1e400": ("rejected", "shape.not_finite"),
    "1e99999999999": ("rejected", "shape.not_finite"),
    "9" * 300: ("rejected", None),
    "9" * 4_301: ("rejected", None),
    "9" * 100_000: ("rejected", None),
    "0." + "1" * 100_000: ("rejected", None),
    "1e" + "9" * 10_000: ("rejected", None),
    "-" + "1" * 20: ("rejected", None),
}


def _short(raw: str) -> str:
    return ascii(raw) if len(raw) <= 30 else f"{raw[:12]!a}… of {len(raw)}"


def _numbers(made: _Numbered) -> Iterator[Case]:
    for raw in _NO_NUMBERS:
        yield Case("numbers", f"no number: {_short(raw)}", made.with_probe(raw), 400)
        body = made.with_probe(raw) + b"\n"
        yield Case(
            "numbers", f"no number in a line: {_short(raw)}", body, "rejected", LINES, rule="shape.not_json"
        )
    for raw, (expected, rule) in _OTHER_NUMBERS.items():
        yield Case("numbers", f"number {_short(raw)}", made.with_probe(raw), expected, rule=rule)
        body = made.with_probe(raw)
        yield Case("numbers", f"number in a line: {_short(raw)}", body, expected, LINES, rule=rule)
    for raw in ("46.0", "4.6e1", "46.000"):
        yield Case("numbers", f"a count written as {raw}", made.with_probe(raw, "insured_count"), "accepted")
    for raw in (
        "46.5",
        "-1",
        "1e400",
        "NaN",
        '"46"',
        "true",
        "null",
        "4611686018427387904",
        "1000000000",
        "[46]",
    ):
        yield Case(
            "numbers", f"a count that is none: {raw}", made.with_probe(raw, "insured_count"), "rejected"
        )


_STRINGS: Mapping[str, tuple[Expected, str | None]] = {
    '"\\u0041\\/\\\\"': ("accepted", None),
    '"\\ud83d\\ude00"': ("accepted", None),
    '"😀"': ("accepted", None),
    '"\\u2028\\u2029"': ("accepted", None),
    '"\u2028"': ("accepted", None),
    '"\\uffff\\ufdd0"': ("accepted", None),
    '"\uffff"': ("accepted", None),
    '"\U0010ffff"': ("accepted", None),
    '"\\ufeff"': ("accepted", None),
    '"\u202e倒"': ("accepted", None),
    '"\u0085\u00a0"': ("accepted", None),
    '"e\u0301"': ("accepted", None),
    '"=1+1"': ("accepted", None),
    "\"=cmd|' /C calc'!A0\"": ("accepted", None),
    '"<script>alert(1)</script>"': ("accepted", None),
    '"\'; DROP TABLE policy; --"': ("accepted", None),
    '"%s %n {0} ${jndi:ldap://x}"': ("accepted", None),
    '""': ("accepted", None),
    '"\\u0000"': ("rejected", "shape.control_character"),
    '"a\\u0000b"': ("rejected", "shape.control_character"),
    '"\\u001f"': ("rejected", "shape.control_character"),
    '"\\u007f"': ("rejected", "shape.control_character"),
    '"\u007f"': ("rejected", "shape.control_character"),
    '"\\b\\f"': ("rejected", "shape.control_character"),
    '"\\n"': ("rejected", "shape.extension"),
    '"\\t"': ("rejected", "shape.extension"),
    '"\\ud800"': ("rejected", "shape.lone_surrogate"),
    '"\\udc00"': ("rejected", "shape.lone_surrogate"),
    '"\\ud800\\ud800"': ("rejected", "shape.lone_surrogate"),
    '"\\ud800x"': ("rejected", "shape.lone_surrogate"),
    '"\\udc00\\ud800"': ("rejected", "shape.lone_surrogate"),
    '"\\ud83d\\ud83d\\ude00"': ("rejected", "shape.lone_surrogate"),
    '"\\uD800\\u"': (400, None),
    '"\\x41"': (400, None),
    '"\\u12"': (400, None),
    '"\\u12G4"': (400, None),
    '"\\a"': (400, None),
    '"\\"': (400, None),
    '"': (400, None),
    "'x'": (400, None),
    '"\\': (400, None),
    '"\\u００４１"': (400, None),
    '"\\U00000041"': (400, None),
    "“x”": (400, None),
    "x": (400, None),
    "": (400, None),
}


def _strings(made: _Numbered) -> Iterator[Case]:
    for raw, (expected, rule) in _STRINGS.items():
        body = made.with_probe(raw)
        yield Case("strings", f"text {_short(raw)}", body, expected, rule=rule)
        in_a_line: Expected = "rejected" if expected == 400 else expected
        yield Case(
            "strings", f"text in a line {_short(raw)}", made.with_probe(raw), in_a_line, LINES, rule=rule
        )
    for code in (*range(0x20), 0x7F):
        body = made.with_probe(b'"a' + bytes([code]) + b'b"')
        yield Case("strings", f"a bare control character {code:#04x}", body, "rejected")
    for raw in ('"\\ud800"', '"\\u0000"', '"\\uDEAD"'):
        body = made.text().encode()[:-1] + b", " + raw.encode() + b": 1}"
        yield Case("strings", f"a member named {_short(raw)}", body, "rejected")


# --- what may stand as a whole ---------------------------------------------------------------------------------

_NO_RECORDS = (
    "null", "true", "false", "0", "1.5", '"x"', '"{}"', "[[]]", "[1]", "[null]", '["x"]', "[true]", "[[{}]]", "{}", "[{}]",
    '{"": 1}', '{"policy_no": {}}', "[{}, []]", "[[1], {}]",
)  # fmt: skip
_NO_JSON = (
    "", " ", "\n\n", "{", "[", "[{}", "[{},", "[{},]", "[,{}]", "{}{}", "{} {}", "{},{}", "[{}] x", "[{}]]", "[{}],", "{a:1}",
    "{'a':1}", '{"a" 1}', '{"a":}', '{"a":1,}', "{,}", "{:1}", '{"a"}', "{1:1}", "{null:1}", '{"a":1 "b":2}', '{"a":1,,"b":2}',
    '{"a"::1}', '{"a":1]', "[1}", "]", "}", '"', ":", ",", "[1,2", '{"a":"', '{"a', "[1 2]", "[1,,2]", "[,]", "[[", "[]x",
    "/* x */ {}", "// x\n{}", "# x\n{}", "<policy/>", "<?xml version='1.0'?><a/>", "policy_no=1&a=2", "undefined", "True",
    "None", "nul", "tru", "nulll", "NULL", "function(){}", "{}\0", "{}\x1a", "\x0c{}", "\u00a0{}", "\u3000{}", "\u2028{}", "\x0b{}",
    "{}\ufeff", "!{}", "*", "%PDF-1.7", "PK\x03\x04", "---\npolicy_no: 1\n", "policy_no,a\n1,2\n", "data: {}\n\n", "\x1e{}\n", "-",
    "[-]", "[1e]", "[\"\\\"]", "['x']", "{\"a\":\"b\"}/**/", "[{\"a\":1}{\"b\":2}]", "[\n1\n,", "[1]\x00", "{\"a\":/*x*/\"b\"}",
)  # fmt: skip


def _structures(made: _Numbered) -> Iterator[Case]:
    for raw in _NO_RECORDS:
        yield Case("structures", f"no record: {_short(raw)}", raw.encode(), "rejected")
    yield Case("structures", "an empty array", b"[]", 400)
    yield Case("structures", "an empty array with blanks", b" [ \n ] ", 400)
    for raw in _NO_JSON:
        yield Case("structures", f"no JSON: {_short(raw)}", raw.encode(), 400)
    whole = made.text().encode()
    for share in (0.01, 0.1, 0.5, 0.9, 0.99):
        yield Case("structures", f"cut off after {share:.0%}", whole[: int(len(whole) * share)], 400)
    for byte in (1, 2, 3):
        yield Case("structures", f"without its last {byte} bytes", whole[:-byte], 400)
    for junk in ("x", "}", "]", "{}", ",", "\0", "\\", "null"):
        yield Case("structures", f"followed by {junk!r}", made.text().encode() + junk.encode(), 400)


def _wholes(made: _Numbered) -> Iterator[Case]:
    yield Case("wholes", "one object", made.text().encode(), "accepted")
    yield Case(
        "wholes", "one object with blanks around", b" \r\n\t" + made.text().encode() + b"\n\n", "accepted"
    )
    yield Case("wholes", "an array of one", f"[{made.text()}]".encode(), "accepted")
    yield Case("wholes", "good and bad", f"[{made.text()}, {{}}, {made.text()}, null]".encode(), "partial")
    yield Case("wholes", "pretty printed", json.dumps(made.policy(), indent=8).encode(), "accepted")
    yield Case("wholes", "all escaped", json.dumps(made.policy(), ensure_ascii=True).encode(), "accepted")
    turned = dict(reversed(made.policy().items()))
    yield Case("wholes", "members turned round", json.dumps(turned).encode(), "accepted")
    same = made.text()
    yield Case("wholes", "the same twice", f"[{same}, {same}]".encode(), "accepted")
    other = made.policy()
    two = [other, {**other, "insured_count": 46, "promised_settlement_days": 7}]
    yield Case(
        "wholes",
        "two contents of one instant",
        json.dumps(two).encode(),
        "partial",
        rule="record.revised_at_conflict",
    )
    yield Case("wholes", "10,000 of nothing", b"[" + b"{}," * 9_999 + b"{}]", "rejected")
    yield Case("wholes", "10,001 of nothing", b"[" + b"{}," * 10_000 + b"{}]", 413)
    yield Case("wholes", "10,001 nulls", b"[" + b"null," * 10_000 + b"null]", 413)
    for kind in standard.KINDS:
        if kind != "policy":
            body = json.dumps({**marked(kind), standard.KINDS[kind].key: f"HOSTILE-{kind}"}).encode()
            yield Case("wholes", f"a good {kind}", body, "accepted", kind=kind)
            yield Case("wholes", f"a policy as {kind}", made.text().encode(), "rejected", kind=kind)


# --- encodings -------------------------------------------------------------------------------------------------

_BAD_UTF8 = {
    "an overlong NUL": b"\xc0\x80",
    "an overlong slash": b"\xe0\x80\xaf",
    "a longer overlong slash": b"\xf0\x80\x80\xaf",
    "a surrogate": b"\xed\xa0\x80",
    "a pair of surrogates (CESU-8)": b"\xed\xa0\xbd\xed\xb8\x80",
    "beyond U+10FFFF": b"\xf4\x90\x80\x80",
    "F5": b"\xf5\x80\x80\x80",
    "five bytes": b"\xf8\x88\x80\x80\x80",
    "a lone continuation": b"\x80",
    "a cut character": b"\xe4\xb8",
    "FE": b"\xfe",
    "FF": b"\xff",
    "latin-1": "é".encode("latin-1"),
    "GBK": "保单".encode("gbk"),
    "GB 18030": "保单㐀".encode("gb18030"),
    "Big5": "保單".encode("big5"),
    "Shift JIS": "保険".encode("shift_jis"),
}


def _encodings(made: _Numbered) -> Iterator[Case]:
    for name, raw in _BAD_UTF8.items():
        yield Case("encodings", name, made.with_probe(b'"' + raw + b'"'), 400)
        body = made.text().encode() + b"\n" + made.with_probe(b'"' + raw + b'"') + b"\n"
        yield Case("encodings", f"{name} in the second line", body, "partial", LINES, rule="shape.not_utf8")
        yield Case("encodings", f"{name} as the whole body", raw, 400)
        named = made.text().encode()[:-1] + b', "' + raw + b'": 1}'
        yield Case("encodings", f"{name} in a member's name", named, 400)
    for media in (JSON, LINES):
        for coding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"):
            yield Case("encodings", f"{coding} as {media}", made.text().encode(coding), 400, media)
    gbk = made.text().encode("gbk")
    yield Case("encodings", "a whole policy in GBK", gbk, 400)
    yield Case("encodings", "a whole policy in GBK as a line", gbk, "rejected", LINES, rule="shape.not_utf8")
    yield Case("encodings", "UTF-7", made.text().encode("utf-7"), "rejected")
    twice = made.text().encode().decode("latin-1").encode()
    yield Case("encodings", "UTF-8 encoded twice", twice, "accepted")
    yield Case("encodings", "a BOM before the second line", made.text().encode() + b"\n\xef\xbb\xbf" + made.text().encode(),
               "partial", LINES)  # fmt: skip


# --- depth and size --------------------------------------------------------------------------------------------


def _depths(made: _Numbered) -> Iterator[Case]:
    for depth in (2, 31, 33, 100, 500):
        yield Case(
            "depths", f"{depth} arrays as a value", made.with_probe("[" * depth + "]" * depth), "rejected"
        )
        objects = '{"a":' * depth + "1" + "}" * depth
        yield Case("depths", f"{depth} objects as a value", made.with_probe(objects), "rejected")
    # Deeper than any reader goes: an item, or the request, is refused; nothing breaks.
    for depth in (5_000, 100_000, 1_000_000):
        yield Case("depths", f"{depth} arrays", b"[" * depth + b"]" * depth, 400)
        yield Case("depths", f"{depth} arrays that never end", b"[" * depth, 400)
        yield Case("depths", f"{depth} objects", b'{"a":' * depth + b"1" + b"}" * depth, 400)
        yield Case("depths", f"{depth} arrays as a value", made.with_probe("[" * depth + "]" * depth), 400)
        lines = made.text().encode() + b"\n" + b"[" * depth + b"]" * depth + b"\n"
        yield Case("depths", f"{depth} arrays in a line", lines, "partial", LINES, rule="shape.depth")
    yield Case("depths", "arrays and objects by turns", b'[{"a":' * 50_000 + b"1" + b"}]" * 50_000, 400)


def _sizes(made: _Numbered) -> Iterator[Case]:
    big = "长" * 1_000_000
    yield Case(
        "sizes", "a name of a million characters", made.with_probe(f'"{big}"', "policy_no"), "rejected"
    )
    yield Case(
        "sizes", "an own member of 500 characters", made.text(ext_long="长" * 500).encode(), "accepted"
    )
    yield Case(
        "sizes", "an own member of 501 characters", made.text(ext_long="长" * 501).encode(), "rejected"
    )
    yield Case(
        "sizes",
        "a record above 4 MiB",
        made.text(ext_a="a" * (4 * 2**20)).encode(),
        "rejected",
        rule="shape.too_big",
    )
    line = made.text().encode() + b"\n" + made.text(ext_a="a" * (4 * 2**20)).encode()
    yield Case("sizes", "a line above 4 MiB", line, "partial", LINES, rule="shape.too_big")
    many = {f"x{number}": number for number in range(50_000)}
    yield Case("sizes", "50,000 unknown members", made.text(**many).encode(), "rejected")
    named = {"n" * 10_000 + str(number): number for number in range(100)}
    yield Case("sizes", "names of 10,000 characters", made.text(**named).encode(), "rejected")
    for member, one in (
        ("coverages", {"code": "x"}),
        ("co_insurers", {}),
        ("insured_persons", {"name": MARKED["name"]}),
    ):
        yield Case(
            "sizes", f"20,000 bad {member}", made.text(**{member: [one] * 20_000}).encode(), "rejected"
        )
    yield Case("sizes", "200,000 numbers", made.text(ext_a=[1] * 200_000).encode(), "rejected")
    yield Case("sizes", "a million commas", b"[" + b"," * 1_000_000 + b"]", 400)
    yield Case("sizes", "a million quotes", b'"' * 1_000_001, 400)
    yield Case("sizes", "a million backslashes", made.with_probe('"' + "\\\\" * 500_000 + '"'), "rejected")
    yield Case("sizes", "a million escapes", made.with_probe('"' + "\\u4fdd" * 200_000 + '"'), "rejected")
    yield Case("sizes", "a million blanks", b" " * 1_000_000 + made.text().encode(), "accepted")
    yield Case("sizes", "a million blanks and nothing", b" " * 1_000_000, 400)
    yield Case(
        "sizes",
        "a thousand own members",
        made.text(**{f"ext_{n}": n for n in range(1_000)}).encode(),
        "accepted",
    )


# --- members ---------------------------------------------------------------------------------------------------


def _repeated(made: _Numbered) -> Iterator[Case]:
    rule = "shape.duplicate_member"

    def extended(tail: str) -> bytes:
        return (made.text()[:-1] + tail + "}").encode()

    tails = {
        "the same value": ', "insured_count": 46',
        "another value": ', "insured_count": 47',
        "an object": ', "premium": {}',
        "spelled with an escape": ', "insured\\u005fcount": 46',
        "an own member": ', "ext_a": 1, "ext_a": 1',
        "an own member, spelled twice": ', "ext_a": 1, "\\u0065xt_a": 2',
        "an unknown member": ', "zzz": 1, "zzz": 2',
        "five times": ', "migrated": true' * 5,
        "null": ', "revised_at": null',
        "the key": ', "policy_no": "HOSTILE-OTHER"',
        "with blanks before the colon": ', "insured_count" : 46',
    }
    for name, tail in tails.items():
        yield Case("repeated", f"{name}", extended(tail), "rejected", rule=rule)
        yield Case("repeated", f"{name}, in a line", extended(tail), "rejected", LINES, rule=rule)
    inside = made.text().replace('"base":', '"payer": "enterprise", "base":', 1)
    yield Case("repeated", "inside a part", inside.encode(), "rejected", rule=rule)
    inside = made.text().replace('"code": "emp_death"', '"code": "emp_death", "code": "emp_death"', 1)
    yield Case("repeated", "inside an item of a list", inside.encode(), "rejected", rule=rule)
    inside = made.text().replace('"base":', '"payer": "enterprise", "base":', 1)
    yield Case("repeated", "inside a part, in a line", inside.encode(), "rejected", LINES, rule=rule)
    yield Case("repeated", "an empty name", extended(', "": 1, "": 2'), "rejected", rule=rule)
    many = "".join(f', "a{n}": 1, "a{n}": 1' for n in range(5_000))
    yield Case("repeated", "5,000 pairs", extended(many), "rejected")


def _own_members(made: _Numbered) -> Iterator[Case]:
    good: dict[str, Any] = {
        "ext_a": "甲",
        "ext_0": 0,
        "ext_flag": True,
        "ext_off": False,
        "ext_" + "a" * 60: "x",
        "ext_a_1": "",
    }
    for name, value in good.items():
        yield Case("own members", f"{name[:12]} = {value!r}", made.text(**{name: value}).encode(), "accepted")
    bad: dict[str, Any] = {
        "ext_null": None, "ext_float": 1.5, "ext_list": [], "ext_list_of": ["a"], "ext_object": {}, "ext_nested": {"ext_a": 1},
        "ext_": 1, "ext_A": 1, "ext_中文": 1, "ext_-": 1, "ext_a.b": 1, "EXT_a": 1, "Ext_a": 1, " ext_a": 1, "ext_a ": 1, "ext": 1,
        "ext-a": 1, "ext_" + "a" * 61: 1, "ext_ａ": 1, "ext_a\n": 1, "ext_\u0000": 1, "x_ext_a": 1, "__proto__": {"a": 1},
        "constructor": 1, "$ref": "#", "@type": "x", "policyNo": "P1", "policy_no ": "P1", "保单号": "P1", "": 1,
        MARKED["phone"]: 1, MARKED["name"]: 1, MARKED["id_no"]: 1,
    }  # fmt: skip
    for name, value in bad.items():
        yield Case(
            "own members", f"{_short(name)} = {value!r}", made.text(**{name: value}).encode(), "rejected"
        )
    inside = made.policy()
    inside["enterprise"] = {**inside["enterprise"], MARKED["phone"]: MARKED["name"]}
    yield Case("own members", "an unknown member inside a part", json.dumps(inside).encode(), "rejected")


# --- lines -----------------------------------------------------------------------------------------------------


def _lines(made: _Numbered) -> Iterator[Case]:
    def one() -> bytes:
        return made.text().encode()

    good = {
        "no last line end": one() + b"\n" + one(),
        "CRLF": one() + b"\r\n" + one() + b"\r\n",
        "blank lines": b"\n\n" + one() + b"\n\n \t \n\r\n" + one() + b"\n\n\n",
        "blanks around": b"  \t" + one() + b" \t \r\n\t" + one() + b"  ",
        "one line only": one(),
        "a hundred thousand blank lines": b"\n" * 100_000 + one() + b"\n" * 100_000,
    }
    for name, body in good.items():
        yield Case("lines", name, body, "accepted", LINES)
    middle = {
        "a bad line": b"{bad",
        "an empty object": b"{}",
        "null": b"null",
        "an array": b"[{}]",
        "two objects": b"{} {}",
        "a trailing comma": b"{},",
        "a NUL": b"\0",
        "a control character": b"\x1a",
        "a comment": b"// x",
        "a header": b"policy_no,signed_on",
        "a text": '"保单"'.encode(),
        "a number": b"1",
        "NaN": b"NaN",
        "a lone surrogate": b'{"policy_no": "\\ud800"}',
        "bad UTF-8": b'{"policy_no": "\xff"}',
        "a form feed": b"\x0c",
        "a record separator": b"\x1e{}",
        "a personal value": json.dumps({"contact_phone": MARKED["phone"], MARKED["name"]: 1}).encode(),
        "a cut record": b'{"policy_no": "P1", "enterprise": {"contact_name": "' + MARKED["name"].encode(),
    }
    for name, raw in middle.items():
        body = one() + b"\n" + raw + b"\n" + one() + b"\n"
        yield Case("lines", f"{name} in the middle", body, "partial", LINES)
    yield Case(
        "lines", "CR alone between two", one() + b"\r" + one(), "rejected", LINES, rule="shape.not_json"
    )
    yield Case("lines", "U+2028 between two", one() + "\u2028".encode() + one(), "rejected", LINES)
    yield Case("lines", "nothing", b"", 400, LINES)
    yield Case("lines", "blank lines only", b"\n \r\n\t\n", 400, LINES)
    yield Case("lines", "10,000 bad lines", b"{\n" * 10_000, "rejected", LINES)
    yield Case("lines", "10,001 bad lines", b"{\n" * 10_001, 413, LINES)
    pretty = json.dumps(made.policy(), indent=1).encode()
    yield Case("lines", "pretty printed", pretty, "rejected", LINES)
    yield Case("lines", "an array in one line", b"[" + one() + b"]", "rejected", LINES)
    yield Case("lines", "lines sent as JSON", one() + b"\n" + one() + b"\n", 400, JSON)


# --- values of the standard ------------------------------------------------------------------------------------


def _amounts(made: _Numbered) -> Iterator[Case]:
    for raw in (
        "15000.00", "15000", "1e4", "15000.0000", "NaN", "null", "true", "[]", '""', '" 15000.00"', '"15000.00 "', '"15,000.00"',
        '"15000.001"', '"015000.00"', '"+15000.00"', '"-15000.00"', '"1.5e4"', '"１５０００.００"', '"15000.00\\n"', '"15_000"',
        '"12345678901234.00"', '"¥15000.00"', '"15000元"', '"NaN"', '"Infinity"', '"0x10"', '".5"', '"5."', '"١٥٠٠٠"', '"1E+131072"',
        "12345678901234567.89", '"15000.00\\u0000"', '"壹万伍仟"', "1e131072", '"-0"', '"--1"',
    ):  # fmt: skip
        body = made.text().replace('"base": "15000.00"', f'"base": {raw}', 1).encode()
        yield Case("amounts", f"premium of {_short(raw)}", body, "rejected")
    for raw in ('"15000"', '"15000.0"'):
        body = made.text().replace('"base": "15000.00"', f'"base": {raw}', 1).encode()
        yield Case("amounts", f"premium of {_short(raw)}", body, "accepted")
    for raw in ('"1.1"', '"-0.1"', "0.15", '"0.1500000"', '"15%"', '"1.000001"', '".15"'):
        body = made.text().replace('"ratio": "0.150000"', f'"ratio": {raw}', 1).encode()
        yield Case("amounts", f"ratio of {_short(raw)}", body, "rejected")


def _instants(made: _Numbered) -> Iterator[Case]:
    for raw in (
        "2026-02-25T16:30:00", "2026-02-25 16:30:00+08:00", "2026-02-25", "20260225T163000Z", "2026-02-25T16:30+08:00",
        "2026-02-30T16:30:00+08:00", "2026-02-25T24:00:00+08:00", "2026-02-25T16:30:60+08:00", "2026-02-25T16:30:00+0800",
        "2026-02-25T16:30:00+25:00", "1772008200", "０２０２６-02-25T16:30:00Z", "2026-02-25T16:30:00z", "2026-02-25t16:30:00Z",
        "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "2026-02-25T16:30:00.1234567Z", "-2026-02-25T16:30:00Z",
        "2026-02-25T16:30:00+08:00[Asia/Shanghai]", "2026-W09-3T16:30:00Z", "now", "", "2026-02-25T16:30:00Z\n",
    ):  # fmt: skip
        yield Case("instants", f"revised at {_short(raw)}", made.text(revised_at=raw).encode(), "rejected")
    values: tuple[Any, ...] = (1772008200, 1772008200.5, True, None, [], {"$date": 1})
    for value in values:
        yield Case("instants", f"revised at {value!r}", made.text(revised_at=value).encode(), "rejected")
    for raw in ("2026-02-25T16:30:00Z", "2026-02-25T16:30:00.123456-14:00", "1900-01-01T00:00:00+14:00"):
        yield Case("instants", f"revised at {raw}", made.text(revised_at=raw).encode(), "accepted")
    yield Case("instants", "revised in 2199", made.text(revised_at="2199-12-31T23:59:59-14:00").encode(), "rejected",
               rule="record.revised_at_in_future")  # fmt: skip
    for raw in (
        "2026-02-30",
        "2026-13-01",
        "2026-2-3",
        "20260224",
        "24/02/2026",
        "2026-02-24T00:00:00Z",
        "0000-00-00",
        "2026年2月24日",
    ):
        yield Case("instants", f"signed on {raw}", made.text(signed_on=raw).encode(), "rejected")
    for day, expected in (("1900-01-01", "accepted"), ("2199-12-31", "rejected"), ("2024-02-29", "accepted")):
        body = made.text(signed_on=day, effective_on=day, expires_on=day).encode()
        yield Case("instants", f"signed, begun and ended on {day}", body, expected)  # type: ignore[arg-type]


def _keys(made: _Numbered) -> Iterator[Case]:
    for number, raw in enumerate(
        ("", " ", "-A", ".A", "/A", "A B", "A\n", "A\0", "保单1", "Ａ１", "A" * 65, "A+B", "A%2F", "A?b", "A#b", "A'b", 'A"b', "A\\b",
         "../../etc/passwd", "A\u200b", "A\u0661", "<b>")
    ):  # fmt: skip
        yield Case("keys", f"number {number}: {_short(raw)}", made.text(policy_no=raw).encode(), "rejected")
    for raw in (
        "A",
        "A" * 64,
        "A/../../B",
        "A//B",
        "A/history",
        "A/void",
        "A/document",
        "A.csv",
        "0",
        "a-_.Z",
        "A/history.xlsx",
    ):
        yield Case("keys", f"good: {_short(raw)}", made.text(policy_no=raw).encode(), "accepted", key=raw)


# --- every field of every kind ---------------------------------------------------------------------------------


def _fields() -> Iterator[Case]:
    """Every field of every kind as null, with a value of another type, and with a NUL inside its text."""
    for kind in standard.KINDS.values():
        for path, what, value in _spoiled(kind.model):
            document = every_member(kind.name)
            _mark(document)
            if _put(document, path.replace("[]", ".0").split("."), value):
                body = json.dumps(document, ensure_ascii=False).encode()
                yield Case(f"fields of {kind.name}", f"{path} {what}", body, "rejected", kind=kind.name)


def _spoiled(model: type[Any]) -> Iterator[tuple[str, str, Any]]:
    """(path, what, value) of every field; of a list both the list itself and its first item."""
    for path, outline in walk(model):
        for what, value in _impossible(outline):
            yield path.removesuffix("[]"), what, value
        if outline.many:
            item: Any = [] if outline.part else {}
            yield from (
                (path, "null", None),
                (path, "of another type", item),
                (path, "personal", MARKED["name"] + "\0"),
            )


def _impossible(outline: Outline) -> Iterator[tuple[str, Any]]:
    yield "null", None
    shape = outline.schema.get("type", "object")
    # What anybody concerned may see is repeated in findings; what stands elsewhere is not.
    public = outline.mark.privacy in ("C0", "C1")
    text, number = ("甲", 7) if public else (MARKED["name"], int(MARKED["phone"]))
    wrong: dict[str, Any] = {
        "string": number,
        "integer": text,
        "boolean": text,
        "array": {MARKED["phone"]: MARKED["name"]},
        "object": [MARKED["name"]],
    }
    yield "of another type", wrong[str(shape)]
    if shape == "string":
        yield "with a NUL", f"{MARKED['name']}\0"
        yield "of many characters", text * 20_000
    if shape == "integer":
        yield "below all bounds", -(10**18)
        yield "not whole", 0.5


def _put(document: Any, path: list[str], value: Any) -> bool:
    """Puts the value at the path; False when a list on the way is empty."""
    *parents, last = path
    for step in parents:
        if isinstance(document, list):
            if not document:
                return False
            document = document[0]
        elif step != "0":
            document = document[step]
    if isinstance(document, list):
        if not document:
            return False
        document[0] = value
    elif last == "0":
        return False
    else:
        document[last] = value
    return True

"""How does the demo become files? One folder per insurer, with the commands that push them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from ajx_gateway.demo import portfolios, pushes
from ajx_gateway.demo.casework import OPERATIONS
from ajx_gateway.demo.portfolio import Push
from ajx_gateway.demo.roster import as_csv, as_xlsx, rosters
from ajx_gateway.demo.timeline import ORDER

Progress = Callable[[str, int], None]

_HEAD = """#!/bin/sh
# 逐个报送本目录中的演示文件（全部虚构）。网关地址可由 AJX_URL 指定；令牌由 ajx token 取得。
set -eu
BASE="${AJX_URL:-http://127.0.0.1:8321}"
cd "$(dirname "$0")"

# push <接口> <文件>：同一文件重复报送，幂等键不变，结果不变。
push() {
  echo "$2"
  curl -sS --fail-with-body -o "$2.answer.json" -X POST "$BASE/v1/$1" \\
    -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/x-ndjson" \\
    -H "Idempotency-Key: files-$(printf %s "$2" | tr / -)-$(cksum < "$2" | tr ' ' -)" --data-binary "@$2"
}
# document <保单号> <文件>
document() {
  curl -sS --fail-with-body -o /dev/null -X PUT "$BASE/v1/policies/$1/document" \\
    -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/pdf" \\
    -H "Idempotency-Key: files-document-$1" --data-binary "@$2"
}
# roster <文件>：监管部门提交应保名录
roster() {
  echo "$1"
  curl -sS --fail-with-body -o "$1.answer.json" -X POST "$BASE/v1/oversight/roster" \\
    -H "Authorization: Bearer $TOKEN" \\
    -H "Content-Type: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" --data-binary "@$1"
}
# void <保单号> <请求体>
void() {
  curl -sS --fail-with-body -o /dev/null -X POST "$BASE/v1/policies/$1/void" \\
    -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\
    -H "Idempotency-Key: files-void-$1" --data-binary "$2"
}
"""

_README = """# 演示数据（全部虚构）

本目录由 `ajx demo` 生成。所有企业、人员、保险机构均为虚构，名称带“（虚构）”标记；统一社会信用代码校验位正确，
但主体标识码以 `XN` 开头，从未发放；身份证号码的出生年份在 1880—1899 年之间；电话一律为 `00000000000`。

| 目录 | 内容 |
|---|---|
| `nanhai/` | 佛山市南海区 2022、2023 年：7 个镇街、6 家保险机构 |
| `suzhou/` | 宿州市 2024 年：埇桥区和四县、6 家保险机构，含按时、迟报、未报、免责的各种期限 |

每家保险机构一个目录：

- `<接口名>.ndjson`：按报送顺序排列的记录，同一编号可先后出现多个版本（以 `revised_at` 为序）；
- `faulty-<接口名>.ndjson`：含典型错误的记录，应当全部被拒绝，随后更正的版本在前一种文件中；
- `documents/`：电子保单（最小的 PDF）；
- `roster.xlsx`、`roster.csv`（在 `nanhai/`、`suzhou/` 下）：监管部门提交的应保名录；
- `voids.ndjson`、`excuses.ndjson`、`decisions.ndjson`：作废、免责申请及监管部门的决定（如有）；
- `cases.ndjson`：监管部门提出的问题、机构答复、两人的决定，投诉及其办理（如有）。

报送：先运行 `ajx up --no-demo` 并登记身份，或运行 `ajx up`，再执行 `sh push.sh`。
`ajx up` 装入演示数据时用的是当年的受理时间；用本目录的文件报送时，受理时间是当前时间，因此期限会显示为逾期。
南海区 2023 年的汇总数不受影响：投保企业 12,023 家，参保 215,100 人，保费 159,000,000.00 元，
一般隐患 164 项，重大隐患 13 项，整改 177 项；2023 年 12 月 31 日高危企业覆盖率 100％，重点行业企业覆盖率 89.51％。
"""


@dataclass(slots=True)
class _Folder:
    """The files of one insurer, opened when they are first needed."""

    path: Path
    stack: ExitStack
    files: dict[str, BinaryIO] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)

    def append(self, name: str, content: bytes) -> None:
        if name not in self.files:
            self.path.mkdir(parents=True, exist_ok=True)
            self.files[name] = self.stack.enter_context((self.path / name).open("wb"))
        self.files[name].write(content)


def write(
    out: Path, progress: Progress = lambda portfolio, items: None, names: Sequence[str] = portfolios()
) -> None:
    """Write the portfolios below `out`; existing files of the same name are replaced."""
    out.mkdir(parents=True, exist_ok=True)
    script = [_HEAD]
    for portfolio in names:
        script += _write_portfolio(out, portfolio, progress)
    (out / "README.md").write_text(_README, encoding="utf-8")
    (out / "push.sh").write_text("\n".join(script) + "\n", encoding="utf-8")
    (out / "push.sh").chmod(0o755)


def _write_portfolio(out: Path, portfolio: str, progress: Progress) -> Iterator[str]:
    folders: dict[str, _Folder] = {}
    done = 0
    with ExitStack() as stack:
        for push in pushes(portfolio):
            path = out / portfolio / push.insurer
            _file(folders.setdefault(push.insurer, _Folder(path, stack)), push, out)
            done += push.items
            progress(portfolio, done)
    yield from _write_roster(out, portfolio)
    for insurer, folder in sorted(folders.items()):
        yield f"\n# {portfolio}/{insurer}\nTOKEN=$(ajx token {insurer})"
        place = folder.path.relative_to(out).as_posix()
        for collection in ORDER:
            for name in (f"faulty-{collection}.ndjson", f"{collection}.ndjson"):
                if name in folder.files:
                    yield f"push {collection} {place}/{name}"
        yield from folder.commands


def _write_roster(out: Path, portfolio: str) -> Iterator[str]:
    """The regulator's roster in both forms, and the command that files it."""
    roster = rosters()[portfolio]
    for name, content in (("roster.xlsx", as_xlsx(roster)), ("roster.csv", as_csv(roster))):
        (out / portfolio / name).write_bytes(content)
    yield f"\n# {portfolio}：应保名录\nTOKEN=$(ajx token {roster.by})\nroster {portfolio}/roster.xlsx"


def _file(folder: _Folder, push: Push, out: Path) -> None:
    if push.op == "push":
        folder.append(f"{'faulty-' if push.faulty else ''}{push.collection}.ndjson", push.body)
    elif push.op == "document":
        paper = folder.path / "documents" / f"{push.record_key}.pdf"
        paper.parent.mkdir(parents=True, exist_ok=True)
        paper.write_bytes(push.body)
        folder.commands.append(f"document {push.record_key} {paper.relative_to(out).as_posix()}")
    else:
        line = {
            "record_key": push.record_key,
            "by": push.by,
            "at": push.at.isoformat(),
            "body": json.loads(push.body),
        }
        name = "cases" if push.op in OPERATIONS else f"{push.op}s"
        if push.op in OPERATIONS:
            line["op"] = push.op
        folder.append(f"{name}.ndjson", json.dumps(line, ensure_ascii=False).encode() + b"\n")
        if push.op == "void":
            folder.commands.append(f"void {push.record_key} {shlex.quote(push.body.decode())}")

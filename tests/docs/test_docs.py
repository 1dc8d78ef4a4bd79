"""The documents speak of what is there: commands, options, files, names and links are those of the code.

Rules, settings and problems have their pages tested beside their registers (tests/rules, tests/cli, tests/api).
"""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
import typer
from typer.core import TyperGroup

from ajx_gateway.cli import COMMANDS, application

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "ajx_gateway"
GUIDE = ROOT / "docs" / "extending.md"
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
EACH = pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.relative_to(ROOT).as_posix())

# Options of other tools that the prose names by themselves (curl's).
OF_OTHERS = {"--data-binary"}


def spans(text: str) -> Iterator[str]:
    """The code of a page: each code span, and each line of a block (fenced or indented), continued lines joined."""
    blocks = re.compile(r"^[ ]*```.*?\n(.*?)^[ ]*```", re.DOTALL | re.MULTILINE)
    plain = blocks.sub("", text)
    for block in (*blocks.findall(text), *re.findall(r"(?:^(?: {4}|\t).+\n)+", plain, re.MULTILINE)):
        yield from re.sub(r"\\\n\s*", " ", block).splitlines()
    yield from re.findall(r"`([^`\n]+)`", plain)


def invocations(text: str) -> Iterator[list[str]]:
    """The words after each `ajx` that is run, up to the end of that command."""
    for span in spans(text):
        for found in re.finditer(r"(?:^\s*|uv run |&& |/bin/)ajx ((?:[^#|;&)>\n])*)", span):
            yield shlex.split(found[1].replace("'", ""), comments=False)


@cache
def commands() -> TyperGroup:
    found = typer.main.get_command(application())
    assert isinstance(found, TyperGroup)
    return found


def fault(words: list[str]) -> str | None:
    """What is wrong with an `ajx` command line, or None."""
    command, seen = commands().commands.get(words[0]), words[:1]
    if command is None:
        return f"no command {words[0]}"
    if isinstance(command, TyperGroup) and words[1:] and re.fullmatch("[a-z][a-z-]*", words[1]):
        if words[1] not in command.commands:
            return f"no command {words[0]} {words[1]}"
        command, seen = command.commands[words[1]], words[:2]
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    named = {word.split("=")[0] for word in words[len(seen) :] if re.match("--[a-z]", word)}
    return f"{' '.join(seen)} has no {', '.join(sorted(named - known))}" if named - known else None


def options() -> set[str]:
    """Every option of any command, and of any benchmark."""
    found: set[str] = {"--help"}
    for bench in (ROOT / "benchmarks").glob("*.py"):
        found |= set(re.findall(r'add_argument\(\s*"(--[a-z-]+)"', bench.read_text("utf-8")))
    pending = list(commands().commands.values())
    while pending:
        command = pending.pop()
        found |= {option for parameter in command.params for option in parameter.opts}
        pending += command.commands.values() if isinstance(command, TyperGroup) else []
    return found


@EACH
def test_every_command_line_names_a_command_and_its_own_options(page: Path) -> None:
    written = [words for words in invocations(page.read_text("utf-8")) if words]
    assert [wrong for words in written if (wrong := fault(words))] == []


@EACH
def test_every_option_named_alone_is_one_of_ours(page: Path) -> None:
    named = {
        word.split("=")[0]
        for span in spans(page.read_text("utf-8"))
        if span.startswith("--")
        for word in span.split()[:1]
    }
    assert named - options() - OF_OTHERS == set()


def test_every_command_is_written_about() -> None:
    told = {words[0] for page in DOCUMENTS for words in invocations(page.read_text("utf-8")) if words}
    assert set(COMMANDS) - told == set()


def test_the_check_of_command_lines_can_fail() -> None:
    assert fault(["push", "--no-such-option"]) == "push has no --no-such-option"
    assert fault(["fly"]) == "no command fly"
    assert fault(["clients", "invite"]) == "no command clients invite"
    assert fault(["clients", "register", "甲", "--role", "insurer"]) is None
    assert [
        *invocations("`ajx check a.json` 与\n\n```sh\nuv run ajx up --port 1 \\\n  --no-demo # x\n```\n")
    ] == [
        ["up", "--port", "1", "--no-demo"],
        ["check", "a.json"],
    ]


@EACH
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.DOTALL)
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = unquote(target).partition("#")
        if re.match("[a-z]+:", target):
            continue
        there = (page.parent / path) if path else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            broken.append(target)
    assert broken == []


def anchors(page: Path) -> set[str]:
    """The headings of a page as a forge turns them into anchors."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_decisions_are_numbered_without_gaps_and_titled_by_their_numbers() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [page.name[:5] for page in pages] == [f"{number:04d}-" for number in range(1, len(pages) + 1)]
    for number, page in enumerate(pages, start=1):
        text = page.read_text("utf-8")
        assert text.startswith(f"# {number}. "), page.name
        for part in ("Context", "Decision", "Consequences", "Alternatives"):
            assert f"**{part}" in text, (page.name, part)


def test_the_index_names_every_page() -> None:
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    pages = {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert {name for name in pages if f"]({name})" not in index} == set()


# In the guide, what a newcomer is to write and what stands for any name.
INVENTED = re.compile("complaint|<|…|aggregate_per_head")
PLACES = (ROOT, PACKAGE, PACKAGE / "standard", PACKAGE / "jurisdictions", ROOT / "docs")


def test_every_file_the_guide_names_is_there() -> None:
    named = [
        span
        for span in spans(GUIDE.read_text("utf-8"))
        if re.fullmatch(r"[\w./-]+(\.(py|toml|csv|md)|/)", span) and not INVENTED.search(span)
    ]
    assert len(named) > 20
    assert [name for name in named if not any((place / name).exists() for place in PLACES)] == []


def test_every_name_the_guide_tells_to_edit_is_in_the_code() -> None:
    source = "\n".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py"))
    named = [span for span in spans(GUIDE.read_text("utf-8")) if re.fullmatch(r"_?[A-Z][A-Z_]+", span)]
    assert len(named) > 5
    names = [name for name in named if not name.startswith("AJX_")]
    assert [name for name in names if not re.search(rf"^{name}\b", source, re.MULTILINE)] == []


# Told in pieces, so that this page does not find itself.
NOWHERE = re.compile(
    "|".join(
        [
            "(?<![\\w.])/wo" + "rk/",
            "/tmp" + "/",
            "/ro" + "ot/",
            "(?<![\\w.])/ho" + "me/",
            "mir" + "rors?[./]",
            "pypi\\.(?!org)",
            "index" + "-url",
            "镜像" + "源",
        ]
    )
)
TEXTS = (
    "*.md",
    "*.toml",
    "*.yaml",
    "*.conf",
    "*.ini",
    "*.lock",
    "*.json",
    "*.java",
    "*.py",
    "Dockerfile",
    "run",
)
UNOURS = {".venv", ".git", "dist", "ajx-data", "static", "__pycache__"}


def ours() -> Iterator[Path]:
    """The repository's texts, without what tools and the vendored page leave beside them."""
    for pattern in TEXTS:
        for path in ROOT.rglob(pattern):
            parts = path.relative_to(ROOT).parts
            caches = [part for part in parts if part.startswith(".") and part != ".ci"]
            if path.is_file() and not caches and not UNOURS.intersection(parts):
                yield path


def test_nothing_written_here_knows_somebodys_machine_or_mirror() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {hit[0]}"
        for path in ours()
        for hit in NOWHERE.finditer(path.read_text("utf-8", errors="replace"))
    }
    assert found == set()

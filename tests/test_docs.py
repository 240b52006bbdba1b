"""What people read: both READMEs say the same, links lead somewhere, pages follow the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jimae import reference
from jimae.error_texts import TEXTS
from jimae.settings import Settings, env_name, names

ROOT = Path(__file__).parent.parent
ENGLISH = (ROOT / "README.md").read_text(encoding="utf-8")
JAPANESE = (ROOT / "README.ja.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)")
COMMAND = re.compile(r"(?<![\w/.-])(scripts/[a-z]+|\.ci/run)\b")


def headings(text: str) -> list[int]:
    """Levels of the headings, in order."""
    outside = FENCE.sub("", text)
    return [len(marks) for marks in re.findall(r"^(#+) ", outside, re.MULTILINE)]


def code(text: str) -> list[tuple[str, str]]:
    """Language and content of the code blocks; comments are prose and left out."""
    return [
        (language, re.sub(r" +# .*$", "", content, flags=re.MULTILINE))
        for language, content in FENCE.findall(text)
    ]


def inline_code(text: str) -> set[str]:
    return set(re.findall(r"`([^`\n]+)`", FENCE.sub("", text)))


def test_both_readmes_have_the_same_structure() -> None:
    assert headings(ENGLISH) == headings(JAPANESE)
    assert ENGLISH.count("\n| ") == JAPANESE.count("\n| ")
    assert ENGLISH.count("\n- ") == JAPANESE.count("\n- ")


def test_both_readmes_have_the_same_commands_and_code() -> None:
    assert code(ENGLISH) == code(JAPANESE)
    assert inline_code(ENGLISH) == inline_code(JAPANESE)


def test_both_readmes_lead_to_the_same_places() -> None:
    def elsewhere(text: str) -> set[str]:
        # What exists in Japanese, the Japanese one leads to.
        return {link.replace(".ja.md", ".md") for link in LINK.findall(text)} - {"README.md"}

    assert elsewhere(ENGLISH) == elsewhere(JAPANESE)


def test_both_readmes_have_the_same_figures() -> None:
    """Numbers in the table of what it needs."""

    def figures(text: str) -> list[list[str]]:
        rows = [line for line in text.splitlines() if line.startswith("| ")]
        return [sorted(re.findall(r"\d+(?:\.\d+)?", row)) for row in rows]

    assert figures(ENGLISH) == figures(JAPANESE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_inside_the_project_leads_somewhere(page: Path) -> None:
    inside = [link for link in LINK.findall(page.read_text("utf-8")) if "://" not in link]

    assert [link for link in inside if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_a_page_names_is_there(page: Path) -> None:
    named = set(COMMAND.findall(page.read_text("utf-8")))

    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_python_in_the_readme_is_python() -> None:
    blocks = [content for language, content in FENCE.findall(ENGLISH) if language == "python"]

    assert blocks
    for block in blocks:
        compile(block, "README.md", "exec")


def test_the_generated_pages_follow_the_code() -> None:
    assert reference.drifted() == [], "run: .venv/bin/python -m jimae.reference"


def test_drift_is_noticed(tmp_path: Path) -> None:
    reference.write(tmp_path)
    assert reference.drifted(tmp_path) == []

    (tmp_path / "errors.md").write_text("older\n")
    (tmp_path / "settings.md").unlink()

    assert sorted(reference.drifted(tmp_path)) == ["errors.md", "settings.md"]


def test_the_reference_pages_are_complete() -> None:
    pages = reference.pages()

    variables = set(re.findall(r"`(JIMAE_[A-Z_]+)`", pages["settings.md"]))
    assert {env_name(name) for name in names()} == variables
    assert [code for code in TEXTS if f"## {code}\n" not in pages["errors.md"]] == []
    assert "## jimae serve\n" in pages["cli.md"]


def test_architecture_has_one_picture_and_names_every_room() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    package = ROOT / "server" / "jimae"
    rooms = [path.parent.name for path in package.glob("*/__init__.py")]

    assert page.count("```mermaid") == 1
    assert [room for room in rooms if f"`{room}/`" not in page] == []


def test_the_changelog_has_a_place_for_what_is_coming() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert "\n## Unreleased\n" in changelog


def test_nginx_lets_through_what_the_server_itself_refuses() -> None:
    """nginx's own page says neither what the limit is nor whose."""
    page = (ROOT / "docs" / "reverse-proxy.md").read_text(encoding="utf-8")
    (through,) = map(int, re.findall(r"client_max_body_size (\d+)m;", page))
    settings = Settings(data_dir=ROOT)
    refused = (settings.files.max_mb, settings.chats.max_import_mb, settings.server.max_body_mb)
    assert through > max(refused) + 1

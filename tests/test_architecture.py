"""Rules of the house that no tool knows. Each failure names the file and the line."""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

ROOT = Path(__file__).resolve().parent.parent
APPS = ("events", "volunteers", "notifications", "config")


def sources(*folders: str) -> Iterator[Path]:
    """Every Python file of the product, migrations aside."""
    for folder in folders or APPS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def lines_matching(pattern: str, paths: Iterator[Path]) -> list[str]:
    """``path:line: text`` of every line of code that matches, comments aside."""
    found = []
    for path in paths:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if re.search(pattern, line.split("#")[0]):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    return found


def test_only_the_clock_asks_for_the_time() -> None:
    asking = (
        r"timezone\.now\(|datetime\.now\(|\butcnow\(|date\.today\(|\btime\.time\(|localdate\(\)"
        r"|localtime\(\)|auto_now|functions import.*\bNow\b"
    )
    found = lines_matching(asking, sources())
    allowed = ("events/clock.py:", "config/supervisor.py:")
    assert [line for line in found if not line.startswith(allowed)] == []


def test_only_effective_reads_the_raw_times_of_a_shift() -> None:
    raw = (
        r"\bown_(starts_at|ends_at|timezone|status|status_reason|posted_at|sequence|schedule_rev"
        r"|revision|updated_at)\b"
    )
    found = lines_matching(raw, sources())
    writers = ("volunteers/models/shift.py:", "volunteers/actions/shifts.py:")
    assert [line for line in found if not line.startswith(writers)] == []
    in_templates = [
        str(path.relative_to(ROOT)) for path in templates() if re.search(raw, path.read_text())
    ]
    assert in_templates == []


def templates(*apps: str) -> Iterator[Path]:
    for app in apps or APPS:
        yield from sorted((ROOT / app / "templates").rglob("*.*"))


@pytest.mark.parametrize(
    ("app", "upward"),
    [
        ("events", r"\.(shifts|claims|letters|subscriptions|deliveries|volunteer_roles)\b"),
        ("volunteers", r"\.(letters|subscriptions|deliveries)\b"),
    ],
)
def test_templates_do_not_query_upward(app: str, upward: str) -> None:
    """A template may name URLs of an upper app, but ``event.shifts`` is an import in disguise."""
    found = [
        f"{path.relative_to(ROOT)}: {tag.strip()}"
        for path in templates(app)
        for tag in re.findall(r"{[{%].*?[}%]}", path.read_text())
        if re.search(upward, re.sub(r"'[^']*'|\"[^\"]*\"", "", tag))
    ]
    assert found == []


def actions() -> Iterator[tuple[Path, ast.FunctionDef]]:
    """Every function that opens an operation."""
    for path in sources("events", "volunteers", "notifications"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and "with operation(" in ast.unparse(node):
                yield path, node


def test_actions_take_keyword_arguments_and_the_time() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.name}"
        for path, node in actions()
        if not node.name.startswith("_")
        and (node.args.args or "now" not in {arg.arg for arg in node.args.kwonlyargs})
    ]
    assert wrong == []
    assert len(list(actions())) > 20, "the actions were not found"


def test_actions_say_what_they_do() -> None:
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.name}"
        for path, node in actions()
        if not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert silent == []


def test_nothing_talks_to_the_network_inside_a_transaction() -> None:
    """No ATOMIC_REQUESTS, and no mail from models or actions."""
    from django.conf import settings

    assert settings.DATABASES["default"].get("ATOMIC_REQUESTS", False) is False
    talking = r"\b(smtplib|send_mail|EmailMessage|requests|httpx|urlopen|apply_async|\.delay)\b"
    folders = sources("events", "volunteers")
    assert lines_matching(talking, folders) == []


def named_patterns(
    patterns: list[URLPattern | URLResolver], prefix: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from named_patterns(pattern.url_patterns, prefix + str(pattern.pattern))
        elif pattern.name:
            yield prefix + str(pattern.pattern), pattern


#: Parts of the site that keep Django's CSRF: staff, login, `/me/`, first start (INTERFACE.md).
WITH_CSRF = re.compile(r"^(accounts|admin|staff|setup|me|i18n)/")
ARGUMENTS = {
    "slug": "x", "token": "x", "pk": 1, "year": 2026, "month": 6, "path": "x", "provider": "x",
    "number": 1,
}  # fmt: skip


def public_paths() -> list[str]:
    paths = []
    for route, pattern in named_patterns(get_resolver().url_patterns):
        names = pattern.pattern.converters if hasattr(pattern.pattern, "converters") else {}
        if WITH_CSRF.match(route) or ":" in (pattern.name or "") or route.startswith("api/"):
            continue
        paths.append(reverse(pattern.name, kwargs={name: ARGUMENTS[name] for name in names}))
    return sorted(set(paths))


@pytest.mark.django_db
def test_every_public_post_refuses_another_sites_page() -> None:
    """403 before anything else for a foreign Origin, or 405 where nothing can be POSTed."""
    client = Client(enforce_csrf_checks=True)
    paths = public_paths()
    assert len(paths) > 20
    for path in paths:
        for headers in ({"Origin": "https://elsewhere.example"}, {"Origin": "null"},
                        {"Sec-Fetch-Site": "cross-site"}):  # fmt: skip
            answer = client.post(path, {"email": "a@example.org"}, headers=headers)
            assert answer.status_code in (403, 405), f"{path} answered {answer.status_code}"


@pytest.mark.django_db
def test_public_pages_set_no_cookie() -> None:
    client = Client()
    for path in public_paths():
        answer = client.get(path)
        # No beat has ticked here, and that is what /readyz is to say.
        assert answer.status_code < 500 or path == "/readyz", path
        assert not answer.cookies, f"{path} set {list(answer.cookies)}"


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    tool = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [tool, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("planted", ["", "import notifications.models\n"])
def test_an_upward_import_fails_the_check(tmp_path: Path, planted: str) -> None:
    for app in APPS:
        shutil.copytree(
            ROOT / app, tmp_path / app,
            ignore=shutil.ignore_patterns("static", "templates", "assets", "__pycache__"),
        )  # fmt: skip
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    places = tmp_path / "events" / "places.py"
    places.write_text(planted + places.read_text())
    run = lint_imports(tmp_path)
    assert (run.returncode != 0) is bool(planted), run.stdout


def test_models_know_one_another_one_way() -> None:
    """An import within a function is how two models hide that they know each other."""
    found = [
        f"{path.relative_to(ROOT)}:{inner.lineno}"
        for path in sources()
        if "models" in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert found == []

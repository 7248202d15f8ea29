"""What is shipped: a wheel that works by itself, locks without hosts, scripts that explain themselves."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")


def command(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        arguments,
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content, as an installation lays it out."""
    folder = tmp_path_factory.mktemp("wheel")
    built = command(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=ROOT)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


@pytest.mark.parametrize(
    "pattern",
    [
        "edge/grading/policies/*.toml",
        "edge/inspection/migrations/*.sql",
        "edge/station/locales/*/*.json",
        "edge/station/static/**/*.css",
        "edge/station/templates/*.html",
        "models/packages/*/manifest.json",
        "models/packages/*/model.onnx",
        "sync/contract/asyncapi.yaml",
        "sync/contract/schemas/*.json",
        "sync/migrations/*.sql",
        "sync/oms/migrations/*.sql",
        "*.dist-info/licenses/LICENSE",
    ],
)
def test_the_wheel_holds_what_the_program_reads(unpacked: Path, pattern: str) -> None:
    assert list(unpacked.glob(pattern)), pattern


def test_the_wheel_alone_is_a_working_program(unpacked: Path, tmp_path: Path) -> None:
    for arguments in (("--version",), ("policy", "check"), ("doctor",), ("model", "list")):
        done = command(sys.executable, "-P", "-m", "edge", *arguments, cwd=tmp_path, PYTHONPATH=str(unpacked))
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", LOCKS)
def test_locks_name_hashes_and_no_hosts(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert "index-url" not in text
    pinned = re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE)
    assert len(pinned) > 30
    assert text.count("--hash=sha256:") > len(pinned)


def test_the_lock_holds_every_requirement() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locked = {
        name: set(re.findall(r"^([a-z0-9-]+)==", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))
        for name in LOCKS
    }
    for requirement in project["dependencies"]:
        assert re.split(r"[<>=\[; ]", requirement)[0] in locked["requirements.lock"]
    for requirement in project["optional-dependencies"]["dev"]:
        assert re.split(r"[<>=\[; ]", requirement)[0] in locked["requirements-dev.lock"]
    assert locked["requirements.lock"] <= locked["requirements-dev.lock"]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What run.sh needs of a clone, with an environment that is set up already."""
    folder = tmp_path / "a clone"
    folder.mkdir()
    for name in ("run.sh", "test.sh", "pyproject.toml", *LOCKS):
        shutil.copy(ROOT / name, folder)
    for name in ("deploy", "edge", "hardware", "models", "sync", "vision"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def set_up(clone: Path) -> None:
    """As a first start leaves it."""
    (clone / ".venv" / "bin").mkdir(parents=True)
    (clone / ".venv" / "bin" / "python").symlink_to(sys.executable)
    shutil.copy(clone / "requirements.lock", clone / ".venv" / "installed-requirements.lock")


def test_a_second_start_goes_on_at_once_from_any_folder(clone: Path, tmp_path: Path) -> None:
    set_up(clone)
    (clone / ".venv" / "bin" / "python").unlink()
    (clone / ".venv" / "bin" / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (clone / ".venv" / "bin" / "python").chmod(0o755)
    (tmp_path / "start").symlink_to(clone / "run.sh")
    for script in (clone / "run.sh", tmp_path / "start"):
        done = command(str(script), "--version", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("darkstore ")
        assert done.stderr == ""


def a_path_with(folder: Path, **programs: str) -> str:
    """A PATH that holds the usual tools and these programs, and no Python of this machine."""
    folder.mkdir()
    for tool in ("bash", "cat", "cmp", "cp", "dirname", "flock", "readlink", "rm", "uname", "env"):
        found = shutil.which(tool)
        if found:
            (folder / tool).symlink_to(found)
    for name, text in programs.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return str(folder)


def test_without_a_new_enough_python_it_says_what_to_install(clone: Path, tmp_path: Path) -> None:
    path = a_path_with(
        tmp_path / "bin", python3='#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit\nexit 1\n'
    )
    done = command("bash", str(clone / "run.sh"), cwd=tmp_path, PATH=path)
    assert done.returncode == 3
    assert "Python 3.11 or newer" in done.stderr
    assert "apt install python3" in done.stderr


def test_without_venv_it_says_what_to_install(clone: Path, tmp_path: Path) -> None:
    no_venv = 'if [ "$1 $2" = "-m venv" ]; then echo "No module named venv"; exit 1; fi'
    script = f'#!/bin/sh\n{no_venv}\nexec "{sys.executable}" "$@"\n'
    path = a_path_with(tmp_path / "bin", python3=script)
    done = command("bash", str(clone / "run.sh"), cwd=tmp_path, PATH=path)
    assert done.returncode == 3
    assert "sudo apt install python3-venv" in done.stderr
    assert not (clone / ".venv").exists()

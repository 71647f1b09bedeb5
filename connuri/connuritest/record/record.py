#!/usr/bin/env python3
"""Record the answers of the installed Airflow again.

    record.py FAMILY [--flavour LIST] <old.jsonl >new.jsonl
    record.py --all OLD [--into NEW] [--flavour LIST]
    record.py --check ROWS [--every N] [--no-skip]

The first form reads rows, asks for each row's input again and writes the row with the new
answers; the summary of what changed goes to standard error. The second form does so for every
*.jsonl file under the folder OLD and prints the summary. It writes only with --into: to the same
places under NEW, which may be OLD itself. The third form does the same without writing, and asks
that nothing changed; it does so only with the versions of Airflow, provider and CPython that
ROWS/versions.json names. README.md says which packages each family needs.

Exit status: 0 if every row was recorded, 1 if not (such rows keep their old answers), if
--check found a change, or if --no-skip is given and packages of a file are missing, 2 for wrong
usage.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from changes import summarize
from families import FAMILIES, FLAVOURS, Family, family_of, installed, installed_flavours

_WORKER = Path(__file__).resolve().with_name("worker.py")


class SkippedError(Exception):
    """Says why this Python cannot record a file."""


class MissingError(SkippedError):
    """Says which packages are missing to record a file."""


class FailedError(Exception):
    """Says why recording a file went wrong."""


@dataclass(frozen=True)
class Recording:
    """A file after it was recorded."""

    lines: list[str]
    summary: list[str]
    changed: int
    complete: bool


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="%(prog)s FAMILY | --all OLD [--into NEW] | --check ROWS [--every N] [--no-skip]",
    )
    parser.add_argument(
        "family", nargs="?", choices=FAMILIES, metavar="FAMILY", help=", ".join(FAMILIES)
    )
    parser.add_argument("--all", type=Path, metavar="OLD", help="record every file under OLD")
    parser.add_argument(
        "--check", type=Path, metavar="ROWS", help="record every file under ROWS and compare"
    )
    parser.add_argument(
        "--every", type=int, default=1, metavar="N", help="check each Nth row (default: 1)"
    )
    parser.add_argument(
        "--no-skip",
        action="store_true",
        help="fail if nothing can be compared, or if packages that a file needs are missing",
    )
    parser.add_argument("--into", type=Path, metavar="NEW", help="write the files to NEW")
    parser.add_argument(
        "--flavour",
        metavar="LIST",
        help="flavours to record, of "
        + ",".join(FLAVOURS)
        + " (default: by the Airflow installed)",
    )
    options = parser.parse_args()
    if sum(way is not None for way in (options.family, options.all, options.check)) != 1:
        parser.error("give a FAMILY, --all OLD or --check ROWS")
    if options.into is not None and options.all is None:
        parser.error("--into goes with --all")
    if options.every < 1 or (options.every > 1 and options.check is None):
        parser.error("--every takes a number from 1 and goes with --check")
    if options.no_skip and options.check is None:
        parser.error("--no-skip goes with --check")
    folder = options.all or options.check
    if folder is not None and not folder.is_dir():
        parser.error(f"{folder} is not a folder")
    flavours = tuple(options.flavour.split(",")) if options.flavour else installed_flavours()
    if not set(flavours) <= set(FLAVOURS):
        parser.error(f"--flavour takes a list of {', '.join(FLAVOURS)}, with commas")
    if options.all is not None:
        return _record_folder(options.all, options.into, flavours)
    if options.check is not None:
        return _check_folder(options.check, options.every, flavours, not options.no_skip)
    return _record_stdin(FAMILIES[options.family], flavours, add=options.flavour is not None)


def _record_stdin(family: Family, flavours: Sequence[str], add: bool) -> int:
    try:
        recording = record(family, flavours, _lines(sys.stdin.buffer.read()), add)
    except (SkippedError, FailedError) as reason:
        print(f"{family.name}: {reason}", file=sys.stderr)
        return 1
    sys.stdout.writelines(recording.lines)
    print(*recording.summary, sep="\n", file=sys.stderr)
    return 0 if recording.complete else 1


def _record_folder(source: Path, target: Path | None, flavours: Sequence[str]) -> int:
    print(_versions(flavours))
    complete = True
    for path in sorted(source.rglob("*.jsonl")):
        name = path.relative_to(source)
        content = path.read_bytes()
        try:
            recording = _record_file(path, content, flavours)
        except SkippedError as reason:
            print(f"{name}: skipped: {reason}")
        except FailedError as reason:
            print(f"{name}: failed: {reason}")
            complete = False
        else:
            print(f"{name}: {recording.summary[0]}", *recording.summary[1:], sep="\n", flush=True)
            content = "".join(recording.lines).encode("ascii")
            complete = complete and recording.complete
        if target is not None:
            _replace(target / name, content)
    return 0 if complete else 1


def _check_folder(rows: Path, every: int, flavours: Sequence[str], may_skip: bool) -> int:
    print(_versions(flavours))
    try:
        files = _recorded_here(rows / "versions.json")
    except SkippedError as reason:
        print(f"nothing is compared: {reason}")
        return 0 if may_skip else 1
    except FailedError as reason:
        print(f"nothing is compared: {reason}")
        return 1
    same = True
    for path in sorted(rows.rglob("*.jsonl")):
        name = path.relative_to(rows)
        if not any(fnmatch.fnmatch(name.as_posix(), f"{pattern}.jsonl") for pattern in files):
            continue
        try:
            recording = _record_file(path, path.read_bytes(), flavours, every)
        except SkippedError as reason:
            print(f"{name}: skipped: {reason}")
            same = same and (may_skip or not isinstance(reason, MissingError))
        except FailedError as reason:
            print(f"{name}: failed: {reason}")
            same = False
        else:
            print(f"{name}: {recording.summary[0]}", *recording.summary[1:], sep="\n", flush=True)
            same = same and recording.complete and recording.changed == 0
    return 0 if same else 1


def _recorded_here(versions: Path) -> list[str]:
    """Return which files the versions at hand recorded, by the list that lies beside the rows."""
    try:
        recorded = json.loads(versions.read_text())
    except FileNotFoundError:
        raise FailedError(
            f"{versions} is not there; it says which versions recorded which file"
        ) from None
    except ValueError:
        raise FailedError(f"{versions} is not JSON") from None
    airflow, provider = installed("apache-airflow"), installed("apache-airflow-providers-amazon")
    python = ".".join(platform.python_version_tuple()[:2])
    if airflow is None:
        named = {name for entry in recorded if entry["python"] == python for name in entry["files"]}
        found = [name for name in named if name in FAMILIES and not FAMILIES[name].flavours]
        if not found:
            raise SkippedError(f"CPython {python} alone answered none of the rows")
        return found
    for entry in recorded:
        if (entry["airflow"], entry["provider"]) == (airflow, provider):
            if entry["python"] == python:
                return entry["files"]
            raise SkippedError(
                f"Airflow {airflow} answered with CPython {entry['python']}, and this is {python}"
            )
    raise SkippedError(f"no row was recorded with Airflow {airflow}, amazon provider {provider}")


def _record_file(path: Path, content: bytes, flavours: Sequence[str], every: int = 1) -> Recording:
    family = family_of(path.resolve())
    if family is None:
        raise SkippedError("no family has that name")
    return record(family, flavours, _lines(content), add=False, every=every)


def _lines(content: bytes) -> list[str]:
    try:
        return [line.decode() for line in content.splitlines(keepends=True)]
    except UnicodeDecodeError:
        raise FailedError("it is not UTF-8") from None


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_bytes(content)
    new.replace(path)


def _versions(flavours: Sequence[str]) -> str:
    names = {"Airflow": "apache-airflow", "amazon provider": "apache-airflow-providers-amazon"}
    versions = [f"{name} {installed(package) or '-'}" for name, package in names.items()]
    versions.append(f"CPython {platform.python_version()}")
    return ", ".join(versions) + "; flavours: " + (", ".join(flavours) or "none")


def record(
    family: Family, asked: Sequence[str], old: Sequence[str], add: bool, every: int = 1
) -> Recording:
    """Record each Nth line of a file again.

    add says whether the file may get flavours that it does not have.
    """
    flavours = _flavours_of(family, asked, old, add)
    started = time.monotonic()
    old = old[::every]
    answers = _run_worker(family, flavours, old)
    seconds = time.monotonic() - started
    rows = sum(answer != "-\n" for answer in answers)
    if rows == 0:
        raise SkippedError("its rows are about other versions")
    new = [was if now[0] in "!-" else now for was, now in zip(old, answers, strict=True)]
    failures = {i: now[1:].strip() for i, now in enumerate(answers) if now.startswith("!")}
    changed, kinds = summarize(family, old, new, failures, every)
    counts = f"{rows} rows, {changed} changed, {len(failures)} not recorded, {seconds:.1f} s"
    return Recording(new, [counts, *kinds], changed, not failures)


def _flavours_of(family: Family, asked: Sequence[str], old: Sequence[str], add: bool) -> list[str]:
    """Return the flavours to record, of those asked for."""
    rows = [_row(number, line) for number, line in enumerate(old, 1)]
    for number, row in enumerate(rows, 1):
        missing = family.inputs - row.keys()
        if missing:
            raise SkippedError(f"line {number} has no {min(missing)}")
    if not family.flavours:
        return []
    able = [flavour for flavour in asked if flavour in family.flavours]
    held = {flavour for row in rows for flavour in FLAVOURS if flavour in row}
    if "task" in family.answers and held and not add:
        able = [flavour for flavour in able if flavour in held]
    if not able:
        raise SkippedError(
            f"it holds no answers of {', '.join(asked)}" if asked else "Airflow is not installed"
        )
    return able


def _row(number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError:  # without the text of the line, which may hold a password
        raise FailedError(f"line {number} is not JSON") from None
    if not isinstance(row, dict):
        raise FailedError(f"line {number} is not a JSON object")
    return row


def _run_worker(family: Family, flavours: Sequence[str], old: Sequence[str]) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="record-") as home:
        done = subprocess.run(
            [sys.executable, str(_WORKER), family.name, ",".join(flavours)],
            input="".join(old),
            capture_output=True,
            encoding="utf-8",
            errors="backslashreplace",
            cwd=home,
            env=_environment(home, family.aws),
        )
    answers = done.stdout.splitlines(keepends=True)
    if len(answers) == len(old):
        return answers
    said = (done.stderr.strip() or f"exit status {done.returncode}").splitlines()[-1]
    if not answers and said.startswith("ModuleNotFoundError"):
        raise MissingError(said)
    raise FailedError(f"the worker stopped at line {len(answers) + 1}: {said}")


def _environment(home: str, aws: bool) -> dict[str, str]:
    """Return an environment in which no setting of this machine reaches an answer."""
    environment = {
        "PATH": os.defpath,
        "HOME": home,
        "AIRFLOW_HOME": home,
        "AIRFLOW__CORE__FERNET_KEY": "A" * 43 + "=",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "CRITICAL",
        "AWS_EC2_METADATA_DISABLED": "true",
        "LC_ALL": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "TZ": "UTC",
        # What getpass.getuser() returns; some hooks use it as the default login.
        "LOGNAME": "localuser",
    }
    if aws:
        environment |= {
            "AWS_ACCESS_KEY_ID": "AKIDENV",
            "AWS_SECRET_ACCESS_KEY": "secret-env",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_CONFIG_FILE": f"{home}/aws_config",
            "AWS_SHARED_CREDENTIALS_FILE": f"{home}/aws_credentials",
        }
    return environment


if __name__ == "__main__":
    sys.exit(main())

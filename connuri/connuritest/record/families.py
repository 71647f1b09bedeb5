"""The families of rows: which keys are answers, who can give them, and in which module."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

# A flavour is one reading of a connection. Those of one row stand in this order.
FLAVOURS = ("task", "server", "airflow2", "airflow30")


@dataclass(frozen=True)
class Family:
    """A kind of row."""

    name: str
    module: str
    inputs: frozenset[str]  # keys that every row has
    answers: tuple[str, ...]  # keys that are recorded, in their order; all others are kept
    flavours: tuple[str, ...] = ("task",)  # who can answer; empty: any Python can
    aws: bool = False  # the process gets made-up AWS keys and a region


def _family(
    name: str, module: str, inputs: str, answers: str, flavours: str = "task", aws: bool = False
) -> Family:
    return Family(
        name,
        module,
        frozenset(inputs.split()),
        tuple(answers.split()),
        tuple(flavours.split()),
        aws,
    )


_ALL = " ".join(FLAVOURS)
_FAMILIES = (
    _family("uri_parse", "connections", "uri", _ALL, _ALL),
    _family("conn_json", "connections", "json", _ALL, _ALL),
    _family("uri_build", "connections", "conn", _ALL, _ALL),
    _family(
        "secret_json",
        "lookups",
        "secret extra_conn_words",
        "conn_value task server airflow30",
        "task server airflow30",
        aws=True,
    ),
    _family(
        "lookup", "lookups", "kwargs multi_team kind id team secrets", "calls result", aws=True
    ),
    _family("env_conn", "lookups", "env multi_team kind id team", "result server", aws=True),
    _family(
        "kwargs",
        "client",
        "kwargs",
        "attrs client wrapper effective request sessions sts_clients sts",
        aws=True,
    ),
    _family(
        "airflow_cfg",
        "config",
        "cfg env worker_mode",
        "backend kwargs multi_team warned error also",
    ),
    _family(
        "provider8/lookup",
        "provider8",
        "provider kwargs secrets kind id",
        "calls result wire also in_9",
        "airflow2",
        aws=True,
    ),
    _family(
        "upgrade",
        "upgrade",
        "text from to",
        "before after kind",
        "task airflow2 airflow30",
        aws=True,
    ),
    _family("pattern", "patterns", "pattern", "match error", flavours=""),
    _family(
        "runaway",
        "patterns",
        "pattern attack",
        "runaway attack outside growth ms part",
        flavours="",
    ),
    *(
        _family(f"hooks/{path.stem}", "hooks", "conn", "chain result")
        for path in sorted(Path(__file__).with_name("hooks").glob("[a-z]*.py"))
    ),
)
_OWN_FOLDERS = {family.name.partition("/")[0] for family in _FAMILIES if "/" in family.name}
FAMILIES = {family.name: family for family in _FAMILIES}


def family_of(path: Path) -> Family | None:
    """Return the family of a file by its name: FAMILY.jsonl, hooks/TYPE.jsonl and the like."""
    in_folder = FAMILIES.get(f"{path.parent.name}/{path.stem}")
    if in_folder is None and path.parent.name in _OWN_FOLDERS:
        return None
    return in_folder or FAMILIES.get(path.stem)


def installed(package: str) -> str | None:
    """Return the version of an installed package, None if it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def installed_flavours() -> tuple[str, ...]:
    """Return the flavours that the installed Airflow answers."""
    version = installed("apache-airflow") or installed("apache-airflow-core")
    if version is None:
        return ()
    if version.startswith("2."):
        return ("airflow2",)
    if version.startswith("3.0."):
        return ("airflow30",)
    return ("task", "server")

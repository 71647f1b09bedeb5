"""Families secret_json, lookup and env_conn: secrets backends, from an id to a value."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import Any
from unittest import mock

from aws import WIRE
from connections import connection_class, fields
from rows import Row, attempt

# Arguments of SecretsManagerBackend that do not reach its client.
CLIENT_UNTOUCHED = {
    f"{kind}_{part}"
    for kind in ("connections", "variables", "config")
    for part in ("prefix", "lookup_pattern")
} | {"sep", "extra_conn_words"}


def recorder(family: str, flavours: Sequence[str]) -> Callable[[Row], Row]:
    """Return the function that answers a row."""
    if family == "env_conn":
        return _record_environment
    from airflow.providers.amazon.aws.secrets.secrets_manager import SecretsManagerBackend

    # A client takes longer to make than a lookup, so the rows that would make equal ones share it.
    client = SecretsManagerBackend().client

    def make(kwargs: Row) -> Any:
        backend = SecretsManagerBackend(**kwargs)
        if set(kwargs) <= CLIENT_UNTOUCHED:
            backend.__dict__["client"] = client
        return backend

    if family == "lookup":
        return lambda row: _record_lookup(row, make)
    return lambda row: _record_secret(row, make, flavours)


def _record_secret(row: Row, make: Callable[[Row], Any], flavours: Sequence[str]) -> Row:
    words = row["extra_conn_words"]
    backend = make({} if words is None else {"extra_conn_words": words})
    WIRE.reset({"airflow/connections/c": {"string": row["secret"]}})
    answer = {"conn_value": attempt(lambda: backend.get_conn_value("c"))}
    for flavour in flavours:
        answer[flavour] = _connection(backend, flavour, "c")
    return answer


def _record_lookup(row: Row, make: Callable[[Row], Any]) -> Row:
    WIRE.reset(row["secrets"])
    with mock.patch.dict(os.environ, {"AIRFLOW__CORE__MULTI_TEAM": str(row["multi_team"])}):
        result = attempt(lambda: _look_up(make(row["kwargs"]), row))
    return {"calls": WIRE.calls, "result": result}


def _record_environment(row: Row) -> Row:
    from airflow.secrets.environment_variables import EnvironmentVariablesBackend

    env = {"AIRFLOW__CORE__MULTI_TEAM": str(row["multi_team"]), **row["env"]}
    with mock.patch.dict(os.environ, env):
        answer = {"result": attempt(lambda: _look_up(EnvironmentVariablesBackend(), row))}
        if row["kind"] == "connection":
            backend = EnvironmentVariablesBackend()
            answer["server"] = _connection(backend, "server", row["id"], **_team(row))
    return answer


def _team(row: Row) -> dict[str, str]:
    return {} if row["team"] is None else {"team_name": row["team"]}


def _look_up(backend: Any, row: Row) -> Any:
    if row["kind"] == "connection":
        return _connection(backend, "task", row["id"], **_team(row))
    if row["kind"] == "conn_value":
        return backend.get_conn_value(row["id"], **_team(row))
    if row["kind"] == "variable":
        return backend.get_variable(row["id"], **_team(row))
    return backend.get_config(row["id"])


def _connection(backend: Any, flavour: str, conn_id: str, **team: str) -> Any:
    cls = connection_class(flavour)
    if hasattr(backend, "_set_connection_class"):  # before 3.1 a backend makes the models' class
        backend._set_connection_class(cls)
    # The files spell NaN and the infinities as Python does, those of airflow30 as JSON does.
    float_name = json.dumps if flavour == "airflow30" else repr
    return attempt(lambda: fields(backend.get_connection(conn_id, **team), float_name))

"""Family upgrade: what a task is given for a secret, before and after an upgrade of Airflow."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock

from airflow.providers.amazon.aws.secrets.secrets_manager import SecretsManagerBackend

from aws import WIRE
from connections import FIELDS, connection_class, fields
from families import installed
from rows import NotAsked, Row, error_name, is_error


class _Backend:
    """The real backend; it notes the error by which Airflow loses the connection."""

    def __init__(self, cls: Any) -> None:
        self._real = SecretsManagerBackend()
        if hasattr(self._real, "_set_connection_class"):
            self._real._set_connection_class(cls)
        self.error: str | None = None

    def noting(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return the call, with its error noted."""

        def noted(*args: Any, **kwargs: Any) -> Any:
            try:
                return call(*args, **kwargs)
            except Exception as error:
                self.error = error_name(error)
                raise

        return noted

    def get_connection(self, conn_id: str) -> Any:
        """Return what the real backend does."""
        return self.noting(self._real.get_connection)(conn_id=conn_id)


class _NextSource(BaseException):
    """Raised where Airflow goes on to its next source, since ours had no answer."""


class _Last:
    def get_connection(self, conn_id: str) -> Any:
        raise _NextSource


def recorder(_family: str, flavours: Sequence[str]) -> Callable[[Row], Row]:
    """Return the function that answers a row."""
    version = installed("apache-airflow")
    (flavour,) = [name for name in flavours if name != "server"]
    cls = connection_class(flavour)
    backend = _Backend(cls)

    def record(row: Row) -> Row:
        if version not in (row["from"], row["to"]):
            raise NotAsked
        given = _given(row["text"], cls, flavour, backend)
        new = {**row, ("before" if version == row["from"] else "after"): given}
        if "before" in new and "after" in new:
            new["kind"] = _kind(new["before"], new["after"])
        return new

    return record


def _given(text: str, cls: Any, flavour: str, backend: _Backend) -> Row:
    """Return the connection that a task is given, or the error by which it is lost."""
    WIRE.reset({"airflow/connections/c": {"string": text}})
    backend.error = None
    with (
        _only([backend, _Last()], flavour) as get_connection,
        mock.patch.object(cls, "get_uri", backend.noting(cls.get_uri)),
    ):
        try:
            return fields(get_connection("c"), json.dumps)  # type: ignore[return-value]
        except _NextSource:
            return {"error": backend.error}


@contextmanager
def _only(backends: list[Any], flavour: str) -> Iterator[Callable[[str], Any]]:
    """Yield the function that gives a task its connection, with these secrets backends alone."""
    if flavour == "airflow2":
        module = importlib.import_module("airflow.models.connection")
        owner, name = module, "ensure_secrets_loaded"
        get = module.Connection.get_connection_from_secrets
    else:
        owner = importlib.import_module("airflow.sdk.execution_time.supervisor")
        name = "ensure_secrets_backend_loaded"
        get = importlib.import_module("airflow.sdk.execution_time.context")._get_connection
    with mock.patch.object(owner, name, lambda: backends):
        yield get


def _kind(before: Row, after: Row) -> str:
    """Return what the upgrade does to a connection, and why."""
    if before == after or (is_error(before) and is_error(after)):
        return "same"
    if is_error(after):
        return "stops: " + _cause(after["error"], before)
    if is_error(before):
        return "starts: " + _cause(before["error"], after)
    changed = [name for name in FIELDS if before[name] != after[name]]
    if changed == ["password"] and {before["password"], after["password"]} == {None, ""}:
        return "changes: password-empty"
    return "changes: " + ", ".join(changed)


def _cause(error: str, read: Row) -> str:
    """Return why one version fails, by its error and by the fields that the other one reads."""
    if error == "ValueError":
        try:
            json.loads(read["extra"])
        except ValueError:
            return "extra-not-json"
        return "extra-not-object"
    odd = [
        name
        for name in ("conn_type", "host", "login", "schema")
        if not isinstance(read[name], (str, type(None)))
    ]
    failing = [name for name in odd if name == "login" or read[name]]
    if not failing:  # get_uri leaves out what is false, but for a login
        return "surrogate" if error == "UnicodeEncodeError" else "password-not-text"
    return "fields-not-text" if len(odd) > 1 else f"{failing[0]}-not-text"

"""Family provider8/lookup: a lookup with the amazon provider before 9.0, and with 9.0 itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from airflow.providers.amazon.aws.secrets.secrets_manager import SecretsManagerBackend

from aws import WIRE, signing_key
from connections import connection_class, fields
from families import installed
from lookups import CLIENT_UNTOUCHED
from rows import NotAsked, Row, attempt

_CLIENT_UNTOUCHED = CLIENT_UNTOUCHED | {"are_secret_values_urlencoded", "full_url_mode"}


def recorder(_family: str, _flavours: Sequence[str]) -> Callable[[Row], Row]:
    """Return the function that answers a row."""
    provider = installed("apache-airflow-providers-amazon") or "-"
    client = SecretsManagerBackend().client
    connection_class("airflow2")  # which switches its masking off

    def record(row: Row) -> Row:
        if provider not in (row["provider"], "9.0.0"):
            raise NotAsked
        answer = _look_up(row, client)
        if provider == row["provider"]:
            return {**answer, **{key: row[key] for key in ("also", "in_9") if key in row}}
        return {**{key: row[key] for key in row if key != "in_9"}, **_in_9(row, answer)}

    return record


def _look_up(row: Row, client: Any) -> Row:
    WIRE.reset(row["secrets"])
    shared = set(row["kwargs"]) <= _CLIENT_UNTOUCHED

    def look_up() -> Any:
        backend = SecretsManagerBackend(**row["kwargs"])
        if shared:
            backend.__dict__["client"] = client
        if row["kind"] == "connection":
            return fields(backend.get_connection(row["id"]))
        return getattr(backend, f"get_{row['kind']}")(row["id"])

    answer = {"result": attempt(look_up)}
    answer = {"calls": WIRE.calls, **answer}
    if not shared:
        answer["wire"] = _wire()
    return answer


def _wire() -> Row:
    """Return where the request went, which key signed it, and the roles assumed for it.

    There may be no request, since the backend can fail before it.
    """
    wire = {}
    if WIRE.requests:
        request = WIRE.requests[-1]
        wire = {"url": request.url, "signed_by": signing_key(request)}
    roles = [{name: call[name] for name in ("operation", "params")} for call in WIRE.sts]
    return {"sts": roles, **wire} if roles else wire


def _in_9(row: Row, answer: Row) -> Row:
    """Return what 9.0 answers, where it differs from the row."""
    if answer["result"] != row["result"]:
        return {"in_9": answer["result"]}
    if answer.get("wire") != row.get("wire"):
        return {"in_9": {"wire": answer.get("wire")}}
    return {}

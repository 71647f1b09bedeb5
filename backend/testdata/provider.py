"""Looks connections up with Airflow's own SecretsManagerBackend.

    python provider.py URL < IDS

IDS is a JSON list of conn_ids. Prints an object of conn_id to what Airflow makes
of the connection, as a task sees it.
"""

import json
import sys

from airflow.providers.amazon.aws.secrets.secrets_manager import SecretsManagerBackend
from airflow.sdk.definitions.connection import Connection

backend = SecretsManagerBackend(endpoint_url=sys.argv[1], region_name="us-east-1")
backend._set_connection_class(Connection)  # as initialize_secrets_backends does in a task

answers = {}
for conn_id in json.load(sys.stdin):
    c = backend.get_connection(conn_id)
    answers[conn_id] = {
        "value": backend.get_conn_value(conn_id),
        "uri": c.get_uri(),
        "json": c.as_json(),
        "conn_type": c.conn_type, "host": c.host, "login": c.login, "password": c.password,
        "schema": c.schema, "port": c.port, "extra": c.extra,
    }
print("\n" + json.dumps(answers))  # on a line of its own: importing Airflow may print too

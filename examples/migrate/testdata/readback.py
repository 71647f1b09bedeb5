"""Reads connections and variables with Airflow's own SecretsManagerBackend.

    python readback.py URL < {"connections": [ID...], "variables": [KEY...]}

Prints the same object with what Airflow has for each, as a task sees it.
"""

import json
import sys

from airflow.providers.amazon.aws.secrets.secrets_manager import SecretsManagerBackend
from airflow.sdk.definitions.connection import Connection

backend = SecretsManagerBackend(endpoint_url=sys.argv[1], region_name="us-east-1")
backend._set_connection_class(Connection)  # as initialize_secrets_backends does in a task

asked = json.load(sys.stdin)
names = ("conn_type", "description", "host", "login", "password", "schema", "port", "extra")
answers = {"connections": {}, "variables": {}}
for conn_id in asked["connections"] or []:
    c = backend.get_connection(conn_id)
    answers["connections"][conn_id] = {name: getattr(c, name) for name in names}
for key in asked["variables"] or []:
    answers["variables"][key] = backend.get_variable(key)
print("\n" + json.dumps(answers))  # on a line of its own: importing Airflow may print too

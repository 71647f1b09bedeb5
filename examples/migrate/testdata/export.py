"""Writes what Airflow exports of awkward connections and variables.

    AIRFLOW_HOME=EMPTY python export.py DIR

The connections and variables are put into a database of Airflow's own models and
exported by Airflow's own commands: connections.json, connections.yaml, connections.env,
connections_json.env and variables.json. originals.json has what was put in, and
printed_*.json what the commands that do not export print.
"""

import contextlib
import json
import os
import sys

from airflow import settings
from airflow.cli import cli_parser
from airflow.models import Connection, Variable
from airflow.utils.session import create_session

connections = {
    "plain": dict(conn_type="postgres", host="db.example.com", login="app", password="hunter2", port=5432, schema="orders"),
    "described": dict(conn_type="mysql", host="db", description="of the\nweekly \"report\" – é"),
    "nothing_but_type": dict(conn_type="aws"),
    "delimiters": dict(conn_type="postgres", host="db", login="u:s/e@r?#[]", password="p:a/s@s?#[]&=+;,", schema="a/b?c#d"),
    "percent": dict(conn_type="postgres", host="db", login="100%", password="%41%2F%%zz %25", schema="%"),
    "unicode": dict(conn_type="http", host="bücher.example", login="élan", password="пароль😀\u2028", schema="日本"),
    "spaces": dict(conn_type="http", host="h", login=" u ", password="  two  spaces "),
    "quotes": dict(conn_type="http", host="h", login="'\"`$x", password="\\\"'\\n\\u0041"),
    "control": dict(conn_type="http", host="h", password="line\nline\ttab\r\x01\x7f"),
    "html": dict(conn_type="http", host="h", password="<a&b>"),
    "empty_strings": dict(conn_type="http", host="", login="", schema="", extra=""),
    "port_alone": dict(conn_type="ftp", port=21),
    "port_high": dict(conn_type="tcp", host="h", port=65535),
    "protocol": dict(conn_type="http", host="https://api.example.com/v1?x=1", port=443),
    "ipv6": dict(conn_type="ssh", host="::1", port=22),
    "hosts": dict(conn_type="mongo", host="h1:27017,h2:27017", schema="db"),
    "capitals": dict(conn_type="HTTP", host="API.example.com"),
    "old_name": dict(conn_type="postgresql", host="db"),
    "hyphens": dict(conn_type="google-cloud-platform"),
    "underscores": dict(conn_type="google_cloud_platform", extra='{"project": "p"}'),
    "extra_flat": dict(conn_type="aws", login="AKIAEXAMPLE", password="wJalr/K7+bPx=", extra='{"region_name":"eu-west-1","role_arn":"arn:aws:iam::123456789012:role/x"}'),
    "extra_typed": dict(conn_type="postgres", host="db", extra='{"connect_timeout": 10, "keepalives": true, "ratio": 0.10, "big": 1e3, "none": null}'),
    "extra_nested": dict(conn_type="kafka", extra='{"bootstrap.servers": "k1:9092,k2:9092", "a": {"b": [1, {"c": ""}]}, "a ": "é \\u00e9 \\" \\\\ &<>"}'),
    "extra_key": dict(conn_type="google_cloud_platform", extra=json.dumps({"keyfile_dict": json.dumps({"private_key": "-----BEGIN\nx\n-----END"})})),
    "extra_indented": dict(conn_type="http", host="h", extra='{\n  "b": 1,\n  "a": "x"\n}'),
    "extra_empty_object": dict(conn_type="http", host="h", extra="{}"),
    "extra_dunder": dict(conn_type="http", host="h", extra='{"__extra__": "x"}'),
    "dots.and-dashes_1": dict(conn_type="http", host="h"),
    "team--looks": dict(conn_type="http", host="h"),
    "slash/in/it": dict(conn_type="http", host="h"),
    "long_password": dict(conn_type="http", host="h", password="0123456789abcdef" * 20),
}

variables = {
    "text": ("plain", None),
    "described": ("plain", "what it\nis – é"),
    "unicode": ("é 日本 😀 \u2028", None),
    "lines": ("one\ntwo\r\n\ttab\n", None),
    "spaces": ("  x  ", None),
    "quoted_text": ('"a string of JSON"', None),
    "number": ("5", None),
    "fraction": ("0.10", None),
    "zeros": ("007", None),
    "huge": ("123456789012345678901234567890", None),
    "true": ("true", None),
    "null": ("null", None),
    "nan": ("NaN", None),
    "minus_infinity": ("-Infinity", None),
    "list": ("[1, [], {}, \"x\"]", None),
    "object": ('{"b": {"c": [1.50, null]}, "a": "é <&>"}', "with a description"),
    "value_inside": ('{"value": 5}', None),
    "value_and_more": ('{"value": {"value": 1}, "description": "its own"}', "of the variable"),
    "broken_json": ('{"a": ', None),
    "looks_like_a_connection": ('{"conn_type": "http"}', None),
    "dots.and-dashes_1/x@y+z=": ("x", None),
    "empty": ("", None),
    "with space": ("x", None),
    "clé": ("x", None),
    "a:b": ("x", None),
}

tables = Connection.metadata.tables
Connection.metadata.create_all(settings.engine, tables=[tables[name] for name in ("team", "connection", "variable") if name in tables])
with create_session() as session:
    for conn_id, fields in connections.items():
        session.add(Connection(conn_id=conn_id, **fields))
    for key, (text, description) in variables.items():
        session.add(Variable(key=key, val=text, description=description))

os.chdir(sys.argv[1])
parser = cli_parser.get_parser()
for command in (
    "connections export connections.json",
    "connections export connections.yaml",
    "connections export connections.env",
    "connections export connections_json.env --serialization-format json",
    "variables export variables.json",
):
    args = parser.parse_args(command.split())
    args.func(args)
for name, command in (
    ("printed_get", "connections get extra_typed -o json"),
    ("printed_list", "connections list -o json"),
    ("printed_list_values", "connections list -o json --show-values"),
    ("printed_variables", "variables list -o json"),
    ("printed_variables_values", "variables list -o json --show-values"),
):
    args = parser.parse_args(command.split())
    with open(name + ".json", "w") as f, contextlib.redirect_stdout(f):
        args.func(args)

names = ("conn_type", "description", "host", "login", "password", "schema", "port", "extra")
with create_session() as session:
    originals = {
        "connections": {c.conn_id: {name: getattr(c, name) for name in names} for c in session.query(Connection).order_by(Connection.conn_id)},
        "variables": {v.key: v.val for v in session.query(Variable).order_by(Variable.key)},
    }
with open("originals.json", "w") as f:
    json.dump(originals, f, indent=1)

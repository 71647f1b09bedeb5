"""Asks Airflow what its import commands make of files.

    AIRFLOW_HOME=EMPTY python import.py < imports.jsonl > again.jsonl

Each line has kind (connections or variables), ext, and doc, the text of a file. It gets
got, what is in the database after `airflow KIND import file.EXT`, and error, the type of
the exception that ended the command. A value of null is left out. A variable is its text,
and its description if it has one.
"""

import contextlib
import io
import json
import logging
import os
import subprocess
import sys
import tempfile

if __name__ == "__main__" and not os.path.exists(os.path.join(os.environ["AIRFLOW_HOME"], "airflow.db")):
    airflow = os.path.join(os.path.dirname(sys.executable), "airflow")
    subprocess.run([airflow, "db", "migrate"], check=True, stdout=subprocess.DEVNULL)

from airflow.cli import cli_parser
from airflow.models import Connection, Variable
from airflow.utils.session import create_session
from sqlalchemy import delete, select

NAMES = ("conn_type", "description", "host", "login", "password", "schema", "port", "extra")
parser = cli_parser.get_parser()


def ask(kind, ext, doc):
    with create_session() as session:
        session.execute(delete(Connection))
        session.execute(delete(Variable))
    answer = {}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "file." + ext)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(doc)
        args = parser.parse_args([kind, "import", path])
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                args.func(args)
        except BaseException as error:
            answer["error"] = type(error).__name__
    with create_session() as session:
        if kind == "connections":
            answer["got"] = {
                c.conn_id: {name: getattr(c, name) for name in NAMES if getattr(c, name) is not None}
                for c in session.scalars(select(Connection).order_by(Connection.conn_id))
            }
        else:
            answer["got"] = {
                v.key: [v.val] + ([v.description] if v.description is not None else [])
                for v in session.scalars(select(Variable).order_by(Variable.key))
            }
    return answer


logging.disable(logging.CRITICAL)
stdout = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # importing Airflow may print
for line in sys.stdin:
    row = json.loads(line)
    asked = {key: row[key] for key in ("kind", "ext", "doc")}
    stdout.write(json.dumps(asked | ask(**asked), sort_keys=True) + "\n")

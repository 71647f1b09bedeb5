"""Families pattern and runaway: CPython's re.match, as the lookup patterns use it.

Airflow is not needed.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from rows import Row

_REFUSED = (re.error, RecursionError, OverflowError, ValueError)

# The longest id that counts, and how much CPU time tells a runaway match from a quick one. No
# pattern in the rows takes 0.2 to 1.05 s at its slowest, so that the answer does not depend on
# the machine.
_ID_LENGTH = 64
_CPU_SECONDS = 0.4


def recorder(family: str, _flavours: Sequence[str]) -> Callable[[Row], Row]:
    """Return the function that answers a row."""
    if family == "runaway":
        signal.signal(signal.SIGVTALRM, _stop)
        return _record_runaway
    return _record


def _record(row: Row) -> Row:
    try:
        pattern = re.compile(row["pattern"], re.IGNORECASE)
    except _REFUSED:
        return {"error": True}
    if "id" not in row:  # the row only asks whether the pattern compiles
        return {"error": False}
    return {"match": pattern.match(row["id"]) is not None}


class _Stop(BaseException):
    """Raised when a match has taken too long."""


def _stop(*_args: Any) -> NoReturn:
    raise _Stop


def _record_runaway(row: Row) -> Row:
    """Try the attack again. Everything else in the row was measured when it was made."""
    attack = row["attack"]
    runaway = attack is not None and len(attack) <= _ID_LENGTH and _hangs(row["pattern"], attack)
    return {**row, "runaway": runaway}


def _hangs(pattern: str, attack: str) -> bool:
    compiled = re.compile(pattern, re.IGNORECASE)
    signal.setitimer(signal.ITIMER_VIRTUAL, _CPU_SECONDS)
    try:
        compiled.match(attack)
    except _Stop:
        return True
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return False

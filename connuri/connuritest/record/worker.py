"""Records the rows of one family. record.py starts it in a process with an empty environment.

usage: worker.py FAMILY FLAVOURS <rows >answers

Writes one line for each row: the new row, "!" and why there is none, or "-" if the row is about
other versions.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import signal
import socket
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TextIO

from families import FAMILIES, FLAVOURS, Family
from rows import NotAsked, NotRecorded, Row, dump

# A row that takes longer has no answer. CPU time, since a busy machine changes no answer; the time
# on the clock is for a row that only waits.
_CPU_SECONDS = 180
_CLOCK_SECONDS = 1800


def main() -> None:
    """Record standard input to standard output."""
    family = FAMILIES[sys.argv[1]]
    flavours = tuple(sys.argv[2].split(","))
    out = _take_stdout()
    warnings.simplefilter("ignore")
    record = importlib.import_module(family.module).recorder(family.name, flavours)
    _silence_logs()
    _forbid_network()
    signal.signal(signal.SIGALRM, _too_slow)
    signal.signal(signal.SIGPROF, _too_slow)
    home = str(Path.cwd())
    for line in sys.stdin:
        out.write(_record_line(family, flavours, record, line, home))
    os._exit(0)  # some drivers leave threads behind that would hold the process


def _record_line(
    family: Family, flavours: tuple[str, ...], record: Callable[[Row], Row], line: str, home: str
) -> str:
    signal.alarm(_CLOCK_SECONDS)
    signal.setitimer(signal.ITIMER_PROF, _CPU_SECONDS)
    try:
        old = json.loads(line)
        new = dump(merge(family, flavours, old, record(old)))
        if home in new:
            raise NotRecorded("the answer holds a path of this machine")
        return new
    except NotAsked:
        return "-\n"
    except NotRecorded as reason:
        return f"!{' '.join(str(reason).split())}\n"
    except (ValueError, RecursionError) as error:  # a number too long to write, a list too deep
        return f"!the answer cannot be written: {type(error).__name__}\n"
    finally:
        signal.alarm(0)
        signal.setitimer(signal.ITIMER_PROF, 0)


def merge(family: Family, flavours: tuple[str, ...], old: Row, answers: Row) -> Row:
    """Return the old row with the new answers; flavours that were not asked keep theirs."""
    new = {key: answers.get(key, old[key]) for key in old if key not in family.answers}
    for key in family.answers:
        if key in answers:
            new[key] = answers[key]
        elif key in old and key in FLAVOURS and key not in flavours:
            new[key] = old[key]
    return new


def _take_stdout() -> TextIO:
    """Return standard output for the answers alone; what Airflow prints goes nowhere."""
    out = os.fdopen(os.dup(1), "w", buffering=1, encoding="ascii", errors="backslashreplace")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return out


def _silence_logs() -> None:
    logging.disable(logging.CRITICAL)
    try:
        import structlog
    except ImportError:
        return
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def _forbid_network() -> None:
    def refuse(*_args: Any, **_kwargs: Any) -> NoReturn:
        raise NotRecorded("the network would have been used")

    for owner, name in (
        (socket, "getaddrinfo"),
        (socket, "gethostbyname"),
        (socket.socket, "connect"),
        (socket.socket, "connect_ex"),
    ):
        setattr(owner, name, refuse)


def _too_slow(*_args: Any) -> NoReturn:
    raise NotRecorded(f"no answer within {_CPU_SECONDS} seconds of CPU time")


if __name__ == "__main__":
    main()

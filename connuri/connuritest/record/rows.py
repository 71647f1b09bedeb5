"""What every family shares: the form of a row and of the answers in it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

Row = dict[str, Any]

_HERE = Path(__file__).resolve().parent


class NotRecorded(BaseException):
    """Says why a row has no answer.

    It is not an Exception, so that no `except Exception` between here and the recorder, in
    Airflow or in a driver, takes it for an answer.
    """


class NotAsked(BaseException):
    """Raised for a row that is about other versions than those at hand; it keeps its answers."""


def dump(row: Row) -> str:
    """Return the row as one line of a file."""
    return json.dumps(row, ensure_ascii=True, allow_nan=False) + "\n"


def plain(value: Any, float_name: Callable[[float], str] = repr) -> Any:
    """Return the value in the types of JSON, with NaN and the infinities as {"$float": name}."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"$float": float_name(value)}
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, dict):
        return {key: plain(item, float_name) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, float_name) for item in value]
    raise NotRecorded(f"the answer holds a {type(value).__name__}, which JSON cannot")


def error_name(error: Exception) -> str:
    """Return AWS's code if AWS refused, otherwise the name of the error's class."""
    if isinstance(error, (AttributeError, ImportError, NameError)) and _raised_here(error):
        raise NotRecorded(f"the recorder does not fit this version: {error}") from error
    response = getattr(error, "response", None)
    if isinstance(response, dict) and "Error" in response:
        return response["Error"]["Code"]
    if isinstance(error, re.error):
        return "re.error"  # its class is PatternError from Python 3.13 on
    return type(error).__name__


def _raised_here(error: Exception) -> bool:
    """Report whether the recorder's own code raised the error, and not what it called."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and _HERE in Path(trace.tb_frame.f_code.co_filename).parents


def attempt(call: Callable[[], Any]) -> Any:
    """Return what the call returns, or {"error": name}."""
    try:
        return call()
    except Exception as error:
        return {"error": error_name(error)}


def is_error(answer: Any) -> bool:
    """Report whether the answer is {"error": name}."""
    return isinstance(answer, dict) and set(answer) == {"error"}

"""What changed between two recordings, gathered by kind."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from families import Family
from rows import Row, is_error

_ABSENT = object()
_KINDS_SHOWN = 20
_INPUT_SHOWN = 90


def summarize(
    family: Family,
    old: Sequence[str],
    new: Sequence[str],
    failures: Mapping[int, str],
    every: int = 1,
) -> tuple[int, list[str]]:
    """Return the number of changed rows, and one line for each kind of change or failure.

    Every says that old and new are each Nth line of a file. The order of keys does not count.
    """
    kinds: dict[str, list[int]] = defaultdict(list)
    changed = 0
    for number, (before, after) in enumerate(zip(old, new, strict=True)):
        was, now = json.loads(before), json.loads(after)
        if _sorted(was) == _sorted(now):
            continue
        changed += 1
        for kind in set(kinds_of(was, now)):
            kinds[kind].append(number)
    for number, reason in failures.items():
        kinds[f"not recorded: {reason}"].append(number)
    lines = []
    by_count = sorted(kinds.items(), key=lambda item: (-len(item[1]), item[0]))
    for kind, numbers in by_count[:_KINDS_SHOWN]:
        example = min(numbers, key=lambda number: (len(old[number]), number))
        shown = _input(family, old[example])
        lines.append(f"{len(numbers):8}  {kind}   line {example * every + 1}: {shown}")
    if len(kinds) > _KINDS_SHOWN:
        lines.append(f"          and {len(kinds) - _KINDS_SHOWN} more kinds")
    return changed, lines


def _sorted(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=id)


def kinds_of(before: Row, after: Row) -> Iterator[str]:
    """Yield each change as PATH: FORM -> FORM."""
    keys = [*before, *(key for key in after if key not in before)]
    for key in keys:
        yield from _differences(key, before.get(key, _ABSENT), after.get(key, _ABSENT))


def _differences(path: str, before: Any, after: Any) -> Iterator[str]:
    if _sorted(before) == _sorted(after):
        return
    both = isinstance(before, dict) and isinstance(after, dict)
    if both and not is_error(before) and not is_error(after):
        for key in [*before, *(key for key in after if key not in before)]:
            inner = before.get(key, _ABSENT), after.get(key, _ABSENT)
            yield from _differences(f"{path}.{key}", *inner)
        return
    was, now = _form(before), _form(after)
    yield f"{path}: {was} -> {'another ' + now if was == now else now}"


def _form(value: Any) -> str:
    if value is _ABSENT:
        return "absent"
    if is_error(value):
        return f"error {value['error']}"
    if value is None or isinstance(value, bool) or value in ("", [], {}):
        return json.dumps(value)
    if isinstance(value, str):
        return "text"
    if isinstance(value, list):
        return "list"
    return "object" if isinstance(value, dict) else "number"


def _input(family: Family, line: str) -> str:
    row = json.loads(line)
    text = json.dumps({key: row[key] for key in row if key in family.inputs})
    return text if len(text) <= _INPUT_SHOWN else text[:_INPUT_SHOWN] + "..."

"""`emulator`: serves the embedded Graph on loopback until it is stopped."""

from __future__ import annotations

import dataclasses
import json
import typing
from pathlib import Path

from ..emulator import Emulator, Knobs, serve_forever
from .arguments import Arguments
from .failure import Code, Failure
from .online import read_seed
from .output import Output


def call(arguments: Arguments) -> int:
    """0 once it was stopped."""
    output = Output(arguments)
    state = Path(arguments.state) if arguments.state else None
    seed = read_seed(arguments.seed) if arguments.seed and not (state and state.exists()) else None
    try:
        emulator = Emulator(
            seed=seed, state=state, port=arguments.port, knobs=_knobs(arguments.knobs), latency=arguments.latency
        )
        serve_forever(emulator, lambda url: _announce(url, output))
    except (OSError, ValueError) as error:
        raise Failure(Code.FAILED, f"the emulator cannot be started: {error}") from error
    if arguments.log:
        lines = [json.dumps(dataclasses.asdict(request), default=str) for request in emulator.log]
        Path(arguments.log).write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return Code.DONE


def _announce(url: str, output: Output) -> None:
    if output.json:
        output.document({"formatVersion": 1, "url": url})
    else:
        output.text(f"the embedded Graph listens on {url}; use it with RECONCILER_GRAPH_URL={url}")


def _knobs(settings: tuple[str, ...]) -> Knobs:
    """`NAME=VALUE` pairs, checked against what each knob can be. Raises `Failure` (64)."""
    kinds = typing.get_type_hints(Knobs)
    values: dict[str, object] = {}
    for setting in settings:
        name, _, text = setting.partition("=")
        if name not in kinds:
            raise Failure(Code.USAGE, f"there is no knob {name}", f"known: {', '.join(sorted(kinds))}")
        values[name] = _value(name, text, kinds[name])
    return Knobs(**values)  # type: ignore[arg-type]  # checked one by one


def _value(name: str, text: str, kind: object) -> object:
    """A knob's value: one of its words or numbers, a number, true or false, or null where it may be absent."""
    options = typing.get_args(kind)
    if typing.get_origin(kind) is typing.Literal:
        found = [
            option for option in options if text == (json.dumps(option) if isinstance(option, bool) else str(option))
        ]
        if found:
            return found[0]
        raise Failure(Code.USAGE, f"--knob {name}={text}", f"one of: {', '.join(map(str, options))}")
    if text == "null" and type(None) in options:
        return None
    for option in options or (kind,):
        if option is bool and text in ("true", "false"):
            return text == "true"
        if option is int and text.isdecimal():
            return int(text)
        if option is str and text:
            return text
        if typing.get_origin(option) is typing.Literal:
            return _value(name, text, option)
    raise Failure(Code.USAGE, f"--knob {name}={text}", "true or false" if kind is bool else "a number is wanted")

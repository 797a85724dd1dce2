"""`jepa-workbench demo | app | watch | inspect | convert | embed | project | health | probe | catalogue | samples`."""

from __future__ import annotations

import argparse
import gc
import io
import os
import sys
from collections.abc import Sequence
from functools import cache
from typing import Any

from workbench.core.card import parse_overrides
from workbench.core.errors import MissingExtra, UnsafeFile, WorkbenchError

_DEMO = ("two-rooms", 8)  # the sample, and a clip that begins in another room than the goal
_DEMO_WORDS = "Open the app on the sample two-rooms: a small world model has planned to a goal in the other room, and Execute runs the plan."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Expected errors are printed as one paragraph, without a trace."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a path or a name may hold letters that the terminal's encoding lacks
            stream.reconfigure(errors="backslashreplace")
    try:
        chosen = _parser().parse_args(arguments)
        code = chosen.run(chosen)
        sys.stdout.flush()
        return code
    except WorkbenchError as error:
        print(f"jepa-workbench: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `| head` has read enough; what is left in the buffer must not be tried again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


@cache
def _parser() -> argparse.ArgumentParser:
    from workbench import samples
    from workbench.cli import embedding, health, probe, project, watch
    from workbench.published import command as catalogue

    parser = argparse.ArgumentParser(prog="jepa-workbench", description="Look inside JEPA world models.")
    parser.add_argument("--version", action="version", version=f"jepa-workbench {_version()}")
    commands = parser.add_subparsers(title="commands", required=True)
    app = commands.add_parser("app", help="open the app in the browser", description="Serve the app on this machine.")
    said = "checkpoint file or folder, a sample's name, a file of vectors, or a saved view (default: the first sample)"
    app.add_argument("checkpoint", nargs="?", help=said)
    app.add_argument("--data", help="image, video or folder to look at (default: the sample's own clips)")
    app.add_argument("--labels", metavar="TABLE.csv", help="labels and metadata of the vectors, joined by name, or by order where there are no names")
    _add_place(app)
    app.add_argument("--board", help="board to open on: masks, checkpoint, rollout, plan, … (default: the first that applies)")
    app.set_defaults(run=_app)
    watched = commands.add_parser("watch", help="open the app on training runs, and watch them", description=watch.WORDS)
    watch.add_arguments(watched)
    _add_place(watched)
    watched.set_defaults(run=lambda chosen: watch.run(chosen, _serve))
    demo = commands.add_parser("demo", help="open the app on a planning example", description=_DEMO_WORDS)
    _add_port(demo)
    demo.set_defaults(run=_demo)
    inspect = commands.add_parser(
        "inspect",
        help="report which parts of a checkpoint load",
        description="Print the load report. Exit 0: all parts are complete; 1: a part is incomplete; 2: refused, also a file of pickled objects.",
    )
    inspect.add_argument("checkpoint", help="checkpoint file or folder, or a sample's name")
    inspect.add_argument("--family", help="assume this family instead of detecting it")
    inspect.add_argument("--json", action="store_true", help="print the report as JSON; for a refused file its error, with the same exit code")
    for command in (app, inspect):
        command.add_argument("--settings", default="", metavar="'heads=4 …'", help="settings not in the file, such as 'heads=4 image_size=(64, 64)'")
    inspect.set_defaults(run=_inspect)
    convert = commands.add_parser(
        "convert", help="a torch file to safetensors", description="Write tensors as safetensors. No code of the file is run."
    )
    convert.add_argument("file", help="a torch file, or a folder that holds one")
    convert.add_argument("-o", "--out", metavar="OUT.safetensors", help="default: the same name beside the file")
    convert.add_argument("--trust", action="store_true", help="convert also a file with Python objects, if you trust its origin")
    convert.set_defaults(run=_convert)
    others: tuple[tuple[str, Any, str, str | None], ...] = (
        ("embed", embedding, "embed many clips, and keep the vectors on disk", embedding.WORDS),
        ("project", project, "project vectors to a map, with its trustworthiness", None),
        ("health", health, "measure the health of a representation: rank, spread, predictions, probes", health.WORDS),
        ("probe", probe, "probe every layer for labels: linear and k-NN, and by number of labels", probe.WORDS),
        ("catalogue", catalogue, "the published checkpoints", "List, search and fetch published checkpoints."),
        ("samples", samples, "list, train or evaluate the shipped samples", None),
    )
    for name, module, words, description in others:
        command = commands.add_parser(name, help=words, description=description)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("jepa-workbench")
    except PackageNotFoundError:
        return "(not installed)"


def _add_port(command: argparse.ArgumentParser) -> None:
    command.add_argument("--port", type=_port, default=5006, help="port (default 5006; 0 takes a free one)")


def _add_place(command: argparse.ArgumentParser) -> None:
    """Where the app is served, and what computes."""
    _add_port(command)
    command.add_argument(
        "--address", default="127.0.0.1", help="address to listen at (default 127.0.0.1: only this machine; any other needs a token)"
    )
    command.add_argument(
        "--allow-host", action="append", default=[], metavar="NAME", help="also answer to this host name, such as a proxy (repeatable)"
    )
    command.add_argument("--prefix", default="", metavar="PATH", help="path under which a proxy reaches the app, as /user/name/ (default: none)")
    command.add_argument("--device", default="cpu", help="cpu, cuda or mps (default cpu)")


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: 0 to 65535")
    return int(text)


def _app(chosen: argparse.Namespace) -> int:
    settings = parse_overrides(chosen.settings)
    place = {"port": chosen.port, "address": chosen.address, "allow_hosts": chosen.allow_host, "prefix": chosen.prefix, "device": chosen.device}
    try:
        return _serve(chosen.checkpoint, data=chosen.data, labels=chosen.labels, settings=settings, board=chosen.board, **place)
    except UnsafeFile as error:
        return _describe(error)


def _demo(chosen: argparse.Namespace) -> int:
    checkpoint, clip = _DEMO
    return _serve(checkpoint, board="plan", clip=clip, port=chosen.port, show=True)


def _serve(checkpoint: str | None, **options: Any) -> int:
    from workbench.jobs import WorkerJobs

    jobs = WorkerJobs()
    jobs.warm()  # its imports run beside those of the server
    gc.disable()  # until it listens: what is imported stays, and is looked through again and again
    try:
        from workbench.app.server import serve

        serve(checkpoint, jobs=jobs, **options)
    except ModuleNotFoundError as error:
        if error.name not in ("panel", "panel_material_ui", "bokeh"):
            raise
        raise MissingExtra(f"the app needs {error.name}", where="jepa-workbench app", fix='pip install "jepa-workbench[app]"') from error
    finally:
        gc.enable()
        jobs.close()
    return 0


def _inspect(chosen: argparse.Namespace) -> int:
    from workbench.cli.reports import error_json, report_json, report_text
    from workbench.front import inspect

    try:
        report = inspect(chosen.checkpoint, family=chosen.family, **parse_overrides(chosen.settings))
    except UnsafeFile as error:
        return _describe(error, as_json=chosen.json)
    except WorkbenchError as error:
        if not chosen.json:
            raise
        print(error_json(error))
        return 2
    print(report_json(report) if chosen.json else report_text(report))
    return 0 if report.whole else 1


def _describe(error: UnsafeFile, *, as_json: bool = False) -> int:
    """A file of pickled objects, which is not loaded, as its opcodes describe it."""
    from workbench.checkpoints import describe
    from workbench.cli.contents import contents_dict, contents_text
    from workbench.cli.reports import error_json

    contents = describe(error.where)
    print(error_json(error, contents=contents_dict(contents)) if as_json else contents_text(contents))
    return 2


def _convert(chosen: argparse.Namespace) -> int:
    from workbench.checkpoints import convert, describe
    from workbench.cli.contents import contents_text, converted_text, warning_text

    contents = describe(chosen.file)
    if contents.classes and not chosen.trust:
        print(contents_text(contents))
    elif contents.classes:
        print(warning_text(contents), file=sys.stderr)
    done = convert(chosen.file, chosen.out, trust=chosen.trust)
    print(converted_text(done.path, done.tensors, done.bytes, done.settings_path, done.left_out))
    return 0


if __name__ == "__main__":
    sys.exit(main())

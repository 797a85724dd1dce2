"""`python -m workbench.worker --lane model`: one lane of work, spoken to over stdin and stdout."""

from __future__ import annotations

import argparse
import gc
import os
import sys


def main() -> int:
    """Run a lane until the server closes the pipe."""
    parser = argparse.ArgumentParser(prog="python -m workbench.worker", description="Runs measures for a server. Started by it, not by hand.")
    parser.add_argument("--lane", choices=["model", "heavy", "reading"], default="model")
    lane = parser.parse_args().lane
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints goes to the log, not into the protocol
    if lane != "model" and hasattr(os, "nice"):
        os.nice(10 if lane == "heavy" else 5)
    gc.disable()  # what is imported stays, and is looked through again and again
    from workbench.core.wire import Wire
    from workbench.worker.lane import serve

    gc.freeze()
    gc.enable()
    serve(Wire(incoming, outgoing))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The command line of scripts/bench. A scenario is a module scenario_NAME: ABOUT, add_options(parser), run(bed,
options) and lines(found)."""
import argparse
import importlib
import json
import os
import pkgutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from harness.basics import BIN, ROOT

from . import machine
from .bed import Bed

PREFIX = "scenario_"
#: Four lines of address_of() are kept free.
NODES_MAX = 60_000


def scenarios():
    names = [found.name for found in pkgutil.iter_modules([str(Path(__file__).parent)])]
    return {name[len(PREFIX):]: importlib.import_module(f".{name}", __package__)
            for name in sorted(names) if name.startswith(PREFIX)}


def parse(arguments, about, known):
    parser = argparse.ArgumentParser(prog="scripts/bench", description=about,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    found = parser.add_subparsers(dest="scenario", metavar="SCENARIO", required=True)
    for name, module in known.items():
        scenario = found.add_parser(name, help=module.ABOUT, description=module.ABOUT)
        scenario.add_argument("--json", type=Path, metavar="FILE", help="where the figures go (default: "
                              "build/bench-SCENARIO-NODES.json)")
        module.add_options(scenario)
    options = parser.parse_args(arguments)
    if not 20 <= options.nodes <= NODES_MAX:
        parser.error(f"--nodes {options.nodes} is not from 20 to {NODES_MAX}")
    if getattr(options, "times", 1) < 1:
        parser.error("--times must be at least 1")
    return options


def fleet_program(say):
    """Beside the programs if it is there (a build with tests), else built."""
    if (BIN / "bench_fleet").exists():
        return BIN / "bench_fleet"
    say("building bench_fleet (preset bench)")
    log = ROOT / "build" / "bench-build.log"
    log.parent.mkdir(exist_ok=True)
    with open(log, "w", encoding="utf-8") as out:
        for command in (["cmake", "--preset", "bench"], ["cmake", "--build", "--preset", "bench", "--target", "bench_fleet"]):
            done = subprocess.run(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, check=False)
            if done.returncode != 0:
                raise AssertionError(f"bench_fleet does not build, see {log}")
    return ROOT / "build" / "bench" / "bin" / "bench_fleet"


def measure(options, module, say):
    for name in ("edgeroll-control", "edgeroll"):
        if not (BIN / name).exists():
            raise AssertionError(f"{BIN} holds no {name}: build the preset release, or set EDGEROLL_BIN")
    load = os.getloadavg()[0]
    bed = Bed(options.nodes, fleet_program(say), say)
    try:
        found = module.run(bed, options)
    except BaseException:
        bed.discard()
        raise
    troubles = bed.discard()
    if troubles:
        raise AssertionError("; ".join(troubles))
    return {"scenario": options.scenario, "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "version": machine.version_of(BIN / "edgeroll-control"), "machine": machine.describe(),
            "loadBefore": round(load, 2), **found}


def stop_cleanly(*_):
    raise KeyboardInterrupt


def main(arguments, about):
    known = scenarios()
    options = parse(arguments, about, known)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop_cleanly)
    begun = time.monotonic()

    def say(text):
        print(f"bench: {time.monotonic() - begun:6.1f} s  {text}", file=sys.stderr, flush=True)
    try:
        found = measure(options, known[options.scenario], say)
    except KeyboardInterrupt:
        say("stopped")
        return 130
    except AssertionError as error:
        say(f"failed: {error}")
        return 1
    place = options.json or ROOT / "build" / f"bench-{options.scenario}-{options.nodes}.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    for line in known[options.scenario].lines(found):
        print(line)
    about_machine = found["machine"]
    print(f"  on {about_machine['cpu']}, {about_machine['cores']} cores; the figures are in {place.name}")
    return 0

"""What the fleet recorded: when each node was dispatched and ended."""
import csv
import math


class FleetLog:
    def __init__(self, path):
        self.events = []
        with open(path, newline="", encoding="ascii") as file:
            for row in csv.DictReader(file):
                self.events.append((int(row["ns"]), int(row["node"]), row["event"], int(row["version"])))

    def of(self, event, version):
        """(ns, node) in the order of time."""
        return sorted((ns, node) for ns, node, kind, of_version in self.events
                      if kind == event and of_version == version)

    def times(self, event, version):
        return [ns for ns, _ in self.of(event, version)]


def at_share(times, share, of):
    """When that share of `of` nodes was reached. times: sorted, one for each node."""
    needed = math.ceil(of * share)
    if len(times) < needed:
        raise AssertionError(f"only {len(times)} of {needed} nodes got there")
    return times[needed - 1]

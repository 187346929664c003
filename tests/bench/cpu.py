"""Processor time of processes over time, and of everything else on the machine."""
import os
import threading
import time

TICK = os.sysconf("SC_CLK_TCK")


def seconds_of(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def waited_seconds(pid):
    """How long its main thread could have run, and had no processor."""
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[1]) / 1e9


def busy_seconds():
    """Of all processors; neither idle nor waiting for a disk."""
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, _idle, _wait, irq, softirq, steal = map(int, file.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICK


class CpuLog:
    """Samples every 50 ms, since the moments that matter are known only afterwards."""

    EVERY = 0.05

    def __init__(self, **pids):
        self._pids = pids
        self._samples = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._is_over.wait(self.EVERY):
            try:
                used = {name: seconds_of(pid) for name, pid in self._pids.items()}
                waited = {name: waited_seconds(pid) for name, pid in self._pids.items()}
            except (OSError, IndexError):  # a process has ended
                return
            used["driver"] = time.process_time()
            self._samples.append((time.time_ns(), used, busy_seconds(), waited))

    @staticmethod
    def _between(samples, at_ns, value):
        before = after = samples[0]
        for after in samples:
            if after[0] >= at_ns:
                break
            before = after
        span = after[0] - before[0]
        share = (at_ns - before[0]) / span if span > 0 else 0
        share = min(max(share, 0), 1)
        return value(before) + (value(after) - value(before)) * share

    def used(self, name, from_ns, to_ns):
        """CPU seconds of that process between two times."""
        samples = list(self._samples)
        return (self._between(samples, to_ns, lambda sample: sample[1][name]) -
                self._between(samples, from_ns, lambda sample: sample[1][name]))

    def waited(self, name, from_ns, to_ns):
        """Seconds in which that process could have run between two times, and had no processor."""
        samples = list(self._samples)
        return (self._between(samples, to_ns, lambda sample: sample[3][name]) -
                self._between(samples, from_ns, lambda sample: sample[3][name]))

    def others(self, from_ns, to_ns):
        """How many cores everything but this bench kept busy, on average."""
        samples = list(self._samples)
        all_used = (self._between(samples, to_ns, lambda sample: sample[2]) -
                    self._between(samples, from_ns, lambda sample: sample[2]))
        own = sum(self.used(name, from_ns, to_ns) for name in (*self._pids, "driver"))
        return max(all_used - own, 0) / max((to_ns - from_ns) / 1e9, 0.001)

    def discard(self):
        self._is_over.set()
        self._thread.join()

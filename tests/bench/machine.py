"""The machine that figures belong to."""
import os
import platform
import subprocess


def cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def memory_gib():
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


def version_of(program):
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or done.stderr.strip()


def describe():
    return {"cpu": cpu_model(), "cores": os.cpu_count(), "memoryGib": memory_gib(), "system": platform.system(),
            "kernel": platform.release()}

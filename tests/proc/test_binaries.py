"""What the compiler and the linker were asked for is in the programs."""
import os
import subprocess
import unittest

from harness import ProcCase
from harness.basics import BIN

PROGRAMS = ["edgeroll-control", "edgeroll-agent", "edgeroll"]
LANDING_PAD = bytes.fromhex("f30f1efa")  # endbr64, at the begin of functions with -fcf-protection


def read(tool, *arguments):
    return subprocess.run([tool, "-W", *arguments] if tool == "readelf" else [tool, *arguments],
                          check=True, capture_output=True, text=True).stdout


class HardenedBinaries(ProcCase):
    def each(self, check):
        for name in PROGRAMS:
            with self.subTest(name):
                check(os.path.join(BIN, name))

    def test_are_loaded_anywhere_and_bound_at_once(self):
        def check(path):
            self.assertRegex(read("readelf", "-h", path), r"Type: +DYN")
            self.assertRegex(read("readelf", "-d", path), r"FLAGS_1.* NOW.* PIE|FLAGS_1.*PIE.*NOW")
            segments = read("readelf", "-l", path)
            self.assertIn("GNU_RELRO", segments)
            self.assertRegex(segments, r"GNU_STACK .* RW +0x")
            self.assertNotRegex(segments, r"LOAD .* RWE ")
        self.each(check)

    def test_watch_their_stack_their_containers_and_their_jumps(self):
        def check(path):
            names = read("nm", "-D", "--undefined-only", path)
            self.assertIn("__stack_chk_fail", names)
            self.assertIn("__glibcxx_assert_fail", names)
            if os.uname().machine == "x86_64":
                with open(path, "rb") as file:
                    self.assertGreater(file.read().count(LANDING_PAD), 1000)
            # Sanitizers replace what FORTIFY would.
            if "__asan_init" not in names and "__asan_init" not in read("nm", "-D", path):
                self.assertIn("_chk@", names.replace("__stack_chk_fail", ""))
        self.each(check)


if __name__ == "__main__":
    unittest.main()

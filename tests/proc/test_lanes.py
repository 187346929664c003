"""max_parallel_per with real agents, judged by what their own hooks wrote down."""
import unittest

from harness import ProcCase, wait_until
from harness.edge import plain


class Lanes(ProcCase):
    """Every edge writes down when its task began (preinstall) and ended (postinstall), all by one clock."""

    def setUp(self):
        super().setUp()
        self.one_control = self.control()
        self.record = self.folder / "record"
        self.record.touch()
        self.hooks = self.folder / "hooks"
        self.hooks.mkdir()
        for hook, word in (("preinstall", "began"), ("postinstall", "ended")):
            (self.hooks / hook).write_text("#!/bin/sh\n"
                                           f"echo \"$(date +%s%N) {word} $EDGEROLL_LABEL_REGION $EDGEROLL_TASK_ID\" "
                                           f">>'{self.record}'\n")
            (self.hooks / hook).chmod(0o755)

    def begin(self, regions, held, max_parallel_per, **settings):
        """A release in one batch to real agents, of which the n-th is in the n-th region; those held stop in
        the middle of their task."""
        self.agents = self.edges(len(regions), AGENT_HOOKS_DIR=self.hooks, **settings)
        for number in held:
            self.agents[number - 1].hold()
        self.insert_nodes(self.agents)
        for number, region in enumerate(regions, 1):
            self.database.execute(f"UPDATE nodes SET labels = '{{\"region\":\"{region}\"}}' WHERE id = {number}")
        self.insert_config(1, plain(1))
        return self.create(self.one_control, version=1,
                           batch_config={"batches": ["rest"], "max_parallel_per": max_parallel_per})["releaseId"]

    def moments(self):
        """(nanoseconds, began or ended, region, number of the agent), by time."""
        numbers = {agent.task(1): number for number, agent in enumerate(self.agents, 1)}
        rows = [line.split(" ") for line in self.record.read_text().splitlines()]
        return sorted((int(at), word, region, numbers[task]) for at, word, region, task in rows)

    def most_at_once(self, region=None):
        """Of one region, or of all together."""
        most = running = 0
        for _, word, its_region, _ in self.moments():
            if region in (None, its_region):
                running += 1 if word == "began" else -1
                most = max(most, running)
        return most

    def at(self, word, number):
        """When the agent's task began or ended; exactly once."""
        [at] = [at for at, its_word, _, its_number in self.moments() if (its_word, its_number) == (word, number)]
        return at

    def wait_begun(self, *numbers):
        """Waits until the tasks of just these agents have begun."""
        def begun():
            return {number for _, word, _, number in self.moments() if word == "began"}
        wait_until(lambda: begun() == set(numbers), lambda: f"agents {numbers} have begun, not {begun()}")

    def let_go(self, *numbers):
        for number in numbers:
            self.agents[number - 1].let_go()

    def test_pools_fill_side_by_side_and_never_run_over(self):
        regions = ["eu", "eu", "us", "eu", "us", "eu", "us", "eu"]
        number = self.begin(regions, [1, 2, 3], {"region": {"eu": 2, "*": 1}}, AGENT_RELOAD_CMD="sleep 0.3")
        self.wait_begun(1, 2, 3)  # both pools are full, and the next ones wait
        self.let_go(1, 2, 3)      # from here on they run as they come
        self.wait_status(number, "success")
        ended = sorted(agent for _, word, _, agent in self.moments() if word == "ended")
        self.assertEqual(ended, list(range(1, len(regions) + 1)))
        self.assertEqual([self.most_at_once("eu"), self.most_at_once("us")], [2, 1], self.moments())
        self.assertEqual(self.most_at_once(), 3, self.moments())
        self.assertEqual(self.release_row(number), ["success", str(len(regions)), "0"])

    def test_changed_pools_hold_for_tasks_that_run_and_for_those_that_wait(self):
        regions = ["eu", "eu", "eu", "eu", "eu", "us", "us", "us"]
        number = self.begin(regions, [1, 2, 3, 6, 7], {"region": {"eu": 2, "*": 1}}, AGENT_RELOAD_CMD="sleep 0.3")
        self.wait_begun(1, 2, 6)
        changed = self.limit(self.one_control, number, max_parallel_per={"region": {"eu": 3, "*": 2}})
        self.assertEqual(changed["maxParallelPer"], {"region": {"eu": 3, "*": 2}})
        self.wait_begun(1, 2, 3, 6, 7)
        self.limit(self.one_control, number, max_parallel_per={"region": 1})  # interrupts nobody
        self.let_go(1, 2, 6)
        for node in (1, 2, 6):
            self.wait_node(number, node, "success")
        self.wait_begun(1, 2, 3, 6, 7)  # one of each region still runs, which is all there may be
        self.let_go(3, 7)
        self.wait_status(number, "success")
        self.assertEqual([self.most_at_once("eu"), self.most_at_once("us")], [3, 2], self.moments())
        for later, *earlier in ((4, 1, 2, 3), (5, 4), (8, 6, 7)):
            for one in earlier:
                self.assertGreater(self.at("began", later), self.at("ended", one), self.moments())
        self.assertEqual(self.release_row(number), ["success", str(len(regions)), "0"])


if __name__ == "__main__":
    unittest.main()

"""Time and gates between batches: what a release waits for, and what it does not wait for for ever."""
import socket
import unittest

from harness import ProcCase, wait_until
from harness.edge import plain


class Gates(ProcCase):
    def setUp(self):
        super().setUp()
        self.one_control = self.control()
        self.fleet_of_three = self.fleet(3)
        self.insert_nodes(self.fleet_of_three.agents.values())
        self.insert_config(1, plain(1))

    def begin(self, batch_config=None, **body):
        return self.create(self.one_control, version=1, batch_config={"batch_size": 1, **(batch_config or {})},
                           **body)["releaseId"]

    def begin_gated(self, *answers, **batch_config):
        """A release with a gate that gives these HTTP statuses in turn, the last one for ever."""
        self.gate = self.web()
        self.gate.on("GET", "/gate", *[(status, {"answer": status}) for status in answers])
        return self.begin({"gate_url": f"{self.gate.url}/gate?release=cdn", **batch_config})

    def questions(self):
        return len(self.gate.sent("GET"))

    def at(self, seconds):
        """RFC 3339, that long after now by the database's clock."""
        return self.database.rows(f"SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '{seconds:+.3f} seconds')")[0][0]

    def seconds_between(self, number, first, last):
        """From one event to another, by the database's clock."""
        [[seconds]] = self.database.rows(
            f"SELECT 86400 * (julianday(({last})) - julianday(({first})))".replace("$", str(number)))
        return float(seconds)

    # ---- when a release, and when a batch, may start ----

    def test_starts_at_not_before_and_says_so(self):
        start = self.at(1.5)
        number = self.begin(not_before=start)
        answer = self.one_control.release(number)
        self.assertEqual([answer["status"], answer["waitingFor"]["until"]], ["pending", start])
        self.assertIn("not before", answer["waitingFor"]["reason"])
        self.wait_status(number, "success")
        self.assertGreaterEqual(self.seconds_between(
            number, "SELECT not_before FROM release_tasks WHERE id = $",
            "SELECT MIN(started_at) FROM release_task_nodes WHERE release_task_id = $"), 0)

    def test_closed_window_holds_until_it_opens_and_continue_does_not_pass_it(self):
        opens, closes, wide_open = [self.database.rows(f"SELECT strftime('%H:%M', 'now', '{hours:+d} hours')")[0][0]
                                    for hours in (3, 5, -3)]
        number = self.begin({"windows": [{"from": opens, "to": closes}]})
        self.wait_row(number, hold="window")
        answer = self.one_control.release(number)
        self.assertEqual(answer["holdReason"], "window")
        self.assertEqual(answer["waitingFor"]["until"][11:20], f"{opens}:00.")
        self.act(self.one_control, number, "continue-batch")
        wait_until(lambda: self.release_row(number, "requested_action") == [None], lambda: self.describe(number))
        self.assertEqual(self.release_row(number, "hold"), ["window"])
        self.assertEqual(self.fleet_of_three.asked(), [])
        self.act(self.one_control, number, "stop-batch")
        self.wait_status(number, "cancelled")
        again = self.create(self.one_control, from_release=number, batch_config={"windows": [
            {"from": opens, "to": closes}, {"from": wide_open, "to": opens}]})["releaseId"]
        self.wait_status(again, "success")

    # ---- gates ----

    def test_gate_that_is_unsure_and_then_content_lets_the_next_batch_start(self):
        number = self.begin_gated(503, 200)
        self.wait_status(number, "success")
        self.assertGreaterEqual(self.questions(), 4)  # 503 and 200 after the first batch, 200 after each of the others
        self.assertEqual(self.gate.requests[0][2], {"release": "cdn"})

    def test_gate_that_refuses_fails_the_release(self):
        number = self.begin_gated(403)
        self.wait_status(number, "failed")
        self.assertEqual(self.statuses(number), {1: "success", 2: "skipped", 3: "skipped"})
        self.assertIn("403", self.release_row(number, "last_error")[0])
        self.assertEqual((self.fleet_of_three.asked(), self.questions()), ([1], 1))

    def test_gate_that_stays_unsure_pauses_and_continue_goes_on(self):
        number = self.begin_gated(503, gate_timeout_sec=1)
        for batch in (1, 2, 3):
            self.wait_hold(number, "review", batch)
            self.assertIn("503", self.release_row(number, "last_error")[0])
            self.act(self.one_control, number, "continue-batch", reason="the monitor is down")
        self.wait_status(number, "success")
        self.assertEqual(self.release_row(number, "baked_at"), [None])
        self.assertEqual(len(self.events_of(number, "unbaked")), 1)
        self.assertGreaterEqual(self.questions(), 2)

    def test_gate_is_asked_while_it_bakes_and_after_it(self):
        number = self.begin_gated(200, bake_sec=0.7)
        self.wait_row(number, hold="bake")
        self.wait_status(number, "success")
        # In the bake and after it, of each of three batches. A pass that was asked for a moment too early is asked for again.
        self.assertGreaterEqual(self.questions(), 6)
        self.assertNotEqual(self.release_row(number, "baked_at"), [None])
        self.assertEqual(self.evidence(number), {("proof", "pass"), ("limits", "pass"), ("gate", "pass")})
        self.assertGreaterEqual(self.seconds_between(
            number, "SELECT finished_at FROM release_task_nodes WHERE release_task_id = $ AND batch = 1",
            "SELECT started_at FROM release_task_nodes WHERE release_task_id = $ AND batch = 2"), 0.7 - 0.002)

    def test_gate_that_refuses_in_the_bake_stops_the_release_at_once(self):
        number = self.begin_gated(403, bake_sec=3600)
        self.wait_status(number, "failed")
        self.assertEqual(self.statuses(number), {1: "success", 2: "skipped", 3: "skipped"})
        self.assertIn(("gate", "fail"), self.evidence(number))

    def test_only_batch_is_looked_at_too(self):
        """A bad version in a release of one batch: found, and taken back by itself."""
        self.wait_status(self.begin(), "success")
        self.insert_config(2, plain(2))
        self.gate = self.web()
        self.gate.on("GET", "/gate", (403, {}))
        number = self.create(self.one_control, version=2, batch_config={
            "enabled": False, "bake_sec": 3600, "gate_url": f"{self.gate.url}/gate", "on_failure": "rollback"})["releaseId"]
        self.wait_status(number, "failed")
        [[undone_by]] = self.database.rows(f"SELECT id FROM release_tasks WHERE rolls_back = {number}")
        self.wait_status(undone_by, "success")

    def test_final_look_waits_for_an_operator_and_holds_later_releases(self):
        number = self.begin({"bake_sec": 3600, "batch_size": 3})
        self.wait_row(number, hold="bake")
        answer = self.one_control.release(number)
        self.assertEqual(answer["waitingFor"]["reason"], "bakes after the last batch")
        self.assertEqual((answer["currentBatch"], answer["totalBatches"], answer["bakedAt"]), (1, 1, None))
        self.insert_config(2, plain(2))
        later = self.create(self.one_control, version=2)["releaseId"]
        wait_until(lambda: "version 1" in (self.one_control.release(later)["waitingFor"] or {}).get("reason", ""),
                   lambda: self.describe(later))
        self.act(self.one_control, number, "continue-batch", reason="it is fine")
        self.wait_status(number, "success")
        self.assertEqual(self.one_control.release(number)["bakedAt"], None)
        self.assertIn(("operator", "info"), self.evidence(number))
        self.wait_status(later, "success")

    def evidence(self, number):
        return {tuple(row) for row in self.database.rows(
            f"SELECT gate, verdict FROM release_evidence WHERE release_task_id = {number}")}

    def test_stop_ends_a_release_at_its_gate(self):
        number = self.begin_gated(503)
        self.wait_row(number, hold="gate")
        self.act(self.one_control, number, "stop-batch")
        self.wait_status(number, "cancelled")
        self.assertEqual(self.fleet_of_three.asked(), [1])

    # ---- what may be called ----

    def restart(self, allowed):
        self.one_control.program.stop()
        self.one_control.settings["GATE_ALLOW"] = allowed
        self.one_control.start()

    def test_gate_that_may_not_be_called_is_refused_at_creation(self):
        self.restart("")
        self.gate = self.web()
        for host in (self.gate.url.removeprefix("http://"), "169.254.169.254", "2130706433", "[::ffff:127.0.0.1]", "localhost:8080"):
            answer = self.create(self.one_control, status=400, version=1, batch_config={"gate_url": f"http://{host}/"})
            self.assertEqual(answer["code"], 2002, host)
            self.assertIn("field 'gate_url' may not be called", answer["message"], host)
        self.assertEqual(self.questions(), 0)

    def test_row_with_a_gate_that_may_not_be_called_fails_before_anything_is_sent(self):
        self.restart("monitor.example")
        self.gate = self.web()
        self.database.execute(
            "BEGIN",
            "INSERT INTO release_tasks (id, type, target, version, status, total_nodes, batch_config) VALUES (1, 'apply_config', "
            f"""'cdn', 1, 'pending', 1, '{{"gate_url":"{self.gate.url}/gate"}}')""",
            "INSERT INTO release_task_nodes (id, release_task_id, node_id, batch, status) VALUES (1, 1, 1, 1, 'pending')",
            "COMMIT")
        self.wait_status(1, "failed")
        self.assertIn("loopback", self.release_row(1, "last_error")[0])
        self.assertEqual((self.fleet_of_three.asked(), self.questions()), ([], 0))

    def test_gate_whose_name_leads_elsewhere_fails_at_the_dial(self):
        self.restart("203.0.113.0/24")
        self.gate = self.web()
        number = self.begin({"gate_url": f"http://{socket.gethostname()}:8080/gate"})
        self.wait_status(number, "failed")
        self.assertIn("may not be called", self.release_row(number, "last_error")[0])
        self.assertEqual((self.fleet_of_three.asked(), self.questions()), ([1], 0))

    def test_history_has_nothing_of_an_answer_but_its_status_and_reason(self):
        number = self.begin_gated(404)
        self.gate.on("GET", "/gate", lambda *_: (403, "secret-access-key"))
        self.wait_status(number, "failed")
        self.assertNotIn("secret-access-key", self.describe(number))
        self.assertEqual(self.release_row(number, "last_error"), ["the gate refused: 403"])

    # ---- timeouts ----

    def test_node_timeout_fails_a_node_that_hangs(self):
        self.fleet_of_three.hold(1)
        number = self.begin({"node_timeout_sec": 1})
        self.wait_status(number, "failed")
        self.assertEqual(self.node_rows(number)[0], ["1", "failed", "timeout"])
        self.assertEqual(self.fleet_of_three.asked(), [1])

    def test_release_timeout_ends_the_time_of_a_node_that_hangs(self):
        self.fleet_of_three.hold(1)
        number = self.begin({"release_timeout_sec": 1})
        self.wait_status(number, "failed")
        self.assertEqual(self.node_rows(number), [["1", "failed", "timeout"], ["2", "skipped", ""], ["3", "skipped", ""]])
        self.assertIn("release_timeout_sec", self.release_row(number, "last_error")[0])

    def test_batch_timeout_ends_the_time_of_a_batch_that_hangs(self):
        self.fleet_of_three.hold(2)
        number = self.begin({"batch_timeout_sec": 1, "failure_threshold": 3})
        self.wait_status(number, "failed")
        self.assertEqual(self.node_rows(number), [["1", "success", ""], ["2", "failed", "timeout"], ["3", "skipped", ""]])
        self.assertIn("batch_timeout_sec", self.release_row(number, "last_error")[0])

    def test_paused_time_counts_against_no_timeout(self):
        limit = 8.0
        number = self.begin({"release_timeout_sec": limit, "batch_timeout_sec": limit, "batch_interval_sec": 4.5})
        self.wait_status(number, "success")
        self.assertGreater(self.seconds_between(number, "SELECT started_at FROM release_tasks WHERE id = $",
                                                "SELECT finished_at FROM release_tasks WHERE id = $"), limit)


if __name__ == "__main__":
    unittest.main()

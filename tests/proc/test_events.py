"""The history of a release: as a list, and followed live over real connections."""
import hashlib
import http.client
import json
import os
import time
import unittest

from harness import ProcCase, wait_until
from harness.basics import PATIENCE
from harness.control import TOKENS
from harness.edge import plain


class Follower:
    """One open stream, read event by event."""

    def __init__(self, control, number, role="viewer", last_id=None, token=None):
        self.connection = http.client.HTTPConnection(control.address, 8080, timeout=PATIENCE)
        headers = {"Authorization": f"Bearer {token or TOKENS[role]}"}
        if last_id is not None:
            headers["Last-Event-ID"] = str(last_id)
        self.connection.request("GET", f"/api/v1/releases/{number}/events?follow=1", headers=headers)
        self.answer = self.connection.getresponse()
        self.status = self.answer.status

    def next(self):
        """{"id", "event", "data"} as far as they were sent; nothing at the end of the stream."""
        fields = {}
        while True:
            line = self.answer.readline().decode()
            if not line:
                return fields or None
            if line == "\n":
                if fields:
                    return fields
                continue
            name, _, value = line.rstrip("\n").partition(": ")
            if name:  # else a comment
                fields[name] = value

    def rest(self):
        return list(iter(self.next, None))

    def close(self):
        self.answer.close()
        self.connection.close()


class Events(ProcCase):
    def follower(self, *arguments, **options):
        follower = Follower(*arguments, **options)
        self.addCleanup(follower.close)
        return follower

    def quiet_control(self):
        """Runs no releases: every row is the test's."""
        return self.control(RELEASE_EXECUTOR_ENABLED=0)

    def add_event(self, kind, detail="'{}'"):
        self.database.execute("INSERT INTO release_events (release_task_id, actor, kind, detail) "
                              f"VALUES (1, 'hand', '{kind}', {detail})")

    def recorded(self):
        return self.database.rows("SELECT id, kind FROM release_events WHERE release_task_id = 1 ORDER BY id")

    def test_a_real_release_is_followed_to_its_end(self):
        control = self.control()
        self.insert_nodes(self.edges(2))
        self.insert_config(1, plain(1))
        self.insert_release(1, [[1], [2]])
        follower = self.follower(control, 1)
        self.assertEqual(follower.status, 200)
        self.assertEqual(follower.answer.getheader("Content-Type"), "text/event-stream")
        told = follower.rest()
        self.assertEqual(self.release_row(1, "status"), ["success"], self.describe(1))
        self.assertEqual(told[-1], {"event": "end", "data": '{"status":"success"}'})
        self.assertEqual([[event["id"], event["event"]] for event in told[:-1]], self.recorded())
        for event in told[:-1]:
            data = json.loads(event["data"])
            self.assertEqual((str(data["id"]), data["kind"]), (event["id"], event["event"]))
            self.assertIsInstance(data["detail"], dict)
        # Who comes back gets what is new, and is told when there is nothing.
        middle = told[len(told) // 2]["id"]
        again = self.follower(control, 1, last_id=middle).rest()
        self.assertEqual(again, [event for event in told[:-1] if int(event["id"]) > int(middle)] + told[-1:])
        self.assertEqual(self.follower(control, 1, last_id=told[-2]["id"]).status, 204)
        # The list says the same.
        status, answer = control.request("GET", "/api/v1/releases/1/events?pageSize=100", role="viewer")
        self.assertEqual(status, 200, answer)
        self.assertEqual(answer["data"]["items"], [json.loads(event["data"]) for event in told[:-1]])
        self.assertEqual(answer["data"]["total"], len(told) - 1)

    def test_rows_are_told_while_they_change(self):
        control = self.quiet_control()
        self.insert_release(1, [[1]])
        first, second = self.follower(control, 1), self.follower(control, 1)
        for number in range(3):
            self.add_event(f"hand_{number}", "'no object'" if number == 1 else "NULL")
            for follower in (first, second):
                told = follower.next()
                self.assertEqual(told["event"], f"hand_{number}")
                self.assertEqual(json.loads(told["data"])["detail"], {"text": "no object"} if number == 1 else {})
        first.close()
        self.database.execute("BEGIN", "UPDATE release_tasks SET status = 'cancelled' WHERE id = 1",
                              "INSERT INTO release_events (release_task_id, actor, kind) VALUES (1, 'hand', 'last')",
                              "COMMIT")
        self.assertEqual([event["event"] for event in second.rest()], ["last", "end"])
        self.assertEqual(self.follower(control, 2).status, 404)

    def test_a_stop_ends_open_streams_in_time(self):
        control = self.quiet_control()
        self.insert_release(1, [[1]])
        self.add_event("one")
        followers = [self.follower(control, 1) for _ in range(5)]
        for follower in followers:
            self.assertEqual(follower.next()["event"], "one")
        begin = time.monotonic()
        self.assertEqual(control.program.stop(), 0)
        self.assertLess(time.monotonic() - begin, 5)
        for follower in followers:
            self.assertIsNone(follower.next())

    def add_callers(self, control, names):
        lines = [f"{name}:viewer:{hashlib.sha256(name.encode()).hexdigest()}" for name in names]
        fresh = control.tokens.with_suffix(".new")
        fresh.write_text(control.tokens.read_text().rstrip("\n") + "\n" + "\n".join(lines) + "\n")
        fresh.chmod(0o640)
        os.replace(fresh, control.tokens)

    def test_64_follow_at_once_16_of_one_caller_and_who_leaves_makes_room(self):
        control = self.quiet_control()
        self.insert_release(1, [[1]])
        callers = [f"caller-{number}" for number in range(5)]
        self.add_callers(control, callers)
        path = "/api/v1/releases/1/events?follow=1"
        followers = [self.follower(control, 1, token=callers[0]) for _ in range(16)]
        status, answer = control.request("GET", path, token=callers[0])
        self.assertEqual((status, answer["code"]), (503, 5003))
        self.assertIn(callers[0], answer["message"])
        followers += [self.follower(control, 1, token=callers[number // 16]) for number in range(16, 64)]
        self.assertEqual({follower.status for follower in followers}, {200})
        status, answer = control.request("GET", path, token=callers[4])
        self.assertEqual((status, answer["code"]), (503, 5003))
        self.assertEqual(control.request("GET", "/api/v1/releases/1/events")[0], 200)
        followers[7].close()

        def is_taken_in():
            follower = self.follower(control, 1, token=callers[4])
            return follower.status == 200
        wait_until(is_taken_in, "the place is free again")

    def test_a_stream_ends_with_the_token_that_opened_it(self):
        control = self.quiet_control()
        self.insert_release(1, [[1]])
        self.add_event("one")
        self.add_callers(control, ["leaver"])
        stays, leaves = self.follower(control, 1), self.follower(control, 1, token="leaver")
        self.assertEqual([stays.next()["event"], leaves.next()["event"]], ["one", "one"])
        control.tokens.write_text(control.tokens.read_text().replace("leaver:viewer:", "leaver:admin:"))
        self.assertIsNone(leaves.next(), "ended without a last word")
        self.add_event("two")
        self.assertEqual(stays.next()["event"], "two")


if __name__ == "__main__":
    unittest.main()

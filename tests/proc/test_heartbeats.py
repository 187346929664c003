"""What heartbeats see of the fleet, beside real agents and a real nginx: who is silent, and what really lies there."""
import shutil
import signal
import time
import unittest

from harness import ProcCase
from harness.basics import wait_until
from harness.database import MariaDb
from harness.edge import plain, site

BEAT = 0.4


class Heartbeats(ProcCase):
    def control(self, **settings):
        return super().control(**{"NODE_HEARTBEAT_SEC": BEAT, **settings})

    def nodes(self, control):
        status, answer = control.request("GET", "/api/v1/nodes")
        self.assertEqual(status, 200, answer)
        return {node["name"]: node for node in answer["data"]["items"]}

    def wait_node_is(self, control, name, **wanted):
        """Until the API shows these fields."""
        def seen():
            node = self.nodes(control)[name]
            return all(node[field] == value for field, value in wanted.items())
        wait_until(seen, lambda: f"{name} is {wanted}: {self.nodes(control)[name]}\n{control.program.tail()}")

    def roll_out(self, number, payload, nodes=(1,)):
        self.insert_config(number, payload)
        self.insert_release(number, [list(nodes)])
        self.wait_status(number, "success", 90)

    def test_a_node_that_stops_answering_is_offline_until_it_answers(self):
        edge, other = self.edges(2)
        control = self.control()
        self.insert_nodes([edge, other])
        self.wait_node_is(control, "edge-1", observedContent="empty", agentVersion=self.version(control))
        edge.program.signal(signal.SIGSTOP)
        self.wait_node_is(control, "edge-1", status="offline")
        self.assertIsNotNone(self.nodes(control)["edge-1"]["offlineSince"])
        self.assertEqual(self.nodes(control)["edge-2"]["status"], "online")
        status, text = control.cli("node", "list")
        self.assertEqual(status, 0, text)
        self.assertRegex(text, r"edge-1 .* offline \d+ ?s")
        self.assertIn("event=node_offline node=edge-1", control.program.tail(1000))
        edge.program.signal(signal.SIGCONT)
        self.wait_node_is(control, "edge-1", status="online", offlineSince=None)
        self.assertIn("event=node_online node=edge-1", control.program.tail(1000))

    def test_nobody_elses_status_is_touched(self):
        edges = self.edges(4)
        control = self.control()
        self.insert_nodes(edges)
        self.database.execute("UPDATE nodes SET status = 'maintenance' WHERE id = 1")
        self.database.execute("UPDATE nodes SET status = 'offline' WHERE id = 2")
        self.database.execute("UPDATE nodes SET enabled = 0 WHERE id = 3")
        for edge in (edges[0], edges[2], edges[3]):
            edge.program.discard()
        self.wait_node_is(control, "edge-4", status="offline")
        time.sleep(3 * BEAT)  # the others have missed as many by then
        shown = self.nodes(control)
        self.assertEqual([shown[f"edge-{n}"]["status"] for n in (1, 2, 3)], ["maintenance", "offline", "online"])
        self.assertEqual([shown[f"edge-{n}"]["offlineSince"] for n in (1, 2, 3)], [None] * 3)
        # Marked by a heartbeat, then taken out by an operator: nothing brings it online again.
        status, answer = control.request("PATCH", "/api/v1/nodes/4", {"status": "offline"})
        self.assertEqual((status, answer["data"]["offlineSince"]), (200, None))
        edges[3].start()
        self.wait_node_is(control, "edge-4", observedContent="empty")
        self.assertEqual(self.nodes(control)["edge-4"]["status"], "offline")

    def test_a_two_call_agent_is_alive(self):
        agent = self.two_call_agent(1)
        control = self.control()
        self.insert_nodes([agent])
        wait_until(lambda: agent.asked.count(("GET", "/state")) >= 5, "five heartbeats")
        node = self.nodes(control)["edge-1"]
        self.assertEqual((node["status"], node["observedContent"]), ("online", None))

    def test_more_than_half_silent_together_are_taken_for_the_own_network(self):
        edges = self.edges(6)
        control = self.control()
        self.insert_nodes(edges)
        for edge in edges:
            self.wait_node_is(control, edge.name, observedContent="empty")
        for edge in edges[:5]:
            edge.program.signal(signal.SIGSTOP)
        wait_until(lambda: "event=own_network " in control.program.tail(1000), "own_network is told")
        self.assertEqual({node["status"] for node in self.nodes(control).values()}, {"online"})
        self.assertIn("edgeroll_heartbeat_own_network 1", control.request("GET", "/metrics", role=None)[1])

    def test_drift_is_what_lies_there(self):
        edge = self.edge(1, nginx=True)
        control = self.control()
        self.insert_nodes([edge])
        self.roll_out(1, site(1))
        self.wait_node_is(control, "edge-1", observedContent="whole", hasDrift=False, driftKind=None)
        page = edge.root / "live" / "conf.d" / "site.conf"
        before = page.read_text()
        page.write_text(before + "# by hand\n")
        self.wait_node_is(control, "edge-1", driftKind="changed_on_disk", observedRemark="conf.d/site.conf was changed")
        status, text = control.cli("node", "list", "--drift")
        self.assertEqual(status, 0, text)
        self.assertRegex(text, r"edge-1 .*changed_on_disk .*conf.d/site.conf was changed")
        self.assertIn('edgeroll_drift{kind="changed_on_disk"} 1', control.request("GET", "/metrics", role=None)[1])
        page.write_text(before)
        self.wait_node_is(control, "edge-1", driftKind=None)
        (edge.root / "live").unlink()
        self.wait_node_is(control, "edge-1", driftKind="empty")
        edge.program.discard()
        shutil.rmtree(edge.root)
        edge.start()
        self.wait_node_is(control, "edge-1", driftKind="empty", observedVersion=None)
        self.roll_out(2, site(2))
        self.wait_node_is(control, "edge-1", driftKind=None, observedContent="whole")

    def test_labels_that_a_template_would_fill_in_otherwise_are_drift(self):
        edge = self.edge(1)
        control = self.control()
        self.insert_nodes([edge])
        self.database.execute("UPDATE nodes SET labels = '{\"region\":\"eu\"}' WHERE id = 1")
        self.roll_out(1, {"files": [{"path": "a.conf", "content": "${label.region}", "template": True}]})
        self.wait_node_is(control, "edge-1", observedContent="whole", driftKind=None)
        control.request("PATCH", "/api/v1/nodes/1", {"labels": {"region": "eu", "rack": "7"}})
        self.assertIsNone(self.nodes(control)["edge-1"]["driftKind"], "no template contains the rack")
        control.request("PATCH", "/api/v1/nodes/1", {"labels": {"region": "us"}})
        self.assertEqual(self.nodes(control)["edge-1"]["driftKind"], "stale_labels")
        self.roll_out(2, {"files": [{"path": "a.conf", "content": "now ${label.region}", "template": True}]})
        self.wait_node_is(control, "edge-1", driftKind=None, observedContent="whole")

    def test_the_share_of_a_dead_control_goes_to_the_others(self):
        fleet = self.fleet(24)  # so many that each control has some of them
        one = self.control(name="control-1")
        two = self.control(name="control-2")
        self.insert_nodes(list(fleet.agents.values()))

        def asked_by(control):
            text = control.request("GET", "/metrics", role=None)[1]
            return int(text.split('edgeroll_heartbeat_nodes{state="asked"} ')[1].split()[0])
        wait_until(lambda: asked_by(one) + asked_by(two) == 24 and asked_by(one) and asked_by(two),
                   lambda: f"both have a share: {asked_by(one)}, {asked_by(two)}")
        one.program.kill()
        wait_until(lambda: asked_by(two) == 24, lambda: f"the other has all: {asked_by(two)}")
        self.assertEqual({node["status"] for node in self.nodes(two).values()}, {"online"})

    def test_without_the_database_nobody_is_marked(self):
        self.database = MariaDb(self.folder / "mariadb")
        edge = self.edge(1)
        control = self.control()
        self.insert_nodes([edge])
        self.wait_node_is(control, "edge-1", observedContent="empty")
        self.database.server.kill()
        edge.program.stop()  # it refuses connections: three misses take little more than a second
        wait_until(lambda: "event=database_trouble during=members" in control.program.tail(1000), "the trouble is told")
        time.sleep(4)  # longer than the lease
        edge.start()
        self.database.server.start()
        self.roll_out(1, plain(1))
        self.wait_node_is(control, "edge-1", observedContent="whole", status="online")
        self.assertNotIn("event=node_offline", control.program.tail(1000))

    def version(self, control):
        return control.request("GET", "/healthz", role=None)[1]["data"]["version"]


if __name__ == "__main__":
    unittest.main()

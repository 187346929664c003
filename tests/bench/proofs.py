"""Looks that a figure is about what it says: certificates are verified, each node was asked once, and got it."""
import http.client
import ssl

from .bed import address_of


def client(bed, certificate):
    context = ssl.create_default_context(cafile=str(bed.certs.ca))
    if certificate:
        context.load_cert_chain(*certificate)
    return context


def says(bed, certificate):
    """What node 1 says to a client with that certificate: a status, or why there was none."""
    connection = http.client.HTTPSConnection(address_of(1), bed.fleet.port, timeout=10,
                                             context=client(bed, certificate))
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        connection.close()


def certificates_are_verified(bed):
    """The fleet refuses strangers, and control refuses an agent of another name. Gives some nodes a content."""
    bed.fleet.tell("reset-log")
    viewer = bed.certs.issue("viewer", ["URI:spiffe://bench.example/edgeroll/viewer"], "clientAuth")
    asked = {"nobody": says(bed, None), "an agent": says(bed, bed.certs.agent("other", "127.0.0.1")),
             "a viewer": says(bed, viewer), "a control": says(bed, bed.certs.control("honest"))}
    assert not isinstance(asked["nobody"], int), f"the fleet took a client without a certificate: {asked}"
    assert not isinstance(asked["an agent"], int), f"the fleet took an agent's certificate: {asked}"
    assert (asked["a viewer"], asked["a control"]) == (403, 200), f"the fleet took the wrong clients: {asked}"
    seen = bed.fleet.status()
    assert (seen["no_handshake"], seen["wrong_client"], seen["handshake"]) == (2, 1, 1), seen
    known = list(range(1, min(10, bed.nodes) + 1))
    number, _, _ = bed.insert_release([[*known, bed.impostor]], {"failure_threshold": 1})
    bed.wait_status(number, "success", 60)
    rows = dict(bed.session.rows("SELECT node_id, CONCAT(status, ' ', COALESCE(failure_kind, '')) FROM"
                                 f" release_task_nodes WHERE release_task_id = {number}"))
    assert rows.pop(str(bed.impostor)) == "failed tls", "control took an agent with another node's certificate"
    assert set(rows.values()) == {"success "}, rows
    bed.session.rows(f"UPDATE nodes SET enabled = 0 WHERE id = {bed.impostor}")


def each_was_dispatched_once(log, version, nodes):
    """Exactly these nodes, and nobody refused anything."""
    seen = [node for _, node in log.of("dispatch", version)]
    twice = sorted({node for node in seen if seen.count(node) > 1}) if len(seen) != len(set(seen)) else []
    assert not twice, f"version {version} was dispatched more than once to nodes {twice[:10]}"
    missing, others = sorted(set(nodes) - set(seen)), sorted(set(seen) - set(nodes))
    assert not missing, f"version {version} was not dispatched to {len(missing)} nodes: {missing[:10]}"
    assert not others, f"version {version} was dispatched to {len(others)} other nodes: {others[:10]}"
    for event in ("repeat", "refused"):
        found = log.of(event, version)
        assert not found, f"version {version}: {len(found)} dispatches were answered as {event}: {found[:5]}"
    strangers = [entry for entry in log.events if entry[2] in ("no_handshake", "wrong_client")]
    assert not strangers, f"handshakes failed: {strangers[:5]}"


def rows_are(bed, number, nodes, others=()):
    """In the database `nodes` are a success, and none of `others` is."""
    rows = {int(node): status for node, status in
            bed.session.rows(f"SELECT node_id, status FROM release_task_nodes WHERE release_task_id = {number}")}
    wrong = {node: rows.get(node) for node in nodes if rows.get(node) != "success"}
    assert not wrong, f"release {number}: {len(wrong)} reachable nodes are no success: {dict(list(wrong.items())[:10])}"
    wrong = {node: rows.get(node) for node in others if rows.get(node) == "success"}
    assert not wrong, f"release {number}: dark nodes are a success: {wrong}"
    assert set(rows) == {*nodes, *others}, f"release {number} has {len(rows)} rows, not {len(nodes) + len(others)}"


def nodes_have(bed, sha256, nodes, at_least):
    """The database says so of `nodes`, and as many agents say so themselves."""
    has = {int(node) for [node] in bed.session.rows(f"SELECT id FROM nodes WHERE applied_sha256 = '{sha256}'")}
    missing = sorted(set(nodes) - has)
    assert not missing, f"{len(missing)} nodes do not have the content {sha256[:12]} by their rows: {missing[:10]}"
    held = bed.fleet.applied().get(sha256, 0)
    assert held >= at_least, f"only {held} of {at_least} agents have the content {sha256[:12]}"

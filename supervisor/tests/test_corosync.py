"""Corosync as relevod configures and starts it: Debian's, with nodes that are namespaces."""
import os
import shutil

import pytest
from cluster import Cluster
from world import until

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("corosync"),
                                reason="needs root and corosync")


@pytest.fixture(name="cluster")
def fixture_cluster(tmp_path):
    c = Cluster(tmp_path, 3)
    yield c
    for node in c.node:
        print(node.name, node.stderr() if node.process else "")
    c.close()


def test_three_nodes_form_and_lose_links(cluster):
    cluster.start()
    cluster.until_quorum([(3, True)] * 3)
    first = cluster.node[0]
    first.cut(0)
    until(lambda: first.run("corosync-cfgtool", "-s").stdout.count("disconnected") == 2,
          "the first link is known to be cut")
    cluster.until_quorum([(3, True)] * 3)
    first.cut(1)
    cluster.until_quorum([(1, False), (2, True), (2, True)])
    first.heal(1)
    cluster.until_quorum([(3, True)] * 3)


def test_waits_for_its_addresses(cluster):
    node = cluster.node[0]
    node.start()
    until(lambda: "waiting for this node's addresses" in node.stderr(), "it is said")
    assert not node.runs_corosync()
    node.add_address(0)
    node.add_address(1)
    until(node.runs_corosync, "corosync runs")
    until(lambda: node.quorum() == (1, False), "and is alone")


def test_a_network_that_is_missing_does_not_keep_it(cluster):
    cluster.start()
    cluster.until_quorum([(3, True)] * 3)
    node = cluster.node[2]
    node.process.kill()
    node.process.wait()
    node.run("ip", "link", "del", "eth1")
    node.start()
    cluster.until_quorum([(3, True)] * 3)


def test_another_key_is_not_heard(cluster):
    cluster.node[2].configure(cluster.words, b"x" * 256)
    cluster.start()
    cluster.until_quorum([(2, True), (2, True), (1, False)])


def test_a_node_by_itself_needs_none(cluster):
    node = cluster.node[0]
    node.configure("")
    node.start()
    assert node.process.wait(60) == 0
    node.configure(cluster.words + "node=b4:2:10.1.0.4\n")  # not what was meant: not joined
    node.start()
    assert node.process.wait(60) == 0

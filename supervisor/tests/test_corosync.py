"""Corosync as relevod configures and starts it: Debian's, with nodes that are namespaces."""
import os
import shutil

import pytest
from cluster import Cluster, nets
from world import PROGRAM, until

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


def words_of(nodes):
    """cluster= and node= for these, with the numbers 1, 2 ..."""
    return "cluster=test:token=1000\n" + "".join(
        f"node={node.name}:{i}:{','.join(nets(2, node.number))}\n" for i, node in enumerate(nodes, 1))


def test_a_node_that_is_not_in_the_others_list_is_not_heard(cluster):
    *known, stranger = cluster.node
    for node in known:
        node.configure(words_of(known))
    cluster.start()
    cluster.until_quorum([(2, True), (2, True), (1, False)])
    stranger.configure(words_of(known))  # not in its own either: it joins nothing
    stranger.process.kill()
    stranger.process.wait()
    stranger.start()
    assert stranger.process.wait(60) == 0
    said = stranger.run(PROGRAM, "-n", "-c", stranger.folder / "cmdline", "-s", stranger.site).stdout
    assert "error:" in said and "b3" in said[said.index("error:"):]


def test_two_clusters_of_one_name_and_key_on_one_network(tmp_path):
    c = Cluster(tmp_path, 5)
    try:
        for nodes in (c.node[:3], c.node[3:]):  # both have numbers 1 and 2
            for node in nodes:
                node.configure(words_of(nodes))
        c.start()
        c.until_quorum([(3, True)] * 3 + [(2, True)] * 2)
    finally:
        c.close()


def test_a_node_by_itself_needs_none(cluster):
    node = cluster.node[0]
    node.configure("")
    node.start()
    assert node.process.wait(60) == 0
    node.configure(cluster.words + "node=b4:2:10.1.0.4\n")  # not what was meant: not joined
    node.start()
    assert node.process.wait(60) == 0

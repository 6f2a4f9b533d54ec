import pytest

from node import Node


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    return tmp_path_factory.mktemp("init")


@pytest.fixture
def boot(built):
    """boot(rows, ...) starts a machine; all of them are switched off when the test ends."""
    nodes = []

    def start(rows=(), **options):
        nodes.append(Node(built, list(rows), **options))
        return nodes[-1]

    yield start
    for node in nodes:
        node.close()

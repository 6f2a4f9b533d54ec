"""Unix sockets under paths of any length (the address itself holds 107 bytes)."""
import os
import socket
from pathlib import Path


def connect(path, timeout):
    path = Path(path)
    folder = os.open(path.parent, os.O_PATH)
    try:
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(timeout)
        client.connect(f"/proc/self/fd/{folder}/{path.name}")
        return client
    finally:
        os.close(folder)


def listen(path):
    path = Path(path)
    path.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_PATH)
    try:
        server = socket.socket(socket.AF_UNIX)
        server.bind(f"/proc/self/fd/{folder}/{path.name}")
        server.listen(4)
        return server
    finally:
        os.close(folder)

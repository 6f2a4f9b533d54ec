"""GNU make's jobserver: how builds that run side by side share the processors."""
import contextlib
import os
import select


class Jobserver:
    """A pipe with one token per job. A running build holds one, its make takes others as it finds them."""

    def __init__(self, jobs):
        self.read_end, self.write_end = self.fds = os.pipe()
        os.write(self.write_end, b"+" * jobs)
        self.makeflags = f" -j{jobs} --jobserver-auth={self.read_end},{self.write_end}"

    @contextlib.contextmanager
    def token(self):
        """Blocks until a token is free, and holds it."""
        while True:
            select.select([self.read_end], [], [])
            try:  # a make at the other end sets O_NONBLOCK, and may be quicker
                token = os.read(self.read_end, 1)
                break
            except BlockingIOError:
                continue
        try:
            yield
        finally:
            os.write(self.write_end, token)

"""What the tests of the plume command share. Standard library only."""

import fcntl
import json
import os
import pathlib
import pty
import select
import subprocess
import tempfile
import termios
import time
import unittest

PLUME = os.environ["PLUME_TOOL"]
TINY = os.environ["PLUME_TINY_MODEL"]  # written by tests/support/write_tiny_model.cpp; beside it the vocabulary alone
CHAT = str(pathlib.Path(TINY).with_name("tiny-chat.gguf"))
VOCABULARY = str(pathlib.Path(TINY).with_name("tiny-vocabulary.gguf"))
DATA = os.environ.get("PLUME_TEST_DATA")


def needs_data(test):
    """Skips, and says so, where the shared test data is not there."""
    return unittest.skipUnless(DATA, "SKIPPED: PLUME_TEST_DATA is not set")(test)


def data(path):
    return os.path.join(DATA, path)


class ToolTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def plume(self, *words, stdin=b"", expect=0, timeout=120, **more):
        done = subprocess.run([PLUME, *map(str, words)], input=stdin, capture_output=True, timeout=timeout, **more)
        if expect is not None:
            self.assertEqual(done.returncode, expect, f"plume {' '.join(map(str, words))}\nstdout {done.stdout[:500]!r}\nstderr {done.stderr.decode(errors='replace')[:2000]}")
        return done

    def one_message(self, done):
        """stderr holds exactly one readable line for a person, and stdout nothing."""
        text = done.stderr.decode("utf-8")
        self.assertTrue(text.startswith("plume: ") and text.endswith("\n"), text)
        self.assertEqual(text.count("\n"), 1, text)
        self.assertTrue(all(c == "\n" or c.isprintable() for c in text), repr(text))
        self.assertLess(len(text), 1500)
        return text

    def json_of(self, done):
        self.assertEqual(done.stdout.count(b"\n"), 1)
        return json.loads(done.stdout.decode("utf-8"), parse_constant=lambda name: self.fail(f"{name} is no JSON"))

    def file(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return path

    def on_terminal(self, *words, stdin=None, environment=None, stderr=None):
        """Runs with a terminal as stdin (unless given), stdout and stderr (unless given); (exit code, what the terminal showed)."""
        master, slave = pty.openpty()
        env = {**os.environ, "TERM": "xterm", **(environment or {})}
        process = subprocess.Popen([PLUME, *map(str, words)], stdin=slave if stdin is None else stdin, stdout=slave, stderr=slave if stderr is None else stderr, env=env)
        os.close(slave)
        shown = b""
        while True:
            try:
                piece = os.read(master, 65536)
            except OSError:  # the last one closed it
                break
            if not piece:
                break
            shown += piece
        os.close(master)
        return process.wait(timeout=60), shown.replace(b"\r\n", b"\n")


class Terminal:
    """A command on a terminal of its own, driven by hand: what it shows is read until a text comes."""

    def __init__(self, *words, environment=None, **more):
        master, slave = pty.openpty()
        env = {**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8", **(environment or {})}
        # A session of its own with this terminal, so that Ctrl-C typed there reaches it.
        self.process = subprocess.Popen([PLUME, *map(str, words)], stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0), **more)
        os.close(slave)
        self.master, self.shown, self.at = master, b"", 0

    def read(self, seconds):
        """Whether something came; False at the end too."""
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            piece = os.read(self.master, 65536)
        except OSError:
            return False
        self.shown += piece.replace(b"\r\n", b"\n")
        return bool(piece)

    def until(self, text, seconds=120):
        """What was shown up to and with `text` since the last call."""
        text = text.encode() if isinstance(text, str) else text
        end = time.monotonic() + seconds
        while (found := self.shown.find(text, self.at)) < 0:
            if time.monotonic() > end or not self.read(1) and self.process.poll() is not None and not self.read(0):
                raise AssertionError(f"{text!r} did not come; since then: {self.shown[self.at:]!r}")
        seen, self.at = self.shown[self.at : found + len(text)], found + len(text)
        return seen.decode(errors="replace")

    def type(self, text):
        os.write(self.master, text.encode() if isinstance(text, str) else text)

    def line(self, text):
        """Waits for the prompt, types a line, and gives what came before the prompt."""
        seen = self.until("> ")
        self.type(text + "\r")
        return seen

    def end(self, seconds=60):
        end = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < end:
            self.read(0.1)
        while self.read(0):
            pass
        if self.process.poll() is None:
            self.process.kill()
            raise AssertionError("it did not end")
        os.close(self.master)
        return self.process.returncode

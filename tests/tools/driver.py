"""What the tests of the plume command share. Standard library only."""

import json
import os
import pathlib
import pty
import subprocess
import tempfile
import unittest

PLUME = os.environ["PLUME_TOOL"]
TINY = os.environ["PLUME_TINY_MODEL"]  # written by tests/support/write_tiny_model.cpp; beside it the vocabulary alone
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

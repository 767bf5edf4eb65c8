#!/usr/bin/env python3
"""Ctrl-C: once stops within 50 ms and exits 130, twice leaves at once."""

import os
import signal
import statistics
import subprocess
import time
import unittest

from driver import PLUME, TINY, ToolTest

ENDLESS = ["--ctx", "200000", "-n", "190000", "--temp", "0.5"]
LIMIT = 0.05  # seconds, for the median; a busy machine may take longer now and then
PATIENCE = 2.0  # for the slowest


class CtrlC(ToolTest):
    def endless(self):
        """Options that keep the tiny model talking: its end token is forbidden."""
        eos = self.json_of(self.plume("info", "--json", TINY))["tokenizer"]["eos"]
        return [*ENDLESS, "--logit-bias", f"{eos}=-inf"]

    def stop(self, process, times=1):
        begin = time.monotonic()
        for _ in range(times):
            process.send_signal(signal.SIGINT)
        code = process.wait(timeout=30)
        return code, time.monotonic() - begin

    def check(self, seconds):
        print(f"median {statistics.median(seconds) * 1000:.1f} ms, slowest {max(seconds) * 1000:.1f} ms of {len(seconds)}")
        self.assertLess(max(seconds), PATIENCE)
        self.assertLess(statistics.median(seconds), LIMIT)

    def start(self, *words, **more):
        process = subprocess.Popen([PLUME, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        return process

    def test_while_generating(self):
        seconds, endless = [], self.endless()
        for i in range(10):
            process = self.start("run", TINY, "-p", "The", *endless)
            process.stdout.read(20 * (i + 1))
            code, took = self.stop(process)
            self.assertEqual(code, 130)
            seconds.append(took)
            self.assertIn(b"stopped", process.stderr.read())
        self.check(seconds)

    def test_json_of_a_stopped_answer(self):
        process = self.start("run", TINY, "-p", "The", "--json", *self.endless())
        time.sleep(0.5)
        code, _ = self.stop(process)
        self.assertEqual(code, 130)
        self.assertIn(b'"stop_reason":"stopped"', process.stdout.read())

    def test_while_reading_a_long_prompt(self):
        path, seconds = self.file("long.txt", b"Dear customer, thank you for your letter. " * 8000), []
        for i in range(5):
            process = self.start("run", TINY, "-q", "-f", path, "--ctx", "200000")
            time.sleep(0.3 + 0.05 * i)
            self.assertIsNone(process.poll(), "the prompt was read before it could be interrupted")
            code, took = self.stop(process)
            self.assertEqual(code, 130)
            self.assertEqual(process.stdout.read(), b"")
            seconds.append(took)
        self.check(seconds)

    def test_while_waiting_for_input(self):
        for words in (["run", TINY, "-q"], ["tokenize", TINY]):
            process = self.start(*words, stdin=subprocess.PIPE)
            self.addCleanup(process.stdin.close)
            time.sleep(0.2)
            code, took = self.stop(process)
            self.assertEqual(code, 130)
            self.assertLess(took, PATIENCE)

    def test_while_nobody_reads_the_output(self):
        reader, writer = os.pipe()
        ids = self.file("ids.txt", b"20 21 22 23 24 25 26 27 " * 50000)
        with open(ids, "rb") as stdin:
            process = subprocess.Popen([PLUME, "detokenize", TINY], stdin=stdin, stdout=writer)
        time.sleep(0.5)
        self.assertIsNone(process.poll())
        code, took = self.stop(process)
        self.assertEqual(code, 130)
        self.assertLess(took, PATIENCE)
        os.close(reader)
        os.close(writer)

    def test_twice_leaves_at_once(self):
        process = self.start("run", TINY, "-p", "The", *self.endless())
        process.stdout.read(10)
        code, took = self.stop(process, times=2)
        self.assertEqual(code, 130)
        self.assertLess(took, PATIENCE)

    def test_other_commands(self):
        text = self.file("text.txt", b"Dear customer, thank you for your letter. " * 30000)
        for words in (["perplexity", TINY, text, "--ctx", "20000"], ["imatrix", TINY, text, self.folder / "sums.gguf", "--ctx", "20000"], ["bench", TINY, "-p", "100000", "--repeat", "10"], ["logits", TINY, "--tokens", ",".join(["9"] * 60000)]):
            process = self.start(*words)
            time.sleep(0.8)
            self.assertIsNone(process.poll(), words[0])
            code, took = self.stop(process)
            self.assertEqual(code, 130, words[0])
            self.assertLess(took, PATIENCE)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""A real talk: SmolLM2 by the template in its file."""

import os
import pathlib
import unittest

from driver import Terminal, ToolTest

FOLDER = os.environ.get("PLUME_MODELS") or str(pathlib.Path(__file__).resolve().parents[2] / "models")
MODEL = os.path.join(FOLDER, "SmolLM2-135M-Instruct.Q4_1.gguf")
SYSTEM = "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"
OPTIONS = ["-n", "40", "--temp", "0"]


@unittest.skipUnless(os.path.exists(MODEL), "SKIPPED: SmolLM2 is not there (tools/get_model.sh smollm2 fetches it)")
class SmolLM2(ToolTest):
    def by_hand(self, text):
        return self.plume("run", MODEL, "-q", "--raw", "--parse-special", *OPTIONS, "-p", text).stdout.decode()

    def test_answers_are_those_of_the_format_written_by_hand(self):
        question = "What should I bring to a business meeting with a new customer? Give three short tips."
        want = self.by_hand(f"{SYSTEM}<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n")
        self.assertGreater(len(want), 60)
        self.assertEqual(self.plume("run", MODEL, "-q", *OPTIONS, "-p", question).stdout.decode(), want)

    def test_a_talk_in_a_terminal(self):
        t = Terminal("chat", MODEL, *OPTIONS)
        self.addCleanup(t.process.kill)
        t.line("What is the capital of France?")
        first = self.by_hand(f"{SYSTEM}<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n")
        t.until(first[:20])
        t.line("Name one sight there.")
        second = self.by_hand(f"{SYSTEM}<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n{first}<|im_end|>\n"
                              "<|im_start|>user\nName one sight there.<|im_end|>\n<|im_start|>assistant\n")
        t.until(second[:20])
        t.until("> ")
        t.type("\x04")
        self.assertEqual(t.end(), 0)


if __name__ == "__main__":
    unittest.main()

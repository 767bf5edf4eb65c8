#!/usr/bin/env python3
"""template, and run by the template: the prompt that messages become, and nothing else."""

import json
import unittest

from driver import CHAT, TINY, ToolTest

TALK = [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Hi <|im_end|> é"}]
PROMPT = "<|im_start|>system\nBe short.<|im_end|>\n<|im_start|>user\nHi <|im_end|> é<|im_end|>\n"
ANSWER = "<|im_start|>assistant\n"


class Template(ToolTest):
    def setUp(self):
        super().setUp()
        self.messages = self.file("talk.json", json.dumps(TALK).encode())

    def rendered(self, *words):
        done = self.plume("template", *words)
        self.assertEqual(done.stderr, b"")
        return done.stdout.decode()

    def test_the_prompt_and_nothing_else(self):
        self.assertEqual(self.rendered(CHAT, "--messages", self.messages), PROMPT + ANSWER)
        self.assertEqual(self.rendered(CHAT, "--messages", self.messages, "--no-answer"), PROMPT)
        self.assertEqual(self.rendered(CHAT, "--messages", self.messages, "--set", 'note="n"'), PROMPT + "n" + ANSWER)

    def test_a_template_of_ones_own(self):
        source = self.file("own.jinja", b"{{ bos_token }}{{ messages|length }}{{ tools|length }}{{ x }}{{ y.z }}{{ strftime_now('%Y-%m-%d %H:%M') }}{{ eos_token }}")
        tools = self.file("tools.json", b"[{}, {}]")
        words = ["--jinja", source, "--messages", self.messages, "--tools", tools, "--set", "x=true", "--set", 'y={"z": 5}', "--now", "2026-03-07 14:05"]
        self.assertEqual(self.rendered(*words, "--bos", "<b>", "--eos", "<e>"), "<b>22True52026-03-07 14:05<e>")
        self.assertEqual(self.rendered(CHAT, *words), "<|endoftext|>22True52026-03-07 14:05<|endoftext|>")

    def test_ids_are_those_of_the_marked_prompt(self):
        ids = self.rendered(CHAT, "--messages", self.messages, "--ids").split()
        controls = self.plume("tokenize", CHAT, "--no-bos", "--parse-special", stdin=b"<|im_start|><|im_end|>").stdout.decode().split()
        self.assertEqual([i for i in ids if i in controls], controls * 2 + controls[:1])

    def test_errors_are_one_line(self):
        self.one_message(self.plume("template", TINY, "--messages", self.messages, expect=1))
        for content in (b"{}", b"[", b"\xff", b""):
            self.one_message(self.plume("template", CHAT, "--messages", self.file("bad.json", content), expect=1 if content != b"{}" else None))
        self.one_message(self.plume("template", "--jinja", self.file("bad.jinja", b"{% for %}"), "--messages", self.messages, expect=1))
        refusal = self.file("no.jinja", b"{{ raise_exception('never') }}")
        self.assertIn("never", self.one_message(self.plume("template", "--jinja", refusal, "--messages", self.messages, expect=1)))


class Run(ToolTest):
    options = ["-n", "20", "--temp", "0", "--json"]

    def test_a_message_is_what_its_format_written_by_hand_is(self):
        by_hand = self.json_of(self.plume("run", CHAT, *self.options, "--raw", "--parse-special", "-p", "<|im_start|>user\nThe office<|im_end|>\n" + ANSWER))
        answer = self.json_of(self.plume("run", CHAT, *self.options, "-p", "The office"))
        self.assertEqual((answer["text"], answer["prompt_tokens"]), (by_hand["text"], by_hand["prompt_tokens"]))
        for piped in (b"The office", b"The office\n", b"The office\r\n"):
            self.assertEqual(self.json_of(self.plume("run", CHAT, *self.options, stdin=piped))["text"], answer["text"])
            self.assertEqual(self.json_of(self.plume("run", CHAT, *self.options, "-f", self.file("message.txt", piped)))["text"], answer["text"])

    def test_system_and_echo(self):
        by_hand = self.json_of(self.plume("run", CHAT, *self.options, "--raw", "--parse-special", "-p", "<|im_start|>system\nBe short.<|im_end|>\n<|im_start|>user\nThe<|im_end|>\n" + ANSWER))
        answer = self.json_of(self.plume("run", CHAT, *self.options, "--system", "Be short.", "-p", "The", "--echo"))
        self.assertTrue(answer["text"].startswith("<|im_start|>system\nBe short.<|im_end|>\n"), answer["text"])
        self.assertTrue(answer["text"].endswith(ANSWER + by_hand["text"]))

    def test_a_message_spells_no_control_token(self):
        plain = self.json_of(self.plume("run", CHAT, *self.options, "-p", "<|im_end|>"))["prompt_tokens"]
        empty = self.json_of(self.plume("run", CHAT, *self.options, "-p", ""))["prompt_tokens"]
        self.assertGreater(plain, empty + 4)

    def test_a_model_without_template_continues_text(self):
        self.assertEqual(self.json_of(self.plume("run", TINY, *self.options, "-p", "The"))["text"], self.json_of(self.plume("run", TINY, *self.options, "--raw", "-p", "The"))["text"])


if __name__ == "__main__":
    unittest.main()

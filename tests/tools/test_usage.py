#!/usr/bin/env python3
"""Help, wrong usage, bad files: exit codes and messages of the plume command."""

import os
import pathlib
import unittest

from driver import CHAT, TINY, ToolTest, data, needs_data

COMMANDS = ["run", "chat", "template", "info", "plan", "check", "tokenize", "detokenize", "logits", "perplexity", "imatrix", "bench"]


class Usage(ToolTest):
    def test_version_and_overview(self):
        self.assertRegex(self.plume("--version").stdout, rb"^plume \d+\.\d+\.\d+")
        overview = self.plume("--help").stdout.decode()
        for command in COMMANDS:
            self.assertIn(f"  {command} ", overview)

    def test_every_help_fits(self):
        for command in COMMANDS + ["convert", "quantize"]:
            text = self.plume(command, "--help").stdout.decode()
            self.assertRegex(text, rf"^usage: plume {command} (\[?MODEL|FOLDER OUT|IN OUT TYPE)")
            self.assertLessEqual(len(text.splitlines()), 24, command)
            options = [line for line in text.splitlines() if line.startswith("  -")]
            self.assertLessEqual(len(options), 25, command)
            self.assertTrue(all(len(line) <= 100 for line in text.splitlines()), text)

    def test_help_all_shows_more(self):
        self.assertIn(b"--no-mmap", self.plume("run", "--help-all").stdout)

    def test_wrong_usage_is_told_in_one_line_with_exit_code_2(self):
        for words in ([], ["rnu"], ["run"], ["run", TINY, "--tmep", "1"], ["run", "--treads", "4", TINY], ["run", TINY, "-p"], ["run", TINY, "extra", "-p", "x"],
                      ["run", TINY, "-p", "x", "-f", "y"], ["run", TINY, "-p", "x", "--system", "y"], ["run", CHAT, "-p", "x", "--parse-special"],
                      ["run", CHAT, "-p", "x", "--raw", "--system", "y"], ["run", CHAT, "-p", "x", "--set", "a"], ["run", CHAT, "-p", "x", "--set", "a=b"],
                      ["chat"], ["chat", CHAT, "-n", "0"], ["template"], ["template", CHAT], ["template", "--jinja", "x", "--ids", "--messages", "y"],
                      ["template", CHAT, "--messages", "x", "--now", "today"], ["run", TINY, "-p", "x", "--kv-type", "q8"], ["run", TINY, "-p", "x", "--activations", "a4"],
                      ["run", TINY, "-p", "x", "--cpu-target", "sse9"], ["run", TINY, "-p", "x", "--stop", ""], ["run", TINY, "-p", "x", "--logit-bias", "5"],
                      ["run", TINY, "-p", "x", "--logit-bias", "x=5"], ["run", TINY, "-p", "x", "--logit-bias", "5=nan"], ["run", TINY, "-p", "x", "--logit-bias", "5=inf"],
                      ["run", TINY, "-p", "x", "--logit-bias", "-1=1"], ["logits", TINY], ["logits", TINY, "--tokens", "1,x"], ["logits", TINY, "--tokens", "-1"],
                      ["logits", TINY, "--tokens", "99999999999"], ["bench", TINY, "-p", "0", "-n", "0"], ["perplexity", TINY], ["imatrix", TINY, "x"], ["info"], ["--nonsense"]):
            self.one_message(self.plume(*words, expect=2))

    def test_did_you_mean(self):
        self.assertIn(b"did you mean 'run'", self.plume("rnu", expect=2).stderr)
        self.assertIn(b"did you mean 'detokenize'", self.plume("detokenise", expect=2).stderr)
        self.assertIn(b"did you mean '--threads'", self.plume("run", "--treads", "4", TINY, expect=2).stderr)
        self.assertIn(b"did you mean '--temp'", self.plume("run", TINY, "--tmep=1", expect=2).stderr)
        self.assertNotIn(b"did you mean", self.plume("qqqqqqqq", expect=2).stderr)

    def test_control_characters_of_a_wrong_word_are_not_shown(self):
        self.one_message(self.plume("run\x1b[31m", expect=2))
        self.one_message(self.plume("run", TINY, "--\x1b[31mtemp", "1", expect=2))
        self.one_message(self.plume("run", b"no\x1b[2Jsuch\xff.gguf".decode("utf-8", "surrogateescape"), "-p", "x", expect=1))


class BadFiles(ToolTest):
    def test_each_is_one_line_and_exit_code_1(self):
        good = pathlib.Path(TINY).read_bytes()
        files = {
            "missing": self.folder / "missing.gguf",
            "folder": self.folder,
            "empty": self.file("empty.gguf", b""),
            "page": self.file("page.gguf", b"<!DOCTYPE html><html><head><title>Not found</title></head></html>"),
            "lfs": self.file("lfs.gguf", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"),
            "short": self.file("short.gguf", good[: len(good) - 1000]),
            "header": self.file("header.gguf", good[:100]),
            "noise": self.file("noise.gguf", bytes(range(256)) * 20),
            "null": "/dev/null",
        }
        for command in (["run", "-p", "x"], ["info"], ["plan"], ["check"], ["tokenize"], ["detokenize"], ["logits", "--tokens", "1"], ["bench", "-q"]):
            for name, path in files.items():
                self.one_message(self.plume(command[0], path, *command[1:], expect=1))
        self.assertIn(b"LFS", self.plume("info", files["lfs"], expect=1).stderr)

    def test_bad_prompts(self):
        self.one_message(self.plume("run", TINY, "-f", self.folder / "none.txt", expect=1))
        self.one_message(self.plume("run", TINY, "-f", self.folder, expect=1))
        long = self.plume("run", TINY, "-p", "word " * 2000, expect=1)
        self.assertRegex(self.one_message(long), r"\d+.*\d+")  # both numbers

    def test_bad_ids(self):
        for words in (b"1 2 x", b"1 -2", b"99999999999999", b"1.5", b"100000"):
            self.one_message(self.plume("detokenize", TINY, stdin=words, expect=1))
        self.one_message(self.plume("logits", TINY, "--tokens", "1,100000", expect=1))

    def test_check_says_good(self):
        self.assertIn(b"good", self.plume("check", TINY).stdout)

    @needs_data
    def test_vocabularies_have_info_and_do_not_run(self):
        for name in sorted(os.listdir(data("vocab"))):
            if name.endswith(".gguf"):
                self.plume("info", data("vocab/" + name))
                self.json_of(self.plume("info", "--json", data("vocab/" + name)))
                self.one_message(self.plume("run", data("vocab/" + name), "-p", "x", expect=1))


if __name__ == "__main__":
    unittest.main()

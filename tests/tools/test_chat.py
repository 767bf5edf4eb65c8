#!/usr/bin/env python3
"""A talk in a terminal and through a pipe, with a small random model whose answers are cut by -n."""

import json
import os
import stat
import time
import unittest

from driver import CHAT, TINY, Terminal, ToolTest

SHORT = ["-n", "6", "--temp", "0"]


class Pipe(ToolTest):
    def saved(self, *lines, options=SHORT, **more):
        """The messages of a talk whose input is these lines, and what it printed."""
        path = self.folder / "saved.json"
        done = self.plume("chat", CHAT, *options, stdin="".join(line + "\n" for line in (*lines, f"/save {path}")).encode(), **more)
        return json.loads(path.read_text(encoding="utf-8")), done

    def test_a_line_is_a_message_and_answers_alone_are_on_stdout(self):
        messages, done = self.saved("Hello", "", "The office é")
        self.assertEqual([m["role"] for m in messages], ["user", "assistant", "user", "assistant"])
        self.assertEqual([messages[0]["content"], messages[2]["content"]], ["Hello", "The office é"])
        answers = [m["content"] for m in messages if m["role"] == "assistant"]
        self.assertEqual(done.stdout.decode(), "".join(a if a.endswith("\n") else a + "\n" for a in answers if a))

    def test_answers_are_those_of_run(self):
        messages, _ = self.saved("Hello")
        self.assertEqual(messages[1]["content"], self.plume("run", CHAT, "-q", *SHORT, "-p", "Hello").stdout.decode())

    def test_commands(self):
        other = self.file("other.json", json.dumps([{"role": "user", "content": "a", "name": "Ann"}, {"role": "assistant", "content": "b", "tool_calls": [
            {"id": "1", "type": "function", "function": {"name": "f", "arguments": {"x": 1}}}]}]).encode())
        messages, done = self.saved("Hello", "/clear", "/system Be short.", "The office", "/regen", f"/load {other}", "more", "/system -", "/system", "/help")
        self.assertEqual([m["content"] for m in messages[:3]], ["a", "b", "more"])
        self.assertEqual(messages[0]["name"], "Ann")
        self.assertEqual(json.loads(messages[1]["tool_calls"][0]["function"]["arguments"]), {"x": 1})
        for command in (b"/help", b"/system", b"/clear", b"/regen", b"/save", b"/load", b"/exit"):
            self.assertIn(command, done.stderr)
        messages, _ = self.saved("Hello", "/system Be short.", "/clear", "The office", "/regen")
        self.assertEqual([m["content"] for m in messages[:2]], ["Be short.", "The office"])
        self.assertEqual(len(messages), 3)
        messages, _ = self.saved("Hello", options=[*SHORT, "--system", "Be short."])
        self.assertEqual([m["role"] for m in messages], ["system", "user", "assistant"])

    def test_a_space_makes_a_message_of_a_command_and_a_mistake_ends_a_pipe(self):
        messages, _ = self.saved(" /help")
        self.assertEqual(messages[0]["content"], " /help")
        self.assertIn(b"did you mean '/help'", self.plume("chat", CHAT, stdin=b"/hlp\nHello\n", expect=1).stderr)
        self.assertEqual(self.plume("chat", CHAT, stdin=b"/exit\nHello\n").stdout, b"")
        for line in (b"/load /nowhere", b"/save", b"/load", b"/regen", b"/save /nowhere/x"):
            self.one_message(self.plume("chat", CHAT, "-q", stdin=line + b"\n", expect=1))

    def test_save_replaces_a_talk_and_nothing_else(self):
        letter = self.file("letter.txt", b"Dear customer")
        self.one_message(self.plume("chat", CHAT, "-q", stdin=f"/save {letter}\n".encode(), expect=1))
        self.assertEqual(letter.read_bytes(), b"Dear customer")
        self.saved("Hello")
        self.saved("Hello", "Hello")
        self.assertEqual(stat.S_IMODE((self.folder / "saved.json").stat().st_mode), 0o600)
        self.assertEqual(sorted(os.listdir(self.folder)), ["letter.txt", "saved.json"])

    def test_a_full_context_is_an_error_with_numbers(self):
        done = self.plume("chat", CHAT, *SHORT, "--ctx", "60", stdin=("word " * 60 + "\n").encode(), expect=1)
        self.assertRegex(self.one_message(done), r"needs \d+ tokens.*room for 60.*/clear")
        self.assertEqual(done.stdout, b"")

    def test_a_model_without_template(self):
        self.assertIn("--jinja", self.one_message(self.plume("chat", TINY, stdin=b"Hello\n", expect=1)))
        template = self.file("own.jinja", b"{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}")
        self.plume("chat", TINY, *SHORT, "--jinja", template, stdin=b"Hello\n")


class OnTerminal(ToolTest):
    def endless(self):
        ids = self.plume("tokenize", CHAT, "--no-bos", "--parse-special", stdin=b"<|endoftext|><|im_start|><|im_end|>").stdout.decode().split()
        # Without a progress bar, so that what is shown is the answer.
        return ["-q", "--ctx", "100000", "--temp", "0.7", *[w for i in ids for w in ("--logit-bias", f"{i}=-inf")]]

    def talk(self, *options, words=None, **more):
        t = Terminal(*(words or ["chat", CHAT]), *options, **more)
        self.addCleanup(t.process.kill)
        return t

    def saved(self, t):
        path = self.folder / "talk.json"
        t.line(f"/save {path}")
        t.until("messages are in")
        return json.loads(path.read_text(encoding="utf-8"))

    def terminals(self):
        """With the line editor, where plume has it, and with the terminal's own line."""
        return ({}, {"TERM": "dumb"})

    def test_a_talk_ends_by_ctrl_d(self):
        for environment in self.terminals():
            t = self.talk(*SHORT, environment=environment)
            t.line("Hello é")
            self.assertEqual([m["content"] for m in self.saved(t)][:1], ["Hello é"])
            t.line("/system Be short.")
            t.until("from now on")
            t.line("/regen")
            t.line("/help")
            t.until("/clear")
            self.assertEqual([m["role"] for m in self.saved(t)], ["system", "user", "assistant"])
            t.line("/clear")
            t.until("forgotten")
            t.line(f"/load {self.folder / 'talk.json'}")
            t.until("3 messages")
            t.until("> ")
            t.type("\x04")
            self.assertEqual(t.end(), 0)

    def test_exit(self):
        t = self.talk(*SHORT)
        t.line("/exit")
        self.assertEqual(t.end(), 0)

    def test_a_paste_of_several_lines_is_one_message(self):
        for environment in self.terminals():
            t = self.talk(*SHORT, environment=environment)
            t.until("> ")
            if environment:
                t.type("one\n/two\nthree\n")
            elif b"\x1b[?2004h" in t.shown:
                t.type("\x1b[200~one\r/two\rthree\x1b[201~")
                time.sleep(0.2)
                t.type(" and more\r")
            else:
                continue
            want = "one\n/two\nthree" + ("" if environment else " and more")
            messages = self.saved(t)
            self.assertEqual([m["content"] for m in messages][:1], [want])
            self.assertEqual(len(messages), 2)
            t.line("/exit")
            self.assertEqual(t.end(), 0)

    def test_ctrl_c_stops_the_answer_and_the_talk_goes_on(self):
        for environment in self.terminals():
            t = self.talk(*self.endless(), environment=environment)
            for i in range(3):
                t.line(f"Hello {i}")
                before = len(t.shown)
                while len(t.shown) < before + 300:
                    self.assertTrue(t.read(60))
                t.type("\x03")
                t.until("stopped")
            messages = self.saved(t)
            self.assertEqual([m["role"] for m in messages], ["user", "assistant"] * 3)
            self.assertTrue(all(m["content"] for m in messages))
            t.line("/exit")
            self.assertEqual(t.end(), 0)

    def test_ctrl_c_at_the_prompt(self):
        t = self.talk(*SHORT)
        edits = b"\x1b[?2004h" in t.until("> ").encode()
        if edits:
            t.type("half a line")
            t.until("line")
        t.type("\x03")
        t.until("once more" if edits else "leaves")
        t.until("> ")
        t.type("\x03")
        self.assertEqual(t.end(), 130)

    def test_run_alone_opens_a_talk(self):
        t = self.talk(*SHORT, words=["run", CHAT])
        t.line("Hello")
        self.assertEqual(len(self.saved(t)), 2)
        t.until("> ")
        t.type("\x04")
        self.assertEqual(t.end(), 0)
        t = self.talk(words=["run", TINY])
        t.until("no chat template")
        self.assertEqual(t.end(), 2)

    def test_nothing_reaches_the_disk_but_by_save(self):
        home = self.folder / "home"
        home.mkdir()
        t = self.talk(*SHORT, environment={"HOME": str(home)}, cwd=home)
        t.line("Hello secret")
        t.line("/exit")
        self.assertEqual(t.end(), 0)
        self.assertEqual(os.listdir(home), [])


if __name__ == "__main__":
    unittest.main()

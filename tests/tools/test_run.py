#!/usr/bin/env python3
"""run, logits, perplexity, bench: what they print, and where."""

import hashlib
import os
import pathlib
import resource
import subprocess
import unittest

from driver import PLUME, TINY, ToolTest, data, needs_data

TARGETS = ("scalar", "avx2", "avx512", "avx512vnni", "amx")


class Run(ToolTest):
    def test_prompt_file_and_stdin_are_the_same(self):
        options = ["-q", "-n", "20", "--temp", "0"]
        path = self.file("prompt.txt", b"Dear customer,\nthank you")
        answers = [self.plume("run", TINY, *options, "-p", path.read_text()), self.plume("run", TINY, *options, "-f", path), self.plume("run", TINY, *options, stdin=path.read_bytes())]
        self.assertEqual(len({a.stdout for a in answers}), 1)
        self.assertGreater(len(answers[0].stdout), 0)
        self.assertEqual(answers[0].stderr, b"")

    def test_text_alone_on_stdout_and_one_timing_line_with_the_seed_on_stderr(self):
        done = self.plume("run", TINY, "-n", "20", "-p", "The", "--seed", "77")
        self.assertRegex(done.stderr, rb"^plume: prompt \d+ tokens.*answer \d+ token.*seed 77\n$")
        self.assertEqual(done.stdout, self.plume("run", TINY, "-q", "-n", "20", "-p", "The", "--seed", "77").stdout)

    def test_the_printed_seed_gives_the_same_text_again(self):
        first = self.plume("run", TINY, "-n", "30", "-p", "The")
        seed = first.stderr.decode().rsplit(" ", 1)[1].strip()
        self.assertEqual(self.plume("run", TINY, "-q", "-n", "30", "-p", "The", "--seed", seed).stdout, first.stdout)
        self.assertGreater(len({self.plume("run", TINY, "-q", "-n", "30", "-p", "The").stdout for _ in range(4)}), 1)

    def test_json(self):
        done = self.plume("run", TINY, "--json", "-n", "20", "-p", "The", "--seed", "18446744073709551615")
        answer = self.json_of(done)
        self.assertEqual(answer["seed"], 2**64 - 1)
        self.assertIn(answer["stop_reason"], ("end", "length"))
        self.assertGreater(answer["prompt_tokens"], 0)
        self.assertLessEqual(answer["generated_tokens"], 20)
        self.assertEqual(answer["text"].encode(), self.plume("run", TINY, "-n", "20", "-p", "The", "--seed", 2**64 - 1).stdout)
        for key in ("load_seconds", "prefill_seconds", "decode_seconds"):
            self.assertGreaterEqual(answer[key], 0)

    def test_json_is_valid_whatever_the_prompt(self):
        path = self.file("bytes.txt", bytes(range(256)) * 3)
        answer = self.json_of(self.plume("run", TINY, "--json", "--echo", "-n", "5", "-f", path, "--ctx", "3000"))
        self.assertIn("\ufffd", answer["text"])

    def test_echo_and_stop(self):
        plain = self.plume("run", TINY, "-q", "-n", "30", "--temp", "0", "-p", "The").stdout.decode()
        self.assertEqual(self.plume("run", TINY, "-q", "-n", "30", "--temp", "0", "-p", "The", "--echo").stdout.decode(), "The" + plain)
        stop = plain[5:8]
        answer = self.json_of(self.plume("run", TINY, "--json", "-n", "30", "--temp", "0", "-p", "The", "--stop", "never there", "--stop", stop))
        self.assertEqual(answer["text"], plain[: plain.index(stop)])
        self.assertEqual(answer["stop_reason"], "stop_string")

    def test_an_empty_prompt_is_bos_alone(self):
        self.assertEqual(self.json_of(self.plume("run", TINY, "--json", "-n", "3", "-p", ""))["prompt_tokens"], 1)

    def test_logit_bias_forces_and_forbids(self):
        word = self.plume("tokenize", TINY, "--no-bos", stdin=b" the").stdout.split()[-1].decode()
        forced = ["run", TINY, "-q", "-n", "3", "--temp", "0", "-p", "The", "--logit-bias", f"{word}=1000"]
        text = self.plume(*forced).stdout
        self.assertEqual(text, text[: len(text) // 3] * 3)
        self.assertIn(b"the", text)
        self.assertNotIn(text[: len(text) // 3], self.plume(*forced, "--logit-bias", f"{word}=-inf").stdout)

    def test_no_mmap_raw_and_kv_types(self):
        for options in (["--no-mmap"], ["--raw"], ["--kv-type", "f32"], ["--activations", "a8"], ["--parse-special"]):
            self.plume("run", TINY, "-q", "-n", "3", "-p", "The", *options)

    @needs_data
    def test_stories_tell_what_the_original_program_told(self):
        want = pathlib.Path(data("models/stories260K/greedy-257.txt")).read_text(encoding="utf-8").strip()
        model = data("models/stories260K/stories260K.gguf")
        options = [["--threads", n] for n in (1, 2, 4)] + [["--cpu-target", t] for t in TARGETS]
        ran = 0
        for option in options:
            done = self.plume("run", model, "--temp", "0", "--ctx", "512", "-n", "257", "--raw", "-p", "", *option, expect=None)
            if done.returncode == 1 and option[0] == "--cpu-target" and option[1] != "scalar":
                print(f"this CPU does not run {option[1]}: {done.stderr.decode().strip()}")
                continue
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(done.stdout.decode().strip(), want, option)
            ran += 1
        self.assertGreaterEqual(ran, 4)


class Terminal(ToolTest):
    def test_nothing_to_continue_is_a_hint(self):
        code, shown = self.on_terminal("run", TINY)
        self.assertEqual(code, 2)
        self.assertIn(b"-p", shown)

    def test_generated_text_loses_control_characters_on_a_terminal_only(self):
        prompt = "a\x1b[31mb\x07c\x7fd\x9be\tf\ng"
        code, shown = self.on_terminal("run", TINY, "-q", "-n", "0", "--echo", "-p", prompt)
        self.assertEqual((code, shown), (0, b"a[31mbcde\tf\ng\n"))
        self.assertEqual(self.plume("run", TINY, "-q", "-n", "0", "--echo", "-p", prompt).stdout, prompt.encode())

    def test_no_colours_and_the_timing_line_on_a_line_of_its_own(self):
        for environment in ({}, {"NO_COLOR": "1"}):
            code, shown = self.on_terminal("run", TINY, "-n", "5", "-p", "The", environment=environment)
            self.assertEqual(code, 0)
            self.assertNotRegex(shown, rb"\x1b\[[0-9;]*m")
            self.assertRegex(shown, rb"(^|\n)plume: prompt")

    def test_a_notice_does_not_stand_in_the_middle_of_the_echo(self):
        path = self.file("brief.txt", "Prix : 5 €".encode("cp1252"))
        code, shown = self.on_terminal("run", TINY, "-q", "-n", "0", "--echo", "-f", path)
        self.assertEqual(code, 0)
        self.assertRegex(shown.decode(), "^plume: note: [^\n]*\nPrix : 5 \ufffd\n$")


class Writing(ToolTest):
    def test_a_full_device_is_an_error(self):
        for words in (["run", TINY, "-q", "-n", "5", "--seed", "1", "-p", "The"], ["info", TINY], ["--help"], ["run", "--help"], ["tokenize", TINY], ["plan", TINY, "--json"]):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([PLUME, *words], stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE, timeout=60)
            self.assertEqual(done.returncode, 1, words)
            self.one_message(done)
        self.one_message(self.plume("logits", TINY, "--tokens", "1,2", "--out", "/dev/full", expect=1))
        self.one_message(self.plume("logits", TINY, "--tokens", "1,2", "--out", self.folder / "no" / "file", expect=1))
        limit = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))}
        self.one_message(self.plume("logits", TINY, "--tokens", "1,2", "--out", self.folder / "file", expect=1, **limit))

    def test_a_closed_pipe_ends_quietly(self):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([PLUME, "run", TINY, "-q", "-n", "200", "-p", "The"], stdout=writer, stderr=subprocess.PIPE, timeout=60)
        os.close(writer)
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_closed_standard_descriptors(self):
        done = subprocess.run(["sh", "-c", f'"{PLUME}" run "{TINY}" -q -n 3 -p The >&-'], stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.one_message(done)
        self.assertEqual(subprocess.run(["sh", "-c", f'"{PLUME}" run "{TINY}" -n 3 -p The 2>&- >"{self.folder}/out"'], timeout=60).returncode, 0)
        self.assertEqual(subprocess.run(["sh", "-c", f'"{PLUME}" tokenize "{TINY}" <&-'], stderr=subprocess.PIPE, timeout=60).returncode, 1)


class Figures(ToolTest):
    def test_logits_have_one_hash(self):
        out = self.folder / "logits.bin"
        base = self.plume("logits", TINY, "--tokens", "1,20,30,40,50,60,70", "--out", out).stdout
        self.assertEqual(base.decode(), "sha256 " + hashlib.sha256(out.read_bytes()).hexdigest() + "\n")
        vocabulary = self.json_of(self.plume("info", "--json", TINY))["config"]["vocabulary"]
        self.assertEqual(out.stat().st_size, 7 * vocabulary * 4)
        for options in (["--chunk", 1], ["--chunk", 3], ["--threads", 1], ["--threads", 3], ["--no-mmap"], ["--cpu-target", "scalar"]):
            self.assertEqual(self.plume("logits", TINY, "--tokens", "1,20,30,40,50,60,70", *options).stdout, base, options)
        self.assertNotEqual(self.plume("logits", TINY, "--tokens", "1,20,30,40,50,60,71").stdout, base)

    def test_perplexity(self):
        text = self.file("text.txt", b"Dear customer, thank you for your letter about the delivery. " * 30)
        done = self.plume("perplexity", TINY, text, "--ctx", "64")
        self.assertRegex(done.stdout, rb"^perplexity \d+\.\d+\n$")
        self.one_message(self.plume("perplexity", TINY, self.file("short.txt", b"Dear"), expect=1))

    @needs_data
    def test_perplexity_of_the_shared_text(self):
        for model, exact, options, share in (("stories260K/stories260K.gguf", 4.1632, [], 0.0005 / 4.1632), ("tiny/tiny-f32.gguf", 833.5191, ["--kv-type", "f32"], 5e-5),
                                             ("tiny/tiny-q4_k_s.gguf", 840.1069, ["--activations", "a16", "--kv-type", "f32"], 2e-4)):
            done = self.plume("perplexity", data("models/" + model), data("models/text.txt"), "--ctx", "128", *options, timeout=300)
            self.assertAlmostEqual(float(done.stdout.split()[1]), exact, delta=exact * share)

    def test_bench_json(self):
        result = self.json_of(self.plume("bench", TINY, "--json", "-p", "32", "-n", "8", "--depth", "16", "--repeat", "3", "--threads", "2", timeout=300))
        for part, tokens in (("prefill", 32), ("decode", 8)):
            self.assertEqual(result[part]["tokens"], tokens)
            self.assertEqual(len(result[part]["runs"]), 3)
            self.assertLessEqual(result[part]["least"], result[part]["tokens_per_second"])
            self.assertGreater(result[part]["tokens_per_second"], 0)
        for peak in ("int8_ops_per_second", "f32_ops_per_second", "read_bytes_per_second"):
            self.assertGreater(result["peaks"][peak], 1e8)
        self.assertEqual(result["threads"], 2)

    def test_bench_text(self):
        shown = self.plume("bench", TINY, "-p", "8", "-n", "0", "--repeat", "1", timeout=300).stdout
        self.assertIn(b"prefill", shown)
        self.assertNotIn(b"decode", shown)


if __name__ == "__main__":
    unittest.main()

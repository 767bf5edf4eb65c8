#!/usr/bin/env python3
"""tokenize, detokenize, info, plan: text in and out, JSON, encodings."""

import pathlib
import unittest

from driver import TINY, VOCABULARY, ToolTest, data, needs_data

TEXTS = ["Dear customer, thank you.", "", " ", "a\r\nb\n\n\tc", "Überweisung über 5 €, 日本語, 🦊", "x" * 5000]


class Text(ToolTest):
    def test_detokenize_undoes_tokenize(self):
        for model in (TINY, VOCABULARY):
            for text in TEXTS:
                ids = self.plume("tokenize", model, stdin=text.encode())
                self.assertRegex(ids.stdout, rb"^\d+( \d+)*\n$")
                self.assertEqual(self.plume("detokenize", model, stdin=ids.stdout).stdout, text.encode())

    def test_no_bos_takes_off_the_first_id(self):
        with_bos = self.plume("tokenize", TINY, stdin=b"Dear").stdout.split()
        self.assertEqual(self.plume("tokenize", TINY, "--no-bos", stdin=b"Dear").stdout.split(), with_bos[1:])

    def test_commas_and_newlines_between_ids(self):
        ids = self.plume("tokenize", TINY, stdin=b"Dear customer").stdout.split()
        self.assertEqual(self.plume("detokenize", TINY, stdin=b",\n ".join(ids)).stdout, b"Dear customer")
        self.assertEqual(self.plume("detokenize", TINY).stdout, b"")

    def test_between_takes_and_gives_many_texts(self):
        for model in (TINY, VOCABULARY):
            texts = [text.encode() for text in TEXTS]
            lines = self.plume("tokenize", model, "--between", "<next>", stdin=b"<next>".join(texts))
            self.assertEqual(lines.stdout, b"".join(self.plume("tokenize", model, stdin=text).stdout for text in texts))
            back = self.plume("detokenize", model, "--between", "<next>", stdin=lines.stdout)
            self.assertEqual(back.stdout, b"<next>".join(texts))
        self.assertEqual(self.plume("tokenize", TINY, "--no-bos", "--between", "|", stdin=b"|").stdout, b"\n\n")
        self.assertEqual(self.plume("detokenize", TINY, "--between", "|", stdin=b"\n\n").stdout, b"|")

    def test_any_locale(self):
        for locale in ("C", "POSIX", "de_DE.ISO-8859-1"):
            ids = self.plume("tokenize", TINY, stdin="Übung €".encode(), env={"LC_ALL": locale})
            self.assertEqual(self.plume("detokenize", TINY, stdin=ids.stdout, env={"LC_ALL": locale}).stdout, "Übung €".encode())

    def test_cp1252_gets_a_notice_with_the_place_and_the_command(self):
        text = self.file("brief.txt", "Prix : 5 € à payer".encode("cp1252"))
        for words, stdin in ((["tokenize", TINY], text.read_bytes()), (["run", TINY, "-q", "-n", "1", "-f", text], b"")):
            done = self.plume(*words, stdin=stdin)
            message = done.stderr.decode()
            self.assertIn("iconv -f CP1252 -t UTF-8", message)
            self.assertIn("9", message)  # the offset of the Euro sign
        self.assertIn(str(text), message)

    def test_info_json(self):
        facts = self.json_of(self.plume("info", TINY, "--json"))
        self.assertEqual(facts["architecture"], "llama")
        self.assertEqual(facts["config"]["layers"], 2)
        self.assertEqual(sum(t["tensors"] for t in facts["types"]), facts["tensors"])
        self.assertTrue(facts["runs"])
        self.assertIn(b"architecture   llama", self.plume("info", TINY).stdout)

    def test_info_of_a_vocabulary(self):
        facts = self.json_of(self.plume("info", VOCABULARY, "--json"))
        self.assertEqual(facts["tensors"], 0)
        self.assertIsNotNone(facts["tokenizer"])
        self.assertFalse(facts["runs"])

    def test_plan_json(self):
        small, large = (self.json_of(self.plume("plan", TINY, "--json", "--ctx", n)) for n in (256, 512))
        self.assertEqual(small["total"], small["weights"] + small["text"] + small["kv"] + small["scratch"])
        self.assertLess(small["kv"], large["kv"])
        self.assertTrue(small["fits"])
        self.assertIn(b"fits", self.plume("plan", TINY).stdout)

    @needs_data
    def test_ids_of_the_vocabularies(self):
        for name in ("llama-bpe", "llama-spm", "gpt-2"):
            texts = pathlib.Path(data(f"vocab/{name}.inp")).read_bytes().split(b"\n__ggml_vocab_test__\n")
            ids = pathlib.Path(data(f"vocab/{name}.out")).read_bytes().splitlines()
            texts = texts[: len(ids)]
            self.assertEqual(len(texts), 46)
            for text, want in zip(texts, ids):
                got = self.plume("tokenize", data(f"vocab/{name}.gguf"), "--no-bos", stdin=text).stdout
                self.assertEqual(got.split(), want.split(), (name, text))


if __name__ == "__main__":
    unittest.main()

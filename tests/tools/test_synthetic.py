#!/usr/bin/env python3
"""synthetic_model and compare_peers: files of every type run, and the comparison finds its way through answers of other programs."""

import json
import os
import pathlib
import struct
import subprocess
import sys
import unittest

from driver import PLUME, TINY, ToolTest

WRITER = os.environ["PLUME_SYNTHETIC_MODEL"]
COMPARE = pathlib.Path(__file__).resolve().parents[2] / "bench/compare_peers"

# A llama-bench that answers at once: 100 tokens/s in prefill, 10 in decode; native builds may crash, as one does here for a file named so.
PEER = """#!/usr/bin/env python3
import json, sys
words = sys.argv[1:]
value = lambda name, otherwise="0": words[words.index(name) + 1] if name in words else otherwise
gp = value("-gp", "0,0").split(",")
n = max(int(value("-n")), int(gp[1]))
print("a line before")
print(json.dumps([{"build_commit": "abc", "build_number": 1, "n_prompt": int(value("-p")) if n == 0 else int(gp[0]), "n_gen": n, "avg_ts": 10.0 if n else 100.0}]))
"""


class Synthetic(ToolTest):
    def write(self, *words, expect=0):
        done = subprocess.run([WRITER, *map(str, words)], capture_output=True, timeout=120)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done

    def logits(self, path, *options):
        """The last token's."""
        out = self.folder / "logits"
        self.plume("logits", path, "--tokens", "1,70,300,511,2", "--out", out, *options)
        data = out.read_bytes()
        return struct.unpack(f"<{len(data) // 20}f", data[-len(data) // 5 :])

    def test_every_type_runs_and_says_something(self):
        path = self.folder / "model.gguf"
        kinds = ("F32", "F16", "BF16", "Q4_0", "Q8_0", "Q6_K", "Q2_K", "Q5_K", "IQ4_XS", "IQ1_M", "IQ2_XXS", "MXFP4", "TQ1_0", "TQ2_0", "Q2_K_M", "Q3_K_M", "Q4_K_M", "Q5_K_M")
        for shape, kind in [("tiny", kind) for kind in kinds] + [("tiny-experts", kind) for kind in ("F16", "Q4_0", "Q4_K_M")]:
            self.write(path, "--shape", shape, "--type", kind)
            logits = self.logits(path, "--activations", "a16")
            self.assertEqual(len(logits), 512)
            spread = (sum(x * x for x in logits) / 512) ** 0.5
            self.assertTrue(0.05 < spread < 5, f"{shape}, {kind}: logits of size {spread}")   # 0.02 · sqrt(256) = 0.3, times the output norm

    def test_the_seed_chooses_the_bytes(self):
        a, b, c = (self.folder / name for name in "abc")
        self.write(a, "--shape", "tiny", "-t", 1)
        self.write(b, "--shape", "tiny", "-t", 5)
        self.write(c, "--shape", "tiny", "--seed", 2)
        self.assertEqual(a.read_bytes(), b.read_bytes())
        self.assertNotEqual(a.read_bytes(), c.read_bytes())
        self.assertEqual(len(a.read_bytes()), len(c.read_bytes()))

    def test_text_survives_the_vocabulary(self):
        path = self.folder / "model.gguf"
        self.write(path, "--shape", "tiny")
        text = "the cat, 42 Bäume\n".encode()
        ids = self.plume("tokenize", path, stdin=text).stdout
        self.assertEqual(self.plume("detokenize", path, stdin=ids).stdout.rstrip(b"\n"), text.rstrip(b"\n"))
        other = self.folder / "other.gguf"
        self.write(other, "--shape", "135m", "--type", "IQ1_S", "--vocab", TINY)   # 512 tokens, filled up
        self.assertEqual(self.plume("tokenize", other, stdin=text).stdout, self.plume("tokenize", TINY, stdin=text).stdout)

    def test_widened_weights_give_nearly_the_same_logits(self):
        path, wide = self.folder / "model.gguf", self.folder / "wide.gguf"
        self.write(path, "--shape", "tiny", "--type", "Q5_K_M")
        self.write(wide, "--widen", path)
        a, b, rough = self.logits(path, "--activations", "a16"), self.logits(wide), self.logits(path, "--activations", "a8")
        off = lambda x: sum((p - q) ** 2 for p, q in zip(x, b)) / sum(q * q for q in b)
        self.assertLess(off(a), 1e-7)
        self.assertGreater(off(rough), 1e-7)

    def test_mistakes(self):
        path = self.folder / "model.gguf"
        self.write(path, expect=2)
        self.write(path, "--shape", "tiny", "--type", "Q9", expect=2)
        self.write(path, "--widen", self.folder / "nothing", expect=1)
        self.write(self.folder / "no/folder", "--shape", "tiny", expect=1)
        self.write(path, "--shape", "tiny", "--vocab", self.folder / "nothing", expect=1)
        self.assertEqual(list(self.folder.iterdir()), [])   # no part of a file is left

    def test_compare_peers_explains_itself(self):
        done = subprocess.run([sys.executable, str(COMPARE), "--help"], capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertIn(b"decode N after D", done.stdout)

    def test_compare_peers(self):
        path, peer = self.folder / "model.gguf", self.folder / "llama-bench"
        self.write(path, "--shape", "tiny", "--type", "Q4_0")
        peer.write_text(PEER)
        peer.chmod(0o755)
        words = [COMPARE, "--plume", PLUME, "--llama", f"native={peer}", "--ik", peer, "--activations", "a8,a16", "-R", 2, "-p", 16, "-n", 4, "-t", 1, "--json", self.folder / "out.json", path]
        done = subprocess.run([sys.executable, *map(str, words)], capture_output=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = json.loads((self.folder / "out.json").read_text())["rows"]
        self.assertEqual(len(rows), 2 * (2 + 1 + 2))
        self.assertTrue(all(len(r["rates"]) == 2 and not r["problem"] for r in rows), rows)
        lines = [line for line in done.stdout.decode().splitlines() if line.startswith("| model.gguf")]
        self.assertEqual(len(lines), 10)
        for line in lines:
            cells = [c.strip() for c in line.split("|")[1:-1]]
            rate = 100.0 if cells[1].startswith("prefill") else 10.0
            if cells[2].startswith("plume"):
                self.assertAlmostEqual(float(cells[6]) / (float(cells[3]) / rate), 1, delta=0.01)   # the ratio is that of the rates
            else:
                self.assertEqual(float(cells[3]), rate)
            self.assertIn("llama-bench -m model.gguf" if "llama" in cells[2] else "plume bench model.gguf", cells[8])

    def test_compare_peers_tells_a_failure_and_goes_on(self):
        path, peer = self.folder / "model.gguf", self.folder / "llama-bench"
        self.write(path, "--shape", "tiny", "--type", "Q4_0")
        peer.write_text("#!/bin/sh\necho broken >&2; exit 3\n")
        peer.chmod(0o755)
        words = [COMPARE, "--plume", PLUME, "--activations", "mixed", "--llama", peer, "-R", 2, "-p", 8, "-n", 0, "-t", 1, path]
        done = subprocess.run([sys.executable, *map(str, words)], capture_output=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"failed |", done.stdout)
        self.assertIn(b"broken", done.stderr)
        self.assertIn(b"| plume mixed |", done.stdout)


if __name__ == "__main__":
    unittest.main()

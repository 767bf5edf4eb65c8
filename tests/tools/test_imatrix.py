#!/usr/bin/env python3
"""imatrix and what quantize makes of it."""

import os
import struct
import subprocess
import unittest

from driver import TINY, ToolTest

SIZES = {4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}


def read_gguf(data):
    """(keys, tensors of F32 by name) of a small file."""
    at = 4

    def take(code):
        nonlocal at
        value = struct.unpack_from("<" + code, data, at)[0]
        at += struct.calcsize("<" + code)
        return value

    def text():
        nonlocal at
        n = take("Q")
        at += n
        return data[at - n : at].decode()

    def value(kind):
        if kind == 8:
            return text()
        if kind == 9:
            kind, n = take("I"), take("Q")
            return [value(kind) for _ in range(n)]
        return take(SIZES[kind])

    take("I")
    n_tensors, n_keys = take("Q"), take("Q")
    keys = {}
    for _ in range(n_keys):
        key = text()
        keys[key] = value(take("I"))
    places = {}
    for _ in range(n_tensors):
        name = text()
        dims = [take("Q") for _ in range(take("I"))]
        assert take("I") == 0
        places[name] = dims, take("Q")
    begin = (at + 31) // 32 * 32
    tensors = {}
    for name, (dims, offset) in places.items():
        n = 1
        for d in dims:
            n *= d
        tensors[name] = dims, struct.unpack_from(f"<{n}f", data, begin + offset)
    return keys, tensors


class Importance(ToolTest):
    def setUp(self):
        super().setUp()
        self.text = self.file("text.txt", b"Dear customer, thank you for your letter about the delivery. " * 30)
        self.sums = self.folder / "sums.gguf"

    def test_the_file(self):
        done = self.plume("imatrix", TINY, self.text, self.sums, "--ctx", "64", "--chunks", "3")
        self.assertEqual(done.stdout, b"")
        self.assertIn("3 chunks of 64 tokens", self.one_message(done))
        keys, tensors = read_gguf(self.sums.read_bytes())
        self.assertEqual(keys, {"general.type": "imatrix", "imatrix.datasets": [str(self.text)], "imatrix.chunk_count": 3, "imatrix.chunk_size": 64})
        names = {name[: -len(".counts")] for name in tensors if name.endswith(".counts")}
        self.assertTrue({"blk.0.attn_q.weight", "blk.1.ffn_down.weight"} <= names)
        self.assertTrue(all(name.startswith("blk.") for name in names))
        for name in names:
            self.assertEqual(tensors[name + ".counts"], ([1, 1], (192.0,)))
            dims, sums = tensors[name + ".in_sum2"]
            self.assertEqual(dims[1], 1)
            self.assertTrue(all(x > 0 for x in sums))
        self.assertEqual(tensors["blk.0.attn_q.weight.in_sum2"], tensors["blk.0.attn_v.weight.in_sum2"])  # they read the same
        self.assertNotEqual(tensors["blk.0.attn_q.weight.in_sum2"], tensors["blk.1.attn_q.weight.in_sum2"])

    def test_threads_change_nothing_and_the_head_is_asked_for(self):
        self.plume("imatrix", "-q", TINY, self.text, self.sums, "--ctx", "32", "--threads", "1")
        other = self.folder / "other.gguf"
        self.plume("imatrix", "-q", TINY, self.text, other, "--ctx", "32", "--threads", "3")
        self.assertEqual(self.sums.read_bytes(), other.read_bytes())
        self.plume("imatrix", "-q", TINY, self.text, other, "--ctx", "32", "--head", "--chunks", "2")
        tensors = read_gguf(other.read_bytes())[1]
        heads = [name for name in tensors if not name.startswith("blk.")]
        self.assertEqual(len(heads), 2)
        self.assertIn(([1, 1], (64.0,)), [tensors[name] for name in heads])

    def test_quantize_reads_both_forms(self):
        self.plume("imatrix", "-q", TINY, self.text, self.sums, "--ctx", "64")
        plain, known, old = self.folder / "plain.gguf", self.folder / "known.gguf", self.folder / "old.gguf"
        self.plume("quantize", "-q", TINY, plain, "Q4_0")
        self.plume("quantize", "-q", TINY, known, "Q4_0", "--imatrix", self.sums)
        self.assertEqual(plain.stat().st_size, known.stat().st_size)
        self.assertNotEqual(plain.read_bytes(), known.read_bytes())
        entries = [(name[: -len(".in_sum2")].encode(), sums) for name, (_, sums) in read_gguf(self.sums.read_bytes())[1].items() if name.endswith(".in_sum2")]
        calls = int(read_gguf(self.sums.read_bytes())[1]["blk.0.attn_q.weight.counts"][1][0])
        dat = struct.pack("<i", len(entries))
        for name, sums in entries:
            dat += struct.pack("<i", len(name)) + name + struct.pack("<ii", calls, len(sums)) + struct.pack(f"<{len(sums)}f", *sums)
        self.plume("quantize", "-q", TINY, old, "Q4_0", "--imatrix", self.file("old.dat", dat + struct.pack("<ii", 9, 4) + b"text"))
        self.assertEqual(old.read_bytes(), known.read_bytes())

        damaged = [dat[:n] for n in (0, 4, 7, 30, len(dat) // 2, len(dat) - 1)]
        damaged += [struct.pack("<i", len(entries) + 1) + dat[4:], dat[:4] + struct.pack("<i", 5000) + dat[8:]]
        name, sums = entries[0]
        entry = struct.pack("<i", len(name)) + name
        for calls, n, numbers in ((0, 2, (1, 1)), (-5, 2, (1, 1)), (1, 0, ()), (1, -1, (1, 1)), (1, 2**31 - 1, (1, 1)), (1, 2, (1, -1)), (1, 2, (1, float("nan")))):
            damaged.append(struct.pack("<i", 1) + entry + struct.pack("<ii", calls, n) + struct.pack(f"<{len(numbers)}f", *numbers))
        damaged.append(struct.pack("<i", 2) + 2 * (entry + struct.pack("<iif", 1, 1, 1)))
        for data in damaged:
            out = self.folder / "damaged.gguf"
            self.one_message(self.plume("quantize", "-q", TINY, out, "Q4_0", "--imatrix", self.file("damaged.dat", data), expect=1))
            self.assertFalse(out.exists())

    def test_types_of_few_bits_are_refused_without_one(self):
        wide = self.folder / "wide.gguf"  # rows of whole blocks of 256
        subprocess.run([os.environ["PLUME_SYNTHETIC_MODEL"], "--quiet", "--shape", "tiny", "--type", "F16", "--vocab", TINY, wide], check=True, timeout=120)
        self.plume("imatrix", "-q", wide, self.text, self.sums, "--ctx", "64")
        out, sizes = self.folder / "few.gguf", []
        for kind in ("IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_M", "IQ3_XXS", "IQ3_S"):
            if kind != "IQ3_S":
                told = self.one_message(self.plume("quantize", "-q", wide, out, kind, expect=2))
                self.assertIn("tensor 'blk.", told)
                self.assertIn("plume imatrix", told)
                self.assertFalse(out.exists())
            self.plume("quantize", "-q", wide, out, kind, "--imatrix", self.sums)
            self.plume("check", out)
            sizes.append(out.stat().st_size)
            out.unlink()
        self.assertEqual(sizes, sorted(set(sizes)))
        self.plume("quantize", "-q", wide, out, "IQ3_S")

    def test_what_is_no_importance_of_this_model(self):
        self.assertIn("general.type", self.one_message(self.plume("quantize", TINY, self.folder / "x", "Q4_0", "--imatrix", TINY, expect=1)))
        wrong = struct.pack("<ii", 1, 19) + b"blk.0.attn_q.weight" + struct.pack("<ii", 1, 3) + struct.pack("<3f", 1, 1, 1)
        told = self.one_message(self.plume("quantize", TINY, self.folder / "x", "Q4_0", "--imatrix", self.file("wrong.dat", wrong), expect=2))
        self.assertIn("blk.0.attn_q.weight", told)
        self.assertIn("found 3", told)

    def test_errors(self):
        self.one_message(self.plume("imatrix", TINY, self.file("short.txt", b"Dear"), self.sums, expect=1))
        self.one_message(self.plume("imatrix", TINY, self.folder / "none.txt", self.sums, expect=1))
        self.one_message(self.plume("imatrix", TINY, self.text, self.folder / "none" / "sums.gguf", expect=1))
        self.assertFalse(self.sums.exists())


if __name__ == "__main__":
    unittest.main()

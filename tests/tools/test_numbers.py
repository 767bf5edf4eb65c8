#!/usr/bin/env python3
"""Every numeric option with every awkward value."""

import unittest

from driver import TINY, ToolTest

VALUES = ["-9223372036854775809", "-2147483649", "-2147483648", "-1", "0", "nan", "-nan", "inf", "-inf", "1e999", "2147483647", "2147483648", "4294967296",
          "9223372036854775807", "18446744073709551615", "18446744073709551616", "1.5", "1e3", "0x10", "010", " 5", "5 ", "+5", "", "abc", "3.4028236e38", "-0.0", "1e-50"]


class Numbers(ToolTest):
    """Every numeric option with the values that programs trip over: it works, or one line says why not. Never a crash, never a hang."""

    def check_option(self, words, option, fast_success=("-n", "1")):
        for value in VALUES:
            done = self.plume(*words, *fast_success, option, value, expect=None, timeout=60)
            self.assertIn(done.returncode, (0, 1, 2), f"{option} {value!r}: {done.stderr!r}")
            if done.returncode:
                self.one_message(done)
            if value in ("nan", "abc", "", "1e999", " 5", "+5"):
                self.assertEqual(done.returncode, 2, f"{option} {value!r} was taken")

    def test_run(self):
        for option in ("--temp", "--top-k", "--top-p", "--min-p", "--repeat-penalty", "--frequency-penalty", "--presence-penalty", "--penalty-window", "--seed", "--threads"):
            self.check_option(["run", TINY, "-q", "-p", "The"], option)

    def test_run_sizes(self):
        for option in ("-n", "--ctx"):
            # Forbid nothing: what is large must be refused or end by itself (end token, full context).
            self.check_option(["run", TINY, "-q", "-p", "The", "--stop", "e", "--stop", "a", "--stop", " "], option, fast_success=())

    def test_logits_bench_perplexity_plan(self):
        self.check_option(["logits", TINY, "--tokens", "1,2,3"], "--chunk", fast_success=())
        self.check_option(["plan", TINY], "--ctx", fast_success=())
        text = self.file("text.txt", b"Thank you for your letter about the delivery. " * 20)
        self.check_option(["perplexity", "-q", TINY, text], "--ctx", fast_success=())
        for option in ("--ctx", "--chunks"):
            self.check_option(["imatrix", "-q", TINY, text, self.folder / "sums.gguf"], option, fast_success=())

    def test_negative_values_and_texts_that_look_like_options(self):
        self.plume("run", TINY, "-q", "-n", "1", "-p", "x", "--frequency-penalty", "-1.5", "--presence-penalty=-0.5")
        self.plume("run", TINY, "-q", "-n", "1", "-p", "--temp")
        self.plume("run", TINY, "-q", "-n", "1", "-p", "-5 degrees", "--stop", "[a,b]", "--stop", "-x", "--logit-bias", "5=-inf", "--logit-bias", "6=2")


if __name__ == "__main__":
    unittest.main()

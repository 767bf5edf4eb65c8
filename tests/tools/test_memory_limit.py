#!/usr/bin/env python3
"""A run under a memory limit below its plan is refused with both numbers, one 64 MiB above the plan works.

Needs the right to make a memory control group (v1 or v2): root, mostly. The limit is real: what allocates beyond it is killed, not refused.
"""

import contextlib
import os
import pathlib
import re
import time
import unittest

from driver import TINY, ToolTest

MODELS = pathlib.Path(os.environ.get("PLUME_MODELS") or pathlib.Path(__file__).resolve().parents[2] / "models")
SMOLLM2 = MODELS / "SmolLM2-135M-Instruct.Q4_1.gguf"
MIB = 1 << 20
LIMIT_FILES = ("memory.limit_in_bytes", "memory.max")  # v1, v2


def groups_above():
    """This process's memory control groups, its own first. In a container the path may be the host's: then the root of the mount alone."""
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            mount = pathlib.Path("/sys/fs/cgroup/memory")
        elif not controllers:
            mount = pathlib.Path("/sys/fs/cgroup")
        else:
            continue
        own = pathlib.PurePosixPath(path)
        yield from (mount / str(group).lstrip("/") for group in (own, *own.parents))


def remove(group):
    for _ in range(100):  # the kernel may need a moment after the last process
        with contextlib.suppress(OSError):
            group.rmdir()
            return
        time.sleep(0.05)


def new_group():
    """An empty control group whose memory can be limited, or None."""
    with contextlib.suppress(OSError):
        for parent in groups_above():
            group = parent / f"plume-test-{os.getpid()}"
            try:
                group.mkdir()
                for name in LIMIT_FILES:
                    if (group / name).exists():  # v2 has it only where the groups above hand the controller down
                        (group / name).write_text(str(1 << 40))
                        return group
                group.rmdir()
            except OSError:
                with contextlib.suppress(OSError):
                    group.rmdir()
    return None


class MemoryLimit(ToolTest):
    """On SmolLM2 where it is there. On the tiny model the context alone can be made large enough for a limit to bite."""

    def setUp(self):
        super().setUp()
        self.group = new_group()
        if self.group is None:
            self.skipTest("SKIPPED: runs under a memory limit (no right to make a memory control group: run the tests as root)")
        self.addCleanup(remove, self.group)
        self.model, self.context = (SMOLLM2, 4096) if SMOLLM2.is_file() else (TINY, 400_000)
        self.plan = self.json_of(self.plume("plan", self.model, "--ctx", self.context, "--json"))

    def under(self, limit, *words, expect):
        limit_file = next(self.group / name for name in LIMIT_FILES if (self.group / name).exists())
        limit_file.write_text(str(limit))
        enter = self.group / "cgroup.procs"
        return self.plume(*words, expect=expect, preexec_fn=lambda: enter.write_text(str(os.getpid())))

    def drop_from_the_page_cache(self):
        """The next read of the file is then charged to the limited group."""
        with open(self.model, "rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def refused(self, limit, need):
        done = self.under(limit, "run", self.model, "-q", "-n", "4", "-p", "Dear customer,", "--ctx", self.context, expect=1)
        message = done.stderr.decode().splitlines()[-1]  # a context above the model's own is noted before
        self.assertEqual(done.stdout, b"")
        numbers = [int(n) for n in re.findall(r"\((\d+) bytes\)", message)]
        self.assertEqual(len(numbers), 2, message)
        self.assertEqual(numbers[0], need, message)
        self.assertLess(numbers[1], min(need, limit), message)
        self.assertIn("more memory than is available", message)
        return message, numbers[1]

    def test_below_the_weights(self):
        if self.plan["weights"] < 64 * MIB:
            self.skipTest(f"SKIPPED: a memory limit below the weights (needs {SMOLLM2.name}: tools/get_model.sh smollm2)")
        self.refused(self.plan["weights"] - 16 * MIB, self.plan["weights"])

    def test_between_the_weights_and_the_total(self):
        limit = self.plan["total"] - self.plan["kv"] // 2
        # A file that this group has read more than once fills its page cache for longer; that must not count as used.
        self.drop_from_the_page_cache()
        for _ in range(3):
            self.under(limit, "check", self.model, "-q", "--no-mmap", expect=0)
        message, available = self.refused(limit, self.plan["kv"] + self.plan["scratch"])
        self.assertRegex(message, r"a context of \d+ tokens would fit")
        self.assertGreater(available, self.plan["kv"] // 4, message)  # half of the cache and what the process itself holds are gone, no more

    def test_the_plan_knows_the_limit(self):
        limit = self.plan["total"] - self.plan["kv"] // 2
        plan = self.json_of(self.under(limit, "plan", self.model, "--ctx", self.context, "--json", expect=0))
        self.assertFalse(plan["fits"])
        self.assertLess(plan["available"], limit)
        self.assertEqual({key: plan[key] for key in ("weights", "text", "kv", "scratch", "total")}, {key: self.plan[key] for key in ("weights", "text", "kv", "scratch", "total")})

    def test_64_mib_above_the_total(self):
        limit = self.plan["total"] + 64 * MIB
        for options in ([], ["--no-mmap"]):
            self.drop_from_the_page_cache()
            self.assertTrue(self.under(limit, "run", self.model, "-q", "-n", "4", "--temp", "0", "-p", "Dear customer,", "--ctx", self.context, *options, expect=0).stdout)

    def test_64_mib_above_the_total_with_a_full_context(self):
        """A cache that is written to the end is the whole plan at work, not address space alone."""
        context = 256
        total = self.json_of(self.plume("plan", self.model, "--ctx", context, "--json"))["total"]
        self.drop_from_the_page_cache()
        words = ["run", self.model, "--json", "-n", "1000", "--temp", "0", "-p", "Dear customer, " * 25]
        eos = self.json_of(self.plume("info", "--json", self.model))["tokenizer"]["eos"]
        answer = self.json_of(self.under(total + 64 * MIB, *words, "--logit-bias", f"{eos}=-inf", "--ctx", context, expect=0))
        self.assertEqual(answer["stop_reason"], "context_full")


if __name__ == "__main__":
    unittest.main()

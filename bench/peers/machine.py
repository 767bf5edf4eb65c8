"""What a reader must know of the machine. Standard library only."""

import os
import pathlib
import platform
import subprocess

FLAGS = ("avx2", "fma", "avx_vnni", "avx512f", "avx512bw", "avx512vl", "avx512_vnni", "avx512_vbmi", "avx512_bf16", "avx512_fp16", "amx_int8", "amx_bf16")


def _cpuinfo():
    entries = {}
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        entries.setdefault(key.strip(), value.strip())
    return entries


def _caches():
    """Sizes of the caches that the first CPU sees, by level."""
    found = []
    for index in sorted(pathlib.Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        try:
            level, kind, size = ((index / name).read_text().strip() for name in ("level", "type", "size"))
        except OSError:
            continue
        if kind != "Instruction":
            found.append(f"L{level} {size}")
    return ", ".join(found)


def describe():
    """One line."""
    cpu = _cpuinfo()
    flags = cpu.get("flags", "").split()
    memory = next((int(line.split()[1]) for line in pathlib.Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal")), 0)
    try:
        pages = pathlib.Path("/sys/kernel/mm/transparent_hugepage/enabled").read_text()
        pages = pages[pages.index("[") + 1 : pages.index("]")]
    except (OSError, ValueError):
        pages = "unknown"
    return (f"{cpu.get('model name', 'unknown CPU')} (family {cpu.get('cpu family', '?')}, model {cpu.get('model', '?')}), {len(os.sched_getaffinity(0))} CPUs"
            f"{', virtual' if 'hypervisor' in flags else ''}; {' '.join(f for f in FLAGS if f in flags)}; {_caches()}; {memory / 2**20:.0f} GiB; "
            f"Linux {platform.release()}, huge pages: {pages}")


def commit_of(folder):
    """The checkout's commit, with a + where files are changed; empty where there is none."""
    def git(*words):
        return subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True)
    head = git("rev-parse", "--short=10", "HEAD")
    if head.returncode:
        return ""
    return head.stdout.strip() + ("+" if git("status", "--porcelain", "-uno").stdout.strip() else "")

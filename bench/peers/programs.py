"""The programs that are compared: how each is called, and what its answer means. Standard library only."""

import dataclasses
import json
import os
import pathlib
import re
import shlex
import subprocess
import tempfile


class Failed(Exception):
    pass


@dataclasses.dataclass(frozen=True)
class Test:
    """`tokens` of a prefill from `depth` on, or of a decode from `depth` on."""
    kind: str    # "prefill" or "decode"
    tokens: int
    depth: int = 0

    def __str__(self):
        return f"prefill {self.tokens}" if self.kind == "prefill" else f"decode {self.tokens} after {self.depth}"


@dataclasses.dataclass
class Answer:
    rate: float                     # tokens per second
    seconds: float = 0.0            # that the whole call took
    work: dict = None               # plume: operations and bytes of the run
    peaks: dict = None              # plume: of the machine
    commit: str = ""
    stamp: str = ""                 # plume: SHA-256 of the logits


def run(words, prefix=(), timeout=3600):
    """Runs a program in a folder that is thrown away: some leave logs behind."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            return subprocess.run([*prefix, *map(str, words)], capture_output=True, timeout=timeout, cwd=folder)
        except (OSError, subprocess.TimeoutExpired) as e:
            raise Failed(f"{words[0]}: {e}") from None


def call(words, prefix=(), timeout=3600):
    """stdout of a program; Failed, with the end of what it said, when it ends with another code than 0."""
    done = run(words, prefix, timeout)
    if done.returncode:
        said = (done.stderr.decode(errors="replace").strip() or done.stdout.decode(errors="replace").strip())[-500:]
        raise Failed(f"{shlex.join(map(str, words))} ended with {done.returncode}: {said}")
    return done.stdout.decode(errors="replace")


def shown(words):
    """A command for readers: names of files without this machine's folders."""
    return shlex.join(os.path.basename(w) if os.sep in w else w for w in map(str, words))


def compiler_of(binary):
    """The compilers that left their name in a program, the commonest first."""
    data = pathlib.Path(binary).read_bytes()
    names = re.findall(rb"GCC: \([^)]*\) [\d.]+|(?:Debian |Ubuntu )?clang version [\d.]+", data)
    return ", ".join(sorted({n.decode().replace("GCC: ", "g++ ") for n in names})) or "unknown"


class Program:
    """One column of the comparison. `family` says which ratio it counts for: plume, llama.cpp or ik_llama.cpp."""

    family = ""

    def __init__(self, name, binary, threads, options=()):
        self.name, self.binary, self.threads, self.options = name, str(binary), threads, list(options)

    def words(self, model, test, warm):
        raise NotImplementedError

    def measure(self, model, test, warm=True, prefix=(), timeout=3600):
        raise NotImplementedError

    def perplexity(self, model, text, context, prefix=()):
        """The perplexity that it finds for a text; None where it cannot say."""
        return None


class Plume(Program):
    family = "plume"

    def words(self, model, test, warm):
        sizes = ["-p", test.tokens, "-n", 0] if test.kind == "prefill" else ["-p", 0, "-n", test.tokens]
        return [self.binary, "bench", model, *sizes, "-d", test.depth, "-r", 1, "-t", self.threads, *self.options]

    def measure(self, model, test, warm=True, prefix=(), timeout=3600):
        answer = json.loads(call([*self.words(model, test, warm), "--json", "-q"], prefix, timeout))
        part = answer[test.kind]
        return Answer(part["tokens_per_second"], work=part["work"], peaks=answer["peaks"], commit=answer["plume"], stamp=answer["logits_sha256"])

    def perplexity(self, model, text, context, prefix=()):
        said = call([self.binary, "perplexity", "-q", model, text, "-c", context, "-t", self.threads, *self.options], prefix)
        return float(re.search(r"perplexity\s+([\d.]+)", said).group(1))


class LlamaBench(Program):
    """llama.cpp's llama-bench. Decode after a prompt is `-d DEPTH -n N -p 0`: the prompt is computed and not timed."""

    family = "llama.cpp"
    no_warm_up = ["--no-warmup"]

    def sizes(self, test):
        return ["-p", test.tokens, "-n", 0, "-d", test.depth] if test.kind == "prefill" else ["-p", 0, "-n", test.tokens, "-d", test.depth]

    def words(self, model, test, warm):
        return [self.binary, "-m", model, *self.sizes(test), "-r", 1, "-t", self.threads, *([] if warm else self.no_warm_up), *self.options]

    def measure(self, model, test, warm=True, prefix=(), timeout=3600):
        said = call([*self.words(model, test, warm), "-o", "json"], prefix, timeout)
        answers = json.loads(said[said.index("["):])
        wanted = (test.tokens, 0) if test.kind == "prefill" else (None, test.tokens)
        for a in answers:
            if a["n_gen"] == wanted[1] and wanted[0] in (None, a["n_prompt"]):
                return Answer(a["avg_ts"], commit=f"{a['build_commit']} ({a['build_number']})")
        raise Failed(f"{self.name} did not measure {test}")

    def perplexity_words(self, model, context):
        program = pathlib.Path(self.binary).with_name("llama-perplexity")
        repack = ["-rtr"] if "-rtr" in self.options else []
        return [program, "-m", model, "-c", context, "-t", self.threads, *repack] if program.is_file() else None

    def perplexity(self, model, text, context, prefix=()):
        words = self.perplexity_words(model, context)
        if words is None:
            return None
        said = run([*words, "-f", text], prefix)
        found = re.search(r"Final estimate: PPL(?: over \d+ chunks for n_ctx=\d+)? = ([\d.naif]+)", (said.stdout + said.stderr).decode(errors="replace"))
        if said.returncode or not found:
            raise Failed(f"{self.name}: llama-perplexity ended with {said.returncode}")
        return float(found.group(1))


class IkLlamaBench(LlamaBench):
    """ik_llama.cpp's llama-bench has no depth; `-gp DEPTH,N` computes a prompt and times the N tokens after it."""

    family = "ik_llama.cpp"
    no_warm_up = ["-w", 0]

    def sizes(self, test):
        if test.kind == "prefill":
            if test.depth:
                raise Failed("ik_llama.cpp measures prefill from an empty context only")
            return ["-p", test.tokens, "-n", 0]
        return ["-p", 0, "-n", 0, "-gp", f"{test.depth},{test.tokens}"]

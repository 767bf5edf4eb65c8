"""How far a program's predictions are from the exact ones. Standard library only."""

import array
import math
import pathlib
import re
import struct
import subprocess
import tempfile

from .programs import Failed, call, run

FILE_MARK = b"_logits_"


def log_softmax(logits):
    largest = max(logits)
    log_sum = largest + math.log(math.fsum(math.exp(x - largest) for x in logits))
    return [x - log_sum for x in logits]


def divergence(exact, other):
    """Kullback-Leibler divergence of two distributions given by logarithms. Terms of less than e^-40 do not count."""
    return math.fsum(math.exp(p) * (p - q) for p, q in zip(exact, other) if p > -40)


def divergence_where_known(exact, other):
    """The same over the choices that `exact` knows (Base.row), both made to sum to 1 there."""
    known = [(p, q) for p, q in zip(exact, other) if p > -500]
    total = math.log(math.fsum(math.exp(q) for _, q in known))
    return math.fsum(math.exp(p) * (p - q + total) for p, q in known)


class Base:
    """A file of exact predictions, as llama-perplexity writes it: chunks of tokens, and for the second half of each the logarithms of all probabilities
    in 16 bits between the largest and e^-16 of it."""

    def __init__(self, path):
        self.path = path
        with open(path, "rb") as file:
            mark, self.context, self.vocabulary, self.chunks = struct.unpack("<8s3i", file.read(20))
            if mark != FILE_MARK:
                raise Failed(f"{path} is no file of llama-perplexity")
            tokens = array.array("i")
            tokens.frombytes(file.read(4 * self.context * self.chunks))
            self.rows_at = file.tell()
        self.tokens = [list(tokens[i * self.context : (i + 1) * self.context]) for i in range(self.chunks)]
        self.scored = range(self.context // 2, self.context - 1)

    def begin_chunks(self):
        """Every chunk begins with BOS in the computation, not in the file: the first chunk has it, since the text was tokenized with it."""
        for tokens in self.tokens:
            tokens[0] = self.tokens[0][0]

    def row(self, chunk, i):
        """Logarithms of the probabilities after position scored[i] of a chunk, made to sum to 1; -1000 where the file has no more than its least value."""
        size = 2 * (2 * ((self.vocabulary + 1) // 2) + 4)
        with open(self.path, "rb") as file:
            file.seek(self.rows_at + (chunk * len(self.scored) + i) * size)
            data = file.read(size)
        scale, least = struct.unpack("<2f", data[:8])
        codes = array.array("H")
        codes.frombytes(data[8 : 8 + 2 * self.vocabulary])
        logs = [scale * c + least if c else -1000.0 for c in codes]
        total = math.log(math.fsum(math.exp(x) for x in logs))
        return [x - total for x in logs]


def plume_logits(program, model, tokens, rows, options=()):
    """Logits of plume after the positions `rows` of a list of tokens."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "logits"
        call([program, "logits", model, "--tokens", ",".join(map(str, tokens)), "--out", out, *options])
        data = out.read_bytes()
    size = len(data) // len(tokens)
    result = []
    for i in rows:
        values = array.array("f")
        values.frombytes(data[i * size : (i + 1) * size])
        result.append(values)
    return result


def begins_with_bos(plume, model):
    """Whether the model wants BOS before a text."""
    def tokens(*options):
        done = subprocess.run([plume, "tokenize", model, *options], input=b"a", capture_output=True)
        return done.stdout.split()
    return len(tokens()) > len(tokens("--no-bos"))


class Tally:
    def __init__(self):
        self.sum, self.same, self.count = 0.0, 0, 0

    def add(self, exact, other, measure=divergence):
        self.sum += measure(exact, other)
        self.same += max(range(len(exact)), key=exact.__getitem__) == max(range(len(other)), key=other.__getitem__)
        self.count += 1

    @property
    def mean(self):
        return self.sum / self.count


def compare_plume(plume, model, widened, base, programs, positions):
    """{name: Tally} of plume's modes against plume on the widened weights in f32, and under "exact" of that against the peers' base.
    Of every chunk `positions` predictions are taken, evenly, to bound the time that plain Python needs."""
    tallies = {p.name: Tally() for p in programs}
    tallies["exact"] = Tally()
    every = max(1, len(base.scored) // positions)
    chosen = list(range(0, len(base.scored), every))
    rows = [base.scored[i] for i in chosen]
    for chunk, tokens in enumerate(base.tokens):
        exact = [log_softmax(x) for x in plume_logits(plume, widened, tokens, rows, ["--kv-type", "f32", "--activations", "a16"])]
        for i, want in zip(chosen, exact):
            tallies["exact"].add(base.row(chunk, i), want, divergence_where_known)
        for p in programs:
            for want, logits in zip(exact, plume_logits(p.binary, model, tokens, rows, p.options)):
                tallies[p.name].add(want, log_softmax(logits))
    return tallies


def peer_base(program, widened, text, context, path):
    """Lets llama-perplexity write its exact predictions: f32 weights, f32 keys and values."""
    words = program.perplexity_words(widened, context)
    if words is None:
        raise Failed(f"there is no llama-perplexity beside {program.binary}")
    call([*words, "-f", text, "-ctk", "f32", "-ctv", "f32", "-fa", "off", "--kl-divergence-base", path])
    return Base(path)


def compare_peer(program, model, base, context):
    """(mean divergence, share of equal first choices) as the peer's own program finds them."""
    words = program.perplexity_words(model, context)
    if words is None:
        return None
    done = run([*words, "--kl-divergence-base", base.path, "--kl-divergence"])
    said = (done.stdout + done.stderr).decode(errors="replace")
    mean = re.search(r"Mean\s+KLD:\s*([-\d.e]+)", said)
    same = re.search(r"Same top p:\s*([\d.]+)", said)
    if done.returncode or not mean:
        raise Failed(f"{program.name}: llama-perplexity --kl-divergence ended with {done.returncode}: {said.strip()[-300:]}")
    return float(mean.group(1)), float(same.group(1)) / 100 if same else float("nan")

"""Rates as markdown. Standard library only."""

import os
import statistics

from .programs import shown


class Row:
    """The answers of one program in one test on one file."""

    def __init__(self, model, test, program):
        self.model, self.test, self.program = model, test, program
        self.answers, self.problem = [], ""

    @property
    def median(self):
        return statistics.median(a.rate for a in self.answers) if self.answers else None

    @property
    def spread(self):
        rates = [a.rate for a in self.answers]
        return (max(rates) - min(rates)) / self.median


def best(rows, family, wrong=()):
    """The fastest program of a family, but none whose results are wrong."""
    there = [r for r in rows if r.program.family == family and r.median and r.program.name not in wrong]
    return max(there, key=lambda r: r.median, default=None)


def machine_peaks(rows):
    """The best that any run of plume measured: what disturbs a measurement makes it smaller."""
    peaks = {}
    for r in rows:
        for a in r.answers:
            for name, value in (a.peaks or {}).items():
                if not isinstance(value, str):
                    peaks[name] = max(peaks.get(name, 0), value)
    return peaks


def work_of(rows, model, test):
    """What the test must do at least, from a run of plume on the same file."""
    for r in rows:
        if r.model == model and r.test == test:
            for a in r.answers:
                if a.work:
                    return a.work
    return None


def ideal_seconds(work, peaks):
    return sum(work[w] / peaks[p] for w, p in (("int8_ops", "int8_ops_per_second"), ("f32_ops", "f32_ops_per_second"), ("read_bytes", "read_bytes_per_second"))
               if work[w] and peaks.get(p))


def efficiency(row, rows, peaks):
    """The time of the machine at its peaks by the time that was taken; None where plume did not run."""
    work = work_of(rows, row.model, row.test)
    if not work or not row.median:
        return None
    return ideal_seconds(work, peaks) / (row.test.tokens / row.median)


def number(rate):
    return f"{rate:.0f}" if rate >= 1000 else f"{rate:.1f}" if rate >= 10 else f"{rate:.2f}"


def markdown(rows, peaks, base, wrong=lambda model: ()):
    """One line a row. `base`: the test whose efficiency the others keep a share of, by kind, or nothing."""
    lines = ["| file | test | program | tokens/s | spread | of the peak | × llama.cpp | × ik_llama.cpp | command |",
             "|---|---|---|--:|--:|--:|--:|--:|---|"]
    seen = []
    for r in rows:
        if (r.model, r.test) not in seen:
            seen.append((r.model, r.test))
    for model, test in seen:
        group = [r for r in rows if (r.model, r.test) == (model, test)]
        bad = wrong(model)
        rivals = [best(group, family, bad) for family in ("llama.cpp", "ik_llama.cpp")]
        for r in group:
            command = f"`{shown(r.program.words(model, test, True))}`"
            start = f"| {os.path.basename(model)} | {test} | {r.program.name} |"
            if not r.answers:
                lines.append(f"{start} failed | | | | | {command} |")
                continue
            share = efficiency(r, rows, peaks)
            text = f"{100 * share:.0f} %" if share else ""
            short = next((b for b in rows if base and b.model == model and b.program is r.program and b.test == base.get(test.kind) and b.test != test), None)
            if short and share and efficiency(short, rows, peaks):
                text += f" (keeps {100 * share / efficiency(short, rows, peaks):.0f} %)"
            ratios = [f"{r.median / other.median:.2f}" if other and r.program.family == "plume" else "" for other in rivals]
            name = "**wrong results** " if r.program.name in bad else ""
            lines.append(f"{start} {name}{number(r.median)} | {100 * r.spread:.0f} % | {text} | {ratios[0]} | {ratios[1]} | {command} |")
    return "\n".join(lines)

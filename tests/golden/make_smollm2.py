#!/usr/bin/env python3
"""Writes smollm2.json: what Hugging Face transformers make of SmolLM2-135M-Instruct, for the tests labelled `models`.

    python3 tests/golden/make_smollm2.py models/SmolLM2-135M-Instruct.Q4_1.gguf   # needs torch, transformers, gguf, tokenizers

The weights are the file's own, decoded by transformers (gguf_file=) to float32. Stored are token ids of a text and of prompts, and for
each prompt the 60 greedy tokens with the first two probabilities of every step. A prompt is taken when the logarithms of these two differ by at
least CLEAR in every step: a difference in the answer is then an error and never a near-tie that rounding decides.
"""

import json
import pathlib
import re
import sys

import gguf
import numpy as np
import torch
import transformers
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

CLEAR = 0.006   # the logits' rounding error in a16 has a standard deviation near 0.0006 (half the KL divergence's root), a difference 0.0009

TEXT = """Dear Mr Lindqvist,

thank you for your order of 22 May. Unfortunately, two of the eight chairs that you have chosen are not in stock at the moment, because the \
factory in Porto was closed for a week. We expect them on Thursday and will send everything in one delivery, so that you do not have to wait at \
home twice. If you would rather have the first six chairs now, please tell us by phone or by mail before noon tomorrow. The price stays the same, \
and we will not charge you for the second parcel. We are sorry for the trouble and hope that you will enjoy the new chairs for many years.

Kind regards,
Marta Oliveira
Customer service
"""

CHAT = "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"

PROMPTS = {   # of each kind the first that is clear
    "chat": [CHAT.format(q) for q in (
        "Write two sentences that thank a supplier for an early delivery.", "What should I check before I sign a rental contract?",
        "How do I write a polite reminder for an unpaid invoice?", "Name three things that belong in a job advertisement.",
        "What is the capital of France?", "Explain what a purchase order is.", "What is the difference between gross and net salary?")],
    "e-mail": [
        "Dear Ms Becker,\n\nthank you for your message of 14 March about the delayed shipment of order 20871.",
        "Dear customer,\n\nwe are sorry to hear that your parcel arrived damaged.",
        "Hello Tom,\n\nI have read your proposal for the new office and I have two questions."],
    "invoice": [
        "Invoice no. 2024-0173\nDate: 12 June 2024\nBill to: Hofmann & Sons Ltd., Leeds\n\nPos. | Description | Qty | Unit price | Amount\n1 | Office chair, black | 4 | 129.00 | 516.00\n2 |",
        "Invoice 881\n\n1. Paper A4, 5 boxes, 22.50 each\n2. Pens, blue, 20 pieces, 1.10 each\n3."],
    "plain": [
        "The main difference between a contract and a purchase order is that", "The warehouse was quiet on Sunday morning. When the first truck arrived,",
        "A good manager listens before", "Once a year the company invites all of its customers to", "In most countries, an employee who is ill has to"],
    "minutes": [
        "Minutes of the weekly meeting of the logistics team.\n\nPresent: Anna, David, Mei and Omar. Anna reported that the new warehouse in Rotterdam will "
        "open in September and that the racks have been ordered. David asked whether the conveyor can be moved from the old site, which would save about "
        "40,000 euros. Mei has compared three carriers for the route to Milan; the cheapest one needs two days more, and two customers have already "
        "complained about late parcels in spring. Omar suggested to test the faster carrier for one month and to decide then. The team agreed.\n\n" + end
        for end in ("Next steps:\n1.", "The next meeting", "Actions:\n- Anna", "Summary:", "Decisions\n\n1. Carrier:", "Open questions:")],
}


def tokenizer_of(fields):
    tokens, merges = fields["tokenizer.ggml.tokens"], fields["tokenizer.ggml.merges"]
    tokenizer = Tokenizer(models.BPE({t: i for i, t in enumerate(tokens)}, [tuple(m.split(" ")) for m in merges]))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t, kind in zip(tokens, fields["tokenizer.ggml.token_type"]) if kind == 3])
    return tokenizer


@torch.no_grad()
def greedy(model, ids, n=60):
    steps, past, new = [], None, torch.tensor([ids])
    for _ in range(n):
        out = model(new, past_key_values=past, use_cache=True)
        p, i = torch.softmax(out.logits[0, -1].double(), -1).topk(2)
        steps.append((i.tolist(), p.tolist()))
        past, new = out.past_key_values, i[:1][None]
    return steps


def main():
    path = pathlib.Path(sys.argv[1]).resolve()
    fields = {name: f.contents() for name, f in gguf.GGUFReader(path).fields.items()}
    tokenizer = tokenizer_of(fields)
    encode = lambda text: tokenizer.encode(text, add_special_tokens=False).ids
    model = transformers.AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32).eval()
    text_ids = encode(TEXT)
    print(len(text_ids), "tokens of text")
    assert len(text_ids) >= 128
    cases = []
    for kind, candidates in PROMPTS.items():
        for prompt in candidates:
            ids = encode(prompt)
            steps = greedy(model, ids)
            gap = min(np.log(p[0] / p[1]) for _, p in steps)
            print(kind, len(ids), f"smallest gap {gap:.4f}", repr(prompt[-40:]))
            if gap >= CLEAR:
                break
        else:
            sys.exit(f"no prompt of kind {kind} is clear")
        cases.append({"kind": kind, "prompt": prompt, "ids": ids, "answer": [i[0] for i, _ in steps], "second": [i[1] for i, _ in steps],
                      "p_first": [float(f"{p[0]:.6g}") for _, p in steps], "p_second": [float(f"{p[1]:.6g}") for _, p in steps]})
    out = {"source": f"transformers {transformers.__version__}, gguf_file=SmolLM2-135M-Instruct.Q4_1.gguf, float32", "clear": CLEAR,
           "text": TEXT, "text_ids": text_ids, "cases": cases}
    text = re.sub(r"\[[-\d\s.,e]*\]", lambda m: re.sub(r"\s+", " ", m.group()), json.dumps(out, indent=1))
    (pathlib.Path(__file__).parent / "smollm2.json").write_text(text + "\n")


main()

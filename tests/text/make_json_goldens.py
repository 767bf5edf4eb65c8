#!/usr/bin/env python3
"""Writes tests/golden/text/json/: small tokenizer.json files, and what the library "tokenizers" makes of texts with them; a small tekken.json with what
tiktoken makes of them.

    python3 tests/text/make_json_goldens.py tests/golden/text/json

Each NAME.json has a NAME.ids.json: the version of the library, and for every text the ids without special tokens (special tokens written in the text are
text), the ids with them, and the ids of a whole text (with what the post-processor adds).
"""

import base64
import json
import os
import random
import sys

import tiktoken
import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

CORPUS = ["The invoice of the third of March was paid on the twelfth. Dear customer, thank you for your letter about the delivery.",
          "The goods are in our warehouse and they will be sent on Monday, if there is any question please write to the office 0123456789.",
          "Grüße aus Köln, où est l'école? It's we'll they've I'd don't 12 345 6789 and the other parcels were lost in the rain."]
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
ALPHABET = sorted(pre_tokenizers.ByteLevel.alphabet())
MARK = "\u2581"


def flagged():
    """Added tokens with every flag."""
    return [AddedToken("<left>", lstrip=True, normalized=False), AddedToken("<right>", rstrip=True, normalized=False), AddedToken("<both>", lstrip=True, rstrip=True, normalized=False),
            AddedToken("word", single_word=True, normalized=False), AddedToken("<|sp|>", special=True, normalized=False),
            AddedToken("<|mask|>", special=True, lstrip=True, normalized=False), AddedToken("  ", normalized=False)]


def trained(t, special=(), alphabet=ALPHABET, size=420):
    t.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=size, special_tokens=list(special), initial_alphabet=alphabet, show_progress=False))
    return t


def gpt2():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trained(t, ["<|endoftext|>"])
    t.add_tokens(flagged())
    return t


def gpt2_prefix():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    trained(t, ["<s>", "</s>"])
    t.add_tokens(flagged())
    t.post_processor = processors.RobertaProcessing(("</s>", 1), ("<s>", 0))
    return t


def llama3():
    t = Tokenizer(models.BPE(ignore_merges=True))
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(LLAMA3), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    trained(t)
    t.add_special_tokens(["<|begin_of_text|>", "<|eot_id|>"])
    n = t.token_to_id("<|begin_of_text|>")
    t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False),
                                            processors.TemplateProcessing(single="<|begin_of_text|> $A", pair="$A $B", special_tokens=[("<|begin_of_text|>", n)])])
    return t


def character_bpe(normalizer=None, pre_tokenizer=None, fallback=True, unk="<unk>"):
    """Merges learnt over characters, as tokenizer.json has SentencePiece's vocabularies."""
    learner = Tokenizer(models.BPE(unk_token="<unk>"))
    learner.pre_tokenizer = pre_tokenizers.Metaspace()
    bytes_ = [f"<0x{b:02X}>" for b in range(256)] if fallback else []
    trained(learner, ["<unk>", "<s>", "</s>"] + bytes_, [], 420 if fallback else 160)
    model = json.loads(learner.to_str())["model"]
    t = Tokenizer(models.BPE(vocab=model["vocab"], merges=[tuple(m) for m in model["merges"]], unk_token=unk, fuse_unk=True, byte_fallback=fallback))
    if normalizer:
        t.normalizer = normalizer
    if pre_tokenizer:
        t.pre_tokenizer = pre_tokenizer
    t.add_special_tokens([AddedToken(s, normalized=False, special=True) for s in ("<unk>", "<s>", "</s>")])
    t.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)])
    return t


def llama2():
    t = character_bpe(normalizers.Sequence([normalizers.Prepend(MARK), normalizers.Replace(" ", MARK)]))
    t.add_tokens(flagged() + [AddedToken("delivery", normalized=True)])
    return t


def gemma():
    return character_bpe(normalizers.Replace(" ", MARK))


def mistral():
    t = character_bpe(None, pre_tokenizers.Metaspace(prepend_scheme="first", split=False))
    t.add_tokens(flagged())
    return t


def words():
    return character_bpe(None, pre_tokenizers.Metaspace(prepend_scheme="always", split=True), fallback=False)


LOADERS = {f.__name__: f for f in (gpt2, gpt2_prefix, llama3, llama2, gemma, mistral, words)}


def texts(t):
    r = random.Random(5)
    added = [a.content for a in t.get_added_tokens_decoder().values()]
    parts = [" ", "  ", "\n", "\t", "the", " the", "word", "words", " word", "delivery", " delivery", "It's", "we'LL", "1234", "é", "Köln", "\u4eca\u65e5", "\U0001f600", MARK, "x", ".", ",", "\u00a0", "\u3000", "a\u0301"]
    fixed = ["", " ", "  ", "a", " a", "Hello, world!", "word word", "sword word.", " <left>  <right> x", "x <both> y", "a  <|mask|>b", "<|sp|> the <|sp|>the", "<s>the</s> the", "word<left>", "\u4eca word\u4eca"]
    return fixed + ["".join(r.choice(parts if r.random() < 0.7 else added) for _ in range(r.randrange(1, 12))) for _ in range(60)]


def write(path, data):
    with open(path, "w", encoding="utf-8", newline="\n") as f:
        json.dump(data, f, ensure_ascii=False, separators=(",", ":"))
        f.write("\n")


def hugging_face(folder, name):
    t = LOADERS[name]()
    data = json.loads(t.to_str())
    write(os.path.join(folder, name + ".json"), data)
    special, plain = Tokenizer.from_str(t.to_str()), Tokenizer.from_str(t.to_str())
    plain.encode_special_tokens = True
    rows = [{"text": x, "ids": plain.encode(x, add_special_tokens=False).ids, "special": special.encode(x, add_special_tokens=False).ids, "whole": plain.encode(x).ids} for x in texts(t)]
    write(os.path.join(folder, name + ".ids.json"), {"by": "tokenizers " + tokenizers.__version__, "texts": rows})


TEKKEN = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")


def tekken(folder):
    """Ranks whose merges are implied: some tokens can be reached in several ways, some only as whole pieces."""
    names = [bytes([b]) for b in range(256)] + [b"th", b"the", b" t", b" the", b"he", b"in", b" in", b"er", b"re", b"aa", b"aaa", b"aaaa", b"an", b"ana", b"nan", b"banana", b"  ", b"   ", "é".encode(), " é".encode(), b"un", b"likely"]
    extra = [b"never used", b"nor this"]
    n_special = 24
    vocab = [{"rank": i, "token_bytes": base64.b64encode(n).decode(), "token_str": None} for i, n in enumerate(names + extra)]
    config = {"pattern": TEKKEN, "num_vocab_tokens": len(vocab), "default_vocab_size": len(names) + n_special, "default_num_special_tokens": n_special, "version": "v3"}
    write(os.path.join(folder, "tekken.json"), {"config": config, "vocab": vocab})
    model = tiktoken.Encoding(name="tekken", pat_str=TEKKEN, mergeable_ranks={n: i for i, n in enumerate(names)}, special_tokens={})
    r = random.Random(6)
    parts = ["the", " the", "banana", "aaaaa", "an", "a", "é", " é", "THE", "unlikely", "  ", "\n", "12", "\U0001f600", "<s>", "[INST]", "nana"]
    all_texts = ["", "banana", "aaaaaaa", "bananana", "<s>[INST] the"] + ["".join(r.choice(parts) for _ in range(r.randrange(1, 10))) for _ in range(40)]
    rows = []
    for text in all_texts:
        ids = [i + n_special for i in model.encode_ordinary(text)]
        rows.append({"text": text, "ids": ids, "whole": [1] + ids})
    write(os.path.join(folder, "tekken.ids.json"), {"by": "tiktoken " + tiktoken.__version__, "texts": rows})


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    for name in LOADERS:
        hugging_face(folder, name)
    tekken(folder)


main()

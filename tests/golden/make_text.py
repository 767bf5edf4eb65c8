#!/usr/bin/env python3
"""Makes tests/golden/text/: four small vocabularies as GGUF files, and the ids that the original programs give for some texts.

    python3 tests/golden/make_text.py        needs the packages sentencepiece, tokenizers, gguf

spm.gguf is trained and encoded by sentencepiece. The byte-level vocabularies are trained by tokenizers, with the pre-tokenizer each is named after;
their ids are those of that tokenizer. llama-bpe.gguf ignores merges for whole words, as Llama 3 does, and two of its merges are taken out so that it shows.
"""
import io
import json
import os
import random

import gguf
import sentencepiece
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "text")
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
CORPUS = """Dear customer, thank you for your order of 24 March 2024. The invoice is attached; please pay within 30 days.
We're sorry that the delivery was late: the driver couldn't find the house, and it'll be there tomorrow. I've told them.
Sehr geehrte Damen und Herren, für die Lieferung müssen wir um Geduld bitten. Die Rechnung über 1234,50 € liegt bei.
Le café à côté du musée est fermé l'été. Où est la clé ? Нещо на български език. 今日は良い天気です。我想在工作。
    if (x == 0) {
        return y;   // nothing to do
    }
The other parcels were lost in the rain. There is another thing: the thing is there, and these things are theirs."""
FIXED = [
    "", " ", "  ", "   ", "\n", "\n\n", "\t\n", " \n \n x", "a", " a", "  a", "Hello world", " Hello  world ", "the thing", "couldn't, I'VE, it'LL 'sdf 'S",
    "'", "''s", "1", "12", "123", "1234", "12345 678", " 12 345", "a1b22c333", "½ ² Ⅷ ٣٤", "x  1", "x \n1", "für über Geduld", "e\u0301te\u0301 n\u0303", "今日は", "我想在apple工作",
    "🚀 (normal) 😶\u200d🌫️", "нещо на Български", "\u2581the\u2581thing", "<s>hi</s>", "<unk>", "<0x41><0x0A>", "<|endoftext|> and <|im_end|>", "\x00\x01\x7f\x1c\x1f",
    "\u00a0\u3000\u2009x\u0085\u2028y", "'ſ'ſt", "return y;\r\n\r\n\r\n", "!!!???...\n\n\n", "=== ---\r", "a\u200bb\ufeffc", "\U0010ffff\ue000", "ſ", "  the  " * 3,
]


def texts() -> list[str]:
    rng = random.Random(5)
    words = CORPUS.split(" ")
    marks = [" ", "  ", "\n", "\t", "'", "'s", "'RE", ".", "9", "77", "é", "я", "天", "😁", "\u0301", "\u00a0", "\x02", "\r\n", "_", "\u2581"]
    mixed = ["".join(rng.choice(words) if rng.random() < 0.4 else rng.choice(marks) for _ in range(rng.randrange(1, 14))) for _ in range(60)]
    return FIXED + mixed


def write(name: str, model: str, pre: str | None, tokens: list[str], types: list[int], bos: int, eos: int, scores=None, merges=None) -> None:
    w = gguf.GGUFWriter(os.path.join(OUT, name + ".gguf"), "llama")
    w.add_tokenizer_model(model)
    if pre:
        w.add_tokenizer_pre(pre)
    w.add_token_list(tokens)
    w.add_token_types(types)
    if scores:
        w.add_token_scores(scores)
    if merges:
        w.add_token_merges(merges)
    w.add_bos_token_id(bos)
    w.add_eos_token_id(eos)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.close()


def sentence_piece() -> list[list[int]]:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS.split("\n")), model_writer=model, model_type="bpe", vocab_size=480, byte_fallback=True, character_coverage=0.98,
        normalization_rule_name="identity", remove_extra_whitespaces=False, num_threads=1, minloglevel=2)
    sp = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    ids = range(sp.get_piece_size())
    types = [2 if sp.is_unknown(i) else 3 if sp.is_control(i) else 6 if sp.is_byte(i) else 1 for i in ids]
    write("spm", "llama", None, [sp.id_to_piece(i) for i in ids], types, sp.bos_id(), sp.eos_id(), scores=[sp.get_score(i) for i in ids])
    return [sp.encode(t) for t in texts()]


def byte_level(pre: str, cut) -> list[list[int]]:
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = cut
    t.train_from_iterator(CORPUS.split("\n") * 2, trainers.BpeTrainer(
        vocab_size=420, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False))
    model = json.loads(t.to_str())["model"]
    vocab, merges = model["vocab"], [tuple(m) for m in model["merges"]]
    ignore = pre == "llama-bpe"
    if ignore:
        merges = [m for m in merges if "".join(m) not in ("Ġthe", "Ġis")]
        merges = [m for m in merges if all(part in vocab and part not in ("Ġthe", "Ġis") for part in m)]
    t = Tokenizer(models.BPE(vocab, merges, ignore_merges=ignore))
    t.pre_tokenizer = cut
    tokens = sorted(vocab, key=vocab.get)
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    write(pre, "gpt2", pre, tokens + specials, [1] * len(tokens) + [3] * 3, len(tokens), len(tokens), merges=[" ".join(m) for m in merges])
    return [e.ids for e in t.encode_batch(texts(), add_special_tokens=False)]


def main() -> None:
    os.makedirs(OUT, exist_ok=True)
    plain = pre_tokenizers.ByteLevel(add_prefix_space=False)
    ids = {
        "spm": sentence_piece(),
        "gpt-2": byte_level("gpt-2", plain),
        "llama-bpe": byte_level("llama-bpe", pre_tokenizers.Sequence(
            [pre_tokenizers.Split(Regex(LLAMA3), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])),
        "smollm": byte_level("smollm", pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), plain])),
    }
    with open(os.path.join(OUT, "cases.json"), "w", encoding="ascii") as f:
        rows = [json.dumps({"text": t, **{k: v[i] for k, v in ids.items()}}, separators=(",", ":")) for i, t in enumerate(texts())]
        f.write("[\n" + ",\n".join(rows) + "\n]\n")


main()

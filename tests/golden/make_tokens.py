#!/usr/bin/env python3
"""Makes tests/golden/text/tokens/: small vocabularies in every kind of file, and the ids that the original programs give for some texts.

    python3 tests/golden/make_tokens.py        needs the packages sentencepiece, tokenizers, mistral-common, gguf

cases.json: {"texts": [...], "originals": {name: {"files": [...], "ids": [[...]], "special": {"3": [...]}, "ends": [[...]]}}}. "special": texts whose ids differ
with special tokens in the text taken as such; "ends": the first texts with the tokens that begin and end a text; only where the original does that.
Large comparisons are tests/oracle/compare_tokens.py's.
"""
import base64
import itertools
import json
import os
import random
import sys

import sentencepiece
from mistral_common.tokens.tokenizers.tekken import Tekkenizer
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "oracle"))
import token_formats as formats
import token_patterns as patterns
from token_texts import Texts, training_lines

OUT = os.path.join(HERE, "text", "tokens")
SPECIALS = ["<s>", "</s>", "<unk>", "[CLS]", "[SEP]", "<|im_end|>", "<strip>", "<word>", "<br>"]
FIXED = ["", " ", "  ", "   ", "\n", " \n ", "a", " a", "a ", " a b  c ", "Hello world", "Hello<s> world", "été e\u0301te\u0301 ÉTÉ", "\ufeff", "\u2581a\u2581", "x<strip>  y <strip>z", "a<word>b <word> c",
         "<br><br> <br>", "[CLS] [cls] x[SEP]", "\u1e9b\u0323 ﬁ ２ ㌀ ﷺ", "a\u0000b\u00adc\u200bd", "İI ıi ß ẞ Σς", "天气很好", "ｶﾞ が か\u3099", "\u1112\u1161\u11ab 한", "q\u0307\u0323 q\u0323\u0307",
         "😶\u200d🌫️ 🇫🇷", "1234567", "\U0010ffff\ue000", "the  the\t the\r\nthe", "don't I'LL 's", "a\u0301\u0302\u0303", "~~~~~~~~", "---.--"]


def lines():
    return training_lines(7, 24_000)


def texts():
    made, count = [], {}
    for kind, text in itertools.islice(Texts("golden", SPECIALS), 400):
        if count.get(kind, 0) < 3 and len(text) < 100:
            count[kind] = count.get(kind, 0) + 1
            made.append(text.decode("utf-8", "replace"))
    return FIXED + made


def path(name):
    return os.path.join(OUT, name)


def sentence_piece(name, **options):
    with open(path("rules.tsv"), "w") as f:   # a normaliser of a few rules: the published ones take a quarter of a megabyte
        rules = {"É": "e", "é": "e", "e\u0301": "é", "\u3000": " ", "\t": " ", "\n": " ", "ﬁ": "fi", "２": "2", "\u00ad": "", "ﷺ": "صلى الله عليه وسلم", "が": "か\u3099", "A": "a", "AB": "ß"}
        f.writelines(f"{' '.join(f'{ord(c):04X}' for c in a)}\t{' '.join(f'{ord(c):04X}' for c in b)}\n" for a, b in sorted(rules.items()))
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=(part for line in lines() for part in line.split("\n") if part), model_prefix=path(name), num_threads=1, minloglevel=2,
        **dict(vocab_size=560, character_coverage=0.98) | options)
    os.remove(path(name + ".vocab"))
    os.remove(path("rules.tsv"))
    return path(name + ".model")


def ids_of_model(file):
    sp = sentencepiece.SentencePieceProcessor(model_file=file)
    return {"ids": [sp.encode(t) for t in texts()]}


def ids_of_json(file):
    t, parsing = Tokenizer.from_file(file), Tokenizer.from_file(file)
    t.encode_special_tokens = True
    plain, special = ([e.ids for e in each.encode_batch(texts(), add_special_tokens=False)] for each in (t, parsing))
    return {"ids": plain, "special": {str(i): b for i, (a, b) in enumerate(zip(plain, special)) if a != b}, "ends": [e.ids for e in t.encode_batch(texts()[:20])]}


def word_piece():
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer, t.pre_tokenizer, t.decoder = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer(), decoders.WordPiece()
    t.train_from_iterator(lines(), trainers.WordPieceTrainer(vocab_size=700, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False, limit_alphabet=160))
    t.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    t.save(path("wordpiece.json"))


def unigram():
    t = Tokenizer(models.Unigram())
    t.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase(), normalizers.StripAccents()])
    t.pre_tokenizer, t.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    t.train_from_iterator(lines(), trainers.UnigramTrainer(vocab_size=500, special_tokens=["<unk>", "<s>", "</s>"], unk_token="<unk>", show_progress=False))
    t.save(path("unigram.json"))


def metaspace():
    """Llama 2's kind of tokenizer.json: merges over whole texts, bytes for what has no token."""
    t = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    t.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    t.train_from_iterator(lines(), trainers.BpeTrainer(vocab_size=800, special_tokens=["<unk>", "<s>", "</s>", *(f"<0x{b:02X}>" for b in range(256))], show_progress=False, limit_alphabet=200))
    data = json.loads(t.to_str())
    data["pre_tokenizer"] = None
    data["added_tokens"] = [a for a in data["added_tokens"] if not a["content"].startswith("<0x")]
    Tokenizer.from_str(json.dumps(data)).save(path("metaspace.json"))


def bytes_with_added():
    """Byte-level, with added tokens of every kind and an NFC normaliser."""
    t = Tokenizer(models.BPE())
    normalizer, pre_tokenizer, _ = patterns.PUBLISHED["qwen2"]
    shell = json.loads(t.to_str()) | {"normalizer": normalizer, "pre_tokenizer": pre_tokenizer, "decoder": patterns.byte_level()}
    t = Tokenizer.from_str(json.dumps(shell))
    t.train_from_iterator(lines(), trainers.BpeTrainer(vocab_size=500, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False))
    t.add_special_tokens([AddedToken("<s>"), AddedToken("</s>"), AddedToken("<|im_end|>"), AddedToken("<strip>", lstrip=True, rstrip=True), AddedToken("<mask>", lstrip=True)])
    t.add_tokens([AddedToken("<word>", single_word=True), AddedToken("<br>", normalized=False), AddedToken("été", normalized=True), AddedToken("[SEP]", rstrip=True, normalized=False)])
    t.post_processor = processors.TemplateProcessing(single="<s> $A </s>", pair="$A $B", special_tokens=[("<s>", t.token_to_id("<s>")), ("</s>", t.token_to_id("</s>"))])
    t.save(path("bytes.json"))


def tekken():
    """A tekken.json of the ranks of a small byte-level vocabulary."""
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.train_from_iterator(lines(), trainers.BpeTrainer(vocab_size=600, show_progress=False))
    byte_of = {c: b for b, c in formats.BYTE_CHARACTERS.items()}
    words = [bytes(byte_of[c] for c in token) for token in sorted(t.get_vocab(), key=t.get_vocab().get)]
    words = [bytes([b]) for b in range(256)] + [w for w in words if len(w) > 1]
    vocab = [{"rank": i, "token_bytes": base64.b64encode(w).decode(), "token_str": w.decode("utf-8", "ignore") or None} for i, w in enumerate(words)]
    pattern = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    names = ["<unk>", "<s>", "</s>", "[INST]", "[/INST]", *(f"<SPECIAL_{i}>" for i in range(5, 20))]
    config = {"pattern": pattern, "num_vocab_tokens": len(vocab), "default_vocab_size": len(vocab) + 20, "default_num_special_tokens": 20, "version": "v7"}
    specials = [{"rank": i, "token_str": name, "is_control": True} for i, name in enumerate(names)]
    with open(path("tekken.json"), "w") as f:
        json.dump({"config": config, "vocab": vocab, "special_tokens": specials}, f)
    t = Tekkenizer.from_file(path("tekken.json"))
    return {"ids": [t.encode(text, bos=False, eos=False) for text in texts()]}


def main():
    os.makedirs(OUT, exist_ok=True)
    random.seed(1)
    files = {}
    rules = dict(normalization_rule_tsv=path("rules.tsv"))
    plain = dict(normalization_rule_name="identity", remove_extra_whitespaces=False)
    for name, options in {"spm-unigram": dict(model_type="unigram", user_defined_symbols=["<br>"], **rules), "spm-unigram-bytes": dict(model_type="unigram", byte_fallback=True, vocab_size=800, **plain),
                          "spm-bpe": dict(model_type="bpe", byte_fallback=True, vocab_size=800, **plain), "spm-bpe-rules": dict(model_type="bpe", user_defined_symbols=["<br>"], **rules)}.items():
        model = sentence_piece(name, **options)
        files[name] = {"files": [name + ".model"]} | ids_of_model(model)
        if name != "spm-bpe-rules":   # GGUF has no keys for such rules of a byte-pair vocabulary
            formats.model_to_gguf(model, path(name + ".gguf"))
            files[name]["files"].append(name + ".gguf")
    for make, name in ((word_piece, "wordpiece"), (unigram, "unigram"), (metaspace, "metaspace"), (bytes_with_added, "bytes")):
        make()
        files[name] = {"files": [name + ".json"]} | ids_of_json(path(name + ".json"))
    formats.bert_json_to_gguf(path("wordpiece.json"), path("wordpiece.gguf"))
    files["wordpiece"]["files"].append("wordpiece.gguf")
    files["tekken"] = {"files": ["tekken.json"]} | tekken()
    for name in os.listdir(OUT):
        if name.endswith(".json") and name != "cases.json":   # without white space: a third of the size
            with open(path(name), encoding="utf-8") as f:
                data = json.load(f)
            with open(path(name), "w", encoding="utf-8") as f:
                json.dump(data, f, ensure_ascii=False, separators=(",", ":"))
                f.write("\n")
    with open(path("cases.json"), "w", encoding="ascii") as f:
        rows = [json.dumps(name) + ":{" + ",\n  ".join(f'"{key}":' + json.dumps(ids, separators=(",", ":")) for key, ids in made.items()) + "}" for name, made in files.items()]
        f.write('{"texts":' + json.dumps(texts()) + ',\n"originals":{\n' + ",\n".join(rows) + "}}\n")


main()

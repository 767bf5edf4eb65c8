"""Small vocabularies trained here: by sentencepiece with each rule of normalising, by tokenizers with each published pre-tokenizer."""

import json
import os

import sentencepiece
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

import token_formats
import token_patterns
from token_texts import training_lines

# name: options of the trainer. All are trained on the same lines.
SENTENCEPIECE = {
    "spm-bpe-bytes": dict(model_type="bpe", byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False),
    "spm-bpe-no-prefix": dict(model_type="bpe", byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False, add_dummy_prefix=False),
    "spm-bpe-plain": dict(model_type="bpe", normalization_rule_name="identity", remove_extra_whitespaces=False, user_defined_symbols=["<sep>", "▁▁▁", "été", "<br>"]),
    "spm-bpe-digits": dict(model_type="bpe", byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False, split_digits=True,
                           allow_whitespace_only_pieces=True),
    "spm-bpe-nmt": dict(model_type="bpe", byte_fallback=True),
    "spm-unigram-nmt": dict(model_type="unigram"),
    "spm-unigram-fold": dict(model_type="unigram", normalization_rule_name="nmt_nfkc_cf", byte_fallback=True),
    "spm-unigram-nfkc": dict(model_type="unigram", normalization_rule_name="nfkc", remove_extra_whitespaces=False, user_defined_symbols=["<sep>", "<br>"]),
    "spm-unigram-identity": dict(model_type="unigram", normalization_rule_name="identity", remove_extra_whitespaces=False, byte_fallback=True),
    "spm-unigram-squeeze": dict(model_type="unigram", normalization_rule_name="identity", add_dummy_prefix=False),
}
# What GGUF's keys have no name for: rules of a byte-pair vocabulary, and whether user-defined symbols get the space before them (as sentencepiece has it)
# or not (as added tokens of tokenizer.json have it). Compared as tokenizer.model alone.
NO_GGUF = {"spm-bpe-nmt", "spm-bpe-plain"}


def lines():
    return training_lines(20260301, 700_000)


def sentence_piece(name, folder):
    path = os.path.join(folder, name + ".model")
    if not os.path.exists(path):
        # A sentence of the trainer is a line: no newline may be in it.
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=(part for line in lines() for part in line.split("\n") if part), model_prefix=path[:-6], num_threads=1, minloglevel=2,
            **dict(vocab_size=3500, character_coverage=0.995, max_sentence_length=100_000, seed_sentencepiece_size=60_000) | SENTENCEPIECE[name])
    return path


def small_json(path, make):
    if not os.path.exists(path):
        make().save(path)
    return path


def trained_byte_level(name, folder):
    """The pre-tokenizer of that name; the special tokens come last, as a converter adds them."""
    normalizer, pre_tokenizer, ignore_merges = token_patterns.PUBLISHED[name]
    path = os.path.join(folder, name + ".trained.json")
    if not os.path.exists(path):
        t = Tokenizer(models.BPE())
        shell = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": normalizer, "pre_tokenizer": pre_tokenizer, "post_processor": None,
                 "decoder": token_patterns.byte_level(), "model": json.loads(t.to_str())["model"]}
        t = Tokenizer.from_str(json.dumps(shell))
        t.train_from_iterator(lines(), trainers.BpeTrainer(vocab_size=6000, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False))
        data = json.loads(t.to_str())
        vocab, merges = data["model"]["vocab"], data["model"]["merges"]
        if ignore_merges:   # tokens that no merge makes, so that it shows
            made = {"".join(m) for m in merges if len("".join(m)) > 3}
            gone = set(sorted(made)[::7])
            merges = [m for m in merges if "".join(m) not in gone and not gone & set(m)]
        n = len(vocab)
        extra = [token_formats.added(n + i, t, special) for i, (t, special) in enumerate([("<|endoftext|>", True), ("<|im_start|>", True), ("<|im_end|>", True), ("<think>", False)])]
        token_formats.write_json(path, token_formats.bpe_model(vocab, merges, ignore_merges), normalizer, pre_tokenizer, extra, decoder=token_patterns.byte_level())
    return path


def word_piece(name, folder, **normalizer):
    def make():
        t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        t.normalizer, t.pre_tokenizer, t.decoder = normalizers.BertNormalizer(**normalizer), pre_tokenizers.BertPreTokenizer(), decoders.WordPiece()
        t.train_from_iterator(lines(), trainers.WordPieceTrainer(vocab_size=6000, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False, limit_alphabet=700))
        return t

    return small_json(os.path.join(folder, name + ".json"), make)


def metaspace_bpe(name, folder):
    """Byte-pair encoding over text with U+2581 for spaces and byte fallback, as Llama 2's and Gemma's tokenizer.json are."""
    def make():
        t = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
        t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]) if name.endswith("prefix") else normalizers.Replace(" ", "▁")
        t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
        bytes_of = [f"<0x{b:02X}>" for b in range(256)]
        t.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_next") if not name.endswith("prefix") else pre_tokenizers.Metaspace(prepend_scheme="never")
        t.train_from_iterator(lines(), trainers.BpeTrainer(vocab_size=6000, special_tokens=["<unk>", "<s>", "</s>", *bytes_of], show_progress=False, limit_alphabet=1500,
                                                           max_token_length=16))
        data = json.loads(t.to_str())
        data["pre_tokenizer"] = None
        data["added_tokens"] = [a for a in data["added_tokens"] if not a["content"].startswith("<0x")]
        return Tokenizer.from_str(json.dumps(data))

    return small_json(os.path.join(folder, name + ".json"), make)


def unigram(name, folder):
    def make():
        t = Tokenizer(models.Unigram())
        t.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase(), normalizers.StripAccents()]) if name.endswith("fold") else normalizers.NFC()
        t.pre_tokenizer, t.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
        t.train_from_iterator(lines(), trainers.UnigramTrainer(vocab_size=4000, special_tokens=["<unk>", "<s>", "</s>"], unk_token="<unk>", show_progress=False))
        return t

    return small_json(os.path.join(folder, name + ".json"), make)

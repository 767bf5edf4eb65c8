"""Vocabularies from one format into another, as converters of models write them: GGUF, tokenizer.json (Hugging Face), tokenizer.model (SentencePiece).

The original program reads one of the files that come out, plume reads all of them.
"""

import base64
import json
import struct

import gguf
import sentencepiece

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6   # token types: the same numbers in GGUF and in SentencePiece
MARK = "\u2581"


def byte_alphabet():
    """The characters that stand for bytes in byte-level vocabularies: printable Latin-1 stands for itself, the rest follows from U+0100 on."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in printable]
    return {**{b: chr(b) for b in printable}, **{b: chr(256 + i) for i, b in enumerate(others)}}


BYTE_CHARACTERS = byte_alphabet()


def as_characters(token):
    return "".join(BYTE_CHARACTERS[b] for b in token)


class Gguf:
    """What a GGUF file says about its vocabulary."""

    def __init__(self, path):
        fields = gguf.GGUFReader(path).fields
        get = lambda key, otherwise=None: fields["tokenizer.ggml." + key].contents() if "tokenizer.ggml." + key in fields else otherwise
        self.tokens = get("tokens")
        self.types = get("token_type", [NORMAL] * len(self.tokens))
        self.scores, self.merges = get("scores"), get("merges")
        self.pre, self.get = get("pre"), get

        if self.types.count(UNKNOWN) > 1 or any(t.startswith("[PAD") for t in self.tokens[-1:]):   # what fills up a list to a round number
            self.types = [CONTROL if t.startswith("[PAD") and kind != NORMAL else kind for t, kind in zip(self.tokens, self.types)]
        if UNKNOWN not in self.types and get("unknown_token_id") is not None:
            self.types[get("unknown_token_id")] = UNKNOWN

    def specials(self):
        return [t for t, kind in zip(self.tokens, self.types) if kind in (CONTROL, USER_DEFINED) and t and not t.startswith("[PAD")]


def write_gguf(path, model, pre, tokens, types, scores=None, merges=None, **more):
    """`more`: methods of GGUFWriter without their "add_", with their value."""
    w = gguf.GGUFWriter(path, "llama")
    w.add_tokenizer_model(model)
    if pre:
        w.add_tokenizer_pre(pre)
    w.add_token_list(tokens)
    w.add_token_types(types)
    if scores is not None:
        w.add_token_scores(scores)
    if merges is not None:
        w.add_token_merges(merges)
    for name, value in more.items():
        if value is not None:
            getattr(w, "add_" + name)(value)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.close()
    return path


# tokenizer.json

def added(id, content, special, **more):
    return {"id": id, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": special, **more}


def write_json(path, model, normalizer, pre_tokenizer, added_tokens, post_processor=None, decoder=None):
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"version": "1.0", "truncation": None, "padding": None, "added_tokens": added_tokens, "normalizer": normalizer, "pre_tokenizer": pre_tokenizer,
                   "post_processor": post_processor, "decoder": decoder, "model": model}, f, ensure_ascii=False)
    return path


def bpe_model(vocab, merges, ignore_merges=False, **more):
    return {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
            "ignore_merges": ignore_merges, "vocab": vocab, "merges": merges, **more}


def gguf_to_json(path, out, normalizer, pre_tokenizer, ignore_merges=False):
    """A byte-level vocabulary. Special tokens that stand before a normal one are in the model's list too, as converters found them."""
    g = Gguf(path)
    last = max(i for i, kind in enumerate(g.types) if kind == NORMAL)
    vocab = {t: i for i, (t, kind) in enumerate(zip(g.tokens, g.types)) if kind == NORMAL or i < last}
    extra = [added(i, t, kind == CONTROL) for i, (t, kind) in enumerate(zip(g.tokens, g.types)) if kind in (CONTROL, USER_DEFINED) and not t.startswith("[PAD")]
    return write_json(out, bpe_model(vocab, [m.split(" ", 1) for m in g.merges], ignore_merges), normalizer, pre_tokenizer, extra, decoder={"type": "ByteLevel"} | BYTE_LEVEL)


BYTE_LEVEL = {"add_prefix_space": False, "trim_offsets": True, "use_regex": False}


def bert_gguf_to_json(path, out, lowercase=True):
    """In GGUF a word's first piece begins with U+2581 and the others lost their ##."""
    g = Gguf(path)
    plain = lambda t, kind: t if kind != NORMAL or (t.startswith("[") and t.endswith("]")) else t[1:] if t.startswith(MARK) else "##" + t
    names = [plain(t, kind) for t, kind in zip(g.tokens, g.types)]
    extra = [added(names.index(t), t, True) for t in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")]
    return write_json(out, {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": {t: i for i, t in enumerate(names)}},
                      {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": lowercase}, {"type": "BertPreTokenizer"}, extra)


def json_tokens(data):
    """Names and types by id of a tokenizer.json."""
    vocab = data["model"]["vocab"]
    names = dict(enumerate(v[0] for v in vocab)) if isinstance(vocab, list) else {i: t for t, i in vocab.items()}
    types = {i: NORMAL for i in names}
    for token in data["added_tokens"]:
        names[token["id"]] = token["content"]
        types[token["id"]] = CONTROL if token["special"] else USER_DEFINED
    n = max(names) + 1
    return [names.get(i, f"[PAD{i}]") for i in range(n)], [types.get(i, UNUSED) for i in range(n)]


def json_to_gguf(path, out, pre):
    """A tokenizer.json of BPE."""
    with open(path, encoding="utf-8") as f:
        data = json.load(f)
    tokens, types = json_tokens(data)
    unknown = tokens.index(data["model"]["unk_token"]) if data["model"].get("unk_token") else None
    if unknown is not None:
        types[unknown] = UNKNOWN
    merges = [m if isinstance(m, str) else " ".join(m) for m in data["model"]["merges"]]
    return write_gguf(out, "gpt2", pre, tokens, types, merges=merges, unk_token_id=unknown)


def bert_json_to_gguf(path, out):
    with open(path, encoding="utf-8") as f:
        data = json.load(f)
    tokens, types = json_tokens(data)
    bare = lambda t, kind: kind != NORMAL or (t.startswith("[") and t.endswith("]"))
    tokens = [t if bare(t, kind) else t[2:] if t.startswith("##") else MARK + t for t, kind in zip(tokens, types)]
    ids = {t: i for i, t in enumerate(tokens)}
    return write_gguf(out, "bert", "default", tokens, types, unk_token_id=ids["[UNK]"], sep_token_id=ids["[SEP]"], pad_token_id=ids["[PAD]"],
                      bos_token_id=ids["[CLS]"], mask_token_id=ids["[MASK]"])


# tiktoken's lists: a token's bytes and its rank

def read_tiktoken(path):
    with open(path, "rb") as f:
        lines = [line.split() for line in f if line.strip()]
    return {base64.b64decode(token): int(rank) for token, rank in lines}


def merges_of(ranks):
    """The pairs that make each token, the token's rank first and then the left part's and the right part's: as converters of such lists order them."""
    out = []
    for token, rank in ranks.items():
        pairs = [(token[:i], token[i:]) for i in range(1, len(token)) if token[:i] in ranks and token[i:] in ranks]
        out += [(rank, ranks[a], ranks[b], a, b) for a, b in pairs]
    return [[as_characters(a), as_characters(b)] for _, _, _, a, b in sorted(out)]


def tiktoken_to_json(path, out, specials, normalizer, pre_tokenizer, ignore_merges=True):
    ranks = read_tiktoken(path)
    vocab = {as_characters(token): rank for token, rank in ranks.items()}
    first = max(vocab.values()) + 1
    extra = [added(first + i, t, True) for i, t in enumerate(specials)]
    return write_json(out, bpe_model(vocab, merges_of(ranks), ignore_merges), normalizer, pre_tokenizer, extra)


def tekken_to_gguf(path, out):
    with open(path, encoding="utf-8") as f:
        data = json.load(f)
    config = data["config"]
    n_special = config["default_num_special_tokens"]
    n_words = config["default_vocab_size"] - n_special
    ranks = {base64.b64decode(t["token_bytes"]): t["rank"] for t in data["vocab"][:n_words]}
    names = {t["rank"]: t["token_str"] for t in data.get("special_tokens") or []}
    specials = [names.get(i, f"<SPECIAL_{i}>") for i in range(n_special)]
    tokens = specials + [as_characters(token) for token in ranks]
    types = [CONTROL] * n_special + [NORMAL] * len(ranks)
    return write_gguf(out, "gpt2", "tekken", tokens, types, merges=[" ".join(m) for m in merges_of(ranks)], bos_token_id=1, eos_token_id=2)


# SentencePiece's protobuf, written and read field by field

def varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out) + bytes([n])


def field(number, value):
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def read_fields(data):
    """(number, value) of a protobuf message: bytes, or a number for varints and fixed sizes."""
    at = 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = number()
        if key & 7 == 0:
            yield key >> 3, number()
        else:
            size = number() if key & 7 == 2 else 4 if key & 7 == 5 else 8
            yield key >> 3, data[at:at + size]
            at += size


def gguf_to_model(path, out):
    """A byte-pair vocabulary of SentencePiece, with the normaliser that leaves text as it is."""
    g = Gguf(path)
    g.tokens = [t.replace(" ", MARK) if kind == USER_DEFINED else t for t, kind in zip(g.tokens, g.types)]   # converters write their spaces as they are in texts
    pieces = b"".join(field(1, field(1, t) + field(2, float(score)) + field(3, int(kind))) for t, score, kind in zip(g.tokens, g.scores, g.types))
    byte_fallback = BYTE in g.types
    prefix = bool(g.get("add_space_prefix", True))
    trainer = field(3, 2) + field(35, int(byte_fallback)) + field(40, g.types.index(UNKNOWN)) + field(41, int(g.get("bos_token_id", 1))) + field(42, int(g.get("eos_token_id", 2)))
    normalizer = field(1, "identity") + field(3, int(prefix)) + field(4, 0) + field(5, 1)
    with open(out, "wb") as f:
        f.write(pieces + field(2, trainer) + field(3, normalizer))
    return out


def model_to_gguf(path, out):
    sp = sentencepiece.SentencePieceProcessor(model_file=path)
    with open(path, "rb") as f:
        parts = dict((number, value) for number, value in read_fields(f.read()) if number in (2, 3))
    trainer, normalizer = (dict(read_fields(parts.get(number, b""))) for number in (2, 3))
    ids = range(sp.get_piece_size())
    kind = lambda i: UNKNOWN if sp.is_unknown(i) else CONTROL if sp.is_control(i) else UNUSED if sp.is_unused(i) else BYTE if sp.is_byte(i) else NORMAL
    tokens, types, scores = [sp.id_to_piece(i) for i in ids], [kind(i) for i in ids], [sp.get_score(i) for i in ids]
    user_defined = {value.decode() for number, value in read_fields(parts.get(2, b"")) if number == 31}
    types = [USER_DEFINED if t in user_defined and k == NORMAL else k for t, k in zip(tokens, types)]
    more = dict(bos_token_id=sp.bos_id() if sp.bos_id() >= 0 else None, eos_token_id=sp.eos_id() if sp.eos_id() >= 0 else None, unk_token_id=sp.unk_id(),
                add_space_prefix=bool(normalizer.get(3, 1)))
    if trainer.get(3, 1) == 1:   # Unigram
        more |= dict(remove_extra_whitespaces=bool(normalizer.get(4, 1)), precompiled_charsmap=normalizer.get(2) or None)
        return write_gguf(out, "t5", "default", tokens, types, scores=scores, **more)
    return write_gguf(out, "llama", "default", tokens, types, scores=scores, **more)

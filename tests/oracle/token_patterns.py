"""The pre-tokenizers (and normalisers) of published models, as their tokenizer.json says them, by the name that GGUF files give them.

Regular expressions and names are facts of the published files; they are read by the tokenizers package alone and never by plume.
"""


def split(regex, behavior="Isolated", invert=False):
    return {"type": "Split", "pattern": {"Regex": regex}, "behavior": behavior, "invert": invert}


def sequence(*parts):
    return {"type": "Sequence", "pretokenizers": list(parts)}


def byte_level(use_regex=False):
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": use_regex}


def then_bytes(*regexes):
    return sequence(*(split(r) for r in regexes), byte_level())


NFC = {"type": "NFC"}
DIGITS = {"type": "Digits", "individual_digits": True}
GPT2 = byte_level(use_regex=True)
ENGLISH = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
TAIL = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3 = ENGLISH + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|" + TAIL
QWEN2 = ENGLISH + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|" + TAIL
QWEN35 = ENGLISH + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
CASED_END = r" ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
GPT4O = rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{ENGLISH}?|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{ENGLISH}?|\p{{N}}{{1,3}}|" + CASED_END
TEKKEN = rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*|\p{{N}}|" + CASED_END
PUNCTUATED = r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
CJK = "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+"
# The cased letters of the Unicode version that DeepSeek's first models were made with, as code points: some look like others.
CASED = """41-5A 61-7A B5 C0-D6 D8-F6 F8-1BA 1BC-1BF 1C4-293 295-2AF 370-373 376 377 37B-37D 37F 386 388-38A 38C 38E-3A1 3A3-3F5 3F7-481 48A-52F 531-556 10A0-10C5
13A0-13F5 13F8-13FD 1C90-1CBA 1CBD-1CBF 1D00-1D2B 1D6B-1D77 1D79-1D9A 1E00-1F15 1F18-1F1D 1F20-1F45 1F48-1F4D 1F50-1F57 1F59 1F5B 1F5D 1F5F-1F7D 1F80-1FB4 1FB6-1FBC
1FBE 1FC2-1FC4 1FC6-1FCC 1FD0-1FD3 1FD6-1FDB 1FE0-1FEC 1FF2-1FF4 1FF6-1FFC 2102 2107 210A-2113 2115 2119-211D 2124 2126 2128 212A-212D 212F-2134 2139 213C-213F 2145-2149
214E 2183 2184 2C00-2C7B 2C7E-2CE4 2CEB-2CEE 2CF2 2CF3 A640-A66D A680-A69B A722-A76F A771-A787 A78B-A78E AB70-ABBF FB00-FB06 FB13-FB17 FF21-FF3A FF41-FF5A 10400-1044F
104B0-104D3 104D8-104FB 10C80-10CB2 10CC0-10CF2 118A0-118DF 1E900-1E943"""
DEEPSEEK_LETTERS = r"\s?[" + "".join("-".join(chr(int(end, 16)) for end in part.split("-")) for part in CASED.split()) + "]+"
DEEPSEEK_MARKS = "\\s?[!-/:-~！-／：-～\u2018-\u201f\u3000-\u3002]+"
DEEPSEEK_EAST = "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+"

# name: (normalizer, pre-tokenizer, whether a word that is a token is taken whole)
PUBLISHED = {
    "gpt-2": (None, GPT2, False),
    "llama-bpe": (None, then_bytes(LLAMA3), True),
    "smollm": (None, sequence(DIGITS, GPT2), False),
    "starcoder": (None, sequence(DIGITS, GPT2), False),
    "command-r": (NFC, sequence(DIGITS, GPT2), False),
    "qwen2": (NFC, then_bytes(QWEN2), False),
    "qwen35": (NFC, then_bytes(QWEN35), False),
    "gpt-4o": (None, then_bytes(GPT4O), False),
    "tekken": (None, then_bytes(TEKKEN), True),
    "olmo": (NFC, GPT2, False),
    "mpt": (NFC, GPT2, False),
    "dbrx": (None, then_bytes(LLAMA3), False),
    "deepseek-llm": (None, sequence(split("[\r\n]"), split(DEEPSEEK_LETTERS), split(DEEPSEEK_MARKS), split(r"\s+$"), split(DEEPSEEK_EAST), DIGITS, byte_level()), False),
    "deepseek-coder": (None, sequence(split("[\r\n]"), split(r"\s?\p{L}+"), split(r"\s?\p{P}+"), split(DEEPSEEK_EAST), DIGITS, byte_level()), False),
    "deepseek-v3": (None, then_bytes(r"\p{N}{1,3}", CJK, PUNCTUATED), False),
    "falcon": (None, sequence({"type": "Punctuation", "behavior": "Contiguous"}, GPT2, DIGITS | {"individual_digits": False}, split("[0-9][0-9][0-9]")), False),
    "bloom": (None, then_bytes(r" ?[^(\s|[.,!?…。，、।۔،])]+"), False),
    "viking": (None, sequence(split(r" ?[^(\s|[.,!?…。，、।۔،])]+"), DIGITS, byte_level()), False),
    "glm4": (None, then_bytes(LLAMA3), True),
    "seed-coder": (None, then_bytes(ENGLISH + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}" + "\r\n" + r"]+|\s*[" + "\r\n" + r"]+|\s+(?!\S)|\s+"), False),
    "superbpe": (None, then_bytes(r"\p{N}+", r"(?=(\d{3})+(?!\d))"), False),
    "bailingmoe": (None, then_bytes(r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"), False),
    "tiny_aya": (None, then_bytes(r"\d{1,3}(?=(?:\d{3})*\b)", GPT4O), False),
    "exaone-moe": (None, then_bytes(ENGLISH + r"|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+"), False),
    "jais-2": (None, then_bytes(ENGLISH + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|"
                                + "".join(rf"\s{{{n}}}(?!\S)|" for n in (512, 256, 128, 64, 32, 16, 8, 4)) + r"\s{1,2}(?!\S)|\s{1}"), False),
    "youtu": (None, then_bytes(r"[가-힣ㄱ-ㆎ]+|[！…“”‘’—：；，、-〿︰-﹏]+|[ㄅ-ㄯ]+|[一-龥" + "\u3040" + r"-ゟ゠-ヿ]+",
                               rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{ENGLISH}?|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{ENGLISH}?|\p{{N}}|" + CASED_END), True),
}

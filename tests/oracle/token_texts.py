"""Varied text for comparing tokenizers: sentences in many languages, code, emoji, numbers, white space, accents, marks, broken bytes.

Everything comes from the word lists below and from Python's own random numbers, so that a seed names a text on every machine.
A text is bytes: not all of it is valid UTF-8, and those that compare read it with errors="replace", as plume does.
"""

import random
import unicodedata

WORDS = {
    "French": "été forêt cœur garçon déjà où ça Noël naïveté façade hôpital île août l'eau d'abord qu'il aujourd'hui c'est n'est facture retard livraison "
              "madame monsieur cordialement pièce jointe réglé échéance la le les un une des et mais donc car nous vous ils très plus",
    "English": "the order was late we're sorry couldn't it'll they've I'd you're she's isn't invoice payment customer delivery thank please attached "
               "receipt within days account number street London rain house driver tomorrow something nothing through thought though",
    "German": "Straße Übung Größe Fuß Geschwindigkeitsbegrenzung Rechnung über für müssen können Grüße Ärger Öl Ostersonntag Donaudampfschiff "
              "und oder aber der die das ein eine nicht Lieferung verspätet sehr geehrte Damen Herren Kündigungsschutz",
    "Chinese": "我们 中国 北京 天气 很好 今天 明天 发票 付款 客户 谢谢 请 附件 银行 账户 龍 龜 體 學 電腦 ，你好。 《书》 “引号” 、 ！ ？ 一二三 〇 ㈱",
    "Japanese": "今日は 良い 天気 です カタカナ ﾊﾝｶｸ ひらがな 東京 ありがとう ございます。 「かぎ」 ー ゛ が か\u3099 ッ 々",
    "Korean": "안녕하세요 감사합니다 청구서 지불 고객 \u1112\u1161\u11ab\u1100\u1173\u11af 서울 오늘 날씨가 좋다",
    "Arabic": "السلام عليكم فاتورة الدفع العميل شكرا من فضلك مرفق مُحَمَّد كِتَاب ﷺ ٣٫١٤ ١٢٣ ۱۲۳ ، ؛ ؟ لا إله ـــ",
    "Hebrew": "שלום תודה חשבונית לקוח בְּרֵאשִׁית ־ ״ ₪",
    "Hindi": "नमस्ते धन्यवाद चालान भुगतान ग्राहक कृपया संलग्न क्षत्रिय ज़रूरत हिन्दी में है। १२३ श्रीमान् ॐ क़ क\u093c र्\u200dय",
    "Thai": "สวัสดี ขอบคุณ ใบแจ้งหนี้ ลูกค้า กำลัง น้ำ ๑๒๓ ฿",
    "Russian": "здравствуйте спасибо счёт оплата клиент пожалуйста приложение ёлка й и\u0306 Москва № объём съёмка",
    "Greek": "καλημέρα ευχαριστώ τιμολόγιο πελάτης Σίσυφος ὁδός ᾧ ΑΪ ς σ",
    "Vietnamese": "xin chào cảm ơn hóa đơn khách hàng Việt Nam tiếng nghĩa trường đường phở",
    "Turkish": "İstanbul ığdır müşteri teşekkürler fatura ÇĞİÖŞÜ",
    "Tamil": "வணக்கம் நன்றி வாடிக்கையாளர் கோ க்ஷ",
    "Bengali": "নমস্কার ধন্যবাদ গ্রাহক ক্ষ কো ড়",
}
CODE = """def tokenize(self, text: str) -> list[int]: |    return [x**2 for x in range(10) if x % 2 == 0] |for (int i = 0; i < n; ++i) { |
#include <vector> |std::unordered_map<std::string, int> |    if (x == 0) {\n        return y;   // nothing to do\n    }\n |\t\tcase 'a': break;\n |
SELECT * FROM users WHERE id=42; |<a href="https://example.org/a?b=c&d=%20">x</a> |{"key": [1, 2.5e-10, null], "s": "\\u00e9\\n"} |0xDEADBEEF |
CamelCaseIdentifier |snake_case_name |SCREAMING_CASE |kebab-case |x->y.z()[0]; |!= |=== |&&|| |=> |<<= |/* c */ |// c\n |# c\n |$HOME/.bashrc |
C:\\Users\\x |@decorator\n |lambda x: x+1 |\\frac{a}{b} |```python\n |`code` |**bold** |<!-- --> |1_000_000 |user@example.org |HTTPServer2Response |iPhone15Pro """
EMOJI = ("😀 🚀 😶\u200d🌫️ 👨\u200d👩\u200d👧\u200d👦 👩🏽\u200d💻 🏳️\u200d🌈 🇫🇷🇩🇪 🇫 ❤️ ❤ ☎️ 1️⃣ #️⃣ 🦙🦙🦙 🫠 🧑🏿\u200d🤝\u200d🧑🏻 ✅ ⚠️ © ® ™ 🏴\U000e0067\U000e0062\U000e0065"
         "\U000e006e\U000e0067\U000e007f ㊗️ ♾").split(" ")
NUMBERS = ("0 1 12 123 1234 12345 123456 1234567 12345678901234567890 3.14159 1,234.56 1.234,56 1 234,56 -5 +7 1e-9 0x1F 2024-03-24 24/03/2024 12:34:56 "
           "½ ¾ ² ³ Ⅷ ① ٣٤ ۴۵ १२३ 〇 ４２ 𝟘𝟙𝟚 ௧௨ ᠑ 1st 2nd 50% $5 5€ £3 ¥9 007 1/2 10^6 H2O CO₂ x² 9,").split(" ")
SPACES = [" ", "  ", "   ", " " * 7, " " * 16, "\n", "\n\n", "\n\n\n", "\r\n", "\r", "\t", "\t\t", " \n", "\n ", " \t ", "\u00a0", "\u3000", "\u2009", "\u200b", "\u200d",
          "\u2028", "\u2029", "\u0085", "\v", "\f", "\x1c", "\x1f", "\ufeff", "\u1680", "\u202f", "\u205f", "\u180e", "\u00ad", " \r\n\r\n ", "\n\t\n", "\u2581", " \u2581"]
CONTRACTIONS = ["'s", "'S", "'t", "'T", "'re", "'RE", "'Re", "'rE", "'ve", "'VE", "'m", "'M", "'ll", "'LL", "'lL", "'d", "'D", "'ſ", "'ſt", "’s", "’t", "'x", "'", "''", "'sm",
                "can't", "I'm", "they'RE", "'tis", "o'clock", "rock'n'roll", "'K", "'\u212a", "n't", "N'T", " 's", "s'"]
SPECIAL = ["<s>", "</s>", "<unk>", "<pad>", "<0x0A>", "<0xFF>", "<0x41>", "<|endoftext|>", "<|im_start|>", "<|im_end|>", "[INST]", "[/INST]", "[CLS]", "[SEP]", "[MASK]",
           "[UNK]", "[PAD]", "<|begin_of_text|>", "<|eot_id|>", "<bos>", "<eos>", "<start_of_turn>", "<|user|>", "<|", "|>", "<", "[", "##ing", "##", "Ġthe", "Ċ", "▁the", "▁▁",
           "<mask>", "<|fim_prefix|>", "<think>", "</think>", "<tool_call>", "<unused7>", "<image>", "{{", "}}", "{%", "<s", "s>", "<s> ", " </s>", "<|end|>\n", "<2mass>"]
MARKS = [chr(c) for c in (*range(0x300, 0x345), 0x361, 0x345, 0x483, 0x591, 0x5B0, 0x64B, 0x651, 0x670, 0x93C, 0x94D, 0xE31, 0x1AB0, 0x1DC0, 0x20D0, 0x20E3, 0x302A, 0x3099,
                          0xFE0F, 0xFE20, 0x1D165, 0xE0100)]
PUNCTUATION = [*"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "...", "—", "–", "…", "«", "»", "“", "”", "‘", "’", "。", "、", "！", "¿", "¡", "§", "†", "•", "→", "≠", "∑", "✓", "░", "═══", "----", "!!!"]

# First and last code point of what random characters are drawn from: blocks with letters, marks, digits, cases, compositions, and what lies at edges.
BLOCKS = [(0x20, 0x7E), (0x00, 0xFF), (0xA0, 0x17F), (0x180, 0x24F), (0x250, 0x36F), (0x370, 0x3FF), (0x400, 0x52F), (0x530, 0x5FF), (0x600, 0x6FF), (0x700, 0x8FF), (0x900, 0x9FF),
          (0xA00, 0xBFF), (0xC00, 0xDFF), (0xE00, 0xFFF), (0x1000, 0x10FF), (0x1100, 0x11FF), (0x1200, 0x139F), (0x13A0, 0x17FF), (0x1800, 0x1CFF), (0x1D00, 0x1DFF),
          (0x1E00, 0x1FFF), (0x2000, 0x20FF), (0x2100, 0x218F), (0x2190, 0x23FF), (0x2400, 0x27BF), (0x27C0, 0x2BFF), (0x2C00, 0x2E7F), (0x2E80, 0x30FF), (0x3100, 0x33FF),
          (0x3400, 0x4DFF), (0x4E00, 0x9FFF), (0xA000, 0xA6FF), (0xA700, 0xABFF), (0xAC00, 0xD7A3), (0xD7B0, 0xD7FF), (0xE000, 0xE0FF), (0xF900, 0xFAFF), (0xFB00, 0xFDFF),
          (0xFE00, 0xFFFF), (0x10000, 0x103FF), (0x10400, 0x109FF), (0x10A00, 0x10FFF), (0x11000, 0x11FFF), (0x12000, 0x1247F), (0x16800, 0x16FFF), (0x1B000, 0x1B2FF),
          (0x1D000, 0x1D3FF), (0x1D400, 0x1D7FF), (0x1E000, 0x1E95F), (0x1EC00, 0x1EEFF), (0x1F000, 0x1F5FF), (0x1F600, 0x1FAFF), (0x20000, 0x2A6DF), (0x2F800, 0x2FA1F),
          (0x30000, 0x323AF), (0xE0000, 0xE01EF), (0xF0000, 0xF00FF), (0x10FF00, 0x10FFFF)]
N_CODE_POINTS = 0x110000 - 0x800


def scalar_values():
    """Every code point but the surrogates, in order."""
    yield from range(0xD800)
    yield from range(0xE000, 0x110000)


def random_character(rng):
    """A scalar value of a random block, so that scripts mix as no language mixes them."""
    first, last = rng.choice(BLOCKS)
    return chr(rng.randint(first, last))


class Texts:
    """An endless row of (kind, text) with a seed of its own. `specials` are the vocabulary's own special strings."""

    def __init__(self, seed, specials=()):
        self.rng = random.Random(seed)
        self.specials = [*SPECIAL, *specials]
        self.lists = {language: words.split() for language, words in WORDS.items()}
        self.code = CODE.replace("|\n", "|").split(" |")
        self.kinds = {**{language: lambda language=language: self.sentences(language) for language in WORDS}, "code": self.source, "emoji": self.emoji,
                      "numbers": self.numbers, "white space": self.spaces, "accents": self.accents, "special strings": self.special_strings,
                      "contractions": self.contractions, "bytes": self.raw_bytes, "broken UTF-8": self.broken, "one script": self.one_script,
                      "all scripts": self.all_scripts, "mixed": self.mixed, "repeated": self.repeated}

    def __iter__(self):
        names = list(self.kinds)
        while True:
            kind = self.rng.choice(names)
            made = self.kinds[kind]()
            yield kind, made if isinstance(made, bytes) else made.encode("utf-8")

    def several(self, most):
        return range(self.rng.randint(1, most))

    def sentences(self, language):
        rng, words = self.rng, self.lists[language]
        between = "" if language in ("Chinese", "Japanese", "Thai") else " "
        out = []
        for _ in self.several(8):
            sentence = [rng.choice(words) for _ in self.several(16)]
            if rng.random() < 0.3:
                sentence[rng.randrange(len(sentence))] = rng.choice(NUMBERS)
            if rng.random() < 0.2:
                sentence = [rng.choice([str.upper, str.title, str.capitalize])(word) for word in sentence]
            out.append(between.join(sentence) + rng.choice([".", ",", "!", "?", ":", ";", "。", "", " -", ")"]))
        return rng.choice([" ", " ", "\n", "\n\n", "  "]).join(out)

    def source(self):
        rng = self.rng
        return "".join(rng.choice(self.code) + rng.choice(["", " ", "\n", "\n    ", "\n\t", ";\n", "\n        ", "\r\n"]) for _ in self.several(24))

    def emoji(self):
        rng = self.rng
        return "".join(rng.choice(EMOJI) + rng.choice(["", "", " ", "!", "\ufe0f", "\u200d", "🏽", "a", "\n"]) for _ in self.several(30))

    def numbers(self):
        rng = self.rng
        return "".join((rng.choice(NUMBERS) if rng.random() < 0.6 else str(rng.randrange(10 ** rng.randint(1, 12)))) + rng.choice(["", "", " ", "  ", ", ", "\n", "a", "%", ".", "é", "'s"])
                       for _ in self.several(40))

    def spaces(self):
        rng = self.rng
        return "".join(rng.choice(SPACES) + (rng.choice(["a", "Z", "1", ".", "é", "天", "the", "🦙", "'s", "_"]) if rng.random() < 0.5 else "") for _ in self.several(40))

    def accents(self):
        rng = self.rng
        text = " ".join(rng.choice(self.lists[rng.choice(["French", "Vietnamese", "German", "Korean", "Hindi", "Russian", "Greek", "Arabic"])]) for _ in self.several(20))
        text = unicodedata.normalize(rng.choice(["NFC", "NFD", "NFKC", "NFKD"]), text)
        return "".join(c + (rng.choice(MARKS) * rng.choice([1, 1, 1, 2, 3]) if rng.random() < 0.15 else "") for c in text)

    def special_strings(self):
        rng = self.rng
        return "".join(rng.choice(self.specials) + rng.choice(["", "", " ", "  ", "\n", "x", "é", " the", ".", "1"]) for _ in self.several(16))

    def contractions(self):
        rng = self.rng
        words = self.lists["English"] + self.lists["French"]
        return "".join(rng.choice(["", " ", "\n", "1", "É"]) + (rng.choice(words) if rng.random() < 0.5 else "") + rng.choice(CONTRACTIONS) for _ in self.several(24))

    def raw_bytes(self):
        return self.rng.randbytes(self.rng.randint(1, 200))

    def broken(self):
        """Valid text with bytes changed, left out, doubled or cut off at its end."""
        rng = self.rng
        text = bytearray("".join(random_character(rng) if rng.random() < 0.3 else rng.choice(self.lists[rng.choice(list(WORDS))]) for _ in self.several(20)).encode())
        for _ in self.several(6):
            at = rng.randrange(len(text))
            text[at:at + rng.choice([0, 1, 1, 2])] = rng.choice([b"", b"\x80", b"\xc3", b"\xe2\x96", b"\xf0\x9f", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xff", b"\xc0\x80", bytes([rng.randrange(256)])])
            text = text or bytearray(b"\xe2")
        return bytes(text[:rng.randint(1, len(text))])

    def one_script(self):
        rng = self.rng
        first, last = rng.choice(BLOCKS)
        return "".join(chr(rng.randint(first, last)) + rng.choice(["", "", "", "", " "]) for _ in self.several(60))

    def all_scripts(self):
        return "".join(random_character(self.rng) for _ in self.several(80))

    def piece(self):
        """A few characters of any kind: where two kinds meet is where scanners go wrong."""
        rng = self.rng
        choice = rng.randrange(11)
        return rng.choice((SPACES, PUNCTUATION, CONTRACTIONS, self.specials, MARKS, EMOJI, NUMBERS, self.code, [*"aZ9é天ǅ٣_"])[choice]) if choice < 9 else (
            random_character(rng) if choice == 9 else rng.choice(self.lists[rng.choice(list(WORDS))]))

    def mixed(self):
        return "".join(self.piece() for _ in self.several(60))

    def repeated(self):
        rng = self.rng
        return "".join(self.piece()[:8] * rng.choice([1, 2, 3, 5, 17, 64]) for _ in self.several(5))


def around_code_points(step=1):
    """Each scalar value (every `step`-th of those without a name) alone and between letters, as (kind, text)."""
    for c in scalar_values():
        if step > 1 and c % step and (c > 0x323AF or unicodedata.category(chr(c)) in ("Cn", "Co") or (0x3400 <= c <= 0xD7A3 or c >= 0x17000) and c % 7):
            continue
        yield "a code point alone", chr(c).encode()
        yield "a code point between letters", ("a" + chr(c) + "b").encode()


def random_strings(seed, n):
    """n strings of valid UTF-8, short and of any scalar values, without U+2581 (SentencePiece writes spaces so)."""
    rng = random.Random(seed)
    for _ in range(n):
        ascii_only = rng.random() < 0.2
        made = "".join(chr(rng.randrange(128)) if ascii_only or rng.random() < 0.3 else random_character(rng) if rng.random() < 0.8 else chr(rng.randrange(0xE000, 0x110000))
                       for _ in range(rng.randrange(24)))
        yield made.replace("\u2581", "_").encode()


def training_lines(seed, n_bytes):
    """Lines of valid text for training a vocabulary: languages, code and numbers, no noise."""
    made, texts = 0, Texts(seed)
    wanted = (*WORDS, "code", "numbers", "contractions", "emoji")
    for kind, text in texts:
        if kind in wanted:
            yield text.decode()
            made += len(text)
            if made > n_bytes:
                return

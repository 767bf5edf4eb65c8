#include <algorithm>

#include <plume/text/pretokenizers.hpp>

#include "src/text/pretokenizers/pattern.hpp"

namespace plume::text {
namespace {

using view = std::string_view;

// The patterns as published: in tokenizer.json files (Hugging Face), or in the code beside tiktoken vocabularies.

#define PLUME_CONTRACTIONS "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
#define PLUME_SPACES R"(\s*[\r\n]+|\s+(?!\S)|\s+)"
#define PLUME_WORD_AFTER_ANY R"([^\r\n\p{L}\p{N}]?\p{L}+)"
#define PLUME_MARKS_TO_LINE_END R"( ?[^\s\p{L}\p{N}]+[\r\n]*)"

constexpr view digit       = R"(\p{N})";
constexpr view digits_by_3 = R"(\p{N}{1,3})";

constexpr view gpt2[]       = {gpt2_pattern};
constexpr view digits[]     = {digit, gpt2_pattern};
constexpr view llama3[]     = {PLUME_CONTRACTIONS "|" PLUME_WORD_AFTER_ANY R"(|\p{N}{1,3}|)" PLUME_MARKS_TO_LINE_END "|" PLUME_SPACES};
constexpr view qwen2[]      = {PLUME_CONTRACTIONS "|" PLUME_WORD_AFTER_ANY R"(|\p{N}|)" PLUME_MARKS_TO_LINE_END "|" PLUME_SPACES};
constexpr view ufakzeka[]   = {PLUME_WORD_AFTER_ANY R"(|\p{N}|)" PLUME_MARKS_TO_LINE_END "|" PLUME_SPACES};
constexpr view qwen35[]     = {PLUME_CONTRACTIONS R"(|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|)" PLUME_SPACES};
constexpr view minicpm5[]   = {digits_by_3, PLUME_CONTRACTIONS "|" PLUME_WORD_AFTER_ANY R"(|\p{N}+|)" PLUME_MARKS_TO_LINE_END "|" PLUME_SPACES};
constexpr view k2_horizon[] = {PLUME_CONTRACTIONS R"(|[^\r\n\p{L}\p{N}]?(?:\p{L}|\p{M}|\u200C|\u200D)+|\p{N}{1,3}|)" PLUME_MARKS_TO_LINE_END "|" PLUME_SPACES};
constexpr view laguna[]     = {R"([^\n]+|[\n]+)", qwen2[0]};
constexpr view seed_coder[] = {PLUME_CONTRACTIONS R"(|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|)" PLUME_SPACES};
constexpr view bailing[]    = {R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+)"};
constexpr view exaone_moe[] = {PLUME_CONTRACTIONS
                               R"(|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+)"};
constexpr view jais2[]      = {
         PLUME_CONTRACTIONS
         "|" PLUME_WORD_AFTER_ANY R"(|\p{N}{1,3}|)" PLUME_MARKS_TO_LINE_END
         R"(|\s*[\r\n]+|\s{512}(?!\S)|\s{256}(?!\S)|\s{128}(?!\S)|\s{64}(?!\S)|\s{32}(?!\S)|\s{16}(?!\S)|\s{8}(?!\S)|\s{4}(?!\S)|\s{1,2}(?!\S)|\s{1})"};

// Words that end where their case changes. Upper case here is Lu and Lt, and what has no case counts as both.
#define PLUME_UPPER R"([\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}])"
#define PLUME_LOWER R"([\p{Ll}\p{Lm}\p{Lo}\p{M}])"
#define PLUME_CASED(end) R"([^\r\n\p{L}\p{N}]?)" PLUME_UPPER "*" PLUME_LOWER "+" end R"(|[^\r\n\p{L}\p{N}]?)" PLUME_UPPER "+" PLUME_LOWER "*" end "|"
#define PLUME_MARKS_AND_SLASH R"(| ?[^\s\p{L}\p{N}]+[\r\n/]*|)"

constexpr view gpt4o[]    = {PLUME_CASED(PLUME_CONTRACTIONS "?") R"(\p{N}{1,3})" PLUME_MARKS_AND_SLASH PLUME_SPACES};
constexpr view tekken[]   = {PLUME_CASED("") R"(\p{N})" PLUME_MARKS_AND_SLASH PLUME_SPACES};
constexpr view tiny_aya[] = {R"(\d{1,3}(?=(?:\d{3})*\b))", gpt4o[0]};
constexpr view youtu[]    = {
       "[\uac00-\ud7a3\u3131-\u318e]+|[\uff01\u2026\u201c\u201d\u2018\u2019\u2014\uff1a\uff1b\uff0c\u3001-\u303f\ufe30-\ufe4f]+|[\u3105-\u312f]+|"
          "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+",
       PLUME_CASED(PLUME_CONTRACTIONS "?") R"(\p{N})" PLUME_MARKS_AND_SLASH PLUME_SPACES};
constexpr view kimi_k2[] = {
    R"([\p{Han}]+|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"(\p{N}{1,3}|)" PLUME_MARKS_TO_LINE_END "|" PLUME_SPACES};

// DeepSeek's, and those made after it.
#define PLUME_ASCII_MARK R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~])"
constexpr view cjk           = "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+";
constexpr view deepseek_main = PLUME_ASCII_MARK R"([A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|)" PLUME_SPACES;
constexpr view deepseek_v3[] = {digits_by_3, cjk, deepseek_main};
constexpr view spark[]  = {digits_by_3, cjk, PLUME_ASCII_MARK R"([A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+|[\r\n]|\s+(?!\S)|\s+)", digit};
constexpr view line_end = R"([\r\n])";
constexpr view cjk_and_korean   = "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+";
constexpr view deepseek_coder[] = {line_end, R"(\s?\p{L}+)", R"(\s?\p{P}+)", cjk_and_korean, digit};
constexpr view deepseek_llm[]   = {
      line_end,
      R"(\s?[)"
        "A-Za-z\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01ba\u01bc-\u01bf\u01c4-\u0293\u0295-\u02af\u0370-\u0373\u0376\u0377\u037b-\u037d\u037f\u0386"
        "\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03f5\u03f7-\u0481\u048a-\u052f\u0531-\u0556\u10a0-\u10c5\u13a0-\u13f5\u13f8-\u13fd\u1c90-\u1cba"
        "\u1cbd-\u1cbf\u1d00-\u1d2b\u1d6b-\u1d77\u1d79-\u1d9a\u1e00-\u1f15\u1f18-\u1f1d\u1f20-\u1f45\u1f48-\u1f4d\u1f50-\u1f57\u1f59\u1f5b\u1f5d"
        "\u1f5f-\u1f7d\u1f80-\u1fb4\u1fb6-\u1fbc\u1fbe\u1fc2-\u1fc4\u1fc6-\u1fcc\u1fd0-\u1fd3\u1fd6-\u1fdb\u1fe0-\u1fec\u1ff2-\u1ff4\u1ff6-\u1ffc"
        "\u2102\u2107\u210a-\u2113\u2115\u2119-\u211d\u2124\u2126\u2128\u212a-\u212d\u212f-\u2134\u2139\u213c-\u213f\u2145-\u2149\u214e\u2183\u2184"
        "\u2c00-\u2c7b\u2c7e-\u2ce4\u2ceb-\u2cee\u2cf2\u2cf3\ua640-\ua66d\ua680-\ua69b\ua722-\ua76f\ua771-\ua787\ua78b-\ua78e\uab70-\uabbf\ufb00-"
        "\ufb06\ufb13-\ufb17\uff21-\uff3a\uff41-\uff5a\U00010400-\U0001044f\U000104b0-\U000104d3\U000104d8-\U000104fb\U00010c80-\U00010cb2\U00010cc0-"
        "\U00010cf2\U000118a0-\U000118df\U0001e900-\U0001e943"
        "]+",
      R"(\s?[!-/:-~)"
        "\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]+",
      R"(\s+$)",
      cjk_and_korean,
      digit};

// Others.
constexpr view punctuation = R"([!-/:-@\[-`{-~\p{P}]+)";  // Punctuation, contiguous: P and what is neither letter, digit nor space in ASCII
constexpr view falcon[]    = {punctuation, gpt2_pattern, R"(bytes:\p{N}+)", "[0-9][0-9][0-9]"};
constexpr view bloom_words = R"( ?[^(\s|[.,!?)"
                             "\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c])]+";
constexpr view bloom[]     = {bloom_words};
constexpr view viking[]    = {bloom_words, digit};
constexpr view chameleon[] = {
    R"(<sentinel:[0-9]+>)", R"((IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z)", R"(([\t\n]|    |  ))", digit, R"([!-/:-@\[-`{-~\p{P}])", gpt2_pattern};
constexpr view by_3_from_the_end = R"((?=(\d{3})+(?!\d)))";
constexpr view superbpe[]        = {R"(\p{N}+)", by_3_from_the_end};
constexpr view afmoe[]           = {
              R"(\d+)", by_3_from_the_end,
              "[\u4e00-\u9fff\u3400-\u4dbf\uf900-\ufaff\u3040-\u309f\u30a0-\u30ff\uff65-\uff9f\u2f00-\u2fdf\u0e40-\u0e7f\u0e80-\u0eff\u1780-\u17ff\u1000-\u109f"
                        "\uaa60-\uaa7f\ua9e0-\ua9ff\uac00-\ud7af\u1100-\u11ff]+",
              deepseek_main};

constexpr view gpt2_names[]        = {"gpt-2",   "phi-2",  "jina-es",    "jina-de",      "gigachat",    "jina-v2-es", "jina-v2-de",
                                      "a.x-4.0", "mellum", "jina-v1-en", "jina-v2-code", "roberta-bpe", "exaone4",    "jais"};
constexpr view gpt2_nfc_names[]    = {"mpt", "olmo", "modern-bert"};
constexpr view gpt2_kept_names[]   = {"trillion", "granite-docling"};
constexpr view llama3_names[]      = {"llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano"};
constexpr view dbrx_names[]        = {"dbrx", "smaug-bpe", "chatglm-bpe"};
constexpr view glm_names[]         = {"glm4", "glm5"};
constexpr view digits_names[]      = {"starcoder", "refact", "codeshell", "exaone", "minerva-7b", "mellum2"};
constexpr view smollm_names[]      = {"smollm"};
constexpr view command_r_names[]   = {"command-r"};
constexpr view qwen2_names[]       = {"qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "hunyuan"};
constexpr view qwen2_clean_names[] = {"stablelm2", "megrez"};
constexpr view qwen2_plain_names[] = {"grok-2", "solar-open"};
constexpr view qwen35_names[]      = {"qwen35"};
constexpr view ufakzeka_names[]    = {"ufakzeka"};
constexpr view minicpm5_names[]    = {"minicpm5"};
constexpr view k2_horizon_names[]  = {"k2-horizon"};
constexpr view laguna_names[]      = {"laguna"};
constexpr view seed_coder_names[]  = {"seed-coder"};
constexpr view bailing_names[]     = {"bailingmoe", "bailingmoe2", "llada-moe"};
constexpr view exaone_moe_names[]  = {"exaone-moe"};
constexpr view jais2_names[]       = {"jais-2", "jais2"};
constexpr view gpt4o_names[]       = {"gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"};
constexpr view granite_names[]     = {"granite-embed-multi-97m"};
constexpr view tekken_names[]      = {"tekken"};
constexpr view tiny_aya_names[]    = {"tiny_aya", "cohere2moe"};
constexpr view youtu_names[]       = {"youtu"};
constexpr view kimi_names[]        = {"kimi-k2"};
constexpr view deepseek_v3_names[] = {"deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4"};
constexpr view spark_names[]       = {"spark2_5"};
constexpr view coder_names[]       = {"deepseek-coder"};
constexpr view deepseek_names[]    = {"deepseek-llm"};
constexpr view falcon_names[]      = {"falcon"};
constexpr view bloom_names[]       = {"bloom", "gpt3-finnish"};
constexpr view poro_names[]        = {"poro-chat"};
constexpr view viking_names[]      = {"viking"};
constexpr view chameleon_names[]   = {"chameleon"};
constexpr view superbpe_names[]    = {"superbpe"};
constexpr view afmoe_names[]       = {"afmoe"};

constexpr auto nfc = normal_form::nfc;

constexpr pretokenizer list[] = {
    {gpt2_names, gpt2},
    {gpt2_nfc_names, gpt2, false, false, nfc},
    {gpt2_kept_names, gpt2},
    {llama3_names, llama3, true, true},
    {dbrx_names, llama3},
    {glm_names, llama3, true},
    {smollm_names, digits},
    {digits_names, digits},
    {command_r_names, digits, false, false, nfc},
    {qwen2_names, qwen2, false, false, nfc},
    {qwen2_clean_names, qwen2, false, false, nfc},
    {qwen2_plain_names, qwen2},
    {qwen35_names, qwen35, false, false, nfc},
    {ufakzeka_names, ufakzeka},
    {minicpm5_names, minicpm5, true},
    {k2_horizon_names, k2_horizon},
    {laguna_names, laguna},
    {seed_coder_names, seed_coder},
    {bailing_names, bailing},
    {exaone_moe_names, exaone_moe},
    {jais2_names, jais2},
    {gpt4o_names, gpt4o},
    {granite_names, gpt4o, true},
    {tekken_names, tekken, true, true},
    {tiny_aya_names, tiny_aya},
    {youtu_names, youtu, true},
    {kimi_names, kimi_k2},
    {deepseek_v3_names, deepseek_v3},
    {spark_names, spark},
    {coder_names, deepseek_coder},
    {deepseek_names, deepseek_llm},
    {falcon_names, falcon},
    {bloom_names, bloom},
    {poro_names, bloom},
    {viking_names, viking},
    {chameleon_names, chameleon, false, true},
    {superbpe_names, superbpe},
    {afmoe_names, afmoe},
};

}  // namespace

std::span<const pretokenizer> pretokenizers() noexcept { return list; }

const pretokenizer* find_pretokenizer(std::string_view name) noexcept {
    for (const auto& entry : list)
        if (std::find(entry.names.begin(), entry.names.end(), name) != entry.names.end()) return &entry;
    return nullptr;
}

const pretokenizer* find_pretokenizer_by_patterns(std::span<const std::string_view> patterns) noexcept {
    for (const auto& entry : list)
        if (std::equal(patterns.begin(), patterns.end(), entry.patterns.begin(), entry.patterns.end())) return &entry;
    return nullptr;
}

}  // namespace plume::text

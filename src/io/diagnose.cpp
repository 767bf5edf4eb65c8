#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>

#include <plume/core/printable.hpp>
#include <plume/core/utf8.hpp>

#include "src/io/gguf_parse.hpp"

// What people load by mistake, by its first bytes.

namespace plume::io {
namespace {

using namespace std::string_view_literals;

struct known_start {
    std::string_view bytes, what, next_step;
};

constexpr auto fetch_again = "the download gave something else than the model: fetch the file itself"sv;
constexpr auto unpack      = "unpack it first"sv;
constexpr auto no_pickle   = "plume never reads pickle, because it can run code: look for the model as safetensors or GGUF"sv;
constexpr auto older       = "look for the model as GGUF; files of this format are from 2023 or before"sv;
constexpr auto with_config = "name the folder that holds it and the model's config.json"sv;
constexpr auto to_gguf     = "look for the model as GGUF, or convert it"sv;

constexpr known_start known_starts[] = {
    known_start{"version https://git-lfs", "is a git-LFS pointer, not the model itself", "run 'git lfs pull' in its folder, or download the file itself"},
    known_start{"PK\3\4", "is a zip archive, as PyTorch checkpoints are", no_pickle},
    known_start{"\x80\x02", "is a Python pickle, as PyTorch checkpoints are", no_pickle},
    known_start{"\x80\x03", "is a Python pickle, as PyTorch checkpoints are", no_pickle},
    known_start{"\x80\x04", "is a Python pickle, as PyTorch checkpoints are", no_pickle},
    known_start{"\x80\x05", "is a Python pickle, as PyTorch checkpoints are", no_pickle},
    known_start{"\x1f\x8b", "is compressed with gzip", unpack},
    known_start{"\x28\xb5\x2f\xfd", "is compressed with zstd", unpack},
    known_start{"\xfd"
                "7zXZ",
                "is compressed with xz", unpack},
    known_start{"BZh", "is compressed with bzip2", unpack},
    known_start{"7z\xbc\xaf\x27\x1c", "is a 7z archive", unpack},
    known_start{"lmgg", "is in the old GGML format", older},
    known_start{"fmgg", "is in the old GGMF format", older},
    known_start{"tjgg", "is in the old GGJT format", older},
    known_start{"algg", "is an old GGLA adapter", older},
    known_start{"24ka", "is a llama2.c checkpoint", to_gguf},
    known_start{"\x89HDF\r\n\x1a\n", "is an HDF5 file, as Keras models are", to_gguf},
    known_start{"%PDF-", "is a PDF document", fetch_again},
};

bool starts_with_ignoring_case(std::string_view text, std::string_view lower) {
    return text.size() >= lower.size() && std::equal(lower.begin(), lower.end(), text.begin(),
                                                     [](char l, char t) { return l == (t >= 'A' && t <= 'Z' ? static_cast<char>(t + ('a' - 'A')) : t); });
}

/// Without white space and a byte order mark in front.
std::string_view trimmed(std::string_view text) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    return text;
}

bool is_html(std::string_view text) {
    constexpr std::array starts = {"<!doctype"sv, "<html"sv, "<head"sv, "<body"sv, "<?xml"sv, "<!--"sv};
    return std::any_of(starts.begin(), starts.end(), [text](std::string_view s) { return starts_with_ignoring_case(text, s); });
}

/// A header of JSON behind its length in 8 bytes.
bool is_safetensors(std::string_view head) {
    constexpr std::uint64_t longest_header = 100'000'000;
    std::uint64_t           length         = 0;
    if (head.size() < 9) return false;
    std::memcpy(&length, head.data(), sizeof length);
    return length >= 2 && length <= longest_header && head[8] == '{';
}

/// The first format of llama2.c has no magic: seven numbers (D, F, L, H, K, V, context) and then floats, so ask whether they make sense together.
bool is_llama2c(std::string_view head, std::uint64_t file_bytes) {
    std::array<std::int32_t, 7> n{};
    if (head.size() < sizeof n) return false;
    std::memcpy(n.data(), head.data(), sizeof n);
    const auto [d, f, layers, heads, kv_heads, v, context] = n;
    const auto in = [](std::int32_t value, std::int32_t least, std::int32_t most) { return value >= least && value <= most; };
    if (!in(d, 8, 65'536) || !in(f, 8, 1 << 20) || !in(layers, 1, 1'000) || !in(heads, 1, 1'024) || !in(kv_heads, 1, heads)) return false;
    if (v == 0 || !in(v, -(1 << 20), 1 << 20) || !in(context, 1, 1 << 24) || d % heads != 0) return false;
    const auto embedding = std::uint64_t{4} * static_cast<std::uint64_t>(d) * static_cast<std::uint64_t>(v < 0 ? -std::int64_t{v} : v);
    return file_bytes > embedding;
}

bool is_text(std::string_view head) {
    const auto whole = head.substr(0, head.size() - utf8::incomplete_tail(head));
    return utf8::first_invalid(whole) == std::string_view::npos &&
           std::none_of(whole.begin(), whole.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t'; });
}

}  // namespace

std::string_view usual_next_step(code c) noexcept {
    switch (c) {
        case code::format_truncated:
            return "the file is cut short or damaged: compare its size with the publisher's and fetch it again";
        case code::format_invalid:
            return "the file is damaged or was converted wrongly: fetch it again, or look for another conversion of the model";
        case code::format_limit:
            return "the file is damaged or made to do harm; if neither, load it with a higher limit";
        case code::format_unsupported:
            return "look for a version of plume that runs it, or for another model or conversion";
        default:
            return {};
    }
}

error diagnose(std::string_view head, std::uint64_t file_bytes) {
    if (file_bytes == 0) return error{code::format_unknown, "is empty"}.hint("the download did not begin, or the disk was full: fetch the file again");
    for (const auto& known : known_starts)
        if (head.starts_with(known.bytes)) return error{code::format_unknown, known.what}.hint(known.next_step);
    const auto text = trimmed(head);
    if (is_html(text)) return error{code::format_unknown, "is an HTML page, not a model"}.hint(fetch_again);
    if (is_safetensors(head)) return error{code::format_unknown, "is a safetensors file"}.hint(with_config);
    if (is_llama2c(head, file_bytes)) return error{code::format_unknown, "looks like a llama2.c checkpoint"}.hint(to_gguf);
    if (text.starts_with('{') || text.starts_with('['))
        return error{code::format_unknown, "is a JSON file, not a model"}.hint("a model's configuration, perhaps: name the .gguf file");
    if (std::all_of(head.begin(), head.end(), [](char c) { return c == 0; }))
        return error{code::format_unknown, "begins with zeros"}.hint("its space was reserved, but the download never filled it: fetch the file again");
    if (is_text(head)) return error{code::format_unknown, "is a text, not a model: it begins '" + printable(head, 60) + '\''}.hint(fetch_again);
    return error{code::format_unknown, "is not a GGUF file"}
        .expected_found("'GGUF' as its first bytes", '\'' + std::string(head.substr(0, 4)) + '\'')
        .hint("plume runs models in the GGUF format");
}

error wrong_version(std::uint32_t version) {
    if (version != 0 && __builtin_bswap32(version) <= 16)
        return error{code::format_unsupported, "is a big-endian GGUF file"}.at(4).hint(
            "it was made for another kind of computer: look for the little-endian one");
    auto why =
        error{code::format_unsupported, version == 1 ? "is GGUF version 1, the first draft of the format" : "is a GGUF version that plume does not know"};
    return std::move(why)
        .at(4)
        .expected_found("version 2 or 3", std::to_string(version))
        .hint(version == 1                   ? "look for a newer file of the model, or convert it"
              : version > 3 && version < 100 ? "a newer version of plume may read it"
                                             : "the file is damaged");
}

}  // namespace plume::io

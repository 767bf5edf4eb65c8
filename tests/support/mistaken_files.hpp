#pragma once

#include "support/bad_file.hpp"

// What people load by mistake instead of a model.

namespace plume::test {

inline void add_mistaken_files(std::vector<bad_file>& all) {
    using namespace std::string_view_literals;
    const auto is = [&](std::string name, std::string find, std::string_view bytes) {
        all.push_back({std::move(name), refused_by::reader, std::move(find), [b = bytes_of_text(bytes)] { return b; }});
    };
    is("an empty file", "empty", "");
    is("a git-LFS pointer", "git lfs pull",
       "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n");
    is("an HTML page", "HTML", "<!DOCTYPE html>\n<html lang=\"en\"><head><title>Sign in</title></head></html>");
    is("an HTML page in small letters", "HTML", "<html><body>404</body></html>");
    is("an HTML page behind a byte order mark and blank lines", "HTML", "\xef\xbb\xbf\r\n\r\n  <!doctype HTML><html></html>");
    is("an XML error of a storage service", "HTML", "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>AccessDenied</Code></Error>");
    is("a server's plain error", "Entry not found", "Entry not found");
    is("a text in French CP1252", "not a GGUF file",
       "Entr\xe9"
       "e introuvable, d\xe9sol\xe9");
    is("a JSON file", "JSON", "{\n  \"architectures\": [\"LlamaForCausalLM\"]\n}");
    is("a JSON list", "JSON", "[1, 2, 3]");
    is("a safetensors file", "safetensors", "\x40\0\0\0\0\0\0\0{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}        \0\0\0\0"sv);
    is("a pickle of protocol 2", "pickle", "\x80\x02}q\0X\x04\0\0\0"sv);
    is("a pickle of protocol 4", "pickle", "\x80\x04\x95\x10\0\0\0\0\0\0\0}"sv);
    is("a PyTorch zip", "PyTorch", "PK\3\4\0\0\x08\x08\0\0\0\0\0\0\0\0archive/data.pkl"sv);
    is("a gzip file", "gzip", "\x1f\x8b\x08\0\0\0\0\0\0\3"sv);
    is("a zstd file", "zstd", "\x28\xb5\x2f\xfd\x24\x01"sv);
    is("an xz file", "xz",
       "\xfd"
       "7zXZ\0\0\4"sv);
    is("a bzip2 file", "bzip2", "BZh91AY&SY");
    is("a 7z archive", "7z", "7z\xbc\xaf\x27\x1c\0\4"sv);
    is("an old GGML file", "GGML", "lmgg\0\x7d\0\0"sv);
    is("an old GGMF file", "GGMF", "fmgg\1\0\0\0"sv);
    is("an old GGJT file", "GGJT", "tjgg\3\0\0\0"sv);
    is("an old GGLA adapter", "GGLA", "algg\1\0\0\0"sv);
    is("a PDF document", "PDF", "%PDF-1.7\n");
    is("an HDF5 file", "HDF5", "\x89HDF\r\n\x1a\n");
    is("an ELF program", "not a GGUF file",
       "\x7f"
       "ELF\2\1\1\0"sv);
    is("a later checkpoint of llama2.c", "llama2.c", "24ka\1\0\0\0"sv);
    is("one byte of GGUF's magic", "ends inside its header", "G");
    is("three bytes of GGUF's magic", "ends inside its header", "GGU");
    is("the magic alone", "ends inside its header", "GGUF");
    is("the magic in small letters", "'gguf", "gguf\3\0\0\0"sv);
    is("the magic backwards", "FUGG", "FUGG\3\0\0\0"sv);
    is("one control character", "not a GGUF file", "\x1b");
    all.push_back({"a file of zeros", refused_by::reader, "zeros", [] { return byte_string(4096); }});
    all.push_back({"random bytes", refused_by::reader, "not a GGUF file", [] {
                       byte_string b = bytes_of_text("\xff\xd9");
                       for (std::uint64_t i = 0; i < 1000; ++i) append(b, random_unit(7, i));
                       return b;
                   }});
    all.push_back({"a first checkpoint of llama2.c", refused_by::reader, "llama2.c", [] {
                       byte_string b;
                       for (const std::int32_t n : {64, 172, 5, 8, 4, 512, 512}) append(b, n);
                       b.resize(b.size() + 64 * 512 * 4 + 1000, std::byte{0x3d});
                       return b;
                   }});
    all.push_back({"a text of one long line", refused_by::reader, "text", [] { return byte_string(100'000, std::byte{'a'}); }});
}

}  // namespace plume::test

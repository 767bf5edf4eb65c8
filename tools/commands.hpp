#pragma once

#include <array>
#include <string_view>

#include "support/arguments.hpp"

namespace plume::tool {

int run(const invocation&);
int chat(const invocation&);
int template_(const invocation&);  // the word itself is the language's
int tokenize(const invocation&);
int detokenize(const invocation&);
int logits(const invocation&);
int perplexity(const invocation&);
int info(const invocation&);
int check(const invocation&);
int plan(const invocation&);
int bench(const invocation&);
int convert(const invocation&);
int quantize(const invocation&);
int imatrix(const invocation&);

struct subcommand {
    std::string_view name;
    int (*start)(const invocation&);  // returns the exit code
    std::string_view summary;
};

/// THE LIST of subcommands: each is one file of its name.
inline constexpr std::array subcommands{
    subcommand{"run", run, "answer one message, or continue a text"},
    subcommand{"chat", chat, "talk with a model"},
    subcommand{"template", template_, "the prompt that messages become"},
    subcommand{"info", info, "what is in a model file"},
    subcommand{"plan", plan, "the memory a model needs, before loading it"},
    subcommand{"check", check, "validate a model file without running it"},
    subcommand{"tokenize", tokenize, "text on standard input to token ids"},
    subcommand{"detokenize", detokenize, "token ids on standard input to text"},
    subcommand{"logits", logits, "the model's raw output for given tokens, and its SHA-256"},
    subcommand{"perplexity", perplexity, "how well the model predicts a text"},
    subcommand{"convert", convert, "a Hugging Face folder to a GGUF file"},
    subcommand{"quantize", quantize, "a model in another weight type"},
    subcommand{"imatrix", imatrix, "which inputs of a model's matrices matter, for quantize"},
    subcommand{"bench", bench, "tokens per second, next to what this machine can do"},
};

}  // namespace plume::tool

#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace plume::models {

/// What becomes of a value of config.json.
enum class key_kind : std::uint8_t {
    count,        // an integer of 0 or more
    real,         // any number
    flag,         // true or false
    text,         // as it is
    is_text,      // whether the text is `otherwise`, as a flag
    width,        // an integer; where it is missing hidden_size / num_attention_heads
    portion,      // a share of a head's width, as a count
    root,         // 1/sqrt(x)
    four_widths,  // a count; where it is missing four times the model's width
    windows,      // layer_types, as flags: whether a layer sees a window alone; `otherwise`: no key where every so-manieth sees all
};

/// A value of config.json and the key of a GGUF file that holds it.
struct hf_key {
    std::string_view hf;    // "num_hidden_layers"; a member of a member behind '.'; several places to look behind '|', the first that is there counts
    std::string_view gguf;  // behind the architecture and a dot: "block_count"
    key_kind         kind      = key_kind::count;
    std::string_view otherwise = {};  // what it means where it is missing or null; "required": an error; empty: no key
};

/// A value of config.json that must be one of `allowed` (behind '|'), or missing: another would change what is computed.
struct hf_demand {
    std::string_view hf, allowed;
};

/// How the rows of a Hugging Face tensor become those of a GGUF tensor.
enum class row_change : std::uint8_t {
    none,
    pair_q,     // heads whose RoPE pairs are (i, i + E/2) become heads with pairs (2i, 2i + 1): Llama's queries
    pair_k,     // and keys
    transpose,  // w[D,N] becomes w[N,D] (GPT-2's Conv1D)
    plus_one,   // every element + 1 (Gemma's norms)
    one_row,    // w[1,D] becomes a vector
    qkv_heads,  // heads, for each key head its queries, itself and its values, become all queries, all keys, all values
    mxfp4,      // blocks w[..,N,D/32,16] and beside them scales w[..,N,D/32] become a matrix in MXFP4
};

/// A tensor of a GGUF file and the one of a Hugging Face folder that it comes from. '#' stands for the number of a layer.
/// A name without ".weight" or ".bias" at its end means the weight, and the bias where the folder has one. Of several rows for one GGUF tensor the first whose
/// tensor is there counts; a tensor with a dimension more than a matrix, or than a bias, holds one for each expert.
struct hf_tensor {
    std::string_view gguf;  // "blk.#.attn_q"
    std::string_view hf;    // "model.layers.#.self_attn.q_proj"; '@' stands for the number of an expert: they are stacked
    row_change       change   = row_change::none;
    bool             optional = false;     // left out where the folder does not have it
    std::uint8_t     part = 0, parts = 1;  // of `parts` equal parts of its rows
    bool             alternate = false;    // the parts take turns, row by row
};

/// How the names of tensors begin in a table, and in some folders.
struct hf_beginning {
    std::string_view table, folder;
};

/// How one kind of Hugging Face folder is read as a GGUF file: data. Everything that config.json or the tensors hold and that would change a result must be in
/// here; tensors that are in none of the lists are an error.
struct hf_family {
    std::string_view                  hf_class;       // in config.json: "architectures"
    std::span<const hf_demand>        when = {};      // of several with one class, the first whose demands are met
    std::span<const hf_key>           keys;           // shared with relatives
    std::span<const hf_key>           own_keys = {};  // these come after them
    std::span<const hf_demand>        demands;
    std::span<const hf_tensor>        tensors;                  // shared with relatives
    std::span<const hf_tensor>        own_tensors     = {};     // these come after them
    std::span<const std::string_view> ignored         = {};     // ends of names; beginnings where a dot is their last character
    bool                              tied_by_default = false;  // what tie_word_embeddings means where it is missing
    std::string_view                  part            = {};     // member of config.json that describes this part of a larger model
    std::span<const hf_beginning>     beginnings      = {};     // of that part's tensors: the first that is there; none: as in the table
};

}  // namespace plume::models

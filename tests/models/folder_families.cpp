// Folders whose tensors lie otherwise than in a GGUF file: fused projections, stacked and packed experts, a part of a larger model. The golden models, which
// families.cpp compares with transformers, are laid out here as transformers lays them out.

#include <doctest/doctest.h>

#include <plume/models/architectures.hpp>
#include <plume/models/folder.hpp>
#include <plume/quant/mxfp4.hpp>

#include "support/golden_families.hpp"
#include "support/hf_folder.hpp"

using namespace plume;
using namespace plume::test;

namespace {

using stored = gguf_writer::tensor_entry;
using names  = std::vector<std::pair<std::string_view, std::string_view>>;

/// "blk.1.ffn_up.weight" to "model.layers.1.mlp.up_proj.weight", one part after the other.
std::string renamed(std::string name, const names& parts) {
    if (name == "output.weight") return "lm_head.weight";
    for (const auto& [gguf, hf] : parts)
        if (const auto at = name.find(gguf); at != std::string::npos) name.replace(at, gguf.size(), hf);
    return name;
}

std::vector<std::uint64_t> shape_of(const stored& t) { return {t.dims.rbegin(), t.dims.rend()}; }

/// n units of equal size, unit i at the place `to(i)`.
template <class To>
byte_string moved(const byte_string& data, std::size_t n, const To& to) {
    const std::size_t size = data.size() / n;
    byte_string       out(data.size());
    for (std::size_t i = 0; i < n; ++i)
        std::copy_n(data.begin() + static_cast<std::ptrdiff_t>(i * size), size, out.begin() + static_cast<std::ptrdiff_t>(to(i) * size));
    return out;
}

/// Heads of all queries, all keys, all values to one group behind the other.
byte_string in_groups(const byte_string& qkv, std::size_t H, std::size_t K) {
    const std::size_t G = H / K;
    return moved(qkv, H + 2 * K, [&](std::size_t head) {
        if (head < H) return head / G * (G + 2) + head % G;
        return (head - H) % K * (G + 2) + G + (head - H) / K;
    });
}

/// Two tensors of n experts as one: the first's units (rows, or elements), then the second's, or by turns.
byte_string joined(const byte_string& a, const byte_string& b, std::size_t experts, std::size_t units, bool by_turns) {
    byte_string both = a;
    both.insert(both.end(), b.begin(), b.end());
    return moved(both, 2 * experts * units, [&](std::size_t i) {
        const std::size_t second = i / (experts * units), expert = i / units % experts, unit = i % units;
        return expert * 2 * units + (by_turns ? 2 * unit + second : second * units + unit);
    });
}

/// w[n,N,D] to w[n,D,N].
byte_string turned(const byte_string& w, std::size_t n, std::size_t N, std::size_t D) {
    return moved(w, n * N * D, [&](std::size_t i) { return i / (N * D) * N * D + i % D * N + i / D % N; });
}

/// Blocks of a GGUF file in MXFP4 to the codes and the scales of a folder.
std::pair<byte_string, byte_string> unpacked(const byte_string& blocks) {
    byte_string codes, scales;
    for (std::size_t at = 0; at < blocks.size(); at += 17) {
        const auto code = [&](std::size_t i) { return i < 16 ? blocks[at + 1 + i] & std::byte{15} : blocks[at + 1 + i - 16] >> 4; };
        scales.push_back(blocks[at]);
        for (std::size_t i = 0; i < 32; i += 2) codes.push_back(code(i) | code(i + 1) << 4);
    }
    return {codes, scales};
}

const names llama_names = {{".attn_norm.", ".input_layernorm."},
                           {".attn_q.", ".self_attn.q_proj."},
                           {".attn_k.", ".self_attn.k_proj."},
                           {".attn_v.", ".self_attn.v_proj."},
                           {".attn_output.", ".self_attn.o_proj."},
                           {".ffn_norm.", ".post_attention_layernorm."},
                           {".post_attention_norm.", ".post_attention_layernorm."},
                           {".ffn_gate.", ".mlp.gate_proj."},
                           {".ffn_up.", ".mlp.up_proj."},
                           {".ffn_down.", ".mlp.down_proj."},
                           {".attn_sinks.weight", ".self_attn.sinks"},
                           {"token_embd", "model.embed_tokens"},
                           {"output_norm", "model.norm"},
                           {"blk.", "model.layers."}};
const names neox_names  = {{".attn_norm.", ".input_layernorm."},         {".attn_qkv.", ".attention.query_key_value."}, {".attn_output.", ".attention.dense."},
                           {".ffn_norm.", ".post_attention_layernorm."}, {".ffn_up.", ".mlp.dense_h_to_4h."},           {".ffn_down.", ".mlp.dense_4h_to_h."},
                           {"token_embd", "gpt_neox.embed_in"},          {"output_norm", "gpt_neox.final_layer_norm"},  {"blk.", "gpt_neox.layers."}};

/// Adds one tensor, or several that belong together, under the names of a folder; `of` finds others of the same layer.
using lay_fn = std::function<void(safetensors_writer&, const stored&, const std::function<const stored&(std::string_view)>& of)>;

/// The folder's weights of a file.
safetensors_writer laid_out(const gguf_writer& file, const lay_fn& lay) {
    safetensors_writer w;
    for (const auto& t : file.tensors)
        lay(w, t, [&](std::string_view part) -> const stored& {
            const auto name = t.name.substr(0, t.name.find('.', 4) + 1) + std::string(part);
            return *std::find_if(file.tensors.begin(), file.tensors.end(), [&](const auto& one) { return one.name == name; });
        });
    return w;
}

void plain(safetensors_writer& w, const stored& t, const names& parts) { w.add(renamed(t.name, parts), "F32", shape_of(t), t.data); }

/// Queries and keys with RoPE pairs as Llama's folders have them.
void as_llama(safetensors_writer& w, const stored& t, const nlohmann::json& c) {
    const bool q = t.name.find("attn_q.") != std::string::npos, k = t.name.find("attn_k.") != std::string::npos;
    const auto heads = c["keys"][q ? "attention.head_count" : "attention.head_count_kv"].get<std::size_t>();
    w.add(renamed(t.name, llama_names), "F32", shape_of(t), q || k ? halves(t.data, t.dims[1], heads) : t.data);
}

void as_granitemoe(safetensors_writer& w, const stored& t, const std::function<const stored&(std::string_view)>& of, const nlohmann::json& c, bool new_names) {
    const auto at = renamed(t.name.substr(0, t.name.find('.', 4) + 1), llama_names);
    if (t.name.ends_with("ffn_gate_inp.weight"))
        w.add(at + (new_names ? "block_sparse_moe.router.weight" : "block_sparse_moe.router.layer.weight"), "F32", shape_of(t), t.data);
    else if (t.name.ends_with("ffn_gate_exps.weight"))
        w.add(at + (new_names ? "block_sparse_moe.experts.gate_up_proj" : "block_sparse_moe.input_linear.weight"), "F32", {t.dims[2], 2 * t.dims[1], t.dims[0]},
              joined(t.data, of("ffn_up_exps.weight").data, t.dims[2], t.dims[1], false));
    else if (t.name.ends_with("ffn_down_exps.weight"))
        w.add(at + (new_names ? "block_sparse_moe.experts.down_proj" : "block_sparse_moe.output_linear.weight"), "F32", shape_of(t), t.data);
    else if (t.name.ends_with("ffn_gate_shexp.weight"))
        w.add(at + "shared_mlp.input_linear.weight", "F32", {2 * t.dims[1], t.dims[0]}, joined(t.data, of("ffn_up_shexp.weight").data, 1, t.dims[1], false));
    else if (t.name.ends_with("ffn_down_shexp.weight"))
        w.add(at + "shared_mlp.output_linear.weight", "F32", shape_of(t), t.data);
    else if (t.name.find("ffn_up_") == std::string::npos)
        as_llama(w, t, c);
}

void as_granite4(safetensors_writer& w, const stored& t, const std::function<const stored&(std::string_view)>& of, const nlohmann::json& c) {
    const auto at = renamed(t.name.substr(0, t.name.find('.', 4) + 1), llama_names) + "shared_mlp.";
    if (t.name.ends_with("ffn_gate.weight"))
        w.add(at + "input_linear.weight", "F32", {2 * t.dims[1], t.dims[0]}, joined(t.data, of("ffn_up.weight").data, 1, t.dims[1], false));
    else if (t.name.ends_with("ffn_down.weight"))
        w.add(at + "output_linear.weight", "F32", shape_of(t), t.data);
    else if (!t.name.ends_with("ffn_up.weight"))
        as_llama(w, t, c);
}

void as_gpt_oss(safetensors_writer& w, const stored& t, const std::function<const stored&(std::string_view)>& of) {
    const auto at     = renamed(t.name.substr(0, t.name.find('.', 4) + 1), llama_names) + "mlp.";
    const bool packed = t.type != 0;
    const auto add    = [&](const std::string& name, const byte_string& data, std::uint64_t rows) {
        const std::uint64_t n = t.dims[2], D = t.dims[0];
        if (!packed) return void(w.add(name, "F32", {n, D, rows}, turned(data, n, rows, D)));
        const auto [codes, scales] = unpacked(data);
        w.add(name + "_blocks", "U8", {n, rows, D / 32, 16}, codes).add(name + "_scales", "U8", {n, rows, D / 32}, scales);
    };
    if (t.name.find("ffn_gate_inp.") != std::string::npos)
        w.add(at + "router" + t.name.substr(t.name.rfind('.')), "F32", shape_of(t), t.data);
    else if (t.name.ends_with("ffn_gate_exps.weight"))
        add(at + "experts.gate_up_proj", joined(t.data, of("ffn_up_exps.weight").data, t.dims[2], t.dims[1], true), 2 * t.dims[1]);
    else if (t.name.ends_with("ffn_gate_exps.bias"))
        w.add(at + "experts.gate_up_proj_bias", "F32", {t.dims[1], 2 * t.dims[0]}, joined(t.data, of("ffn_up_exps.bias").data, t.dims[1], t.dims[0], true));
    else if (t.name.ends_with("ffn_down_exps.weight"))
        add(at + "experts.down_proj", t.data, t.dims[1]);
    else if (t.name.ends_with("ffn_down_exps.bias"))
        w.add(at + "experts.down_proj_bias", "F32", shape_of(t), t.data);
    else if (t.name.find("ffn_up_exps") == std::string::npos)
        plain(w, t, llama_names);
}

/// What all configurations say, and what `more` says.
config_values config_of(const nlohmann::json& c, const char* hf_class, const nlohmann::json& more) {
    const auto&    k   = c["keys"];
    nlohmann::json all = {{"architectures", {hf_class}},
                          {"vocab_size", golden_families()["vocabulary"]},
                          {"max_position_embeddings", k["context_length"]},
                          {"hidden_size", k["embedding_length"]},
                          {"num_hidden_layers", k["block_count"]},
                          {"intermediate_size", k["feed_forward_length"]},
                          {"num_attention_heads", k["attention.head_count"]},
                          {"tie_word_embeddings", true}};
    for (const auto& [gguf, hf] : {std::pair{"attention.head_count_kv", "num_key_value_heads"},
                                   {"attention.key_length", "head_dim"},
                                   {"attention.layer_norm_rms_epsilon", "rms_norm_eps"},
                                   {"expert_count", "num_local_experts"},
                                   {"expert_used_count", "num_experts_per_tok"}})
        if (k.contains(gguf)) all[hf] = k[gguf];
    for (const auto& t : c["tensors"])
        if (t[0] == "output.weight") all["tie_word_embeddings"] = false;
    all.update(more);
    config_values values;
    for (const auto& [key, value] : all.items()) values[key] = value.dump();
    return values;
}

std::vector<float> logits_of(const model& m) {
    const std::vector<token_id> ids = golden_families()["tokens"];
    return all_logits(m, ids, {.context_tokens = 64, .kv_type = kv_type::f32});
}

/// The folder gives the logits of the file, bit for bit, and so does the file that `plume convert` makes of it.
void check_same(const gguf_writer& file, const config_values& config, const safetensors_writer& weights) {
    const temporary_folder folder;
    const auto             bytes = file.build().data;
    const auto             want  = logits_of(load_memory(as_bytes(bytes), {.threads = 1}).or_throw());
    const auto             m     = load(write_folder(folder, config, weights), {.threads = 1});
    REQUIRE_MESSAGE(m, m.error().message());
    CHECK(hash_of(logits_of(*m)) == hash_of(want));
    CHECK(hash_of(logits_of(*load(folder.path(), {.map = false, .threads = 1}))) == hash_of(want));

    const auto             shown = open_model_file(folder.path()).or_throw();
    std::vector<std::byte> scratch, piece;
    const auto             source = shown.source_of(shown.tensors()[0]);
    const auto             all    = source->view(0, static_cast<std::size_t>(source->size()), scratch).or_throw();
    CHECK(hash_of(logits_of(load_memory(all, {.threads = 1}).or_throw())) == hash_of(want));
    for (const auto& t : shown.tensors()) {  // however its bytes are asked for
        CAPTURE(t.name);
        for (std::uint64_t at = 0; at < t.bytes; at += 1 + t.bytes / 7) {
            const auto n    = static_cast<std::size_t>(std::min<std::uint64_t>(997, t.bytes - at));
            const auto part = shown.read(t, at, n, piece).or_throw();
            REQUIRE(std::equal(part.begin(), part.end(), all.begin() + static_cast<std::ptrdiff_t>(t.offset + at)));
        }
    }
}

const nlohmann::json yarn = {{"rope_type", "yarn"}, {"rope_theta", 10000.0}, {"factor", 4.0}, {"original_max_position_embeddings", 16}};

std::string why(const config_values& config, const safetensors_writer& weights) {
    const temporary_folder folder;
    const auto             m = load(write_folder(folder, config, weights), {.threads = 1});
    if (m) return "loaded";
    CHECK(group(m.error().code()) == code_group::format);
    CHECK_FALSE(m.error().hint().empty());
    return m.error().message();
}

/// `text` with one value of its configuration changed ends in an error that says all of `parts`.
void check_refused(config_values config, const safetensors_writer& weights, const char* key, const char* value, const std::vector<const char*>& parts) {
    config[key]     = value;
    const auto what = why(config, weights);
    for (const auto* part : parts) CHECK_MESSAGE(what.find(part) != std::string::npos, what);
}

}  // namespace

TEST_CASE("every architecture in the list is read from a folder, too, by tables without a slip") {
    for (const auto* a : models::architectures) {
        CAPTURE(a->gguf_name);
        CHECK_FALSE(a->folders.empty());
        for (const auto& f : a->folders) {
            CAPTURE(f.hf_class);
            bool embedding = false;
            for (const auto tensors : {f.tensors, f.own_tensors})
                for (const auto& t : tensors) {
                    CAPTURE(t.gguf);
                    embedding = embedding || t.gguf == "token_embd.weight";
                    CHECK(t.part < t.parts);
                    CHECK((t.gguf.find('#') == std::string_view::npos) == (t.hf.find('#') == std::string_view::npos));
                }
            CHECK(embedding);
        }
    }
}

TEST_CASE("a folder of Ministral 3, alone and as the part of a larger model that reads text, gives the logits of the file") {
    const auto&    c    = golden_case("mistral3, YaRN, temperature");
    const auto     file = file_of(c);
    nlohmann::json rope = yarn;
    rope.update({{"mscale", 1.0}, {"mscale_all_dim", 1.0}, {"llama_4_scaling_beta", 0.3}});
    const auto weights = [&](const std::string& from, const std::string& to) {
        return laid_out(file, [&](auto& w, const auto& t, const auto&) {
            as_llama(w, t, c);
            auto& name = w.tensors.back().name;
            if (name.starts_with(from)) name = to + name.substr(from.size());
        });
    };
    const auto config = config_of(c, "Ministral3ForCausalLM", {{"rope_parameters", rope}});
    check_same(file, config, weights("", ""));
    check_refused(config, weights("", ""), "rope_parameters", R"({"rope_type":"yarn","factor":4.0})", {"rope_parameters.original_max_position_embeddings"});
    nlohmann::json untruncated = rope;
    untruncated["truncate"]    = false;
    check_refused(config, weights("", ""), "rope_parameters", untruncated.dump().c_str(), {"Ministral3ForCausalLM", "rope_parameters.truncate", "true"});

    nlohmann::json text = {{"model_type", "ministral3"}};
    for (const auto& [key, value] : config) text[key] = nlohmann::json::parse(value);
    for (const auto* one : {"architectures", "tie_word_embeddings"}) text.erase(one);
    config_values whole{{"architectures", R"(["Mistral3ForConditionalGeneration"])"}, {"tie_word_embeddings", "true"}, {"text_config", text.dump()}};
    for (const auto& [from, to] : {std::pair{"", "language_model."}, {"model.", "model.language_model."}}) {
        auto w = weights(from, to);
        w.add(from[0] ? "model.vision_tower.ln_pre.weight" : "vision_tower.ln_pre.weight", "F32", {1}, byte_string(4));
        check_same(file, whole, w);
    }
    whole.erase("tie_word_embeddings");  // no head, no word about it
    check_same(file, whole, weights("", "language_model."));
    text["hidden_act"] = "gelu";
    check_refused(whole, weights("", "language_model."), "text_config", text.dump().c_str(), {"text_config", "hidden_act", "'gelu'"});
    text["model_type"] = "qwen3";
    check_refused(whole, weights("", "language_model."), "text_config", text.dump().c_str(),
                  {"Mistral3ForConditionalGeneration", "text_config.model_type", "mistral or ministral3", "qwen3"});
}

TEST_CASE("a folder of StableLM with a norm of each head gives the logits of the file") {
    const auto& c       = golden_case("stablelm, parallel, norms of heads");
    const auto  file    = file_of(c);
    const auto  weights = [&] {
        return laid_out(file, [&](auto& w, const auto& t, const auto&) {
            const bool q = t.name.find("attn_q_norm.") != std::string::npos, k = t.name.find("attn_k_norm.") != std::string::npos;
            if (!q && !k) return plain(w, t, llama_names);
            const std::size_t bytes = t.dims[0] * sizeof(float);
            for (std::size_t head = 0; head < t.dims[1]; ++head)
                w.add(
                     renamed(t.name.substr(0, t.name.find('.', 4) + 1), llama_names) + "self_attn." + (q ? "q" : "k") + "_layernorm.norms." +
                         std::to_string(head) + ".weight",
                     "F32", {t.dims[0]},
                     byte_string(t.data.begin() + static_cast<std::ptrdiff_t>(head * bytes), t.data.begin() + static_cast<std::ptrdiff_t>((head + 1) * bytes)));
        });
    };
    const auto config = config_of(c, "StableLmForCausalLM",
                                  {{"qk_layernorm", true},
                                   {"use_parallel_residual", true},
                                   {"layer_norm_eps", c["keys"]["attention.layer_norm_epsilon"]},
                                   {"partial_rotary_factor", 0.25}});
    check_same(file, config, weights());
    check_refused(config, weights(), "qk_layernorm", "false", {"q_layernorm.norms.0.weight", "StableLmForCausalLM"});
    auto fewer = weights();
    fewer.tensors.erase(std::find_if(fewer.tensors.begin(), fewer.tensors.end(), [](const auto& t) { return t.name.ends_with("q_layernorm.norms.3.weight"); }));
    CHECK(why(config, fewer).find("attn_q_norm.weight") != std::string::npos);
}

TEST_CASE("a folder of Phi-3 with LongRoPE gives the logits of the file, for contexts within the original one and beyond") {
    for (const auto* which : {"short", "long"}) {
        CAPTURE(which);
        const auto& c      = golden_case(std::string("phi3, LongRoPE's ") + which + " factors, partial");
        const auto  file   = file_of(c);
        const auto& k      = c["keys"];
        const auto  values = [&](const char* name) {
            std::vector<float> x;
            for (const auto& t : file.tensors)
                if (t.name == name) x.resize(t.data.size() / sizeof(float)), std::memcpy(x.data(), t.data.data(), t.data.size());
            return x;
        };
        auto parts          = llama_names;
        parts.front()       = {".attn_qkv.", ".self_attn.qkv_proj."};
        const names fused   = {{".attn_norm.", ".input_layernorm."}, {".ffn_up.", ".mlp.gate_up_proj."}};
        const auto  weights = [&] {
            return laid_out(file, [&](auto& w, const auto& t, const auto&) {
                if (!t.name.starts_with("rope_factors")) w.add(renamed(renamed(t.name, fused), parts), "F32", shape_of(t), t.data);
            });
        };
        const nlohmann::json scaling = {
            {"type", "longrope"}, {"short_factor", values("rope_factors_short.weight")}, {"long_factor", values("rope_factors_long.weight")}};
        const nlohmann::json original = k["rope.scaling.original_context_length"];
        auto                 config =
            config_of(c, "Phi3ForCausalLM",
                      {{"rope_scaling", scaling}, {"partial_rotary_factor", 0.75}, {"original_max_position_embeddings", original}, {"hidden_act", "silu"}});
        check_same(file, config, weights());

        auto older             = scaling;
        older["type"]          = "su";
        config["rope_scaling"] = older.dump();
        check_same(file, config, weights());
        auto newer = scaling;  // as transformers 5 writes it
        newer.erase("type");
        newer.update({{"rope_type", "longrope"}, {"rope_theta", 10000.0}, {"partial_rotary_factor", 0.75}, {"original_max_position_embeddings", original}});
        config.erase("rope_scaling"), config.erase("partial_rotary_factor"), config.erase("original_max_position_embeddings");
        config["rope_parameters"] = newer.dump();
        check_same(file, config, weights());

        for (const auto& [key, value] : std::vector<std::pair<std::string, double>>{{"attention_factor", 1.25}, {"factor", 3.0}}) {
            auto other                = newer;
            other[key]                = value;
            config["rope_parameters"] = other.dump();
            const temporary_folder folder;
            const auto             m = load(write_folder(folder, config, weights()), {.threads = 1});
            REQUIRE_MESSAGE(m, m.error().message());
            CHECK(hash_of(logits_of(*m)) != hash_of(logits_of(load_memory(as_bytes(file.build().data), {.threads = 1}).or_throw())));
        }
        const auto refused = [&](const char* key, const nlohmann::json& value, const std::vector<const char*>& said) {
            auto other = newer;
            other[key] = value;
            check_refused(config, weights(), "rope_parameters", other.dump().c_str(), said);
        };
        refused("short_factor", nlohmann::json::array(), {"rope_parameters.short_factor", "list"});
        refused("long_factor", {1.0, 2.0}, {"rope_factors_long.weight"});
        refused("long_factor", std::vector<double>(6, -1.0), {"rope_parameters.long_factor", "above 0", "-1"});
        refused("short_factor", {1, 1, 1, 1, 1, "x"}, {"rope_parameters.short_factor", "'x'"});
        refused("original_max_position_embeddings", 1, {"original_max_position_embeddings", "2 or more", "1"});
        refused("attention_factor", "much", {"rope_parameters.attention_factor", "'much'"});
    }
}

TEST_CASE("a folder of gpt-oss gives the logits of the file, its experts as numbers or in MXFP4") {
    const auto&    c    = golden_case("gpt-oss, sinks, windows, YaRN");
    auto           file = file_of(c);
    nlohmann::json rope = yarn;
    rope["truncate"]    = false;
    auto       config   = config_of(c, "GptOssForCausalLM", {{"rope_scaling", rope}, {"rope_theta", 10000.0}, {"sliding_window", 12}, {"swiglu_limit", 7.0}});
    const auto weights  = [&] { return laid_out(file, [&](auto& w, const auto& t, const auto& of) { as_gpt_oss(w, t, of); }); };
    check_same(file, config, weights());
    for (auto& t : file.tensors)
        if (t.name.ends_with("_exps.weight")) {
            std::vector<float> values(t.data.size() / sizeof(float));
            std::memcpy(values.data(), t.data.data(), t.data.size());
            t.type = quant::mxfp4::gguf_type, t.data = tiny_format_of<quant::mxfp4>().encode(values);
        }
    config["quantization_config"] = R"({"quant_method":"mxfp4"})";
    check_same(file, config, weights());

    check_refused(config, weights(), "swiglu_limit", "5.5", {"GptOssForCausalLM", "swiglu_limit", "7", "5.5"});
    check_refused(config, weights(), "quantization_config", R"({"quant_method":"gptq"})", {"quantization_config.quant_method", "mxfp4", "gptq"});
    check_refused(config, weights(), "rope_scaling", yarn.dump().c_str(), {"rope_scaling.truncate", "false"});
    check_refused(config, weights(), "rope_scaling", "null", {"rope_scaling.factor", "missing"});
    check_refused(config, weights(), "rope_scaling", R"({"rope_type":"linear","factor":4.0})", {"rope_scaling.rope_type", "yarn"});
    const auto with = [&](const char* name, const std::function<void(safetensors_writer::tensor&)>& change) {
        auto w = weights();
        for (auto& t : w.tensors)
            if (t.name.ends_with(name)) change(t);
        return why(config, w);
    };
    const char *blocks = "mlp.experts.down_proj_blocks", *scales = "mlp.experts.down_proj_scales";
    CHECK(with(scales, [](auto& t) { t.name += "x"; }).find(scales) != std::string::npos);
    CHECK(with(blocks, [](auto& t) { t.name += "x"; }).find(blocks) != std::string::npos);
    CHECK(with(blocks, [](auto& t) { t.dtype = "I8"; }).find("U8") != std::string::npos);
    CHECK(with(blocks, [](auto& t) { t.shape = {6, 64, 6, 8}; }).find("[6, 64, 6, 8]") != std::string::npos);
    CHECK(with(scales, [](auto& t) { t.shape = {6, 3, 64}; }).find("[6, 3, 64]") != std::string::npos);
    CHECK(with("experts.gate_up_proj_bias", [](auto& t) { t.shape = {64, 18}; }).find("ffn_gate_exps.bias") != std::string::npos);
}

TEST_CASE("folders of GPT-NeoX and Falcon give the logits of the file: queries, keys and values are taken apart") {
    for (const auto* name : {"gptneox, parallel", "gptneox, in sequence"}) {
        const auto& c      = golden_case(name);
        const auto  file   = file_of(c);
        const auto  config = config_of(c, "GPTNeoXForCausalLM",
                                       {{"layer_norm_eps", 1e-5},
                                        {"rotary_pct", c["keys"]["rope.dimension_count"].get<double>() / 16},
                                        {"use_parallel_residual", c["keys"]["use_parallel_residual"]}});
        for (const auto* head : {"lm_head.weight", "embed_out.weight"}) {
            auto w = laid_out(file, [&](auto& out, const auto& t, const auto&) {
                plain(out, t, neox_names);
                auto& made = out.tensors.back();
                if (t.name == "output.weight") made.name = head;
                if (t.name.find("attn_qkv") != std::string::npos) made.data = in_groups(t.data, 4, 4);
            });
            w.add("gpt_neox.layers.0.attention.masked_bias", "F32", {1}, byte_string(4));
            check_same(file, config, w);
            check_refused(config, w, "hidden_act", "\"gelu_fast\"", {"GPTNeoXForCausalLM", "hidden_act", "gelu", "gelu_fast"});
            check_refused(config, w, "num_attention_heads", "5", {"query_key_value", "every head"});
        }
    }
    for (const auto* name : {"falcon, one key for all, one norm", "falcon, two norms"}) {
        const auto& c         = golden_case(name);
        const auto  file      = file_of(c);
        const bool  two_norms = c["name"] == "falcon, two norms";
        const names parts     = {{".attn_norm.", two_norms ? ".ln_mlp." : ".input_layernorm."},
                                 {".attn_norm_2.", ".ln_attn."},
                                 {".attn_qkv.", ".self_attention.query_key_value."},
                                 {".attn_output.", ".self_attention.dense."},
                                 {".ffn_up.", ".mlp.dense_h_to_4h."},
                                 {".ffn_down.", ".mlp.dense_4h_to_h."},
                                 {"token_embd", "transformer.word_embeddings"},
                                 {"output_norm", "transformer.ln_f"},
                                 {"blk.", "transformer.h."}};
        const auto  w         = laid_out(file, [&](auto& out, const auto& t, const auto&) {
            plain(out, t, parts);
            if (t.name.find("attn_qkv") != std::string::npos) out.tensors.back().data = in_groups(t.data, 4, two_norms ? 2 : 1);
        });
        auto        config    = config_of(c, "FalconForCausalLM", {{"new_decoder_architecture", two_norms}, {"num_kv_heads", two_norms ? 2 : 4}});
        config.erase("num_key_value_heads");
        check_same(file, config, w);
        check_refused(config, w, "alibi", "true", {"FalconForCausalLM", "alibi", "false"});
        check_refused(config, w, "parallel_attn", "false", {"FalconForCausalLM", "parallel_attn", "true"});
        check_refused(config, w, two_norms ? "num_kv_heads" : "multi_query", two_norms ? "3" : "false", {two_norms ? "query_key_value" : "attn_qkv"});
    }
}

TEST_CASE("a folder of Granite 4 whose layers all attend gives the logits of the file, with RoPE or without; others are refused") {
    for (const bool rotates : {false, true}) {
        const auto& c                     = golden_case(rotates ? "granite, multipliers" : "granite, no RoPE");
        const auto  file                  = file_of(c);
        const auto  w                     = laid_out(file, [&](auto& out, const auto& t, const auto& of) { as_granite4(out, t, of, c); });
        auto        config                = config_of(c, "GraniteMoeHybridForCausalLM",
                                                      {{"embedding_multiplier", 3.0},
                                                       {"residual_multiplier", 0.4},
                                                       {"attention_multiplier", 0.15},
                                                       {"logits_scaling", 4.0},
                                                       {"num_local_experts", 0},
                                                       {"intermediate_size", 7},
                                                       {"shared_intermediate_size", 96},
                                                       {"layer_types", std::vector<std::string>(4, "attention")}});
        config["position_embedding_type"] = rotates ? "\"rope\"" : "\"nope\"";
        check_same(file, config, w);
        check_refused(config, w, "num_local_experts", "8", {"GraniteMoeHybridForCausalLM", "num_local_experts", "0", "8"});
        check_refused(config, w, "layer_types", R"(["attention","mamba","attention","attention"])",
                      {"GraniteMoeHybridForCausalLM", "layer_types", "attention|full_attention"});
    }
}

TEST_CASE("a folder of Granite with experts gives the logits of the file, under the old names and the new ones") {
    for (const auto* name : {"granitemoe", "granitemoe, shared expert"}) {
        const auto&    c    = golden_case(name);
        const auto     file = file_of(c);
        nlohmann::json more = {{"embedding_multiplier", 3.0}, {"residual_multiplier", 0.4}, {"attention_multiplier", 0.15}, {"logits_scaling", 4.0}};
        if (c["keys"].contains("expert_shared_feed_forward_length")) more["shared_intermediate_size"] = c["keys"]["expert_shared_feed_forward_length"];
        const auto config = config_of(c, more.contains("shared_intermediate_size") ? "GraniteMoeSharedForCausalLM" : "GraniteMoeForCausalLM", more);
        for (const bool new_names : {false, true}) {
            const auto w = laid_out(file, [&](auto& out, const auto& t, const auto& of) { as_granitemoe(out, t, of, c, new_names); });
            check_same(file, config, w);
            auto odd = w;
            for (auto& t : odd.tensors)
                if (t.name.ends_with(new_names ? "gate_up_proj" : "block_sparse_moe.input_linear.weight")) t.shape = {10, 96, 64};
            CHECK(why(config, odd).find("ffn_gate_exps") != std::string::npos);
        }
    }
}

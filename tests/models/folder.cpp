#include <doctest/doctest.h>

#include <cmath>

#include <plume/io/gguf_header.hpp>
#include <plume/models/folder.hpp>
#include <plume/models/quantised.hpp>
#include <plume/plume.hpp>
#include <plume/quant/formats.hpp>

#include "support/hf_folder.hpp"

using namespace plume;
using namespace plume::test;

namespace {

const std::vector<token_id> some_ids = {1, 5, 9, 250, 17, 3, 99, 100, 101, 42, 42, 7};

std::vector<float> session_logits(const model& m) {
    auto               session = m.new_session({.context_tokens = 64, .kv_type = kv_type::f32}).or_throw();
    std::vector<float> all;
    const auto         take = [&](std::size_t, std::span<const float> row) {
        all.insert(all.end(), row.begin(), row.end());
        return true;
    };
    session.score(some_ids, take, {}).or_throw();
    return all;
}

std::string why(const result<model>& m) { return m ? "loaded" : m.error().message(); }

/// The bytes of everything that a file shows.
byte_string all_bytes(const io::gguf& file) {
    std::vector<std::byte> scratch;
    const auto             source = file.source_of(file.tensors()[0]);
    const auto             bytes  = source->view(0, static_cast<std::size_t>(source->size()), scratch).or_throw();
    return {bytes.begin(), bytes.end()};
}

}  // namespace

TEST_CASE("a Hugging Face folder gives the logits of the GGUF file with the same weights, bit for bit") {
    const std::pair<const char*, tiny_options> cases[] = {
        {"plain", {.vocabulary = tiny_vocabulary::sentencepiece}},
        {"tied", {.kv_heads = 1, .tied = true}},
        {"biases", {.kv_heads = 4, .biases = true}},
        {"wide heads", {.d = 64, .heads = 2, .kv_heads = 2, .head = 48}},
        {"F16", {.matrices = tiny_format_of<quant::f16>()}},
        {"BF16", {.matrices = tiny_format_of<quant::bf16>()}},
    };
    for (const auto& one : cases) {
        CAPTURE(one.first);
        const auto&            options = one.second;
        const auto             bytes   = tiny_model(options).build().data;
        const temporary_folder folder;
        const auto             file  = load_memory(bytes, {.threads = 1});
        const auto             other = load(write_folder(folder, tiny_config(options), tiny_tensors(options)), {.threads = 2});
        REQUIRE_MESSAGE(other, why(other));
        CHECK(other->tokenizer().vocabulary_size() == 0);
        CHECK(session_logits(*other) == session_logits(*file));
        CHECK(session_logits(*load(folder.path() + '/', {.map = false, .threads = 1})) == session_logits(*file));

        const auto shown = all_bytes(open_model_file(folder.path()).or_throw());  // what `plume convert` writes
        CHECK(session_logits(load_memory(shown, {.threads = 1}).or_throw()) == session_logits(*file));
        CHECK(check(folder.path()).has_value());
        const auto needed = plan(folder.path(), {.threads = 1}, {.context_tokens = 64}).or_throw();
        CHECK(needed.weights == other->weight_bytes());
    }
}

TEST_CASE("one wrong weight of a folder shows: the comparison can fail") {
    const tiny_options     options;
    const temporary_folder folder;
    auto                   tensors = tiny_tensors(options);
    tensors.tensors[1].data[2] ^= std::byte{0x40};
    const auto file = load_memory(tiny_model(options).build().data, {.repack = repack::at_load, .threads = 1});
    CHECK(session_logits(*load(write_folder(folder, tiny_config(options), tensors), {.threads = 1})) != session_logits(*file));
}

TEST_CASE("bytes of a folder are the same however they are asked for") {
    const tiny_options     options{.biases = true, .matrices = tiny_format_of<quant::bf16>()};
    const temporary_folder folder;
    const auto             file = open_model_file(write_folder(folder, tiny_config(options), tiny_tensors(options))).or_throw();
    std::vector<std::byte> whole, piece;
    for (const auto& t : file.tensors()) {
        CAPTURE(t.name);
        const auto all = file.read(t, 0, static_cast<std::size_t>(t.bytes), whole).or_throw();
        for (const std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{130}, std::size_t{1000}})
            for (std::size_t at = 0; at < all.size(); at += step * 7 + 1) {
                const auto n    = std::min(step, all.size() - at);
                const auto part = file.read(t, at, n, piece).or_throw();
                REQUIRE(std::equal(part.begin(), part.end(), all.begin() + static_cast<std::ptrdiff_t>(at)));
            }
    }
}

TEST_CASE("a folder without tokenizer files takes ids, and says what is missing where it is asked for text") {
    const tiny_options     options;
    const temporary_folder folder;
    const auto             model = load(write_folder(folder, tiny_config(options), tiny_tensors(options)), {.threads = 1}).or_throw();
    const auto             ids   = model.tokenizer().encode("hello");
    REQUIRE_FALSE(ids);
    CHECK(ids.error().code() == code::wrong_state);
    CHECK(ids.error().message().find("without a tokenizer") != std::string::npos);
    CHECK_FALSE(model.tokenizer().decode(some_ids));
    CHECK(model.tokenizer().token_bytes(5).empty());
    CHECK(model.tokenizer().bos() == 1);
    CHECK(model.tokenizer().eos() == 2);
    CHECK(model.tokenizer().end_tokens().size() == 1);
    auto session = model.new_session({.context_tokens = 64}).or_throw();
    CHECK_FALSE(generate(session, "hello", {.max_tokens = 3}, [](std::string_view) { return true; }));
    CHECK(session.prefill(some_ids, {}).has_value());
}

TEST_CASE("Llama 3's scaling of positions becomes a tensor of factors: none for short waves, the whole factor for long ones, between them for others") {
    const tiny_options     options{.d = 64, .heads = 1, .kv_heads = 1};
    const temporary_folder folder;
    auto                   config = tiny_config(options);
    config["rope_scaling"]        = R"({"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":64})";
    const auto  file              = open_model_file(write_folder(folder, config, tiny_tensors(options))).or_throw();
    const auto* t                 = file.find_tensor("rope_freqs.weight");
    REQUIRE(t != nullptr);
    REQUIRE(t->n_elems == 32);
    std::vector<std::byte> scratch;
    std::vector<float>     factors(32);
    std::memcpy(factors.data(), file.read(*t, 0, 128, scratch).or_throw().data(), 128);
    for (std::size_t i = 0; i < 32; ++i) {
        const double wave = 6.283185307179586 * std::pow(10'000.0, static_cast<double>(i) / 32), share = (64 / wave - 1) / 3;
        const double want = wave < 16 ? 1 : wave > 64 ? 8 : 1 / ((1 - share) / 8 + share);
        CHECK(std::fabs(factors[i] - want) <= 1e-6 * want);
    }
    CHECK(factors[0] == 1);
    CHECK(factors[31] == 8);
    CHECK(load(folder.path(), {.threads = 1}).has_value());
    config["rope_parameters"] =
        config["rope_scaling"].substr(0, config["rope_scaling"].size() - 1) + ",\"rope_theta\":10000.0}";  // as transformers 5 writes it
    config.erase("rope_scaling");
    config.erase("rope_theta");
    CHECK(all_bytes(open_model_file(write_folder(folder, config, tiny_tensors(options))).or_throw()) == all_bytes(file));
}

TEST_CASE("every bad value of config.json ends in an error that names the key") {
    const std::string huge = "1" + std::string(400, '0');
    struct bad {
        const char *key, *value, *find;
    };
    const bad all[] = {
        {"architectures", "null", "architectures"},
        {"architectures", "[]", "architectures"},
        {"architectures", "[7]", "architectures"},
        {"architectures", "\"LlamaForCausalLM\"", "architectures"},
        {"architectures", "[\"MambaForCausalLM\"]", "LlamaForCausalLM, MistralForCausalLM"},
        {"hidden_act", "\"gelu\"", "hidden_act"},
        {"pretraining_tp", "2", "pretraining_tp"},
        {"num_hidden_layers", "0", "num_hidden_layers"},
        {"num_hidden_layers", "-1", "num_hidden_layers"},
        {"num_hidden_layers", "513", "num_hidden_layers"},
        {"num_hidden_layers", "4294967296", "num_hidden_layers"},
        {"num_hidden_layers", "99999999999999999999", "num_hidden_layers"},
        {"num_hidden_layers", "2.0", "num_hidden_layers"},
        {"num_hidden_layers", "\"2\"", "num_hidden_layers"},
        {"num_hidden_layers", "[2]", "num_hidden_layers"},
        {"num_hidden_layers", "true", "num_hidden_layers"},
        {"num_hidden_layers", "null", "num_hidden_layers"},
        {"num_hidden_layers", "3", "model.layers.2"},
        {"num_hidden_layers", "1", "model.layers.1"},
        {"num_attention_heads", "0", "num_attention_heads"},
        {"num_attention_heads", "4097", "num_attention_heads"},
        {"num_attention_heads", "3", "q_proj"},
        {"num_attention_heads", "64", "q_proj"},
        {"num_key_value_heads", "0", "num_key_value_heads"},
        {"num_key_value_heads", "3", "k_proj"},
        {"num_key_value_heads", "{}", "num_key_value_heads"},
        {"head_dim", "0", "head_dim"},
        {"head_dim", "2000", "head_dim"},
        {"head_dim", "15", "rope.dimension_count"},
        {"hidden_size", "0", "embedding_length"},
        {"hidden_size", "null", "hidden_size"},
        {"hidden_size", "63", "token_embd"},
        {"hidden_size", "1048577", "embedding_length"},
        {"intermediate_size", "0", "feed_forward_length"},
        {"intermediate_size", "95", "ffn_gate"},
        {"max_position_embeddings", "0", "context_length"},
        {"max_position_embeddings", "-5", "max_position_embeddings"},
        {"rms_norm_eps", "-1", "layer_norm_rms_epsilon"},
        {"rms_norm_eps", "2", "layer_norm_rms_epsilon"},
        {"rms_norm_eps", "\"1e-5\"", "rms_norm_eps"},
        {"rms_norm_eps", "1e39", "rms_norm_eps"},
        {"rope_theta", "0", "rope.freq_base"},
        {"rope_theta", "-10000", "rope.freq_base"},
        {"rope_theta", "1e30", "rope.freq_base"},
        {"rope_theta", "1e400", "number"},
        {"rope_scaling", "{\"type\":\"dynamic\",\"factor\":2.0}", "rope_scaling.rope_type"},
        {"rope_scaling", "{\"rope_type\":7}", "rope_scaling.rope_type"},
        {"rope_scaling", "{\"rope_type\":\"linear\"}", "rope_scaling.factor"},
        {"rope_scaling", "{\"rope_type\":\"linear\",\"factor\":0}", "rope_scaling.factor"},
        {"rope_scaling", "{\"rope_type\":\"linear\",\"factor\":1e30}", "rope.scaling.factor"},
        {"rope_scaling", "{\"rope_type\":\"llama3\",\"factor\":8.0}", "low_freq_factor"},
        {"rope_scaling", "{\"rope_type\":\"llama3\",\"factor\":8,\"low_freq_factor\":4,\"high_freq_factor\":4,\"original_max_position_embeddings\":64}",
         "high_freq_factor"},
        {"rope_scaling", "{\"rope_type\":\"llama3\",\"factor\":1e20,\"low_freq_factor\":1,\"high_freq_factor\":4,\"original_max_position_embeddings\":64}",
         "rope_freqs"},
        {"tie_word_embeddings", "1", "tie_word_embeddings"},
        {"bos_token_id", "\"<s>\"", "bos_token_id"},
        {"eos_token_id", "[[]]", "eos_token_id"},
        {"eos_token_id", "4294967296", "eos_token_id"},
        {"x", "{\"a\":1,\"a\":2}", "twice"},
        {"x", "[1,]", "JSON"},
    };
    const tiny_options     options;
    const auto             tensors = tiny_tensors(options);
    const temporary_folder folder;
    for (const auto& one : all) {
        CAPTURE(one.key);
        CAPTURE(one.value);
        auto config     = tiny_config(options);
        config[one.key] = one.value;
        const auto m    = load(write_folder(folder, config, tensors), {.threads = 1});
        REQUIRE_FALSE(m);
        CHECK_MESSAGE(why(m).find(one.find) != std::string::npos, why(m));
        CHECK(group(m.error().code()) == code_group::format);
        CHECK_FALSE(m.error().hint().empty());
        CHECK_FALSE(m.error().path().empty());
    }
    auto config           = tiny_config(options);
    config["hidden_size"] = huge;
    CHECK_FALSE(load(write_folder(folder, config, tensors)));
}

TEST_CASE("every tensor that is missing, unknown or of the wrong kind is named") {
    const tiny_options     options;
    const temporary_folder folder;
    const auto             after = [&](const std::function<void(safetensors_writer&)>& change) {
        auto tensors = tiny_tensors(options);
        change(tensors);
        return load(write_folder(folder, tiny_config(options), tensors), {.threads = 1});
    };
    const auto find = [&](std::string_view name, safetensors_writer& w) -> safetensors_writer::tensor& {
        return *std::find_if(w.tensors.begin(), w.tensors.end(), [&](const auto& t) { return t.name == name; });
    };
    const auto expect = [](const result<model>& m, std::string_view text) {
        REQUIRE_FALSE(m);
        CHECK_MESSAGE(why(m).find(text) != std::string::npos, why(m));
        CHECK_FALSE(m.error().hint().empty());
    };
    for (const auto& t : tiny_tensors(options).tensors)
        expect(after([&](auto& w) { std::erase_if(w.tensors, [&](const auto& one) { return one.name == t.name; }); }), t.name);
    expect(after([](auto& w) { w.add("model.layers.0.self_attn.sinks", "F32", {4}, byte_string(16)); }), "sinks");
    expect(after([](auto& w) { w.add("model.layers.2.self_attn.q_proj.weight", "F32", {4}, byte_string(16)); }), "model.layers.2");
    CHECK(after([](auto& w) { w.add("model.layers.0.self_attn.rotary_emb.inv_freq", "F32", {4}, byte_string(16)); }).has_value());
    const auto norm = "model.norm.weight";
    expect(after([&](auto& w) { find(norm, w).dtype = "I32"; }), "F32, F16 or BF16");
    expect(after([&](auto& w) { find(norm, w).dtype = "F64", find(norm, w).shape = {32}; }), "F64");
    expect(after([&](auto& w) { find(norm, w).shape = {32, 2}; }), "output_norm");
    expect(after([&](auto& w) { find(norm, w).shape = {2, 2, 2, 8}; }), "1 to 3 dimensions");
    expect(after([&](auto& w) { find(norm, w).shape = {0}, find(norm, w).data.clear(); }), norm);
    expect(after([&](auto& w) { find(norm, w).shape = {1}, find(norm, w).data.resize(4); }), "output_norm");
    expect(after([&](auto& w) { find("model.layers.0.self_attn.q_proj.weight", w).shape = {32, 128}; }), "attn_q");
}

TEST_CASE("a folder that is none says what it lacks") {
    const temporary_folder folder;
    const auto             message = [&] { return why(load(folder.path())); };
    CHECK(message().find("config.json") != std::string::npos);
    const auto text = config_text(tiny_config({}));
    folder.write("config.json", std::as_bytes(std::span(text)));
    CHECK(message().find("no weights") != std::string::npos);
    folder.write("pytorch_model.bin", byte_string(10));
    CHECK(message().find("safetensors") != std::string::npos);
    CHECK(message().find("pickle") != std::string::npos);
    folder.write("model.safetensors", byte_string(10));
    CHECK(message().find("model.safetensors") != std::string::npos);
    CHECK(why(load(folder.path("nothing-there"))).find("does not exist") != std::string::npos);
}

TEST_CASE("a folder in another weight type is the file in that type") {
    const tiny_options     options{.d = 64, .ffn = 96, .tied = true};
    const temporary_folder folder;
    const auto             from_folder = open_model_file(write_folder(folder, tiny_config(options), tiny_tensors(options))).or_throw();
    for (const auto* type : {"F16", "BF16", "Q8_0", "Q4_0", "Q4_K_M"}) {
        CAPTURE(type);
        const auto made  = quantised(from_folder, {.type = type, .rules = {}}).or_throw();
        const auto bytes = all_bytes(made);
        CHECK(bytes.size() < all_bytes(from_folder).size());
        const auto model = load_memory(bytes, {.threads = 1});
        REQUIRE_MESSAGE(model, why(model));
        const auto straight = load(folder.path(), {.weights = type, .threads = 1});
        REQUIRE_MESSAGE(straight, why(straight));
        CHECK(session_logits(*model) == session_logits(*straight));
    }
    CHECK_FALSE(quantised(from_folder, {.type = "Q9_9", .rules = {}}));
    CHECK_FALSE(quantised(from_folder, {.type = "Q8_0", .rules = {{"no_such_tensor", "F16"}}}));
    CHECK_FALSE(quantised(from_folder, {.type = "Q8_0", .rules = {{"ffn_up", "Q4_K"}}}));
    const auto mixed = quantised(from_folder, {.type = "Q8_0", .rules = {{"blk.0.*up*", "F16"}, {"ffn_down", "Q4_0"}}}).or_throw();
    CHECK(mixed.find_tensor("blk.0.ffn_up.weight")->type == quant::f16::gguf_type);
    CHECK(mixed.find_tensor("blk.1.ffn_up.weight")->type == quant::q8_0::gguf_type);
    CHECK(mixed.find_tensor("blk.1.ffn_down.weight")->type == quant::q4_0::gguf_type);
    CHECK(mixed.find_tensor("blk.1.attn_norm.weight")->type == quant::f32::gguf_type);
}

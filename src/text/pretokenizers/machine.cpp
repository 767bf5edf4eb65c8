#include "src/text/pretokenizers/machine.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace plume::text {
namespace {

using op      = pattern_program::op;
using threads = std::vector<std::uint16_t>;  // instructions that read or look at the next character, the preferred first; or match

constexpr std::size_t max_states  = 4096;
constexpr std::size_t max_sets    = 128;
constexpr std::size_t max_classes = 250;

/// Which sets a code point is in.
using membership = std::array<std::uint64_t, max_sets / 64>;
[[nodiscard]] bool in(const membership& m, std::size_t set) noexcept { return (m[set / 64] >> (set % 64) & 1) != 0; }

}  // namespace

struct machine::builder {
    const pattern_program&           program;
    machine&                         out;
    std::vector<membership>          classes;  // [class]; 0 is the end of the text, which is in no set
    std::map<threads, std::uint16_t> numbers;
    std::vector<threads>             states;

    bool make_classes();
    bool make_states();

    /// Appends what `at` leads to without reading; `seen` holds what the list has already.
    void          follow(std::uint16_t at, threads& list, std::vector<bool>& seen) const;
    std::uint16_t step(const threads& from, std::size_t by);
    std::uint16_t number_of(threads list);
};

/// Runs of code points that no set tells apart get a class; equal ones share it.
bool machine::builder::make_classes() {
    if (program.sets.size() > max_sets) return false;
    std::vector<std::pair<std::uint32_t, std::size_t>> edges;  // where a set begins or ends
    for (std::size_t s = 0; s < program.sets.size(); ++s)
        for (const auto r : program.sets[s].ranges()) edges.insert(edges.end(), {{r.first, s}, {r.last + 1, s}});
    std::sort(edges.begin(), edges.end());
    classes.assign(1, membership{});
    std::map<membership, std::uint8_t>    known;
    membership                            now{};
    std::map<std::uint8_t, std::uint16_t> uniform;  // pages of one class
    std::vector<std::uint8_t>             page(256);
    std::size_t                           e = 0;
    for (std::uint32_t block = 0; block < end_of_code; block += 256) {
        bool one = true;
        for (std::uint32_t point = block, stop = 0; point < block + 256; point = stop) {
            for (; e < edges.size() && edges[e].first == point; ++e)
                if (edges[e].second < max_sets) now[edges[e].second / 64] ^= std::uint64_t{1} << (edges[e].second % 64);
            stop             = std::min(block + 256, e < edges.size() ? edges[e].first : end_of_code);
            const auto found = known.try_emplace(now, static_cast<std::uint8_t>(classes.size()));
            if (found.second) classes.push_back(now);
            if (classes.size() > max_classes) return false;
            const auto value = found.first->second;
            std::fill(page.begin() + (point - block), page.begin() + (stop - block), value);
            one = one && (point == block || page[0] == value);
        }
        auto number = static_cast<std::uint16_t>(out.pages_.size() / 256);
        if (const auto old = uniform.find(page[0]); one && old != uniform.end())
            number = old->second;
        else
            out.pages_.insert(out.pages_.end(), page.begin(), page.end());
        if (one) uniform.emplace(page[0], number);
        out.page_of_.push_back(number);
    }
    out.n_classes_ = classes.size();
    return true;
}

void machine::builder::follow(std::uint16_t at, threads& list, std::vector<bool>& seen) const {
    threads waiting{at};
    while (!waiting.empty()) {
        at = waiting.back();
        waiting.pop_back();
        if (seen[at]) continue;
        seen[at]      = true;
        const auto& i = program.code[at];
        if (i.what == op::split)
            waiting.insert(waiting.end(), {i.b, i.a});
        else if (i.what == op::jump)
            waiting.push_back(i.a);
        else
            list.push_back(at);
    }
}

std::uint16_t machine::builder::number_of(threads list) {
    if (list.empty()) return dead;
    // A thread behind one that has matched is never wanted.
    for (std::size_t i = 0; i < list.size(); ++i)
        if (program.code[list[i]].what == op::match) list.resize(i + 1);
    const auto found = numbers.try_emplace(list, static_cast<std::uint16_t>(states.size()));
    if (found.second) states.push_back(std::move(list));
    return found.first->second;
}

/// One character of class `by` (0: the end of the text). Threads that look ahead see it first.
std::uint16_t machine::builder::step(const threads& from, std::size_t by) {
    const auto&       member = classes[by];
    threads           now, next;
    std::vector<bool> seen(program.code.size()), seen_next(program.code.size());
    bool              matches = false;
    now.assign(from.rbegin(), from.rend());  // the preferred at the back
    while (!now.empty() && !matches) {
        const auto at = now.back();
        now.pop_back();
        const auto& i = program.code[at];
        if (i.what == op::match) {
            matches = true;
        } else if (i.what == op::look) {
            if (by == 0 ? i.b == 0 : !in(member, i.a)) continue;
            threads behind;
            follow(static_cast<std::uint16_t>(at + 1), behind, seen);
            now.insert(now.end(), behind.rbegin(), behind.rend());
        } else if (by != 0 && in(member, i.a)) {
            follow(static_cast<std::uint16_t>(at + 1), next, seen_next);
        }
    }
    return static_cast<std::uint16_t>(number_of(std::move(next)) << 1 | (matches ? accepts : 0));
}

bool machine::builder::make_states() {
    threads           first;
    std::vector<bool> seen(program.code.size());
    follow(0, first, seen);
    states.emplace_back();  // dead
    if (number_of(std::move(first)) != start) return false;
    for (std::size_t s = 0; s < states.size(); ++s) {
        if (states.size() > max_states) return false;
        const threads from = states[s];
        for (std::size_t c = 0; c < classes.size(); ++c) out.wide_.push_back(s == dead ? std::uint16_t{0} : step(from, c));
        for (std::size_t b = 0; b < 128; ++b) out.ascii_.push_back(out.wide_[s * classes.size() + out.pages_[b]]);
    }
    return true;
}

std::optional<machine> machine::make(std::string_view pattern) {
    const auto program = parse_pattern(pattern);
    if (!program) return {};
    machine out;
    builder b{*program, out, {}, {}, {}};
    if (!b.make_classes() || !b.make_states()) return {};
    return out;
}

std::size_t machine::allocated_bytes() const noexcept {
    return (ascii_.capacity() + wide_.capacity() + page_of_.capacity()) * sizeof(std::uint16_t) + pages_.capacity();
}

}  // namespace plume::text

#include "src/dispatch.hpp"

#include <doctest/doctest.h>

#include <cstring>

using namespace plume;

TEST_CASE("the empty name chooses the first target that runs here") {
    const auto chosen = choose_target("");
    REQUIRE(chosen);
    for (const auto& t : compiled_targets()) {
        if (!t.runs_here() || !t.allowed()) continue;
        CHECK(*chosen == t.table);
        break;
    }
}

TEST_CASE("every compiled target is chosen by its name, or refused with the names of those that run") {
    bool scalar = false;
    for (const auto& t : compiled_targets()) {
        CAPTURE(t.name);
        scalar            = scalar || std::strcmp(t.name, "scalar") == 0;
        const auto chosen = choose_target(t.name);
        CHECK(chosen.has_value() == (t.runs_here() && t.allowed()));
        if (chosen) {
            CHECK(*chosen == t.table);
            CHECK(std::strcmp((*chosen)->name, t.name) == 0);
        } else {
            CHECK(chosen.error().code() == code::cpu_unsupported);
            CHECK(chosen.error().hint().find("scalar") != std::string::npos);
        }
    }
    CHECK(scalar);
}

TEST_CASE("an unknown target is an error that lists those that run") {
    for (const char* name : {"avx", "SCALAR", "scalar ", "\x1b[31m"}) {
        const auto chosen = choose_target(name);
        REQUIRE_FALSE(chosen);
        CHECK(chosen.error().code() == code::invalid_argument);
        CHECK(chosen.error().message().find("scalar") != std::string::npos);
        CHECK(chosen.error().message().find('\x1b') == std::string::npos);
    }
}

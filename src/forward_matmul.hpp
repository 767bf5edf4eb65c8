#pragma once

#include <algorithm>

#include <plume/core/checked.hpp>
#include <plume/quant/formats.hpp>

#include "forward.hpp"
#include "parallel.hpp"

// How a forward pass spreads its matrices and rows over threads.

namespace plume {

inline constexpr std::size_t task_bytes = std::size_t{128} << 10;  // of weights: small enough that a thread which lost its core delays the others little

/// The rows from `row` on, a multiple of the target's token_step.
inline kernels::quantised from_row(const kernels::quantised& x, std::size_t row) {
    const std::size_t  blocks = x.D / kernels::block_elems;
    kernels::quantised y      = x;
    y.hi += row * x.D;
    y.lo = x.lo == nullptr ? nullptr : x.lo + row * x.D;
    y.s += row * blocks;
    y.sums += row * blocks * 2;
    y.S += row * blocks;
    return y;
}

inline bool is_float(const matrix& m) { return quant::formats()[m.panels.format].is_float; }

/// body(row) for each row: on the executor where there are several, else here.
template <class Body>
void forward_pass::each_row(std::size_t begin, std::size_t end, const Body& body) {
    constexpr std::size_t rows_per_task = 4;
    parallel(*in_.workers, div_up(end - begin, rows_per_task), [&](std::size_t task) {
        if (stop_.stop_requested()) return;
        const std::size_t first = begin + task * rows_per_task;
        for (std::size_t t = first; t < std::min(end, first + rows_per_task); ++t) body(t);
    });
}

/// y[T,N] = x[T,D] · w[N,D]^T + b for several matrices that share their input; side by side, if they have equal N: a task computes the same outputs of all.
/// When outputs [n_begin, n_end) of all rows are there, epilogue(n_begin, n_end) runs on the same thread; they are whole blocks of 32 but for the matrix's end.
template <class Epilogue>
void forward_pass::matmul(const input& in, std::initializer_list<job> jobs, const Epilogue& epilogue, bool side_by_side) {
    if (in.T == 0) return;
    for (const job& j : jobs) tell(in, *j.w);
    const auto  panels_of = [](const job& j) { return div_up(j.w->panels.N, kernels::panel_rows); };
    std::size_t all       = 0;
    for (const job& j : jobs) all += panels_of(j);
    const bool        fast     = jobs.begin()->w->panels.pairs;  // those kernels do so much more in the same time, and round the activations anew for each task
    const std::size_t fair     = div_up(all, std::max<std::size_t>(in_.workers->concurrency(), 1) * 8),
                      small    = std::max<std::size_t>(task_bytes * (fast ? 8 : 1) / jobs.begin()->w->panels.panel_bytes, 1);
    const std::size_t step     = round_up(std::min(fair, small), 4);  // kernels like four panels in flight
    const auto        tasks_of = [&](const job& j) { return div_up(panels_of(j), step); };
    std::size_t       tasks    = 0;
    for (const job& j : jobs) tasks += tasks_of(j);
    if (side_by_side) tasks = tasks_of(*jobs.begin());

    each_task(tasks, [&](std::size_t task, std::byte* room) {
        const job* j = jobs.begin();
        for (; task >= tasks_of(*j); ++j) task -= tasks_of(*j);
        const std::size_t begin = task * step, end = std::min(panels_of(*j), begin + step);
        for (const job* each = j; each != (side_by_side ? jobs.end() : j + 1); ++each) matmul_panels(in, *each, begin, end, room);
        if (!stop_.stop_requested()) epilogue(begin * kernels::panel_rows, std::min(j->w->panels.N, end * kernels::panel_rows));
    });
}

/// body(task, room) for each task of a matmul, on the executor's threads. While the model is repacked each thread has a room for panels.
template <class Body>
void forward_pass::each_task(std::size_t n, const Body& body) {
    if (!repack_.active()) return parallel(*in_.workers, n, [&](std::size_t task) { body(task, nullptr); });
    const std::size_t        one_room = in_.weights->repack->room_bytes();
    std::atomic<std::size_t> next     = 0;
    parallel(*in_.workers, s_.rooms.size() / one_room, [&](std::size_t thread) {
        for (std::size_t task = next.fetch_add(1); task < n; task = next.fetch_add(1)) body(task, s_.rooms.data() + thread * one_room);
    });
}

}  // namespace plume

#include <algorithm>
#include <array>
#include <string>

#include "functions.hpp"

namespace plume::jinja {
namespace {

constexpr std::string_view months[] = {"January", "February", "March",     "April",   "May",      "June",
                                       "July",    "August",   "September", "October", "November", "December"};
constexpr std::string_view days[]   = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

constexpr bool is_leap(int year) noexcept { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

/// From 0 on.
int day_of_year(const chat_template::time& t) noexcept {
    constexpr std::array<int, 12> before = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    return before[static_cast<std::size_t>(t.month - 1)] + t.day - 1 + (t.month > 2 && is_leap(t.year) ? 1 : 0);
}

/// 0 is Sunday.
int day_of_week(const chat_template::time& t) noexcept {
    const int y = t.year - 1;
    return (1 + 365 * y + y / 4 - y / 100 + y / 400 + day_of_year(t)) % 7;  // 1 January of year 1 was a Monday
}

std::string padded(int number, std::size_t width, char fill) {
    auto digits = std::to_string(number);
    if (fill != '\0' && digits.size() < width) digits.insert(0, width - digits.size(), fill);
    return digits;
}

/// The week of ISO 8601 and its year.
std::array<int, 2> iso_week(const chat_template::time& t) noexcept {
    const int  weekday = (day_of_week(t) + 6) % 7;  // 0 is Monday
    const int  week    = (day_of_year(t) - weekday + 10) / 7;
    const auto weeks   = [](int year) {
        const auto p = [](int y) { return (y + y / 4 - y / 100 + y / 400) % 7; };
        return p(year) == 4 || p(year - 1) == 3 ? 53 : 52;
    };
    if (week < 1) return {weeks(t.year - 1), t.year - 1};
    if (week > weeks(t.year)) return {1, t.year + 1};
    return {week, t.year};
}

/// One conversion. `flag` is '-' (no filling), '_' (spaces), '0', or 0 for the usual.
std::string converted(runtime& r, const chat_template::time& t, char conversion, char flag) {
    const auto number = [&](int n, std::size_t width, char usual = '0') {
        return padded(n, width, flag == '-' ? '\0' : flag == '_' ? ' ' : flag == '0' ? '0' : usual);
    };
    const auto all = [&](std::string_view conversions) {
        std::string out;
        for (const char c : conversions) out += c >= 'A' ? converted(r, t, c, '\0') : std::string(1, c);
        return out;
    };
    const auto month = months[static_cast<std::size_t>(t.month - 1)], day = days[static_cast<std::size_t>(day_of_week(t))];
    const int  hour12 = t.hour % 12 == 0 ? 12 : t.hour % 12;
    switch (conversion) {
        case 'Y':
            return number(t.year, 0);
        case 'C':
            return number(t.year / 100, 2);
        case 'y':
            return number(t.year % 100, 2);
        case 'm':
            return number(t.month, 2);
        case 'd':
            return number(t.day, 2);
        case 'e':
            return number(t.day, 2, ' ');
        case 'H':
            return number(t.hour, 2);
        case 'k':
            return number(t.hour, 2, ' ');
        case 'I':
            return number(hour12, 2);
        case 'l':
            return number(hour12, 2, ' ');
        case 'M':
            return number(t.minute, 2);
        case 'S':
            return number(t.second, 2);
        case 'f':
            return "000000";
        case 'j':
            return number(day_of_year(t) + 1, 3);
        case 'u':
            return number((day_of_week(t) + 6) % 7 + 1, 1);
        case 'w':
            return number(day_of_week(t), 1);
        case 'U':
            return number((day_of_year(t) + 7 - day_of_week(t)) / 7, 2);
        case 'W':
            return number((day_of_year(t) + 7 - (day_of_week(t) + 6) % 7) / 7, 2);
        case 'V':
            return number(iso_week(t)[0], 2);
        case 'G':
            return number(iso_week(t)[1], 0);
        case 'B':
            return std::string(month);
        case 'b':
        case 'h':
            return std::string(month.substr(0, 3));
        case 'A':
            return std::string(day);
        case 'a':
            return std::string(day.substr(0, 3));
        case 'p':
            return t.hour < 12 ? "AM" : "PM";
        case 'P':
            return t.hour < 12 ? "am" : "pm";
        case 'F':
            return all("Y-m-d");
        case 'D':
        case 'x':
            return all("m/d/y");
        case 'T':
        case 'X':
            return all("H:M:S");
        case 'R':
            return all("H:M");
        case 'r':
            return all("I:M:S p");
        case 'c':
            return all("a b e H:M:S Y");
        case 'n':
            return "\n";
        case 't':
            return "\t";
        case 'z':
        case 'Z':
            return "";  // the time has no zone, as that of Python's datetime.now()
        case '%':
            return "%";
        default:
            r.fail(std::string("'strftime_now' does not know '%") + conversion + "'");
            return "";
    }
}

}  // namespace

value strftime(runtime& r, const value& format) {
    const auto&  text = text_of(format);
    const auto   view = text.view();
    const auto&  now  = r.now();
    text_builder out(r);
    r.spend_bytes(view.size());
    for (std::size_t i = 0; i < view.size() && r.ok();) {
        const auto percent = std::min(view.find('%', i), view.size());
        out.add(text, i, percent);
        i = percent + 1;
        if (i >= view.size()) {
            out.add(text, percent, view.size());
            break;
        }
        const bool flagged = view[i] == '-' || view[i] == '_' || view[i] == '0';
        const char flag    = flagged ? view[i++] : '\0';
        if (i >= view.size()) return r.fail("'strftime_now' has a format that does not end");
        out.add(converted(r, now, view[i++], flag), text.from_template(percent));
    }
    return out.finish();
}

}  // namespace plume::jinja

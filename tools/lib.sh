# shellcheck shell=bash disable=SC2034
# Shared by the scripts of this folder: steps with their seconds, Debian packages, root rights.
# Read by bash with: . "$(dirname "$0")/lib.sh"

set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1
logs=$root/build/logs

say() { printf '%s\n' "$*" >&2; }
die() {
    say "$(basename "$0"): $*"
    exit 1
}

# step WHAT COMMAND...: one line on stderr with the seconds it took; its output goes to build/logs. Stops where the command fails.
step() { try_step "$@" || exit 1; }

# As step, but returns the failure.
try_step() {
    local what=$1 began=$EPOCHREALTIME log status
    shift
    mkdir -p "$logs"
    log=$logs/$(printf '%s' "$what" | tr -c 'A-Za-z0-9\n' '-').log
    [ -t 2 ] && printf '%s ...' "$what" >&2
    "$@" >"$log" 2>&1 </dev/null
    status=$?
    [ -t 2 ] && printf '\r' >&2
    if [ $status -eq 0 ]; then
        printf '%-66s %8s s\n' "$what" "$(seconds_since "$began")" >&2
        return 0
    fi
    printf '%-66s %8s s, FAILED\n' "$what" "$(seconds_since "$began")" >&2
    tail -n "${PLUME_LOG_LINES:-60}" "$log" | sed 's/^/    /' >&2
    say "The whole output: ${log#"$root"/}"
    return $status
}

# Seconds since an $EPOCHREALTIME, with one decimal. The locale may write a comma in it.
seconds_since() {
    local began=${1/,/.} now=${EPOCHREALTIME/,/.} tenths
    tenths=$(((${now/./} - ${began/./}) / 100000))
    printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# The packages among the arguments that are not installed.
missing_packages() {
    local package
    for package in "$@"; do
        case $(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) in
            ii*) ;;
            *) printf '%s\n' "$package" ;;
        esac
    done
}

# Installs what is missing of the Debian packages named. Calls apt-get only where something is missing, and updates its lists only where they do not know it.
need_packages() {
    command -v dpkg-query >/dev/null || die "this script installs Debian packages, and this is not a Debian system; README.md says what to install elsewhere"
    local missing
    missing=$(missing_packages "$@")
    [ -z "$missing" ] && return 0
    missing=$(printf '%s' "$missing" | tr '\n' ' ')
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "needs to install: $missing; please run it as root, or install them with: apt-get install $missing"
        sudo -v || die "needs sudo to install: $missing"
    fi
    local what
    what="Installing $(printf '%s' "$missing" | wc -w) packages"
    if all_known "$missing"; then   # the lists may be old and name files that are gone: then update and try again
        PLUME_LOG_LINES=0 try_step "$what" install_packages "$missing" && return 0
    fi
    PLUME_LOG_LINES=8 try_step "Reading the package lists" as_root apt-get update &&
        PLUME_LOG_LINES=8 try_step "$what" install_packages "$missing" && return 0
    die "cannot install packages (is there a network?); these are missing: $missing"
}

# Whether apt's lists have a version of each.
all_known() {
    # shellcheck disable=SC2086  # a list of words
    [ "$(LC_ALL=C apt-cache policy $1 2>/dev/null | grep -c 'Candidate: [^(]')" -eq "$(printf '%s' "$1" | wc -w)" ]
}

install_packages() {
    # shellcheck disable=SC2086  # a list of words
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $1
}

# What the release preset needs to build the library and the tool; and what the tests need besides.
build_packages="cmake ninja-build g++ libcli11-dev nlohmann-json3-dev libedit-dev"
test_packages="doctest-dev libeigen3-dev libbenchmark-dev python3 python3-pip ca-certificates binutils pkg-config"
extra_packages="clang-14 libclang-rt-14-dev"   # the second compiler, and libFuzzer

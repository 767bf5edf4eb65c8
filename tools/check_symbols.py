#!/usr/bin/env python3
"""Symbols: what the library and the tool call, and what their objects hold.

The library imports nothing that ends the process, prints, changes the process's settings, opens a socket or starts a process; the tool no socket and
no process function. The library's objects have no writable data and no static initialiser. Baseline objects hold no AVX. Kernel objects define no
weak symbol outside their target's names, and no weak function of another library that computes with floats stands in any object: the linker keeps one
copy of a weak function for the whole program, and it must not be one for a better CPU or one that a host compiled with fast-math.
"""

import collections
import pathlib
import re
import subprocess
import sys
import tempfile

from checking import arguments, expect, finish, output_of

ENDS = """abort exit _exit _Exit quick_exit at_quick_exit atexit __cxa_atexit raise kill tgkill pthread_kill signal sigaction sigprocmask pthread_sigmask
    longjmp siglongjmp __assert_fail __assert_perror_fail __cxa_call_unexpected __clang_call_terminate __stack_chk_fail_local
    std::terminate() std::set_terminate(void(*)()) std::get_terminate() std::__glibcxx_assert_fail(char_const*,int,char_const*,char_const*) std::unexpected()""".split()
PRINTS = """printf fprintf vprintf vfprintf dprintf vdprintf wprintf puts fputs putchar fputc putc fputs_unlocked fwrite perror psignal syslog vsyslog
    __printf_chk __fprintf_chk __vfprintf_chk __vprintf_chk __dprintf_chk stdout stderr stdin getchar fgets gets scanf
    std::cout std::cerr std::clog std::cin std::wcout std::wcerr std::wclog std::ios_base::Init::Init()""".split()
SETTINGS = "setenv unsetenv putenv clearenv setlocale std::locale::global(std::locale_const&) umask chdir fchdir srand random_r setrlimit arch_prctl".split()
SOCKETS = """socket socketpair connect bind listen accept accept4 send sendto sendmsg recv recvfrom recvmsg getaddrinfo gethostbyname gethostbyname_r
    gethostbyaddr getnameinfo setsockopt getsockopt getpeername inet_pton res_query""".split()
PROCESSES = """fork vfork _Fork clone clone3 execv execve execvp execvpe execl execle execlp execveat fexecve system popen pclose posix_spawn posix_spawnp
    wait waitpid waitid wait3 wait4 daemon ptrace""".split()
RAW = ["syscall"]   # whoever calls the kernel by number can do any of these

# Imports that stand although they are on a list, each with its reason. Nothing else does.
ALLOWED = {
    "__clang_call_terminate": "clang's landing pad of a noexcept function; it is reached only where a function that promises not to throw throws",
    "arch_prctl": "the CPU target amx needs Linux's leave to use tiles, and asks for it when it is chosen",
    "pthread_sigmask": "the pool blocks signals while it starts its threads, so that the host's signals stay with the host's threads, and then restores the mask",
    "syscall": "the pool's futex wait and wake, which have no other name in the C library; ONLY_IN says which file may",
    "std::terminate()": "std::thread's destructor and assignment, inline in the standard library; every thread of the pool is joined before either",
}
ALLOWED_IN_DEBUG = {"__assert_fail": "an assertion of our own bugs; release builds have none"}
# Members that may use an allowed import; all others may not.
ONLY_IN = {"arch_prctl": {"system.cpp.o"}, "syscall": {"executor.cpp.o"}, "pthread_sigmask": {"executor.cpp.o"}}
# Writable sections that a compiler makes on its own.
ALLOWED_SECTIONS = re.compile(r"\.data\.rel\.ro|\.data\.(rel\.local\.)?DW\.ref\.")   # constants with addresses; what exception tables refer to

FLOAT_ARITHMETIC = re.compile(r"^v?((add|sub|mul|div|sqrt|min|max)(ss|sd|ps|pd)|fn?m(add|sub)\w+)\b")

Symbol = collections.namedtuple("Symbol", "member name kind")


def plain(name):
    return name.replace(" const", "_const").replace(" ", "")


def demangled(names):
    names = list(names)
    done = subprocess.run(["c++filt"], input="\n".join(names), capture_output=True, text=True, check=True)
    return dict(zip(names, done.stdout.split("\n")))


def is_ours(name):
    """Of a demangled function: its result's type and its own name, before the arguments; a result may be a vector, as in "float __vector(4) plume::..."."""
    return "plume::" in re.sub(r"__vector\(\d+\)", "", name).split("(")[0]


def symbols_of(library):
    found = []
    for line in output_of("nm", "-A", "-P", library).splitlines():
        place, name, kind = re.match(r"(.*?): (\S+) (\S)", line).groups()
        found.append(Symbol(re.sub(r".*\[(.*)\]$", r"\1", place), name, kind))
    return found


def import_violations(symbols, forbidden, allowed, who):
    names = demangled({s.name for s in symbols})
    defined = {s.name for s in symbols if s.kind not in "Uwv"}
    found = []
    for symbol in symbols:
        shown = plain(names[symbol.name])
        if symbol.kind in "Uwv" and symbol.name not in defined and shown in forbidden and (
            shown not in allowed or symbol.member not in ONLY_IN.get(shown, {symbol.member})):
            found.append(f"{who}{symbol.member} imports {shown}")
    return sorted(set(found))


def section_violations(library):
    found, member = [], "?"
    for line in output_of("readelf", "-SW", library).splitlines():
        if line.startswith("File: "):
            member = re.sub(r".*\((.*)\)$", r"\1", line)
        section = re.match(r"\s*\[\s*\d+\]\s+(\S+)\s+(\S+)\s+\S+\s+\S+\s+(\S+)\s+\S+\s+(\w+)", line)
        if not section:
            continue
        name, kind, size, flags = section.groups()
        if kind in ("INIT_ARRAY", "FINI_ARRAY") or name.startswith((".ctors", ".dtors")):
            found.append(f"{member}: a static initialiser or destructor ({name})")
        elif "W" in flags and "A" in flags and int(size, 16) and not ALLOWED_SECTIONS.match(name):
            found.append(f"{member}: writable data: {name}, {int(size, 16)} bytes (a constexpr std::array wants its type written out)")
    return found


def code_violations(library, symbols, cpu_targets):
    """Reads the machine code: AVX in baseline objects, kernel calls by number, float arithmetic in weak functions of others."""
    better = {f"{name}.cpp.o" for name in cpu_targets if name != "scalar"}
    kernels = better | {"scalar.cpp.o"}
    weak = {(s.member, s.name) for s in symbols if s.kind in "WVu"}
    names = demangled({name for _, name in weak})
    found, member, function = set(), "?", ""
    disassembly = subprocess.Popen(["objdump", "-d", "--no-show-raw-insn", "--no-addresses", str(library)], stdout=subprocess.PIPE, text=True)
    for line in disassembly.stdout:
        if line.startswith("\t"):
            instruction = line.strip()
            if member not in better and (instruction.startswith("v") and not instruction.startswith(("verr", "verw")) or "%ymm" in instruction or "%zmm" in instruction):
                found.add(f"{member}: AVX in a baseline object: {names.get(function, function)}: {instruction}")
            elif instruction.startswith(("syscall", "int    $0x80", "sysenter")):
                found.add(f"{member}: calls the kernel by number in {function}")
            elif member not in kernels and (member, function) in weak and FLOAT_ARITHMETIC.match(instruction) and not is_ours(names[function]):
                found.add(f"{member}: a weak function that is not ours computes with floats: {names[function]}")
        elif line.startswith("<"):
            function = line[1 : line.rindex(">")]
        elif ":     file format" in line:
            member = line.split(":")[0]
    if disassembly.wait() != 0:
        sys.exit("objdump failed")
    return sorted(found)


def weak_violations(symbols, cpu_targets):
    found = []
    names = demangled({s.name for s in symbols})
    for symbol in symbols:
        target = symbol.member.removesuffix(".cpp.o")
        if target not in cpu_targets or symbol.kind not in "WVu" or symbol.name.startswith("DW.ref."):
            continue
        if not re.search(rf"(?<![a-z0-9]){target}(?![a-z0-9])", names[symbol.name]):
            found.append(f"{symbol.member}: a weak symbol that other objects may define: {names[symbol.name]}")
    return sorted(set(found))


def raw_call_violations(binary, who):
    """Calls of syscall() whose number is not futex's: threads that wait need that one, in our pool and in the standard library's stop_source and barrier."""
    recent, found, function = collections.deque(maxlen=16), [], "?"
    for line in output_of("objdump", "-d", "--no-show-raw-insn", binary).splitlines():
        if line.endswith(">:"):
            function, recent = line.split("<")[-1][:-2], collections.deque(maxlen=16)
        elif re.search(r"(call|jmp)\s.*<syscall@plt>", line):
            if not any(re.search(r"mov\s+\$0xca,%[er]di", earlier) for earlier in recent):
                found.append(f"{who}calls the kernel by number, other than for futex, in {function}")
        recent.append(line)
    return found


def library_violations(library, cpu_targets, debug=False):
    symbols = symbols_of(library)
    forbidden = {*ENDS, *PRINTS, *SETTINGS, *SOCKETS, *PROCESSES, *RAW}
    allowed = {*ALLOWED, *(ALLOWED_IN_DEBUG if debug else ())}
    members = {s.member for s in symbols}
    missing = [f"the library has no {name}.cpp.o: the CPU target is not there or the check reads the wrong names"
               for name in cpu_targets if f"{name}.cpp.o" not in members]
    return (missing + import_violations(symbols, forbidden, allowed, "") + section_violations(library) + weak_violations(symbols, cpu_targets)
            + code_violations(library, symbols, cpu_targets))


def tool_violations(tool):
    names = [line.split()[-1].split("@")[0] for line in output_of("nm", "-D", "--undefined-only", tool).splitlines()]
    symbols = [Symbol(pathlib.Path(tool).name, name, "U") for name in names]
    return import_violations(symbols, {*SOCKETS, *PROCESSES}, set(), "the tool ") + raw_call_violations(tool, "the tool ")


def self_test(compiler):
    def planted(text, name="a", flags=(), targets=()):
        with tempfile.TemporaryDirectory() as folder:
            source, compiled, library = (pathlib.Path(folder, n) for n in ("a.cpp", f"{name}.cpp.o", "lib.a"))
            source.write_text(text)
            output_of(compiler, "-std=c++20", "-O2", "-fPIC", *flags, "-c", source, "-o", compiled)
            output_of("ar", "rc", library, compiled)
            return library_violations(library, targets)

    bad = {
        "abort": "#include <cstdlib>\nvoid f() { std::abort(); }",
        "exit": "#include <cstdlib>\nvoid f() { std::exit(1); }",
        "printf": "#include <cstdio>\nvoid f(int x) { std::printf(\"%d\", x); }",
        "puts": "#include <cstdio>\nvoid f() { std::puts(\"a\"); }",
        "std::cout": "#include <ostream>\nnamespace std { extern ostream cout; }\nvoid f() { std::cout << 1; }",
        "std::ios_base::Init": "#include <iostream>\nint f() { return 1; }",
        "a socket": "#include <sys/socket.h>\nint f() { return socket(1, 2, 3); }",
        "fork": "#include <unistd.h>\nint f() { return fork(); }",
        "system": "#include <cstdlib>\nint f() { return std::system(\"a\"); }",
        "posix_spawn": "#include <spawn.h>\nint f() { return posix_spawn(0, 0, 0, 0, 0, 0); }",
        "a kernel call by number": "long f() { long r; asm volatile(\"syscall\" : \"=a\"(r) : \"0\"(39) : \"rcx\", \"r11\", \"memory\"); return r; }",
        "std::set_terminate": "#include <exception>\nvoid f() { std::set_terminate(nullptr); }",
        "a writable global": "int counter = 3;\nint f() { return ++counter; }",
        "a zeroed global": "static int counter;\nint f() { return ++counter; }",
        "a function's static": "#include <string>\nconst std::string& f() { static const std::string s(99, 'a'); return s; }",
        "a thread's global": "thread_local int counter = 3;\nint f() { return ++counter; }",
        "a static initialiser": "int g();\nextern const int value;\nconst int value = g();",
    }
    for name, text in bad.items():
        expect(name, planted(text))
    expect("AVX in a baseline object", planted("float f(float a, float b) { return a * b; }", flags=["-mavx"]))
    expect("a weak symbol of a kernel object", planted("template <class T> [[gnu::noinline]] T twice(T x) { return x + x; }\nint f(int x) { return twice(x); }",
                                                       name="avx2", targets=["avx2"]))
    expect("a weak float function of the standard library",
           planted("namespace std { template <class T> [[gnu::noinline]] T twice(T x) { return x + x; } }\nfloat f(float x) { return std::twice(x); }"))
    expect("a CPU target that is not there", planted("int f() { return 1; }", targets=["avx2"]))
    expect("nothing in a good object", not planted("extern const char name[];\nconst char name[] = \"a\";\nstruct s { virtual int f(); };\nint s::f() { return 1; }"))
    expect("nothing in a good kernel object", not planted("namespace avx2 { template <class T> [[gnu::noinline]] T twice(T x) { return x + x; } }\n"
                                                          "float f(float x) { return avx2::twice(x); }", name="avx2", flags=["-mavx2"], targets=["avx2"]))
    with tempfile.TemporaryDirectory() as folder:
        source, tool = pathlib.Path(folder, "a.cpp"), pathlib.Path(folder, "a")
        source.write_text("#include <cstdlib>\nint main() { return std::system(\"true\"); }")
        output_of(compiler, source, "-o", tool)
        expect("a tool that starts a process", tool_violations(tool))
        source.write_text("#include <unistd.h>\nint main() { return static_cast<int>(syscall(41, 1, 2, 3)); }")
        output_of(compiler, source, "-o", tool)
        expect("a tool that opens a socket by number", tool_violations(tool))
        source.write_text("#include <cstdio>\nint main() { std::puts(\"a\"); }")
        output_of(compiler, source, "-o", tool)
        expect("nothing in a good tool", not tool_violations(tool))


if __name__ == "__main__":
    options = arguments(__doc__, ("--library", {}), ("--tool", {}), ("--cpu-targets", {"default": ""}), ("--debug", {"action": "store_true"}))
    if options.self_test:
        self_test(options.compiler)
    else:
        violated = library_violations(options.library, [t for t in options.cpu_targets.split(",") if t], options.debug) if options.library else []
        finish(violated + (tool_violations(options.tool) if options.tool else []), "symbols")

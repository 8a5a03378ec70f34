# What the stages of .ci/run do. To be sourced.

# What the tests of the stages need of Debian; harnesses install the rest themselves, for the peers that need it.
install() {
    local missing=()
    command -v curl >/dev/null || missing+=(curl)
    command -v chromium >/dev/null || missing+=(chromium)
    command -v node >/dev/null || missing+=(nodejs)
    command -v gdb >/dev/null || missing+=(gdb)
    command -v jcmd >/dev/null || missing+=(openjdk-17-jdk-headless)
    command -v script >/dev/null || missing+=(bsdutils)
    command -v python3 >/dev/null || missing+=(python3)
    command -v ruby >/dev/null || missing+=(ruby)
    command -v pgrep >/dev/null || missing+=(procps)
    command -v valgrind >/dev/null || missing+=(valgrind)
    command -v strace >/dev/null || missing+=(strace)
    command -v eu-stack >/dev/null || missing+=(elfutils)
    command -v addr2line >/dev/null || missing+=(binutils)
    [ -e /usr/share/nodejs/ws ] || missing+=(node-ws)
    python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3-venv)
    [ -e /usr/include/zlib.h ] || missing+=(zlib1g-dev)
    [ -e /usr/include/openssl/ssl.h ] || missing+=(libssl-dev)
    [ -e /usr/include/yaml.h ] || missing+=(libyaml-dev)
    compgen -G "/usr/include/*/curl/curl.h" >/dev/null || missing+=(libcurl4-openssl-dev)
    command -v openssl >/dev/null || missing+=(openssl)
    command -v debootstrap >/dev/null || missing+=(debootstrap)
    command -v dpkg-shlibdeps >/dev/null || missing+=(dpkg-dev)
    [ ${#missing[@]} -eq 0 ] && return
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# The tool, and the programs of the slower gates.
release_build() {
    swift build -c release --explicit-target-dependency-import-check error
}

format_check() {
    swift format lint --strict --recursive Package.swift Sources Tests
}

# The README's two commands.
first_command() {
    swift run -c release watertight check
}
second_command() {
    counted_tests swift test
}

# What a slow machine may rightly end otherwise, and the README's second command leaves out; three suites at a time, which
# wait most of it. Suites without such a test have just run.
timed_tests() {
    local others
    others=$(grep -L '\.timed' Tests/CommandTests/*Tests.swift Tests/HeapProbesTests/*Tests.swift |
        sed -E 's|Tests/(.*)/(.*)\.swift|\1\\.\2/|' | paste -sd '|')
    TIMED_TESTS=1 counted_tests swift test --experimental-maximum-parallelization-width 3 \
        --filter '^(CommandTests|HeapProbesTests|ScenariosTests|WatertightTestingTests)\.' --skip "^($others)"
}

foreign_library() {
    counted_tests Tests/FlyingFoxChecks/run
}

# First that a planted leak of 16 bytes in a thousand connections is noticed, then that there is none.
flatness() {
    local found
    found=$(.build/release/endurance flat --plant | grep 'FAILS  live heap')
    if [ -z "$found" ]; then
        echo "a planted leak was not noticed"
        return 1
    fi
    printf 'planted:\n%s\n' "$found"
    .build/release/endurance flat
}

# Every scenario in a process of its own, so that all its descriptors, threads and memory are judged.
scenarios() {
    local names name count=0
    names=$(listed .build/release/watertight scenario) || return
    for name in $(printf '%s\n' "$names" | cut -d' ' -f1); do
        .build/release/watertight scenario "$name" || return
        count=$((count + 1))
    done
    echo "scenarios: $count passed"
}

# First that the fuzzers find what is planted, for which a busy machine needs its time, then that they find nothing else.
fuzzing() {
    Tests/Fuzzing/run --self-test --seconds 90 && Tests/Fuzzing/run --seconds 12
}

# The figures of the server that a busy machine does not move.
benchmark_gate() {
    Tests/Benchmarks/run gate --self-test
}

# The program, the tarball and the Debian package, made and tried. What docker/Dockerfile does is the first step of it.
release_steps() {
    Tests/Release/run
}

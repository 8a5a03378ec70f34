# What .ci/run runs its stages with. To be sourced.

# Runs a stage within its limit in seconds. Its last command decides: within one, `set -e` does not hold.
stage() {
    local name=$1 limit=$2
    shift 2
    printf '\n=== %s\n' "$name"
    set -m
    (set +e; "$@") &
    running+=("$!")
    set +m
    conclude "$name" "$limit" "$SECONDS" "$!"
}

# Begins a stage that runs beside those that follow, with the lowest priority, because it has much to do and measures nothing.
# What it prints comes when it is awaited.
beside() {
    local name=$1 limit=$2 begun=$SECONDS log
    shift 2
    printf '\n=== %s: begun, beside what follows\n' "$name"
    log=$(mktemp)
    set -m
    (
        set +e
        renice -n 19 -p "$BASHPID" >/dev/null
        "$@"
        code=$?
        printf '=== %s: ended after %d s\n' "$name" $((SECONDS - begun))
        exit "$code"
    ) >"$log" 2>&1 &
    running+=("$!")
    set +m
    others+=("$! $limit $begun $log $name")
}
others=()

# Waits for all stages that were begun beside others.
await_others() {
    local other pid limit begun log name
    for other in "${others[@]}"; do
        read -r pid limit begun log name <<<"$other"
        printf '\n=== %s: awaited\n' "$name"
        conclude "$name" "$limit" "$begun" "$pid" "$log"
    done
    others=()
}

# Waits for the stage with the number `pid` that has begun at `begun`, and says how it ended; a failure ends the run.
#
# A stage that hangs is shown with the stacks of its processes, then ended, so that the next run need not be the one that
# tells why.
conclude() {
    local name=$1 limit=$2 begun=$3 pid=$4 log=${5:-} code=0
    while kill -0 "$pid" 2>/dev/null && [ $((SECONDS - begun)) -lt "$limit" ]; do sleep 0.5; done
    if kill -0 "$pid" 2>/dev/null; then
        printf '=== %s: still running after %d s:\n' "$name" "$limit"
        show_processes "$pid"
        end_stage "$pid"
    fi
    wait "$pid" || code=$?
    forget "$pid"
    if [ -n "$log" ]; then cat "$log" && rm "$log"; fi
    if [ "$code" -eq 0 ]; then
        printf '=== %s: passed in %d s\n' "$name" $((SECONDS - begun))
    else
        printf '=== %s: FAILED with code %d in %d s\n' "$name" "$code" $((SECONDS - begun))
        exit 1
    fi
}

# Its number may soon be another process's.
forget() {
    local pid left=()
    for pid in "${running[@]}"; do [ "$pid" = "$1" ] || left+=("$pid"); done
    running=("${left[@]}")
}

# The process and all that descend from it.
descendants() {
    local child
    echo "$1"
    for child in $(pgrep -P "$1"); do descendants "$child"; done
}

show_processes() {
    local pids pid
    pids=$(descendants "$1")
    ps -o pid,ppid,stat,etime,time,args -p "$(echo $pids | tr ' ' ,)" | cut -c1-200
    for pid in $pids; do
        case $(readlink "/proc/$pid/exe") in
        *.xctest | */release/* | */debug/*)
            printf -- '--- stacks of %d\n' "$pid"
            timeout 60 gdb -p "$pid" -batch -nx -ex 'set debuginfod enabled off' -ex 'thread apply all backtrace 24' 2>&1 |
                grep -E '^(Thread|#)' | cut -c1-240
            ;;
        esac
    done
}

# Ends a stage: politely, so that it can still print, then by force.
end_stage() {
    local pid pids
    pids=$(descendants "$1")
    kill -TERM $pids 2>/dev/null || true
    for _ in $(seq 20); do
        kill -0 "$1" 2>/dev/null || break
        sleep 0.5
    done
    for pid in $pids; do kill -KILL "$pid" 2>/dev/null || true; done
}

# Ends all stages that run, when the run itself ends.
end_stages() {
    local pid
    for pid in "${running[@]}"; do
        if kill -0 "$pid" 2>/dev/null; then end_stage "$pid"; fi
    done
}
running=()
trap end_stages EXIT
trap 'exit 130' INT TERM

# The lines that `command` names the things to do with, on stdout; it fails where there are none, because a gate that
# passes on nothing is none.
listed() {
    local lines
    lines=$("$@") || return
    if [ -z "$lines" ]; then
        echo "nothing is listed by: $*" >&2
        return 1
    fi
    printf '%s\n' "$lines"
}

# Runs a command that ends in `swift test`; says how many tests ran, why others were skipped and, once more at the end, which
# failed and how, and fails where none ran.
counted_tests() {
    local log code=0 ran
    log=$(mktemp)
    "$@" 2>&1 | tee "$log" || code=$?
    ran=$(sed -nE 's/.*Test run with ([0-9]+) tests?.*/\1/p' "$log" | awk '{ sum += $1 } END { print sum + 0 }')
    printf 'tests: %d ran, %d skipped\n' "$ran" "$(grep -cE '^. Test .* skipped' "$log" || true)"
    sed -nE 's/^. (Test|Suite) .* skipped: /    skipped: /p' "$log" | sort | uniq -c
    grep -E -A4 '^✘ Test .* recorded an issue' "$log" | grep -E '^(✘ Test .* recorded an issue|↳|   )' || true
    rm -f "$log"
    if [ "$ran" -eq 0 ]; then
        echo "no test ran, which proves nothing"
        return 1
    fi
    return "$code"
}

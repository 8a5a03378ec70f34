#!/usr/bin/env bash
# The step of the action: installs what is asked for, checks, and says what came of it in the job's outputs.
set -euo pipefail

if [ -n "${INPUT_VERSION:-}" ]; then
    name=watertight-$INPUT_VERSION-linux-$(uname -m)
    releases=${INPUT_RELEASES:-https://github.com/$INPUT_REPOSITORY/releases/download}
    folder=$(mktemp -d)
    for file in "$name.tar.gz" SHA256SUMS; do
        curl --fail --silent --show-error --location --retry 3 --output "$folder/$file" "$releases/v$INPUT_VERSION/$file"
    done
    (cd "$folder" && sha256sum --check --ignore-missing --quiet SHA256SUMS)
    tar -C "$folder" -xzf "$folder/$name.tar.gz"
    PATH=$folder/$name/bin:$PATH
fi
command -v watertight >/dev/null || { echo "::error::watertight is not on the PATH: give the input version" && exit 1; }

reports=${RUNNER_TEMP:-$(mktemp -d)}/watertight-reports
mkdir -p "$reports"
words=(--html "$reports/leaks.html" --json "$reports/leaks.json" --junit "$reports/leaks.xml" --record "$reports/leaks.record")
if [ -n "${INPUT_PROFILE:-}" ]; then words+=(--profile "$INPUT_PROFILE"); fi
if [ -n "${INPUT_KNOWN_LEAKS:-}" ]; then words+=(--known-leaks "$INPUT_KNOWN_LEAKS"); fi
if [ -n "${INPUT_SHARD:-}" ]; then words+=(--shard "$INPUT_SHARD"); fi
# Both are lines as a shell reads them, written by whoever wrote the workflow.
if [ -n "${INPUT_ARGS:-}" ]; then eval "words+=($INPUT_ARGS)"; fi
if [ -n "${INPUT_URL:-}" ]; then words+=("$INPUT_URL"); fi
if [ -n "${INPUT_COMMAND:-}" ]; then eval "words+=(-- $INPUT_COMMAND)"; fi

code=0
watertight check "${words[@]}" || code=$?
verdict=
if [ -s "$reports/leaks.json" ]; then
    verdict=$(sed -nE 's/^  "verdictBesideKnown" : "(.*)",?$/\1/p' "$reports/leaks.json")
fi

# What has changed since the check of the base, which stands beside the verdict and does not change it.
comparison=
if [ -n "${INPUT_BASELINE:-}" ] && [ -s "$reports/leaks.json" ]; then
    if [ -s "$INPUT_BASELINE" ]; then
        watertight compare "$INPUT_BASELINE" "$reports/leaks.json" --markdown "$reports/comparison.md" || true
    else
        echo "::notice title=Watertight::there is no $INPUT_BASELINE to compare with"
    fi
    if [ -s "$reports/comparison.md" ]; then
        comparison=$reports/comparison.md
        if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then cat "$comparison" >>"$GITHUB_STEP_SUMMARY"; fi
        if [ -n "${INPUT_COMMENT_TOKEN:-}" ]; then python3 "$(dirname "$0")/comment.py" "$comparison" || true; fi
    fi
fi
{
    echo "verdict=$verdict"
    echo "folder=$reports"
    if [ -s "$reports/leaks.html" ]; then echo "report=$reports/leaks.html"; fi
    if [ -s "$reports/leaks.json" ]; then echo "json=$reports/leaks.json"; fi
    if [ -n "$comparison" ]; then echo "comparison=$comparison"; fi
} >>"${GITHUB_OUTPUT:-/dev/stdout}"
exit "$code"

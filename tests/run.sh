#!/bin/sh
# Runs every test program and CLI script, as many at a time as there are processors, and closes
# with one line of counts. Called by `make check`, which has built everything. B is the build folder.
set -u
cd "$(dirname "$0")/.." || exit 1
: "${B:=build}" "${SAN:=}"
RS_RESULTS=$(mktemp -d) || exit 1
trap 'rm -rf "$RS_RESULTS"' EXIT
export B SAN RS_RESULTS
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=1}"
export LSAN_OPTIONS="${LSAN_OPTIONS:-suppressions=$PWD/tests/lsan.supp print_suppressions=0}"
export TSAN_OPTIONS="${TSAN_OPTIONS:-halt_on_error=1 suppressions=$PWD/tests/tsan.supp}"

# The scripts first: some of them take longest.
{
    find tests/cli -maxdepth 1 -name '*.sh' | sort
    [ ! -x "$B/checkkern" ] || echo "$B/checkkern"
    find "$B/unit" -type f -name 't_*' ! -name '*.*' 2>/dev/null | sort
    find "$B/fuzz" -type f -name 'fuzz_*' ! -name '*.*' 2>/dev/null | sort
} | xargs -P "$(nproc)" -n 1 sh tests/run_one.sh

# count RESULT: run_one.sh adds a letter for each.
count() { cat "$RS_RESULTS/$1" 2>/dev/null | wc -c; }
failed=$(count failed)
printf '%d passed, %d failed, %d skipped\n' "$(count passed)" "$failed" "$(count skipped)"
[ "$failed" -eq 0 ] && [ "$(count passed)" -gt 0 ]

#!/bin/sh
# Runs every test program and CLI script and closes with one line of counts.
# Called by `make check`, which has built everything. B is the build folder.
set -u
cd "$(dirname "$0")/.."
: "${B:=build}" "${SAN:=}"
export B SAN
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=1}"
export TSAN_OPTIONS="${TSAN_OPTIONS:-halt_on_error=1 suppressions=$PWD/tests/tsan.supp}"
passed=0 failed=0 skipped=0
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

# A test exits 0 (passed), 77 (skipped, saying why in its last line), or else.
one() {
    name=$1; shift
    if "$@" >"$log" 2>&1; then
        passed=$((passed + 1)); printf 'ok    %s\n' "$name"
    elif [ $? -eq 77 ]; then
        skipped=$((skipped + 1)); printf 'skip  %s: %s\n' "$name" "$(tail -n 1 "$log")"
    else
        failed=$((failed + 1)); printf 'FAIL  %s\n' "$name"; sed 's/^/      /' "$log" | tail -n 40
    fi
}

for t in $(find "$B/unit" -type f -name 't_*' ! -name '*.*' 2>/dev/null | sort); do
    one "${t#"$B"/}" "$t"
done
[ ! -x "$B/checkkern" ] || one checkkern "$B/checkkern"
for f in $(find "$B/fuzz" -type f -name 'fuzz_*' ! -name '*.*' 2>/dev/null | sort); do
    n=$(basename "$f")
    one "fuzz/$n (corpus)" "$f" "tests/fuzz/corpus/${n#fuzz_}"
done
for s in tests/cli/*.sh; do
    [ -e "$s" ] && one "${s#tests/}" sh "$s"
done
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]

#!/bin/sh
# run_one.sh FILE: one test of run.sh, its line to standard output and its result to $RS_RESULTS. A
# test exits 0 (passed), 77 (skipped, saying why in its last line), or else.
set -u
case $1 in
*/fuzz_*)
    n=${1##*/}
    set -- "fuzz/$n (corpus)" "$1" "tests/fuzz/corpus/${n#fuzz_}" ;;
*.sh) set -- "${1#tests/}" sh "$1" ;;
*) set -- "${1#"$B"/}" "$1" ;;
esac
name=$1; shift
log=$(mktemp "$RS_RESULTS/log.XXXXXX") || exit 1
"$@" >"$log" 2>&1
case $? in
0) result=passed text="ok    $name" ;;
77) result=skipped text="skip  $name: $(tail -n 1 "$log")" ;;
*) result=failed text="FAIL  $name
$(sed 's/^/      /' "$log" | tail -n 40)" ;;
esac
printf '%s\n' "$text" # at once, for others write, too
printf x >>"$RS_RESULTS/$result"
rm -f "$log"
exit 0

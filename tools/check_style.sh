#!/bin/sh
# Style rules a machine can check: white space, banned calls, file and function
# length. Usage: tools/check_style.sh (from anywhere in the repository).
set -eu
cd "$(dirname "$0")/.."
bad=0
complain() { [ -z "$2" ] || { printf '%s\n%s\n' "$1" "$2"; bad=1; }; }
sources=$(find src include tests samples \( -name '*.c' -o -name '*.h' \) | sort)

complain 'marks of a merge:' "$(grep -rnIE '^(<{7}|>{7}) ' Makefile README.md src include tests samples tools pipelines || true)"
complain 'tabs or trailing blanks:' "$(grep -nE '	|[ 	]+$' $sources || true)"
complain 'lines over 110 columns:' "$(awk 'length($0) > 110 { print FILENAME ":" FNR }' $sources)"
complain 'no newline at the end:' "$(for f in $sources; do [ -z "$(tail -c 1 "$f")" ] || echo "$f"; done)"
complain 'files over 1000 lines:' "$(for f in $sources; do n=$(wc -l <"$f"); [ "$n" -le 1000 ] || echo "$f: $n"; done)"
complain 'file names used twice under src:' "$(find src -name '*.c' | sed 's|.*/||' | sort | uniq -d)"
# Unbounded or locale-bound calls, and calls only one folder may make.
complain 'banned calls:' "$(grep -nE '\b(strcpy|strcat|sprintf|vsprintf|gets|atoi|atof|strtok|system)\(' $(find src -name '*.[ch]') || true)"
complain 'malloc outside base/mem.c:' "$(grep -nE '\b(malloc|calloc|realloc|aligned_alloc|free)\(' $(find src -name '*.[ch]' ! -path src/base/mem.c) || true)"
complain 'a library that prints or exits:' "$(grep -nE '\b(printf|puts|putchar|exit|abort)\(|fprintf\(std' $(find src -name '*.[ch]' ! -path 'src/cli/*' ! -path src/base/err.c) || true)"
# A function starts at a "{" in column 1 and ends at a "}" there.
complain 'functions over 120 lines:' "$(awk '/^\{/ { s = FNR } /^\}/ { if (s && FNR - s > 120) print FILENAME ":" s; s = 0 }' $(find src -name '*.c'))"
exit $bad

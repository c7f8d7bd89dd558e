#!/bin/sh
# Every global symbol of the library starts with rs_, and none is writable data:
# state hangs off handles. Usage: tools/check_symbols.sh build/librestyle.a
set -eu
names=$(nm -A --defined-only -g "$1" | awk '$NF !~ /^(rs_|__)/')
[ -z "$names" ] || { echo "symbols without the rs_ prefix:"; echo "$names"; exit 1; }
# Sanitizers add data of their own: the rule is checked on the plain build.
[ "$1" = build/librestyle.a ] || exit 0
# The one exception: allocation counters for tests, in base/mem.c.
data=$(objdump -t "$1" | awk '/file format/ { f = $1 } NF > 3 && $(NF-2) ~ /^\.(data|bss)$|^\*COM\*$/ && $NF !~ /^(\.data|\.bss|n_allocs|fail_after)$/ { print f, $NF }')
[ -z "$data" ] || { echo "writable data:"; echo "$data"; exit 1; }

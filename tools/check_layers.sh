#!/bin/sh
# Fails when a file includes a header of a layer that is not below its own, or a
# third-party header outside its one place. The table is the architecture; see
# src/README.md. Usage: tools/check_layers.sh (from the repository root).
set -eu
cd "$(dirname "$0")/.."
awk '
BEGIN {
    split("base 0 par 1 opt 1 prompt 1 infotext 1 kernel 1 conf 2 media 2 tensor 2 weights 3 nn 4 model 5 sample 5 stage 6 bench 7 pipe 7 job 8 cli 9", t, " ")
    for (i = 1; i in t; i += 2) level[t[i]] = t[i + 1]
    # header prefix -> the only folders that may include it
    only["yaml.h"] = "conf"; only["png.h"] = "media"; only["cblas.h"] = "tensor"
    only["pthread.h"] = "par job"; only["immintrin.h"] = "kernel"
}
FNR == 1 { split(FILENAME, part, "/"); dir = part[2]; if (!(dir in level)) { print FILENAME ": folder is not in the layer table"; bad = 1 } }
/^[ \t]*#[ \t]*include[ \t]*[<"]/ {
    h = $0; sub(/^[^<"]*[<"]/, "", h); sub(/[>"].*/, "", h)
    if (h ~ /^lib(av|sw)/ && dir != "media") { print FILENAME ":" FNR ": " h " belongs to src/media"; bad = 1 }
    if (h in only && index(" " only[h] " ", " " dir " ") == 0) { print FILENAME ":" FNR ": " h " belongs to src/" only[h]; bad = 1 }
    n = split(h, p, "/")
    if (n < 2) { if ($0 ~ /"/) { print FILENAME ":" FNR ": write includes from src/: " h; bad = 1 } next }
    if (p[1] == "restyle") next
    if (!(p[1] in level)) next
    if (dir == "cli" && p[1] != "cli") { print FILENAME ":" FNR ": src/cli may use include/restyle only, not " h; bad = 1 }
    if (p[1] != dir && level[p[1]] >= level[dir]) { print FILENAME ":" FNR ": " dir " (layer " level[dir] ") may not include " h " (layer " level[p[1]] ")"; bad = 1 }
}
END { exit bad }
' $(find src -name '*.[ch]' | sort)

#!/bin/sh
# What is said during a job: plain lines into a file, one redrawn line on a terminal.
. tests/cli/lib/common.sh
need ffmpeg
make_video "$dir/in.mp4" -frames:v 6

run 0 image "$dir/in.mp4" --output "$dir/out.mp4" --model "$tiny" --steps 2
grep -q "^frame [1-6] of 6, [0-9.]* s a frame, [0-9]*:[0-9][0-9] left\$" "$dir/stderr" ||
    { fail "no plain line of progress:"; cat "$dir/stderr"; }
says "out.mp4: 6 frames of 36x28 in "
LC_ALL=C grep -q "$(printf '[\r\033]')" "$dir/stderr" && { fail "control characters in a file:"; od -c "$dir/stderr"; }
[ ! -s "$dir/stdout" ] || fail "standard output has $(cat "$dir/stdout")"

command -v script >/dev/null || { echo "without 'script' the terminal is not tested"; finish; }
script -qec "$restyle image $dir/in.mp4 --output $dir/tty.mp4 --model $tiny --steps 20 --strength 1" \
    "$dir/typescript" >/dev/null </dev/null || fail "exit $? on a terminal"
exists "$dir/tty.mp4"
tr '\r' '\n' <"$dir/typescript" >"$dir/lines"
grep -q "^frame [2-6] of 6, step [0-9]*/20, [0-9.]* s a frame, [0-9]*:[0-9][0-9] left" "$dir/lines" ||
    { fail "no line of progress on a terminal:"; cat "$dir/lines"; }
[ "$(grep -c '^frame ' "$dir/lines")" -gt 1 ] || fail "the line is not redrawn"
# Redrawn in place: only the summary ends a line.
[ "$(LC_ALL=C tr -cd '\n' <"$dir/typescript" | wc -c)" -le 4 ] || { fail "many lines:"; cat "$dir/typescript"; }
grep -q "tty.mp4: 6 frames of 36x28 in " "$dir/lines" || fail "no summary on a terminal"
finish

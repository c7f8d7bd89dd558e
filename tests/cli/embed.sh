#!/bin/sh
# samples/embed.c, a program that uses the library.
. tests/cli/lib/common.sh
need ffmpeg ffprobe
[ -x "$B/embed" ] || { echo "$B/embed is not built"; exit 77; }
make_video "$dir/photo.png" -vf scale=35:29 -frames:v 1
"$B/embed" "$tiny" "$dir/photo.png" "$dir/painted.png" "watercolor painting" || fail "exit $?"
same "size, cut to a multiple of 2" "34|28" "$(stream "$dir/painted.png" width,height)"
"$B/embed" "$tiny" "$dir/nosuch.png" "$dir/none.png" "cat" 2>"$dir/stderr"
same "exit code" 1 $?
says "embed: cannot open '$dir/nosuch.png': No such file or directory"
one_message
missing "$dir/none.png"
"$B/embed" 2>"$dir/stderr"
same "exit code" 2 $?
finish

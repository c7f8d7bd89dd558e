#!/bin/sh
# Outputs that cannot or must not be written: one message, and the file system
# as it was before.
. tests/cli/lib/common.sh
need ffmpeg
fast="--model $tiny --prompt cat --steps 1 --set encode.preset=ultrafast"
make_video "$dir/in.mp4" -frames:v 8 -c:v libx264 -qp 1
make_video "$dir/in.png" -frames:v 1
: >"$dir/file"

refuses 1 "it is no folder" image "$dir/in.mp4" --output "$dir/file/out.mp4" $fast
refuses 1 "Not a directory" image "$dir/in.mp4" --output "$dir/file/new/out.mp4" $fast
refuses 1 "/proc" image "$dir/in.mp4" --output /proc/out.mp4 $fast
refuses 3 "is the input itself" image "$dir/in.mp4" --output "$dir/in.mp4" --overwrite $fast
refuses 3 "is the input itself" image "$dir/in.png" --output "$dir/./in.png" --overwrite $fast
refuses 3 ".xyz" image "$dir/in.mp4" --output "$dir/new/out.xyz" $fast
refuses 3 "h264" image "$dir/in.mp4" --output "$dir/new/out.mp4" $fast --set encode.codec=h264
refuses 1 "has 8 frames: name a folder or a video" image "$dir/in.mp4" --output "$dir/new/out.png" $fast
make_video "$dir/in.ts" -frames:v 3 # says nowhere how many frames it has
refuses 1 "name a folder or a video" image "$dir/in.ts" --output "$dir/new/out.png" $fast
mkdir "$dir/in"
cp "$dir/in.png" "$dir/in/a.png"
refuses 3 "is the input itself" image "$dir/in" --output "$dir/in/" --overwrite $fast
refuses 3 "is the input itself" image "$dir/in/a.png" --output "$dir/in" --overwrite $fast

# Frames of several sizes can be a folder, but no video without a size of its own.
make_video "$dir/in/b.png" -vf scale=20:16 -frames:v 1
refuses 1 "frame 2: b.png gives 20x16, but the video began with 36x28: set a 'size'" \
    image "$dir/in" --output "$dir/new/out.mp4" $fast
run 0 image "$dir/in" --output "$dir/sizes" $fast
exists "$dir/sizes/a.png" "$dir/sizes/b.png"
run 0 image "$dir/in" --output "$dir/sizes.mp4" $fast --size 16x16

# What exists stays as it is.
echo precious >"$dir/old.mp4"
refuses 1 "allow it with --overwrite" image "$dir/in.mp4" --output "$dir/old.mp4" $fast
same "an existing output" precious "$(cat "$dir/old.mp4")"
mkdir "$dir/full" && echo precious >"$dir/full/a.png"
refuses 1 "not empty" image "$dir/in.mp4" --output "$dir/full" $fast
same "an existing folder" "a.png precious" "$(ls -A "$dir/full") $(cat "$dir/full/a.png")"
# A job that fails leaves the old output too.
head -c $(($(wc -c <"$dir/in.mp4") / 2)) "$dir/in.mp4" >"$dir/cut.mp4"
refuses 4 "cut.mp4" image "$dir/cut.mp4" --output "$dir/old.mp4" --overwrite $fast
same "the output of a failed job" precious "$(cat "$dir/old.mp4")"
run 0 image "$dir/in.mp4" --output "$dir/old.mp4" --overwrite $fast
[ "$(wc -c <"$dir/old.mp4")" -gt 100 ] || fail "--overwrite does not overwrite"

# A limit on the size of files stands for a full disk: 4 blocks of 512 bytes.
for pair in in.mp4:out.mp4 in.mp4:out.mkv in.png:out.png in.mp4:folder/; do
    (ulimit -f 4; refuses 1 "cannot write" image "$dir/${pair%:*}" --output "$dir/new/${pair#*:}" $fast \
        --set encode.crf=0 --set size=64x64; exit $failed) || failed=1
done
# And a real one, where this user may mount.
mkdir "$dir/disk"
if mount -t tmpfs -o size=4k none "$dir/disk" 2>/dev/null; then
    refuses 1 "No space left on device" image "$dir/in.mp4" --output "$dir/disk/out.mp4" $fast --set size=64x64
    left=$(ls -A "$dir/disk")
    umount "$dir/disk"
    [ -z "$left" ] || fail "the full disk keeps $left"
fi

# Nobody reads the messages.
"$restyle" image "$dir/in.mp4" --output "$dir/unheard.mp4" $fast 2>&1 >/dev/null | :
for i in 1 2 3 4 5 6 7 8 9 10; do
    [ -s "$dir/unheard.mp4" ] && break
    sleep 0.5
done
exists "$dir/unheard.mp4"
"$restyle" schema >/dev/full 2>"$dir/stderr" && fail "a full disk goes unnoticed"
says "cannot write to standard output"
left=$(find "$dir" -name '*.part-*')
[ -z "$left" ] || fail "left behind: $left"
finish

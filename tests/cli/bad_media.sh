#!/bin/sh
# Inputs that are damaged, empty, or something else: one message, exit 4, no output.
. tests/cli/lib/common.sh
need ffmpeg
fast="--model $tiny --prompt cat --steps 1 --set encode.preset=ultrafast"
out=$dir/new/out.mp4
# bad FILE TEXT: as an input it is refused, by name and with TEXT.
bad() {
    refuses 4 "$2" image "$1" --output "$out" $fast
    says "$(basename "$1")"
}

# Not one whole frame is left; what has some is the matter of damaged.sh.
make_video "$dir/whole.mp4" -c:v libx264 -bf 0 -g 5 -movflags +faststart -t 1
size=$(wc -c <"$dir/whole.mp4")
head -c 300 "$dir/whole.mp4" >"$dir/stub.mp4"
bad "$dir/stub.mp4" "stub.mp4"
head -c 2000 "$dir/whole.mp4" >"$dir/first.mp4"
bad "$dir/first.mp4" "truncated"
# An index at the end is lost with it.
ffmpeg -nostdin -v error -i "$dir/whole.mp4" -c copy "$dir/slow.mp4"
head -c $((size / 2)) "$dir/slow.mp4" >"$dir/no-index.mp4"
bad "$dir/no-index.mp4" "no-index.mp4"

echo "dear diary" >"$dir/text.mp4"
bad "$dir/text.mp4" "text.mp4"
: >"$dir/empty.mp4"
bad "$dir/empty.mp4" "is empty, expected a video or a picture"
ffmpeg -nostdin -v error -f lavfi -i sine=440 -t 0.1 "$dir/sound.wav"
bad "$dir/sound.wav" "has no video stream"
mkdir "$dir/bare"
bad "$dir/bare" "has no pictures, expected .png, .jpg, .tiff, .webp or .bmp files"
echo hello >"$dir/bare/readme.txt"
bad "$dir/bare" "has no pictures"
bad "$dir/nosuch.mp4" "there is no"
bad "$dir/text.mp4/x.mp4" "Not a directory"
mkfifo "$dir/pipe.mp4"
bad "$dir/pipe.mp4" "it is not a regular file"

# Pictures, alone and as the only ones of a folder.
make_video "$dir/ok.png" -frames:v 1
head -c $(($(wc -c <"$dir/ok.png") / 2)) "$dir/ok.png" >"$dir/cut.png"
bad "$dir/cut.png" "cut.png"
ffmpeg -nostdin -v error -i "$dir/ok.png" "$dir/ok.jpg"
head -c 700 "$dir/ok.jpg" >"$dir/cut.jpg"
bad "$dir/cut.jpg" "cut.jpg"
mkdir "$dir/folder"
cp "$dir/cut.png" "$dir/folder/2.png"
: >"$dir/folder/3.png"
bad "$dir/folder" "2.png"
finish

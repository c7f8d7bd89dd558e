#!/bin/sh
# Folders of frames and single pictures: order, names, sizes, and pixels that pass through.
. tests/cli/lib/common.sh
need ffmpeg ffprobe
fast="--model $tiny --prompt cat --steps 1"
size_of() { stream "$1" width,height; }

# Frames f1 ... f11, each brighter than the one before; f3 is a JPEG.
mkdir "$dir/in"
ffmpeg -nostdin -v error -f lavfi -i "color=black:s=16x12:r=10,format=gray,geq=lum=20*N+20" -frames:v 11 \
    -start_number 1 "$dir/in/f%d.png"
ffmpeg -nostdin -v error -i "$dir/in/f3.png" -pix_fmt yuvj444p "$dir/in/f3.jpeg" && rm "$dir/in/f3.png"
echo "not a picture" >"$dir/in/notes.txt"

run 0 image "$dir/in" --output "$dir/out/" $fast
same names "$(ls "$dir/in" | grep '^f' | sed 's/jpeg$/png/')" "$(ls "$dir/out")"
same size "16|12" "$(size_of "$dir/out/f11.png")"

# Strength 0 leaves every pixel as it is.
run 0 image "$dir/in" --output "$dir/same" $fast --strength 0
for i in 1 2 10 11; do
    pixels "$dir/in/f$i.png" >"$dir/a"
    pixels "$dir/same/f$i.png" >"$dir/b"
    cmp "$dir/a" "$dir/b" || fail "f$i.png: strength 0 changes pixels"
done
pixels "$dir/out/f10.png" >"$dir/b"
cmp -s "$dir/a" "$dir/b" && fail "strength 0.55 changes nothing"

# Natural order: brighter and brighter.
run 0 image "$dir/in" --output "$dir/order.mp4" $fast --strength 0
ffmpeg -nostdin -v error -i "$dir/order.mp4" -vf scale=1:1 -f rawvideo -pix_fmt gray - | od -An -v -tu1 -w1 >"$dir/levels"
[ "$(wc -l <"$dir/levels")" -eq 11 ] || fail "$(wc -l <"$dir/levels") frames instead of 11"
sort -n -c -u "$dir/levels" || { fail "frames out of order:"; cat "$dir/levels"; }

# A video becomes frame_000001.png, ...
make_video "$dir/clip.mp4" -frames:v 3
run 0 image "$dir/clip.mp4" --output "$dir/frames" $fast
same names "frame_000001.png frame_000002.png frame_000003.png" "$(echo $(ls "$dir/frames"))"

# One picture; an odd size stays, padded inside to the model's 2.
make_video "$dir/odd.png" -vf scale=35:27 -frames:v 1
run 0 image "$dir/odd.png" --output "$dir/odd-out.png" $fast
same "odd size" "35|27" "$(size_of "$dir/odd-out.png")"
run 0 image "$dir/odd.png" --output "$dir/deep/er/odd-out.mp4" $fast
same "a picture as video" "36|28|1" "$(stream "$dir/deep/er/odd-out.mp4" width,height,nb_read_packets)"

# The three ways to a size of another shape, by what becomes of a left and a right half.
ffmpeg -nostdin -v error -f lavfi -i "color=black:s=32x16,format=gray,geq=lum='255*gte(X,24)'" -frames:v 1 "$dir/half.png"
for mode in stretch crop fill; do
    run 0 image "$dir/half.png" --output "$dir/$mode.png" $fast --strength 0 --size 16x16 --resize $mode
    same "size by $mode" "16|16" "$(size_of "$dir/$mode.png")"
done
# bright AT: how many of the 16 pixels of the middle row are white.
bright() { ffmpeg -nostdin -v error -i "$1" -vf crop=16:1:0:8 -f rawvideo -pix_fmt gray - | od -An -v -tu1 -w1 | awk '$1 > 127' | wc -l; }
same "white columns by stretch" 4 "$(bright "$dir/stretch.png")" # 8 of 32 become 4 of 16
same "white columns by crop" 0 "$(bright "$dir/crop.png")"       # cut off
same "white columns by fill" 4 "$(bright "$dir/fill.png")"       # the whole width

run 3 image "$dir/odd.png" --output "$dir/x.png" $fast --size 35x27
says "multiples of 2"
finish

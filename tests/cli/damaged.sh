#!/bin/sh
# Clips with holes: every frame keeps its place and time, a hole is held and told, and what a cut
# has left is restyled.
. tests/cli/lib/common.sh
need ffmpeg ffprobe
fast="--model $tiny --prompt cat --steps 1 --strength 0 --set encode.codec=ffv1 --overwrite"
warnings() { grep -c "^restyle: warning: .*stands in for" "$dir/stderr"; }
field() { ffprobe -v error -select_streams v:0 -show_entries "packet=$2" -of csv=p=0 "$1" | tr -d , | grep .; }

# scratch NAME N AT SIZE: nonsense over the N-th video packet of hole-NAME from its byte AT on.
scratch() {
    at=$(($(field "$dir/$1" pos | sed -n "$2p") + $3))
    yes '####' | head -c "$4" | dd of="$dir/hole-$1" bs=1 seek=$at conv=notrunc 2>/dev/null
}

# clip FILE OPTION...: a second of noise, 30 frames at 29.97 a second.
clip() {
    file=$1; shift
    ffmpeg -nostdin -v error -f lavfi -i "testsrc2=s=96x64:r=30000/1001,noise=alls=20" -t 1 "$@" "$file" ||
        fail "no $file"
}
clip "$dir/h264.mp4" -c:v libx264 -pix_fmt yuv420p -bf 2 -g 10 -x264-params scenecut=0:b-pyramid=none:b-adapt=0 -movflags +faststart
clip "$dir/h264.mkv" -c:v libx264 -pix_fmt yuv420p -bf 2 -g 10 -x264-params scenecut=0:b-pyramid=none:b-adapt=0
clip "$dir/mpeg2.ts" -c:v mpeg2video -g 5 -q:v 3
clip "$dir/mpeg4.avi" -c:v mpeg4 -g 5 -q:v 3
clip "$dir/ffv1.mkv" -c:v ffv1 -level 3 -slices 4 -slicecrc 1 -g 3
clip "$dir/vp9.mkv" -c:v libvpx-vp9 -b:v 500k -g 5 -auto-alt-ref 0 -lag-in-frames 0
clip "$dir/av1.mkv" -c:v libaom-av1 -cpu-used 8 -lag-in-frames 0 -g 5
clip "$dir/mjpeg.avi" -c:v mjpeg -q:v 3

# holes FILE AT SIZE: packets 7 and 23 are scratched. Frame count and times stay.
holes() {
    cp "$dir/$1" "$dir/hole-$1"
    scratch "$1" 7 "$2" "$3"
    scratch "$1" 23 "$2" "$3"
    run 0 image "$dir/$1" --output "$dir/whole-$1.mkv" $fast
    [ "$(warnings)" -eq 0 ] || { fail "a whole $1 is called damaged"; cat "$dir/stderr"; }
    run 0 image "$dir/hole-$1" --output "$dir/out-$1.mkv" $fast
    same "times of $1" "$(frame_times "$dir/whole-$1.mkv")" "$(frame_times "$dir/out-$1.mkv")"
    [ "$(warnings)" -ge 2 ] || fail "$(warnings) warnings of two holes in $1"
    says "hole-$1' is damaged at 0."
    says " damaged frames held"
}
holes h264.mp4 0 16
holes h264.mkv 6 16
holes mpeg2.ts 200 600
holes mpeg4.avi 100 200
holes mjpeg.avi 700 16
# One wrong byte is enough for a second decoder to notice, and the pictures that rest on it go on.
for kind in vp9 av1; do
    holes $kind.mkv 30 1
    same "held of $kind" "7 23" "$(sed -n 's/.*stands in for frame //p' "$dir/stderr" | xargs)"
done
# One wrong byte is enough for FFV1's sums; its next pictures rest on it, up to the key frame.
holes ffv1.mkv 900 1
same "held of FFV1" "7 8 9 23 24" "$(sed -n 's/.*stands in for frame //p' "$dir/stderr" | xargs)"

# In the hole is the picture before it; nothing else refers to these two of h264.mp4.
hashes() { ffmpeg -nostdin -v error -i "$1" -f framemd5 - | sed '/^#/d;s/.*, //'; }
hashes "$dir/whole-h264.mp4.mkv" >"$dir/a"
hashes "$dir/out-h264.mp4.mkv" >"$dir/b"
same "pictures" "$(awk 'NR != 6 && NR != 22 { print; last = $0 } NR == 6 || NR == 22 { print last }' "$dir/a")" \
    "$(cat "$dir/b")"

# The events know which they are.
run 0 image "$dir/hole-h264.mp4" --output "$dir/out.mkv" $fast --set events="$dir/events.jsonl"
same "frames in the events" 30 "$(wc -l <"$dir/events.jsonl" | tr -d ' ')"
same "held ones" "6 22" "$(sed -n 's/.*"frame": \([0-9]*\),.*"held": true.*/\1/p' "$dir/events.jsonl" | xargs)"
run 1 check pipelines/demo.yaml --set events="$dir/no/such/folder/e.jsonl"

# A hole in the first picture: the first whole one stands in for it.
cp "$dir/mpeg4.avi" "$dir/hole-mpeg4.avi"
scratch mpeg4.avi 1 100 400
run 0 image "$dir/hole-mpeg4.avi" --output "$dir/out.mkv" $fast
same "times from a broken start" "$(frame_times "$dir/whole-mpeg4.avi.mkv")" "$(frame_times "$dir/out.mkv")"
says "stands in for frame 1"

# A cut: what is left is restyled, with its sound; the rest is told.
ffmpeg -nostdin -v error -i "$dir/h264.mp4" -f lavfi -i sine=440 -t 1 -c:v copy -c:a flac "$dir/sound.mkv"
ffmpeg -nostdin -v error -i "$dir/sound.mkv" -c:v copy -c:a aac -movflags +faststart "$dir/sound.mp4"
for kind in mkv mp4; do
    size=$(wc -c <"$dir/sound.$kind")
    head -c $((size * 2 / 3)) "$dir/sound.$kind" >"$dir/cut.$kind"
    run 0 image "$dir/cut.$kind" --output "$dir/left.$kind" --model "$tiny" --prompt cat --steps 1 --strength 0
    says "cut.$kind' is truncated: it ends after frame "
    says "; the input is truncated"
    n=$(stream "$dir/left.$kind" nb_read_packets)
    [ "$n" -gt 8 ] && [ "$n" -lt 30 ] || fail "$n frames of a cut $kind"
    [ "$(audio_packets "$dir/left.$kind" | wc -l)" -gt 5 ] || fail "a cut $kind has no sound"
done
finish

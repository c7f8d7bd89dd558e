#!/bin/sh
# Sound and picture keep their distance, measured as they are played: a click in the sound and a flash of
# the picture, through containers that tell of a codec's first samples, which are not for hearing, in
# different ways (edit lists, CodecDelay).
. tests/cli/lib/common.sh
need ffmpeg ffprobe
pass="--model $tiny --prompt cat --steps 1 --set img2img.strength=0"

# Frame 12 is the flash.
flash() { frame_times "$1" | sed -n 13p; }
# The loudest sample's time: from that of the first one which is decoded.
click() {
    first=$(ffprobe -v error -select_streams a -read_intervals %+0.2 -show_entries frame=pts_time -of csv=p=0 "$1" | grep . | head -n 1)
    ffmpeg -nostdin -v error -i "$1" -map 0:a -ac 1 -ar 48000 -f s16le - | od -An -v -t d2 -w2 |
        awk -v first="${first%,}" '{ a = $1 < 0 ? -$1 : $1; if (a > most) { most = a; n = NR } }
            END { print (most > 2000 ? first + (n - 1) / 48000 : "none") }'
}
# distance FILE: in milliseconds.
distance() { printf '%s %s\n' "$(click "$1")" "$(flash "$1")" | awk '{ print NF == 2 ? ($1 - $2) * 1000 : "not found" }'; }

clip() {
    ffmpeg -nostdin -v error -f lavfi -i "color=black:s=32x32:r=25,geq=lum='if(eq(N,12),235,16)':cb=128:cr=128" \
        -f lavfi -i "aevalsrc='if(between(n,22050,22060),0.9,0)':s=44100,aresample=$1" -t 1 -c:v libx264 -c:a $2 "$dir/$3" ||
        fail "no $3"
}
clip 44100 aac aac.mp4
clip 44100 aac aac.mkv
clip 48000 libopus opus.mkv
ffmpeg -nostdin -v error -i "$dir/opus.mkv" -c:v libvpx-vp9 -c:a copy "$dir/opus.webm" || fail "no opus.webm"

# The limit is what rounding to Matroska's milliseconds moves, of both.
for way in aac.mp4:mp4,mkv,mov aac.mkv:mp4 opus.webm:mkv,webm,mp4; do
    in=$dir/${way%:*}
    was=$(distance "$in")
    for kind in $(echo "${way#*:}" | tr , ' '); do
        run 0 image "$in" --output "$dir/out.$kind" --overwrite $pass
        is=$(distance "$dir/out.$kind")
        same "flash of $way, $kind" "$(flash "$in")" "$(flash "$dir/out.$kind")"
        printf '%s %s\n' "$was" "$is" | awk '{ d = $1 - $2; exit !(NF == 2 && d < 1.5 && d > -1.5) }' ||
            fail "${way%:*} to $kind: the click is $is ms behind the flash, in the source $was"
    done
done
# Without B-frames, too, which let a picture be the first packet; the sound still begins before it.
run 0 image "$dir/aac.mp4" --output "$dir/out.mkv" --overwrite $pass --set encode.codec=ffv1
same "flash behind priming" "$(flash "$dir/aac.mp4")" "$(flash "$dir/out.mkv")"
distance "$dir/out.mkv" | awk -v was="$(distance "$dir/aac.mp4")" '{ d = $1 - was; exit !(d < 1.5 && d > -1.5) }' ||
    fail "priming: the click is $(distance "$dir/out.mkv") ms behind the flash"
finish

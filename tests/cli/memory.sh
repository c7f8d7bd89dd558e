#!/bin/sh
# Memory does not grow with the length of a clip: neither that of a job, which keeps every frame on
# disk, nor that of one which goes on behind all those frames. `make check-long` takes 10,000.
. tests/cli/lib/common.sh
. tests/cli/lib/peak.sh
need ffmpeg
: "${RS_SHORT:=40}" "${RS_LONG:=400}"
make_video "$dir/clip.mp4" -vf scale=64:48 -frames:v "$RS_LONG" -c:v libx264 -preset ultrafast
# ultrafast: libx264 keeps no frames back, which it else does for up to 60
cat >"$dir/p.yaml" <<END_OF_PIPELINE
model: $(pwd)/$tiny
input: clip.mp4
output: out.mp4
size: 16x16
img2img: { steps: 1, strength: 0.1, cfg_scale: 1 }
encode: { preset: ultrafast }
keep_job: true
END_OF_PIPELINE

# peak N: of a job of N frames.
peak() {
    ffmpeg -nostdin -v error -y -i "$dir/clip.mp4" -frames:v "$1" -c copy "$dir/$1.mp4"
    peak_of run "$dir/p.yaml" --input "$dir/$1.mp4" --output "$dir/$1-out.mp4"
}
# forget_end N: the job has not made its last frame yet.
forget_end() {
    rm "$dir/$1-out.mp4"
    head -n -2 "$dir/$1-out.job/journal" >"$dir/journal" && mv "$dir/journal" "$dir/$1-out.job/journal"
}
short=$(peak "$RS_SHORT")
long=$(peak "$RS_LONG")
forget_end "$RS_SHORT"
forget_end "$RS_LONG"
short_on=$(peak "$RS_SHORT")
long_on=$(peak "$RS_LONG")
grep -q "$((RS_LONG - 1)) of them made before" "$dir/stderr" || { fail "not gone on with:"; cat "$dir/stderr"; }
for peak in $short $long $short_on $long_on; do
    [ "$peak" -gt 0 ] || fail "no measurement"
done
echo "$RS_SHORT frames: $short kB, going on $short_on kB; $RS_LONG frames: $long kB, going on $long_on kB"
# A short run that goes on may be over before it was looked at.
[ "$short_on" -ge "$short" ] || short_on=$short
# 360 more frames of 64x48, kept as floats, would be 13 MB.
[ "$long" -le $((short + short / 20)) ] || fail "memory grows"
[ "$long_on" -le $((short_on + short_on / 20)) ] || fail "memory grows when a job goes on"
finish

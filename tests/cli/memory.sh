#!/bin/sh
# Memory does not grow with the length of a clip.
. tests/cli/lib/common.sh
need ffmpeg
[ -z "$SAN" ] || { echo "sanitizers keep freed memory"; exit 77; }
[ -r /proc/self/status ] || { echo "there is no /proc here"; exit 77; }
make_video "$dir/clip.mp4" -vf scale=64:48 -frames:v 400 -c:v libx264 -preset ultrafast

# peak N: the most memory, in kB, that a job of N frames had until shortly before its end.
peak() {
    ffmpeg -nostdin -v error -i "$dir/clip.mp4" -frames:v "$1" -c copy "$dir/$1.mp4"
    # ultrafast: libx264 keeps no frames back, which it else does for up to 60
    "$restyle" image "$dir/$1.mp4" --output "$dir/$1-out.mp4" --model "$tiny" --steps 1 --strength 0.1 \
        --set img2img.cfg_scale=1 --set encode.preset=ultrafast --size 16x16 2>"$dir/stderr" &
    pid=$!
    most=0
    while now=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' /proc/$pid/status 2>/dev/null) && [ -n "$now" ]; do
        most=$now
        sleep 0.02
    done
    wait $pid || { cat "$dir/stderr" >&2; most=0; }
    echo "$most"
}
short=$(peak 40)
long=$(peak 400)
[ "$short" -gt 0 ] && [ "$long" -gt 0 ] || fail "no measurement"
# 360 more frames of 64x48, kept as floats, would be 13 MB.
[ "$long" -le $((short + short / 20 + 2048)) ] || fail "40 frames need $short kB, 400 frames $long kB"
finish

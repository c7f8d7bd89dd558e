#!/bin/sh
# precision: fast gives pictures of the embedded model that nobody could tell from exact
# ones, and others than exact.
. tests/cli/lib/common.sh
need ffmpeg
ffmpeg -nostdin -v error -i samples/clip.mp4 -vf "select='not(mod(n,20))'" -vsync 0 -frames:v 2 \
    "$dir/in%d.png" || fail "ffmpeg"

# frames NAME OPTION...: both pictures into the folder NAME.
frames() {
    name=$1; shift
    for i in 1 2; do
        run 0 image "$dir/in$i.png" --model samples/model --output "$dir/$name$i.png" \
            --prompt "watercolor painting" --cfg-scale 1 --steps 6 --size 64x64 "$@"
    done
}
# near A B: PSNR of at least 40 dB, an error of 2.5 levels of 255 in the mean square.
# Coding such pictures at crf 18 leaves 38 dB; measured here: 50.
near() {
    for i in 1 2; do
        db=$(ffmpeg -nostdin -i "$dir/$1$i.png" -i "$dir/$2$i.png" -lavfi psnr -f null - 2>&1 |
            sed -n 's/.*PSNR.*average:\([0-9]*\).*/\1/p')
        echo "frame $i, $1 and $2: ${db:-equal} dB"
        [ -n "$db" ] || fail "frame $i of $1 and $2 is the same"
        [ "${db:-0}" -ge 40 ] || fail "frame $i of $1 and $2: $db dB"
    done
}

frames exact
frames fast --precision fast
near exact fast
# The scalar tier takes the 3x3 convolutions along, as processors with VNNI do.
RESTYLE_CPU=scalar; export RESTYLE_CPU
frames all --precision fast
near exact all
finish

#!/bin/sh
# Outpainting frames and a film: sizes, every old pixel as it was, the same for any threads.
. tests/cli/lib/common.sh
need ffmpeg
need ffprobe
mkdir "$dir/in"
ffmpeg -nostdin -v error -y -i samples/clip.mp4 -vf scale=48:40 -frames:v 2 "$dir/in/f%d.png" || fail ffmpeg
base="--model $tiny --prompt cat --set img2img.steps=1 --set outpaint.right=16 --set outpaint.up=24 \
    --set outpaint.mask_blur=1"

# inside PICTURE X Y: checksum of a part that no mask reaches (those of mk2 are blurred by 4, also at the
# lower edge, where the canvas of the first side is filled up to 64).
inside() {
    ffmpeg -nostdin -v error -i "$1" -vf "format=rgb24,crop=36:16:$2:$3" -f rawvideo - | cksum
}
size() { ffprobe -v error -select_streams v -show_entries stream=width,height -of csv=p=0 "$1"; }
for method in poor_man mk2; do
    run 0 image "$dir/in" --output "$dir/$method/" $base --set outpaint.method=$method
    run 0 image "$dir/in" --output "$dir/$method-1/" $base --set outpaint.method=$method --set threads=1
    for n in 1 2; do
        same "$method: size of f$n" 64,64 "$(size "$dir/$method/f$n.png")"
        same "$method: old pixels of f$n" "$(inside "$dir/in/f$n.png" 0 12)" \
            "$(inside "$dir/$method/f$n.png" 0 36)"
        same "$method: threads" "$(pixels "$dir/$method/f$n.png" | cksum)" \
            "$(pixels "$dir/$method-1/f$n.png" | cksum)"
    done
    cmp -s "$dir/$method/f1.png" "$dir/$method/f2.png" && fail "$method: all frames are the same"
done
cmp -s "$dir/poor_man/f1.png" "$dir/mk2/f1.png" && fail "the method changes nothing"
for change in content=original mask_blur=3 method=mk2,falloff=2 method=mk2,color_variation=1; do
    run 0 image "$dir/in" --output "$dir/$change/" $base $(echo "$change" | sed 's/[^,]*/--set outpaint.&/g; s/,/ /g')
    for like in poor_man mk2; do
        cmp -s "$dir/$like/f1.png" "$dir/$change/f1.png" && fail "outpaint.$change changes nothing"
    done
done

run 0 image samples/clip.mp4 --output "$dir/out.mkv" $base --set size=48x40
same "size of a film" 64,64 "$(size "$dir/out.mkv")"
refuses 1 "too small to be outpainted with this mask blur" image "$dir/in/f1.png" --output "$dir/x.png" \
    $base --set outpaint.mask_blur=64
[ -e "$dir/x.png" ] && fail "a picture of a failed run"
finish

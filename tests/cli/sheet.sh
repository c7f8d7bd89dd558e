#!/bin/sh
# restyle sheet: the file it writes, what it says, its exit codes.
. tests/cli/lib/common.sh
need ffmpeg
make_video "$dir/in.mp4" -vf scale=32:16 -frames:v 6
cat >"$dir/p.yaml" <<END
model: $PWD/$tiny
input: $dir/in.mp4
output: $dir/never/out.mp4
img2img: {prompt: a cat, steps: 2}
END

run 0 sheet "$dir/p.yaml" --vary strength=0.3,0.9 --vary prompt_sr=cat,dog --vary seed=1-2 --frames 2 \
    --cell 32 --sheet "$dir/s.png"
[ -s "$dir/s.png" ] || fail "no sheet"
[ "$(wc -l <"$dir/stdout")" -eq 8 ] || { fail "expected 8 lines:"; cat "$dir/stdout"; }
grep -q '^strength 0.9, prompt_sr dog, seed 2, 2 steps: .* for 6 frames$' "$dir/stdout" || fail "no last line"
[ -e "$dir/never" ] && fail "the pipeline's output was touched"
run 0 sheet "$dir/p.yaml" --overwrite --sheet "$dir/s.png" --frames 1 --set img2img.steps=1
refuses 1 "exists" sheet "$dir/p.yaml" --sheet "$dir/s.png"
run 2 sheet "$dir/p.yaml" --vary a=1 --vary b=1 --vary c=1 --vary d=1
says "more than 3 --vary"
run 2 sheet "$dir/p.yaml" --frames 0
says "expected 1 to 64"
refuses 3 "there is no key" sheet "$dir/p.yaml" --vary strengh=1
run 3 sheet "$dir/p.yaml" --vary strength=0.5,7 --sheet "$dir/t.png"
says "--vary 7: img2img.strength: 7 is out of range"
# Under a mask: of a folder by name, and of a video, whose frames in between are passed over. A cell
# of 32x16 lies behind the labels and the source.
mkdir "$dir/in" "$dir/masks"
box="color=black:s=32x16:r=25,format=gray,geq=lum='255*between(X,3*N,3*N+12)*between(Y,4,12)'"
ffmpeg -nostdin -v error -i "$dir/in.mp4" "$dir/in/f%d.png" && ffmpeg -nostdin -v error -f lavfi -i "$box" \
    -frames:v 6 -c:v ffv1 "$dir/mask.mkv" && ffmpeg -nostdin -v error -i "$dir/mask.mkv" "$dir/masks/f%d.png" ||
    fail ffmpeg
cells() { # SHEET: the painted pictures of both frames
    for y in 48 92; do
        ffmpeg -nostdin -v error -i "$1" -vf "format=rgb24,crop=32:16:240:$y" -f rawvideo - | cksum
    done
}
run 0 sheet "$dir/p.yaml" --input "$dir/in" --frames 2 --cell 32 --sheet "$dir/whole.png"
for mask in masks mask.mkv; do
    run 0 sheet "$dir/p.yaml" --input "$dir/in" --frames 2 --cell 32 --sheet "$dir/$mask.png" \
        --set inpaint.mask="$dir/$mask" --vary inpaint.blur=0,1
done
same "sheets under the masks of a folder and of a video" "$(cells "$dir/masks.png")" "$(cells "$dir/mask.mkv.png")"
[ "$(cells "$dir/masks.png" | uniq | wc -l)" -eq 2 ] || fail "cells are not where they were expected"
[ "$(cells "$dir/masks.png")" != "$(cells "$dir/whole.png")" ] || fail "the mask changes nothing"
# What comes behind the model is shown, as `image` makes it, unless it needs more than one frame.
frames="--input $dir/in --set img2img.steps=1"
row() { ffmpeg -nostdin -v error -i "$1" -vf "format=rgb24,crop=32:16:240:$((48 + 44 * $2))" -f rawvideo - | cksum; }
rows() { for n in 0 1 2 3 4 5; do row "$1" $n; done; }
outputs() { for n in 1 2 3 4 5 6; do pixels "$1/f$n.png" | cksum; done; }
after="--set filters.after=hflip,negate --set exec.command=cat"
run 0 image "$dir/in" --output "$dir/made/" --model "$tiny" --prompt "a cat" --steps 1 $after
run 0 sheet "$dir/p.yaml" $frames --frames 6 --cell 32 --sheet "$dir/after.png" $after
same "pictures behind filters and a program" "$(outputs "$dir/made")" "$(rows "$dir/after.png")"
run 0 sheet "$dir/p.yaml" $frames --frames 6 --cell 32 --sheet "$dir/plain.png"
run 0 sheet "$dir/p.yaml" $frames --frames 6 --cell 32 --sheet "$dir/mixed.png" --vary filters.after=tmix,hqdn3d
says "warning: filters.after works on more than one frame at a time: pictures are shown without it"
same "pictures without filters in time" "$(rows "$dir/plain.png")" "$(rows "$dir/mixed.png")"
[ "$(grep -c warning "$dir/stderr")" -eq 1 ] || fail "not told once"
refuses 3 "cannot be varied" sheet "$dir/p.yaml" --vary filters.before=hflip,vflip --sheet "$dir/t.png"
# Frames are shown as they are seen: 24x16 of 4:3 is 32x16; and so is what a filter makes of it.
make_video "$dir/wide.mkv" -vf scale=24:16,setsar=4/3 -frames:v 1 -c:v ffv1
for after in setsar=4/3 scale=32:16,setsar=1; do
    run 0 sheet "$dir/p.yaml" --input "$dir/wide.mkv" --frames 1 --cell 64 --overwrite --sheet "$dir/wide.png" \
        --set filters.after="$after"
    same "width of a sheet of 32x16" "280|100" "$(stream "$dir/wide.png" width,height)"
done
refuses 4 "cannot" sheet "$dir/p.yaml" --input "$dir/none.mp4" --sheet "$dir/t.png"
[ -e "$dir/t.png" ] && fail "a sheet of a failed run"
finish

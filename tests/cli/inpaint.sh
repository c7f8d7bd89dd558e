#!/bin/sh
# Inpainting frames of the sample clip: every kind of mask, and every pixel outside it as it was.
. tests/cli/lib/common.sh
need ffmpeg
ff() { ffmpeg -nostdin -v error -y "$@" || fail "ffmpeg $*"; }
mkdir "$dir/in" "$dir/masks" "$dir/alpha" "$dir/new"
ff -i samples/clip.mp4 -vf scale=70:46 -frames:v 3 "$dir/in/f%d.png"
# A white box of 20x16 at 10 + 6n, 12.
box="color=black:s=70x46:r=25,format=gray,geq=lum='255*between(X,10+6*N,29+6*N)*between(Y,12,27)'"
ff -f lavfi -i "$box" -frames:v 3 -c:v ffv1 "$dir/mask.mkv"
ff -i "$dir/mask.mkv" "$dir/masks/f%d.png"
ff -i "$dir/in/f%d.png" -i "$dir/mask.mkv" -filter_complex '[0][1]alphamerge' -pix_fmt rgba "$dir/alpha/f%d.png"
base="--model $tiny --prompt cat --set img2img.steps=1 --set size=64x44"

# outside FOLDER GROW SIZE: checksum of its frames without the box of each frame, GROW wider on each side.
outside() {
    for n in 0 1 2; do
        ffmpeg -nostdin -v error -i "$dir/$1/f$((n + 1)).png" -vf "${3:-null},format=rgb24,drawbox=\
x=$((10 + 6 * n - $2)):y=$((12 - $2)):w=$((20 + 2 * $2)):h=$((16 + 2 * $2)):c=black:t=fill" \
            -f rawvideo - | cksum
    done
}
all() { for n in 1 2 3; do pixels "$dir/$1/f$n.png" | cksum; done; }

# kept NAME GROW FOLDER: NAME differs from FOLDER in every frame, and only near the box.
kept() {
    same "outside the mask of $1" "$(outside "$3" "$2")" "$(outside "$1" "$2")"
    for n in 1 2 3; do
        cmp -s "$dir/$1/f$n.png" "$dir/$3/f$n.png" && fail "$1/f$n.png: nothing was repainted"
    done
}

whole="--model $tiny --prompt cat --set img2img.steps=1 --set size=70x46"
run 0 image "$dir/in" --output "$dir/plain/" $whole --set img2img.strength=0
same "strength 0" "$(all in)" "$(all plain)"

# A video of masks, and a folder of them by name: the same. Blur 4 reaches 10 pixels.
run 0 image "$dir/in" --output "$dir/video/" $whole --set inpaint.mask="$dir/mask.mkv"
kept video 10 in
run 0 image "$dir/in" --output "$dir/folder/" $whole --set inpaint.mask="$dir/masks" --set threads=1
same "masks of a folder" "$(all video)" "$(all folder)"
run 0 image "$dir/in" --output "$dir/hard/" $whole --set inpaint.mask="$dir/mask.mkv" --set inpaint.blur=0
kept hard 0 in

# One mask for all, inverted: what is outside now is the box of the first frame.
run 0 image "$dir/in" --output "$dir/one/" $whole --set inpaint.mask="$dir/masks/f1.png" \
    --set inpaint.mode=not_masked --set inpaint.blur=0
middle() { ffmpeg -nostdin -v error -i "$1" -vf format=rgb24,crop=20:16:10:12 -f rawvideo - | cksum; }
for n in 1 2 3; do
    same "inside of the inverted mask, $n" "$(middle "$dir/in/f$n.png")" "$(middle "$dir/one/f$n.png")"
done

# Only masked: the part is enlarged to `size`, the frames keep theirs.
run 0 image "$dir/in" --output "$dir/part/" $base --set inpaint.mask="$dir/mask.mkv" \
    --set inpaint.area=only_masked --set inpaint.padding=8
kept part 10 in
for content in fill latent_noise latent_nothing; do
    run 0 image "$dir/in" --output "$dir/$content/" $base --set inpaint.mask="$dir/mask.mkv" \
        --set inpaint.area=only_masked --set inpaint.padding=8 --set inpaint.content=$content
    kept $content 10 in
    [ "$(all part)" != "$(all $content)" ] || fail "content $content changes nothing"
done
# With loopback the surroundings still come from the frame, not from the last output.
run 0 image "$dir/in" --output "$dir/loop/" $whole --set inpaint.mask="$dir/mask.mkv" --set loopback.enabled=true
kept loop 10 in

# The alpha channel: the opaque box is repainted, the rest is the white ground.
run 0 image "$dir/alpha" --output "$dir/cut/" $whole --set inpaint.mask=alpha --set inpaint.blur=0
run 0 image "$dir/alpha" --output "$dir/flat/" $whole --set img2img.strength=0
kept cut 0 flat

# A colour: the box painted green.
mkdir "$dir/green"
ff -i "$dir/in/f%d.png" -f lavfi -i color=0x00ff00:s=70x46 -i "$dir/mask.mkv" -filter_complex \
    '[0]format=gbrp[a];[1]format=gbrp[b];[2]format=gbrp[m];[a][b][m]maskedmerge' -frames:v 3 "$dir/green/f%d.png"
run 0 image "$dir/green" --output "$dir/keyed/" $whole --set inpaint.mask=color --set inpaint.color='"#00ff00"' \
    --set inpaint.color_tolerance=10 --set inpaint.blur=0
kept keyed 0 green

# Masks follow their frames through range, rate, and what filters do to places: as if clip and masks
# had been made so beforehand. Colours are not the masks' matter.
ff -i "$dir/in/f%d.png" -c:v ffv1 -pix_fmt gbrp "$dir/clip.mkv"
mkdir "$dir/moved-in" "$dir/moved-masks"
for n in 2 3; do
    for of in in masks; do
        [ $of = in ] && negate=,negate || negate=
        ff -i "$dir/$of/f$n.png" -vf crop=48:40:6:4,hflip$negate "$dir/moved-$of/f$((2 * n - 3)).png"
        cp "$dir/moved-$of/f$((2 * n - 3)).png" "$dir/moved-$of/f$((2 * n - 2)).png"
    done
done
cut="--model $tiny --prompt cat --set img2img.steps=1"
run 0 image "$dir/moved-in" --output "$dir/beforehand/" $cut --set inpaint.mask="$dir/moved-masks"
four() { for f in "$dir/$1"/*; do pixels "$f" | cksum; done; }
for mask in mask.mkv masks; do
    run 0 image "$dir/clip.mkv" --output "$dir/by-$mask/" $cut --set inpaint.mask="$dir/$mask" --set range.start=1 \
        --set "filters.before='fps=50,crop=48:40:6:4,hflip,negate'"
    same "masks of $mask that follow filters" "$(four beforehand)" "$(four "by-$mask")"
done
moved="$cut --set inpaint.mask=$dir/mask.mkv"
refuses 3 "masks cannot follow 'zoompan' in filters.before: filter the clip beforehand" image "$dir/clip.mkv" \
    --output "$dir/new/" $moved --set filters.before=zoompan
refuses 3 "only where it is a single chain" image "$dir/clip.mkv" --output "$dir/new/" $moved \
    --set "filters.before='split[a][b];[a][b]vstack'"
refuses 3 "makes frames of 70x23: filter the clip beforehand" image "$dir/clip.mkv" --output "$dir/new/" $moved \
    --set filters.before=separatefields
ff -i "$dir/masks/f1.png" -vf transpose "$dir/turned.png"
run 0 image "$dir/in" --output "$dir/turned/" $cut --set inpaint.mask="$dir/turned.png"
says "have another shape (46x70) than the input's frames (70x46): they are stretched"

# Soft inpainting of a moving video.
ff -i samples/clip.mp4 -frames:v 2 -c copy "$dir/short.mp4"
run 0 image "$dir/short.mp4" --output "$dir/soft.mkv" $whole --set inpaint.mask="$dir/masks/f2.png" --set inpaint.soft=true
exists "$dir/soft.mkv"

ff -i samples/clip.mp4 -frames:v 4 -c copy "$dir/four.mp4"
refuses 4 "has masks for 3 frames only" image "$dir/four.mp4" --output "$dir/new/v.mp4" $whole \
    --set inpaint.mask="$dir/mask.mkv"
rm "$dir/masks/f2.png"
refuses 4 "inpaint.mask: 'f2.png' has no mask" image "$dir/in" --output "$dir/new/" $whole \
    --set inpaint.mask="$dir/masks"
refuses 4 "'f2.png' has no mask" image "$dir/in/f2.png" --output "$dir/new/f2.png" $whole \
    --set inpaint.mask="$dir/masks"
run 0 image "$dir/in/f3.png" --output "$dir/f3.png" $whole --set inpaint.mask="$dir/masks"
finish

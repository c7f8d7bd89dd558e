#!/bin/sh
# Batches of stills: names, seeds, grid, infotext, and what excludes them.
. tests/cli/lib/common.sh
need ffmpeg
make_video "$dir/in.png" -frames:v 1
fast="--model $tiny --steps 2 --size 16x12 --prompt cat"
mkdir "$dir/a"
run 0 image "$dir/in.png" --output "$dir/a/out.png" $fast --batch-count 2 --batch-size 2 --grid --seed 7
same files "out-10.png
out-7.png
out-8.png
out-9.png
out-grid.png" "$(ls "$dir/a")"
for seed in 7 8 10; do
    run 0 image "$dir/in.png" --output "$dir/one.png" $fast --seed $seed --overwrite
    same "pixels of $seed" "$(pixels "$dir/one.png" | cksum)" "$(pixels "$dir/a/out-$seed.png" | cksum)"
done
run 0 info "$dir/a/out-9.png"
grep -q "Seed: 9, Size: 16x12" "$dir/stdout" || { fail "no seed in"; cat "$dir/stdout"; }
run 0 info "$dir/a/out-grid.png"
grep -q "Seed: 7, Size: 16x12" "$dir/stdout" || { fail "no seed in"; cat "$dir/stdout"; }
same "size of the grid" "32|24" "$(stream "$dir/a/out-grid.png" width,height)"

# Nothing is overwritten unasked, and then nothing at all is written.
run 1 image "$dir/in.png" --output "$dir/a/out.png" $fast --batch-count 3 --seed 10
says "out-10.png' exists already"
missing "$dir/a/out-11.png" "$dir/a/out-12.png"
run 0 image "$dir/in.png" --output "$dir/a/out.png" $fast --batch-count 3 --seed 10 --overwrite
exists "$dir/a/out-12.png"

# Other formats; a folder; a variation seed follows the seed; loops take a seed each.
run 0 image "$dir/in.png" --output "$dir/b/out.jpg" $fast --batch-count 2 --set img2img.variation_strength=0.5 \
    --set img2img.variation_seed=3
exists "$dir/b/out-42-3.jpg" "$dir/b/out-42-4.jpg"
run 0 image "$dir/in.png" --output "$dir/c/" $fast --batch-count 2 --grid --set loops.count=3
exists "$dir/c/in-42.png" "$dir/c/in-45.png" "$dir/c/in-grid.png"
run 0 image "$dir/in.png" --output "$dir/loop.png" $fast --seed 45 --set loops.count=3
same "pixels of loops" "$(pixels "$dir/loop.png" | cksum)" "$(pixels "$dir/c/in-45.png" | cksum)"

# A mask goes picture by picture, and is the same picture.
ffmpeg -nostdin -v error -f lavfi -i "color=white:s=36x28,crop=16:28:0:0,pad=36:28" -frames:v 1 "$dir/mask.png"
masked="--set inpaint.mask=$dir/mask.png --set inpaint.area=only_masked"
run 0 image "$dir/in.png" --output "$dir/m/out.webp" $fast --batch-size 2 $masked --set encode.lossless=true
run 0 image "$dir/in.png" --output "$dir/one.webp" $fast --seed 43 $masked --set encode.lossless=true
same "pixels under a mask" "$(pixels "$dir/one.webp" | cksum)" "$(pixels "$dir/m/out-43.webp" | cksum)"

mkdir "$dir/frames"
cp "$dir/in.png" "$dir/frames"
refuses 3 "name one of its pictures" image "$dir/frames" --output "$dir/new/x.png" $fast --batch-count 2
refuses 3 "as output" image "$dir/in.png" --output "$dir/new/x.mp4" $fast --batch-count 2
make_video "$dir/in.mp4" -frames:v 2
refuses 1 "a batch is made of one picture" image "$dir/in.mp4" --output "$dir/new/x/" $fast --batch-count 2
cp "$dir/in.png" "$dir/in-42.png"
refuses 3 "would replace the input" image "$dir/in-42.png" --output "$dir/in.png" $fast --batch-count 2 --overwrite
cat >"$dir/explain.yaml" <<END
model: $PWD/$tiny
input: in.png
batch: {count: 2, size: 3, grid: true}
END
run 0 explain "$dir/explain.yaml"
grep -q "6 pictures of each frame, 3 at a time through the network, and a grid of 3 by 2" "$dir/stdout" ||
    { fail "no batch in"; cat "$dir/stdout"; }
grep -q "for 6$" "$dir/stdout" || { fail "not the time of 6 in"; cat "$dir/stdout"; }
finish

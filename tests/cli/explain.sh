#!/bin/sh
# restyle explain: what it derives, and its exit codes. t_cost has the arithmetic.
. tests/cli/lib/common.sh
need ffmpeg
make_video "$dir/in.mp4" -vf scale=40:24 -frames:v 6
cat >"$dir/p.yaml" <<END
model: $PWD/$tiny
input: $dir/in.mp4
output: $dir/never/out.mp4
img2img: {steps: 20, strength: 0.5, sampler: euler, scheduler: karras}
END
shows() { grep -qE "$1" "$dir/stdout" || { fail "no '$1' in:"; cat "$dir/stdout"; }; }

run 0 explain "$dir/p.yaml"
shows '^input +video in\.mp4: (about )?6 frames of 40x24, 29\.97 a second$'
shows '^size +40x24, as it is$'
shows '^steps +11 of 20 at strength 0\.5, euler with karras, eta 0, seed 42$'
shows '^sigmas +([0-9.]+ ){11}0$'
shows '^guidance +cfg_scale 5: .* one batch; 11 passes a picture$'
shows '^output +40x24: out\.mp4$'
shows '^memory +about [0-9.]+ MB'
shows '^time +about [0-9.e-]+ s a picture: [0-9.]+ GFLOP at .*; 0:00:[0-9]+ for 6$'
[ -e "$dir/never" ] && fail "something was written"

run 0 explain "$dir/p.yaml" --set loops.count=3 --set loops.final_strength=1 --set img2img.cfg_scale=1 \
    --set upscale.model=tests/golden/esrgan/compact_x2.safetensors --set size=32x32 --set resize=crop
shows '^size +40x24 to 32x32, cropped$'
shows '^loops +3, at strength 0\.5 0\.75 1$'
shows '^guidance +cfg_scale 1: each pass takes the prompt only; 47 passes a picture$' # 11 + 16 + 20
shows '^upscale +compact_x2\.safetensors: 32x32 to 64x64, tiles of 192 overlapping by 8$'
shows '^output +64x64: out\.mp4$'

run 0 explain "$dir/p.yaml" --set sd_upscale.factor=4 --set sd_upscale.tile=64 --set sd_upscale.overlap=16
shows '^tiles +SD upscale to 160x96: 6 of 64x64, overlapping by 16 or more$' # 3 across, 2 down
shows '; 66 passes a picture$'
run 0 explain "$dir/p.yaml" --set img2img.strength=0
shows 'pictures pass through'

sed "/^input:/d" "$dir/p.yaml" >"$dir/q.yaml"
refuses 3 "has no input" explain "$dir/q.yaml"
run 3 explain "$dir/p.yaml" --set img2img.steps=0
refuses 4 "cannot" explain "$dir/p.yaml" --input "$dir/none.mp4"
refuses 4 "none" explain "$dir/p.yaml" --model "$dir/none"
refuses 3 "is no multiple of 2" explain "$dir/p.yaml" --set size=33x32
finish

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

run 0 explain "$dir/p.yaml" --set filters.before=hqdn3d --set filters.after=unsharp --set exec.command=cat \
    --set exec.when=after
shows '^before +hqdn3d$'
shows '^after +cat, then unsharp$'

run 0 explain "$dir/p.yaml" --set loops.count=3 --set loops.final_strength=1 --set img2img.cfg_scale=1 \
    --set upscale.model=tests/golden/esrgan/compact_x2.safetensors --set size=32x32 --set resize=crop
shows '^size +40x24 to 32x32, cropped$'
shows '^loops +3, at strength 0\.5 0\.75 1$'
shows '^guidance +cfg_scale 1: each pass takes the prompt only; 47 passes a picture$' # 11 + 16 + 20
shows '^upscale +compact_x2\.safetensors: 32x32 to 64x64, tiles of 192 overlapping by 8$'
shows '^output +64x64: out\.mp4$'
shows '^memory .* for the widest layer, [0-9.]+ MB for the upscaler$'

run 0 explain "$dir/p.yaml" --set sd_upscale.factor=4 --set sd_upscale.tile=64 --set sd_upscale.overlap=16
shows '^tiles +SD upscale to 160x96: 6 of 64x64, overlapping by 16 or more$' # 3 across, 2 down
shows '; 66 passes a picture$'
gflop() { sed -n 's/^time .*: \([0-9.e+]*\) GFLOP at.*/\1/p' "$dir/stdout"; }
more() { # TIMES WHAT: the last explanation's work against $first
    awk -v a="$first" -v b="$(gflop)" -v t="$1" 'BEGIN { exit !(b > 0.97 * t * a && b < 1.03 * t * a) }' ||
        fail "$2: $(gflop) GFLOP, expected $1 times $first"
}
# Passes: prompts joined by AND, and a guidance that cancels the negative prompt, also by a weight.
plain="--set img2img.steps=400 --set img2img.strength=1" # so that the autoencoder hardly counts
run 0 explain "$dir/p.yaml" $plain; first=$(gflop)
run 0 explain "$dir/p.yaml" $plain --set "img2img.prompt=a AND b :0.5 AND c"; more 2 "three prompts"
shows '^guidance +cfg_scale 5: each pass takes 3 prompts and the negative prompt; 400 passes a picture$'
run 0 explain "$dir/p.yaml" $plain --set "img2img.prompt=a :0.2"; more 0.5 "weight 0.2 at cfg_scale 5"
shows 'takes the prompt only;'
run 0 explain "$dir/p.yaml" $plain --set loops.count=3 --set loops.final_strength=1; more 3 "loops"

# Outpainting: what each run gets.
run 0 explain "$dir/p.yaml" $plain --set size=64x64; first=$(gflop)
run 0 explain "$dir/p.yaml" $plain --set outpaint.right=24 --set outpaint.up=40; more 1 "one tile of 64x64"
shows '^outpaint +poor man.s, 40x24 to 64x64: 1 of 64x64$'
run 0 explain "$dir/p.yaml" --set outpaint.right=24 --set outpaint.left=64 --set outpaint.method=mk2 \
    --set outpaint.tile=136 --set outpaint.down=8 --set upscale.model=tests/golden/esrgan/compact_x2.safetensors
shows '^outpaint +mk2, 40x24 to 128x64: 1 of 104x64, 1 of 128x64, 1 of 128x64$'
shows '^upscale +compact_x2.safetensors: 128x64 to 256x128'
shows '^output +256x128: out\.mp4$'
shows '; 33 passes a picture$'
run 0 explain "$dir/p.yaml" --set img2img.strength=0
shows 'pictures pass through'

sed "/^input:/d" "$dir/p.yaml" >"$dir/q.yaml"
refuses 3 "has no input" explain "$dir/q.yaml"
run 3 explain "$dir/p.yaml" --set img2img.steps=0
refuses 4 "cannot" explain "$dir/p.yaml" --input "$dir/none.mp4"
refuses 4 "none" explain "$dir/p.yaml" --model "$dir/none"
refuses 3 "is no multiple of 2" explain "$dir/p.yaml" --set size=33x32
finish

#!/bin/sh
# compat: other programs' ways become the defaults, and a key that is written wins.
. tests/cli/lib/common.sh
cat >"$dir/p.yaml" <<EOF
model: $PWD/$tiny
input: $PWD/samples/clip.mp4
output: $dir/out.mp4
compat: diffusers
img2img: {prompt: cat, scheduler: karras}
EOF
# keys FILE: what compat is about, as the resolved pipeline has it.
keys() { sed -n 's/^ *\(compat\|steps_mode\|rng\|encode\|rounding\|scheduler\): /\1 /p' "$1"; }

run 0 check --resolved "$dir/p.yaml"
same diffusers "compat diffusers
steps_mode diffusers
scheduler karras
rng cpu
encode sample
rounding nearest" "$(keys "$dir/stdout")"
cp "$dir/stdout" "$dir/again.yaml"
run 0 check --resolved "$dir/again.yaml"
cmp "$dir/again.yaml" "$dir/stdout" || fail "the resolved pipeline is not resolved"

run 0 check --resolved "$dir/p.yaml" --set compat=sdcpp --set img2img.rounding=none
same sdcpp "compat sdcpp
steps_mode sdcpp
scheduler karras
rng nv
encode start_noise
rounding none" "$(keys "$dir/stdout")"

# Beside those: the resize, and what each program's samplers have by default.
run 0 check --resolved "$dir/p.yaml" --set compat=sdcpp
grep -q "^resize: area" "$dir/stdout" || fail "resize: $(cat "$dir/stdout")"
grep -q "discard_next_to_last_sigma: never" "$dir/stdout" || fail "discards: $(cat "$dir/stdout")"

run 3 check "$dir/p.yaml" --set compat=a1112
says "a1111"

# Without it nothing changes, and a picture tells what is not A1111's.
run 0 check --resolved "$dir/p.yaml" --set compat=none
same none "compat none
steps_mode a1111
scheduler karras
rng nv
encode mean
rounding none" "$(keys "$dir/stdout")"
run 0 run "$dir/p.yaml" --output "$dir/frames" --set size=16x12 --set img2img.steps=2
run 0 info "$dir/frames/frame_000001.png"
grep -q "RNG: CPU, Compat: diffusers, Version" "$dir/stdout" || # whose defaults need no telling
    fail "$(cat "$dir/stdout")"
finish

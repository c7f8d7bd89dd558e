#!/bin/sh
# What pictures say about how they were made: written, printed, made into a pipeline again.
. tests/cli/lib/common.sh
need ffmpeg
make_video "$dir/in.png" -frames:v 1
fast="--model $tiny --steps 2 --size 16x12"
line="Steps: 2, Sampler: Euler a, Schedule type: Uniform, CFG scale: 5, Seed: 7, Size: 16x12, Model: tiny, \
Denoising strength: 0.55, RNG: NV, Version: restyle 0.1.0"
for ext in png jpg webp tif; do
    run 0 image "$dir/in.png" --output "$dir/out.$ext" $fast --prompt "a café, (cat:1.2)" \
        --negative-prompt blurry --sampler euler_a --scheduler uniform --seed 7
    run 0 info "$dir/out.$ext"
    same "parameters of .$ext" "a café, (cat:1.2)
Negative prompt: blurry
$line" "$(cat "$dir/stdout")"
done

# Its pipeline makes the same picture.
run 0 info --pipeline "$dir/out.jpg"
cp "$dir/stdout" "$dir/again.yaml"
run 0 run "$dir/again.yaml" --model $tiny --input "$dir/in.png" --output "$dir/again.png"
cmp "$dir/out.png" "$dir/again.png" || fail "the pipeline of a picture makes another one"
run 0 info --pipeline "$dir/out.png" --model $tiny --input "$dir/in.png" --output "$dir/third.png"
cp "$dir/stdout" "$dir/third.yaml"
run 0 check "$dir/third.yaml"

# What A1111 wrote becomes one, too.
run 0 info --pipeline tests/golden/infotext/a1111.jpg
grep -q "^# From the parameters of a picture" "$dir/stdout" && grep -qx "  steps: 20" "$dir/stdout" &&
    grep -qx "  sampler: euler_a" "$dir/stdout" || { fail "no pipeline of A1111's:"; cat "$dir/stdout"; }

# A random seed is told.
run 0 image "$dir/in.png" --output "$dir/r1.png" $fast --seed random
run 0 info --pipeline "$dir/r1.png" --model $tiny --input "$dir/in.png" --output "$dir/r2.png"
cp "$dir/stdout" "$dir/r.yaml"
run 0 run "$dir/r.yaml"
cmp "$dir/r1.png" "$dir/r2.png" || fail "a random seed was not recorded"

# Every picture of a folder has its own seed, or none says anything.
make_video "$dir/clip.mp4" -frames:v 2
set -- --set loopback.enabled=true --set loopback.seed=increment
run 0 image "$dir/clip.mp4" --output "$dir/frames" $fast --seed 7 "$@"
run 0 info "$dir/frames/frame_000002.png"
grep -q "Seed: 8," "$dir/stdout" || fail "no seed 8 in $(cat "$dir/stdout")"
run 0 image "$dir/clip.mp4" --output "$dir/silent" $fast --set infotext.write=false
run 4 info "$dir/silent/frame_000002.png"
says "carries no parameters"

# The hash of a model in one file, as A1111 shortens it.
if command -v sha256sum >/dev/null; then
    hash=$(sha256sum <tests/golden/tiny_single.safetensors | cut -c1-10)
    run 0 image "$dir/in.png" --output "$dir/h.png" --model tests/golden/tiny_single.safetensors --steps 1 \
        --size 16x12 --set tokenizer=$tiny/tokenizer --set infotext.model_hash=true
    run 0 info "$dir/h.png"
    grep -q "Model hash: $hash, Model: tiny_single," "$dir/stdout" || fail "no hash $hash: $(cat "$dir/stdout")"
fi

# The hashes of networks and embeddings as A1111 knows them: of a LoRA the tensors, or what its
# trainer wrote down; of an embedding the file. Lists become tags, styles texts.
net=tests/golden/networks
header=$(od -An -tu8 -N8 "$net/lora.safetensors" | tr -d ' ')
lora=$(tail -c +$((header + 9)) "$net/lora.safetensors" | sha256sum | cut -c1-12)
ti=$(sha256sum <tests/golden/prompts/embeddings/style-one.pt | cut -c1-12)
printf 'name,prompt,negative_prompt\nOil,"{prompt}, oil",photo\n' >"$dir/styles.csv"
cat >"$dir/net.yaml" <<END
img2img:
  prompt: "<lora:ia3:0.5> by style-one"
  styles: [Oil]
  styles_file: styles.csv
  lora_dir: $PWD/$net
  loras: [{path: $PWD/$net/lora.safetensors, weight: 0.8, unet: 0.25}]
END
run 0 run "$dir/net.yaml" --input "$dir/in.png" --output "$dir/net.png" --model $tiny \
    --set size=16x12 --set img2img.steps=2 --set embeddings=tests/golden/prompts/embeddings
run 0 info "$dir/net.png"
same "prompts with networks" "<lora:lora:0.8:0.25><lora:ia3:0.5> by style-one, oil
Negative prompt: photo" "$(head -n 2 "$dir/stdout")"
grep -q "Lora hashes: \"lora: $lora, ia3: [0-9a-f]\{12\}\", TI hashes: \"style-one: $ti\", " "$dir/stdout" ||
    { fail "no hashes of networks in"; cat "$dir/stdout"; }
run 0 run "$dir/net.yaml" --input "$dir/in.png" --output "$dir/net2.png" --model $tiny \
    --set size=16x12 --set img2img.steps=2 --set infotext.network_hashes=false
run 0 info "$dir/net2.png"
! grep -q hashes "$dir/stdout" || fail "hashes nobody asked for"
run 0 info --pipeline "$dir/net.png" --model $tiny --input "$dir/in.png" --output "$dir/net3.png" \
    --set img2img.lora_dir=$net --set embeddings=tests/golden/prompts/embeddings
cp "$dir/stdout" "$dir/net3.yaml"
cp $net/lora.safetensors "$dir" # files stand in it by their names
run 0 run "$dir/net3.yaml"
same "pixels with networks" "$(pixels "$dir/net.png" | cksum)" "$(pixels "$dir/net3.png" | cksum)"

# Quality and what has none.
run 0 image "$dir/in.png" --output "$dir/q.jpg" $fast --set encode.quality=10 --set infotext.write=false
[ "$(wc -c <"$dir/q.jpg")" -lt "$(wc -c <"$dir/out.jpg")" ] || fail "quality 10 is no smaller"
refuses 4 "carries no parameters" info "$dir/in.png"
refuses 4 "carries no parameters" info "$dir/clip.mp4"
refuses 4 "no-such" info "$dir/no-such.png"
run 3 info --pipeline "$dir/out.png" --set img2img.steps=none
says "img2img.steps"
finish

#!/bin/sh
# Whole commands: a pipeline with overrides, one picture, models; every exit code.
. tests/cli/lib/common.sh
need ffmpeg ffprobe
make_video "$dir/in.png" -vf scale=16:16 -frames:v 1
make_video "$dir/clip.mp4" -frames:v 2
# differs A B: two pictures, made without infotext, are not the same.
differs() { cmp -s "$1" "$2" && fail "$1 and $2 are the same"; }

for command in run image sheet check explain info models merge convert schema bench; do
    run 0 $command --help
    grep -q "^usage: restyle $command " "$dir/stdout" || fail "$command --help: no usage line"
    grep -q "^  --[a-z]" "$dir/stdout" || fail "$command --help: no options"
done

# The exit codes of README.
run 0 image "$dir/in.png" --output "$dir/0.png" --model "$tiny" --steps 1
refuses 1 "exists" image "$dir/in.png" --output "$dir/0.png" --model "$tiny"
run 2 image --model "$tiny"
says "missing argument"
refuses 3 "did you mean 'euler'" image "$dir/in.png" --output "$dir/new/x.png" --model "$tiny" --sampler eular
refuses 4 "there is no" image "$dir/nosuch.png" --output "$dir/new/x.png" --model "$tiny"
# 5, interrupted, is in interrupt.sh.

# The shipped demo in small: all frames, the rate and the sound of the clip.
run 0 run pipelines/demo.yaml --model "$tiny" --output "$dir/demo.mp4" --set size=16x16 --set img2img.steps=1
same "frames and rate" "$(stream samples/clip.mp4 nb_read_packets,r_frame_rate)" \
    "$(stream "$dir/demo.mp4" nb_read_packets,r_frame_rate)"
same sound "$(audio_packets samples/clip.mp4)" "$(audio_packets "$dir/demo.mp4")"
same size "16|16" "$(stream "$dir/demo.mp4" width,height)"

# Paths in a pipeline are relative to it; options replace its values.
mkdir "$dir/p"
cat >"$dir/p/p.yaml" <<END
model: $(pwd)/$tiny
input: ../clip.mp4
output: ../made/by.mp4
img2img: { prompt: cat, steps: 1 }
END
run 0 run "$dir/p/p.yaml"
exists "$dir/made/by.mp4"
run 0 run "$dir/p/p.yaml"
says "finished already"
run 1 run "$dir/p/p.yaml" --set img2img.prompt=dog
says "allow it with 'overwrite: true'"
run 0 run "$dir/p/p.yaml" --overwrite
run 0 run "$dir/p/p.yaml" --input "$dir/in.png" --output "$dir/other.png" --set img2img.prompt="oil painting"
exists "$dir/other.png"
# The overridden run is what `image` does with the same options.
run 0 image "$dir/in.png" --output "$dir/image.png" --model "$tiny" --prompt "oil painting" --steps 1
cmp "$dir/other.png" "$dir/image.png" || fail "run and image differ"

# Every option of `image` has an effect.
paint() { name=$1; shift; run 0 image "$dir/in.png" --output "$dir/$name.png" --model "$tiny" --prompt cat --steps 6 --set infotext.write=false "$@"; }
paint plain
for option in --prompt=dog --negative-prompt=dog --strength=0.9 --cfg-scale=2 --sampler=dpmpp_2m \
    --sampler=euler_a --scheduler=uniform --seed=7 --set=img2img.rng=cpu --set=img2img.steps_mode=exact \
    --set=img2img.encode=sample --steps=5 --size=12x12 --sampler=dpmpp_sde --scheduler=beta \
    --set=img2img.sampling.extra_noise=0.2 --set=img2img.sampling.noise_multiplier=0.9 \
    --set=img2img.sampling.s_churn=2 --set=img2img.sampling.rho=3 --set=img2img.sampling.sigma_max=5 \
    --set=img2img.sampling.discard_next_to_last_sigma=always; do
    paint "opt$option" "$option"
    differs "$dir/plain.png" "$dir/opt$option.png"
done
paint ddim --sampler ddim --set img2img.eta=1
paint ddim0 --sampler ddim
differs "$dir/ddim.png" "$dir/ddim0.png"
paint list --scheduler explicit --set img2img.sampling.sigmas=9,4,2,0.5,0.1
differs "$dir/plain.png" "$dir/list.png"
paint ancestral --sampler euler_a
paint ensd --sampler euler_a --set img2img.sampling.eta_noise_seed_delta=31337
differs "$dir/ancestral.png" "$dir/ensd.png"
refuses 3 "not UTF-8" image "$dir/in.png" --output "$dir/new/x.png" --model "$tiny" --prompt "$(printf 'a\377b')"
# More words than the encoder takes at once: the last one counts, too.
paint long --prompt "$(yes cat | head -n 200 | tr '\n' ' ')"
paint longer --prompt "$(yes cat | head -n 200 | tr '\n' ' ') dog"
differs "$dir/long.png" "$dir/longer.png"

# A single file is the same model; it needs a tokenizer and says so.
run 4 image "$dir/in.png" --output "$dir/single.png" --model "$tiny"_single.safetensors --prompt cat --steps 6
says "'vocab.json' and 'merges.txt'"
run 0 image "$dir/in.png" --output "$dir/single.png" --model "$tiny"_single.safetensors --prompt cat --steps 6 --set infotext.write=false \
    --set tokenizer=$tiny/tokenizer
cmp "$dir/plain.png" "$dir/single.png" || fail "folder and single file differ"
run 0 models "$tiny"
for text in "Stable Diffusion 1.x" "diffusers folder" "text_encoder" "172 k parameters" "F32" "missing       nothing"; do
    grep -qF "$text" "$dir/stdout" || fail "models: no '$text'"
done
run 4 models "$tiny"_single.safetensors
grep -q "single file" "$dir/stdout" || fail "models: no 'single file'"
run 0 models "$tiny"_single.safetensors --tokenizer $tiny/tokenizer
run 4 models "$tiny" "$dir/nosuch"
says "nosuch"
finish

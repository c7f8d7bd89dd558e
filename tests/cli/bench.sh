#!/bin/sh
# restyle bench and --profile: keys, tables, refusals, traces, also of a stopped job.
. tests/cli/lib/common.sh
need ffmpeg
make_video "$dir/in.png" -vf scale=16:16 -frames:v 1
mkdir "$dir/new"

# has KEY: standard output has the JSON key with a number above zero.
has() { grep -q "^  \"$1\": 0*[.0]*[1-9]" "$dir/stdout" || { fail "no '$1' in:"; cat "$dir/stdout"; }; }
# shows TEXT: standard output has it.
shows() { grep -qF -- "$1" "$dir/stdout" || { fail "no '$1' in:"; cat "$dir/stdout"; }; }

run 0 bench --model "$tiny" --size 64x64 --repeat 1 --json
for key in gemm_gflops text_encoder_s unet_step_s vae_encode_s vae_decode_s peak_rss_bytes load_s \
    unet_step_gflop unet_step_conv_3x3_winograd_s; do
    has $key
done
shows '"batch": 2'
run 0 bench --arch tiny --size 32x32 --repeat 2 --batch 1 --threads 1 --part vae_decode --json
has vae_decode_s
shows '"model": "tiny"'
shows '"threads": 1'
grep -q unet_step "$dir/stdout" && fail "--part vae_decode times the network"

run 0 bench --arch tiny --size 32x32 --repeat 1
for text in "plain products" "unet step" "conv 3x3 winograd" "dearest layers of vae decode" \
    "between them"; do
    shows "$text"
done
grep -q '  [a-z]*_blocks\.[0-9]\.resnets\.[0-9]\.[a-z]*[12]$' "$dir/stdout" || fail "no layer's name in the tables"

# One part in memory at a time: the same parts are timed.
run 0 bench --arch tiny --size 32x32 --repeat 1 --memory low --json
for key in text_encoder_s unet_step_s vae_encode_s vae_decode_s; do
    has $key
done

# Work split: simulated threads as a table and as JSON.
run 0 bench --arch tiny --size 32x32 --repeat 1 --part unet_step --split
shows "unet step, simulated"
shows "that lose most with 16 threads"
run 0 bench --arch tiny --size 32x32 --repeat 1 --part unet_step --split --json
for key in unet_step_split_pieces unet_step_split_16_speedup unet_step_split_2_serial_share; do
    has $key
done

# Several sizes: one table, or an array.
run 0 bench --arch tiny --size 16x16,32x16 --repeat 1 --part vae_decode
shows "us/pixel"
same "rows" 2 "$(grep -c '^[13][62]x16  ' "$dir/stdout")"
run 0 bench --arch tiny --size 16x16,32x16 --repeat 1 --part vae_decode --json
same "objects" 2 "$(grep -c '"vae_decode_attention_s"' "$dir/stdout")"
run 3 bench --arch tiny --size 16x16,
says "--size"
run 3 bench --arch tiny --size 16x16,big
says "--size"

run 2 bench --arch sd51
says "did you mean 'sd15'"
run 2 bench --repeat 0
says "expected 1 to 1000"
run 2 bench --part unet
says "did you mean 'unet_step'"
run 3 bench --threads lots
run 3 bench --arch tiny --size 30x30
says "multiples of 4"
run 4 bench --model "$dir/nosuch"
says "there is no"

# A trace of a whole job: every part, named layers, and its end.
run 0 image "$dir/in.png" --output "$dir/out.png" --model "$tiny" --steps 2 --profile "$dir/trace.json"
for text in '"name":"prompts"' '"name":"unet step"' '"name":"vae decode"' '"cat":"self attention"' \
    '"name":"down_blocks.0.resnets.0.conv1"' '"GFLOP/s":'; do
    grep -qF "$text" "$dir/trace.json" || fail "the trace has no $text"
done
same "end of the trace" "]" "$(tail -n 1 "$dir/trace.json")"
# The picture does not change.
run 0 image "$dir/in.png" --output "$dir/plain.png" --model "$tiny" --steps 2
cmp "$dir/out.png" "$dir/plain.png" || fail "--profile changes the picture"
refuses 1 "cannot write profile" image "$dir/in.png" --output "$dir/new/x.png" --model "$tiny" --steps 1 \
    --profile "$dir/no/trace.json"

# Stopped in its first frame: the trace has what was done, and ends.
"$restyle" image "$dir/in.png" --output "$dir/new/x.png" --model "$tiny" --strength 1 --steps 1000 \
    --profile "$dir/stopped.json" 2>"$dir/stderr" &
pid=$!
for i in $(seq 300); do
    grep -qs '"unet step"' "$dir/stopped.json" && break
    sleep 0.1
done
kill -s INT $pid
wait $pid
same "exit code" 5 $?
grep -qF '"name":"unet step"' "$dir/stopped.json" || fail "no step in the trace"
grep -qF '"name":"vae decode"' "$dir/stopped.json" && fail "the job was not stopped"
same "end of the stopped trace" "]" "$(tail -n 1 "$dir/stopped.json")"
finish

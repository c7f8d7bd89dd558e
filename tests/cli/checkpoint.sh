#!/bin/sh
# merge and convert as a user runs them: results that work, exit codes, nothing replaced
# unasked. Which bytes they write is shown by unit/weights/t_checkpoint.
. tests/cli/lib/common.sh
need ffmpeg
make_video "$dir/in.png" -vf scale=16:16 -frames:v 1
single=tests/golden/tiny_single.safetensors
a=tests/golden/merge/a.safetensors b=tests/golden/merge/b.safetensors

# A converted model makes the same picture.
run 0 convert $single "$dir/folder" --tokenizer tests/golden/tiny/tokenizer --precision f32
run 0 convert "$dir/folder" "$dir/one.safetensors"
for m in "$tiny" "$dir/folder" "$dir/one.safetensors"; do
    run 0 image "$dir/in.png" --output "$dir/out.png" --overwrite --model "$m" \
        --set "tokenizer=$tiny/tokenizer" --steps 1 --prompt cat
    pixels=$(ffmpeg -v error -i "$dir/out.png" -f md5 -)
    same "pictures of $m" "${first:=$pixels}" "$pixels"
done
run 2 convert $single "$dir/one.safetensors"
says "exists"
run 0 convert $single "$dir/one.safetensors" --overwrite
run 4 convert "$dir/nosuch.safetensors" "$dir/x.safetensors"
run 2 convert $single "$dir/x.safetensors" --precision f8
says "keep, f32, f16 or bf16"

run 0 merge $a $b --output "$dir/m.safetensors" --multiplier 0.3
run 2 merge $a $b --output "$dir/m.safetensors"
says "exists"
run 2 merge $a $b
says "--output"
run 2 merge $a $b --output "$dir/n.safetensors" --multiplier x
says "expected a number"
run 2 merge $a $b --output "$dir/n.safetensors" --blocks 1,2,3
says "25 without BASE"
zeros=0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0
run 0 merge $a $b --output "$dir/n.safetensors" --blocks $zeros --multiplier 0
run 0 merge $a $b --output "$dir/o.safetensors" --blocks 0,$zeros
run 2 merge $a $b --output "$dir/p.safetensors" --blocks 0,0,$zeros
[ ! -e "$dir/p.safetensors" ] || fail "a refused merge wrote a file"
for f in n o; do # all of A, whichever way it is said
    tail -c 800 "$dir/$f.safetensors" >"$dir/$f.tail"
done
cmp "$dir/n.tail" "$dir/o.tail" || fail "25 and 26 zeros differ"
run 4 merge $a "$dir/nosuch.safetensors" --output "$dir/p.safetensors"
finish

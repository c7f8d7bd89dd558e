#!/bin/sh
# What videos say about how they were made, beside the tags of the source, and that it makes the
# same pictures again.
. tests/cli/lib/common.sh
need ffmpeg ffprobe
make_video "$dir/in.mp4" -frames:v 3 -metadata title=film
fast="--model $tiny --steps 2"
hashes() { ffmpeg -nostdin -v error -i "$1" -map 0:v -f framemd5 - | sed '/^#/d;s/.*, //'; }
tag() { ffprobe -v error -show_entries "format_tags=$2" -of csv=p=0 "$1"; }

for ext in mp4 mkv mov avi webm; do
    run 0 image "$dir/in.mp4" --output "$dir/out.$ext" $fast --prompt 'a "café": [x|y], #1' --seed random \
        --set loopback.enabled=true --set loopback.blend=0.25 --set compat=comfyui --set img2img.rng=nv
    run 0 info "$dir/out.$ext"
    grep -q "^Steps: 2, Sampler: " "$dir/stdout" || fail "no parameters in .$ext"
    run 0 info --pipeline "$dir/out.$ext" --model $tiny --input "$dir/in.mp4" --output "$dir/again.$ext"
    cp "$dir/stdout" "$dir/again.yaml"
    run 0 run "$dir/again.yaml"
    same "pictures made again from .$ext" "$(hashes "$dir/out.$ext")" "$(hashes "$dir/again.$ext")"
    run 0 probe "$dir/out.$ext"
    grep -qx "      seed: [0-9]*" "$dir/stdout" || { fail "probe shows no pipeline of .$ext"; cat "$dir/stdout"; }
    # of the folders, nothing
    ! grep -aq "$dir" "$dir/out.$ext" || fail "the path of a file is in .$ext"
done
same "the source's own tag" film "$(tag "$dir/out.mp4" title)"

# A comment of the source's stays; restyling once more replaces what is ours and no more.
ffmpeg -nostdin -v error -i "$dir/in.mp4" -c copy -metadata comment=mine "$dir/mine.mp4"
run 0 image "$dir/mine.mp4" --output "$dir/once.mp4" $fast --prompt first
run 0 image "$dir/once.mp4" --output "$dir/twice.mp4" $fast --prompt second
same "the comment" "mine mine" "$(tag "$dir/once.mp4" comment) $(tag "$dir/twice.mp4" comment)"
run 0 info "$dir/twice.mp4"
same "the prompt" second "$(head -n 1 "$dir/stdout")"
! grep -aq "first" "$dir/twice.mp4" || fail "the earlier pipeline is still there"
ffmpeg -nostdin -v error -i "$dir/mine.mp4" -c copy -metadata description=d -metadata synopsis=s "$dir/full.mp4"
run 0 image "$dir/full.mp4" --output "$dir/full-out.mp4" $fast
says "does not tell how it was made"
same "all of them" "mine d s" "$(for key in comment description synopsis; do tag "$dir/full-out.mp4" $key; done | xargs)"

# Not wanted, not there, no file of that kind, and what an override cannot be.
run 0 image "$dir/in.mp4" --output "$dir/silent.mp4" $fast --set infotext.write=false
run 4 info "$dir/silent.mp4"
says "carries no parameters"
echo hello >"$dir/text.mp4"
run 4 info "$dir/text.mp4"
run 3 info --pipeline "$dir/out.mp4" --set img2img.steps=0
says "img2img.steps"

# A pipeline out of a stranger's file names nothing on this disk, writes nothing, and runs nothing.
ffmpeg -nostdin -v error -i "$dir/in.mp4" -c copy \
    -metadata comment="$(cat tests/fuzz/corpus/infotext/video_hostile.txt)" "$dir/hostile.mp4"
run 0 info --pipeline "$dir/hostile.mp4"
grep -qx 'input: \["passwd", "b"\]' "$dir/stdout" || { fail "no bare names in"; cat "$dir/stdout"; }
! grep -q '^[^#]*\(/\|exec\|events\|overwrite\|output\)' "$dir/stdout" || { fail "more than that:"; cat "$dir/stdout"; }

# Each of several clips names its own input.
cp "$dir/in.mp4" "$dir/in2.mp4"
run 0 image "$dir/in*.mp4" --output "$dir/several" $fast
run 0 info --pipeline "$dir/several/in2.mp4"
grep -qx 'input: "in2.mp4"' "$dir/stdout" || { fail "another input in"; cat "$dir/stdout"; }
finish

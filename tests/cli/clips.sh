#!/bin/sh
# Several inputs in one run: lists and patterns, names, one bad clip among good ones.
. tests/cli/lib/common.sh
need ffmpeg ffprobe
mkdir "$dir/in" "$dir/in/frames"
for name in a2 a10; do make_video "$dir/in/$name.mp4" -frames:v 2; done
make_video "$dir/in/b.mkv" -frames:v 3
make_video "$dir/in/frames/1.png" -frames:v 1
make_video "$dir/in/still.png" -frames:v 1
cp "$dir/in/frames/1.png" "$dir/in/frames/2.png"
cat >"$dir/p.yaml" <<END
model: $PWD/$tiny
input: [in/a2.mp4, in/b.mkv, in/frames, in/still.png]
output: out
img2img: {prompt: cat, steps: 1}
END

# A list into a folder: videos keep their kind, folders become folders, pictures pictures.
run 0 run "$dir/p.yaml"
same "outputs" "a2.mp4 b.mkv frames frames/1.png frames/2.png still.png" \
    "$(cd "$dir/out" && echo $(find . -mindepth 1 | sed 's|^\./||' | LC_ALL=C sort))"
same "frames of b.mkv" 3 "$(stream "$dir/out/b.mkv" nb_read_packets)"
says "4 of 4: "
says "4 clips"
# Each is what it would be alone.
run 0 run "$dir/p.yaml" --input "$dir/in/b.mkv" --output "$dir/alone.mkv"
cmp "$dir/alone.mkv" "$dir/out/b.mkv" || fail "a clip alone differs"

# A pattern, in natural order, and names from a pattern.
run 0 run "$dir/p.yaml" --input "$dir/in/a*.mp4" --output "$dir/named/{name}-ink.mkv"
same "named" "a10-ink.mkv a2-ink.mkv" "$(echo $(ls "$dir/named"))"
same "order" "a2.mp4 a10.mp4" "$(sed -n 's/^[12] of 2: .*in.//p' "$dir/stderr" | xargs)"
run 0 check "$dir/p.yaml" --resolved --input "$dir/in/a*.mp4"
grep -q '^input: \[".*a2.mp4", ".*a10.mp4"\]$' "$dir/stdout" || fail "no list of inputs: $(grep ^input "$dir/stdout")"
run 0 explain "$dir/p.yaml"
grep -q "first of 4 inputs" "$dir/stdout" || fail "explain does not tell of several inputs"
# {name} works for one, too; a name with a star in it is a name.
cp "$dir/in/a2.mp4" "$dir/in/st*r.mp4"
run 0 run "$dir/p.yaml" --input "$dir/in/st*r.mp4" --output "$dir/named/{name}-one.mp4"
exists "$dir/named/st*r-one.mp4"

# One bad clip does not stop the rest.
echo "dear diary" >"$dir/in/a5.mp4"
: >"$dir/in/a6.mp4"
run 1 run "$dir/p.yaml" --input "$dir/in/a*.mp4" --output "$dir/rest"
same "what could be made" "a10.mp4 a2.mp4" "$(echo $(ls "$dir/rest"))"
says "a5.mp4'"
says "a6.mp4' is empty"
says "2 of 4 clips failed"
# What is finished is left alone, and so is an output that is another's.
run 1 run "$dir/p.yaml" --input "$dir/in/a*.mp4" --output "$dir/rest"
says "a10.mp4: finished already, 2 frames"
says "2 of 4 clips failed"
run 1 run "$dir/p.yaml" --input "$dir/in/a*.mp4" --output "$dir/rest" --set img2img.prompt=dog
says "4 of 4 clips failed"
says "exists already"
run 1 run "$dir/p.yaml" --input "$dir/in/a*.mp4" --output "$dir/rest" --overwrite
says "2 of 4 clips failed"

# What makes no sense is told before anything is loaded.
run 3 run "$dir/p.yaml" --output "$dir/one.mp4"
says "4 inputs need a folder, or a name with {name}"
cp "$dir/in/a2.mp4" "$dir/a2.mp4"
run 3 check "$dir/p.yaml" --input "$dir/in/*.mp4" --output "$dir/in"
says "is an input"
sed -i 's|in/still.png|a2.mp4|' "$dir/p.yaml"
run 3 check "$dir/p.yaml" --output "$dir/again"
says "would be written twice: inputs 1 and 4"
run 4 check "$dir/p.yaml" --input "$dir/in/nosuch*.mp4"
says "there is no"
sed -i 's|^input:.*|input: []|' "$dir/p.yaml"
run 3 check "$dir/p.yaml"
says "at least one"
finish

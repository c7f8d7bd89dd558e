#!/bin/sh
# Folders as people have them: every kind of picture, sub-folders, several sizes.
. tests/cli/lib/common.sh
need ffmpeg ffprobe
plain="--model $tiny --prompt cat --steps 1 --strength 0"

# One picture in many files: pixels come through as FFmpeg reads them.
mkdir "$dir/kinds"
ffmpeg -nostdin -v error -f lavfi -i testsrc2=s=36x28 -frames:v 1 "$dir/source.png" || fail "no test input"
make() { ffmpeg -nostdin -v error -i "$dir/source.png" -pix_fmt "$1" "$dir/kinds/$2" || fail "no $2"; }
make rgb24 a1.png
make rgb48be a2.png
make pal8 a3.png
make gray a4.png
make gray16be a5.png
make rgb24 a6.tif
make rgb48le a7.TIFF
make gray a8.tiff
make pal8 a9.tiff
make bgr24 a10.bmp
ffmpeg -nostdin -v error -i "$dir/source.png" -c:v libwebp -lossless 1 "$dir/kinds/a11.webp" 2>/dev/null ||
    rm -f "$dir/kinds/a11.webp" # an FFmpeg without libwebp
run 0 image "$dir/kinds" --output "$dir/out" $plain
same names "$(ls "$dir/kinds" | sed 's/\..*/.png/' | sort)" "$(ls "$dir/out" | sort)"
grep -q warning "$dir/stderr" && { fail "a warning about good pictures:"; cat "$dir/stderr"; }
for file in "$dir/kinds"/*; do
    name=$(basename "$file")
    pixels "$file" >"$dir/a"
    pixels "$dir/out/${name%.*}.png" >"$dir/b"
    # 16 bits are rounded once, here by us and there by swscale
    off=$(cmp -l "$dir/a" "$dir/b" | awk 'function octal(v) { return int(v / 100) * 64 + int(v % 100 / 10) * 8 + v % 10 }
        { d = octal($2) - octal($3); if (d * d > 1) n++ } END { print n + 0 }')
    same "values off by more than 1 in $name" 0 "$off"
done

# Transparency lies over white; a JPEG is turned as its EXIF says (48x32, stored on its side).
mkdir "$dir/turned"
cp tests/golden/media/oriented.jpg "$dir/turned/1.jpg"
run 0 image "$dir/turned" --output "$dir/turned-out" $plain
same "size of a turned picture" "32|48" "$(stream "$dir/turned-out/1.png" width,height)"

# Sub-folders on request, in natural order, and again in the output.
mkdir -p "$dir/deep/s2" "$dir/deep/s10/x" "$dir/deep/.hidden"
for name in s2/1 s2/10 s10/1 s10/x/1 .hidden/1 2; do cp "$dir/source.png" "$dir/deep/$name.png"; done
run 0 image "$dir/deep" --output "$dir/flat" $plain
same "without recursive" 2.png "$(ls "$dir/flat")"
run 0 image "$dir/deep" --output "$dir/tree" $plain --set recursive=true
same "with recursive" "2.png s10/1.png s10/x/1.png s2/1.png s2/10.png" \
    "$(cd "$dir/tree" && echo $(find . -type f | sed 's|^\./||' | LC_ALL=C sort))"
run 3 image "$dir/deep" --output "$dir/deep/out" $plain --set recursive=true
says "lies within the input"
run 3 image "$dir/source.png" --output "$dir/x.png" $plain --set recursive=true
says "the input is no folder"
rm "$dir/deep/2.png"
run 4 image "$dir/deep" --output "$dir/none" $plain
says "recursive: true"

# Pictures of several sizes are told before the first is made.
mkdir "$dir/mixed"
for i in 1 2 3; do cp "$dir/source.png" "$dir/mixed/$i.png"; done
ffmpeg -nostdin -v error -y -i "$dir/source.png" -vf scale=48:20 "$dir/mixed/2.png"
run 0 image "$dir/mixed" --output "$dir/mixed-out" $plain
says "1 of 3 pictures are not of 36x28 as the first, such as '2.png' of 48x20"
same "their sizes" "36|28 48|20 36|28" "$(for i in 1 2 3; do stream "$dir/mixed-out/$i.png" width,height; done | xargs)"
run 1 image "$dir/mixed" --output "$dir/mixed.mp4" $plain
says "set a 'size' for all"
run 0 image "$dir/mixed" --output "$dir/mixed.mp4" $plain --size 36x28

# A single picture as a folder of one, and a name that lies about its content.
cp "$dir/source.png" "$dir/liar.jpg"
run 0 image "$dir/liar.jpg" --output "$dir/liar.png" $plain
pixels "$dir/source.png" >"$dir/a"
pixels "$dir/liar.png" >"$dir/b"
cmp "$dir/a" "$dir/b" || fail "a PNG named .jpg changes"

# A folder whose pictures are all made says so: by the pipeline in each, and the times of what is read.
mkdir "$dir/in"
for i in 1 2 10; do cp "$dir/source.png" "$dir/in/$i.png"; done
printf 'model: %s\ninput: in\noutput: done\nimg2img: { prompt: a caf\303\251, steps: 1, seed: 7, strength: 0 }\n' \
    "$PWD/$tiny" >"$dir/p.yaml"
sum() { cat "$1"/* | cksum; }
# made N OPTION...: N pictures are there already. unmade OPTION...: they are not what would be made.
made() {
    n=$1; shift
    was=$(sum "$dir/done")
    run 0 run "$dir/p.yaml" "$@"
    says "done: finished already, $n frame"
    missing "$dir/done.job"
    same "what is finished" "$was" "$(sum "$dir/done")"
}
unmade() { run 1 run "$dir/p.yaml" "$@"; says "done' is not empty: choose another name"; missing "$dir/done.job"; }
for format in png jpeg tiff webp; do
    set -- --set encode.picture_format=$format
    run 0 run "$dir/p.yaml" "$@"
    made 3 "$@"
    last=$(ls "$dir"/done/10.*)
    run 0 info "$last"
    same "prompt in .$format" "a café" "$(head -n 1 "$dir/stdout")"
    run 0 info --pipeline "$last"
    grep -qx '  strength: 0' "$dir/stdout" && grep -qx 'input: "in"' "$dir/stdout" || fail "no pipeline in .$format"
    run 0 probe "$last"
    grep -qx '      strength: 0' "$dir/stdout" || fail "probe shows no pipeline of .$format"
    unmade "$@" --set img2img.seed=8
    mv "$last" "$dir/kept"
    unmade "$@"
    [ $format != webp ] || break
    rm -r "$dir/done"
done
mv "$dir/kept" "$last"
made 3 "$@"
touch "$dir/in/2.png"
unmade "$@"
run 0 run "$dir/p.yaml" "$@" --restart
says "done: 3 frames of "
made 3 "$@"
cp "$last" "$dir/done/x.webp" # one more than there are frames
unmade "$@"
rm "$dir/done/x.webp"
cp "$dir/source.png" "$dir/done/2.webp" # one that is somebody else's
unmade "$@"
rm -r "$dir/done"
run 0 run "$dir/p.yaml" --set infotext.write=false
unmade --set infotext.write=false
rm -r "$dir/done"

# The frames of a range, and those of videos, counted (MP4) and not (MKV).
run 0 run "$dir/p.yaml" --set range.start=1 --set range.every=2
same "pictures of a range" 2.png "$(ls "$dir/done")"
made 1 --set range.start=1 --set range.every=2
unmade
rm -r "$dir/done"
for ext in mp4 mkv; do make_video "$dir/in.$ext" -frames:v 4; done
for input in in.mp4 in.mkv "in.mp4 --set fps=50"; do
    set -- --input "$dir/"$input
    run 0 run "$dir/p.yaml" "$@"
    count=$(ls "$dir/done" | wc -l)
    made "$count" "$@"
    rm "$dir/done/frame_00000$count.png"
    unmade "$@"
    rm -r "$dir/done"
done

# One picture, and a batch of one.
run 0 run "$dir/p.yaml" --input "$dir/in/1.png" --output "$dir/done.webp"
run 0 run "$dir/p.yaml" --input "$dir/in/1.png" --output "$dir/done.webp"
says "done.webp: finished already, 1 frame; --restart makes it anew"
run 1 run "$dir/p.yaml" --input "$dir/in/1.png" --output "$dir/done.webp" --set img2img.steps=2
says "exists already"
run 0 run "$dir/p.yaml" --input "$dir/in/1.png" --output "$dir/done.webp" --set img2img.steps=2 --restart
set -- --input "$dir/in/1.png" --output "$dir/batch.tif" --set batch.count=2 --set batch.grid=true
run 0 run "$dir/p.yaml" "$@"
run 0 run "$dir/p.yaml" "$@"
says "batch.tif: finished already, 3 frames"
rm "$dir/batch-grid.tif"
run 1 run "$dir/p.yaml" "$@"
says "batch-7.tif' exists already"
set -- --input "$dir/in/1.png" --output "$dir/batch" --set batch.count=2 --set encode.picture_format=jpeg
run 0 run "$dir/p.yaml" "$@"
run 0 run "$dir/p.yaml" "$@"
says "batch: finished already, 2 frames"
finish

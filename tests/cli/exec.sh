#!/bin/sh
# Frames through an external program: what it makes of them, and all the ways in which it may fail.
. tests/cli/lib/common.sh
need ffmpeg ffprobe
exact="--model $tiny --prompt cat --set img2img.strength=0 --set encode.codec=ffv1 --set encode.pixel_format=bgr0"
ffmpeg -nostdin -v error -f lavfi -i testsrc2=s=360x280:r=30000/1001 -t 0.5 -c:v ffv1 -pix_fmt bgr0 "$dir/in.mkv"
frame=$((360 * 280 * 3))
whole=$(pixels "$dir/in.mkv" | cksum)
# passes NAME KEY=VALUE...: the run goes well.
passes() { name=$1; shift; run 0 image "$dir/in.mkv" --output "$dir/$name.mkv" --overwrite $exact "$@"; }

for when in before after; do
    for bits in 8 16; do
        passes cat --set exec.command=cat --set exec.when=$when --set exec.bits=$bits
        same "cat, $when, $bits bits" "$whole" "$(pixels "$dir/cat.mkv" | cksum)"
        same "its times" "$(frame_times "$dir/in.mkv")" "$(frame_times "$dir/cat.mkv")"
    done
done
# A program that reads everything before it answers, and one that answers a line early.
passes ahead --set "exec.command=tee '$dir/raw' | dd bs=16M iflag=fullblock 2>'$dir/dd'"
same "all at once" "$whole" "$(pixels "$dir/ahead.mkv" | cksum)"
same "the header" "RESTYLE1 360 280 rgb24 30000/1001" "$(head -n 1 "$dir/raw")"
same "the frames that it gets" "$whole" "$(tail -n +2 "$dir/raw" | cksum)"
# Another size, as ffmpeg makes it; filters.after come behind it.
cat >"$dir/half.sh" <<'P'
read -r magic w h format rate
echo "RESTYLE1 $((w / 2)) $((h / 2)) $format $rate"
exec ffmpeg -v error -f rawvideo -pix_fmt rgb24 -s "${w}x$h" -i - -vf "scale=iw/2:ih/2:flags=neighbor" -f rawvideo -pix_fmt rgb24 -
P
passes half --set "exec.command=sh '$dir/half.sh'" --set exec.size=180x140 --set filters.after=hflip
ffmpeg -nostdin -v error -i "$dir/in.mkv" -vf scale=iw/2:ih/2:flags=neighbor,hflip -c:v ffv1 -pix_fmt bgr0 "$dir/want.mkv"
same "half the size" "$(pixels "$dir/want.mkv" | cksum)" "$(pixels "$dir/half.mkv" | cksum)"
# All is there, and it does not end.
passes hangs --set "exec.command=cat; exec >&-; sleep 60"
says "does not end: it is stopped"
same "frames of one that hangs" "$whole" "$(pixels "$dir/hangs.mkv" | cksum)"

# fails TEXT COMMAND KEY=VALUE...: the run fails, says so, and leaves nothing.
fails() { text=$1 command=$2; shift 2; refuses "$code" "$text" image "$dir/in.mkv" --output "$dir/new/x.mkv" $exact \
    --set "exec.command=$command" "$@"; }
code=1
fails "ended after 0 of 1 frames, with exit code 127" "no_such_program_here 2>/dev/null"
fails "ended after 3 of " "head -c $((3 * frame + 34))"
fails "ended with exit code 3" "cat; exit 3"
fails "ended with signal 9" "cat; kill -9 \$\$"
fails "answers with 'what is this', expected 'RESTYLE1 360 280 rgb24'" "echo what is this; cat"
fails "answers with 'RESTYLE1 360 280 rgb24 30000/1001', expected 'RESTYLE1 36 28 rgb24'" cat --set exec.size=36x28
fails "gives more than one frame for each" "cat; head -c 9 /dev/zero"
fails "neither takes nor gives anything for 1 s" "sleep 20" --set exec.timeout=1
code=4
fails "ended after 0 of 1 frames, with exit code 1" "exit 1" --set exec.when=before
refuses 3 "exec.bits: nothing is run: write exec.command as well" image "$dir/in.mkv" --output "$dir/new/x.mkv" $exact \
    --set exec.bits=16
run 0 check pipelines/reference.yaml
finish

#!/bin/sh
# A clip of several scenes: cuts are found as FFmpeg finds them, loopback begins anew with each,
# and shards make whole scenes.
. tests/cli/lib/common.sh
. tests/cli/lib/resume.sh
ffmpeg -nostdin -v error -y -f lavfi -i testsrc2=s=36x28:r=25:d=0.12 -f lavfi -i smptebars=s=36x28:r=25:d=0.16 \
    -f lavfi -i mandelbrot=s=36x28:r=25 -f lavfi -i rgbtestsrc=s=36x28:r=25:d=0.08 -f lavfi -i sine=440 \
    -filter_complex '[2]trim=end_frame=3[m];[0][1][m][3]concat=n=4,format=gbrp,lutrgb=r=val*0.4:g=val*0.4:b=val*0.4,format=bgr0' \
    -c:v ffv1 -c:a aac -t 0.47 "$dir/in.mkv" || fail "ffmpeg"
sed -i 's/in\.mp4/in.mkv/' "$dir/p.yaml"
echo 'scene_cut: 0.3' >>"$dir/p.yaml"

# The scores are those of FFmpeg's filter, to the digits that are written.
run 0 run "$dir/p.yaml" --set events="$dir/events" --output "$dir/ref.mp4"
same "scenes" "1 1 1 2 2 2 2 3 3 3 4 4 " "$(sed 's/.*"scene": \([0-9]*\).*/\1/' "$dir/events" | tr '\n' ' ')"
sed 's/.*"scene_score": \([0-9.]*\).*/\1/' "$dir/events" >"$dir/ours"
ffmpeg -nostdin -v error -i "$dir/in.mkv" -an -vf "format=rgb24,select=gte(scene\,0),metadata=print:file=-" -f null - |
    sed -n 's/.*scene_score=//p' >"$dir/theirs"
same "scores" 12 "$(paste "$dir/ours" "$dir/theirs" | awk '($1 - $2) ^ 2 < 1e-8' | wc -l)"

# first_of FOLDER, second_of FOLDER: of each scene, the pictures alone.
frames_of() { folder=$1; shift; for f; do pixels "$dir/$folder/frame_0000$f.png" | md5sum; done; }
first_of() { frames_of "$1" 01 04 08 11; }
second_of() { frames_of "$1" 02 05 09 12; }
seed="--set loopback.seed=fixed"
run 0 run "$dir/p.yaml" $seed --output "$dir/cut"
run 0 run "$dir/p.yaml" $seed --output "$dir/uncut" --set scene_cut=0
run 0 run "$dir/p.yaml" $seed --output "$dir/plain" --set loopback.enabled=false
same "first frames of scenes with and without loopback" "$(first_of cut)" "$(first_of plain)"
same "second frames that loopback changes" 0 "$(second_of cut | grep -c "$(second_of plain)")"
same "first frames over cuts that are not looked for" 1 "$(first_of uncut | grep -c "$(first_of plain)")"

# Shards of scenes, also one that dies anywhere and is run again, and one that runs twice.
for n in 0 9 24 29 39 54; do
    if [ $n -gt 0 ]; then
        faulty kill:$n run "$dir/p.yaml" --shard 1/2
        same "exit code of a killed shard" 137 $code
    fi
    run 0 run "$dir/p.yaml" --shard 2/2
    [ $n -eq 0 ] || { run 1 join "$dir/p.yaml"; says "run its shard again"; missing "$dir/out.mp4"; }
    run 0 run "$dir/p.yaml" --shard 1/2
    if [ $n -eq 9 ]; then
        run 0 run "$dir/p.yaml" --shard 1/2
        says "6 of them made before"
        run 0 status "$dir/out.mp4"
        grep -q "^frames   12 of " "$dir/stdout" && grep -q "^shard    2 of 2: 6 frames\$" "$dir/stdout" ||
            { fail "status:"; cat "$dir/stdout"; }
    fi
    run 0 join "$dir/p.yaml"
    cmp "$dir/out.mp4" "$dir/ref.mp4" || fail "shards, one killed at $n: other bytes"
    missing "$dir/out.job"
    clean
done

# A plain run goes on where shards have stopped, within scenes.
for n in 24 34 54; do
    faulty kill:$n run "$dir/p.yaml" --shard 1/2
    faulty kill:$((n + 5)) run "$dir/p.yaml" --shard 2/2
    faulty kill:$n run "$dir/p.yaml"
    run 0 run "$dir/p.yaml"
    grep -q " of them made before\|finished already" "$dir/stderr" || { fail "at $n:"; cat "$dir/stderr"; }
    cmp "$dir/out.mp4" "$dir/ref.mp4" || fail "a run over shards killed at $n: other bytes"
    clean
done

# What a frame's stand-in is taken from, and the box of a mask, are scenes' as well.
run 0 run "$dir/p.yaml" --shard 1/2 --set loopback.enabled=false --set on_bad_frame=hold
clean
run 3 run "$dir/p.yaml" --shard 1/2 --set scene_cut=0
says "set scene_cut (to 0.4, say), so that loopback begins anew with each scene"
finish

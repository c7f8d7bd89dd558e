#!/bin/sh
# What a job's folder holds is checked before it is used: damage, other options, other inputs,
# another run at work; and what the finished one says.
. tests/cli/lib/common.sh
. tests/cli/lib/resume.sh
run 0 run "$dir/p.yaml" --output "$dir/ref.mp4"
exists "$dir/ref.mp4"

# interrupt: a job with two frames of three; what it left in $dir/left.
faulty "count:$dir/calls" run "$dir/p.yaml"
clean
interrupt() {
    n=$(($(cat "$dir/calls") / 2))
    while :; do
        clean
        faulty kill:$n run "$dir/p.yaml"
        [ "$(grep -c ' frame [012] ' "$dir/out.job/journal")" -ge 2 ] && break
        n=$((n + 2))
    done
}
interrupt
cp -r "$dir/out.job" "$dir/left"
# again: the folder as it was left.
again() { clean; cp -r "$dir/left" "$dir/out.job"; }
# goes_on WHAT: the job runs to its end, with the right bytes.
goes_on() {
    run 0 run "$dir/p.yaml"
    cmp "$dir/out.mp4" "$dir/ref.mp4" || fail "other bytes: $1"
    missing "$dir/out.job"
}
again
goes_on "as it was"
says "2 of them made before"

# The journal's last line torn at every byte, and every 13th byte of it flipped.
size=$(wc -c <"$dir/left/journal")
last=$(tail -n 1 "$dir/left/journal" | wc -c)
for cut in $(seq 1 "$last"); do
    again
    head -c $((size - cut)) "$dir/left/journal" >"$dir/out.job/journal"
    goes_on "journal cut by $cut"
done
frames_at=$(grep -b -o '[0-9a-f]* frame 0' "$dir/left/journal" | cut -d: -f1)
for at in $(seq "$frames_at" 13 $((size - 1))); do
    again
    flip "$dir/out.job/journal" "$at"
    goes_on "journal's byte $at"
done

# A frame, or what it hands on, damaged or gone: made anew, never used.
for file in frames/00000000.png frames/00000001.png chain-0 chain-1; do
    for at in 0 50 200; do
        again
        flip "$dir/out.job/$file" $at
        goes_on "$file, byte $at"
    done
    again
    rm "$dir/out.job/$file"
    goes_on "without $file"
    again
    : >"$dir/out.job/$file"
    goes_on "$file is empty"
done
again
flip "$dir/out.job/frames/00000000.png" 100
goes_on "first frame"
says "1 of the 2 frames in 'out.job' are missing or damaged"
again
rm "$dir/out.job/chain-0" "$dir/out.job/chain-1"
goes_on "without both chains"

# Damage to the journal's head is told.
again
flip "$dir/out.job/journal" 3
run 1 run "$dir/p.yaml"
says "the journal of 'out.job' is damaged: begin anew with --restart"
run 0 run "$dir/p.yaml" --restart
cmp "$dir/out.mp4" "$dir/ref.mp4" || fail "other bytes after --restart"
missing "$dir/out.job"

# Whatever changes pixels is refused by name, and nothing is lost by it.
again
for option in "img2img.seed=8:img2img.seed: 7, not 8" "img2img.prompt=dog:img2img.prompt: \"a cat\", not \"dog\"" \
    "loopback.blend=0.4:loopback.blend: 0.5, not 0.4" "encode.crf=20:encode.crf: 18, not 20"; do
    run 3 run "$dir/p.yaml" --set "${option%%:*}"
    says "'out.job' was begun with ${option#*:}: run it as it was, or begin anew with --restart"
    one_message
done
cp "$dir/in.mp4" "$dir/in.keep"
make_video "$dir/in.mp4" -frames:v 3
run 3 run "$dir/p.yaml"
says "was begun with other contents of 'input'"
mv "$dir/in.keep" "$dir/in.mp4"
RESTYLE_CPU=scalar "$restyle" run "$dir/p.yaml" 2>"$dir/stderr" && fail "other kernels are taken"
says "set RESTYLE_CPU to that"
run 3 run "$dir/p.yaml" --output "$dir/out.mkv"
says "'out.job' was begun with output: \"out.mp4\", not \"out.mkv\""
# So are the networks that a prompt names, by their contents.
clean
mkdir "$dir/nets"
cp tests/golden/hypernets/plain.pt "$dir/nets/net.pt"
tagged() { "$@" --set "img2img.prompt=a cat <hypernet:net:0.5>" --set "img2img.hypernetwork_dir=$dir/nets"; }
tagged faulty kill:15 run "$dir/p.yaml"
same "exit code" 137 $code
cp tests/golden/hypernets/deep.pt "$dir/nets/net.pt"
tagged run 3 run "$dir/p.yaml"
says "was begun with other contents of 'net.pt'"
cp tests/golden/hypernets/plain.pt "$dir/nets/net.pt"
tagged run 0 run "$dir/p.yaml"
# What does not change pixels may change.
goes_on_with() { again; run 0 run "$dir/p.yaml" "$@"; cmp "$dir/out.mp4" "$dir/ref.mp4" || fail "other bytes: $*"; }
goes_on_with --threads 1
goes_on_with --memory low

# A file that came in the meantime is not lost; --overwrite gives it up.
again
echo precious >"$dir/out.mp4"
run 1 run "$dir/p.yaml"
says "exists already"
same "the file" precious "$(cat "$dir/out.mp4")"
run 0 run "$dir/p.yaml" --overwrite
cmp "$dir/out.mp4" "$dir/ref.mp4" || fail "other bytes over a file"

# A job that is done says so, by what the output tells of itself, unless it would be another now.
clean
run 0 run "$dir/p.yaml" --set img2img.negative_prompt=fog
cp -p "$dir/out.mp4" "$dir/done.mp4"
run 0 check "$dir/p.yaml"
run 0 run "$dir/p.yaml" --set img2img.negative_prompt=fog
says "out.mp4: finished already, 3 frames; --restart makes it anew"
missing "$dir/out.job"
run 1 run "$dir/p.yaml"
says "exists already"
touch -r "$dir/in.mp4" "$dir/stamp"
touch "$dir/in.mp4"
run 1 run "$dir/p.yaml" --set img2img.negative_prompt=fog
says "exists already"
touch -r "$dir/stamp" "$dir/in.mp4"
missing "$dir/out.job"
cmp "$dir/out.mp4" "$dir/done.mp4" || fail "a finished output is written again"
run 0 run "$dir/p.yaml" --set img2img.negative_prompt=fog --restart
cmp "$dir/out.mp4" "$dir/done.mp4" || fail "other bytes when made anew"
rm "$dir/done.mp4" "$dir/stamp"

clean
tagged run 0 run "$dir/p.yaml"
cp "$dir/nets/net.pt" "$dir/nets/another.pt"
tagged run 0 run "$dir/p.yaml"
says "finished already"
touch "$dir/nets/net.pt"
tagged run 1 run "$dir/p.yaml"
says "exists already"

# A kept job that is done says so.
clean
run 0 run "$dir/p.yaml" --set keep_job=true
exists "$dir/out.job/journal" "$dir/out.job/frames/00000002.png"
touch -d '2001-01-01' "$dir/out.mp4"
run 0 run "$dir/p.yaml" --set keep_job=true
says "out.mp4: finished already, 3 frames; --restart makes it anew"
[ "$(find "$dir/out.mp4" -newermt 2002-01-01)" ] && fail "a finished output is written again"
run 3 run "$dir/p.yaml" --set keep_job=true --set img2img.seed=9
rm "$dir/out.mp4"
goes_on "the output of a kept job is lost"

# A folder as output keeps its own frames.
run 0 run "$dir/p.yaml" --output "$dir/frames_ref"
faulty "count:$dir/calls" run "$dir/p.yaml" --output "$dir/frames"
for n in $(seq 1 "$(cat "$dir/calls")"); do
    clean
    faulty kill:$n run "$dir/p.yaml" --output "$dir/frames"
    run 0 run "$dir/p.yaml" --output "$dir/frames" $([ -e "$dir/frames.job/journal" ] || echo --overwrite)
    diff -r "$dir/frames" "$dir/frames_ref" || fail "other frames after kill $n"
    missing "$dir/frames.job"
done

# Where filters change frames on their way there, the job keeps them, and its pictures come out of all.
set -- --output "$dir/frames" --set "filters.after=tmix=frames=2,fps=37" --set keep_job=true
run 0 image "$dir/in.mp4" --output "$dir/mixed_ref" --model "$tiny" --prompt "a cat" --steps 1 \
    --set img2img.seed=7 --set img2img.color_correction=true --set loopback.enabled=true \
    --set loopback.seed=random --set "filters.after=tmix=frames=2,fps=37"
clean
faulty "count:$dir/calls" run "$dir/p.yaml" "$@"
for n in $(seq 14 6 "$(cat "$dir/calls")"); do
    clean
    faulty kill:$n run "$dir/p.yaml" "$@"
    run 0 run "$dir/p.yaml" "$@"
    grep -q " of them made before\|finished already" "$dir/stderr" || [ $n -lt 36 ] || fail "all made again after kill $n"
    diff -r "$dir/frames" "$dir/mixed_ref" || fail "other mixed frames after kill $n"
done
run 0 run "$dir/p.yaml" "$@"
says "frames: finished already, 3 frames"
rm "$dir/frames/frame_000002.png"
run 0 run "$dir/p.yaml" "$@"
says "3 of them made before"
diff -r "$dir/frames" "$dir/mixed_ref" || fail "a mixed frame that was lost is another now"
rm -r "$dir/frames.job"
run 0 run "$dir/p.yaml" "$@"
says "frames: finished already, 4 frames"
rm "$dir/frames/frame_000002.png"
run 1 run "$dir/p.yaml" "$@"
says "is not empty"

# Of several clips those that are done are not made again, also when they were done long before.
cp "$dir/in.mp4" "$dir/in2.mp4"
run 0 run "$dir/p.yaml" --input "$dir/in2.mp4" --output "$dir/ref_in2.mp4"
cp "$dir/ref.mp4" "$dir/ref_in.mp4"
set -- --input "$dir/in*.mp4" --output "$dir/many"
faulty "count:$dir/calls" run "$dir/p.yaml" "$@"
same "clips" "in.mp4 in2.mp4" "$(echo $(ls "$dir/many"))"
for part in 3 6 7 8; do # tenths
    rm -rf "$dir/many"
    faulty kill:$(($(cat "$dir/calls") * part / 10)) run "$dir/p.yaml" "$@"
    run 0 run "$dir/p.yaml" "$@"
    [ $part -lt 6 ] || says "in.mp4: finished already, 3 frames"
    same "clips after a kill at $part" "in.mp4 in2.mp4" "$(echo $(ls "$dir/many"))"
    for clip in in in2; do
        cmp "$dir/many/$clip.mp4" "$dir/ref_$clip.mp4" || fail "other bytes in $clip.mp4 after a kill at $part"
    done
done

# Two runs of one job: the second one is refused, and does no harm.
clean
"$restyle" run "$dir/p.yaml" --set img2img.steps=1000 --set img2img.strength=1 2>"$dir/first" &
pid=$!
for i in $(seq 300); do
    [ -s "$dir/out.job/journal" ] && break
    sleep 0.1
done
run 1 run "$dir/p.yaml"
says "'out.job' is being worked on by process $pid on "
kill -s INT $pid
wait $pid
same "exit code after INT" 5 $?
grep -q "is not complete: the same command goes on from here" "$dir/first" || { fail "no word of how to go on:"; cat "$dir/first"; }
# Its lock is gone with it; nothing was made, so nothing is left.
missing "$dir/out.job"
goes_on "after an interrupted one"

# Ctrl-C after a frame, and a second one on its heels: what is done stays done.
set -- --set img2img.steps=150 --set img2img.strength=1
run 0 run "$dir/p.yaml" --output "$dir/slow.mp4" "$@"
for signals in "INT:5" "TERM:5" "INT TERM:130 143"; do
    clean
    "$restyle" run "$dir/p.yaml" "$@" 2>"$dir/first" &
    pid=$!
    for i in $(seq 600); do
        grep -q ' frame 0 ' "$dir/out.job/journal" 2>/dev/null && break
        sleep 0.05
    done
    for signal in ${signals%:*}; do kill -s $signal $pid; done
    wait $pid 2>/dev/null
    code=$?
    case " ${signals#*:} " in *" $code "*) ;; *) fail "exit $code after ${signals%:*}" ;; esac
    [ $code -ne 5 ] || grep -q "^restyle: interrupted after [12] frames*; '.*out.mp4' is not complete: the same command goes on" \
        "$dir/first" || { fail "not told:"; cat "$dir/first"; }
    run 0 run "$dir/p.yaml" "$@"
    says " of them made before"
    cmp "$dir/out.mp4" "$dir/slow.mp4" || fail "other bytes after ${signals%:*}"
done
finish

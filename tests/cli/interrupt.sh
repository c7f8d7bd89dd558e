#!/bin/sh
# Ctrl-C, or a polite request to end: exit 5, one message, and nothing half written.
. tests/cli/lib/common.sh
need ffmpeg
make_video "$dir/in.mp4" -frames:v 4
mkdir "$dir/new"

# stopped SIGNAL OUTPUT: a job of 1,000 steps a frame is stopped in its first frame.
stopped() {
    "$restyle" image "$dir/in.mp4" --output "$dir/new/$2" --model "$tiny" --strength 1 --steps 1000 \
        2>"$dir/stderr" &
    pid=$!
    # The output under its temporary name, or its folder, tells that the job runs.
    for i in $(seq 300); do
        [ -n "$(ls -A "$dir/new")" ] && break
        sleep 0.1
    done
    [ -n "$(ls -A "$dir/new")" ] || fail "the job does not start"
    kill -s "$1" $pid
    wait $pid
    same "exit code after $1" 5 $?
    says "interrupted after 0 frames; '$(cd "$dir" && pwd -P)/new/$2' is not complete"
    one_message
    left=$(find "$dir/new" -type f)
    [ -z "$left" ] || fail "$1 leaves $left"
    rm -rf "$dir/new"/*
}

stopped INT out.mp4
stopped TERM out.mp4
# Under nohup every program ignores HUP, as it should.
case $(sed -n 's/^SigIgn:.*\(.\)$/\1/p' /proc/self/status) in
    [13579bdf]) echo "skipped: HUP is ignored here (nohup)" ;;
    *) stopped HUP out.mkv ;;
esac
stopped INT folder

# ends_soon WHAT KEY=VALUE...: a job that waits for something that does not come, once there is $dir/up.
ends_soon() {
    what=$1; shift
    rm -f "$dir/up"
    "$restyle" image "$dir/in.mp4" --output "$dir/new/out.mkv" --model "$tiny" --steps 1 "$@" 2>"$dir/stderr" &
    pid=$!
    for i in $(seq 300); do
        [ -e "$dir/up" ] && break
        sleep 0.1
    done
    sleep 0.2
    start=$(date +%s%N)
    kill -s INT $pid
    wait $pid
    same "exit code of $what" 5 $?
    took=$((($(date +%s%N) - start) / 1000000))
    [ $took -lt 3000 ] || fail "$what: it ends after $took ms"
    says "interrupted after"
    one_message
    left=$(find "$dir/new" -type f)
    [ -z "$left" ] || fail "$what leaves $left"
}
ends_soon "a program in front of the model" --set "exec.command=touch '$dir/up'; exec sleep 60" --set exec.when=before
ends_soon "a program behind it" --set "exec.command=touch '$dir/up'; exec sleep 60"
ends_soon "a program that will not end" --set "exec.command=trap '' TERM; touch '$dir/up'; sleep 60; sleep 60"
ends_soon "a program that answers and stays" --set "exec.command=cat; touch '$dir/up'; exec sleep 60"
mkfifo "$dir/pipe"
ends_soon "a pipe that nobody reads" --set "events=$dir/pipe" --set "exec.command=touch '$dir/up'; cat" --set exec.when=before
start=$(date +%s%N)
refuses 4 "it is not a regular file" image "$dir/pipe" --output "$dir/new/out.mkv" --model "$tiny"
[ $((($(date +%s%N) - start) / 1000000)) -lt 3000 ] || fail "a pipe as input is waited for"

# A second signal, in the middle of a long step, ends the process itself, and the
# incomplete file goes all the same.
for out in out.mp4 out.mkv; do
    "$restyle" image "$dir/in.mp4" --output "$dir/new/$out" --model "$tiny" --size 512x512 2>"$dir/stderr" &
    pid=$!
    for i in $(seq 1500); do
        [ -n "$(ls -A "$dir/new")" ] && break
        sleep 0.02
    done
    [ -n "$(ls -A "$dir/new")" ] || fail "the job does not start"
    kill -s INT $pid
    kill -s TERM $pid
    wait $pid 2>/dev/null
    code=$? # by either one: the system chooses which is delivered first
    [ $code -eq 130 ] || [ $code -eq 143 ] || fail "exit $code after INT and TERM"
    left=$(ls -A "$dir/new")
    [ -z "$left" ] || fail "a second signal leaves $left"
done

# A folder keeps the frames that are done. Then the same command with --overwrite goes through.
"$restyle" image "$dir/in.mp4" --output "$dir/new/frames" --model "$tiny" --steps 40 2>"$dir/stderr" &
pid=$!
for i in $(seq 1500); do
    [ -s "$dir/new/frames/frame_000001.png" ] && break
    sleep 0.02
done
kill -s TERM $pid
wait $pid
code=$?
[ $code -eq 5 ] || [ $code -eq 0 ] || fail "exit $code" # 0: it was faster than us
exists "$dir/new/frames/frame_000001.png"
[ -z "$(find "$dir/new" -name '*.part-*')" ] || fail "left: $(ls "$dir/new/frames")"
run 0 image "$dir/in.mp4" --output "$dir/new/frames" --model "$tiny" --steps 1 --overwrite
exists "$dir/new/frames/frame_000004.png"
finish

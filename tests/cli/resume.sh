#!/bin/sh
# A job that is killed anywhere, or runs out of disk, goes on, and its output is byte by byte that
# of an undisturbed run.
. tests/cli/lib/common.sh
. tests/cli/lib/resume.sh
run 0 image "$dir/in.mp4" --output "$dir/ref.mp4" --model "$tiny" --prompt "a cat" --steps 1 \
    --set img2img.seed=7 --set img2img.color_correction=true --set loopback.enabled=true \
    --set loopback.seed=random
exists "$dir/ref.mp4"

# Killed before every call that changes the disk: while frames are made, and at the very end.
faulty "count:$dir/calls" run "$dir/p.yaml"
same "exit code" 0 $code
calls=$(cat "$dir/calls")
[ "$calls" -gt 40 ] || fail "only $calls calls"
cmp "$dir/out.mp4" "$dir/ref.mp4" || fail "a job changes the output"
missing "$dir/out.job"
clean
n=1
while [ $n -le "$calls" ]; do
    faulty kill:$n run "$dir/p.yaml"
    [ $code -eq 137 ] || fail "kill $n: exit $code"
    "$restyle" run "$dir/p.yaml" 2>"$dir/stderr" </dev/null
    code=$?
    [ $code -eq 0 ] || { fail "after kill $n: exit $code"; cat "$dir/stderr"; }
    cmp "$dir/out.mp4" "$dir/ref.mp4" || fail "other bytes after kill $n"
    left=$(ls -A "$dir" | tr '\n' ' ')
    same "files after kill $n" "calls in.mp4 out.mp4 p.yaml ref.mp4 stderr stdout " "$left"
    clean
    n=$((n + 1))
done

# Killed again and again, each time a little later.
n=15
while faulty kill:$n run "$dir/p.yaml"; [ $code -eq 137 ]; do n=$((n + 1)); done
same "the last of many runs" 0 $code
cmp "$dir/out.mp4" "$dir/ref.mp4" || fail "other bytes after many kills"
clean

# A disk that fills up at any point, and is freed.
n=1
while [ $n -le "$calls" ]; do
    faulty full:$n run "$dir/p.yaml"
    if [ $code -ne 0 ]; then
        same "exit code of a full disk" 1 $code
        says "No space left on device"
    fi
    if [ ! -e "$dir/out.mp4" ]; then
        run 0 run "$dir/p.yaml"
    fi
    cmp "$dir/out.mp4" "$dir/ref.mp4" || fail "other bytes after a disk full at $n"
    clean
    n=$((n + 7))
done
finish

#!/bin/sh
# What `restyle status` tells of a job that runs, was interrupted, failed, is finished.
. tests/cli/lib/common.sh
. tests/cli/lib/resume.sh
shows() { grep -q -- "^$1" "$dir/stdout" || { fail "no line '$1' in:"; cat "$dir/stdout"; }; }

run 4 status "$dir/out.mp4"
says "there is neither '$dir/out.mp4' nor a job of it"

# Running: the first frame takes long.
"$restyle" run "$dir/p.yaml" --set img2img.steps=1000 --set img2img.strength=1 2>/dev/null &
pid=$!
for i in $(seq 300); do
    [ -s "$dir/out.job/journal" ] && break
    sleep 0.1
done
run 0 status "$dir/out.mp4"
shows "job      $dir/out.job\$"
shows "state    running, process $pid on "
shows "frames   [0-2] of 3 "
kill -s KILL $pid
wait $pid 2>/dev/null
run 0 status "$dir/out.mp4"
shows "state    interrupted\$"
clean

# Interrupted: two frames of three; by its output's name or its own.
n=30
while faulty kill:$n run "$dir/p.yaml"; [ "$(grep -c ' frame [01] ' "$dir/out.job/journal")" -lt 2 ]; do
    n=$((n + 2))
    clean
done
for name in out.mp4 out.job; do
    run 0 status "$dir/$name"
    shows "state    interrupted\$"
    shows "frames   2 of 3 (66.7 %)\$"
    shows "rate     [0-9.]* s a frame\$"
    shows "left     0:00:[0-9]* once it goes on\$"
done

# A run that has only begun knows the rate of the one before.
for n in $(seq 30); do
    faulty kill:$n run "$dir/p.yaml"
    tail -n 1 "$dir/out.job/journal" | grep -q ' begin ' && break
done
tail -n 1 "$dir/out.job/journal" | grep -q ' begin ' || fail "no run was stopped at its beginning"
run 0 status "$dir/out.mp4"
shows "frames   2 of 3 (66.7 %)\$"
shows "rate     [0-9.]* s a frame\$"

# Finished and kept; a folder as output.
mkdir "$dir/in"
for i in 1 2 3; do make_video "$dir/in/$i.png" -frames:v 1; done
run 0 run "$dir/p.yaml" --input "$dir/in" --output "$dir/frames" --set keep_job=true
for name in frames frames/ frames.job; do
    run 0 status "$dir/$name"
    shows "state    finished\$"
    shows "frames   3 of 3 (100.0 %)\$"
done

# A pipeline of several clips, and the folder of their outputs, with one of them made.
for clip in a10 a9; do cp "$dir/in.mp4" "$dir/$clip.mp4"; done
sed 's|^input:.*|input: [a10.mp4, a9.mp4]|; s|^output:.*|output: made|' "$dir/p.yaml" >"$dir/clips.yaml"
run 0 run "$dir/clips.yaml" --input "$dir/a10.mp4" --output "$dir/made/a10.mp4" --set keep_job=true
run 0 status "$dir/clips.yaml"
shows "job      $dir/made/a10.job\$"
shows "frames   3 of 3 "
shows "output   $dir/made/a9.mp4\$"
shows "state    not begun\$"
run 0 status "$dir/made"
same "jobs in a folder" "job      $dir/made/a10.job" "$(grep ^job "$dir/stdout")"

# Failed, and why: a video cannot take the third frame.
clean
make_video "$dir/in/3.png" -vf scale=40:28 -frames:v 1
run 1 run "$dir/p.yaml" --input "$dir/in"
run 0 status "$dir/out.mp4"
shows "state    failed\$"
shows "frames   2 of 3 "
shows "error    frame 3: 3.png gives 40x28, but the video began with 36x28"

# Done, and nothing left of the job.
clean
run 0 run "$dir/p.yaml"
run 0 status "$dir/out.mp4"
shows "state    '$dir/out.mp4' is there, and no job of it\$"
finish

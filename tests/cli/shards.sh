#!/bin/sh
# Parts of a clip by processes of their own, and their join: byte by byte a single run, also when one
# dies and is run again, or runs twice.
. tests/cli/lib/common.sh
. tests/cli/lib/resume.sh
make_video "$dir/in.mp4" -f lavfi -i sine=440 -c:a aac -vf fps=25 -t 0.32
sed -i '/^loopback/d' "$dir/p.yaml"
run 0 image "$dir/in.mp4" --output "$dir/ref.mp4" --model "$tiny" --prompt "a cat" --steps 1 \
    --set img2img.seed=7 --set img2img.color_correction=true
same "frames" "8" "$(stream "$dir/ref.mp4" nb_read_packets)"

# shards OPTION...: all three at once.
shards() {
    pids=
    for i in 1 2 3; do
        "$restyle" run "$dir/p.yaml" --shard $i/3 "$@" >"$dir/log$i" 2>&1 </dev/null &
        pids="$pids $!"
    done
    for pid in $pids; do wait "$pid" || { fail "a shard: exit $?"; cat "$dir"/log?; }; done
}
shards
run 0 join "$dir/p.yaml"
says "out.mp4: 8 frames of 36x28 in "
says ", 8 of them made before"
cmp "$dir/out.mp4" "$dir/ref.mp4" || fail "shards: other bytes"
missing "$dir/out.job"
clean

# A join that is killed before any of its writes and removals goes on, or has finished.
shards
cp -r "$dir/out.job" "$dir/parts"
n=1 code=137
while [ $code -eq 137 ]; do
    rm -rf "$dir/out.mp4" "$dir/out.job"
    cp -r "$dir/parts" "$dir/out.job"
    faulty kill:$n join "$dir/p.yaml"
    step=5
    [ ! -e "$dir/out.mp4" ] || step=1 # while it clears away
    run 0 join "$dir/p.yaml"
    cmp "$dir/out.mp4" "$dir/ref.mp4" || fail "a join killed at $n: other bytes"
    n=$((n + step))
done
same "exit code of a join" 0 $code
says "out.mp4: finished already, 8 frames"
clean

# Styles are in the prompts that the output tells, whoever puts it together.
printf 'name,prompt,negative_prompt\nink,ink {prompt},photo\n' >"$dir/styles.csv"
styled="--set img2img.styles=ink --set img2img.styles_file=$dir/styles.csv"
shards $styled
run 0 join "$dir/p.yaml" $styled
run 0 run "$dir/p.yaml" $styled --output "$dir/styled.mp4"
cmp "$dir/out.mp4" "$dir/styled.mp4" || fail "shards with styles: other bytes"
clean

# One dies, anywhere; join tells, and the shard is run again.
for n in 5 12 19 26; do
    faulty kill:$n run "$dir/p.yaml" --shard 2/3
    same "exit code of a killed shard" 137 $code
    run 0 run "$dir/p.yaml" --shard 1/3
    run 0 run "$dir/p.yaml" --shard 3/3
    run 1 join "$dir/p.yaml"
    says "it is not made yet: run its shard again, or \`restyle run\` to make all that is missing"
    missing "$dir/out.mp4"
    run 0 run "$dir/p.yaml" --shard 2/3
    run 0 run "$dir/p.yaml" --shard 2/3 # once more does no harm
    says "3 of them made before"
    run 0 join "$dir/p.yaml"
    cmp "$dir/out.mp4" "$dir/ref.mp4" || fail "a shard killed at $n: other bytes"
    clean
done

# What shards have left is also made by a plain run.
run 0 run "$dir/p.yaml" --shard 1/3
run 0 status "$dir/out.mp4"
grep -q "^state    waits for shards\$" "$dir/stdout" && grep -q "^frames   3 of 8 " "$dir/stdout" && grep -q "^shard    1 of 3: 3 frames\$" "$dir/stdout" ||
    { fail "status of shards:"; cat "$dir/stdout"; }
run 0 run "$dir/p.yaml"
says ", 3 of them made before"
cmp "$dir/out.mp4" "$dir/ref.mp4" || fail "a run over shards: other bytes"
clean

# The same shard twice at once, and a join before all are done.
"$restyle" run "$dir/p.yaml" --shard 1/3 --set img2img.steps=1000 --set img2img.strength=1 2>/dev/null &
pid=$!
for i in $(seq 300); do
    [ -s "$dir/out.job/shard-1-of-3.journal" ] && break
    sleep 0.1
done
run 1 run "$dir/p.yaml" --shard 1/3 --set img2img.steps=1000 --set img2img.strength=1
says "shard 1 of 3 of 'out.job' is being made by process $pid on "
run 1 join "$dir/p.yaml" --set img2img.steps=1000 --set img2img.strength=1
says "'out.job' is being worked on by shards of this job"
run 3 run "$dir/p.yaml" --shard 2/3
says "'out.job' was begun with img2img.strength: 1, not 0.55"
kill -s KILL $pid
wait $pid 2>/dev/null
clean

# A folder of frames; more shards than frames.
run 0 run "$dir/p.yaml" --output "$dir/frames_ref"
shards --output "$dir/frames"
run 0 join "$dir/p.yaml" --output "$dir/frames"
diff -r "$dir/frames" "$dir/frames_ref" || fail "shards: other frames"
missing "$dir/frames.job"
clean
set -- --set filters.after=tmix=frames=3 --set exec.command=cat --set exec.when=after
run 0 run "$dir/p.yaml" --output "$dir/mixed_ref" "$@"
shards --output "$dir/frames" "$@"
run 0 join "$dir/p.yaml" --output "$dir/frames" "$@"
diff -r "$dir/frames" "$dir/mixed_ref" || fail "shards: other mixed frames"
clean
run 0 run "$dir/p.yaml" --shard 20/20
run 1 join "$dir/p.yaml"
clean

# What cannot be cut is refused with advice.
run 3 run "$dir/p.yaml" --shard 1/2 --set loopback.enabled=true
says "set scene_cut (to 0.4, say), so that loopback begins anew with each scene, run it without --shard, "
run 1 join "$dir/p.yaml"
says "there is no 'out.job' to join: run its shards first"
make_video "$dir/one.png" -frames:v 1
run 3 run "$dir/p.yaml" --shard 1/2 --input "$dir/one.png" --output "$dir/two.png"
says "one picture cannot be made in shards"
missing "$dir/two.png"
for shard in 0/3 4/3 1 1/0 x 1/2x -1/2; do
    run 2 run "$dir/p.yaml" --shard="$shard"
    says "is no part such as 2/8"
done
run 2 run "$dir/p.yaml" --shard 1/2 --restart
missing "$dir/out.job"
finish

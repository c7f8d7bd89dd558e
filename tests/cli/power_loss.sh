#!/bin/sh
# Power loss: runs are written down call by call (tests/fault/record.c); what a disk may hold after
# each call (tests/fault/crash_state.c) is made, looked at, and run on. `make check` does so with
# $RS_LOSSES states of each run, spread evenly, `make check-long` with all.
. tests/cli/lib/common.sh
. tests/cli/lib/resume.sh
: "${RS_LOSSES:=9}" "${RS_MIXES:=1}"
crash_state=$B/crash_state
[ -x "$crash_state" ] || { echo "$crash_state is not built"; exit 77; }
dir=$(cd "$dir" && pwd -P)
work=$dir/work

# begin: a new folder $work with the files of $dir/base, and an empty log.
begin() { rm -rf "$work" "$dir/log"; cp -a "$dir/base" "$work"; from=0; }

# recorded PLAN ARGUMENT...: restyle, and in $dir/log what it does below $work; PLAN as RS_FAULT.
recorded() {
    plan=$1; shift
    RS_FAULT=$plan RS_RECORD=$dir/log RS_RECORD_BELOW=$work LD_PRELOAD="$fault $(pwd)/$B/record.so" \
        "$restyle" "$@" >"$dir/stdout" 2>"$dir/stderr" </dev/null
    code=$?
}

# completes ARGUMENT...: the same, which succeeds.
completes() { recorded none "$@"; [ $code -eq 0 ] || { fail "restyle $*: exit $code"; cat "$dir/stderr"; }; }

# calls: the log as $dir/calls, its length as $n.
calls() { "$crash_state" "$dir/log" "$dir/base" calls >"$dir/calls"; n=$(wc -l <"$dir/calls" | tr -d ' '); }

# state NUMBER NAME: the disk then, as $work.
state() { rm -rf "$work"; "$crash_state" "$dir/log" "$dir/base" make "$1" "$2" "$work" || fail "state $1 $2"; }

# is_done: nothing is missing in the log, and all that the finished runs leave is on the disk, as $dir/done.
is_done() {
    calls
    rm -rf "$dir/done"
    mv "$work" "$dir/done"
    state "$n" whole
    diff -r "$dir/done" "$work" || fail "the log is not complete"
    state "$n" lost
    for f; do diff -r "$dir/done/$f" "$work/$f" || fail "'$f' is finished, and lost"; done
}

# kept NUMBER: how many of the three frames are on the disk by then, as records of the journal; the
# first of each run tells that it begins, the last one that the output is complete.
kept() {
    awk -v to="$1" -v from="$from" '$1 > to { exit }
        $2 == "fsync" && $3 ~ /\.job\/journal$/ { n++; begun += $1 > from && !again++ || n == 1 }
        END { n -= begun; print (n > 3 ? 3 : n) }' "$dir/calls"
}

# each_state CHECK FILE: CHECK looks at a state as $work, and then at what `restyle run FILE` leaves of it.
each_state() {
    "$crash_state" "$dir/log" "$dir/base" list "$RS_MIXES" | awk -v from="$from" '$1 >= from' >"$dir/states"
    all=$(wc -l <"$dir/states" | tr -d ' ')
    awk -v all="$all" -v want="$RS_LOSSES" \
        'int((NR - 1) * want / all) != int(NR * want / all)' "$dir/states" >"$dir/sample"
    while read -r number name; do
        state "$number" "$name"
        least=$(kept "$number") at="after call $number, $name"
        $1 before
        "$restyle" run "$2" >"$dir/stdout" 2>"$dir/stderr" </dev/null ||
            { fail "run $at:"; cat "$dir/stderr"; }
        $1 after
        ! grep "missing or damaged" "$dir/stderr" || fail "$at"
        made=$(sed -n 's/.*, \([0-9]*\) of them made before.*/\1/p' "$dir/stderr")
        grep -q "finished already" "$dir/stderr" || [ "${made:-0}" -ge "$least" ] ||
            fail "$at: $least frames were kept, ${made:-none} are left"
    done <"$dir/sample"
    echo "$1: $(wc -l <"$dir/sample") of $all states, $n calls"
}

# is FILE ONE...: it has the bytes of one of them.
is() {
    file=$1; shift
    for one; do cmp -s "$file" "$one" && return; done
    fail "$at: '$file' is none of $*"
}

# A video over an older one, which is there until the new one is.
video() {
    is "$work/in.mp4" "$dir/base/in.mp4"
    is "$work/p.yaml" "$dir/base/p.yaml"
    if [ "$1" = before ]; then
        is "$work/out.mp4" "$dir/base/out.mp4" "$dir/done/out.mp4"
        ! cmp -s "$work/out.mp4" "$dir/done/out.mp4" || least=0 # it is made once more
        return
    fi
    is "$work/out.mp4" "$dir/done/out.mp4"
    same "files, $at" "events.jsonl in.mp4 out.mp4 p.yaml" "$(ls -A "$work" | xargs)"
    ! grep -v '^{"clip": .*}$' "$work/events.jsonl" || fail "$at: events"
}
mkdir "$dir/base"
mv "$dir/in.mp4" "$dir/p.yaml" "$dir/base"
cp "$dir/base/in.mp4" "$dir/base/out.mp4"
cp "$dir/base/p.yaml" "$dir/plain.yaml"
printf 'overwrite: true\nevents: events.jsonl\n' >>"$dir/base/p.yaml"
begin
completes run "$work/p.yaml"
is_done out.mp4 events.jsonl
same "records in the journal, and those on the disk" "$(grep -c ' write .*/journal$' "$dir/calls")" \
    "$(grep -c ' fsync .*/journal$' "$dir/calls")"
same "events" 3 "$(wc -l <"$work/events.jsonl" | tr -d ' ')"
each_state video "$work/p.yaml"

# The same by a run that goes on with what a killed one has left.
begin
recorded "kill:25" run "$work/p.yaml"
same "exit code" 137 $code
calls
from=$n
completes run "$work/p.yaml"
is_done out.mp4 events.jsonl
each_state video "$work/p.yaml"

# Which call has given the output its name.
output_named() { sed -n 's|^\([0-9]*\) rename .* new/out.mp4$|\1|p' "$dir/calls"; }

# Killed when the output has its name, but not yet on the disk: the next run says "finished".
sed 's|^output: .*|output: new/out.mp4|' "$dir/plain.yaml" >"$dir/base/p.yaml"
begin
recorded "count:$dir/number" run "$work/p.yaml"
calls
begin
recorded "kill:$(($(cat "$dir/number") - n + $(output_named) + 1))" run "$work/p.yaml"
calls
same "the last call" "rename new/out.mp4" "$(sed -n '$s/^[0-9]* \(rename\) .* /\1 /p' "$dir/calls")"
completes run "$work/p.yaml"
grep -q "finished already" "$dir/stderr" || fail "not finished"
is_done new/out.mp4

# Killed while it makes its folders: the next run, which finds them, brings them to the disk.
for i in 1 2 3 4 5 6; do
    begin
    recorded kill:$i run "$work/p.yaml"
    completes run "$work/p.yaml"
    calls
    state "$(output_named)" lost
    same "frames on the disk, killed at $i" 3 "$(grep -c ' frame ' "$work/new/out.job/journal")"
done

# Pictures in a new folder: each is there whole, or not yet.
pictures() {
    for f in "$work/new/out/"*; do
        [ ! -e "$f" ] || is "$f" "$dir/done/new/out/${f##*/}"
    done
    [ "$1" = before ] || diff -r "$work" "$dir/done" || fail "$at: other files"
}
sed 's|^output: .*|output: new/out|' "$dir/plain.yaml" >"$dir/base/p.yaml"
begin
completes run "$work/p.yaml"
is_done new/out
each_state pictures "$work/p.yaml"

# Shards of frames that do not need each other, and their join.
joined() {
    if [ "$1" = before ]; then
        least=0
        [ ! -e "$work/out.mp4" ] || is "$work/out.mp4" "$dir/done/out.mp4"
        return
    fi
    is "$work/out.mp4" "$dir/done/out.mp4"
    same "files, $at" "in.mp4 out.mp4 p.yaml" "$(ls -A "$work" | xargs)"
}
sed '/^loopback/d' "$dir/plain.yaml" >"$dir/base/p.yaml"
rm "$dir/base/out.mp4"
begin
for shard in 1/2 2/2; do completes run "$work/p.yaml" --shard $shard; done
completes join "$work/p.yaml"
is_done out.mp4
each_state joined "$work/p.yaml"

# What is made without a job, in new folders.
begin
make_video "$dir/still.png" -frames:v 1
plain="--model $tiny --prompt cat --steps 1"
completes image "$dir/still.png" --output "$work/a/b/picture.jpg" $plain
completes image "$work/in.mp4" --output "$work/c/video.mkv" $plain
completes convert tests/golden/tiny_single.safetensors "$work/converted.safetensors"
completes convert "$tiny" "$work/d/model" --precision f16
completes merge tests/golden/merge/a.safetensors tests/golden/merge/b.safetensors --output "$work/merged.safetensors"
completes sheet "$work/p.yaml" --frames 1 --cell 32 --sheet "$work/sheet.png"
is_done a c converted.safetensors d merged.safetensors sheet.png
finish

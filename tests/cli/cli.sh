#!/bin/sh
# The command line itself: help, version, mistakes, overrides, exit codes.
set -u
restyle=${B:=build}/restyle
failed=0
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# expect CODE TEXT ARGUMENT...: the exit code, and a pattern for all that is printed.
expect() {
    code=$1 text=$2; shift 2
    "$restyle" "$@" >"$dir/out" 2>&1
    got=$?
    [ $got -eq "$code" ] || { echo "restyle $*: exit $got, expected $code"; failed=1; }
    grep -qF -- "$text" "$dir/out" || { echo "restyle $*: '$text' is not in:"; cat "$dir/out"; failed=1; }
}
demo=pipelines/demo.yaml
tiny="--model tests/golden/tiny --input samples/clip.mp4"

expect 2 "no command given"
expect 0 "commands:" --help
expect 0 "restyle 0.1.0" --version
expect 2 "unknown command 'chek' (did you mean 'check'?)" chek
expect 2 "unknown option '--hepl' (did you mean '--help'?)" --hepl
expect 0 "usage: restyle check [OPTION]... PIPELINE" check --help
expect 0 "--input PATH         a video, an animated image, or a folder of frames" check x -h
expect 2 "unknown option '--inptu' (did you mean '--input'?)" check --inptu x
expect 2 "option '--input' needs a value" check $demo --input
expect 2 "option '--resolved' takes no value" check $demo --resolved=yes
expect 2 "missing argument: restyle check PIPELINE" check
expect 2 "unexpected argument 'b.yaml'" check $demo b.yaml
expect 2 "expected KEY=VALUE" check $demo --set steps
expect 2 "see 'restyle check --help'" check --nope
expect 4 "cannot open 'nosuch.yaml': No such file" check nosuch.yaml
expect 4 "cannot open '--help'" check -- --help
expect 4 "it is a folder" check samples

expect 0 "steps: 33" check $demo $tiny --resolved --set img2img.steps=33
expect 0 'prompt: "a: b # c"' check $demo $tiny --resolved --set "img2img.prompt=a: b # c"
expect 0 'prompt: "a\nb"' check $demo $tiny --resolved --set 'img2img.prompt="a\nb"'
expect 0 'prompt: ""' check $demo $tiny --resolved --set img2img.prompt=
expect 0 "steps: 4" check $demo $tiny --resolved --set img2img.steps=3 --set=img2img.steps=4
expect 0 "threads: 2" check $demo $tiny --resolved --threads 2
expect 3 "--set img2img.stpes=3: img2img.stpes: unknown key (did you mean 'steps'?)" \
    check $demo $tiny --set img2img.stpes=3
expect 3 "--set img2img.steps=0: img2img.steps: 0 is out of range, expected 1 to 1000" \
    check $demo $tiny --set img2img.steps=0
expect 3 "--set model.x=1: model: expected a path, not a group of keys" check $demo $tiny --set model.x=1
expect 3 "is no quoted YAML text" check $demo $tiny --set "img2img.prompt='x"
expect 3 "$demo:22:10: encode.codec:" check $demo $tiny --output "$dir/x.webm"
expect 3 "--output $dir/x.txt: output:" check $demo $tiny --output "$dir/x.txt"
expect 4 "--input nosuch.mp4: input: there is no 'nosuch.mp4'" check $demo --input nosuch.mp4

# Paths given here are relative to the current folder, and written absolute.
expect 0 "output: \"$(pwd -P)/build/y.mp4\"" check $demo $tiny --resolved --output build/y.mp4
expect 0 "output: \"$(pwd -P)/out/demo.mp4\"" check $demo $tiny --resolved

# Nothing is overwritten unasked: the demo's `overwrite: true` is about its own output.
: >"$dir/mine.mp4"
expect 1 "allow it with --overwrite" check $demo $tiny --output "$dir/mine.mp4"
expect 0 "overwrite: true" check $demo $tiny --resolved --output "$dir/mine.mp4" --overwrite
expect 0 "overwrite: false" check $demo $tiny --resolved --output "$dir/other.mp4"
expect 1 "it is no folder" check $demo $tiny --output "$dir/mine.mp4/x.mp4"
ln -s "$(pwd)/samples/clip.mp4" "$dir/link.mp4"
expect 3 "is the input itself" check $demo $tiny --output "$dir/link.mp4" --overwrite

expect 0 '"$schema"' schema --json
expect 2 "exclude each other" schema --json --markdown
"$restyle" schema >/dev/full 2>"$dir/out" && { echo "a full disk goes unnoticed"; failed=1; }

"$restyle" schema --markdown | diff pipelines/SCHEMA.md - ||
    { echo "stale: run $restyle schema --markdown >pipelines/SCHEMA.md"; failed=1; }
"$restyle" schema --yaml | diff pipelines/reference.yaml - ||
    { echo "stale: run $restyle schema --yaml >pipelines/reference.yaml"; failed=1; }
"$restyle" check pipelines/reference.yaml || { echo "pipelines/reference.yaml is not right"; failed=1; }
exit $failed

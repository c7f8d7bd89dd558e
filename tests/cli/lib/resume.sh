# For the scripts about jobs that are stopped and go on. The clip has sound, and every frame
# depends on the one before it; the reference is made by `image`, which keeps no job.
need ffmpeg
fault=$(pwd)/$B/fault.so
[ -z "$SAN" ] || { echo "a sanitizer wants to be loaded first"; exit 77; }
[ -f "$fault" ] || { echo "$fault is not built"; exit 77; }
make_video "$dir/in.mp4" -f lavfi -i sine=440 -c:a aac -vf fps=25 -t 0.12
cat >"$dir/p.yaml" <<END_OF_PIPELINE
model: $(pwd)/$tiny
input: in.mp4
output: out.mp4
img2img: { prompt: a cat, steps: 1, seed: 7, color_correction: true }
loopback: { enabled: true, seed: random }
END_OF_PIPELINE

# faulty PLAN ARGUMENT...: restyle with a fault of tests/fault/fault.c; its exit code in $code.
faulty() {
    plan=$1; shift
    RS_FAULT=$plan LD_PRELOAD=$fault "$restyle" "$@" >"$dir/stdout" 2>"$dir/stderr" </dev/null
    code=$?
}

# clean: neither output nor job.
clean() { rm -rf "$dir/out.mp4" "$dir/out.job" "$dir/out" "$dir/frames" "$dir/frames.job"; }

# flip FILE OFFSET: another byte in its place.
flip() {
    byte=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
    printf "\\$(printf %o $(((byte + 1) % 256)))" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

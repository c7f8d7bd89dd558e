#!/bin/sh
# The same command gives the same bytes, for any number of threads; loopback and
# seeds do what they say, repeatably.
. tests/cli/lib/common.sh
need ffmpeg
ffmpeg -nostdin -v error -f lavfi -i testsrc2=s=32x24:r=10 -frames:v 3 "$dir/clip.mp4"
cat >"$dir/p.yaml" <<END
model: $(pwd)/$tiny
input: clip.mp4
output: default
infotext: { write: false } # so that files differ by their pixels only
img2img: { prompt: a cat, steps: 3, sampler: euler_a, seed: 7 }
END

# frames NAME OPTION...: the pipeline into the folder NAME.
frames() {
    name=$1; shift
    run 0 run "$dir/p.yaml" --output "$dir/$name" "$@"
}
# equal A B [FRAME]..., differ A B FRAME...: the pictures of two runs, byte by byte.
equal() {
    a=$1 b=$2; shift 2
    for i in ${*:-1 2 3}; do
        cmp "$dir/$a/frame_00000$i.png" "$dir/$b/frame_00000$i.png" || fail "frame $i of $a and $b differs"
    done
}
differ() {
    a=$1 b=$2; shift 2
    for i; do
        cmp -s "$dir/$a/frame_00000$i.png" "$dir/$b/frame_00000$i.png" && fail "frame $i of $a and $b is the same"
    done
}

frames one --threads 1
for n in 1 2 5; do
    frames threads$n --threads $n
    equal one threads$n
done
frames low --memory low
equal one low
run 0 run "$dir/p.yaml" --output "$dir/one.mp4" --threads 1
run 0 run "$dir/p.yaml" --output "$dir/two.mp4" --threads 3
cmp "$dir/one.mp4" "$dir/two.mp4" || fail "the videos of two runs differ"
frames seed8 --set img2img.seed=8
differ one seed8 1 2 3

# Without SIMD: repeatable as well, and a picture that nobody could tell apart.
RESTYLE_CPU=scalar; export RESTYLE_CPU
frames scalar
frames scalar2 --threads 2
unset RESTYLE_CPU
equal scalar scalar2
for i in 1 2 3; do
    pixels "$dir/one/frame_00000$i.png" >"$dir/a"
    pixels "$dir/scalar/frame_00000$i.png" >"$dir/b"
    # cmp -l prints the values in octal
    worst=$(cmp -l "$dir/a" "$dir/b" | awk '
        function v(s) { return 64 * int(s / 100) + 8 * int(s / 10 % 10) + s % 10 }
        { d = v($2) - v($3); d = d < 0 ? -d : d; if (d > m) m = d } END { print m + 0 }')
    [ "$worst" -le 2 ] || fail "frame $i without SIMD differs by $worst of 255"
done

# Loopback: frame 1 has no past; from frame 2 on there is one.
frames loop --set loopback.enabled=true
frames loop-again --set loopback.enabled=true --threads 1
equal one loop 1
differ one loop 2 3
equal loop loop-again
frames blend0 --set loopback.enabled=true --set loopback.blend=0
equal one blend0
for seed in increment random; do
    frames $seed --set loopback.enabled=true --set loopback.seed=$seed
    frames $seed-again --set loopback.enabled=true --set loopback.seed=$seed
    equal one $seed 1
    differ loop $seed 2 3
    equal $seed $seed-again
done
differ increment random 2 3
# seed: increment is img2img.seed plus the number of the frame.
frames inc0 --set loopback.enabled=true --set loopback.blend=0 --set loopback.seed=increment
equal inc0 one 1
equal inc0 seed8 2
finish

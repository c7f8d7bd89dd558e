#!/bin/sh
# A job killed at random times, $RS_KILLS of them: `make check-long` takes 100. A picture here
# takes long enough to be hit in the middle of diffusion, decoding, keeping and encoding.
. tests/cli/lib/common.sh
. tests/cli/lib/resume.sh
: "${RS_KILLS:=10}"
sed -i "s|^model: .*|model: $(pwd)/samples/model|; s|steps: 1|steps: 2|" "$dir/p.yaml"
echo "size: 64x64" >>"$dir/p.yaml"
run 0 run "$dir/p.yaml" --output "$dir/ref.mp4"
seed=$(date +%s)
echo "seed $seed"
# A run that is left alone takes about $long hundredths of a second.
start=$(date +%s%N)
run 0 run "$dir/p.yaml"
long=$((($(date +%s%N) - start) / 10000000))
clean
killed=0 tries=0
while [ $killed -lt "$RS_KILLS" ] && [ $tries -lt $((5 * RS_KILLS)) ]; do
    tries=$((tries + 1))
    delay=$(awk -v seed=$((seed + tries)) -v long="$long" 'BEGIN { srand(seed); printf "%.2f\n", rand() * long / 100 }')
    "$restyle" run "$dir/p.yaml" 2>"$dir/stderr" </dev/null &
    pid=$!
    sleep "$delay"
    kill -s KILL $pid 2>/dev/null
    wait $pid 2>/dev/null
    [ $? -eq 137 ] && killed=$((killed + 1))
    [ -e "$dir/out.mp4" ] || run 0 run "$dir/p.yaml"
    cmp "$dir/out.mp4" "$dir/ref.mp4" || fail "other bytes after $delay s"
    clean
done
[ $killed -eq "$RS_KILLS" ] || fail "only $killed of $tries runs were killed"
finish

#!/bin/sh
# What frames pass beside the model holds few of them, however long the clip: filters, programs, other
# rates, fields, folders, animations; and pictures do not wait for sound that is far away. `make
# check-long` takes 10,000 frames.
. tests/cli/lib/common.sh
. tests/cli/lib/peak.sh
need ffmpeg
: "${RS_SHORT:=100}" "${RS_LONG:=300}"
base="--overwrite --model $tiny --prompt cat --set img2img.strength=0"
fast="--set encode.preset=ultrafast"
ff() { ffmpeg -nostdin -v error -y "$@" || fail "ffmpeg $*"; }
# Matroska: mp4 has a table of all packets, about 0.1 kB for each, which is read and written whole.
ff -f lavfi -i testsrc2=s=64x36:r=25 -f lavfi -i sine=440 -frames:v "$RS_LONG" -shortest -c:v libx264 -preset ultrafast \
    -vf setfield=tff -flags +ildct -c:a pcm_s16le "$dir/$RS_LONG.mkv"
ff -i "$dir/$RS_LONG.mkv" -an "$dir/$RS_LONG.gif"
for ext in mkv gif; do ff -i "$dir/$RS_LONG.$ext" -frames:v "$RS_SHORT" -c copy "$dir/$RS_SHORT.$ext"; done
# flat WHAT INPUT OUTPUT OPTION...: a long clip needs no more than a short one; N in a name: of frames.
flat() {
    what=$1 in=$2 out=$3; shift 3
    for n in $RS_SHORT $RS_LONG; do
        [ "$n" = "$RS_SHORT" ] || short=$now
        now=$(peak_of image "$dir/$n$in" --output "$dir/out-$n$out" $base "$@")
        [ "$now" -gt 0 ] || fail "$what: no measurement"
    done
    echo "$what: $short kB, long $now kB"
    [ "$now" -le $((short + short / 20 + names)) ] || fail "memory grows: $what"
}
names=0
flat "fields, rates, filters, and a program" .mkv .mkv $fast --set fps=20 --set filters.before=hqdn3d --set exec.command=cat \
    --set filters.after=minterpolate=fps=30:mi_mode=blend,unsharp
flat "into a folder" .mkv /
mv "$dir/out-$RS_SHORT" "$dir/$RS_SHORT.in"; mv "$dir/out-$RS_LONG" "$dir/$RS_LONG.in"
names=$((RS_LONG * 3 / 10)) # kB: a folder's list has 0.25 kB for each picture
flat "out of a folder" .in .apng
names=0
flat animations .gif .gif

# Sound that ends at once, or begins at the end: pictures of noise, 11 s of them are 7 MB.
noise="color=gray:s=320x240:r=4,noise=alls=100:allf=t"
ff -f lavfi -i $noise -t 12 -c:v libx264 -preset ultrafast -crf 5 "$dir/noise.mov"
ff -i "$dir/noise.mov" -f lavfi -t 0.5 -i sine=440 -c:v copy -c:a pcm_s16le "$dir/early.mov"
ff -i "$dir/noise.mov" -itsoffset 11 -f lavfi -t 1 -i sine=440 -c:v copy -c:a pcm_s16le "$dir/late.mov"
for clip in early late; do
    without=$(peak_of image "$dir/$clip.mov" --output "$dir/out.mkv" $base --set encode.codec=ffv1 --set encode.audio=none)
    with=$(peak_of image "$dir/$clip.mov" --output "$dir/out.mkv" $base --set encode.codec=ffv1)
    echo "$clip sound: $with kB, none $without kB"
    [ "$with" -gt 0 ] && [ "$with" -le $((without + without / 32)) ] || fail "pictures wait for $clip sound"
done
finish

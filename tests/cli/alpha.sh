#!/bin/sh
# Transparency, and what pictures are made of: bits, formats; all of it with frames nothing is done to.
. tests/cli/lib/common.sh
need ffmpeg ffprobe
pass="--model $tiny --prompt cat --steps 1 --set img2img.strength=0"
ff() { ffmpeg -nostdin -v error -y "$@" || fail "ffmpeg $*"; }
clear="testsrc2=s=64x48:r=25,format=rgba,geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':a='clip(X*5-16+20*N,0,255)'"
ff -f lavfi -i "$clear" -frames:v 2 -c:v ffv1 -pix_fmt bgra "$dir/in.mkv"

# rgba FILE [OPTION...]: all samples of 16 bits, with nothing where nothing is to be seen.
rgba() {
    f=$1; shift
    ffmpeg -nostdin -v error "$@" -i "$f" -vsync passthrough -vf "format=rgba64le,geq=r='r(X,Y)*gt(alpha(X,Y),0)':\
g='g(X,Y)*gt(alpha(X,Y),0)':b='b(X,Y)*gt(alpha(X,Y),0)':a='alpha(X,Y)'" -f rawvideo -pix_fmt rgba64le - | cksum
}
alpha() { ffmpeg -nostdin -v error "$@" -f rawvideo -pix_fmt rgba - | od -An -v -t u1 -w4 | awk '{ print $4 }'; }
# near WHAT A B: two lists of transparency differ by a step of 255 at most.
near() {
    printf '%s\n' "$2" >"$dir/a.txt"
    printf '%s\n' "$3" >"$dir/b.txt"
    paste "$dir/a.txt" "$dir/b.txt" |
        awk 'NF != 2 || $1 - $2 > 1 || $2 - $1 > 1 { print; exit 1 } END { if (!NR) exit 1 }' || fail "$1 differ"
}
seen=$(rgba "$dir/in.mkv")
[ "$seen" != "$(rgba "$dir/in.mkv" -ss 0.04)" ] || fail "the measure sees nothing"

# Without loss: every sample as it was, into and out of each.
ways="mkv:ffv1:bgra apng:apng:rgba"
for way in $ways; do
    end=${way%%:*} rest=${way#*:}
    run 0 image "$dir/in.mkv" --output "$dir/out.$end" $pass --set encode.codec=${rest%:*} \
        --set encode.pixel_format=${rest#*:}
    same "$end" "$seen" "$(rgba "$dir/out.$end")"
    run 0 image "$dir/out.$end" --output "$dir/$end/" $pass
    same "$end into PNGs" "$seen" "$(rgba "$dir/$end/frame_%06d.png")"
done
run 0 image "$dir/in.mkv" --output "$dir/out.webp" $pass --set encode.lossless=true
run 0 image "$dir/out.webp" --output "$dir/webp/" $pass
same "animated WebP" "$seen" "$(rgba "$dir/webp/frame_%06d.png")"
run 0 image "$dir/in.mkv" --output "$dir/tiff/" $pass --set encode.picture_format=tiff
same "TIFFs" "$seen" "$(rgba "$dir/tiff/frame_%06d.tif")"
run 0 image "$dir/tiff" --output "$dir/again/" $pass
same "PNGs of TIFFs" "$seen" "$(rgba "$dir/again/frame_%06d.png")"

# With loss the transparency is what it was, to a step; 4444 keeps 16 bits of it.
run 0 image "$dir/in.mkv" --output "$dir/out.mov" $pass --set encode.codec=prores_ks
same "ProRes" "4444|yuva444p12le" "$(stream "$dir/out.mov" profile,pix_fmt)"
near "ProRes, transparency" "$(alpha -i "$dir/in.mkv")" "$(alpha -i "$dir/out.mov")"
run 0 image "$dir/out.mov" --output "$dir/mov/" $pass
same "PNGs of ProRes" rgba64be "$(stream "$dir/mov/frame_000001.png" pix_fmt)"
same "PNGs of ProRes, transparency" "$(alpha -i "$dir/out.mov")" "$(alpha -i "$dir/mov/frame_%06d.png")"
ff -i "$dir/in.mkv" -c:v libvpx-vp9 -pix_fmt yuva420p -lossless 1 "$dir/in.webm"
run 0 image "$dir/in.webm" --output "$dir/out.webm" $pass --set encode.crf=0
same "WebM" 1 "$(ffprobe -v error -show_entries stream_tags=alpha_mode -of csv=p=0 "$dir/out.webm")"
near "WebM, transparency" "$(alpha -c:v libvpx-vp9 -i "$dir/in.webm")" "$(alpha -c:v libvpx-vp9 -i "$dir/out.webm")"
run 0 image "$dir/in.webm" --output "$dir/eight.webm" $pass --set encode.codec=libvpx
run 0 image "$dir/eight.webm" --output "$dir/eight/" $pass
same "VP8" rgba "$(stream "$dir/eight/frame_000001.png" pix_fmt)"

# Another size: that of the picture, scaled the same way.
run 0 image "$dir/in.mkv" --output "$dir/small/" $pass --size 32x24
same "size" "32|24|rgba" "$(stream "$dir/small/frame_000001.png" width,height,pix_fmt)"
# Not wanted, or not held: over white, which is said.
run 0 image "$dir/in.mkv" --output "$dir/none/" $pass --set encode.alpha=none
same "alpha: none" rgb24 "$(stream "$dir/none/frame_000001.png" pix_fmt)"
one_message
run 0 image "$dir/in.mkv" --output "$dir/out.mp4" $pass
says "transparency is lost, over white: a folder of pictures"
run 0 image "$dir/in.mkv" --output "$dir/jpeg/" $pass --set encode.picture_format=jpeg
says "transparency is lost, over white: JPEG has none"
exists "$dir/jpeg/frame_000002.jpg"

# What a job keeps of transparent frames gives the same bytes as what it has just made.
printf 'model: %s\ninput: in.mkv\noutput: job.apng\nimg2img: {prompt: cat, steps: 1, seed: 7}\n' "$(pwd)/$tiny" >"$dir/p.yaml"
run 0 image "$dir/in.mkv" --output "$dir/ref.apng" --model "$tiny" --prompt cat --steps 1 --seed 7
run 0 run "$dir/p.yaml" --shard 1/2
run 0 run "$dir/p.yaml" --shard 2/2
run 0 join "$dir/p.yaml"
same "kept frames" "rgba $(cksum <"$dir/ref.apng")" "$(stream "$dir/ref.apng" pix_fmt) $(cksum <"$dir/job.apng")"

# Bits of pictures: as the source, or as asked for; and 16 stay what they are.
ff -f lavfi -i "gradients=s=48x32:n=3:seed=1,format=rgb48be" -frames:v 1 "$dir/deep.png"
run 0 image "$dir/deep.png" --output "$dir/deep-out.png" $pass
same "16 bits" "$(rgba "$dir/deep.png")" "$(rgba "$dir/deep-out.png")"
same "16 bits" rgb48be "$(stream "$dir/deep-out.png" pix_fmt)"
run 0 image "$dir/deep.png" --output "$dir/deep-out.tif" $pass
same "16 bits of TIFF" "$(rgba "$dir/deep.png")" "$(rgba "$dir/deep-out.tif")"
run 0 image "$dir/deep.png" --output "$dir/deep8.png" $pass --set encode.bit_depth=8
same "8 bits" rgb24 "$(stream "$dir/deep8.png" pix_fmt)"
run 0 image "$dir/deep8.png" --output "$dir/deep16.png" $pass --set encode.bit_depth=16
bytes() { ffmpeg -nostdin -v error -i "$1" -f rawvideo -pix_fmt "$2" - | od -An -v -t u1 -w$3; }
same "8 bits as 16: 257 times as much" "$(bytes "$dir/deep8.png" rgb24 1 | awk '{ print $1, $1 }')" \
    "$(bytes "$dir/deep16.png" rgb48be 2 | awk '{ print $1, $2 }')"
refuses 3 "encode.bit_depth: is for pictures: of videos 'encode.pixel_format' says it" \
    image "$dir/in.mkv" --output "$dir/new/o.mp4" $pass --set encode.bit_depth=16
refuses 3 "encode.picture_format: is for folders" \
    image "$dir/in.mkv" --output "$dir/new/o.mp4" $pass --set encode.picture_format=jpeg
refuses 3 "encode.bit_depth: JPEG and WebP have 8 bits" \
    image "$dir/deep.png" --output "$dir/new/o.jpg" $pass --set encode.bit_depth=16
finish

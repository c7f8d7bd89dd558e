#!/bin/sh
# FFmpeg's filters before and after the model, which is passed by (strength 0): what comes out is
# what the ffmpeg program makes of the same RGB frames.
. tests/cli/lib/common.sh
need ffmpeg ffprobe
exact="--model $tiny --prompt cat --set img2img.strength=0 --set encode.codec=ffv1 --set encode.pixel_format=gbrp16le"
ffmpeg -nostdin -v error -f lavfi -i testsrc2=s=36x36:r=25 -t 0.4 -c:v ffv1 -pix_fmt gbrp16le "$dir/in.mkv"
sws=bicubic+accurate_rnd+bitexact+full_chroma_int+full_chroma_inp
# filtered FILE GRAPH: its pixels, by way of 16-bit RGB, as ours.
filtered() {
    ffmpeg -nostdin -v error -i "$1" -filter_complex "sws_flags=$sws;[0:v]format=rgba64le,$2,format=rgba64le" \
        -vsync passthrough -f rawvideo -pix_fmt rgb48le - | cksum
}
deep() { ffmpeg -nostdin -v error -i "$1" -vsync passthrough -f rawvideo -pix_fmt rgb48le - | cksum; }
# through NAME GRAPH: the same before and after.
through() {
    for when in before after; do
        run 0 image "$dir/in.mkv" --output "$dir/$1.mkv" --overwrite $exact --set "filters.$when=$2"
        same "$1 $when" "$(filtered "$dir/in.mkv" "$2")" "$(deep "$dir/$1.mkv")"
    done
}
through none null
through denoised hqdn3d=6
through sharper "unsharp=5:5:0.8,eq=contrast=1.2"
through larger scale=54:42
same "size of larger" "54|42" "$(stream "$dir/larger.mkv" width,height)"
through fewer fps=10
same "times of fewer" "0.000000 0.100000 0.200000 0.300000 " "$(frame_times "$dir/fewer.mkv" | tr '\n' ' ')"
same "rate of fewer" 10/1 "$(stream "$dir/fewer.mkv" avg_frame_rate)"
through doubled fps=50
# Frames that filters invent: as many as FFmpeg makes, at twice the rate.
run 0 image "$dir/in.mkv" --output "$dir/between.mkv" $exact --set filters.after="minterpolate=fps=50:mi_mode=dup"
same "frames in between" "$(ffmpeg -nostdin -v error -i "$dir/in.mkv" -vf "minterpolate=fps=50:mi_mode=dup" -f framecrc - | grep -vc '^#')" \
    "$(stream "$dir/between.mkv" nb_read_packets)"
# They do not make opaque frames transparent, by a rounding; but those that are to.
grep -q transparen "$dir/stderr" && fail "opaque frames are told to be transparent"
run 0 image "$dir/in.mkv" --output "$dir/keyed.mkv" $exact --set filters.before=colorkey=black:0.9 --set filters.after=null
says "the source's transparency is lost"
# Both, and a range that is taken before them.
run 0 image "$dir/in.mkv" --output "$dir/both.mkv" $exact --set filters.before=hflip --set filters.after=vflip \
    --set range.start=2 --set range.end=5
same both "$(filtered "$dir/in.mkv" trim=start_frame=2:end_frame=5,hflip,vflip)" "$(deep "$dir/both.mkv")"

# Folders and stills keep names; a name is for one file.
mkdir "$dir/frames" && ffmpeg -nostdin -v error -i "$dir/in.mkv" -frames:v 3 -pix_fmt rgb24 "$dir/frames/p%d.png"
run 0 image "$dir/frames" --output "$dir/out/" $exact --set filters.after=vflip --set filters.before=hflip
same names "p1.png p2.png p3.png " "$(ls "$dir/out" | tr '\n' ' ')"
ffmpeg -nostdin -v error -i "$dir/frames/p2.png" -vf hflip,vflip "$dir/turned.png"
same "a picture" "$(pixels "$dir/turned.png" | cksum)" "$(pixels "$dir/out/p2.png" | cksum)"
run 0 image "$dir/frames/p1.png" --output "$dir/one.png" $exact --set filters.before=scale=18:14
same "size of a still" "18|14" "$(stream "$dir/one.png" width,height)"
run 0 image "$dir/frames" --output "$dir/more/" $exact --set filters.after=fps=50
same "names of more" "frame_000002.png frame_000004.png frame_000006.png p1.png p2.png p3.png " "$(ls "$dir/more" | tr "\n" " ")"

# What FFmpeg says of a graph is said at check.
printf 'model: %s\ninput: %s\noutput: %s\nfilters:\n  before: hqdn4d\n  after: "eq=contrats=2"\n' \
    "$PWD/$tiny" "$dir/in.mkv" "$dir/x.mkv" >"$dir/p.yaml"
run 3 check "$dir/p.yaml"
says "p.yaml:5:11: filters.before: No such filter: 'hqdn4d'"
says "p.yaml:6:10: filters.after: "
says "contrats"
refuses 3 "the graph must have one video input and one video output" image "$dir/in.mkv" --output "$dir/new/x.mkv" \
    $exact --set filters.after=split
refuses 3 "the graph must have one video input and one video output" image "$dir/in.mkv" --output "$dir/new/x.mkv" \
    $exact --set filters.after=anull
refuses 4 "filters.before: " image "$dir/in.mkv" --output "$dir/new/x.mkv" $exact --set filters.before=crop=99:99
finish

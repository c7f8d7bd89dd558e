#!/bin/sh
# HDR video becomes SDR, and says so; or it is refused.
. tests/cli/lib/common.sh
need ffmpeg ffprobe
pass="--model $tiny --prompt cat --steps 1 --set img2img.strength=0"

# hdr FILE TRANSFER CODES OPTION...: flat RGB of these 10-bit codes, in BT.2020 or $primaries.
primaries=bt2020
hdr() {
    made=$1 as=$2 codes=$3; shift 3
    set -- "$@" "$made"
    ffmpeg -nostdin -v error -y -f lavfi -i "color=black:s=32x32:r=25,format=gbrp10le,geq=r=$(echo $codes | cut -d, -f1):\
g=$(echo $codes | cut -d, -f2):b=$(echo $codes | cut -d, -f3),scale=out_color_matrix=bt2020nc:out_range=tv,\
format=yuv444p10le" -frames:v 1 -color_range tv -colorspace bt2020nc -color_primaries $primaries -color_trc $as "$@" ||
        fail "ffmpeg: $made"
}
color() { ffmpeg -nostdin -v error -i "$1" -frames:v 1 -f rawvideo -pix_fmt rgb24 - | od -An -v -t u1 -N 3 | sed 's/^ *//; s/  */ /g'; }

# maps WHAT TRANSFER CODES EXPECTED: the colour that comes out, to a step.
maps() {
    hdr "$dir/in.mkv" $2 $3 -c:v ffv1
    run 0 image "$dir/in.mkv" --output "$dir/out.png" --overwrite $pass --set encode.bit_depth=8
    says "is HDR video ($1): it is tone-mapped to SDR"
    printf '%s %s\n' "$4" "$(color "$dir/out.png")" |
        awk '{ for (i = 1; i < 4; i++) if ($i - $(i + 3) > 1 || $(i + 3) - $i > 1) exit 1 }' ||
        fail "$1 $3: $(color "$dir/out.png"), expected $4"
}
# What tools/reference/tone_map.py gives: 24 cd/m2, white of 203, of 1000, and a red.
maps PQ smpte2084 381,381,381 "105 105 105"
maps PQ smpte2084 594,594,594 "230 230 230"
maps PQ smpte2084 769,769,769 "255 255 255"
maps PQ smpte2084 500,300,300 "207 10 64"
maps HLG arib-std-b67 767,767,767 "230 230 230"
maps HLG arib-std-b67 300,600,300 "0 175 79"
# The primaries of cinemas and of displays, of HDR and of SDR.
primaries=smpte432
maps PQ smpte2084 500,300,300 "189 59 65"
maps HLG arib-std-b67 300,600,300 "54 170 82"
hdr "$dir/in.mkv" iec61966-2-1 802,401,201 -c:v ffv1
run 0 image "$dir/in.mkv" --output "$dir/p3.mkv" $pass --set encode.codec=ffv1 --set encode.pixel_format=yuv444p10le
one_message # SDR keeps its colours and their tags
same "tags of SDR" "iec61966-2-1|smpte432" "$(stream "$dir/p3.mkv" color_transfer,color_primaries)"
same "colours of SDR" "$(color "$dir/in.mkv")" "$(color "$dir/p3.mkv")"
primaries=smpte431
maps PQ smpte2084 500,300,300 "185 59 66"
primaries=bt2020

# An APNG says it by a chunk, which goes behind the header here.
maps PQ smpte2084 500,300,300 "207 10 64"
cp "$dir/out.png" "$dir/was.png"
ffmpeg -nostdin -v error -i "$dir/in.mkv" -i "$dir/in.mkv" -filter_complex concat -c:v apng -pix_fmt rgb48be "$dir/plain.apng"
{ head -c 33 "$dir/plain.apng"; printf '\000\000\000\004\143\111\103\120\011\020\000\001\115\043\043\376'; tail -c +34 "$dir/plain.apng"; } >"$dir/pq.apng"
run 0 image "$dir/pq.apng" --output "$dir/out.png" --overwrite $pass --set range.end=1 --set encode.bit_depth=8
says "is HDR video (PQ)"
same "PQ of an APNG" "$(color "$dir/was.png")" "$(color "$dir/out.png")"

# The output is tagged as what it is, and may have 10 bits.
hdr "$dir/in.mkv" smpte2084 500,300,300 -c:v ffv1
run 0 image "$dir/in.mkv" --output "$dir/out.mp4" $pass --set encode.pixel_format=yuv420p10le
same "tags" "yuv420p10le|tv|smpte170m|bt709|bt709" \
    "$(stream "$dir/out.mp4" pix_fmt,color_range,color_space,color_transfer,color_primaries)"
run 0 image "$dir/out.mp4" --output "$dir/again.mp4" $pass
one_message # it is SDR now

# The light that the film says its brightest part has bends the curve.
hdr "$dir/bright.mkv" smpte2084 769,769,769 -c:v libx265 \
    -x265-params log-level=none:lossless=1:max-cll=4000,400:hdr10=1
run 0 image "$dir/bright.mkv" --output "$dir/out.png" --overwrite $pass --set encode.bit_depth=8
same "1000 cd/m2 of 4000" "250 250 250" "$(color "$dir/out.png")"

refuses 4 "is HDR video, which 'hdr: refuse' stops" image "$dir/in.mkv" --output "$dir/new/o.mp4" $pass --set hdr=refuse
run 0 image "$dir/out.mp4" --output "$dir/sdr.mp4" $pass --set hdr=refuse
# `check` tells it, where the input can be opened; of several each is refused when its turn comes.
cp "$dir/in.mkv" "$dir/hdr.mkv"
printf 'model: %s\ninput: hdr.mkv\noutput: new/o.mp4\nhdr: refuse\nimg2img: {prompt: cat, steps: 1, strength: 0}\n' \
    "$(pwd)/$tiny" >"$dir/p.yaml"
run 4 check "$dir/p.yaml"
says "p.yaml:4:6: hdr: '$dir/hdr.mkv' is HDR video, which 'hdr: refuse' stops"
run 0 check "$dir/p.yaml" --set hdr=tonemap
sed -i "s|^input:.*|input: [hdr.mkv, out.mp4]|; s|new/o.mp4|new/|" "$dir/p.yaml"
run 0 check "$dir/p.yaml"
run 1 run "$dir/p.yaml"
says "'hdr: refuse' stops"
exists "$dir/new/out.mp4"
missing "$dir/new/hdr.mkv"
rm -rf "$dir/new"
ffmpeg -nostdin -v error -y -i "$dir/in.mkv" -c copy -color_primaries film "$dir/film.mkv"
refuses 4 "it is HDR with the primaries 'film', which are not tone-mapped" \
    image "$dir/film.mkv" --output "$dir/new/o.mp4" $pass
finish

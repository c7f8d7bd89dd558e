#!/bin/sh
# Colours: tags, range and depth come through, measured with pictures that nothing is done to.
. tests/cli/lib/common.sh
need ffmpeg ffprobe
pass="--model $tiny --prompt cat --steps 1 --set img2img.strength=0"
exact=accurate_rnd+full_chroma_int+full_chroma_inp+bitexact

# film FILE MATRIX RANGE FORMAT OPTION...: two lossless frames of 96x64 in that coding.
film() {
    made=$1 as=$2 levels=$3 pixels=$4; shift 4
    ffmpeg -nostdin -v error -y -f lavfi -i "testsrc2=s=96x64:r=25,format=gbrp,scale=out_color_matrix=$as:\
out_range=$levels:flags=$exact,format=$pixels" -frames:v 2 -color_range $levels -colorspace $as "$@" "$made" ||
        fail "ffmpeg: $made"
}
tags() { stream "$1" color_range,color_space,color_transfer,color_primaries; }
frames() { ffmpeg -nostdin -v error -i "$1" -f rawvideo -pix_fmt "$2" -; }
# near WHAT A B FORMAT LIMIT: samples of two files (little-endian where they have 16 bits) differ by no more.
near() {
    frames "$2" "$4" | od -An -v -t u$((${6:-1})) -w$((${6:-1})) >"$dir/a.txt"
    frames "$3" "$4" | od -An -v -t u$((${6:-1})) -w$((${6:-1})) >"$dir/b.txt"
    worst=$(paste "$dir/a.txt" "$dir/b.txt" | awk 'NF != 2 { bad = 1 } { d = $1 > $2 ? $1 - $2 : $2 - $1; if (d > w) w = d }
        END { print NR && !bad ? w + 0 : "other sizes" }')
    [ "$worst" -le "$5" ] 2>/dev/null || fail "$1: off by $worst, at most $5 are right"
}

# Every tag, through encoders that store them in different ways.
n=0
while read -r range matrix primaries transfer format codec file; do
    n=$((n + 1))
    film "$dir/in$n.mkv" $matrix $range $format -c:v ffv1 -color_primaries $primaries -color_trc $transfer
    run 0 image "$dir/in$n.mkv" --output "$dir/out$n.$file" $pass --set encode.codec=$codec
    same "tags of $codec" "$(tags "$dir/in$n.mkv")" "$(tags "$dir/out$n.$file")"
done <<'END'
tv smpte170m smpte170m smpte170m yuv420p libx264 mp4
tv bt470bg bt470bg gamma28 yuv444p ffv1 mkv
tv bt709 bt709 bt709 yuv420p prores_ks mov
pc bt709 bt709 bt709 yuv420p libx264 mp4
pc smpte170m bt709 bt709 yuv444p libvpx-vp9 webm
tv bt2020nc bt2020 bt2020-10 yuv420p10le libx264 mp4
END
# What cannot be told is as players guess: of a small picture BT.601, of limited range.
run 0 image "$dir/in4.mkv" --output "$dir/guess.avi" $pass --set encode.codec=mpeg4 --set encode.crf=0
mean() { frames "$1" rgb24 | od -An -v -t u1 -w3 | awk '{ r += $1; g += $2; b += $3 } END { print int(r / NR), int(g / NR), int(b / NR) }'; }
printf '%s %s\n' "$(mean "$dir/in4.mkv")" "$(mean "$dir/guess.avi")" |
    awk '{ for (i = 1; i < 4; i++) if ($i - $(i + 3) > 2 || $(i + 3) - $i > 2) { print; exit 1 } }' ||
    fail "mean colours differ by more than the loss of the codec"

# More than 8 bits stay: within a step of what went in, and grey exactly.
while read -r format limit bytes; do
    film "$dir/deep.mkv" bt709 tv $format -c:v ffv1
    run 0 image "$dir/deep.mkv" --output "$dir/deep-out.mkv" --overwrite $pass --set encode.codec=ffv1 \
        --set encode.pixel_format=$format
    same "format" "$format" "$(stream "$dir/deep-out.mkv" pix_fmt)"
    near "$format" "$dir/deep.mkv" "$dir/deep-out.mkv" $format $limit $bytes
done <<'END'
yuv444p 1 1
yuv444p10le 1 2
yuv444p12le 1 2
yuv444p16le 3 2
gbrp10le 0 2
END
ffmpeg -nostdin -v error -f lavfi -i "color=gray:s=64x32:r=25,format=yuv420p10le,geq=lum='clip((X+64*Y)/2,64,940)':\
cb=512:cr=512" -frames:v 1 -c:v ffv1 -color_range tv -colorspace bt709 "$dir/ramp.mkv" || fail "no ramp"
run 0 image "$dir/ramp.mkv" --output "$dir/ramp-out.mkv" $pass --set encode.codec=ffv1 --set encode.pixel_format=yuv420p10le
same "ramp of 10 bits" "$(frames "$dir/ramp.mkv" yuv420p10le | cksum)" "$(frames "$dir/ramp-out.mkv" yuv420p10le | cksum)"
# Halved chroma is what swscale's most exact way makes of it, to the byte.
film "$dir/half.mkv" bt709 tv yuv420p10le -c:v ffv1
run 0 image "$dir/half.mkv" --output "$dir/half-out.mkv" $pass --set encode.codec=ffv1 --set encode.pixel_format=yuv420p10le
same "chroma" "$(frames "$dir/half-out.mkv" yuv420p10le | cksum)" "$(ffmpeg -nostdin -v error -i "$dir/half.mkv" \
    -vf "scale=flags=bicubic+$exact,format=rgb48le,scale=out_color_matrix=bt709:flags=bicubic+$exact,format=yuv420p10le" \
    -f rawvideo - | cksum)"
for codec in libx264 libx265 libvpx-vp9 libsvtav1; do
    run 0 image "$dir/half.mkv" --output "$dir/ten.mkv" --overwrite $pass --set encode.codec=$codec \
        --set encode.pixel_format=yuv420p10le
    same "10 bits of $codec" yuv420p10le "$(stream "$dir/ten.mkv" pix_fmt)"
done

# A coding without a matrix is refused, not guessed.
film "$dir/ycgco.mp4" bt709 tv yuv444p -c:v libx264 -qp 0 -x264-params colormatrix=YCgCo
refuses 4 "coded as 'ycgco'" image "$dir/ycgco.mp4" --output "$dir/new/o.mp4" $pass
finish

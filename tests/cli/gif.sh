#!/bin/sh
# GIF: a palette for every frame, one bit of transparency, times in hundredths, and how often it is shown.
. tests/cli/lib/common.sh
need ffmpeg ffprobe
pass="--model $tiny --prompt cat --steps 1 --set img2img.strength=0"
ff() { ffmpeg -nostdin -v error -y "$@" || fail "ffmpeg $*"; }
rgba() { ffmpeg -nostdin -v error -i "$1" -vsync passthrough -f rawvideo -pix_fmt rgba - | od -An -v -t u1 -w4; }

# An opaque frame, one with holes of every alpha, an opaque one again: nothing shows through.
ff -f lavfi -i "testsrc2=s=64x48:r=25,format=rgba,geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':a='if(eq(N,1),4*X,255)'" \
    -frames:v 3 -c:v ffv1 -pix_fmt bgra "$dir/in.mkv"
ff -i "$dir/in.mkv" -c:v libvpx-vp9 -pix_fmt yuva420p -lossless 1 "$dir/in.webm"
ff -i "$dir/in.mkv" "$dir/in%d.png"
mkdir "$dir/pngs" && mv "$dir"/in?.png "$dir/pngs/"
# off FILE OF: the mean error of the colours of what is opaque; or what is wrong with alpha.
off() {
    rgba "$1" >"$dir/b.txt"
    rgba "$2" >"$dir/a.txt"
    paste "$dir/a.txt" "$dir/b.txt" | awk 'function d(i) { return $i > $(i + 4) ? $i - $(i + 4) : $(i + 4) - $i }
        NF != 8 || ($4 >= 128) != ($8 == 255) || ($4 < 128) != ($8 == 0) { print "alpha of line", NR; bad = 1; exit }
        $8 { sum += d(1) + d(2) + d(3); n += 3 } END { if (!bad) print NR ? sum / n : "nothing" }'
}
# The picture has fewer colours than a palette, so there is no error at all; that of VP9 has more: 1.1.
close() {
    error=$(off "$1" "$2")
    awk -v e="$error" -v most="$3" 'BEGIN { exit !(e ~ /^[0-9.]+$/ && e + 0 < most) }' || fail "$1: off by $error"
}
for source in in.mkv in.webm pngs; do
    run 0 image "$dir/$source" --output "$dir/$source.gif" $pass
    one_message # none about transparency
done
close "$dir/in.mkv.gif" "$dir/in.mkv" 0.001
close "$dir/pngs.gif" "$dir/in.mkv" 0.001
run 0 image "$dir/in.webm" --output "$dir/webm.mkv" $pass --set encode.codec=ffv1 --set encode.pixel_format=bgra
close "$dir/in.webm.gif" "$dir/webm.mkv" 1.5
run 0 image "$dir/in.mkv.gif" --output "$dir/again.gif" $pass
same "GIF of a GIF" "$(rgba "$dir/in.mkv.gif" | cksum)" "$(rgba "$dir/again.gif" | cksum)"

# Times: rounded one by one, so that 29.97 a second stays 29.97; the last frame, too, as long as it was.
delays() { ffprobe -v error -show_entries packet=pts,duration -of csv=p=0 "$1" | tr '\n' ' '; }
make_video "$dir/ntsc.mp4" -frames:v 8
run 0 image "$dir/ntsc.mp4" --output "$dir/ntsc.gif" $pass
same "times of 29.97" "0,3 3,4 7,3 10,3 13,4 17,3 20,3 23,4 " "$(delays "$dir/ntsc.gif")"
run 0 image "$dir/ntsc.gif" --output "$dir/ntsc2.gif" $pass
same "times of GIF" "$(delays "$dir/ntsc.gif")" "$(delays "$dir/ntsc2.gif")"
run 0 image "$dir/ntsc.mp4" --output "$dir/fast.gif" $pass --set fps=100
says "shorter than 0.02 s for 0.1 s: set fps to 50 or less"

# How often: as the source says, also from one kind to another; videos go round for ever.
loops() { od -An -v -t x1 -w4096 "$1" | tr -d ' ' | sed -n 's/.*4e45545343415045322e300301\(....\).*/\1/p'; }
same "loops of a video" 0000 "$(loops "$dir/ntsc.gif")"
make_video "$dir/thrice.gif" -vf fps=2 -frames:v 3 -loop 2
make_video "$dir/once.gif" -vf fps=2 -frames:v 3 -loop -1
run 0 image "$dir/thrice.gif" --output "$dir/thrice-out.gif" $pass
same "three times" "0200" "$(loops "$dir/thrice-out.gif")"
run 0 image "$dir/once.gif" --output "$dir/once-out.gif" $pass
same "once" "" "$(loops "$dir/once-out.gif")"
run 0 image "$dir/thrice.gif" --output "$dir/thrice.apng" $pass
run 0 image "$dir/thrice.apng" --output "$dir/thrice.webp" $pass
run 0 image "$dir/thrice.webp" --output "$dir/round.gif" $pass
same "round the formats" "0200" "$(loops "$dir/round.gif")"

# What a job keeps gives the same bytes as what it has just made.
printf 'model: %s\ninput: in.mkv\noutput: job.gif\nimg2img: {prompt: cat, steps: 1, seed: 7}\n' "$(pwd)/$tiny" >"$dir/p.yaml"
run 0 image "$dir/in.mkv" --output "$dir/ref.gif" --model "$tiny" --prompt cat --steps 1 --seed 7
run 0 run "$dir/p.yaml" --shard 1/2
run 0 run "$dir/p.yaml" --shard 2/2
run 0 join "$dir/p.yaml"
same "kept frames" "$(cksum <"$dir/ref.gif")" "$(cksum <"$dir/job.gif")"
finish

#!/bin/sh
# Every codec worth naming: what it writes where nothing is said, and options of its own.
. tests/cli/lib/common.sh
need ffmpeg ffprobe
make_video "$dir/in.mp4" -vf fps=2,scale=64:64 -frames:v 3 -c:v libx264 -qp 0
fast="--model $tiny --prompt cat --steps 1 --set img2img.strength=0"
encoders=$(ffmpeg -hide_banner -encoders 2>/dev/null)

# codec ENCODER FILE EXPECTED OPTION...: codec, profile, pixels and frames.
codec() {
    encoder=$1 file=$dir/$1.$2 expected=$3; shift 3
    if ! printf '%s\n' "$encoders" | grep -q " $encoder "; then
        refuses 3 "this FFmpeg comes without encoder '$encoder'; for " image "$dir/in.mp4" --output "$file" $fast \
            --set encode.codec=$encoder
        return
    fi
    run 0 image "$dir/in.mp4" --output "$file" $fast --set encode.codec=$encoder "$@"
    one_message # no encoder prints on its own
    same "$file" "$expected" "$(stream "$file" codec_name,profile,pix_fmt,nb_read_packets)"
}

codec libx264 mp4 "h264|High|yuv420p|3"
codec libx265 mp4 "hevc|Main|yuv420p|3" --set encode.options.x265-params=psy-rd=1
codec libvpx-vp9 webm "vp9|Profile 0|yuv420p|3"
codec libsvtav1 mkv "av1|Main|yuv420p|3"
codec libaom-av1 webm "av1|Main|yuv420p|3"
codec ffv1 mkv "ffv1|unknown|yuv420p|3"
codec prores_ks mov "prores|HQ|yuv422p10le|3"
codec mpeg4 avi "mpeg4|Simple Profile|yuv420p|3"
codec gif gif "gif|unknown|bgra|3"
codec apng apng "apng|unknown|rgb24|3"

# Animated WebP, which this FFmpeg may not read: quality is that of pictures.
size_of() { run 0 image "$dir/in.mp4" --output "$dir/w.webp" --overwrite $fast "$@" && wc -c <"$dir/w.webp"; }
[ "$(size_of --set encode.quality=20)" -lt "$(size_of --set encode.quality=95)" ] || fail "quality of WebP"
run 0 image "$dir/in.mp4" --output "$dir/w.webp" --overwrite $fast --set encode.lossless=true
run 0 image "$dir/in.mp4" --output "$dir/apng/" $fast
run 0 image "$dir/w.webp" --output "$dir/webp/" $fast
for n in 1 2 3; do
    same "lossless WebP, frame $n" "$(pixels "$dir/apng/frame_00000$n.png" | cksum)" \
        "$(pixels "$dir/webp/frame_00000$n.png" | cksum)"
done

# The container's usual one, and options that reach the encoder.
run 0 image "$dir/in.mp4" --output "$dir/usual.webm" $fast
same "usual of webm" vp9 "$(stream "$dir/usual.webm" codec_name)"
run 0 image "$dir/in.mp4" --output "$dir/low.mp4" $fast --set encode.options.profile=baseline \
    --set encode.options.x264-params=keyint=1
same "options" "Constrained Baseline|3" "$(stream "$dir/low.mp4" profile,nb_read_packets)"
same "every frame a key" 3 "$(ffprobe -v error -select_streams v -show_entries packet=flags -of csv=p=0 \
    "$dir/low.mp4" | grep -c K)"
refuses 3 "encode.options.tun: encoder 'libx264' has no option 'tun' (did you mean 'tune'?); its own are: " \
    image "$dir/in.mp4" --output "$dir/new/o.mp4" $fast --set encode.options.tun=film
says "aq-mode"
refuses 3 "does not take 'much' for 'aq-mode', expected none, variance" \
    image "$dir/in.mp4" --output "$dir/new/o.mp4" $fast --set encode.options.aq-mode=much
refuses 3 "has no tune 'filmm'; it has: film, " \
    image "$dir/in.mp4" --output "$dir/new/o.mp4" $fast --set encode.options.tune=filmm
refuses 1 "or 'encode.options' beside crf or each other" \
    image "$dir/in.mp4" --output "$dir/new/o.webm" $fast --set encode.options.lossless=1
refuses 3 "has no pixel format 'rgb24'; it has: yuv420p" \
    image "$dir/in.mp4" --output "$dir/new/o.mp4" $fast --set encode.pixel_format=rgb24
finish

#!/bin/sh
# Sizes by pixels and by scale, and the latent resized instead of the picture.
. tests/cli/lib/common.sh
need ffmpeg ffprobe
make_video "$dir/in.mp4" -frames:v 2
base="image $dir/in.mp4 --model $tiny --prompt cat --set img2img.steps=2"

size_of() { stream "$1" width,height; }

run 0 $base --output "$dir/half.mp4" --set scale=0.5
same "half the size" "18|14" "$(size_of "$dir/half.mp4")"
# As A1111: the fraction is cut off (36 * 1.5 = 54, 28 * 1.5 = 42), then rounded to the model's 2.
run 0 $base --output "$dir/more.mp4" --set scale=1.5
same "one and a half" "54|42" "$(size_of "$dir/more.mp4")"
run 0 $base --output "$dir/latent.mp4" --set scale=2 --set resize=latent
same "a latent of twice the size" "72|56" "$(size_of "$dir/latent.mp4")"
run 0 $base --output "$dir/latent40.mp4" --set size=40x24 --set resize=latent --set img2img.strength=0.3
same "a latent of another shape" "40|24" "$(size_of "$dir/latent40.mp4")"

# At its own size the latent is what it was.
run 0 $base --output "$dir/plain/"
run 0 $base --output "$dir/same/" --set resize=latent
same "own size" "$(pixels "$dir/plain/frame_000001.png" | cksum)" "$(pixels "$dir/same/frame_000001.png" | cksum)"
finish

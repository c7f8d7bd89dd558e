#!/bin/sh
# Films as people have them: every frame keeps its time and its pixels, and sound its distance
# to the picture. The model is passed by (strength 0), so that all else can be compared.
. tests/cli/lib/common.sh
need ffmpeg ffprobe
exact="--model $tiny --prompt cat --set img2img.strength=0 --set encode.codec=libx264rgb --set encode.crf=0"
plain="--model $tiny --prompt cat --set img2img.strength=0"
make() { ffmpeg -nostdin -v error -y "$@" || fail "ffmpeg: $*"; }
packet_times() { ffprobe -v error -select_streams "$2" -show_entries packet=pts_time -of csv=p=0 "$1" | without_rest; }
hashes() { ffmpeg -nostdin -v error -i "$1" -map "0:$2" -c copy -f streamhash -hash md5 - | sed 's/^[0-9]*,//'; }
ends() { stream "$1" duration; }
# keeps FILE EXTENSION: what comes out of FILE has its frames at its times, with its pixels.
keeps() {
    run 0 image "$dir/$1" --output "$dir/kept.$2" --overwrite $exact
    same "frame times of $1 in $2" "$(frame_times "$dir/$1")" "$(frame_times "$dir/kept.$2")"
    same "pixels of $1 in $2" "$(pixels "$dir/$1" | cksum)" "$(pixels "$dir/kept.$2" | cksum)"
    [ "$2" = mkv ] || same "length of $1" "$(ends "$dir/$1")" "$(ends "$dir/kept.$2")" # Matroska has none of frames
}
lossless="-c:v libx264rgb -qp 0 -g 8"
test2="testsrc2=s=36x28"

# B-frames, and frames that are far apart or close together.
make -f lavfi -i "$test2:r=25" -t 1 -vf "select='not(eq(n,1)+eq(n,2)+eq(n,5)+eq(n,13))'" -vsync vfr \
    $lossless -bf 3 "$dir/vfr.mp4"
keeps vfr.mp4 mp4
make -i "$dir/vfr.mp4" -c copy "$dir/vfr.mkv"
keeps vfr.mkv mkv
# A last frame that is shown longer.
printf "file '%s'\nduration 0.1\nfile '%s'\nduration 0.7\n" "$dir/a.png" "$dir/b.png" >"$dir/list"
make -f lavfi -i "$test2" -frames:v 1 "$dir/a.png"
make -f lavfi -i "$test2" -frames:v 1 -vf negate "$dir/b.png"
make -f concat -safe 0 -i "$dir/list" -vsync passthrough $lossless "$dir/last.mp4"
keeps last.mp4 mp4
# 29.97 with sound that begins later, in units of 1/30000 s and of 1 ms.
make -f lavfi -i "$test2:r=30000/1001" -itsoffset 0.25 -f lavfi -i sine=440 -t 0.8 $lossless -bf 2 -c:a aac "$dir/late.mp4"
keeps late.mp4 mp4
same "the late sound" "$(packet_times "$dir/late.mp4" a)" "$(packet_times "$dir/kept.mp4" a)"
same "its bytes" "$(hashes "$dir/late.mp4" a)" "$(hashes "$dir/kept.mp4" a)"
same rate "30000/1001|1/30000" "$(stream "$dir/kept.mp4" avg_frame_rate,time_base)"
make -i "$dir/late.mp4" -c copy "$dir/late.mkv"
keeps late.mkv mkv
same "the late sound in 1 ms" "$(packet_times "$dir/late.mkv" a)" "$(packet_times "$dir/kept.mkv" a)"
# A start that is not 0: it becomes that, and the distance to the sound stays.
make -f lavfi -i "$test2:r=25" -itsoffset 0.2 -f lavfi -i sine=440 -t 0.8 -bf 2 -c:a aac "$dir/start.ts"
run 0 image "$dir/start.ts" --output "$dir/start.mkv" $plain
distance() { echo "$(packet_times "$1" v | sort -n | head -n 1) $(packet_times "$1" a | head -n 1)" | awk '{ printf "%.3f\n", $2 - $1 }'; }
same "the distance to the sound" "$(distance "$dir/start.ts")" "$(distance "$dir/start.mkv")"
same "the first of all" 0.000000 "$({ packet_times "$dir/start.mkv" v; packet_times "$dir/start.mkv" a; } | sort -n | head -n 1)"
# A clock that jumps, forward and back, in recordings that were put together: time goes on, and tracks
# that come late are passed over.
for at in 1.4 500; do
    make -f lavfi -i "$test2:r=25" -f lavfi -i sine=440 -t 0.4 -c:a aac -output_ts_offset $at "$dir/at-$at.ts"
done
make -i "$dir/at-1.4.ts" -an -c copy "$dir/silent.ts"
for parts in "at-1.4 at-500" "at-500 at-1.4" "silent at-500"; do
    (cd "$dir" && for p in $parts; do cat "$p.ts"; done) >"$dir/joined.ts"
    run 0 image "$dir/joined.ts" --output "$dir/joined.mkv" --overwrite $plain
    says "joined.ts' jumps at 0."
    frame_times "$dir/joined.mkv" | awk '{ if (NR > 1 && ($1 - last < 0.03 || $1 - last > 0.09)) exit 1; last = $1 }
        END { exit NR < 19 || last > 0.9 }' || { fail "times of $parts:"; frame_times "$dir/joined.mkv"; }
done
# MPEG's streams and MXF into their like: what they hold is FFmpeg's secret, and MXF has its own order.
make -f lavfi -i "testsrc2=s=64x48:r=25" -f lavfi -i sine=440:r=48000 -t 0.4 -c:v mpeg2video -c:a pcm_s16le "$dir/tape.mxf"
make -f lavfi -i "$test2:r=25" -f lavfi -i sine=440 -t 0.4 -c:v mpeg2video -c:a ac3 "$dir/disc.vob"
for f in tape.mxf disc.vob at-500.ts; do
    run 0 image "$dir/$f" --output "$dir/kept.${f##*.}" --overwrite $plain
    same "sound of $f" "$(hashes "$dir/$f" a)" "$(hashes "$dir/kept.${f##*.}" a)"
    same "distance to the sound of $f" "$(distance "$dir/$f")" "$(distance "$dir/kept.${f##*.}")"
done
# What AVI holds has no times but the order of frames.
make -f lavfi -i "$test2:r=25" -f lavfi -i sine=440 -t 0.4 -c:v mjpeg -c:a pcm_s16le "$dir/camera.avi"
run 0 image "$dir/camera.avi" --output "$dir/kept.avi" $plain
best_times() { ffprobe -v error -select_streams v -show_entries frame=best_effort_timestamp_time -of csv=p=0 "$1" | without_rest; }
same "frame times of camera.avi" "$(best_times "$dir/camera.avi")" "$(best_times "$dir/kept.avi")"
# Windows' sound, which Matroska takes by WAV's tags. A camera's data and time code, and a cover picture; a note where they cannot be held.
make -f lavfi -i "$test2" -f lavfi -i sine=440 -t 0.4 -c:v wmv2 -c:a wmav2 "$dir/windows.wmv"
run 0 image "$dir/windows.wmv" --output "$dir/windows.mkv" $plain
same "sound of windows.wmv" "$(hashes "$dir/windows.wmv" a)" "$(hashes "$dir/windows.mkv" a)"
printf '1\n00:00:00,100 --> 00:00:00,300\nhello\n' >"$dir/a.srt"
make -i "$dir/late.mp4" -i "$dir/a.png" -i "$dir/a.srt" -map 0:v -map 2 -map 1 -c:v:0 copy -c:v:1 mjpeg -c:s mov_text \
    -timecode 01:00:00:00 -disposition:v:1 attached_pic "$dir/subtitled.mp4"
sed 's/tx3g/gpmd/;s/sbtl/meta/' "$dir/subtitled.mp4" >"$dir/camera.mp4"
streams() { ffprobe -v error -show_entries stream=codec_name,codec_tag_string -of csv=p=0 "$1" | sort -u | tr '\n' ' '; }
run 0 image "$dir/camera.mp4" --output "$dir/camera-out.mp4" $plain
same "streams of a camera's file" "$(streams "$dir/camera.mp4")" "$(streams "$dir/camera-out.mp4")"
run 0 image "$dir/camera.mp4" --output "$dir/camera.mkv" $plain
says "'matroska' files cannot hold the data of stream "
run 0 image "$dir/camera.mkv" --output "$dir/again.mkv" $plain
cover() { ffmpeg -nostdin -v error -i "$1" -map 0:v:1 -c copy -f md5 -; }
for f in camera-out.mp4 camera.mkv again.mkv; do
    same "the cover in $f" "$(cover "$dir/camera.mp4")" "$(cover "$dir/$f")"
done
# An edit list: the frames before it are there, and not shown.
make -i "$dir/late.mp4" -an -c copy -f mp4 "$dir/whole.mp4"
make -ss 0.4 -i "$dir/whole.mp4" -c copy "$dir/edit.mp4"
keeps edit.mp4 mp4
# Many tracks.
printf '1\n00:00:00,100 --> 00:00:00,300\nhello\n' >"$dir/a.srt"
printf ';FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=250\ntitle=one\n' >"$dir/meta"
make -i "$dir/vfr.mkv" -f lavfi -t 0.9 -i sine=440 -f lavfi -t 0.7 -i sine=330 -i "$dir/a.srt" -i "$dir/meta" -map 0 \
    -map 1 -map 2 -map 3 -map_chapters 4 -c:v copy -c:a:0 flac -c:a:1 aac -metadata:s:a:1 language=fra "$dir/many.mkv"
keeps many.mkv mkv
for kind in a s; do
    same "tracks $kind" "$(hashes "$dir/many.mkv" $kind)" "$(hashes "$dir/kept.mkv" $kind)"
    same "times of $kind" "$(packet_times "$dir/many.mkv" $kind)" "$(packet_times "$dir/kept.mkv" $kind)"
done
# No sound, a single frame.
make -f lavfi -i "$test2" -frames:v 1 $lossless "$dir/one.mp4"
keeps one.mp4 mp4

# Odd sizes: padded inside, and cut back. With a model at work, and passed by.
make -f lavfi -i testsrc2=s=64x48:r=25 -frames:v 2 -vf scale=131:77 -pix_fmt bgr24 $lossless "$dir/odd.mp4"
keeps odd.mp4 mp4
run 0 image "$dir/odd.mp4" --output "$dir/odd.mkv" --model $tiny --prompt cat --steps 1 --set encode.codec=ffv1 \
    --set encode.pixel_format=bgr0
same "odd size" "131|77" "$(stream "$dir/odd.mkv" width,height)"
# Turned once, and then no more.
make -i "$dir/vfr.mp4" -c copy -metadata:s:v:0 rotate=90 "$dir/turned.mp4"
run 0 image "$dir/turned.mp4" --output "$dir/kept.mp4" --overwrite $exact
same "turned size" "28|36" "$(stream "$dir/kept.mp4" width,height)"
same "turned pixels" "$(pixels "$dir/turned.mp4" | cksum)" "$(ffmpeg -nostdin -v error -noautorotate -i "$dir/kept.mp4" \
    -vsync passthrough -f rawvideo -pix_fmt rgb24 - | cksum)"
# Pixels of 4:3 stay so, and a size of its own has square ones and the shape as it is seen.
make -f lavfi -i testsrc2=s=72x48:r=25 -frames:v 2 -vf setsar=4/3 $lossless "$dir/wide.mp4"
keeps wide.mp4 mp4
same "aspect kept" "4:3" "$(stream "$dir/kept.mp4" sample_aspect_ratio)"
run 0 image "$dir/wide.mp4" --output "$dir/kept.mp4" --overwrite $exact --set size=64x32
same "aspect of a size" "1:1" "$(stream "$dir/kept.mp4" sample_aspect_ratio)"
run 0 image "$dir/wide.mp4" --output "$dir/stretched.mp4" $exact --set size=96x48 --set resize=stretch
run 0 image "$dir/stretched.mp4" --output "$dir/square.mp4" $exact --set size=64x32
# the same twice, but for a rounding to 8 bits in between
ffmpeg -nostdin -v info -i "$dir/kept.mp4" -i "$dir/square.mp4" -lavfi psnr -f null - 2>&1 | grep -o 'min:.*' >"$dir/psnr"
awk -F'[: ]' '{ ok = $2 == "inf" || $2 > 50 } END { exit !ok }' "$dir/psnr" || { fail "shape:"; cat "$dir/psnr"; }
# Fields: as FFmpeg's bwdif makes frames of them, said; or as they are.
make -f lavfi -i testsrc2=s=64x48:r=50 -t 0.2 -vf tinterlace=interleave_top,setfield=tff -c:v ffv1 "$dir/fields.mkv"
swscale="scale=flags=bicubic+accurate_rnd+bitexact+full_chroma_int+full_chroma_inp"
raw="--set encode.codec=ffv1 --set encode.pixel_format=bgr0"
for how in auto never; do
    [ $how = auto ] && graph="bwdif=mode=send_frame,$swscale" || graph=$swscale
    run 0 image "$dir/fields.mkv" --output "$dir/$how.mkv" $plain $raw --set deinterlace=$how
    same "fields: $how" "$(ffmpeg -nostdin -v error -i "$dir/fields.mkv" -vf "$graph" -f rawvideo -pix_fmt rgb24 - | cksum)" \
        "$(pixels "$dir/$how.mkv" | cksum)"
    same "field times: $how" "$(frame_times "$dir/fields.mkv")" "$(frame_times "$dir/$how.mkv")"
    [ $how = never ] || says "is interlaced (top field first)"
done
make -i "$dir/fields.mkv" -frames:v 1 -c copy "$dir/field.mkv"
run 0 image "$dir/field.mkv" --output "$dir/field-out.mkv" $plain
same "a single frame of fields" 0.000000 "$(frame_times "$dir/field-out.mkv")"
finish

#!/bin/sh
# Video in, video out: the same frames at the same times, and the same sound.
. tests/cli/lib/common.sh
need ffmpeg ffprobe
fast="--model $tiny --prompt cat --steps 1"
tone="-f lavfi -i sine=440 -c:a aac"

# follows IN OUT: number of frames, rates, times and sound are those of the input.
follows() {
    same "frames and rates of $1 and $2" "$(stream "$1" nb_read_packets,r_frame_rate,avg_frame_rate)" \
        "$(stream "$2" nb_read_packets,r_frame_rate,avg_frame_rate)"
    same "times of $1 and $2" "$(frame_times "$1")" "$(frame_times "$2")"
    same "sound of $1 and $2" "$(audio_packets "$1" 2>&1)" "$(audio_packets "$2" 2>&1)"
}

make_video "$dir/ntsc.mp4" $tone -t 0.5
run 0 image "$dir/ntsc.mp4" --output "$dir/ntsc-out.mp4" $fast
follows "$dir/ntsc.mp4" "$dir/ntsc-out.mp4"
same rate "30000/1001|30000/1001|15" "$(stream "$dir/ntsc-out.mp4" r_frame_rate,avg_frame_rate,nb_read_packets)"
[ -n "$(audio_packets "$dir/ntsc-out.mp4")" ] || fail "no sound"

make_video "$dir/film.mkv" -f lavfi -i sine=330 -c:a flac -vf fps=24 -t 0.4
run 0 image "$dir/film.mkv" --output "$dir/film-out.mkv" $fast
follows "$dir/film.mkv" "$dir/film-out.mkv"
same rate "24/1|10" "$(stream "$dir/film-out.mkv" r_frame_rate,nb_read_packets)"

make_video "$dir/silent.mp4" -vf fps=25 -t 0.2
run 0 image "$dir/silent.mp4" --output "$dir/silent-out.mp4" $fast
same streams "h264" "$(ffprobe -v error -show_entries stream=codec_name -of csv=p=0 "$dir/silent-out.mp4")"

# Frames of different lengths keep theirs.
make_video "$dir/uneven.mp4" -vf "select='not(eq(n,1)+eq(n,2)+eq(n,5))'" -vsync vfr -frames:v 6
run 0 image "$dir/uneven.mp4" --output "$dir/uneven-out.mp4" $fast
same "times of uneven frames" "$(frame_times "$dir/uneven.mp4")" "$(frame_times "$dir/uneven-out.mp4")"

run 0 image "$dir/ntsc.mp4" --output "$dir/mute.mp4" $fast --set encode.audio=none
same streams "h264" "$(ffprobe -v error -show_entries stream=codec_name -of csv=p=0 "$dir/mute.mp4")"
run 0 image "$dir/ntsc.mp4" --output "$dir/other.avi" $fast --set encode.codec=mpeg4 --set encode.audio=none
same codec "mpeg4|15" "$(stream "$dir/other.avi" codec_name,nb_read_packets)"

# Inputs of other kinds.
make_video "$dir/ten.mp4" -c:v libx264 -pix_fmt yuv420p10le -frames:v 3
same "pixels of the input" yuv420p10le "$(stream "$dir/ten.mp4" pix_fmt)"
run 0 image "$dir/ten.mp4" --output "$dir/ten-out.mp4" $fast
same "10-bit input" "36|28|yuv420p|3" "$(stream "$dir/ten-out.mp4" width,height,pix_fmt,nb_read_packets)"

make_video "$dir/moving.gif" -vf fps=10 -frames:v 5
run 0 image "$dir/moving.gif" --output "$dir/gif-out.mp4" $fast
same "animated image" "10/1|5" "$(stream "$dir/gif-out.mp4" r_frame_rate,nb_read_packets)"

ffmpeg -nostdin -v error -i "$dir/silent.mp4" -c copy -metadata:s:v:0 rotate=90 "$dir/turned.mp4"
if ffprobe -v error -show_streams "$dir/turned.mp4" | grep -q 'rotation=-\{0,1\}90'; then
    run 0 image "$dir/turned.mp4" --output "$dir/turned-out.mp4" $fast
    same "a turned video" "28|36" "$(stream "$dir/turned-out.mp4" width,height)"
fi
finish

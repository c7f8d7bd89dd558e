#!/bin/sh
# A part of a film, with its sound, subtitles and chapters; every so many frames; another rate.
. tests/cli/lib/common.sh
need ffmpeg ffprobe
exact="--model $tiny --prompt cat --set img2img.strength=0 --set encode.codec=ffv1 --set encode.pixel_format=bgr0"
make() { ffmpeg -nostdin -v error -y "$@" || fail "ffmpeg: $*"; }
packets() { ffprobe -v error -select_streams "$2" -show_entries packet=pts_time,size -of csv=p=0 "$1"; }
chapters() { ffprobe -v error -show_entries chapter=start_time,end_time:chapter_tags=title -of csv=p=0 "$1"; }
# filtered FILE GRAPH: the pixels that FFmpeg's graph leaves, and their times.
filtered() { ffmpeg -nostdin -v error -i "$1" -vf "$2" -vsync passthrough -f rawvideo -pix_fmt rgb24 - | cksum; }
filtered_times() { ffmpeg -nostdin -v error -i "$1" -an -vf "$2" -vsync passthrough -c:v ffv1 -y "$dir/t.mkv"; frame_times "$dir/t.mkv"; }

printf '1\n00:00:00,100 --> 00:00:00,300\nhello\n\n2\n00:00:00,350 --> 00:00:00,850\nworld\n' >"$dir/a.srt"
printf ';FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=450\ntitle=one\n' >"$dir/meta"
printf '[CHAPTER]\nTIMEBASE=1/1000\nSTART=450\nEND=1000\ntitle=two\n' >>"$dir/meta"
make -f lavfi -i testsrc2=s=36x28:r=25 -f lavfi -i sine=440 -i "$dir/a.srt" -i "$dir/meta" -t 1 -map 0 -map 1 -map 2 \
    -map_chapters 3 -c:a flac -frame_size 1024 -c:v ffv1 -pix_fmt bgr0 "$dir/full.mkv"

# cut NAME GRAPH START END KEY=VALUE...: frames as FFmpeg's graph gives them; sound by its packets.
cut() {
    name=$1 graph=$2 start=$3 end=$4; shift 4
    run 0 image "$dir/full.mkv" --output "$dir/$name.mkv" $exact "$@"
    same "pixels of $name" "$(filtered "$dir/full.mkv" "$graph")" "$(pixels "$dir/$name.mkv" | cksum)"
    same "times of $name" "$(filtered_times "$dir/full.mkv" "$graph")" "$(frame_times "$dir/$name.mkv")"
    # to the packet; times to the container's millisecond
    packets "$dir/full.mkv" a | awk -F, -v s="$start" -v e="$end" '$1 >= s && $1 < e { print $1 - s, $2 }' >"$dir/want"
    packets "$dir/$name.mkv" a | tr , ' ' | paste -d ' ' "$dir/want" - >"$dir/both"
    awk 'NF != 4 || $2 != $4 || $1 - $3 > 0.0011 || $3 - $1 > 0.0011 { bad = 1 } END { exit bad || !NR }' "$dir/both" ||
        { fail "sound of $name:"; cat "$dir/both"; }
}
cut frames "trim=start_frame=10:end_frame=20,setpts=PTS-STARTPTS" 0.4 0.8 --set range.start=10 --set range.end=20
same "chapters of a part" "0.000000,0.050000,one
0.050000,0.400000,two" "$(chapters "$dir/frames.mkv")"
same "subtitles of a part" "0.000000,0.400000" "$(ffprobe -v error -select_streams s -show_entries \
    packet=pts_time,duration_time -of csv=p=0 "$dir/frames.mkv")"
cut times "trim=start_frame=5:end_frame=15,setpts=PTS-STARTPTS" 0.2 0.6 --set range.start=0.17s --set range.end=00:00:00.6
cut every "select='not(mod(n,3))'" 0 9 --set range.every=3
cut slower fps=10 0 9 --set fps=10
cut faster fps=30000/1001 0 9 --set fps=30000/1001
cut some "trim=start_frame=5:end_frame=20,setpts=PTS-STARTPTS,select='not(mod(n,2))'" 0.2 0.8 \
    --set range.start=5 --set range.end=20 --set range.every=2
# A film of uneven times through FFmpeg's filter and ours.
make -i "$dir/full.mkv" -an -sn -vf "select='not(eq(n,1)+eq(n,2)+eq(n,5)+eq(n,13))'" -vsync vfr -c:v ffv1 "$dir/vfr.mkv"
run 0 image "$dir/vfr.mkv" --output "$dir/even.mkv" $exact --set fps=15
same "pixels of vfr" "$(filtered "$dir/vfr.mkv" fps=15)" "$(pixels "$dir/even.mkv" | cksum)"

# There the end of sound, subtitles and chapters is when that frame begins, not what its number says: frame 10
# is the 15th of full.mkv and begins at 0.56 s.
make -i "$dir/vfr.mkv" -i "$dir/full.mkv" -map 0:v -map 1:a -map 1:s -map_chapters 1 -c copy "$dir/vfull.mkv"
make -i "$dir/vfull.mkv" -map 0:v -map 0:a -c:v libx264 -bf 3 -c:a mp2 -vsync passthrough -enc_time_base 1:1000 "$dir/vfull.mp4"
ends() { # FILE STREAM: when the last packet of it ends
    ffprobe -v error -select_streams $2 -show_entries packet=pts_time,duration_time -of csv=p=0 "$1" |
        awk -F, '{ e = $1 + $2 > e ? $1 + $2 : e } END { printf "%.2f\n", e }'
}
for film in vfull.mkv vfull.mp4; do
    run 0 image "$dir/$film" --output "$dir/ends.mkv" --overwrite $exact --set range.end=10
    same "chapters of $film" "0.000000,0.450000,one
0.450000,0.560000,two" "$(chapters "$dir/ends.mkv")"
    same "pictures of $film" 10 "$(stream "$dir/ends.mkv" nb_read_packets)"
    ends "$dir/ends.mkv" a | awk '{ exit !($1 >= 0.56 && $1 < 0.59) }' || fail "sound of $film ends at $(ends "$dir/ends.mkv" a)"
done
run 0 image "$dir/vfull.mkv" --output "$dir/ends.mkv" --overwrite $exact --set range.end=10
same "subtitles" 0.56 "$(ends "$dir/ends.mkv" s)"

# Folders: the same keys; names stay.
make -i "$dir/full.mkv" -frames:v 7 "$dir/f%d.png" && mkdir "$dir/in" && mv "$dir"/f?.png "$dir/in/"
run 0 image "$dir/in" --output "$dir/part/" $exact --set range.start=1 --set range.every=2 --set range.end=0.24s
same "names of a part" "f2.png f4.png f6.png" "$(ls "$dir/part" | tr '\n' ' ' | sed 's/ $//')"
run 0 image "$dir/in" --output "$dir/rate.mkv" $exact --set fps=12.5
same "rate of a folder" "25/2|7" "$(stream "$dir/rate.mkv" avg_frame_rate,nb_read_packets)"

# Far into a film it is not read from its start: what is broken there is not noticed.
far() { # NAME GRAPH KEY=VALUE...
    name=$1 graph=$2; shift 2
    run 0 image "$dir/$name" --output "$dir/far.mkv" --overwrite $exact "$@"
    same "far into $name: $graph" "$(ffmpeg -nostdin -v error -i "$dir/whole.mp4" -vf "$graph" -vsync passthrough -f rawvideo \
        -pix_fmt rgb24 - | cksum)" "$(pixels "$dir/far.mkv" | cksum)"
}
make -f lavfi -i testsrc2=s=36x28:r=25 -t 24 -c:v libx264rgb -qp 0 -g 40 -bf 3 "$dir/whole.mp4"
make -i "$dir/whole.mp4" -c copy "$dir/whole.mkv"
cp "$dir/whole.mp4" "$dir/broken.mp4"
size=$(wc -c <"$dir/whole.mp4")
tr '\0' 'U' </dev/zero | head -c $((size / 10)) |
    dd of="$dir/broken.mp4" bs=1 seek=$((size * 3 / 10)) conv=notrunc 2>/dev/null
for film in whole.mp4 whole.mkv broken.mp4; do
    far $film trim=start_frame=501:end_frame=504 --set range.start=20.04s --set range.end=20.16s
done
far broken.mp4 trim=start_frame=555:end_frame=558 --set range.start=555 --set range.end=558
far whole.mkv trim=start_frame=555:end_frame=558 --set range.start=555 --set range.end=558
far whole.mkv trim=start_frame=598 --set range.start=23.9s
run 0 image "$dir/broken.mp4" --output "$dir/near.mkv" $exact --set range.start=100 --set range.end=480
grep -q "held" "$dir/stderr" || { fail "nothing is broken there:"; cat "$dir/stderr"; }

refuses 4 "has no frames in this range: it has about 25 frames, 1.0" image "$dir/full.mkv" --output "$dir/new/x.mkv" \
    $exact --set range.start=25
refuses 3 "expected frames (120) or a time (1.5s, 00:01:05.5), not '1.5'" image "$dir/full.mkv" --output "$dir/new/x.mkv" \
    $exact --set range.start=1.5
refuses 3 "no frame is before it: it must be after 'start'" image "$dir/full.mkv" --output "$dir/new/x.mkv" $exact \
    --set range.start=5 --set range.end=5
finish

#!/bin/sh
# What surrounds the picture comes through: tracks, chapters, attachments, tags, by their bytes.
. tests/cli/lib/common.sh
need ffmpeg ffprobe
fast="--model $tiny --prompt cat --steps 1"

# hashes FILE STREAMS: type, language and hash of the packets of the streams of one kind.
hashes() {
    ffprobe -v error -select_streams "$2" -show_entries stream=codec_name:stream_tags=language,title \
        -of csv=p=0 "$1"
    ffmpeg -nostdin -v error -i "$1" -map "0:$2" -c copy -f streamhash -hash md5 - 2>&1 | sed 's/^[0-9]*,//'
}
packet_times() { ffprobe -v error -select_streams "$2" -show_entries packet=pts_time,duration_time -of csv=p=0 "$1"; }
chapters() { ffprobe -v error -show_entries chapter=start_time,end_time:chapter_tags=title -of csv=p=0 "$1"; }
tag() { ffprobe -v error -show_entries "format_tags=$2" -of csv=p=0 "$1"; }

printf '1\n00:00:00,100 --> 00:00:00,300\nhello\n\n2\n00:00:00,350 --> 00:00:00,450\nworld\n' >"$dir/a.srt"
printf ';FFMETADATA1\ntitle=My film\nartist=Me\ncomment=mine\n' >"$dir/meta"
printf '[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=250\ntitle=one\n' >>"$dir/meta"
printf '[CHAPTER]\nTIMEBASE=1/1000\nSTART=250\nEND=500\ntitle=two\n' >>"$dir/meta"
echo "a font, let us say" >"$dir/font.ttf"
make_video "$dir/plain.mkv" -vf fps=25 -t 0.5
ffmpeg -nostdin -v error -i "$dir/plain.mkv" -f lavfi -t 0.5 -i sine=440 -f lavfi -t 0.5 -i sine=330 \
    -i "$dir/a.srt" -i "$dir/meta" -map 0:v -map 1 -map 2 -map 3 -map_metadata 4 -map_chapters 4 \
    -c:v copy -c:a:0 flac -c:a:1 aac -c:s srt -metadata:s:a:0 language=deu -metadata:s:a:1 language=fra \
    -metadata:s:a:1 title=commentary -metadata:s:s:0 language=ita -disposition:a:1 default \
    -attach "$dir/font.ttf" -metadata:s:t mimetype=font/ttf "$dir/full.mkv" || fail "no test input"

run 0 image "$dir/full.mkv" --output "$dir/out.mkv" $fast
for kind in a s; do
    same "streams $kind" "$(hashes "$dir/full.mkv" $kind)" "$(hashes "$dir/out.mkv" $kind)"
    same "times of $kind" "$(packet_times "$dir/full.mkv" $kind)" "$(packet_times "$dir/out.mkv" $kind)"
done
same chapters "$(chapters "$dir/full.mkv")" "$(chapters "$dir/out.mkv")"
[ "$(chapters "$dir/out.mkv" | wc -l)" -eq 2 ] || fail "no chapters"
same title "My film" "$(tag "$dir/out.mkv" title)"
same artist "Me" "$(tag "$dir/out.mkv" ARTIST,artist)"
same comment "mine" "$(tag "$dir/out.mkv" COMMENT,comment)"
ffmpeg -nostdin -v error -y -dump_attachment:t:0 "$dir/font.out" -i "$dir/out.mkv" -f null - || fail "no attachment"
cmp "$dir/font.ttf" "$dir/font.out" || fail "the attachment changed"

# What the container cannot hold is said, and left out.
run 0 image "$dir/full.mkv" --output "$dir/out.mp4" $fast
says "cannot hold the subtitles of stream 3 (subrip)"
says "cannot hold the attachment of stream 4 (font.ttf)"
same "sound in mp4" "$(hashes "$dir/full.mkv" a | grep MD5)" "$(hashes "$dir/out.mp4" a | grep MD5)"
same "chapters in mp4" "$(chapters "$dir/full.mkv")" "$(chapters "$dir/out.mp4")"
same "title in mp4" "My film" "$(tag "$dir/out.mp4" title)"
run 0 image "$dir/full.mkv" --output "$dir/out.gif" $fast
says "'gif' files cannot hold the sound of stream 1 (flac)"
same "streams of a GIF" gif "$(ffprobe -v error -show_entries stream=codec_name -of csv=p=0 "$dir/out.gif")"

# Or it is not wanted.
run 0 image "$dir/full.mkv" --output "$dir/bare.mkv" $fast --set encode.audio=none \
    --set encode.subtitles=none --set encode.metadata=none
same "streams of the bare one" h264 "$(ffprobe -v error -show_entries stream=codec_name -of csv=p=0 "$dir/bare.mkv")"
same "chapters of the bare one" "" "$(chapters "$dir/bare.mkv")"
same "title of the bare one" "" "$(tag "$dir/bare.mkv" title)"

# A cover picture is not the film, and stays.
ffmpeg -nostdin -v error -i "$dir/plain.mkv" -frames:v 1 "$dir/cover.png"
ffmpeg -nostdin -v error -i "$dir/plain.mkv" -i "$dir/cover.png" -map 0 -map 1 -c copy \
    -disposition:v:1 attached_pic "$dir/cover.mp4" || fail "no test input"
run 0 image "$dir/cover.mp4" --output "$dir/cover-out.mp4" $fast
same "the cover" "$(hashes "$dir/cover.mp4" v:1)" "$(hashes "$dir/cover-out.mp4" v:1)"
same "frames beside the cover" "$(frame_times "$dir/cover.mp4")" "$(frame_times "$dir/cover-out.mp4")"

# Sound that starts later keeps its distance to the picture.
ffmpeg -nostdin -v error -i "$dir/plain.mkv" -itsoffset 0.2 -f lavfi -t 0.3 -i sine=440 -map 0 -map 1 -c:v copy \
    -c:a flac "$dir/late.mkv" || fail "no test input"
run 0 image "$dir/late.mkv" --output "$dir/late-out.mkv" $fast
same "late sound" "$(packet_times "$dir/late.mkv" a)" "$(packet_times "$dir/late-out.mkv" a)"
same "the picture beside it" "$(frame_times "$dir/late.mkv")" "$(frame_times "$dir/late-out.mkv")"

# probe says all of this of both.
shows() { grep -qF -- "$1" "$dir/stdout" || { fail "no '$1' in:"; cat "$dir/stdout"; }; }
run 0 probe "$dir/full.mkv" "$dir/out.mkv"
for text in "frames: 13, 25/1 a second" "audio, flac, 44100 Hz, mono" "language: deu" "title: commentary" \
    "subtitle, subrip" "attachment" "chapter 1: 0.250000 to 0.500000 s" "title: My film"; do
    shows "$text"
    same "'$text' of both" 2 "$(grep -cF -- "$text" "$dir/stdout")"
done
make_video "$dir/uneven.mp4" -vf "select='not(eq(n,1)+eq(n,2)+eq(n,5))'" -vsync vfr -frames:v 6 -bf 0
run 0 probe "$dir/uneven.mp4"
shows ", variable: "
run 4 probe "$dir/font.ttf"
says "cannot open '$dir/font.ttf'"
finish

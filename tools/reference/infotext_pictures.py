"""Small pictures that carry parameters, as Pillow and piexif write them: tests/golden/infotext/.

    pip install piexif==1.1.3
    python tools/reference/infotext_pictures.py [FOLDER]
    python tools/reference/infotext_pictures.py --read FILE...

A1111 writes PNG text through Pillow's PngInfo and EXIF through piexif. --read prints what those
libraries find in files, for a look at restyle's own. little.jpg: UTF-16 with the low byte first in a
little-endian block, as several other programs write it.
"""
import pathlib
import struct
import sys

import piexif
import piexif.helper
from PIL import Image, PngImagePlugin

TEXT = "caf\u00e9 \U0001f3a8\nNegative prompt: \u60aa\u3044\nSteps: 20, Sampler: Euler a, Seed: 1, Size: 8x8"
LATIN = "caf\u00e9\nSteps: 20, Sampler: Euler a, Seed: 1, Size: 8x8"


def exif(comment):
    return piexif.dump({"Exif": {piexif.ExifIFD.UserComment: comment}})


def little_endian(comment):
    """IFD0 with a pointer to an Exif directory of one entry, all low byte first."""
    data = b"II*\0" + struct.pack("<I", 8)
    data += struct.pack("<HHHIII", 1, 0x8769, 4, 1, 26, 0)
    data += struct.pack("<HHHIII", 1, 0x9286, 7, len(comment), 44, 0)
    return b"Exif\0\0" + data + comment


def png(path, text, **kind):
    info = PngImagePlugin.PngInfo()
    (info.add_itxt if kind.pop("itxt", False) else info.add_text)("parameters", text, **kind)
    Image.new("RGB", (8, 8), (40, 80, 120)).save(path, pnginfo=info)


def behind(path, source):
    """The text chunk moved behind the picture."""
    data = source.read_bytes()
    chunks, pos = [], 8
    while pos < len(data):
        n = struct.unpack(">I", data[pos:pos + 4])[0] + 12
        chunks.append(data[pos:pos + n])
        pos += n
    text = [c for c in chunks if c[4:8] in (b"tEXt", b"iTXt", b"zTXt")]
    rest = [c for c in chunks if c not in text]
    path.write_bytes(data[:8] + b"".join(rest[:-1] + text + rest[-1:]))


def read(path):
    """The parameters, and the pipeline behind them."""
    image = Image.open(path)
    image.load()
    if "parameters" in image.info or "restyle" in image.info:
        return image.info.get("parameters", ""), image.info.get("restyle", "")
    tags = image.getexif().get_ifd(0x8769)
    comment = tags.get(piexif.ExifIFD.UserComment, b"UNICODE\0")
    note = tags.get(piexif.ExifIFD.MakerNote, b"")
    return piexif.helper.UserComment.load(comment), note.removeprefix(b"restyle\0").decode()


def main():
    if sys.argv[1:2] == ["--read"]:
        for name in sys.argv[2:]:
            print("\n--\n".join(read(name)))
        return
    root = pathlib.Path(__file__).parents[2]
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / "tests/golden/infotext"
    out.mkdir(parents=True, exist_ok=True)
    picture = Image.new("RGB", (8, 8), (40, 80, 120))
    unicode = piexif.helper.UserComment.dump(TEXT, encoding="unicode")
    picture.save(out / "a1111.jpg", exif=exif(unicode))
    picture.save(out / "a1111.webp", exif=exif(unicode))
    picture.save(out / "little.jpg", exif=little_endian(b"UNICODE\0" + TEXT.encode("utf-16-le")))
    picture.save(out / "ascii.jpg", exif=exif(piexif.helper.UserComment.dump(LATIN.replace("\u00e9", "e"))))
    picture.save(out / "none.jpg")
    picture.save(out / "none.webp")
    picture.save(out / "pillow.tif", exif=exif(unicode))
    picture.save(out / "none.tif")
    png(out / "text.png", LATIN)
    png(out / "ztext.png", LATIN, zip=True)
    png(out / "itext.png", TEXT, itxt=True)
    png(out / "zitext.png", TEXT, itxt=True, zip=True)
    behind(out / "behind.png", out / "zitext.png")


if __name__ == "__main__":
    main()

"""A picture as a PDF, pixel for pixel: JPEG data are copied as they are, all else is packed anew
without loss (1 bit by CCITT group 4, the rest by PNG's own compression, which PDF understands)."""

import io
import struct
from pathlib import Path

import pikepdf
from PIL import Image

from ocr.child.pictures import PictureSource, on_white
from ocr.values import Unreadable

_ROTATE = {
    3: 180,
    6: 90,
    8: 270,
}  # EXIF orientation to /Rotate; the mirrored ones are not scans
_PNG_CHUNK = struct.Struct(">I4s")


def as_pdf(path: Path) -> bytes:
    """A PDF with one page for each frame of the picture."""
    source = PictureSource(path)
    result = io.BytesIO()
    try:
        with pikepdf.new() as pdf:
            for number in range(1, source.count + 1):
                _add_page(pdf, source, number, path)
            pdf.save(result)
    finally:
        source.close()
    return result.getvalue()


def _add_page(pdf: pikepdf.Pdf, source: PictureSource, number: int, path: Path) -> None:
    width, height = source.size(number)
    image = source.frame(number)
    turn = 0
    if image.format == "JPEG" and image.mode in ("L", "RGB", "CMYK"):
        turn = _ROTATE.get(image.getexif().get(0x0112, 1), 0)
        stream = _jpeg(pdf, image, path.read_bytes())
    else:
        stream = _lossless(pdf, on_white(image))
    if turn in (90, 270):
        width, height = height, width
    page = pikepdf.Dictionary(
        Type=pikepdf.Name.Page,
        MediaBox=[0, 0, round(width, 2), round(height, 2)],
        Resources=pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=stream)),
        Contents=pdf.make_stream(f"q {width:.2f} 0 0 {height:.2f} 0 0 cm /Im0 Do Q".encode()),
        Rotate=turn,
    )
    pdf.pages.append(pikepdf.Page(page))


def _jpeg(pdf: pikepdf.Pdf, image: Image.Image, data: bytes) -> pikepdf.Stream:
    space = {"L": "/DeviceGray", "RGB": "/DeviceRGB", "CMYK": "/DeviceCMYK"}[image.mode]
    stream = _image(pdf, data, image.size, space, bits=8)
    stream.Filter = pikepdf.Name.DCTDecode
    if image.mode == "CMYK" and "adobe" in image.info:
        stream.Decode = [1, 0] * 4  # Adobe writes CMYK inverted
    return stream


def _lossless(pdf: pikepdf.Pdf, image: Image.Image) -> pikepdf.Stream:
    if image.mode == "1":
        stream = _image(pdf, _group4(image), image.size, "/DeviceGray", bits=1)
        stream.Filter = pikepdf.Name.CCITTFaxDecode
        stream.DecodeParms = pikepdf.Dictionary(
            K=-1, Columns=image.width, Rows=image.height, BlackIs1=False
        )
        return stream
    if image.mode not in ("L", "RGB"):
        image = image.convert("RGB")
    colours = len(image.getbands())
    space = "/DeviceGray" if colours == 1 else "/DeviceRGB"
    stream = _image(pdf, _png_data(image), image.size, space, bits=8)
    stream.Filter = pikepdf.Name.FlateDecode
    stream.DecodeParms = pikepdf.Dictionary(
        Predictor=15, Colors=colours, BitsPerComponent=8, Columns=image.width
    )
    return stream


def _image(
    pdf: pikepdf.Pdf, data: bytes, size: tuple[int, int], space: str, *, bits: int
) -> pikepdf.Stream:
    stream = pdf.make_stream(data)
    stream.Type = pikepdf.Name.XObject
    stream.Subtype = pikepdf.Name.Image
    stream.Width, stream.Height = size
    stream.ColorSpace = pikepdf.Name(space)
    stream.BitsPerComponent = bits
    return stream


def _group4(image: Image.Image) -> bytes:
    """The one strip of a TIFF that holds the picture in CCITT group 4."""
    tiff = io.BytesIO()
    image.save(tiff, "TIFF", compression="group4", strip_size=1 << 30, tiffinfo={262: 0})
    with Image.open(tiff) as written:
        tags = getattr(written, "tag_v2", {})
        offsets, lengths = tags.get(273, ()), tags.get(279, ())
    if len(offsets) != 1:
        raise Unreadable("unsupported", "The picture could not be packed into one strip")
    return tiff.getvalue()[offsets[0] : offsets[0] + lengths[0]]


def _png_data(image: Image.Image) -> bytes:
    """The compressed rows of a PNG of the picture: a zlib stream with PNG predictors."""
    png = io.BytesIO()
    image.save(png, "PNG", compress_level=6)
    data, position, parts = png.getvalue(), 8, []
    while position < len(data):
        length, name = _PNG_CHUNK.unpack_from(data, position)
        if name == b"IDAT":
            parts.append(data[position + 8 : position + 8 + length])
        position += length + 12
    return b"".join(parts)
